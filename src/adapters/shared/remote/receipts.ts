// answer.sftp and answer.ftp: receipts as files on a server, each whole at any moment where the server can do that; the same receipt
// written again replaces the former.

import { createHash } from "node:crypto";
import type { ReceiptTarget } from "../../../core/contract.ts";
import { atPath } from "./at-path.ts";
import { joinRemote } from "./entry.ts";
import { nameCodeOf, type NameEncoding } from "./name-code.ts";
import type { Pool } from "./pool.ts";
import { reserve } from "./placing.ts";

const CLEAR_AWAY = 2_000;

/** The receipts have the pool for themselves and close it. */
export function createRemoteReceipts(path: string, pool: Pool, encoding: NameEncoding = "utf-8"): ReceiptTarget {
  const names = nameCodeOf(encoding);
  const folder = names.bytes(path);
  const reserved = new Set<string>();
  return {
    server: pool.address,
    async put(name, body, signal) {
      signal.throwIfAborted();
      const stem = createHash("sha256").update(name).digest("hex").slice(0, 32);
      const { path: temporary, release } = reserve(reserved, folder, stem);
      try {
        const put = pool.use(async (server) => {
          try {
            await server.write(temporary, body, undefined, signal);
            // The name is made from the drop's, which a stranger chose.
            await server.replace(temporary, joinRemote(folder, names.writable(name)), signal);
          } catch (cause) {
            if (server.alive) await server.remove(temporary, AbortSignal.timeout(CLEAR_AWAY)).catch(() => undefined);
            throw cause;
          }
        }, signal);
        await atPath(path, put);
      } finally {
        release();
      }
    },
    close: () => pool.close(),
  };
}
