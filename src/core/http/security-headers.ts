// What every answer of the appliance says to browsers, unless it says something better itself.

const PLAIN: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};
const SECURE = { ...PLAIN, "strict-transport-security": "max-age=31536000" };

export function securityHeaders(tls: boolean): Readonly<Record<string, string>> {
  return tls ? SECURE : PLAIN;
}
