// The options of a bridge with its dictionary, ready to read.

import type { BridgeError } from "../../core/errors.ts";
import { CONTROL } from "./control.ts";
import type { Dictionary } from "./dictionary.ts";
import { readDictionary } from "./dictionary-file.ts";
import type { Options } from "./options.ts";
import { SHIPPED_TYPES, shippedDictionary } from "./shipped.ts";

export interface Plan {
  readonly strict: boolean;
  readonly empty: ReadonlySet<string>;
  /** Longest IDoc, in characters. */
  readonly most: number;
  /** Of what is passed over where reading is not strict. */
  readonly notice?: (what: BridgeError) => void;
  /** The bridge names one: then nothing is read that it does not know. */
  readonly own: boolean;
  /** By the basic type; undefined where there is none. */
  dictionaryOf(type: string): Dictionary | undefined;
  /** Top-level names of records; undefined = open. */
  readonly fields: readonly string[] | undefined;
}

/** Throws IDOC_DICTIONARY. */
export function planOf(options: Options, readFile: (path: string) => Uint8Array): Plan {
  const { dictionary: file, strict, most } = options;
  const own = file === undefined ? undefined : readDictionary(readFile(file), file);
  const shipped = new Map(SHIPPED_TYPES.map((type) => [type as string, shippedDictionary(type)!]));
  const known = own ? [own] : [...shipped.values()];
  const names = new Set([CONTROL, ...known.flatMap(({ places }) => [...(places.get("")?.keys() ?? [])])]);
  // IDoc-XML says its names itself: types that no dictionary has are read, too.
  const closed = strict && (own !== undefined || options.form === "flat");
  return {
    strict,
    empty: new Set(options.empty ?? []),
    most,
    own: own !== undefined,
    dictionaryOf: (type) => own ?? shipped.get(type),
    fields: closed ? [...names] : undefined,
  };
}
