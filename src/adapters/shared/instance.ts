// Who an appliance is among several that take from one place: a number that lies in its state and nowhere else, the same after a restart,
// on another host and under another name.

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode, syncFolder } from "./atomic.ts";

/** Eight hexadecimal digits. Durable when it is given: a claim that bears it must be found again. */
export async function instanceOf(stateDir: string): Promise<string> {
  const path = join(stateDir, "instance");
  const known = read(path);
  if (known !== undefined) return known;
  const made = randomBytes(4).toString("hex");
  writeFileSync(path, `${made}\n`, { mode: 0o600, flush: true });
  await syncFolder(stateDir);
  return made;
}

/** undefined where there is none yet, or a crash left half of one. */
function read(path: string): string | undefined {
  try {
    return /^([0-9a-f]{8})\n$/u.exec(readFileSync(path, "utf8"))?.[1];
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return undefined;
    throw cause;
  }
}
