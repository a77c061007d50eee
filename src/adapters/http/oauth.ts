// OAuth 2.0 client credentials (RFC 6749, section 4.4): one token for all deliveries of the bridge, fetched by one of them
// while the others wait, renewed before it ends, dropped when the target no longer takes it.

import { errorCode } from "../shared/atomic.ts";
import type { Attempt } from "../../core/contract.ts";
import { orAborted } from "../shared/or-aborted.ts";
import type { Exchange } from "../shared/http/exchange.ts";

export interface OAuthOptions {
  readonly tokenUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
  /** How the client shows its secret: RFC 6749, section 2.3.1. */
  readonly send: "basic" | "body";
}

type Unreachable = Extract<Attempt, { end: "unreachable" }>;
export type TokenResult = { readonly token: string } | Unreachable;
export type Post = (headers: string[], body: Uint8Array, signal: AbortSignal) => Promise<Exchange>;

export interface Tokens {
  /** Never rejects but with the signal's reason. */
  get(signal: AbortSignal): Promise<TokenResult>;
  /** The target said 401 to this token. */
  drop(token: string): void;
}

/** Where the server names no term, a token is renewed after this time. */
const UNNAMED_TERM = 300;
/** After a failure the token server is left alone for a moment, however many deliveries ask. */
const REST = 1_000;

// RFC 6749, section 5.2. Only these words of the server are repeated in a message.
const ERRORS = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
]);

export function createTokens(options: OAuthOptions, post: Post, now: () => number = () => performance.now()): Tokens {
  let current: { readonly token: string; readonly until: number } | undefined;
  let failed: { readonly result: Unreachable; readonly until: number } | undefined;
  let fetching: Promise<TokenResult> | undefined;
  const request = requestOf(options);
  const where = `the token server ${options.tokenUrl.origin}`;

  async function fetchToken(): Promise<TokenResult> {
    const asked = now();
    // Not the signal of the delivery that happened to come first: the others wait for it too.
    const result = readAnswer(await post(request.headers, request.body, new AbortController().signal), where);
    if ("end" in result) {
      failed = { result, until: now() + REST };
      return result;
    }
    const term = result.term * 1000;
    current = { token: result.token, until: asked + term - Math.max(Math.min(30_000, term / 2), term / 10) };
    return { token: result.token };
  }

  return {
    async get(signal) {
      if (current && now() < current.until) return current;
      if (failed && now() < failed.until) return failed.result;
      fetching ??= fetchToken().finally(() => {
        fetching = undefined;
      });
      return await orAborted(fetching, signal);
    },
    drop(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

function requestOf(options: OAuthOptions): { headers: string[]; body: Uint8Array } {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (options.scope !== undefined) form.set("scope", options.scope);
  if (options.audience !== undefined) form.set("audience", options.audience);
  const headers = [
    "content-type",
    "application/x-www-form-urlencoded",
    "accept",
    "application/json",
    "user-agent",
    "steg",
  ];
  if (options.send === "body") {
    form.set("client_id", options.clientId);
    form.set("client_secret", options.clientSecret);
  } else {
    const pair = `${formEncoded(options.clientId)}:${formEncoded(options.clientSecret)}`;
    headers.push("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  }
  return { headers, body: Buffer.from(form.toString()) };
}

/** Section 2.3.1: both are form-encoded before they become Basic credentials. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

function readAnswer(result: Exchange, where: string): { token: string; term: number } | Unreachable {
  if (result.kind === "failure") {
    const code = errorCode(result.cause);
    const why = result.reason === "timeout" ? "did not answer in time" : `was not reached${code ? ` (${code})` : ""}`;
    return trouble("TARGET_UNREACHABLE", `${where} ${why}`);
  }
  const answer = parse(result.body);
  if (result.status === 200) {
    const token = answer?.["access_token"];
    const type = answer?.["token_type"];
    if (typeof token !== "string" || !/^[\u0021-\u007e]+$/u.test(token)) {
      return trouble("TARGET_AUTH", `${where} answered 200 without a usable access_token`);
    }
    if (type !== undefined && (typeof type !== "string" || type.toLowerCase() !== "bearer")) {
      return trouble("TARGET_AUTH", `${where} gave a token that is no bearer token`);
    }
    const term = Number(answer?.["expires_in"] ?? UNNAMED_TERM);
    return { token, term: Number.isFinite(term) && term > 0 ? Math.min(term, 86_400) : UNNAMED_TERM };
  }
  const { status } = result;
  if (status >= 500 || status === 429 || status === 408)
    return trouble("TARGET_UNREACHABLE", `${where} answered ${status}`);
  const error = answer?.["error"];
  const known = typeof error === "string" && ERRORS.has(error) ? `: ${error}` : "";
  const words = answer?.["error_description"];
  return trouble(
    "TARGET_AUTH",
    `${where} refused the client with ${status}${known}`,
    typeof words === "string" ? words : undefined,
  );
}

function parse(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Without a token nothing of the message was sent: never unsure. */
function trouble(code: "TARGET_AUTH" | "TARGET_UNREACHABLE", message: string, detail?: string): Unreachable {
  return { end: "unreachable", unsure: false, code, message, ...(detail === undefined ? {} : { detail }) };
}
