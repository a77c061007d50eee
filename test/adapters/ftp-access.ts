// How the tests reach an FTP server of theirs.

import type { FtpAccess } from "../../src/adapters/ftp/access.ts";
import type { FtpPeer } from "../peers/ftp-peer.ts";

export function accessTo(peer: Pick<FtpPeer, "port" | "user" | "password">, more: Partial<FtpAccess> = {}): FtpAccess {
  return {
    host: "127.0.0.1",
    port: peer.port,
    user: Buffer.from(peer.user),
    password: Buffer.from(peer.password),
    tls: "none",
    ca: undefined,
    fingerprint: undefined,
    leastTls: "TLSv1.2",
    checkCertificate: true,
    passive: "auto",
    utf8: true,
    connectTimeout: 10_000,
    timeout: 5_000,
    stall: 5_000,
    keepAlive: 30_000,
    ...more,
  };
}
