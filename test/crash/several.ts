// Two appliances, each a process with a state of its own, over one folder (claim: true). SIGKILL falls on one or the other at random
// moments, each is started again, and in the end every file was taken by exactly one of them.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { RemotePeer } from "../peers/remote-peer.ts";
import { dropsIn } from "./ends.ts";
import { filesIn, remoteWorld } from "./remote-world.ts";
import { createWorld, leftovers, waitFor, type World } from "./world.ts";

export interface SeveralFigures {
  readonly files: number;
  readonly kills: number;
  /** Kills while files lay there or were claimed. */
  readonly atWork: number;
  readonly shares: readonly number[];
  readonly lost: number;
  readonly twice: number;
}

const BATCH = 60;

/** The folder of a server, or one of this machine. */
export async function severalKilled(peer: RemotePeer | undefined, kills: number): Promise<SeveralFigures> {
  const local = mkdtempSync(join(tmpdir(), "steg-several-"));
  const { here, there } = peer?.folder("gemeinsam") ?? { here: local, there: local };
  const taking = `path: ${there}, files: "*.csv", settle: 0s, every: 200ms, claim: true, claimFor: 10m`;
  const text = {
    receive: peer ? `  ${peer.protocol}: ${peer.options(`${taking}, connections: 2`)}` : `  folder: { ${taking} }`,
    target: '  folder: { path: out, name: "{$file.stem}.json" }',
  };
  const worlds = [1, 2].map(() => (peer ? remoteWorld(peer, text) : createWorld(text)));
  try {
    return await killInTurn(here, (name, id) => put(peer, here, name, id), worlds, kills);
  } finally {
    for (const world of worlds) world.remove();
    rmSync(local, { recursive: true, force: true });
  }
}

/** Whole under its name at once. */
function put(peer: RemotePeer | undefined, here: string, name: string, id: number): void {
  const hidden = join(here, `.${name}.neu`);
  writeFileSync(hidden, `ID;NAME;BETRAG\n${id};Name ${id};1,00\n`);
  peer?.give(hidden);
  renameSync(hidden, join(here, name));
}

async function killInTurn(
  here: string,
  put: (name: string, id: number) => void,
  worlds: readonly World[],
  kills: number,
): Promise<SeveralFigures> {
  const running = worlds.map(begin);
  let files = 0;
  let atWork = 0;
  for (let kill = 0; kill < kills; kill++) {
    await Promise.all(running.map(({ started }) => started));
    for (let n = 0; n < BATCH; n++) put(`k${++files}.csv`, files);
    // Not before they are at it: what is taken is claimed first.
    const before = filesIn(here).length;
    await waitFor("somebody to take", () => filesIn(here).length < before);
    await sleep(Math.random() * 150);
    if (filesIn(here).length > 0) atWork++;
    const whom = kill % 2 === 0 ? 0 : 1;
    const { child } = running[whom] as Begun;
    expect(child.exitCode, "an appliance ended by itself").toBe(null);
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    running[whom] = begin(worlds[whom] as World);
  }
  await waitFor("all to be taken", () => filesIn(here).length === 0, 90_000);
  for (const { child } of running) {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
  const shares: number[] = [];
  const names: string[] = [];
  for (const world of worlds) {
    const { code, stderr } = await world.once("60s");
    expect(code, stderr).toBe(0);
    const drops = (await dropsIn(world)).filter(({ state }) => state !== "duplicate");
    shares.push(drops.length);
    names.push(...drops.map(({ name }) => name));
  }
  expect(leftovers(here)).toEqual([]);
  const came = worlds.flatMap(({ data }) => {
    const out = join(data, "out");
    return filesIn(out).map((name) => (JSON.parse(readFileSync(join(out, name), "utf8")) as { id: string }).id);
  });
  expect(new Set(names).size).toBe(new Set(came).size);
  return {
    files,
    kills,
    atWork,
    shares,
    lost: files - new Set(came).size,
    twice: Math.max(came.length - new Set(came).size, names.length - new Set(names).size),
  };
}

interface Begun {
  readonly child: ChildProcess;
  readonly started: Promise<void>;
}

function begin(world: World): Begun {
  const child = world.start(["up"]);
  child.stdout?.resume();
  let said = "";
  const started = new Promise<void>((resolve, reject) => {
    child.stderr?.on("data", (chunk) => {
      said = (said + String(chunk)).slice(-20_000);
      if (said.includes("appliance.started")) resolve();
    });
    child.on("exit", () => reject(new Error(`an appliance ended: ${said}`)));
  });
  // Who is killed while it starts is not waited for.
  started.catch(() => undefined);
  return { child, started };
}
