// A running appliance as an operator sees it: its log, its metrics, its end.

import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { finish, waitFor, type Ended, type World } from "./world.ts";

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Everything on stderr so far. */
  log(): string;
  says(text: string | RegExp, most?: number): Promise<void>;
  /** `trouble` of the bridge as the admin API gives it, null where there is none. */
  trouble(): Promise<string | null>;
  metrics(): Promise<string>;
  /** What the admin API says at this path, to the operator. */
  api<T>(path: string): Promise<T>;
}

/** Starts `steg up` and waits until it serves. */
export async function startAppliance(world: World): Promise<Running> {
  const child = world.start(["up"]);
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  const ended = finish(child);
  const says = async (text: string | RegExp, most?: number): Promise<void> =>
    await waitFor(
      `${String(text)} in ${stderr.slice(-2_000)}`,
      () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${stderr}`);
        return typeof text === "string" ? stderr.includes(text) : text.test(stderr);
      },
      most,
    );
  await says("appliance.started");
  const url = /"listen":"(?<url>[^"]+)"/.exec(stderr)?.groups?.["url"] ?? "";
  async function api<T>(path: string): Promise<T> {
    const file = join(world.state, "operator-token");
    await waitFor("the operator's token", () => existsSync(file));
    const token = readFileSync(file, "utf8").trim();
    const answer = await fetch(`${url}api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()) as T;
  }
  return {
    child,
    ended,
    api,
    log: () => stderr,
    says,
    async trouble() {
      const { items } = await api<{ items: { trouble: string | null }[] }>("bridges");
      return items[0]?.trouble ?? null;
    },
    metrics: async () => await (await fetch(`${url}metrics`)).text(),
  };
}
