// Killed at the door of one system call after the other, until the run ends by itself: between any two steps that the disk or
// the target can see. After each kill a clean run must end with everything exactly once.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { expectOnce, expectSettled, range } from "./ends.ts";
import { inject } from "./strace.ts";
import { createWorld, finish, PLAIN, putDrop, type World } from "./world.ts";

export const RECORDS = 60;

/** Calls that change what is on the disk or at the target. */
export const CALLS = {
  fsync: "fsync,fdatasync",
  rename: "rename,renameat,renameat2",
  link: "link,linkat",
  unlink: "unlink,unlinkat",
  truncate: "ftruncate",
  mkdir: "mkdir,mkdirat",
  "journal and file writes": "pwrite64",
  "spool writes": "pwritev,pwritev2",
  "socket writes": "writev,sendto,sendmsg",
} as const;
export type Call = keyof typeof CALLS;

export type Kind = "http" | "folder" | "growing" | "attached";

export interface Target {
  readonly world: World;
  check(): void;
  close(): Promise<void>;
}

export async function targetOf(kind: Kind): Promise<Target> {
  if (kind === "attached") return await attachedTarget();
  if (kind === "http") {
    const receiver: Receiver = await startReceiver();
    const world = createWorld({ url: `${receiver.origin}/eingang` });
    return { world, check: () => expectOnce(receiver, range(1, RECORDS)), close: () => receiver.close() };
  }
  const name = kind === "folder" ? "{ID}.json" : "{$file.stem}.json";
  const world = createWorld({
    target: `  folder: { path: out, name: "${name}" }`,
    deliver: kind === "folder" ? PLAIN.deliver : `${PLAIN.deliver}\n  batch: { drop: true }`,
  });
  return { world, check: () => checkFolder(join(world.data, "out"), kind), close: () => Promise.resolve() };
}

/** Ten files beside the records, each of which several records name; every second one is a spool file of its own. */
async function attachedTarget(): Promise<Target> {
  const receiver: Receiver = await startReceiver();
  const world = createWorld({
    url: `${receiver.origin}/eingang`,
    beside: `  attach: { path: pdf, settle: 0s, files: "{$substring(NAME, 0, 6)}*" }`,
    map: `  json: { id: = ID, files: "= $attachment().sha256" }`,
  });
  mkdirSync(join(world.data, "pdf"));
  const names = range(0, 9).map((number) => `Name ${number}.pdf`);
  for (const [at, name] of names.entries())
    writeFileSync(join(world.data, "pdf", name), Buffer.alloc(at % 2 === 0 ? 300 : 70_000, name));
  return {
    world,
    check() {
      expectOnce(receiver, range(1, RECORDS));
      for (const body of receiver.accepted.values()) expect(JSON.parse(String(body))).toHaveProperty("files");
      expect(readdirSync(join(world.data, "pdf"))).toEqual(["archiv"]);
      expect(readdirSync(join(world.data, "pdf", "archiv")).toSorted()).toEqual(names);
    },
    close: () => receiver.close(),
  };
}

function checkFolder(out: string, kind: Kind): void {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(out, name), "utf8"));
  const names = readdirSync(out);
  if (kind === "growing") expect(names).toEqual(["a.json"]);
  const messages = names.flatMap((name) => read(name) as { id: string } | { id: string }[]);
  const ids = messages.map(({ id }) => Number(id));
  if (kind === "folder") {
    expect(names).toHaveLength(RECORDS);
    ids.sort((a, b) => a - b);
  }
  expect(ids).toEqual(range(1, RECORDS));
}

/** One kill, one clean run. Answers whether the call was met at all. */
export async function boundary(kind: Kind, call: Call, when: number): Promise<"killed" | "ended"> {
  const target = await targetOf(kind);
  const { world } = target;
  try {
    // Large enough for a spool file of its own.
    putDrop(world, "a.csv", RECORDS, 1, 1_200);
    const wrap = inject(CALLS[call], "signal=SIGKILL", when);
    const { code, signal, stderr } = await finish(world.start(["up", "--once", "--json"], wrap));
    const killed = signal === "SIGKILL" || code === 137;
    if (!killed) expect(code, stderr).toBe(0);
    const clean = await world.once();
    expect(clean.code, clean.stderr).toBe(0);
    target.check();
    await expectSettled(world, { records: RECORDS, delivered: RECORDS, dead: 0, drops: 1 });
    return killed ? "killed" : "ended";
  } catch (cause) {
    throw new Error(`${kind}, killed at ${call} number ${when}`, { cause });
  } finally {
    await target.close();
    world.remove();
  }
}
