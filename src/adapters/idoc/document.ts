// One IDoc in the making: its segments become a tree, and what is wrong with it is found.
//
// PSGNUM says below which segment each stands. Strictly read that must agree with the dictionary; else the dictionary builds the tree
// where PSGNUM does not, because many programs write zeros there.

import type { Rec } from "../../core/contract.ts";
import { BridgeError, type Code } from "../../core/errors.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import { CONTROL } from "./control.ts";
import type { Dictionary, Segment } from "./dictionary.ts";
import type { Plan } from "./plan.ts";

/** Segments of one IDoc. */
const MOST_SEGMENTS = 100_000;

/** What is asked of a data record while it is added; the next one may be the same object. */
export interface DataRecord {
  /** As it stands in the file, trimmed. */
  readonly name: string;
  /** SEGNUM and PSGNUM; 0 = blank or zero. */
  readonly number: number;
  readonly parent: number;
  readonly document: string;
  /** Its line, or its byte where there are no lines. */
  readonly at: number;
  /** The fields of a known segment. */
  fields(segment: Segment): OpenRecord;
  /** SDATA of an unknown one. */
  sdata(): string | undefined;
}

export interface Document {
  add(record: DataRecord): void;
  /** Bad beyond repair: nothing is kept of it any more. */
  fail(problem: BridgeError): void;
  /** Too short to be strictly right. */
  short(at: number, message: string): void;
  readonly failed: boolean;
  close(): Rec | BridgeError;
}

export interface Node {
  /** Type; "" = the IDoc itself. */
  readonly type: string;
  readonly record: OpenRecord;
  readonly at: number;
  /** The how manieth of the IDoc it is. */
  readonly order: number;
}

const Top = recordType();
const Raw = recordType();

/** `at` is where the control record stands, `place` makes words of such a number: `line 12`. */
export function openDocument(plan: Plan, control: Rec, at: number, place: (at: number) => string): Document {
  const { strict } = plan;
  const type = textOf(control["IDOCTYP"]);
  const dictionary = plan.dictionaryOf(type);
  const docnum = textOf(control["DOCNUM"]);
  let problem: BridgeError | undefined;
  let top: Node = { type: "", record: new Top(), at, order: 0 };
  top.record[CONTROL] = control;
  let byNumber = new Map<number, Node>();
  let latest = new Map<string, Node>();
  let nodes: Node[] = [top];
  let last = 0;
  // The first of each kind: what is wrong with one segment is mostly wrong with all.
  const passed = new Map<Code, BridgeError>();

  function fail(cause: BridgeError): void {
    problem ??= cause;
    top = { ...top, record: new Top() };
    byNumber = new Map();
    latest = new Map();
    nodes = [];
  }

  function wrong(code: Code, record: DataRecord, message: string, detail?: string, hint?: string): undefined {
    fail(fault(code, `${place(record.at)}: ${message}`, detail, hint));
    return undefined;
  }

  /** What is passed over is told if a record comes of it. */
  function pass(code: Code, at: number, message: string, facts: Facts = {}): void {
    if (!passed.has(code))
      passed.set(
        code,
        fault(code, `${place(at)}: ${message}`, undefined, undefined, { ...factsOf(place(at)), ...facts }),
      );
  }

  /** The node below which it stands; undefined after a problem. */
  function parentOf(record: DataRecord, segment: Segment | undefined): Node | undefined {
    const named = record.parent === 0 ? top : byNumber.get(record.parent);
    if (strict && !named) return wrong("IDOC_HIERARCHY", record, `PSGNUM ${record.parent} is no segment before it`);
    if (!segment || !dictionary) {
      if (!named) pass("IDOC_HIERARCHY", record.at, `PSGNUM ${record.parent} is no segment before it`);
      return named ?? top;
    }
    if (named && dictionary.places.get(named.type)?.has(segment.type)) return named;
    const allowed = parentsOf(dictionary, segment.type);
    if (strict) {
      const found = named === top ? "directly in the IDoc" : `below ${named!.type}`;
      const expected = allowed.map((parent) => parent || "the IDoc itself").join(" or ");
      const message = `${segment.type} stands ${found}, and the dictionary has it below ${expected}`;
      return wrong("IDOC_HIERARCHY", record, message);
    }
    const read = `PSGNUM does not say below which segment ${segment.type} stands; read by the dictionary`;
    pass("IDOC_HIERARCHY", record.at, read, { by: "dictionary" });
    const open = allowed.flatMap((parent) => (parent === "" ? [] : (latest.get(parent) ?? [])));
    return open.reduce((a, b) => (b.order > a.order ? b : a), top);
  }

  function numbered(record: DataRecord): boolean {
    const expected = last + 1;
    last = record.number > 0 ? record.number : expected;
    if (record.number === expected) return true;
    const message = `SEGNUM ${record.number} found, ${expected} expected`;
    if (strict) wrong("IDOC_SEGNUM", record, message);
    else pass("IDOC_SEGNUM", record.at, message);
    return !strict;
  }

  function belongs(record: DataRecord): boolean {
    if (record.document === docnum) return true;
    if (!strict && (record.document === "" || docnum === "")) {
      pass("IDOC_DOCNUM", record.at, "DOCNUM is blank", { blank: 1 });
      return true;
    }
    wrong("IDOC_DOCNUM", record, "DOCNUM is another than in the control record", record.document);
    return false;
  }

  if (!dictionary && !strict) pass("IDOC_TYPE_UNKNOWN", at, "there is no dictionary for its basic type (IDOCTYP)");
  if (!dictionary && strict) {
    const hint = `Name a dictionary (decode.idoc.dictionary): what SAP writes in WE60 for this type, as Parser. ${plan.own ? "" : `Shipped are only some types. `}strict: false reads its segments as { SDATA }.`;
    fail(fault("IDOC_TYPE_UNKNOWN", `${place(at)}: there is no dictionary for its basic type (IDOCTYP)`, type, hint));
  }

  return {
    get failed() {
      return problem !== undefined;
    },
    fail,
    short: (line, message) => pass("IDOC_RECORD", line, message),
    add(record) {
      if (problem || !numbered(record) || !belongs(record)) return;
      const segment = dictionary?.typeOf(record.name);
      if (!segment && strict) {
        wrong("IDOC_SEGMENT_UNKNOWN", record, "the dictionary does not have this segment", record.name);
        return;
      }
      if (!segment && dictionary)
        pass("IDOC_SEGMENT_UNKNOWN", record.at, "the dictionary does not have this segment; it is kept as SDATA");
      const parent = parentOf(record, segment);
      if (!parent) return;
      if (nodes.length > MOST_SEGMENTS) {
        wrong("RECORD_TOO_LARGE", record, `the IDoc has more than ${MOST_SEGMENTS} segments`);
        return;
      }
      const node: Node = {
        type: segment?.type ?? record.name,
        record: segment ? record.fields(segment) : rawOf(record),
        at: record.at,
        order: nodes.length,
      };
      const most = segment && dictionary?.places.get(parent.type)?.get(segment.type)?.most;
      put(parent.record, node, most === 1);
      nodes.push(node);
      latest.set(node.type, node);
      if (record.number > 0) byNumber.set(record.number, node);
    },
    close() {
      if (!problem && nodes.length === 1) {
        fail(fault("IDOC_TRUNCATED", `${place(at)}: behind the control record stands no data record`));
      }
      const occurrences = problem || !dictionary ? undefined : occurrenceFault(dictionary, nodes, place);
      if (strict) problem ??= occurrences;
      else if (occurrences) passed.set(occurrences.code, occurrences);
      if (problem) return problem;
      for (const what of passed.values()) plan.notice?.(what);
      return top.record;
    },
  };
}

