// The answer of a face, written to the connection at once. Every call passes here, so it does without what fastify would do for an
// answer of any kind: it is bytes, and all of its headers are known.

import type { FastifyReply } from "fastify";
import type { FaceReply } from "../contract.ts";
import { answerHeaders } from "./security-headers.ts";
import { drained, isUnread } from "./unread.ts";

/** Up to this size head and body leave in one piece: two make the kernel, and whoever reads, work twice. */
const ONE_PIECE = 64 * 1024;
/** RFC 9110, section 8.6: no Content-Length where there can be no content. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

const NONE: Readonly<Record<string, string>> = {};

/** What was set on `reply` before (CORS) is sent, too. `lifecycle`: these headers are nobody else's. */
export function replyDirectly(
  reply: FastifyReply,
  { status, headers, body }: FaceReply,
  tls: boolean,
  lifecycle = NONE,
): void {
  reply.hijack();
  const { raw } = reply;
  const all = { ...answerHeaders(tls), ...(reply.getHeaders() as Record<string, string>), ...headers, ...lifecycle };
  if (BODILESS.has(status)) {
    raw.writeHead(status, all).end();
    return;
  }
  if (isUnread(reply.request.raw, raw)) {
    raw.writeHead(status, { ...all, "content-length": Buffer.byteLength(body), connection: "close" });
    raw.write(body);
    void drained(reply.request.raw).then(() => raw.end());
    return;
  }
  if (typeof body === "string") {
    raw.writeHead(status, { ...all, "content-length": Buffer.byteLength(body) }).end(body);
    return;
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  raw.writeHead(status, { ...all, "content-length": bytes.length });
  // As text of one byte per character it is copied behind the head; the bytes are the same.
  if (bytes.length <= ONE_PIECE) raw.end(bytes.toString("latin1"), "latin1");
  else raw.end(bytes);
}
