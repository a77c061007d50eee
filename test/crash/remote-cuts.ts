// The line to a server is cut at random bytes of a file, again and again, while the real process takes it: each file comes whole, once.

import { createHash, randomBytes } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RemotePeer } from "../peers/remote-peer.ts";
import type { Cut } from "../peers/tcp-proxy.ts";
import { startAppliance } from "./appliance.ts";
import { dropsIn } from "./ends.ts";
import { remoteWorld } from "./remote-world.ts";
import { PLAIN, waitFor } from "./world.ts";

const ROW = 100_000;

/** Rows of 100 KB that nobody can guess; the ids, and so the bytes and their hash, are others in each file. */
function createFiles(megabytes: number): (number: number) => { readonly body: Buffer; readonly sha256: string } {
  const rows = megabytes * 10;
  const noise = randomBytes(Math.ceil((rows * ROW) / 4) * 3).toString("base64");
  const head = "ID;NAME;BETRAG;REST\n";
  const body = Buffer.from(
    head +
      Array.from({ length: rows }, (_each, row) => {
        const start = `${"0".repeat(9)};Name;1,00;`;
        return `${start}${noise.slice(row * ROW, (row + 1) * ROW - start.length - 1)}\n`;
      }).join(""),
  );
  return (number) => {
    for (let row = 0; row < rows; row++)
      body.write(String(number * 1_000 + row).padStart(9, "0"), head.length + row * ROW, "latin1");
    return { body, sha256: createHash("sha256").update(body).digest("hex") };
  };
}

export interface CutRun {
  readonly how: Cut;
  readonly cuts: number;
  readonly megabytes: number;
}

export interface CutFigures {
  readonly cuts: number;
  readonly takenOnce: number;
  readonly wrong: number;
  /** Milliseconds from the cut until the appliance said that it had noticed. */
  readonly noticed: readonly number[];
  /** Milliseconds from the cut until the next connection. */
  readonly back: readonly number[];
}

/** The drop's payloads lie in the state: so many of them, then a new one. */
const FILES_PER_STATE = 25;

export async function cutRun(peer: RemotePeer, run: CutRun): Promise<CutFigures> {
  const line = await peer.line();
  const { here, there } = peer.folder(`export-${run.how}`);
  const fileOf = createFiles(run.megabytes);
  const noticed: number[] = [];
  const back: number[] = [];
  let takenOnce = 0;
  let wrong = 0;

  async function lot(from: number, to: number): Promise<void> {
    const more = `path: ${there}, files: "*.csv", settle: 0s, after: delete, every: 100ms, connectTimeout: 4s`;
    const world = remoteWorld(peer, {
      receive: `  ${peer.protocol}: ${peer.options(more, true)}`,
      target: '  folder: { path: out, name: "{$file.stem}.json" }',
      deliver: `${PLAIN.deliver}\n  batch: { drop: true }`,
    });
    const sums = new Map<string, string>();
    try {
      const up = await startAppliance(world);
      let heardAt: number | undefined;
      up.child.stderr?.on("data", (text: string) => {
        if (/source\.cut|source\.failed|clean-up-pending|intake\.unreadable/u.test(text)) heardAt ??= performance.now();
      });
      for (let number = from; number < to; number++) {
        const { body, sha256 } = fileOf(number);
        sums.set(`f${number}.csv`, sha256);
        writeFileSync(join(here, ".neu"), body);
        peer.give(join(here, ".neu"));
        heardAt = undefined;
        line.plan(run.how, Math.floor(Math.random() * body.length));
        renameSync(join(here, ".neu"), join(here, `f${number}.csv`));
        await waitFor(
          `file ${number} to be taken: ${up.log().slice(-800)}`,
          () => !existsSync(join(here, `f${number}.csv`)),
        );
        await waitFor("the cut to be heard of", () => heardAt !== undefined && line.backAt !== undefined);
        noticed.push((heardAt as unknown as number) - (line.cutAt as number));
        back.push((line.backAt as number) - (line.cutAt as number));
      }
      up.child.kill("SIGTERM");
      await up.ended;
      const end = await world.once("60s");
      expect(end.code, end.stderr).toBe(0);
      const drops = await dropsIn(world);
      for (const [name, sha256] of sums) {
        const taken = drops.filter((drop) => drop.name === name);
        if (taken.length === 1) takenOnce++;
        if (taken.some((drop) => drop.sha256 !== sha256)) wrong++;
      }
      expect(drops.filter(({ state }) => state !== "done")).toEqual([]);
    } finally {
      world.remove();
    }
  }

  try {
    for (let from = 0; from < run.cuts; from += FILES_PER_STATE)
      await lot(from, Math.min(run.cuts, from + FILES_PER_STATE));
    return { cuts: run.cuts, takenOnce, wrong, noticed, back };
  } finally {
    await line.close();
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
