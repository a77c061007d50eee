// What a session has open.

import type { FileHandle } from "node:fs/promises";
import { WireError } from "../shared/ssh/wire.ts";
import { failed } from "./refusal.ts";
import type { Listed } from "./replies.ts";
import type { Seen } from "./upload.ts";
import type { Writer } from "./writer.ts";

export type Open =
  | { readonly kind: "writer"; readonly writer: Writer; readonly readable: boolean }
  | { readonly kind: "reader"; readonly file: FileHandle; readonly seen: Seen }
  | { readonly kind: "folder"; readonly listed: Listed[] };

/** Enough for every client; OpenSSH's has one or two. */
export const MOST_HANDLES = 64;

export interface Handles {
  /** Throws where there are too many; to be called before anything is opened. */
  need(): void;
  add(open: Open): Buffer;
  get(handle: Buffer): Open;
  take(handle: Buffer): Open;
  /** Everything that is still open. */
  clear(): readonly Open[];
}

export function createHandles(): Handles {
  const opened = new Map<number, Open>();
  let last = 0;

  function get(handle: Buffer): Open {
    const open = opened.get(numberOf(handle));
    if (!open) throw failed("nothing is open under this handle");
    return open;
  }
  return {
    need() {
      if (opened.size >= MOST_HANDLES) throw failed(`more than ${MOST_HANDLES} files are open`);
    },
    add(open) {
      do last = (last + 1) >>> 0;
      while (opened.has(last));
      opened.set(last, open);
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(last);
      return handle;
    },
    get,
    take(handle) {
      const open = get(handle);
      opened.delete(numberOf(handle));
      return open;
    },
    clear() {
      const all = [...opened.values()];
      opened.clear();
      return all;
    },
  };
}

function numberOf(handle: Buffer): number {
  if (handle.length !== 4) throw new WireError("a handle that was never given");
  return handle.readUInt32BE(0);
}