/** A segment that stands there once is an object; where another comes all the same, a list of both. */
export function put(parent: OpenRecord, { type, record }: Node, single: boolean): void {
  const held = parent[type];
  if (Array.isArray(held)) held.push(record);
  else if (held !== undefined) parent[type] = [held, record];
  else parent[type] = single ? record : [record];
}

function rawOf(record: DataRecord): OpenRecord {
  const raw = new Raw();
  raw["SDATA"] = record.sdata();
  return raw;
}

function parentsOf({ places }: Dictionary, type: string): string[] {
  return [...places].flatMap(([parent, children]) => (children.has(type) ? [parent] : []));
}

export function occurrenceFault(
  { places }: Dictionary,
  nodes: readonly Node[],
  place: (at: number) => string,
): BridgeError | undefined {
  for (const { type, record, at } of nodes) {
    for (const [child, { least, most }] of places.get(type) ?? []) {
      if (least === 0 && most === Number.POSITIVE_INFINITY) continue;
      const held = record[child];
      const count = held === undefined ? 0 : Array.isArray(held) ? held.length : 1;
      if (count >= least && count <= most) continue;
      const bound = count < least ? `at least ${least}` : `at most ${most}`;
      const parent = type === "" ? "the IDoc" : type;
      const message = `${place(at)}: ${parent} has ${child} ${count} times, ${bound} expected`;
      return fault("IDOC_OCCURRENCES", message, undefined, undefined, factsOf(place(at)));
    }
  }
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

type Facts = Readonly<Record<string, string | number>>;

export function fault(code: Code, message: string, detail?: string, hint?: string, facts?: Facts): BridgeError {
  return new BridgeError(code, message, { stage: "decode", detail, hint, ...(facts && { facts }) });
}

/** Of `line 12` or `byte 1063`, for the receipt. */
export function factsOf(place: string): Facts {
  const [, unit, number] = /^(line|byte) (\d+)/.exec(place) ?? [];
  return unit === undefined ? {} : { [unit]: Number(number) };
}
