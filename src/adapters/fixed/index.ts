// Fixed-width records, as mainframes and their successors write them.

import { adapter, type Codec } from "../../core/contract.ts";
import { decode } from "./decode.ts";
import { layoutsOf } from "./layout.ts";
import { type Options, options } from "./options.ts";

/** `readFile` reads the layout beside the bridge file; `window` is for tests: how many bytes are decoded at a time. */
export function fixedCodec(options: Options, readFile: (path: string) => Uint8Array, window?: number): Codec {
  const layouts = layoutsOf(options, readFile);
  const fields = [...new Set(layouts.flatMap((layout) => layout.fields.map(({ path }) => path[0]!)))];
  const { encoding, lineEnd } = options;
  const plan = { encoding, lineEnd, layouts, empty: new Set(options.empty ?? []), fields };
  return {
    version: "fixed 1",
    textOnly: true,
    fields,
    decode: (bytes, context) => decode(bytes, plan, context, window),
  };
}

export const fixed = adapter<"codec", Options>({
  name: "fixed",
  role: "codec",
  summary: "Records of fixed width, cut by a layout; a record of any other length becomes a dead letter.",
  options,
  build: async (options, context) => fixedCodec(options, (path) => context.readBridgeFile(path)),
});
