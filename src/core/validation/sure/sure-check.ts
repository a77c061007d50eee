// A quick yes before the thorough answer. Nearly all messages are valid and plain; of these one pass over the bytes is sure, in a tenth of the
// time and without a tree in memory. Whatever is not surely valid goes to libxml2, which alone says no and why: what a message is found
// to be, and in which words, never depends on this.

import { BridgeError } from "../../errors.ts";
import type { Inside } from "../../mapping/surely.ts";
import type { QName } from "../../mapping/types.ts";
import { schemaModelOf, type XsdModel } from "../model/output-schema.ts";
import type { SchemaFiles } from "../xsd-files.ts";
import { headOf, openingOf, readsThrough, type Opening } from "./read.ts";
import { insideOf } from "./states.ts";

export interface SureCheck {
  /** Whether the document is surely valid. False says nothing. */
  isValid(body: string): boolean;
  /** What a root of this name surely may hold; undefined = nothing is sure, or not yet. */
  inside(root: QName): Inside | undefined;
}

/** Reading a schema for this takes as long as some hundred messages, so it is begun when so many characters were validated. */
const BEGIN_BEHIND = 256 * 1024;
const SCHEMA_MOST = 4 * 1024 * 1024;
/** Longer documents are rare, and their bytes would have to be kept. */
const BODY_MOST = 4 * 1024 * 1024;
const OPENINGS_MOST = 32;
/** So many documents in a row that were not surely valid, and it is not tried again. */
const MISSES_MOST = 50;
/** What the model does not know of: values that have to be unique, definitions that are redefined, blocked substitution. */
const UNKNOWN = /<(?:[\w.-]+:)?(?:key|keyref|unique|redefine|override)[\s>]|\sblock(?:Default)?\s*=/;

/** `beginBehind` = characters to let pass before the schema is read for it; `missesMost` = failures in a row that end it. */
export function createSureCheck(
  files: SchemaFiles,
  { beginBehind = BEGIN_BEHIND, missesMost = MISSES_MOST }: { beginBehind?: number; missesMost?: number } = {},
): SureCheck {
  const openings = new Map<string, Opening | undefined>();
  let model: XsdModel | undefined;
  let seen = 0;
  let misses = 0;
  const openingFor = (key: string): Opening | undefined => {
    if (openings.has(key)) return openings.get(key);
    if (openings.size >= OPENINGS_MOST) openings.clear();
    const opening = openingOf((model ??= schemaModelOf(files)), key);
    // Copied, because a part of the text would keep all of it.
    openings.set(Buffer.from(key).toString(), opening);
    return opening;
  };
  const readsOn = (body: string): boolean => {
    const head = headOf(body);
    const opening = head && openingFor(head.key);
    if (head === undefined || opening === undefined) return false;
    const bytes = scratchFor(body);
    const { written } = encoder.encodeInto(body, bytes);
    return readsThrough(opening, bytes, head.at, written);
  };
  return {
    inside(root) {
      if (misses >= missesMost || seen < beginBehind) return undefined;
      if (model === undefined && !isKnown(files)) misses = Infinity;
      if (misses >= missesMost) return undefined;
      const inside = attempt(() => {
        const declared = (model ??= schemaModelOf(files)).root(root);
        return declared && insideOf(declared.content());
      });
      // Of a root with a text the model does not know whether its value is fixed.
      return inside !== undefined && inside.kind === "elements" ? inside : undefined;
    },
    isValid(body) {
      if (misses >= missesMost || body.length > BODY_MOST) return false;
      seen += body.length;
      if (seen < beginBehind) return false;
      if (model === undefined && !isKnown(files)) misses = Infinity;
      // Lone surrogates would become another character on the way to bytes.
      else if (body.isWellFormed() && attempt(() => readsOn(body)) === true) {
        misses = 0;
        return true;
      } else misses++;
      return false;
    },
  };
}

function isKnown({ files }: SchemaFiles): boolean {
  let size = 0;
  for (const { text } of files.values()) size += UNKNOWN.test(text) ? SCHEMA_MOST : text.length;
  return size < SCHEMA_MOST;
}

/** Where the model cannot read the schema, libxml2 has the word. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof BridgeError) return undefined;
    throw cause;
  }
}

const encoder = new TextEncoder();
const SCRATCH_MOST = 2 * 1024 * 1024;
let scratch = new Uint8Array(64 * 1024);

/** Room for the document's bytes, the same for all documents of a thread but very long ones. */
function scratchFor(body: string): Uint8Array {
  const most = body.length * 3;
  if (most <= scratch.length) return scratch;
  if (most > SCRATCH_MOST) return new Uint8Array(most);
  scratch = new Uint8Array(Math.min(SCRATCH_MOST, most * 2));
  return scratch;
}
