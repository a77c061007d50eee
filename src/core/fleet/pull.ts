// One request for a snapshot, over HTTP or HTTPS, with an end to everything: time, bytes, and what is followed (nothing).

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { Agent, request as requestHttps, type RequestOptions } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { BridgeError } from "../errors.ts";
import type { Pulled } from "./fleet-file.ts";
import { MOST_SNAPSHOT } from "./snapshot.ts";

/** Milliseconds from the begin of a request to the last byte of its answer. */
const TIMEOUT = 10_000;

export interface Asked {
  /** Of the answer before. */
  readonly etag: string | undefined;
  /** Head of the trail that is kept. */
  readonly since: number | undefined;
}

export type Answer =
  | { readonly kind: "unchanged" }
  | { readonly kind: "new"; readonly bytes: Buffer; readonly etag: string | undefined };

/** TLS sessions are taken up again: a handshake a minute for hundreds of appliances is most of the work otherwise. */
const agents = new WeakMap<Pulled, Agent>();

/** Throws APPLIANCE_AWAY, APPLIANCE_REFUSES, SNAPSHOT_UNREADABLE, or SECRET_MISSING where the token is not there. */
export async function pullSnapshot(from: Pulled, asked: Asked, signal: AbortSignal): Promise<Answer> {
  const token = from.token();
  const url = new URL("/api/v1/snapshot", from.url);
  if (asked.since !== undefined) url.searchParams.set("since", String(asked.since));
  const headers = {
    accept: "application/json",
    "user-agent": "steg-fleet",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(asked.etag !== undefined && { "if-none-match": asked.etag }),
  };
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  try {
    return await answerOf(await send(from, url, { headers, signal: within }));
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    const why = within.aborted && !signal.aborted ? `no answer within ${TIMEOUT / 1_000} s` : codeOf(cause);
    throw new BridgeError("APPLIANCE_AWAY", `${from.url} does not answer: ${why}`, { cause, facts: { why } });
  }
}

async function send(from: Pulled, url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const request =
      url.protocol === "http:" ? requestHttp(url, options) : requestHttps(url, { ...options, ...tlsOf(from) });
    request.on("response", resolve);
    request.on("error", reject);
    request.end();
  });
}

function tlsOf(from: Pulled): RequestOptions & { readonly secureContext: SecureContext } {
  const agent = agents.get(from) ?? new Agent({ keepAlive: false });
  agents.set(from, agent);
  return { agent, secureContext: contextOf(from) };
}

/** By what they are made of: most appliances of a fleet share an authority, and each context holds it in memory of its own. */
const contexts = new Map<string, SecureContext>();
const MOST_CONTEXTS = 1_000;

function contextOf({ ca, clientCert, clientKey }: Pulled): SecureContext {
  // Read anew each time: certificates are renewed while a fleet runs.
  const [authority, cert, key] = [ca, clientCert, clientKey].map((path) => path && fileOf(path));
  const made = createHash("sha256").update([authority, cert, key].join("\0")).digest("hex");
  const known = contexts.get(made);
  if (known !== undefined) return known;
  if (contexts.size >= MOST_CONTEXTS) contexts.clear();
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(authority !== undefined && { ca: authority }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
  contexts.set(made, context);
  return context;
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = codeOf(cause);
    throw new BridgeError("SECRET_MISSING", `the file ${path} cannot be read (${why})`, { cause, facts: { why } });
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  if (status === 304) {
    response.destroy();
    return { kind: "unchanged" };
  }
  if (status !== 200) {
    response.destroy();
    const why = `status ${status}`;
    // What refuses will refuse again; a proxy that finds nobody behind it, or an appliance that starts, will not.
    const code = status >= 500 || status === 429 ? "APPLIANCE_AWAY" : "APPLIANCE_REFUSES";
    throw new BridgeError(code, `the appliance answered with ${why}`, { facts: { why } });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_SNAPSHOT) {
      response.destroy();
      throw new BridgeError("SNAPSHOT_UNREADABLE", `the snapshot is larger than ${MOST_SNAPSHOT >> 20} MiB`);
    }
    chunks.push(chunk);
  }
  const { etag } = headers;
  const known = etag !== undefined && /^"[\w-]{1,128}"$/.test(etag) ? etag : undefined;
  return { kind: "new", bytes: Buffer.concat(chunks), etag: known };
}

/** `ECONNREFUSED`, `CERT_HAS_EXPIRED`; never the text of a foreign server. */
function codeOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "an unexpected failure";
}
