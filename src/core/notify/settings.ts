// What the settings say about notifications. Addresses of servers and secrets never stand in a message about them.

import { readFileSync } from "node:fs";
import type { MailSettings, WebhookSettings } from "../contract-channels.ts";
import { BridgeError } from "../errors.ts";
import { isThisMachine } from "../options/this-machine.ts";
import type { Found } from "../settings.ts";
import { EMAIL } from "../lifecycle/block-rules.ts";

export interface NotifySettings {
  /** Where people find the dashboard, with a slash at its end. */
  readonly url: string | undefined;
  readonly webhook: WebhookSettings | undefined;
  readonly mail: MailSettings | undefined;
  /** Hears of every Notbetrieb. */
  readonly security: string | undefined;
  /** Hears of what belongs to no bridge. */
  readonly operator: string | undefined;
}

export const NOTIFY_SETTINGS = {
  url: { env: "STEG_URL", key: "url", path: false, doc: "address under which browsers find the appliance" },
  webhookUrl: { env: "STEG_WEBHOOK_URL", key: "webhook.url", path: false, doc: "where notifications are posted" },
  webhookSecret: {
    env: "STEG_WEBHOOK_SECRET",
    key: "webhook.secret",
    path: false,
    doc: "whsec_ and 24 to 64 bytes as Base64; two, separated by a space, while one replaces the other",
  },
  webhookSecretFile: {
    env: "STEG_WEBHOOK_SECRET_FILE",
    key: "webhook.secretFile",
    path: true,
    doc: "the same from a file",
  },
  smtpUrl: {
    env: "STEG_SMTP_URL",
    key: "mail.smtpUrl",
    path: false,
    doc: "mail server, smtps://user:password@host or smtp://… with STARTTLS",
  },
  smtpUrlFile: { env: "STEG_SMTP_URL_FILE", key: "mail.smtpUrlFile", path: true, doc: "the same from a file" },
  mailFrom: { env: "STEG_MAIL_FROM", key: "mail.from", path: false, doc: "sender of mails" },
  mailSecurity: {
    env: "STEG_MAIL_SECURITY",
    key: "mail.security",
    path: false,
    doc: "security officer, who hears of every Notbetrieb",
  },
  mailOperator: {
    env: "STEG_MAIL_OPERATOR",
    key: "mail.operator",
    path: false,
    doc: "who hears of what belongs to no bridge",
  },
} as const;
export type NotifySettingName = keyof typeof NOTIFY_SETTINGS;

type Given = (name: NotifySettingName) => Found | undefined;

/** `url`: without a slash at its end. SETTING_INVALID */
export function notifyOf(given: Given, url: string | undefined): NotifySettings {
  const mail = mailOf(given);
  const address = (name: "mailSecurity" | "mailOperator"): string | undefined => {
    const found = given(name);
    if (found === undefined) return undefined;
    if (mail === undefined) throw lacking(found, "STEG_SMTP_URL");
    return emailOf(found);
  };
  return {
    url: url && `${url}/`,
    webhook: webhookOf(given),
    mail,
    security: address("mailSecurity"),
    operator: address("mailOperator"),
  };
}

function webhookOf(given: Given): WebhookSettings | undefined {
  const secret = secretOf(given, "webhookSecret", "webhookSecretFile");
  const found = given("webhookUrl");
  if (found === undefined) {
    if (secret !== undefined) throw lacking(secret, "STEG_WEBHOOK_URL");
    return undefined;
  }
  if (secret === undefined) throw lacking(found, "STEG_WEBHOOK_SECRET or STEG_WEBHOOK_SECRET_FILE");
  const { origin } = found;
  const url = URL.parse(found.value);
  if (url === null || !isWeb(url)) throw invalid(`the webhook from ${origin} must be an https address`);
  if (url.username !== "" || url.password !== "")
    throw invalid(`the webhook from ${origin} must hold neither user nor password`);
  if (url.protocol === "http:" && !isThisMachine(url))
    throw invalid(`the webhook from ${origin} must be https; http is for this machine only`);
  return { url: url.href, secrets: keysOf(secret) };
}

