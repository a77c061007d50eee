// A drop as a file for the successor, with a description beside it: there whole or not at all, and the same however often it is written.

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../durable.ts";
import { BridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";

/** Payload in the open: only for the user that runs the appliance, who gives it on. */
const MODE = 0o600;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** The id first: files sort in order of receipt, and two of one name are two. */
export function fileNameOf({ id, name }: Pick<DropRow, "id" | "name">): string {
  const safe = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}._-]/gu, "_")
    .slice(0, 60);
  return `${id}-${safe}`;
}

export interface HandedOverFacts {
  /** ISO 8601, in the bridge's zone. */
  readonly received: string;
}

/** Rejects with HAND_OVER_FAILED where other content has the name, with SPOOL_DAMAGED where the bytes are not those that were taken. */
export async function writeHandedOver(
  folder: string,
  drop: Pick<DropRow, "id" | "bridge" | "name" | "size" | "sha256">,
  { received }: HandedOverFacts,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = fileNameOf(drop);
  const { id, bridge, name, size, sha256 } = drop;
  const description = `${JSON.stringify({ handedOver: 1, bridge, drop: id, name, file, size, sha256, received }, null, 2)}\n`;
  await writeWhole(folder, file, drop, bytes);
  const about = Buffer.from(description);
  await writeWhole(folder, `${file}.json`, { id, ...shaOf(about) }, [about]);
  syncFolder(folder);
}

function shaOf(bytes: Uint8Array): { readonly size: number; readonly sha256: string } {
  return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function writeWhole(
  folder: string,
  name: string,
  expected: { readonly id: string; readonly size: number; readonly sha256: string },
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const path = join(folder, name);
  if (await liesThere(path, expected.sha256)) return;
  const temporary = join(folder, `.steg-${name}.part`);
  await rm(temporary, { force: true });
  const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
  const sum = createHash("sha256");
  try {
    for await (const chunk of bytes) {
      sum.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (sum.digest("hex") !== expected.sha256) {
    await rm(temporary, { force: true });
    throw new BridgeError("SPOOL_DAMAGED", `drop ${expected.id} is not what was taken`);
  }
  await rename(temporary, path);
}

/** An earlier run wrote it; what another hand put under that name is not replaced. */
async function liesThere(path: string, sha256: string): Promise<boolean> {
  const sum = createHash("sha256");
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | O_NOFOLLOW);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) sum.update(chunk as Uint8Array);
  } finally {
    await handle.close();
  }
  if (sum.digest("hex") === sha256) return true;
  throw new BridgeError("HAND_OVER_FAILED", `${path} is there already, with other content`);
}
