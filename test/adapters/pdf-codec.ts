// The codec with a bridge's options, and what became of one file.

import { pdfCodec } from "../../src/adapters/pdf/codec.ts";
import type { Options } from "../../src/adapters/pdf/options.ts";
import type { Codec } from "../../src/core/contract.ts";
import { decodeAll, type Outcome } from "../conformance/codec.ts";

export function codecWith(options: Partial<Options> = {}): Codec {
  return pdfCodec({
    fields: false,
    attachments: undefined,
    text: undefined,
    xml: undefined,
    most: undefined,
    ...options,
  });
}

export const FORM = { fields: true } as const;

export function read(bytes: Uint8Array, options: Partial<Options> = FORM): Promise<Outcome> {
  return decodeAll(codecWith(options), bytes);
}

/** The fields of a form, or the code of what was thrown. */
export async function fieldsOf(bytes: Uint8Array, options: Partial<Options> = FORM): Promise<unknown> {
  const { records, thrown } = await read(bytes, options);
  return thrown ?? (records[0] as { fields: unknown }).fields;
}
