// ProFTPD on a free loopback port, with an account of its own file, started by root and served as nobody.

import { execFileSync } from "node:child_process";
import { chownSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, keep, startDaemon, type FtpPeer, type FtpPeerOptions } from "./ftp-peer.ts";

const PROGRAM = ["/usr/sbin/proftpd"].find((path) => existsSync(path));

/** Why it cannot be started here; undefined = it can. */
export const proftpdMissing =
  PROGRAM === undefined ? "proftpd is not there" : process.getuid?.() === 0 ? undefined : "proftpd needs root";

/** `folder` is the test's own; `folder/ftp` becomes what the user sees as `/`; in it `drops` is theirs. */
export async function startProftpd(folder: string, options: FtpPeerOptions = {}): Promise<FtpPeer> {
  if (proftpdMissing !== undefined) throw new Error(proftpdMissing);
  const top = keep(join(folder, "ftp"));
  const root = keep(join(top, "drops"));
  chownSync(root, 65_534, 65_534);
  const hash = execFileSync("openssl", ["passwd", "-6", "geheim"]).toString().trim();
  const users = join(folder, "users");
  writeFileSync(users, `steg:${hash}:65534:65534::${top}:/bin/false\n`, { mode: 0o600 });
  const port = await freePort();
  const { tls } = options;
  if (tls) {
    writeFileSync(join(folder, "proftpd.crt"), tls.cert);
    writeFileSync(join(folder, "proftpd.key"), tls.key, { mode: 0o600 });
  }
  const wants = [
    options.requireReuse === false ? "NoSessionReuseRequired" : "",
    options.implicit ? "UseImplicitSSL" : "",
  ];
  const tlsOptions = wants.filter((each) => each !== "").join(" ");
  const lines = [
    ...(tls ? ["LoadModule mod_tls.c"] : []),
    "ServerType standalone",
    "ServerName Pruefstand",
    "DefaultAddress 127.0.0.1",
    "SocketBindTight on",
    `Port ${port}`,
    "UseIPv6 off",
    "User root",
    "Group nogroup",
    `PidFile ${join(folder, "proftpd.pid")}`,
    `ScoreboardFile ${join(folder, "scoreboard")}`,
    `SystemLog ${join(folder, "proftpd.log")}`,
    "WtmpLog off",
    "UseReverseDNS off",
    "DelayEngine off",
    "AuthPAM off",
    "AuthOrder mod_auth_file.c",
    `AuthUserFile ${users}`,
    "RequireValidShell off",
    "DefaultRoot ~",
    "MaxLoginAttempts 2",
    "<Directory />",
    `  AllowOverwrite ${options.overwrite === false ? "off" : "on"}`,
    "</Directory>",
    "AllowStoreRestart on",
    ...(tls
      ? [
          "<IfModule mod_tls.c>",
          "  TLSEngine on",
          "  TLSRequired on",
          "  TLSProtocol TLSv1.2 TLSv1.3",
          `  TLSLog ${join(folder, "tls.log")}`,
          `  TLSECCertificateFile ${join(folder, "proftpd.crt")}`,
          `  TLSECCertificateKeyFile ${join(folder, "proftpd.key")}`,
          ...(tlsOptions === "" ? [] : [`  TLSOptions ${tlsOptions}`]),
          "</IfModule>",
        ]
      : []),
    ...(options.passiveAddress === undefined ? [] : [`MasqueradeAddress ${options.passiveAddress}`]),
    ...(options.lines ?? []),
  ];
  const file = join(folder, "proftpd.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const daemon = await startDaemon(PROGRAM as string, ["-n", "-q", "-c", file], port);
  return { ...daemon, port, root, path: "/drops", user: "steg", password: "geheim" };
}
