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
/** What an answer to a program needs of it: it is no page, whatever a browser takes it for, and no page may hold it. */
const ANSWER: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
const SECURE_ANSWER = { ...ANSWER, "strict-transport-security": "max-age=31536000" };

const SECURE = { ...PLAIN, "strict-transport-security": "max-age=31536000" };

export function securityHeaders(tls: boolean): Readonly<Record<string, string>> {
  return tls ? SECURE : PLAIN;
}

/** Of faces. */
export function answerHeaders(tls: boolean): Readonly<Record<string, string>> {
  return tls ? SECURE_ANSWER : ANSWER;
}
