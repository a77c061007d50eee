// Snapshots that come as files. What lies in such a folder was put there by others: only a plain file of the right name is opened, and not
// more of it than a snapshot may have.

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { BridgeError } from "../errors.ts";
import type { Answer } from "./pull.ts";
import { MOST_SNAPSHOT } from "./snapshot.ts";

/**
 * The tag is what the file system says of the file: as long as that is the same, nothing is read. Throws APPLIANCE_AWAY where there is no
 * file, SNAPSHOT_UNREADABLE where it is none.
 */
export async function readCarried(path: string, tag: string | undefined): Promise<Answer> {
  let file;
  try {
    // A link could lead anywhere, and opening a pipe would wait for somebody to write.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no file yet" : code === "ELOOP" ? "it is a link" : code;
    throw new BridgeError("APPLIANCE_AWAY", `${path} cannot be read: ${why}`, { cause, facts: { why } });
  }
  try {
    const stat = await file.stat({ bigint: true });
    const { ino, size, mtimeNs } = stat;
    if (!stat.isFile()) throw new BridgeError("SNAPSHOT_UNREADABLE", `${path} is no plain file`);
    if (size > MOST_SNAPSHOT)
      throw new BridgeError("SNAPSHOT_UNREADABLE", `${path} is larger than ${MOST_SNAPSHOT >> 20} MiB`);
    const now = `${ino}-${size}-${mtimeNs}`;
    if (now === tag) return { kind: "unchanged" };
    const bytes = Buffer.alloc(Number(size));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { kind: "new", bytes: bytes.subarray(0, filled), etag: now };
  } finally {
    await file.close();
  }
}
