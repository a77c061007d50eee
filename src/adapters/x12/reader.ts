// Windows of text → segments → interchanges, groups and transaction sets.
//
// What is wrong inside of a transaction set makes a fault of it; what is wrong around them is thrown where reading is strict, and the
// frame is read once to its end before anything is delivered (checkFrame).

import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid, type TextWindow } from "../shared/encodings/windows.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { ReadWindow } from "../shared/records/reading.ts";
import { type Delimiters, ISA_SIGHT, readHeader, senderOf } from "./delimiters.ts";
import { type Acknowledged, fault, faultAt } from "./faults.ts";
import { type Frame, openFrame } from "./frame.ts";
import type { Heard } from "./readings.ts";

export interface Plan {
  readonly record: "transaction" | "interchange";
  readonly strict: boolean;
  readonly empty: ReadonlySet<string>;
  /** Longest record, in characters. */
  readonly most: number;
  /** Of what is passed over where reading is not strict. */
  readonly notice?: (what: BridgeError) => void;
  /** Of who wants to know whom each interchange comes from. */
  readonly sender?: (name: string) => void;
  /** Of who wants to know what is wrong with the frame; then that is told and not thrown. */
  readonly heard?: Heard;
  /** What becomes of transaction sets whose segments or elements are wrong; undefined = nobody looks. */
  readonly structure: "refuse" | "notice" | undefined;
}

/** Characters of one segment. */
const LONGEST_SEGMENT = 64 * 1024;
/** Elements of one segment. */
const MOST_ELEMENTS = 1_000;
/** Between segments: line ends. Behind an interchange blanks, NUL and Ctrl-Z (end of file in DOS) as well. */
const NOISE: readonly number[] = [0x0d, 0x0a];
const TRAILER: readonly number[] = [...NOISE, 0x20, 0x00, 0x1a];

export function interchangeReader(plan: Plan, batch: Batches): ReadWindow {
  const frame = openFrame(plan, batch);
  let delimiters: Delimiters | undefined;
  // How the next interchange would begin, should this one have no end.
  let restart = "";

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length) {
      const from = behindNoise(text, at, delimiters ? NOISE : TRAILER);
      if (from === text.length) {
        at = from;
        break;
      }
      const byte = window.offsetAt(from);
      if (!delimiters || text.startsWith(restart, from)) {
        if (!last && text.length - from < ISA_SIGHT) break;
        const header = readHeader(text, from, plan.strict, `byte ${byte}`);
        if (header.flaw !== undefined) plan.notice?.(faultAt("X12_FRAME", byte, header.flaw));
        at = from + header.length;
        refuseBad(window, from, at, undefined, header.delimiters);
        frame.interchange(header, byte, window.offsetAt(at));
        plan.sender?.(senderOf(header));
        ({ delimiters } = header);
        restart = `ISA${delimiters.element}`;
        continue;
      }
      const to = text.indexOf(delimiters.segment, from);
      if ((to < 0 && text.length - from > LONGEST_SEGMENT) || to - from > LONGEST_SEGMENT) {
        throw fault("X12_SEGMENT", `byte ${byte}: a segment is longer than ${LONGEST_SEGMENT} characters`);
      }
      if (to < 0) {
        if (last) frame.truncated(byte);
        at = last ? text.length : from;
        break;
      }
      at = to + 1;
      refuseBad(window, from, at, frame, delimiters);
      const parts = text.slice(from, to).split(delimiters.element, MOST_ELEMENTS + 2);
      if (parts.length > MOST_ELEMENTS + 1) {
        throw fault("X12_SEGMENT", `byte ${byte}: a segment has more than ${MOST_ELEMENTS} elements`);
      }
      if (frame.segment(parts, byte, window.offsetAt(at), at - from) === "closed") delimiters = undefined;
      if (batch.full) break;
    }
    window.consumed = at;
    if (last && at === text.length && !batch.full) frame.finish();
    return batch.full;
  };
}

function behindNoise(text: string, at: number, noise: readonly number[]): number {
  let next = at;
  while (next < text.length && noise.includes(text.charCodeAt(next))) next++;
  return next;
}

/** A byte that does not exist is a fault of the transaction set that is open, else of the rest. */
function refuseBad(
  window: TextWindow,
  from: number,
  to: number,
  frame: Frame | undefined,
  delimiters: Delimiters,
): void {
  const bad = window.badBetween(from, to);
  if (!bad) return;
  const problem: BridgeError = encodingInvalid(bad, window.encoding, 0);
  const place = placeIn(window.text.slice(from, bad.at), delimiters);
  const { code, message, stage } = problem;
  const placed = (position: number): BridgeError =>
    new BridgeError(code, message, { stage, facts: { ...problem.facts, transaction: "5", position, ...place } });
  if (!frame?.fail(placed)) throw problem;
}

/** Which element of its segment begins to be wrong behind `text`; code 6 of data element 723: a character that may not stand there. */
function placeIn(text: string, { element, component, repetition }: Delimiters): Acknowledged {
  const [segment = "", ...before] = text.split(element);
  if (before.length === 0) return {};
  const current = before.at(-1)!;
  const parts = (repetition === undefined ? current : current.slice(current.lastIndexOf(repetition) + 1)).split(
    component,
  );
  const part = parts.length > 1 ? { component: parts.length } : {};
  return { segment, element: before.length, ...part, elementError: "6" };
}
