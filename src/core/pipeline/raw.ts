// A bridge without decode: the drop's bytes go through as they are, one message per drop.

import type { Codec } from "../contract.ts";
import { BridgeError } from "../errors.ts";

/** The one field of the one record: the bytes, one character each (ISO-8859-1), so that they come out as they went in. */
export const RAW_FIELD = "bytes";
/** One message being bounded in memory. */
export const RAW_MOST = 64 << 20;

export const rawCodec: Codec = {
  version: "raw-1",
  fields: [],
  async *decode(bytes, context) {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of bytes) {
      context.signal.throwIfAborted();
      size += part.length;
      if (size > RAW_MOST) {
        throw new BridgeError(
          "MESSAGE_TOO_LARGE",
          `the drop is larger than ${RAW_MOST} bytes and cannot travel as one message`,
          { stage: "decode" },
        );
      }
      parts.push(part);
    }
    if (size === 0) return;
    yield {
      first: 1,
      records: [{ [RAW_FIELD]: Buffer.concat(parts).toString("latin1") }],
      lines: [0],
      ends: [size],
      fields: [],
    };
  },
};
