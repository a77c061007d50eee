// SAP's IDocs: the flat files of a file port, and IDoc-XML.

import { adapter, type Codec, type DecodeContext, type Sketch } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { node } from "../../core/options/shape.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { explainer } from "../shared/names/explain.ts";
import { shippedNames } from "../shared/names/names.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { flatReader } from "./flat.ts";
import { type Options, options } from "./options.ts";
import { type Plan, planOf } from "./plan.ts";
import { idocWriter } from "./writer.ts";

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

export const idoc = adapter<"codec", Options>({
  name: "idoc",
  role: "codec",
  summary:
    "SAP IDocs, one record each: the flat file of a port, or IDoc-XML; segments as a tree, fields by a dictionary.",
  options,
  build: (options, context) => idocCodec(options, (path) => context.readBridgeFile(path)),
});

export const idocWritten = adapter<"writer", Sketch>({
  name: "idoc",
  role: "writer",
  summary: "An IDoc, flat or as XML: control record and segments as in what decode.idoc gives.",
  options: node<Sketch>(
    "control record and segments as decode.idoc gives them: EDI_DC40: { IDOCTYP: …, MESTYP: …, SNDPRT: …, SNDPRN: … }, E1EDK01: { … }, E1EDP01: [ … ]; beside them form (flat or xml), dictionary, encoding, lineEnd (lf, crlf, none); docs/idoc.md",
  ),
  build: async (sketch, context) => idocWriter(sketch, (path) => context.readBridgeFile(path)),
});
