// The notation of elements.ts and segments.ts → what a segment of a release has, read once.

import { type ElementDef, elementsOf } from "./elements.ts";
import { COMPOSITES, SEGMENTS } from "./segments.ts";

/** Releases whose segments and elements are known; of any other nothing is checked. */
export type Release = "004010" | "005010";

export interface Place {
  readonly must: boolean;
  /** How often it may stand in this place, between repetition separators. */
  readonly most: number;
  /** undefined = a composite. */
  readonly element: ElementDef | undefined;
  readonly composite: CompositeDef | undefined;
}

export interface CompositeDef {
  readonly id: string;
  readonly parts: readonly Place[];
}

/** One of the standard's syntax notes: P paired, R required, E exclusive, C conditional, L list conditional. */
export interface Note {
  readonly kind: "P" | "R" | "E" | "C" | "L";
  /** Of elements, from 1. */
  readonly numbers: readonly number[];
  /** The same as bits: element 1 is bit 0. */
  readonly all: number;
  readonly first: number;
}

export interface SegmentDef {
  readonly tag: string;
  readonly places: readonly Place[];
  readonly notes: readonly Note[];
}

const read = new Map<Release, ReadonlyMap<string, SegmentDef>>();

/** By tag. */
export function segmentsOf(release: Release): ReadonlyMap<string, SegmentDef> {
  let segments = read.get(release);
  if (!segments) read.set(release, (segments = readSegments(release === "005010")));
  return segments;
}

/** GS08 begins with the release; what stands behind it is an industry's or a guide's own. */
export function releaseOf(version: string): Release | undefined {
  const [, release] = /^(?:00)?(4010|5010)/.exec(version) ?? [];
  return release === undefined ? undefined : (`00${release}` as Release);
}

function readSegments(later: boolean): ReadonlyMap<string, SegmentDef> {
  const elements = elementsOf(later);
  const composites = new Map<string, CompositeDef>();
  for (const { tag, places } of rowsOf(COMPOSITES)) {
    composites.set(tag, { id: tag, parts: placesOf(places, later, elements, composites) });
  }
  const segments = new Map<string, SegmentDef>();
  for (const { tag, places, notes } of rowsOf(SEGMENTS)) {
    if (segments.has(tag)) throw new Error(`the segment ${tag} is there twice`);
    const known = placesOf(places, later, elements, composites);
    // Of elements that came later.
    const held = notes.flatMap(notesOf).filter((note) => note.kind !== "P" || note.numbers.at(-1)! <= known.length);
    segments.set(tag, { tag, places: known, notes: held });
  }
  return segments;
}

interface Row {
  readonly tag: string;
  readonly places: readonly string[];
  readonly notes: readonly string[];
}

/** A row begins where a tag does; others go on with the one before. */
function rowsOf(notation: string): Row[] {
  const rows = notation
    .trim()
    .split(/\n\s*(?=[A-Z][A-Z0-9]{1,3}\s+[^|\s])/)
    .map((row) =>
      row.replaceAll(/\((.*?)\)\*(\d+)/g, (_, words: string, times: string) => `${words} `.repeat(Number(times))),
    );
  return rows.map((row) => {
    const [left = "", right = ""] = row.split(/\s\|\s/);
    const [tag = "", ...places] = left.trim().split(/\s+/);
    return { tag, places, notes: right.split(/\s+/).filter(Boolean) };
  });
}

function placesOf(
  words: readonly string[],
  later: boolean,
  elements: ReadonlyMap<string, ElementDef>,
  composites: ReadonlyMap<string, CompositeDef>,
): Place[] {
  const places: Place[] = [];
  for (const word of words) {
    if (word.startsWith("+") && !later) continue;
    const [earlier = "", other = earlier] = word.replace("+", "").split("|");
    const [, id = "", must = "", most = "1"] = /^(C?\d+)(!?)(?:\*(\d+))?$/.exec(later ? other : earlier) ?? [];
    const [element, composite] = [elements.get(id), composites.get(id)];
    if (!element && !composite) throw new Error(`the dictionary has no element ${word}`);
    places.push({ must: must !== "", most: Number(most), element, composite });
  }
  return places;
}

/** `P0304` is one note, `P06:25` a row of pairs. */
function notesOf(word: string): Note[] {
  const [, from, to] = /^P(\d\d):(\d\d)$/.exec(word) ?? [];
  if (from !== undefined && to !== undefined) {
    const pairs: Note[] = [];
    for (let at = Number(from); at < Number(to); at += 2) pairs.push(noteOf("P", [at, at + 1]));
    return pairs;
  }
  if (!/^[PRECL](\d\d){2,}$/.test(word)) throw new Error(`${word} is no syntax note`);
  return [noteOf(word[0] as Note["kind"], word.slice(1).match(/\d\d/g)!.map(Number))];
}

function noteOf(kind: Note["kind"], numbers: readonly number[]): Note {
  const bits = numbers.map((number) => 1 << (number - 1));
  return { kind, numbers, all: bits.reduce((all, bit) => all | bit, 0), first: bits[0]! };
}
