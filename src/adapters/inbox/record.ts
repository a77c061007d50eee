// What is remembered of an upload beside its bytes: `<id>` holds the bytes as they come, `<id>.json` what its client calls it, how
// far it is, and how many bytes are safe. The record is replaced as a whole, so that after a crash it says the one or the other; it
// alone makes a drop of an upload. Bytes without a record are of an upload that was under way when the process ended: swept away.
//
//   writing ──closed under a temporary name──▶ closed ──renamed──▶ dropped ──taken by core──▶ nothing
//      ├──────closed under a name that is taken────────────────────────▲
//      └──────connection lost, or something failed──▶ cut: kept for a while, to be resumed

import { constants } from "node:fs";
import { open, readFile, rename, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder, unless } from "../shared/atomic.ts";
import { bytesOf, exactName } from "../shared/names.ts";

export type Kept = "cut" | "closed" | "dropped";

export interface UploadRecord {
  readonly name: Buffer;
  readonly state: Kept;
  /** So many bytes were on the disk when this was written; what may stand behind them is nothing. */
  readonly size: number;
  /** Milliseconds; as the client set it, or when it last wrote. */
  readonly modified: number;
  /** Drops are taken in this order; 0 for what is none yet. */
  readonly order: number;
}

export const RECORD_ENDING = ".json";
const NEW_ENDING = ".json.new";
const MOST_RECORD = 4_096;

/** 24 hex digits: never used again, and nothing of the client in it. */
export const UPLOAD_ID = /^[0-9a-f]{24}$/u;

export function bytesPath(folder: string, id: string): string {
  return join(folder, id);
}

export function recordPath(folder: string, id: string): string {
  return join(folder, id + RECORD_ENDING);
}

/** The file that becomes the record when it is renamed; it is on the disk when this resolves. Nothing is left of it where it throws. */
export async function prepareRecord(folder: string, id: string, record: UploadRecord): Promise<void> {
  try {
    await writeRecord(folder, id, record);
  } catch (cause) {
    await unlink(join(folder, id + NEW_ENDING)).catch(() => undefined);
    throw cause;
  }
}

async function writeRecord(folder: string, id: string, record: UploadRecord): Promise<void> {
  const { name, ...rest } = record;
  const text = JSON.stringify({ name: exactName(name), ...rest });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const handle = await open(join(folder, id + NEW_ENDING), flags, 0o600);
  try {
    await writeText(handle, `${text}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeText(handle: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length;) from += (await handle.write(bytes, from)).bytesWritten;
}

export async function publishRecord(folder: string, id: string): Promise<void> {
  await rename(join(folder, id + NEW_ENDING), recordPath(folder, id));
}

/** The record first: bytes without one are nothing, and are swept away at the next start. */
export async function removeUpload(folder: string, id: string): Promise<void> {
  await unless("ENOENT", unlink(recordPath(folder, id)));
  await unless("ENOENT", unlink(bytesPath(folder, id)));
}

/** From here on a crash leaves nothing of it. */
export async function forgetRecord(folder: string, id: string): Promise<void> {
  await unless("ENOENT", unlink(recordPath(folder, id)));
  await syncFolder(folder);
}

/** Undefined where it is none of ours, or torn: the upload was then never acknowledged. */
export async function readRecord(folder: string, id: string): Promise<UploadRecord | undefined> {
  const bytes = await unless("ENOENT", readFile(recordPath(folder, id)));
  if (!bytes || bytes.length > MOST_RECORD) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null) return undefined;
  const { name, state, size, modified, order } = found as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || ![size, modified, order].every(Number.isSafeInteger)) return undefined;
  if (state !== "cut" && state !== "closed" && state !== "dropped") return undefined;
  return { name: bytesOf(name), state, size: Number(size), modified: Number(modified), order: Number(order) };
}
