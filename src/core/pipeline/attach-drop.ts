// The drop itself as a file that goes with its messages: `map.attach: { name: antrag.pdf, from: = $file }`. It lies in the spool already, as
// long as any of its records is open; nothing is copied and nothing is read into memory.

import type { Attachment } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Spool } from "../journal/types.ts";
import { HEAD_BYTES, mediaTypeOf } from "./media-type.ts";

/** `payload` is the drop whose bytes are decoded. undefined = no message of the bridge takes files along, or it is called. */
export async function dropAsFile(
  bridge: Pick<LoadedBridge, "ways" | "face">,
  payload: Pick<DropRow, "id" | "name" | "size" | "sha256">,
  spool: Pick<Spool, "read">,
  signal: AbortSignal,
): Promise<Attachment | undefined> {
  if (bridge.face || !bridge.ways.some(({ attach }) => attach)) return undefined;
  const { id, name, size, sha256 } = payload;
  return { id, name, size, sha256, mediaType: mediaTypeOf(name, await headOf(spool.read(id, signal))) };
}

async function headOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes) {
    pieces.push(Uint8Array.from(piece.subarray(0, HEAD_BYTES)));
    length += piece.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, HEAD_BYTES);
}
