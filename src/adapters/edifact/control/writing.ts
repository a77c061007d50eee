// Segments of a CONTRL in the characters of the interchange that is answered: its UNA, its separators, its repertoire.

import { type Characters, charactersOf, type Elements, segmentOf, unaOf } from "../characters.ts";
import type { Interchange } from "../envelope.ts";
import { repertoire, type Repertoire } from "../repertoires.ts";
import type { ServiceCharacters } from "../service.ts";

export type { Elements };

export interface Writing {
  /** S001. */
  readonly syntaxIdentifier: readonly string[];
  /** 1 to 4; 3 where the interchange does not say. */
  readonly syntax: number;
  /** "" where the interchange has none. */
  readonly una: string;
  /** It holds a character that cannot be written. */
  lacks(value: string): boolean;
  /** Without what is absent at its end. Characters that cannot be written become hyphens. */
  segment(tag: string, elements: Elements): string;
  encode(text: string): Uint8Array;
}

/** Of these the first that has all the characters: the answer to lower case in UNOA is UNOB. */
const WIDER = ["UNOB", "UNOC"];

/** `charset` as decode has it; `values` have to be written as they are. undefined = there are no characters for them. */
export function writingFor(interchange: Interchange, charset: string, values: readonly string[]): Writing | undefined {
  const declared = interchange.declared?.name;
  // Who says one and writes another is answered in what he writes, and it says what he says.
  const read = charset === "declared" ? interchange.declared : repertoire(charset);
  const own = [declared ?? "UNOA", read ?? repertoire(declared ?? "UNOA")!] as const;
  for (const [name, one] of [own, ...WIDER.map((wider) => [wider, repertoire(wider)!] as const)]) {
    const writing = writingIn(interchange, name, one);
    if (!values.some((value) => writing.lacks(value))) return writing;
  }
  return undefined;
}

function writingIn({ syntax, service, hasUna, decimal }: Interchange, name: string, read: Repertoire): Writing {
  const version = syntax === 0 ? 3 : syntax;
  const characters = knownCharacters(read, service);
  const fit = (value: string): string =>
    characters.lacks(value) === -1
      ? value
      : Array.from(value, (one) => (characters.lacks(one) === -1 ? one : "-")).join("");
  return {
    // UNOY does not say which of its forms it is.
    syntaxIdentifier: name === "UNOY" && version === 4 ? [name, "4", "", "7"] : [name, String(version)],
    syntax: version,
    una: hasUna ? unaOf(service, decimal[0]!) : "",
    lacks: (value) => characters.lacks(value) !== -1,
    segment: (tag, elements) => {
      const values = elements.map((components) => components.map(fit));
      return segmentOf(tag, values, characters);
    },
    encode: (text) => characters.encode(text),
  };
}

/** Drops have few kinds of them. */
const known = new Map<string, Characters>();
const MOST_KNOWN = 100;

function knownCharacters(read: Repertoire, service: ServiceCharacters): Characters {
  const key = JSON.stringify([read.name, service]);
  let characters = known.get(key);
  if (!characters) {
    if (known.size === MOST_KNOWN) known.clear();
    characters = charactersOf(read, service);
    known.set(key, characters);
  }
  return characters;
}
