// JSON documents and NDJSON, record by record.

import { adapter, type Codec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { boolean, choice, type Infer, object, required, size, text } from "../../core/options/shape.ts";
import { encodingOption } from "../shared/encodings/names.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { documentReader } from "./document.ts";
import { lineReader } from "./lines.ts";

const options = required(
  object({
    record: text(
      "dotted path of the array whose elements are the records, or of the one object that is the record; without it the document itself",
      { example: "items" },
    ),
    lines: boolean("one object per line (NDJSON); a line that is none becomes a dead letter", { default: false }),
    numbers: choice(
      ["exact", "text"],
      "exact = numbers are numbers, and one that would lose digits is a dead letter; text = numbers are text as written",
      { default: "exact" },
    ),
    encoding: encodingOption(),
    most: size("longest record, in characters", { default: "10MiB", least: 1024, most: 256 * 1024 * 1024 }),
  }),
);
export type Options = Infer<typeof options>;

/** `window` is for tests: how many bytes are decoded at a time. */
export function jsonCodec(options: Options, window?: number): Codec {
  const { record, lines, numbers, encoding, most } = options;
  const path = record === undefined ? [] : record.split(".");
  if (path.includes("")) throw unusable("record has an empty step");
  if (lines && record !== undefined) throw unusable("record and lines: true exclude each other");
  const decode: Codec["decode"] = (bytes, context) => {
    const batch = batches();
    const read = lines ? lineReader(numbers, most, batch) : documentReader(path, numbers, most, batch);
    return readRecords(textWindows(bytes, encoding, context, window), batch, read);
  };
  const codec: Codec = { version: "json 1", fields: undefined, decode };
  if (lines) return codec;
  return {
    ...codec,
    async checkFrame(bytes, context) {
      // Reading it all is the check; what detect finds is reported when the records are decoded.
      for await (const _ of decode(bytes, { ...context, detected: () => {} }));
    },
  };
}

function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.json: ${message}`);
}

export const json = adapter<"codec", Options>({
  name: "json",
  role: "codec",
  summary: "JSON documents, read record by record without holding them whole, and NDJSON.",
  options,
  build: async (options) => jsonCodec(options),
});
