// Dictionaries: the segments of basic types, where each may stand, and which characters of SDATA are which field.

import { BridgeError } from "../../core/errors.ts";
import { SDATA_LENGTH } from "./control.ts";

export interface Field {
  readonly name: string;
  /** Characters of SDATA (or of the control record) before it. */
  readonly from: number;
  readonly to: number;
}

export interface Segment {
  /** Segment type: the name in records, `E1EDP01`. */
  readonly type: string;
  /** Name in flat files, with its version: `E2EDP01009`. undefined = not known. */
  readonly definition: string | undefined;
  readonly fields: readonly Field[];
}

/** How often a segment may stand below a parent. */
export interface Occurrence {
  readonly segment: Segment;
  readonly least: number;
  /** Infinity where no number is known. */
  readonly most: number;
}

export interface Dictionary {
  readonly segments: ReadonlyMap<string, Segment>;
  /** By the parent's type ("" = directly in the IDoc), in the order in which they stand in the basic type. */
  readonly places: ReadonlyMap<string, ReadonlyMap<string, Occurrence>>;
  /** The type of a segment by its name in a flat file; undefined where it is not known. */
  typeOf(name: string): Segment | undefined;
}

/** Segments, and fields of all of them: more is no dictionary. */
const MOST_SEGMENTS = 5_000;
const MOST_FIELDS = 100_000;
const DEEPEST = 30;

export function invalid(file: string, line: number, message: string): BridgeError {
  const position = { file, line: Math.max(line, 1), column: 1 };
  return new BridgeError("IDOC_DICTIONARY", `the dictionary: ${message}`, { position });
}

// ── gathering ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface Draft {
  readonly file: string;
  /** A place of a segment; may be said once for each parent. */
  place(line: number, type: string, definition: string, parent: string, least: number, most: number): void;
  /** `from` counts from 0; undefined = behind the field before. */
  field(line: number, type: string, name: string, from: number | undefined, length: number): void;
  dictionary(): Dictionary;
}

interface Open {
  definition: string | undefined;
  readonly fields: Map<string, Field>;
  behind: number;
}

export function drafting(file: string): Draft {
  const open = new Map<string, Open>();
  const places = new Map<string, Map<string, { least: number; most: number; line: number }>>();
  let fields = 0;
  return {
    file,
    place(line, type, definition, parent, least, most) {
      nameOf(file, line, type, "segment");
      const known = open.get(type);
      if (!known) open.set(type, { definition: definition || undefined, fields: new Map(), behind: 0 });
      else known.definition ??= definition || undefined;
      if (open.size > MOST_SEGMENTS) throw invalid(file, line, `it has more than ${MOST_SEGMENTS} segments`);
      if (least > most) throw invalid(file, line, `${type} stands there at least ${least} times and at most ${most}`);
      const siblings = places.get(parent) ?? new Map<string, { least: number; most: number; line: number }>();
      if (siblings.has(type)) throw invalid(file, line, `${type} has this place already`);
      places.set(parent, siblings.set(type, { least, most, line }));
    },
    field(line, type, name, from, length) {
      nameOf(file, line, name, "field");
      const segment = open.get(type);
      if (!segment)
        throw invalid(file, line, `a field of ${type} stands before the line that tells where ${type} stands`);
      if (segment.fields.has(name)) throw invalid(file, line, `${type} has two fields ${name}`);
      const start = from ?? segment.behind;
      const to = start + length;
      if (to > SDATA_LENGTH)
        throw invalid(file, line, `${name} ends at ${to}, behind the ${SDATA_LENGTH} characters of SDATA`);
      if (start < segment.behind) throw invalid(file, line, `${name} begins inside the field before it`);
      if (++fields > MOST_FIELDS) throw invalid(file, line, `it has more than ${MOST_FIELDS} fields`);
      segment.fields.set(name, { name, from: start, to });
      segment.behind = to;
    },
    dictionary() {
      if (open.size === 0) throw invalid(file, 0, "it has no segments");
      const segments = new Map(
        [...open].map(([type, { definition, fields }]): [string, Segment] => [
          type,
          { type, definition, fields: [...fields.values()] },
        ]),
      );
      checkPlaces(places, open, file);
      return dictionaryOf(segments, places);
    },
  };
}

type Places = ReadonlyMap<string, ReadonlyMap<string, { least: number; most: number; line: number }>>;

function checkPlaces(places: Places, known: ReadonlyMap<string, unknown>, file: string): void {
  for (const [parent, children] of places) {
    const [first] = [...children.values()];
    if (parent !== "" && !known.has(parent))
      throw invalid(file, first!.line, `the parent ${parent} is no segment of it`);
  }
  // Each segment once, however many parents it has: how deep it stands below the IDoc, or that it stands below itself.
  const heights = new Map<string, number>();
  const heightOf = (parent: string, depth: number): number => {
    const known = heights.get(parent);
    if (known !== undefined) return known;
    let most = 0;
    for (const [type, { line }] of places.get(parent) ?? []) {
      if (depth > DEEPEST) throw invalid(file, line, `${type} stands deeper than ${DEEPEST} segments, or below itself`);
      most = Math.max(most, 1 + heightOf(type, depth + 1));
      if (most > DEEPEST) throw invalid(file, line, `${type} stands deeper than ${DEEPEST} segments`);
    }
    heights.set(parent, most);
    return most;
  };
  heightOf("", 1);
  const lost = [...places].flatMap(([, children]) => [...children]).find(([type]) => !heights.has(type));
  if (lost) throw invalid(file, lost[1].line, `${lost[0]} stands below itself, so no IDoc can have it`);
}

function nameOf(file: string, line: number, name: string, what: string): void {
  if (!/^[A-Z0-9_/]{1,30}$/.test(name)) {
    throw invalid(file, line, `the name of a ${what} has capital letters, digits, _ and /, and at most 30 of them`);
  }
}

function dictionaryOf(segments: ReadonlyMap<string, Segment>, places: Places): Dictionary {
  const names = new Map<string, Segment>();
  for (const segment of segments.values()) {
    names.set(segment.type, segment);
    if (segment.definition !== undefined) names.set(segment.definition, segment);
  }
  return {
    segments,
    places: new Map(
      [...places].map(([parent, children]) => [
        parent,
        new Map(
          [...children].map(([type, { least, most }]): [string, Occurrence] => [
            type,
            { segment: segments.get(type)!, least, most },
          ]),
        ),
      ]),
    ),
    typeOf(name) {
      for (const candidate of [name, ...typesOf(name)]) {
        const found = names.get(candidate);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/**
 * Types that a definition's name can stand for: `E2EDP01009` is E1EDP01, `ZE1EDK8000` is ZE1EDK8. The last three digits are the
 * version; the first ones of each segment have none.
 */
export function typesOf(name: string): readonly string[] {
  const type = name.replace(/^((?:\/[^/]+\/)?[A-Z])2/, "$11");
  return [type, ...[name, type].filter((one) => /\d{3}$/.test(one)).map((one) => one.slice(0, -3))];
}
