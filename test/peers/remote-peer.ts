// A server of files as the real process meets it: OpenSSH in a chroot, or vsftpd with TLS, with what a bridge file has to say of it. Both
// are also reached over a line that can be cut.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { makeAuthority } from "./certificates.ts";
import { LINE_HOST, startLine, type Line } from "./line.ts";
import { opensshMissing, startOpenssh } from "./openssh.ts";
import { startVsftpd, vsftpdMissing } from "./vsftpd.ts";

export type Protocol = "sftp" | "ftp";

export interface RemotePeer {
  readonly protocol: Protocol;
  /** A new folder of the server: here, and as its user sees it. */
  folder(name: string): { readonly here: string; readonly there: string };
  /** Gives a file or folder that was made here to the server's user. */
  give(path: string): void;
  /** The server as YAML between braces: `{ host: …, …, more }`. `line` = over the line that can be cut. */
  options(more: string, line?: boolean): string;
  /** Bytes that must lie beside the bridge file, under these names. */
  readonly beside: Readonly<Record<string, Buffer>>;
  line(): Promise<Line>;
  /** SIGKILL for the listener and all its sessions. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const missing: Readonly<Record<Protocol, () => string | undefined>> = {
  sftp: opensshMissing,
  ftp: () => vsftpdMissing,
};
const PACKAGE = { sftp: "openssh", ftp: "vsftpd" } as const;

const required = (process.env["REQUIRE_PEERS"] ?? "").split(/[\s,]+/u);

/** Like describe, for each of the two, or for those named; skipped (or failed, where it is required) when one cannot be started. */
export function describeWithPeers(
  name: string,
  body: (start: () => Promise<RemotePeer>, protocol: Protocol) => void,
  protocols: readonly Protocol[] = ["sftp", "ftp"],
): void {
  for (const protocol of protocols) {
    const reason = missing[protocol]();
    const mayLack = reason !== undefined && !required.includes(PACKAGE[protocol]);
    const title = reason === undefined ? `${name}, ${protocol}` : `${name}, ${protocol} (${reason})`;
    // Where it is required, the start says what lacks.
    describe.skipIf(mayLack)(title, () => body(START[protocol], protocol));
  }
}

async function startSftp(): Promise<RemotePeer> {
  const server = await startOpenssh({ chroot: true });
  const key = join(server.folder, "user");
  return {
    protocol: "sftp",
    folder: (name) => folderIn(server.root, "", name, () => undefined),
    give: () => undefined,
    options: (more, line = false) =>
      `{ host: ${line ? LINE_HOST : "127.0.0.1"}, port: ${server.port}, user: ${server.user}, ` +
      `privateKey: "\${file:${key}}", hostKey: "${server.hostKey}", ${more} }`,
    beside: {},
    line: () => startLine([server.port]),
    kill: () => server.kill(),
    start: () => server.start(),
    close: () => server.close(),
  };
}

/** Ports for data connections: more than sessions that wait in silence, each with its own, until the server gives them up. */
const DATA_PORTS = 48;

async function startFtp(): Promise<RemotePeer> {
  const place = mkdtempSync(join(tmpdir(), "steg-vsftpd-"));
  // The server's own user passes through.
  chmodSync(place, 0o711);
  const authority = makeAuthority(join(place, "ca"));
  const first = await freePorts(DATA_PORTS);
  const server = await startVsftpd(place, {
    tls: authority.issue("vsftpd", { names: `DNS:localhost,IP:127.0.0.1,IP:${LINE_HOST}` }),
    lines: [`pasv_min_port=${first}`, `pasv_max_port=${first + DATA_PORTS - 1}`, "data_connection_timeout=20"],
  });
  const password = join(place, "password");
  writeFileSync(password, server.password, { mode: 0o600 });
  const { uid, gid } = statSync(server.root);
  const give = (path: string): void => chownSync(path, uid, gid);
  const data = Array.from({ length: DATA_PORTS }, (_each, n) => first + n);
  return {
    protocol: "ftp",
    folder: (name) => folderIn(server.root, server.path, name, give),
    give,
    options: (more, line = false) =>
      `{ host: ${line ? LINE_HOST : "127.0.0.1"}, port: ${server.port}, user: ${server.user}, ` +
      `password: "\${file:${password}}", ca: ca.pem, ${more} }`,
    beside: { "ca.pem": authority.ca },
    line: () => startLine([server.port, ...data]),
    kill: () => server.kill(),
    start: () => server.start(),
    async close() {
      await server.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

const START: Readonly<Record<Protocol, () => Promise<RemotePeer>>> = { sftp: startSftp, ftp: startFtp };

function folderIn(
  root: string,
  path: string,
  name: string,
  give: (path: string) => void,
): { readonly here: string; readonly there: string } {
  const here = join(root, name);
  mkdirSync(here);
  give(here);
  return { here, there: `${path}/${name}` };
}

/** The first of so many free ports in a row, below those that the system gives to anybody. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000);
    const taken = await Promise.all(Array.from({ length: count }, (_each, n) => isTaken(first + n)));
    if (!taken.includes(true)) return first;
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once("error", () => resolve(true));
    listener.listen(port, () => listener.close(() => resolve(false)));
  });
}
