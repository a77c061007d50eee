// A drop read in pieces: what comes of it must not depend on where it was cut.

import { readdirSync, readFileSync } from "node:fs";
import type { Options } from "../../src/adapters/edifact/options.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext, type Outcome } from "../conformance/codec.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
import { edifact } from "./edifact-samples.ts";

export const LENIENT: Partial<Options> = { strict: false };

/** Records, places, error, notices: all that must not depend on how the bytes came. */
export async function contentOf(
  options: Partial<Options>,
  bytes: Uint8Array,
  window?: number,
  lengths: Iterable<number> = [],
) {
  const notices: string[] = [];
  const context = { ...decodeContext(), notice: ({ message }: BridgeError) => void notices.push(message) };
  const outcome: Outcome = await decodeAll(edifact(options, window), chunked(bytes, lengths), context);
  const { records, lines, ends, thrown, messages } = outcome;
  return JSON.stringify({ records, lines, ends, thrown, messages, notices });
}

/** Where two long texts begin to differ. */
export function difference(found: string, expected: string): string {
  if (found === expected) return "";
  const at = Array.from(found).findIndex((character, index) => character !== expected[index]);
  return `${found.slice(Math.max(0, at - 60), at + 60)} instead of ${expected.slice(Math.max(0, at - 60), at + 60)}`;
}

/** Real files of many senders. */
export const interchanges = hasSharedData
  ? readdirSync(sharedData("edifact"))
      .filter((name) => !name.endsWith(".tsv"))
      .map((name) => readFileSync(sharedData(`edifact/${name}`)))
  : [];
