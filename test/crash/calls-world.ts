// A world whose bridge accepts calls and works on them later: the real process, callers with tokens, a service that honours keys.

import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWorld, finish, waitFor, type Ended, type World } from "./world.ts";

export interface CallsWorld extends World {
  /** Token by caller. */
  token(caller: string): Promise<string>;
  /** Starts `steg up`; resolves with where it serves. */
  serve(): Promise<Serving>;
  /** Other dates in the bridge file, for the next start. */
  dates(dates: { readonly deprecated: string; readonly sunset: string }): void;
  /** Of the bridge, as the last process to start said it. */
  readonly url: string;
}

export interface Serving {
  /** Of the bridge. */
  readonly url: string;
  readonly ended: Promise<Ended>;
  log(): string;
  kill(): Promise<void>;
  stop(): Promise<Ended>;
}

export interface Kept {
  readonly id: string;
  readonly state: "accepted" | "working" | "done" | "failed";
  readonly accepted: string;
  readonly finished?: string;
  readonly result?: string;
  readonly problem?: { readonly code: string; readonly status: number; readonly title: string };
}

export interface CallsText {
  /** Options of `receive.rest`. */
  readonly rest: string;
  readonly retry: string;
  /** The rest of the case's `deliver`. */
  readonly deliver: string;
  readonly answer: string;
  /** More top-level keys. */
  readonly more: string;
}

const PLAIN: CallsText = {
  rest: "async: true",
  retry: "{ first: 20ms, most: 200ms, attempts: 50 }",
  deliver: "",
  answer: "{ status: 201, json: { nr: = nr, ok: = $reply.ok, id: = $request.id } }",
  more: "",
};

export function createCallsWorld(origin: string, changes: Partial<CallsText> = {}): CallsWorld {
  const text = { ...PLAIN, ...changes };
  const world = createWorld({});
  const file = join(world.dir, "mappings", "crash", "bridge.yaml");
  const [head = ""] = readFileSync(file, "utf8").split("\nreceive:");
  writeFileSync(
    file,
    `${head}
receive:
  rest: { ${text.rest} }
cases:
  - call: POST /antraege
    map: { json: { nr: "= nr = 'falsch' ? $number('x') : nr", text: = text, von: = $request.caller } }
    deliver:
      http: { url: "${origin}/eingang", timeout: 5s, method: POST }
      retry: ${text.retry}
${text.deliver}
    answer: ${text.answer}
${text.more}`,
  );
  const tokens = new Map<string, string>();
  let url = "http://127.0.0.1:9/bridges/crash";

  function start(args: readonly string[], wrap?: readonly string[]): ChildProcess {
    const child = world.start(args, wrap);
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-4_000);
      const listen = /"listen":"(?<url>[^"]+)"/.exec(log)?.groups?.["url"];
      if (listen !== undefined) url = `${listen}bridges/crash`;
    });
    return child;
  }

  async function serve(): Promise<Serving> {
    const child = start(["up"]);
    const ended = finish(child);
    let log = "";
    child.stderr?.on("data", (chunk) => (log += String(chunk)));
    await waitFor(`the start in ${log}`, () => {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${log}`);
      return log.includes("appliance.started");
    });
    if (log.includes("bridge.refused")) throw new Error(log);
    const end = async (signal: NodeJS.Signals): Promise<Ended> => {
      child.kill(signal);
      return await ended;
    };
    return {
      url,
      ended,
      log: () => log,
      kill: async () => void (await end("SIGKILL")),
      stop: async () => await end("SIGTERM"),
    };
  }

  return {
    ...world,
    start,
    serve,
    dates({ deprecated, sunset }) {
      const text = readFileSync(file, "utf8").replaceAll(/(by|deprecated): [0-9-]{10}/g, `$1: ${deprecated}`);
      writeFileSync(file, text.replace(/sunset: [0-9-]{10}/, `sunset: ${sunset}`));
    },
    get url() {
      return url;
    },
    async token(caller) {
      const known = tokens.get(caller);
      if (known !== undefined) return known;
      const { token } = await world.json<{ token: string }>(["token", "new", caller, "--role", "caller"]);
      tokens.set(caller, token);
      return token;
    },
  };
}

export interface Client {
  post(body: unknown, key?: string, more?: Readonly<Record<string, string>>): Promise<Response>;
  /** A path as `Location` has it. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Asks until the call has its end. */
  ended(location: string): Promise<Kept>;
}

export function clientOf(serving: () => Pick<Serving, "url">, token: string): Client {
  const authorization = `Bearer ${token}`;
  const get: Client["get"] = (path, init = {}) =>
    fetch(new URL(path, serving().url), { ...init, headers: { authorization } });
  return {
    get,
    post(body, key, more = {}) {
      const given = key === undefined ? {} : { "idempotency-key": key };
      const headers = { authorization, "content-type": "application/json", ...given, ...more };
      return fetch(`${serving().url}/antraege`, { method: "POST", body: JSON.stringify(body), headers });
    },
    async ended(location) {
      let kept: Kept | undefined;
      await waitFor(`the end of ${location}`, async () => {
        const answer = await get(location);
        if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
        kept = (await answer.json()) as Kept;
        return kept.state === "done" || kept.state === "failed";
      });
      return kept as Kept;
    },
  };
}
