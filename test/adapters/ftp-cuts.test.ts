// receive.ftp while its server is cut off, again and again: the file comes whole, or is said not to have come.

import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ftpServers } from "../../src/adapters/ftp/server.ts";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteSource } from "../../src/adapters/shared/remote/source.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { makeAuthority } from "../peers/certificates.ts";
import type { FtpPeer } from "../peers/ftp-peer.ts";
import { accessTo } from "./ftp-access.ts";
import { describeWithFtp } from "./ftp-peers.ts";

const never = new AbortController().signal;

describeWithFtp("ftp with TLS, cut", (start, name) => {
  let folder: string;
  let peer: FtpPeer;
  let ca: Buffer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "steg-ftp-cuts-"));
    chmodSync(folder, 0o711);
    const authority = makeAuthority(join(folder, "ca"));
    ({ ca } = authority);
    peer = await start(folder, { tls: authority.issue(name) });
  });
  afterAll(async () => {
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("reads on where it was, through 4 killed sessions and a silent one", { timeout: 120_000 }, async () => {
    const body = randomBytes(20_000_000);
    writeFileSync(join(peer.root, "gross.bin"), body);
    const pool = createPool(ftpServers(accessTo(peer, { tls: "explicit", ca, stall: 1_000 })), {
      most: 2,
      idle: 30_000,
    });
    const base = { path: peer.path, files: undefined, marker: undefined, settle: 0, every: 10_000 } as const;
    const source = createRemoteSource(
      { ...base, after: "keep", archive: "archive", sort: "name" },
      pool,
      contextIn(folder),
    );
    const hash = createHash("sha256");
    let cuts = 0;
    let passed = 0;
    for await (const delivery of source.look(never)) {
      for await (const piece of delivery.open(never)) {
        hash.update(piece);
        passed += piece.length;
        if (cuts < 5 && passed > (cuts + 1) * 3_300_000) {
          peer.signalSessions(cuts === 2 ? "SIGSTOP" : "SIGKILL");
          cuts++;
        }
      }
      expect(await delivery.verify(never)).toBe("same");
    }
    await source.close();
    expect(cuts).toBe(5);
    expect(passed).toBe(body.length);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(body).digest("hex"));
  });
});
