// What an acknowledgement says of a file: each interchange, group and transaction set with the codes of what is wrong with it.

import type { DecodeContext, Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Encoding } from "../shared/encodings/names.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import type { SegmentFinding, SetReading } from "./acknowledge.ts";
import type { Delimiters, Header } from "./delimiters.ts";
import { type Acknowledged, NOTES } from "./faults.ts";
import { type Options, structureOf } from "./options.ts";
import { interchangeReader } from "./reader.ts";

/** Told of the frame while it is read. */
export interface Heard {
  interchange(isa: Rec, header: Header): void;
  group(gs: Rec): void;
  /** `problem` is of its counts and its form, `found` what is wrong with its segments. */
  set(st: Rec, problem: BridgeError | undefined, found: readonly SegmentFinding[]): void;
  /** GE01. */
  announced(count: number | undefined): void;
  /** What is wrong with the group that came last (data element 716), or with the interchange (I18). */
  wrong(codes: Acknowledged): void;
  /** A TA1 stands there. */
  answer(): void;
}

/** As it was read; what becomes of it depends on the rest of the drop, too. */
export interface OpenInterchange {
  readonly isa: Rec;
  readonly delimiters: Delimiters;
  readonly encoding: Encoding;
  readonly groups: OpenGroup[];
  /** The first thing that is wrong with its frame. */
  note: string | undefined;
  /** It holds a TA1. */
  answers: boolean;
  /** It has more than is counted here. */
  isCut: boolean;
}

export interface OpenGroup {
  readonly gs: Rec;
  announced: number | undefined;
  readonly sets: SetReading[];
  readonly codes: string[];
}

export interface Readings {
  readonly interchanges: readonly OpenInterchange[];
  /** The file cannot be read to its end. */
  readonly isBroken: boolean;
}

/** Transaction sets of one file. */
const MOST_SETS = 100_000;
/** Segments of one file with which something is wrong. */
const MOST_FINDINGS = 100_000;

/**
 * Reads a file with the options that its bridge decodes with, only that what is wrong with a frame is not thrown but stands in its codes.
 * `window` is for tests: how many bytes are decoded at a time.
 */
export async function readInterchanges(
  bytes: AsyncIterable<Uint8Array>,
  options: Options,
  context: DecodeContext,
  window?: number,
): Promise<Readings> {
  const { record, strict, encoding, most, empty = [] } = options;
  const structure = structureOf(options);
  const interchanges: OpenInterchange[] = [];
  let actual: Encoding = "utf-8";
  const heard = listener(interchanges, structure === "notice", () => actual);
  const batch = batches();
  const read = interchangeReader({ record, strict, most, empty: new Set(empty), structure, heard }, batch);
  try {
    for await (const shown of textWindows(bytes, encoding, context, window)) {
      actual = shown.encoding;
      while (read(shown)) batch.take();
    }
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode" || cause.code === "SPOOL_DAMAGED") throw cause;
    const open = interchanges.at(-1);
    if (open) open.note ??= NOTES.structure;
    return { interchanges, isBroken: true };
  }
  return { interchanges, isBroken: false };
}

function listener(interchanges: OpenInterchange[], noted: boolean, encoding: () => Encoding): Heard {
  let sets = 0;
  let findings = 0;
  const open = (): OpenInterchange | undefined => interchanges.at(-1);
  return {
    interchange(isa, { delimiters }) {
      const fresh = { note: undefined, answers: false, isCut: false };
      interchanges.push({ isa, delimiters, encoding: encoding(), groups: [], ...fresh });
    },
    group: (gs) => void open()?.groups.push({ gs, announced: undefined, sets: [], codes: [] }),
    set(st, problem, found) {
      const interchange = open();
      if (!interchange) return;
      findings += found.length;
      if (++sets > MOST_SETS || findings > MOST_FINDINGS) interchange.isCut = true;
      else interchange.groups.at(-1)?.sets.push(setOf(st, problem, found, noted));
    },
    announced(count) {
      const group = open()?.groups.at(-1);
      if (group) group.announced = count;
    },
    wrong({ group, interchange }) {
      const at = open();
      if (at && interchange !== undefined) at.note ??= interchange;
      if (group !== undefined) at?.groups.at(-1)?.codes.push(group);
    },
    answer() {
      const at = open();
      if (at) at.answers = true;
    },
  };
}

/** One or more segments in error. */
const SEGMENTS_WRONG = "5";

function setOf(
  st: Rec,
  problem: BridgeError | undefined,
  found: readonly SegmentFinding[],
  noted: boolean,
): SetReading {
  const facts: Acknowledged = problem?.facts ?? {};
  const { transaction = SEGMENTS_WRONG } = facts;
  return {
    set: textOf(st["ST01"]),
    number: textOf(st["ST02"]),
    convention: textOf(st["ST03"]) || undefined,
    codes: problem ? [transaction] : [],
    segments: [...found, ...segmentsOf(facts)].toSorted((a, b) => a.position - b.position),
    noted,
  };
}

/** AK301 has two or three characters; what is no tag at all cannot be named there. */
function segmentsOf({
  segment = "",
  position = 0,
  segmentError,
  element,
  component,
  elementError,
}: Acknowledged): readonly SegmentFinding[] {
  if (!/^[A-Za-z0-9]{2,3}$/.test(segment)) return [];
  if (element === undefined || elementError === undefined) return [{ tag: segment, position, code: segmentError }];
  return [{ tag: segment, position, elements: [{ position: element, component, code: elementError }] }];
}

/** "" = it is no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
