// One large file over SFTP, there and back: our own packet layer against OpenSSH's client and against the layer that ssh2 brings along,
// in turn on the same server, so that all have the same weather. Needs root and openssh-server.
//
//   sftp-get, sftp-get-ssh2   read with SHA-256; OpenSSH's client writes it to a file instead
//   sftp-put                  written and synced to the disk on both sides

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import ssh2, { type Client } from "ssh2";
import type { FileServer } from "../src/adapters/shared/remote/server.ts";
import { sftpServers } from "../src/adapters/sftp/servers.ts";
import { optionsFor, startOpenssh, type Openssh } from "../test/peers/openssh.ts";
import type { Bench, Measured } from "./measure.ts";

const MB = 1_000_000;
const ROUNDS = 5;
const never = new AbortController().signal;

const run: Bench = async ({ quick }) => {
  const megabytes = quick ? 50 : 500;
  const peer = await startOpenssh();
  const [big, got, put] = ["big", "got", "put"].map((name) => join(peer.root, name)) as [string, string, string];
  makeFile(big, megabytes);
  const server = await sftpServers(optionsFor(peer)).connect(never);
  try {
    const read = (): Promise<void> => readOwn(server, big, megabytes * MB);
    const [own, openssh, theirs] = await inTurn(megabytes, [
      read,
      () => batch(peer, `get ${big} ${got}`),
      () => readWithSsh2(peer, big),
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
      figure("sftp-get-ssh2", own, theirs, "the read stream of ssh2's own layer"),
      figure("sftp-put", ownPut, opensshPut, "OpenSSH's sftp put -f"),
    ];
  } finally {
    await server.close();
    await peer.close();
  }
};
export default run;

function figure(name: string, ours = 0, floor = 0, floorName: string): Measured {
  return { name, ours: Math.round(ours), floor: Math.round(floor), floorName, unit: "MB/s" };
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
  return speeds.map((each) => each.toSorted((a, b) => a - b)[ROUNDS >> 1] as number);
}

function makeFile(path: string, megabytes: number): void {
  const piece = Buffer.alloc(MB, "0123456789abcdefghijklmnopqrstuvwxyz\n");
  const file = openSync(path, "w");
  for (let n = 0; n < megabytes; n++) writeSync(file, piece);
  closeSync(file);
}

async function readOwn(server: FileServer, path: string, size: number): Promise<void> {
  const hash = createHash("sha256");
  let got = 0;
  for await (const piece of server.read(Buffer.from(path), 0, never)) {
    hash.update(piece);
    got += piece.length;
  }
  if (got !== size) throw new Error("not all of it came");
}

/** What is used of ssh2's own layer; its types say nothing of it, because nothing else uses it. */
interface Ssh2Layer {
  createReadStream(path: string): Readable;
}

async function readWithSsh2(peer: Openssh, path: string): Promise<void> {
  const socket = connect({ port: peer.port, host: "127.0.0.1", noDelay: true });
  const client = new ssh2.Client();
  const config = { sock: socket, username: peer.user, privateKey: peer.key, hostVerifier: () => true };
  await new Promise<void>((resolve, reject) => {
    client.once("ready", () => resolve());
    client.once("error", reject);
    client.connect(config as unknown as Parameters<Client["connect"]>[0]);
  });
  const opener = client as unknown as { sftp(done: (cause: Error | undefined, layer: Ssh2Layer) => void): void };
  const layer = await new Promise<Ssh2Layer>((resolve, reject) => {
    opener.sftp((cause, opened) => (cause ? reject(cause) : resolve(opened)));
  });
  const hash = createHash("sha256");
  const stream = layer.createReadStream(path);
  // Its handle is still being closed when the last byte is there; ending the connection then would be its failure.
  const shut = once(stream, "close");
  for await (const piece of stream) hash.update(piece as Buffer);
  await shut;
  const closed = new Promise<void>((resolve) => void client.once("close", () => resolve()));
  client.end();
  await closed;
}

function batch(peer: Openssh, command: string): void {
  const list = join(peer.folder, "batch");
  writeFileSync(list, `${command}\n`);
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const args = ["-q", "-b", list, "-i", join(peer.folder, "user"), "-P", String(peer.port)];
  execFileSync("sftp", [...args, ...options.flatMap((each) => ["-o", each]), `${peer.user}@127.0.0.1`], {
    stdio: "ignore",
  });
}
