// The syntax notes of a segment: which elements want or exclude others.

import type { Note } from "./dictionary.ts";

/** What a note finds wrong: the element from 1, and its code of data element 723. */
export interface NoteFault {
  readonly number: number;
  readonly code: "2" | "10";
}

/** Something is wanted that is not there. */
const WANTED = "2";
/** Something is there that excludes what is there. */
const EXCLUDED = "10";

/** `present` has bit 0 set where the first element is there. */
export function keeps({ kind, all, first }: Note, present: number): boolean {
  const here = present & all;
  switch (kind) {
    case "P":
      return here === 0 || here === all;
    case "R":
      return here !== 0;
    case "E":
      return (here & (here - 1)) === 0;
    case "C":
      return (here & first) === 0 || here === all;
    default:
      return here !== first;
  }
}

/** Where a note that is not kept is told: at what is missing first, or is there last. */
export function faultOf({ kind, numbers }: Note, present: number): NoteFault {
  const isThere = (number: number): boolean => (present & (1 << (number - 1))) !== 0;
  if (kind === "E") return { number: Math.max(...numbers.filter(isThere)), code: EXCLUDED };
  return { number: numbers.find((number) => !isThere(number))!, code: WANTED };
}
