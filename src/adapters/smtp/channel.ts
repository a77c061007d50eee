// Mail over SMTP (RFC 5321) with TLS. Its texts are plain; headers are made by the library, which encodes what is no ASCII.

import type { Transporter } from "nodemailer";
import type { Channel, ChannelMessage, MailSettings, Sent } from "../../core/contract-channels.ts";
import { orAborted } from "../shared/or-aborted.ts";

const TIMEOUT = 30_000;
const CONNECT_TIMEOUT = 10_000;
/** All of one mail. */
const LONGEST = 60_000;

export async function openMail(settings: MailSettings): Promise<Channel> {
  const { createTransport } = await import("nodemailer");
  const { host, port, tls, user, password, from } = settings;
  const open = () =>
    createTransport({
      host,
      port,
      secure: tls === "direct",
      requireTLS: tls === "starttls",
      ignoreTLS: tls === "none",
      tls: { minVersion: "TLSv1.2" },
      ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
      pool: true,
      maxConnections: 1,
      connectionTimeout: CONNECT_TIMEOUT,
      greetingTimeout: CONNECT_TIMEOUT,
      socketTimeout: TIMEOUT,
      // A message is text and nothing else, whatever stands in it.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  const domain = from.slice(from.lastIndexOf("@") + 1);
  return {
    name: "mail",
    async send(message, signal) {
      signal.throwIfAborted();
      // One connection for each: an hour lies between two of them, and a server ends what rests.
      const transport = open();
      // What fails is what sendMail says; an event that nobody hears would end the process.
      transport.on("error", () => undefined);
      try {
        const within = AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]);
        await orAborted(transport.sendMail(mailOf(message, from, domain)), within);
        return { end: "sent" };
      } catch (cause) {
        signal.throwIfAborted();
        return failureOf(cause);
      } finally {
        transport.close();
      }
    },
    close: () => Promise.resolve(),
  };
}

function mailOf({ id, to = "", subject, body }: ChannelMessage, from: string, domain: string) {
  return {
    from: { name: "Steg", address: from },
    // As an object: what stands in it is one address, never a list.
    to: { name: "", address: to },
    subject,
    text: body,
    messageId: `<${id}@${domain}>`,
    // RFC 3834: no automatic answers to it.
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
  } satisfies Parameters<Transporter["sendMail"]>[0];
}

/** `550` → refused: this mail, or its receiver, is wanted by nobody. What concerns the server as a whole may be mended. */
function failureOf(cause: unknown): Sent {
  // `code` is the library's word; what the system or TLS said is kept beside it.
  const { name, code, originalCode, responseCode, command } = cause as Readonly<Record<string, unknown>>;
  const status = typeof responseCode === "number" ? responseCode : 0;
  const isOfMail = command === "RCPT TO" || command === "DATA";
  if (isOfMail && status >= 500) return { end: "refused", code: `SMTP_${status}` };
  if (status > 0) return { end: "failed", code: `SMTP_${status}` };
  const word = name === "TimeoutError" ? "TIMEOUT" : (originalCode ?? code);
  return { end: "failed", code: typeof word === "string" && /^[A-Z_]{1,60}$/.test(word) ? word : "UNREACHABLE" };
}
