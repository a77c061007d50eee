// The clients that people have, told to use an inbox of the tests.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InboxPeer } from "./inbox.ts";
import { describeNeeding } from "./required.ts";

export interface Ran {
  readonly code: number | null;
  readonly out: string;
}

export function run(command: string, args: readonly string[], input = "", more: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C", ...more },
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
    child.stdin.end(input);
  });
}

/** What ssh, scp and sftp are told so that they ask nobody anything. */
export function sshOptions(peer: InboxPeer, key: string = peer.key): string[] {
  const known = join(peer.folder, `known-${peer.port}`);
  if (!existsSync(known)) {
    const publicKey = readFileSync(join(peer.folder, "inbox", "host_key.pub"), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ");
    writeFileSync(known, `[127.0.0.1]:${peer.port} ${publicKey}\n`);
  }
  const options = {
    UserKnownHostsFile: known,
    StrictHostKeyChecking: "yes",
    IdentitiesOnly: "yes",
    IdentityFile: key,
    IdentityAgent: "none",
    BatchMode: "yes",
    LogLevel: "ERROR",
  };
  return ["-F", "none", ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}

export function sftp(peer: InboxPeer, commands: readonly string[], user = "kasse"): Promise<Ran> {
  const args = [...sshOptions(peer), "-P", String(peer.port), "-b", "-", `${user}@127.0.0.1`];
  return run("sftp", args, `${commands.join("\n")}\n`);
}

export function scp(peer: InboxPeer, args: readonly string[], user = "kasse"): Promise<Ran> {
  const [to = "", ...from] = [...args].toReversed();
  return run("scp", [...sshOptions(peer), "-P", String(peer.port), ...from.toReversed(), `${user}@127.0.0.1:${to}`]);
}

export function lftp(peer: InboxPeer, commands: readonly string[], user = "kasse"): Promise<Ran> {
  const program = ["ssh", "-a", "-x", ...sshOptions(peer)].join(" ");
  const script = [
    "set net:max-retries 1",
    "set net:timeout 10",
    "set cmd:fail-exit yes",
    `set sftp:connect-program "${program}"`,
    `open -u ${user}, -p ${peer.port} sftp://127.0.0.1`,
    ...commands,
  ];
  return run("lftp", ["-c", script.join("; ")], "", { HOME: peer.folder });
}

/** Debian's python has the module, another one in PATH may not. */
const PYTHON = "/usr/bin/python3";

export function paramiko(peer: InboxPeer, lines: readonly string[], user = "kasse"): Promise<Ran> {
  const script = [
    "import paramiko, sys, os",
    `t = paramiko.Transport(("127.0.0.1", ${peer.port}))`,
    `t.connect(username="${user}", pkey=paramiko.Ed25519Key.from_private_key_file("${peer.key}"))`,
    "s = paramiko.SFTPClient.from_transport(t)",
    ...lines,
    "s.close(); t.close()",
  ];
  return run(PYTHON, ["-c", script.join("\n")]);
}

const MISSING: Readonly<Record<string, () => string | undefined>> = {
  openssh: () => (existsSync("/usr/bin/sftp") ? undefined : "openssh-client is not installed"),
  lftp: () => (existsSync("/usr/bin/lftp") ? undefined : "lftp is not installed"),
  paramiko: () =>
    existsSync("/usr/lib/python3/dist-packages/paramiko") ? undefined : "python3-paramiko is not installed",
};

/** Like describe, but skipped (or failed, where it is required) when a client is not installed. */
export function describeWithClient(client: string, name: string, body: () => void): void {
  describeNeeding(client, MISSING[client]?.(), name, body);
}
