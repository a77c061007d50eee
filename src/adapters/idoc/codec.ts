// IDocs read, from flat files and from XML.

import type { Codec, DecodeContext } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { explainer } from "../shared/names/explain.ts";
import { shippedNames } from "../shared/names/names.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { flatReader } from "./flat.ts";
import type { Options } from "./options.ts";
import { type Plan, planOf } from "./plan.ts";

const names = shippedNames(new URL("names.txt", import.meta.url));
const explain = explainer(names, (segment, field) => `${segment}.${field}`);

/** `readFile` reads the dictionary beside the bridge file; `window` is for tests: how many bytes are decoded at a time. */
export async function idocCodec(
  options: Options,
  readFile: (path: string) => Uint8Array,
  window?: number,
): Promise<Codec> {
  const plan = planOf(options, readFile);
  return options.form === "xml" ? await xmlCodec(plan, options, window) : flatCodec(plan, options, window);
}

function flatCodec(plan: Plan, { encoding }: Options, window: number | undefined): Codec {
  return {
    version: "idoc 1",
    fields: plan.fields,
    explain,
    decode(bytes, context) {
      const batch = batches();
      const read = flatReader(heeding(plan, context), batch);
      return readRecords(textWindows(bytes, encoding ?? "utf-8", context, window), batch, read);
    },
  };
}

function heeding(plan: Plan, context: DecodeContext): Plan {
  return { ...plan, notice: (what) => context.notice?.(what) };
}

/** The parser is loaded only where a bridge reads XML. */
async function xmlCodec(plan: Plan, { encoding }: Options, window: number | undefined): Promise<Codec> {
  if (encoding === "detect") {
    throw new BridgeError(
      "OPTION_UNUSABLE",
      "decode.idoc.encoding: XML declares its encoding, there is nothing to detect",
    );
  }
  const { declaredEncoding } = await import("../shared/xml/declaration.ts");
  const { documentReader } = await import("../shared/xml/reader.ts");
  const { xmlRecords } = await import("./xml.ts");
  const decode: Codec["decode"] = (bytes, context) => {
    const batch = batches();
    batch.fields = plan.fields;
    const windows = textWindows(bytes, encoding ?? declaredEncoding, context, window);
    return readRecords(windows, batch, documentReader(xmlRecords(heeding(plan, context)), batch));
  };
  return {
    version: "idoc-xml 1",
    fields: plan.fields,
    explain,
    decode,
    async checkFrame(bytes, context) {
      // Reading it all is the check; what decoding notices it will say itself.
      const { signal, pinned } = context;
      const detected = (option: string, value: string): void => context.detected(option, value);
      for await (const _ of decode(bytes, { signal, pinned, detected }));
    },
  };
}
