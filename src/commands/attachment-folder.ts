// The files of a folder as attachments, for `steg try --attach DIR` and tests/<case>/attachments/: as if they had come beside the drop.

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedBridge } from "../core/bridge/types.ts";
import type { Attachment } from "../core/contract.ts";
import { BridgeError } from "../core/errors.ts";
import { HEAD_BYTES, mediaTypeOf } from "../core/pipeline/media-type.ts";
import { unreadable } from "./unreadable.ts";

const MOST_FILES = 10_000;
const MOST_FILE = 512 << 20;

/** Bytes are kept where a formula of the bridge reads them. Throws FILE_UNREADABLE or REQUEST_INVALID. */
export async function attachmentsIn(folder: string, bridge: LoadedBridge): Promise<readonly Attachment[]> {
  const names = await fileNames(folder);
  if (names.length > MOST_FILES)
    throw new BridgeError("REQUEST_INVALID", `the folder of attachments has more than ${MOST_FILES} files`);
  const attachments: Attachment[] = [];
  for (const [index, name] of names.entries()) {
    const bytes = await read(join(folder, name));
    attachments.push({
      id: `file-${String(index + 1).padStart(6, "0")}`,
      name: name.normalize("NFC"),
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      mediaType: mediaTypeOf(name, bytes.subarray(0, HEAD_BYTES)),
      ...(bridge.attachContent === true && { content: bytes }),
    });
  }
  return attachments;
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > MOST_FILE)
      throw new BridgeError("REQUEST_INVALID", "an attachment is larger than 512 MiB: this is for samples");
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    throw unreadable(path, cause);
  }
}