const MOST_KEYS = 2;

function keysOf({ value, origin }: Found): readonly Uint8Array[] {
  const written = value.trim().split(/\s+/u);
  const keys = written.map((text) => {
    const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
    return base64 === undefined ? undefined : Buffer.from(base64, "base64");
  });
  const good = keys.filter((key) => key !== undefined && key.length >= 24 && key.length <= 64);
  if (good.length === keys.length && keys.length <= MOST_KEYS) return good as readonly Uint8Array[];
  throw new BridgeError("SETTING_INVALID", `the webhook's secret from ${origin} is no secret of a webhook`, {
    hint: 'whsec_ and 24 to 64 bytes as Base64, for example: echo "whsec_$(openssl rand -base64 32)"; at most two, separated by a space.',
  });
}

function mailOf(given: Given): MailSettings | undefined {
  const found = secretOf(given, "smtpUrl", "smtpUrlFile");
  const from = given("mailFrom");
  if (found === undefined) {
    if (from !== undefined) throw lacking(from, "STEG_SMTP_URL or STEG_SMTP_URL_FILE");
    return undefined;
  }
  const { origin } = found;
  if (from === undefined) throw lacking(found, "STEG_MAIL_FROM");
  // The parser of URLs takes hosts of smtp: as they stand; as https it checks them.
  const match = /^(smtps?):\/\/(.*)$/iu.exec(found.value.trim());
  const url = match === null ? null : URL.parse(`https://${match[2]}`);
  if (match === null || url === null || url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw invalid(`the mail server from ${origin} must be smtps://user:password@host:port or smtp://…`);
  const isDirect = match[1]?.toLowerCase() === "smtps";
  return {
    host: url.hostname.replace(/^\[(.*)\]$/u, "$1"),
    port: portOf(match[2] ?? "") ?? (isDirect ? 465 : 587),
    tls: isDirect ? "direct" : isThisMachine(url) ? "none" : "starttls",
    user: decoded(url.username, origin),
    password: decoded(url.password, origin),
    from: emailOf(from),
  };
}

/** `URL` leaves out 443, which it takes for the usual one. */
function portOf(rest: string): number | undefined {
  const [, port] = /:(\d{1,5})\/?$/u.exec(rest) ?? [];
  return port === undefined ? undefined : Number(port);
}

function decoded(text: string, origin: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`user or password of the mail server from ${origin} holds a % that encodes nothing`);
  }
}

const MOST_SECRET = 4_096;

/** The value, or the first lines of a file: containers get their secrets so. */
function secretOf(given: Given, name: NotifySettingName, fileName: NotifySettingName): Found | undefined {
  const [value, file] = [given(name), given(fileName)];
  if (value !== undefined && file !== undefined)
    throw invalid(`${value.origin} and ${file.origin} name the same thing twice`);
  if (file === undefined) return value;
  let text: string;
  try {
    text = readFileSync(file.value, "utf8");
  } catch (cause) {
    throw new BridgeError("SETTING_INVALID", `the file from ${file.origin} cannot be read`, { cause });
  }
  if (text.length > MOST_SECRET) throw invalid(`the file from ${file.origin} is too long for what it should hold`);
  return { value: text.trim(), origin: file.origin };
}

function emailOf({ value, origin }: Found): string {
  if (EMAIL.test(value)) return value;
  throw invalid(`the address from ${origin} is none that mail can reach`);
}

function isWeb({ protocol, hostname }: URL): boolean {
  return (protocol === "https:" || protocol === "http:") && hostname !== "";
}

function lacking({ origin }: Found, what: string): BridgeError {
  return invalid(`${origin} needs ${what} beside it`);
}

function invalid(message: string): BridgeError {
  return new BridgeError("SETTING_INVALID", message);
}
