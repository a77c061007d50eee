// Taking over SFTP, by the whole appliance and by its layer alone, in turn with the clients that people use, on the same server, so that
// all have the same weather. Needs root, openssh-server and lftp.
//
//   sftp-take     one file of 500 MB taken by a running appliance: hashed, sealed and fsynced in the spool, in the journal, archived at
//                 the server; OpenSSH's sftp writes it to a plain file
//   sftp-many     10,000 files of 2 KB the same way; lftp mirrors them with as many connections
//   sftp-memory   peak of taking 500 MB against 50 MB
//   sftp-get, -put   the layer alone, in this process: read with SHA-256, written and synced

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { FileServer } from "../src/adapters/shared/remote/server.ts";
import { sftpServers } from "../src/adapters/sftp/servers.ts";
import { optionsFor, startOpenssh, type Openssh } from "../test/peers/openssh.ts";
import type { Bench, Measured } from "./measure.ts";
import { startTaking, type Taker } from "./remote-job.ts";

const MB = 1_000_000;
const ROUNDS = 3;
const CONNECTIONS = 4;
const never = new AbortController().signal;

const run: Bench = async ({ quick }) => {
  const peer = await startOpenssh();
  try {
    const megabytes = quick ? 50 : 500;
    const big = await takeBig(peer, megabytes);
    const small = await takeBig(peer, megabytes / 10, 1);
    const memory: Measured = {
      name: "sftp-memory",
      ours: big.peakRssMiB ?? 0,
      floor: small.peakRssMiB ?? 0,
      floorName: `${megabytes / 10} MB`,
      unit: `MiB at ${megabytes} MB`,
      peakRssMiB: big.peakRssMiB ?? 0,
      note: "less is better: at most 1.2",
    };
    return [big, await takeMany(peer, quick ? 1_000 : 10_000), memory, ...(await layer(peer, megabytes / 2))];
  } finally {
    await peer.close();
  }
};
export default run;

/** The bytes lie there already: what comes under its name is there at once. */
async function takeBig(peer: Openssh, megabytes: number, rounds = ROUNDS): Promise<Measured> {
  const folder = join(peer.root, `big-${megabytes}`);
  mkdirSync(folder);
  const [hidden, got] = [join(folder, "gross.tmp"), join(folder, "got.tmp")];
  makeFile(hidden, megabytes);
  const speeds: { ours: number; floor: number }[] = [];
  let peakRssMiB = 0;
  for (let round = 0; round < rounds; round++) {
    const floor = timeOf(() => batch(peer, `get ${hidden} ${got}`));
    rmSync(got);
    const taker = await startTaking(peer, { path: folder, connections: 1, decode: true });
    try {
      const began = performance.now();
      renameSync(hidden, join(folder, "gross.csv"));
      await taker.until(() => existsSync(join(folder, "archive", "gross.csv")));
      speeds.push({ ours: (megabytes * 1_000) / (performance.now() - began), floor: megabytes / floor });
      peakRssMiB = Math.max(peakRssMiB, taker.peakRssMiB());
    } finally {
      await taker.end();
    }
    renameSync(join(folder, "archive", "gross.csv"), hidden);
  }
  rmSync(folder, { recursive: true, force: true });
  const [ours, floor] = [median(speeds.map((each) => each.ours)), median(speeds.map((each) => each.floor))];
  return { ...figure("sftp-take", ours, floor, "OpenSSH's sftp get"), peakRssMiB };
}

