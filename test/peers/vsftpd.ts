// vsftpd on a free loopback port, from the system or unpacked by test/peers/install. Its one user is the anonymous one with a
// password from a file, so that no account and no PAM file of this machine is touched; the system user behind it has to have a home.

import { existsSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, keep, startDaemon, type FtpPeer, type FtpPeerOptions } from "./ftp-peer.ts";

const UNPACKED = fileURLToPath(new URL("../../node_modules/.cache/peers/vsftpd/usr/sbin/vsftpd", import.meta.url));
const PROGRAM = [UNPACKED, "/usr/sbin/vsftpd"].find((path) => existsSync(path));

/** Why it cannot be started here; undefined = it can. */
export const vsftpdMissing =
  PROGRAM === undefined ? "vsftpd is not there" : process.getuid?.() === 0 ? undefined : "vsftpd needs root";

/** `folder` is the test's own; `folder/ftp` becomes what the user sees as `/`; in it `drops` is theirs. */
export async function startVsftpd(folder: string, options: FtpPeerOptions = {}): Promise<FtpPeer> {
  if (vsftpdMissing !== undefined) throw new Error(vsftpdMissing);
  const top = keep(join(folder, "ftp"));
  const root = keep(join(top, "drops"));
  chownSync(root, 1, 1);
  const empty = keep(join(folder, "empty"));
  const passwords = join(folder, "passwords");
  writeFileSync(passwords, "geheim\n", { mode: 0o600 });
  const { tls } = options;
  if (tls) writeFileSync(join(folder, "vsftpd.pem"), Buffer.concat([tls.key, tls.cert]), { mode: 0o600 });
  const port = await freePort();
  const yes = (given: boolean): string => (given ? "YES" : "NO");
  const lines = [
    "listen=YES",
    "listen_address=127.0.0.1",
    `listen_port=${port}`,
    "background=NO",
    "seccomp_sandbox=NO",
    "local_enable=NO",
    "anonymous_enable=YES",
    "ftp_username=daemon",
    `anon_root=${top}`,
    "secure_email_list_enable=YES",
    `email_password_file=${passwords}`,
    `secure_chroot_dir=${empty}`,
    "write_enable=YES",
    "anon_upload_enable=YES",
    "anon_mkdir_write_enable=YES",
    "anon_other_write_enable=YES",
    "anon_world_readable_only=NO",
    "anon_umask=022",
    "chown_uploads=NO",
    "delay_failed_login=0",
    "max_login_fails=2",
    `ssl_enable=${yes(tls !== undefined)}`,
    ...(tls
      ? [
          `rsa_cert_file=${join(folder, "vsftpd.pem")}`,
          `implicit_ssl=${yes(options.implicit === true)}`,
          "allow_anon_ssl=YES",
          "force_anon_logins_ssl=YES",
          "force_anon_data_ssl=YES",
          `require_ssl_reuse=${yes(options.requireReuse !== false)}`,
          "ssl_tlsv1=YES",
        ]
      : []),
    ...(options.passiveAddress === undefined ? [] : [`pasv_address=${options.passiveAddress}`]),
    ...(options.lines ?? []),
  ];
  const file = join(folder, "vsftpd.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const daemon = await startDaemon(PROGRAM as string, [file], port);
  return { ...daemon, port, root, path: "/drops", user: "anonymous", password: "geheim" };
}
