// A webhook as Standard Webhooks 1.0 has it: a JSON body, signed with HMAC-SHA256 over id, time and body, so that its receiver knows who
// sent it and that nobody sends it again later. While one secret replaces another, both sign.

import { createHmac } from "node:crypto";
import type { Channel, ChannelMessage, Sent, WebhookSettings } from "../../core/contract-channels.ts";
import { errorCode } from "../shared/atomic.ts";
import { connect } from "../shared/http/connection.ts";
import { exchange, type Exchange } from "../shared/http/exchange.ts";

/** The specification advises 15 to 30 s. */
const TIMEOUT = 20_000;

/** `now` in milliseconds. */
export async function openWebhook(settings: WebhookSettings, now: () => number = Date.now): Promise<Channel> {
  const url = new URL(settings.url);
  const agent = await connect({
    ca: undefined,
    cert: undefined,
    key: undefined,
    passphrase: undefined,
    least: "TLSv1.2",
    checkCertificate: true,
    connections: 1,
    connectTimeout: 10_000,
    timeout: TIMEOUT,
  });
  return {
    name: "webhook",
    async send(message, signal) {
      const headers = headersOf(message, Math.floor(now() / 1_000), settings.secrets);
      const body = Buffer.from(message.body);
      const to = { origin: url.origin, path: url.pathname + url.search, method: "POST", headers, body, most: 1_024 };
      const answer = await exchange(agent, to, TIMEOUT, signal);
      signal.throwIfAborted();
      return sentOf(answer);
    },
    close: async () => await agent.destroy(),
  };
}

/** `time` in seconds, of this attempt: a receiver refuses what is old. */
function headersOf({ id, body }: ChannelMessage, time: number, secrets: readonly Uint8Array[]): string[] {
  const signed = `${id}.${time}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`);
  return [
    "content-type",
    "application/json",
    "user-agent",
    "steg",
    "webhook-id",
    id,
    "webhook-timestamp",
    String(time),
    "webhook-signature",
    signatures.join(" "),
  ];
}

/** Redirects are no success: what is signed for one server is not sent to another. */
function sentOf(answer: Exchange): Sent {
  if (answer.kind === "failure") {
    const code = answer.reason === "timeout" ? "TIMEOUT" : (errorCode(answer.cause) ?? "UNREACHABLE");
    return { end: "failed", code };
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return { end: "sent" };
  // 410: its receiver wants no more of them.
  return { end: status === 410 ? "refused" : "failed", code: `HTTP_${status}` };
}
