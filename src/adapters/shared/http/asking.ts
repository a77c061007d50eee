// One question to a server that the bridge's author named, and its answer as JSON: what probes are made of. No redirects, bounded in
// size and time; the address holds no formula, so no record chooses it.

import type { AdapterContext, Known, Refuse } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { object, oneKey, outside, required, secret, text, type Infer } from "../../../core/options/shape.ts";
import { connectTo } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { serverShapes } from "./options.ts";
import { checkPair } from "./secure.ts";
import { unreachable } from "./unreachable.ts";

const { connections: _, ...oneServer } = serverShapes;

/** What every probe over HTTP is told beside its question. */
export const askingShapes = {
  url: required(text("address that is asked", { example: "https://neu.example/zahlen.json", most: 2_000 })),
  auth: oneKey(
    {
      bearer: secret("a fixed token", { example: "${env:TOKEN}" }),
      basic: object({ user: required(outside("user")), password: required(secret("password")) }, "user and password"),
    },
    "how the bridge shows who it is",
  ),
  ...oneServer,
} as const;

const shape = object(askingShapes);
type Asking = NonNullable<Infer<typeof shape>>;

/** Longest answer. A figure is short; what is longer is a page that was not meant. */
const MOST_ANSWER = 1 << 20;

export interface Asker {
  /** Without query, for messages. */
  readonly shown: string;
  /** `form` is sent with POST. Throws PROBE_FAILED. */
  ask(path: string, form: URLSearchParams | undefined, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** What is wrong with the address whatever the server says. */
export function checkAsking(given: Known<Pick<Asking, "url">>, refuse: Refuse): void {
  if (given.url !== undefined) {
    const url = URL.parse(given.url.trim());
    if (url?.protocol !== "https:" && url?.protocol !== "http:")
      refuse("url", "is no http or https address", "url: https://neu.example/zahlen.json");
    else if (url.username !== "" || url.password !== "")
      refuse("url", "holds a user or password; write them under auth");
  }
  checkPair(given, refuse);
}

/** `adapter` is `probe.http`, for messages. Throws OPTION_UNUSABLE. */
export async function openAsker(given: Asking, context: AdapterContext, adapter: string): Promise<Asker> {
  const url = new URL(given.url.trim());
  const agent = await connectTo({ ...given, connections: 1 }, [url], context, adapter);
  const shown = `${url.origin}${url.pathname}`;
  const authorization = authorizationOf(given.auth);
  return {
    shown,
    async ask(path, form, signal) {
      const headers = [
        "accept",
        "application/json",
        ...(authorization === undefined ? [] : ["authorization", authorization]),
      ];
      if (form) headers.push("content-type", "application/x-www-form-urlencoded");
      const body = form ? Buffer.from(form.toString()) : null;
      const request = { origin: url.origin, path, method: form ? "POST" : "GET", headers, body, most: MOST_ANSWER };
      const answer = await exchange(agent, request, given.timeout, signal);
      if (answer.kind === "failure") throw failed(unreachableText(answer, shown));
      if (answer.status < 200 || answer.status > 299) throw failed(`${shown} answered with status ${answer.status}`);
      if (answer.cut) throw failed(`${shown} answered more than ${MOST_ANSWER >> 20} MiB`);
      return parsed(answer.body, shown);
    },
    close: () => agent.destroy(),
  };
}

export function failed(message: string): BridgeError {
  return new BridgeError("PROBE_FAILED", message);
}

function unreachableText(...failure: Parameters<typeof unreachable>): string {
  const attempt = unreachable(...failure);
  return attempt.end === "unreachable" ? attempt.message : failure[1];
}

function parsed(body: Uint8Array, shown: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as unknown;
  } catch {
    throw failed(`${shown} answered something that is no JSON`);
  }
}

function authorizationOf(auth: Asking["auth"]): string | undefined {
  if (auth?.bearer !== undefined) return `Bearer ${auth.bearer.trim()}`;
  if (auth?.basic === undefined) return undefined;
  const { user, password } = auth.basic;
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Numbers, and texts that hold one, as Prometheus and careful services write them; from 0 on. undefined = it is none. */
export function figureOf(value: unknown): number | undefined {
  const number =
    typeof value === "string" && /^\d{1,30}(?:\.\d{1,30})?(?:e\+?\d{1,2})?$/iu.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}
