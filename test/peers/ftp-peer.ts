// What the FTP servers of the tests have in common: a port, a process, its end.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pair } from "./certificates.ts";

export interface FtpPeerOptions {
  readonly tls?: Pair;
  readonly implicit?: boolean;
  /** Data connections must resume the control connection's session; yes, unless told. */
  readonly requireReuse?: boolean;
  /** Only where the server can be told: files that lie there cannot be written over, or replaced by a rename. */
  readonly overwrite?: false;
  /** What PASV answers, where that is not the server's own address. */
  readonly passiveAddress?: string;
  /** More lines of its configuration. */
  readonly lines?: readonly string[];
}

export interface FtpPeer {
  readonly port: number;
  /** The folder on this machine that its user sees as `path`, and may write to. */
  readonly root: string;
  readonly path: string;
  readonly user: string;
  readonly password: string;
  /** Sends a signal to the processes that serve connections, not to the one that listens. */
  signalSessions(signal: NodeJS.Signals): number;
  /** Ends the listener and all its sessions, by SIGKILL. */
  kill(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export function keep(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

function childrenOf(pid: number): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parent === pid) found.push(Number(name), ...childrenOf(Number(name)));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Starts a server that stays in the foreground, and waits until its port answers. */
export async function startDaemon(
  program: string,
  args: readonly string[],
  port: number,
): Promise<Pick<FtpPeer, "signalSessions" | "kill" | "start" | "close">> {
  let child: ChildProcess | undefined;
  const signalSessions = (signal: NodeJS.Signals): number => {
    const sessions = child?.pid === undefined ? [] : childrenOf(child.pid);
    for (const each of sessions) tryKill(each, signal);
    return sessions.length;
  };
  async function start(): Promise<void> {
    const started = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    let said = "";
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    for (let round = 0; !(await answers(port)); round++) {
      if (started.exitCode !== null || round > 100) throw new Error(`${program} did not start: ${said.slice(0, 500)}`);
      await sleep(50);
    }
  }
  async function kill(): Promise<void> {
    signalSessions("SIGKILL");
    if (child) await ended(child);
    child = undefined;
  }
  /** A test process that falls leaves no server behind. */
  const fall = (): void => void child?.kill("SIGKILL");
  process.once("exit", fall);

  await start();
  return {
    signalSessions,
    start,
    kill,
    async close() {
      await kill();
      process.removeListener("exit", fall);
    },
  };
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
