// The bytes of a PDF → its records. The whole file is needed: where its parts lie stands at its end.

import type { Batch, Codec, DecodeContext, DecodeFault, Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { prefixesOf } from "../shared/xml/naming.ts";
import { type Options, STANDARD } from "./options.ts";
import { readInThread } from "./read/desk.ts";
import { beyond } from "./read/faults.ts";
import type { PdfContent, Wanted } from "./read/read.ts";
import { documentRecord, fileRecord, NAMES, type Plan, treeRecord } from "./records.ts";

export function pdfCodec(options: Options): Codec {
  const { fields, attachments, text } = options;
  const most = options.most ?? STANDARD;
  const plan = planOf(options, most.file);
  const filesOnly = !fields && text === undefined;
  const wanted: Wanted = { fields, attachments, text, filesOnly, limits: most };
  const names = filesOnly ? undefined : NAMES;

  async function* decode(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncGenerator<Batch> {
    const whole = await gather(bytes, most.size, context.signal);
    const { length } = whole;
    const content = await readInThread(whole, wanted, most.time, context.signal);
    const records = filesOnly ? await trees(content, plan, context) : await all(content, plan, context);
    // All of them end where the file ends; as offsets have to rise, those before the last end a byte earlier each.
    const ends = records.map((_, at) => length - (records.length - 1 - at));
    yield { first: 1, records, lines: records.map(() => 0), ends, fields: names };
  }
  // Names of a form are words already; which there are only the form tells.
  return { version: "pdf 2", fields: names, decode, explain: () => [] };
}

function planOf({ xml }: Options, most: number): Plan {
  const namespaces = new Map(Object.entries(xml?.namespaces ?? {}));
  return {
    prefixes: prefixesOf(namespaces, xml?.names ?? "local", unusable),
    lists: new Set(xml?.lists ?? []),
    most,
  };
}

function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.pdf.xml: ${message}`);
}

async function gather(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  // Grows in place: neither pieces nor a second copy lie around.
  const buffer = new ArrayBuffer(0, { maxByteLength: most });
  const view = new Uint8Array(buffer);
  let length = 0;
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    if (length + chunk.length > most) throw beyond("size", `is larger than ${most} bytes`);
    buffer.resize(length + chunk.length);
    view.set(chunk, length);
    length += chunk.length;
  }
  signal.throwIfAborted();
  return new Uint8Array(buffer.transferToFixedLength());
}

async function all(content: PdfContent, plan: Plan, context: DecodeContext): Promise<readonly (Rec | DecodeFault)[]> {
  const records: (Rec | DecodeFault)[] = [documentRecord(content)];
  for (const [at, file] of content.files.entries()) records.push(await fileRecord(file, at + 1, plan, context));
  return records;
}

async function trees({ files }: PdfContent, plan: Plan, context: DecodeContext): Promise<(Rec | DecodeFault)[]> {
  const records: (Rec | DecodeFault)[] = [];
  for (const [at, file] of files.entries()) records.push(await treeRecord(file, at + 1, plan, context));
  return records;
}
