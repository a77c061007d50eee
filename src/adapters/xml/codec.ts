// Windows of text → saxes → records.

import type { Codec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { declaredEncoding } from "../shared/xml/declaration.ts";
import { documentReader } from "../shared/xml/reader.ts";
import { tree } from "../shared/xml/tree.ts";
import { type Options, planOf } from "./options.ts";

/** `window` is for tests: how many bytes are decoded at a time. */
export function xmlCodec(options: Options, window?: number): Codec {
  const plan = planOf(options);
  const { path, most, record, ignoresDoctype } = plan;
  // An empty list is fine; a document that has no place for records is another document.
  const lacks = (steps: number) => (steps < Math.max(1, path.length - 1) ? notFound(record) : undefined);
  const records = { path, most, ignoresDoctype, lacks, tree: (where: string) => tree(plan, where) };
  const decode: Codec["decode"] = (bytes, context) => {
    const batch = batches();
    const windows = textWindows(bytes, plan.encoding ?? declaredEncoding, context, window);
    return readRecords(windows, batch, documentReader(records, batch));
  };
  return {
    version: "xml 1",
    fields: undefined,
    decode,
    async checkFrame(bytes, context) {
      // Reading it all is the check.
      for await (const _ of decode(bytes, context));
    },
  };
}

function notFound(record: string): BridgeError {
  const parent = record.slice(0, record.lastIndexOf("/")) || record;
  return new BridgeError(
    "RECORD_NOT_FOUND",
    `the document has no ${parent}, where decode.xml.record looks for records`,
    { stage: "decode" },
  );
}
