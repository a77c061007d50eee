// ProFTPD with mod_sftp on a free port of this machine: an SFTP server of another make, whose users log in with passwords.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { answers, freePort } from "./openssh.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { describeNeeding } from "./required.ts";

const MODULE = "/usr/lib/proftpd/mod_sftp.so";

function whyNot(): string | undefined {
  if (!existsSync(MODULE)) return "proftpd-mod-crypto is not installed";
  return userInfo().uid === 0 ? undefined : "proftpd with its own users needs root";
}

/** Like describe, but skipped (or failed, where it is required) when ProFTPD cannot be started. */
export function describeWithProftpdSftp(name: string, body: () => void): void {
  describeNeeding("proftpd", whyNot(), name, body);
}

export interface ProftpdSftp {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly hostKey: string;
  /** The user's folder, seen as `/`. */
  readonly root: string;
  close(): Promise<void>;
}

/** `more`: lines of its configuration. */
export async function startProftpdSftp(more: readonly string[] = []): Promise<ProftpdSftp> {
  const folder = mkdtempSync(join(tmpdir(), "steg-proftpd-"));
  const at = (name: string): string => join(folder, name);
  const [user, password] = ["kasse", "Herbst-Laub 7"];
  const root = at("root");
  mkdirSync(root);
  const port = await freePort();
  execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "3072", "-m", "PEM", "-N", "", "-C", "test", "-f", at("host")]);
  const hostKey = execFileSync("ssh-keygen", ["-lf", at("host.pub")], { encoding: "utf8" }).split(" ")[1] ?? "";
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], { input: password, encoding: "utf8" }).trim();
  writeFileSync(at("users"), `${user}:${hash}:0:0::${root}:/bin/false\n`, { mode: 0o600 });
  writeFileSync(
    at("config"),
    [
      "ServerType standalone",
      "DefaultServer on",
      `Port ${port}`,
      "DefaultAddress 127.0.0.1",
      "SocketBindTight on",
      "UseIPv6 off",
      "WtmpLog off",
      `PidFile ${at("pid")}`,
      `ScoreboardFile ${at("board")}`,
      `SystemLog ${at("log")}`,
      "ModulePath /usr/lib/proftpd",
      "LoadModule mod_sftp.c",
      "User root",
      "Group root",
      "RootLogin on",
      `AuthUserFile ${at("users")}`,
      "AuthOrder mod_auth_file.c",
      "RequireValidShell off",
      `DefaultRoot ${root}`,
      "SFTPEngine on",
      `SFTPHostKey ${at("host")}`,
      "SFTPAuthMethods password",
      `SFTPLog ${at("sftp-log")}`,
      "AllowOverwrite on",
      ...more,
      "",
    ].join("\n"),
  );
  const server = spawn("/usr/sbin/proftpd", ["-n", "-c", at("config")], { stdio: "ignore" });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === 100) throw new Error(`proftpd did not start: ${readFileSync(at("log"), "utf8")}`);
    await sleep(50);
  }
  return {
    port,
    user,
    password,
    hostKey,
    root,
    async close() {
      const ended = new Promise<void>((resolve) => void server.once("exit", () => resolve()));
      server.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
