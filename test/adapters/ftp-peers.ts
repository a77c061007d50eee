// Both FTP servers, for tests that run against each. One that is not there skips with its reason; where REQUIRE_PEERS names it, the
// start says so and the tests fail.

import type { FtpPeer, FtpPeerOptions } from "../peers/ftp-peer.ts";
import { describeNeeding } from "../peers/required.ts";
import { proftpdMissing, startProftpd } from "../peers/proftpd.ts";
import { startVsftpd, vsftpdMissing } from "../peers/vsftpd.ts";

export type StartFtp = (folder: string, options?: FtpPeerOptions) => Promise<FtpPeer>;

const PEERS: readonly (readonly [name: string, missing: string | undefined, start: StartFtp])[] = [
  ["vsftpd", vsftpdMissing, startVsftpd],
  ["proftpd", proftpdMissing, startProftpd],
];

export function describeWithFtp(about: string, tests: (start: StartFtp, name: string) => void): void {
  for (const [name, missing, start] of PEERS) {
    describeNeeding(name, missing, `${about}: ${name}`, () => tests(start, name));
  }
}