async function takeMany(peer: Openssh, count: number): Promise<Measured> {
  const folder = join(peer.root, "many");
  const mirror = join(peer.root, "mirror");
  mkdirSync(folder);
  for (let n = 0; n < count; n++) writeFileSync(join(folder, `k${n}.csv`), `${n} ${"x".repeat(2_040)}\n`);
  const ssh = `ssh -a -x -i ${join(peer.folder, "user")} ${KNOWS_NOBODY.join(" ")}`;
  const command = `set sftp:connect-program "${ssh}"; mirror --parallel=${CONNECTIONS} ${folder} ${mirror}; quit`;
  const floor = timeOf(() => {
    const { status } = spawnSync("lftp", ["-e", command, `sftp://${peer.user}:x@127.0.0.1:${peer.port}`]);
    if (status !== 0 || readdirSync(mirror).length !== count) throw new Error("lftp did not mirror all files");
  });
  const archive = join(folder, "archive");
  const began = performance.now();
  const taker: Taker = await startTaking(peer, { path: folder, connections: CONNECTIONS, decode: false });
  try {
    await taker.until(() => existsSync(archive) && readdirSync(archive).length === count);
    const ours = (count * 1_000) / (performance.now() - began);
    const note = "start of the process included, and while it delivers the first of them";
    return {
      ...figure("sftp-many", ours, count / floor, `lftp mirror --parallel=${CONNECTIONS}`),
      unit: "files/s",
      peakRssMiB: taker.peakRssMiB(),
      note,
    };
  } finally {
    await taker.end();
    rmSync(folder, { recursive: true, force: true });
    rmSync(mirror, { recursive: true, force: true });
  }
}

async function layer(peer: Openssh, megabytes: number): Promise<readonly Measured[]> {
  const [big, got, put] = ["big", "got", "put"].map((name) => join(peer.root, name)) as [string, string, string];
  makeFile(big, megabytes);
  const server = await sftpServers(optionsFor(peer)).connect(never);
  try {
    const [own, openssh] = await inTurn(megabytes, [
      () => readOwn(server, big),
      () => batch(peer, `get ${big} ${got}`),
    ]);
    const body = Buffer.alloc((megabytes * MB) / 5, "0123456789abcdef");
    rmSync(got);
    writeFileSync(got, body);
    const [ownPut, opensshPut] = await inTurn(megabytes / 5, [
      () => server.write(Buffer.from(put), body, undefined, never),
      () => batch(peer, `put -f ${got} ${put}`),
    ]);
    return [
      figure("sftp-get", own, openssh, "OpenSSH's sftp get"),
      figure("sftp-put", ownPut, opensshPut, "OpenSSH's sftp put -f"),
    ];
  } finally {
    await server.close();
  }
}

function figure(name: string, ours = 0, floor = 0, floorName: string): Measured {
  return { name, ours: Math.round(ours), floor: Math.round(floor), floorName, unit: "MB/s" };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** Seconds. */
function timeOf(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1_000;
}

/** Several rounds, each way once in each; the median of each in MB/s. */
async function inTurn(megabytes: number, ways: readonly (() => Promise<void> | void)[]): Promise<number[]> {
  const speeds = ways.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [n, way] of ways.entries()) {
      const began = performance.now();
      await way();
      speeds[n]?.push((megabytes * 1_000) / (performance.now() - began));
    }
  }
  return speeds.map(median);
}

/** Rows of 100 KB, so that what is behind the taking has little to do. */
function makeFile(path: string, megabytes: number): void {
  const row = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(2_778).slice(0, 99_997);
  const piece = Buffer.from(Array.from({ length: 10 }, (_each, n) => `${n};${row}\n`).join(""));
  const file = openSync(path, "w");
  writeSync(file, "ID;REST\n");
  for (let n = 0; n < megabytes; n++) writeSync(file, piece);
  closeSync(file);
}

async function readOwn(server: FileServer, path: string): Promise<void> {
  const hash = createHash("sha256");
  for await (const piece of server.read(Buffer.from(path), 0, never)) hash.update(piece);
  hash.digest();
}

const KNOWS_NOBODY = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"].flatMap((each) => [
  "-o",
  each,
]);

function batch(peer: Openssh, command: string): void {
  const list = join(peer.folder, "batch");
  writeFileSync(list, `${command}\n`);
  const args = ["-q", "-b", list, "-i", join(peer.folder, "user"), "-P", String(peer.port), ...KNOWS_NOBODY];
  execFileSync("sftp", [...args, `${peer.user}@127.0.0.1`], { stdio: "ignore" });
}
