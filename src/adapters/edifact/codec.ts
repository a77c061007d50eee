// Bytes → windows → segments → messages → records.

import type { Batch, Codec, DecodeContext } from "../../core/contract.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { lookAhead } from "./ahead.ts";
import type { Directories } from "./directory/types.ts";
import { explainer } from "./explain.ts";
import { errorOf } from "./finding.ts";
import { fieldsOf } from "./fields.ts";
import { messageMaker } from "./messages.ts";
import { type Options, wantedOf } from "./options.ts";
import { Reader } from "./reader.ts";
import { recordSink } from "./records.ts";
import { windows } from "./windows.ts";

/** Bytes of a batch: a byte of EDIFACT becomes some forty of objects. */
const BATCH = 64 * 1024;

/** `window` is for tests: how many bytes are shown at a time. */
export function edifactCodec(options: Options, directories: Directories, window?: number): Codec {
  const { record, strict, most } = options;
  const plan = { record, strict, most, messages: options.messages?.map(wantedOf) };
  const group = record.startsWith("SG") ? record : undefined;
  const maker = messageMaker(directories, group);
  const fields = fieldsOf(plan, directories);

  async function* decode(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncGenerator<Batch> {
    const ahead = await lookAhead(options, bytes, context);
    const batch = batches(BATCH);
    batch.fields = fields;
    const sink = recordSink(plan, maker, batch, (finding) => context.notice?.(errorOf(finding)));
    const reader = new Reader({ strict, most, ...ahead.found }, context, sink);
    yield* readRecords(windows(ahead.bytes, context.signal, window), batch, (shown) => reader.read(shown));
  }

  async function checkFrame(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): Promise<void> {
    // What decoding detects it will say itself.
    const { signal, pinned } = context;
    const ahead = await lookAhead(options, bytes, { signal, pinned, detected: () => undefined });
    const reader = new Reader({ strict, most, ...ahead.found }, context, undefined);
    for await (const shown of windows(ahead.bytes, signal, window)) reader.read(shown);
  }

  const explain = explainer(directories, group);
  return {
    version: "edifact 2",
    namesSenders: true,
    remembers: options.duplicates,
    fields,
    decode,
    checkFrame,
    explain,
  };
}
