// What a run leaves behind, and the next one must not feel. ext4 gives a new file no inode that was deleted within the last minutes, and
// looks at each of those first: after a thousand deletions, a thousand new files cost up to 0.4 s of the processor more. And memory
// that the system's cache has for the first time may be slow on a machine that is itself a guest. So contents go at once, names at the end.

import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

const folders = new Set<string>();

/** Empties all files below the folder but those that have another name elsewhere; the folder itself goes when the process exits. */
export function clearAway(folder: string): void {
  if (folders.size === 0) process.once("exit", removeAll);
  folders.add(folder);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && statSync(path).nlink === 1) truncateSync(path);
  }
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
