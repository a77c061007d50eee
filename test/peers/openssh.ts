// OpenSSH's server on a free port of this machine, with its own keys, users of its own way of logging in, and internal-sftp.
//
// Without PAM passwords are looked up in the system's list, which tests leave alone: what has to do with passwords runs against
// proftpd-sftp.ts.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerOptions } from "../../src/adapters/sftp/options.ts";
import { describeNeeding } from "./required.ts";

const SSHD = "/usr/sbin/sshd";

/** Why OpenSSH cannot be started here; undefined = it can. */
export function opensshMissing(): string | undefined {
  if (!existsSync(SSHD)) return "openssh-server is not installed";
  return userInfo().uid === 0 ? undefined : "sshd with its own users needs root";
}

/** Like describe, but skipped (or failed, where it is required) when OpenSSH cannot be started. */
export function describeWithOpenssh(name: string, body: () => void): void {
  describeNeeding("openssh", opensshMissing(), name, body);
}

export interface OpensshOptions {
  /** Lines of sshd_config before its Match blocks. */
  readonly config?: readonly string[];
  /** internal-sftp sees `root` as /, which must be root's. */
  readonly chroot?: boolean;
}

export interface Openssh {
  readonly port: number;
  /** Folder that tests may use; `/` of the server where it is a chroot. */
  readonly root: string;
  readonly user: string;
  /** Text of the user's private key, of the same one encrypted with `passphrase`, and of one that the server does not know. */
  readonly key: string;
  readonly encryptedKey: string;
  readonly passphrase: string;
  readonly strangerKey: string;
  /** `SHA256:…` of the server's key. */
  readonly hostKey: string;
  readonly folder: string;
  /** Ends the listener and all its sessions. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => void listener.close(() => resolve()));
  return port;
}

function makeKey(path: string, passphrase = ""): string {
  // A few rounds only: the tests open it often.
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-a", "4", "-N", passphrase, "-C", "test", "-f", path]);
  return readFileSync(path, "utf8");
}

export async function startOpenssh({ config = [], chroot = false }: OpensshOptions = {}): Promise<Openssh> {
  // All above a chroot must be root's, and nobody else's to write to.
  const folder = mkdtempSync(join(chroot ? userInfo().homedir : tmpdir(), "steg-openssh-"));
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  const user = userInfo().username;
  const root = at("root");
  mkdirSync(root, { mode: 0o755 });
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  makeKey(at("host"));
  const key = makeKey(at("user"));
  const strangerKey = makeKey(at("stranger"));
  const passphrase = "Sommerregen";
  const encryptedKey = makeKey(at("locked"), passphrase);
  writeFileSync(at("authorized"), readFileSync(at("user.pub"), "utf8") + readFileSync(at("locked.pub"), "utf8"));
  const fingerprint = execFileSync("ssh-keygen", ["-lf", at("host.pub")], { encoding: "utf8" }).split(" ")[1] ?? "";
  writeFileSync(
    at("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `PidFile ${at("pid")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "MaxStartups 200:30:400",
      "Subsystem sftp internal-sftp",
      ...config,
      ...(chroot ? [`Match User ${user}`, `  ChrootDirectory ${root}`, "  ForceCommand internal-sftp"] : []),
      "",
    ].join("\n"),
  );
  let server: ReturnType<typeof spawn> | undefined;

  async function start(): Promise<void> {
    // A group of its own: the sessions that it forks end with it.
    server = spawn(SSHD, ["-D", "-f", at("config"), "-E", at("log")], { detached: true, stdio: "ignore" });
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(port)) return;
      await sleep(50);
    }
    throw new Error(`sshd did not start: ${readFileSync(at("log"), "utf8")}`);
  }

  async function kill(): Promise<void> {
    const { pid } = server ?? {};
    if (!server || pid === undefined) return;
    const ended = new Promise<void>((resolve) => void server?.once("exit", () => resolve()));
    for (const session of childrenOf(pid)) end(session);
    end(pid);
    await ended;
    server = undefined;
  }

  /** A test process that falls leaves no server behind. */
  function fall(): void {
    if (server?.pid !== undefined) end(server.pid);
  }
  process.once("exit", fall);

  await start();
  return {
    port,
    root,
    user,
    key,
    encryptedKey,
    passphrase,
    strangerKey,
    hostKey: fingerprint,
    folder,
    start,
    kill,
    async close() {
      await kill();
      process.removeListener("exit", fall);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sessions have groups of their own; they are found by who started them. */
function childrenOf(pid: number): number[] {
  let listed = "";
  try {
    listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return listed
    .split(" ")
    .filter((each) => each.trim() !== "")
    .map(Number)
    .flatMap((child) => [...childrenOf(child), child]);
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Ended by itself.
  }
}

/** Whether somebody says something on this port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Options of sftp that reach a peer, as a bridge file would give them. */
export function optionsFor(
  peer: { readonly port: number; readonly user: string; readonly hostKey: string; readonly key?: string },
  port: number = peer.port,
): ServerOptions {
  return {
    host: "127.0.0.1",
    port,
    user: peer.user,
    privateKey: peer.key,
    passphrase: undefined,
    password: undefined,
    hostKey: [peer.hostKey],
    oldAlgorithms: undefined,
    jump: undefined,
    keepalive: true,
    nameEncoding: "utf-8",
    connectTimeout: 10_000,
    timeout: 30_000,
    totalTimeout: 3_600_000,
  };
}
