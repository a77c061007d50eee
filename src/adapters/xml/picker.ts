// Finds the record elements by their path and makes a record of each, whatever parser reports the elements.

import type { SaxesTagNS } from "saxes";
import type { Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid } from "../shared/encodings/windows.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { Plan, Step } from "./options.ts";
import type { Places } from "./places.ts";
import { type Tree, tree } from "./tree.ts";

export interface Picker {
  /** Elements that are open. */
  readonly depth: number;
  /** A start tag begins at this place; its name is known, its attributes are not. */
  tagStarts(place: number): void;
  /** The start tag is read. Throws ENCODING_INVALID for a bad byte outside records. */
  opens(tag: SaxesTagNS, line: number): void;
  text(text: string): void;
  /** An end tag ends at this place. */
  closes(place: number): void;
  /** Everything given so far is read: nothing that is open may grow without bound or hold a bad byte unnoticed. */
  pause(line: number): void;
  /** The document is over. Throws RECORD_NOT_FOUND where it has no place for records. */
  finish(): void;
}

interface OpenRecord {
  readonly tree: Tree;
  readonly line: number;
  readonly start: number;
}

interface ClosedRecord {
  readonly record: Rec | BridgeError;
  readonly line: number;
  readonly end: number;
}

export function picker(plan: Plan, places: Places, batch: Batches): Picker {
  const { path, most } = plan;
  let depth = 0;
  // Steps of the path that lead to the innermost element on it, and the most there ever were.
  let matched = 0;
  let deepestMatch = 0;
  let start = 0;
  let open: OpenRecord | undefined;
  // A record whose end tag was just read is handed over with the next event: saxes reports an end before it finds that
  // the tag closed another element than it says.
  let closed: ClosedRecord | undefined;

  function handOver(): void {
    if (!closed) return;
    const { record, line, end } = closed;
    closed = undefined;
    if (record instanceof BridgeError) batch.fault(record, line, end);
    else batch.add(record, line, end);
  }

  function begin(tag: SaxesTagNS, line: number): void {
    const step = path[depth - 1];
    if (matched !== depth - 1 || !step || !matches(step, tag)) return;
    matched = depth;
    deepestMatch = Math.max(deepestMatch, matched);
    if (matched < path.length) return;
    const bad = places.badBefore(start);
    if (bad) throw encodingInvalid(bad, places.encoding, line);
    open = { tree: tree(plan, `line ${line}`), line, start };
  }

  function end({ tree, line, start }: OpenRecord, place: number): void {
    const bad = places.badBefore(place);
    if (bad) tree.fail(encodingInvalid(bad, places.encoding, line));
    if (place - start > most) tree.fail(tooLarge(line, most));
    closed = { record: tree.record(), line, end: places.offsetAt(place) };
  }

  return {
    get depth() {
      return depth;
    },
    tagStarts(place) {
      handOver();
      depth++;
      if (depth === path.length) start = Math.max(places.looked, place);
    },
    opens(tag, line) {
      if (!open) begin(tag, line);
      open?.tree.open(tag);
    },
    text: (text) => open?.tree.text(text),
    closes(place) {
      handOver();
      open?.tree.close();
      if (open && depth === path.length) {
        end(open, place);
        open = undefined;
      }
      depth--;
      matched = Math.min(matched, depth);
    },
    pause(line) {
      handOver();
      if (open && places.given - open.start > most) open.tree.fail(tooLarge(open.line, most));
      const bad = places.badBefore(places.given);
      if (!bad) return;
      const fault = encodingInvalid(bad, places.encoding, line);
      if (!open) throw fault;
      open.tree.fail(fault);
    },
    finish() {
      // An empty list is fine; a document that has no place for records is another document.
      if (deepestMatch < Math.max(1, path.length - 1)) throw notFound(plan.record);
    },
  };
}

function matches({ local, uri }: Step, tag: SaxesTagNS): boolean {
  return tag.local === local && (uri === undefined || tag.uri === uri);
}

function tooLarge(line: number, most: number): BridgeError {
  const message = `line ${line}: the record is longer than ${most} characters`;
  return new BridgeError("RECORD_TOO_LARGE", message, { stage: "decode" });
}

function notFound(record: string): BridgeError {
  const parent = record.slice(0, record.lastIndexOf("/")) || record;
  return new BridgeError(
    "RECORD_NOT_FOUND",
    `the document has no ${parent}, where decode.xml.record looks for records`,
    { stage: "decode" },
  );
}
