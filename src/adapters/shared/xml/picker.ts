// Finds the record elements by their path and makes a record of each, whatever parser reports the elements.

import type { SaxesTagNS } from "saxes";
import type { Rec } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { encodingInvalid } from "../encodings/windows.ts";
import type { Batches } from "../records/batches.ts";
import type { Places } from "./places.ts";

export interface Step {
  /** undefined = any element. */
  readonly local: string | undefined;
  /** undefined = any namespace. */
  readonly uri: string | undefined;
}

/** Makes a record of one element, event by event. */
export interface Tree {
  open(tag: SaxesTagNS): void;
  text(text: string): void;
  /** Closes the innermost element. */
  close(): void;
  /** Bad beyond repair: nothing is kept of it any more. */
  fail(problem: BridgeError): void;
  /** Once the record element is closed. */
  record(): Rec | BridgeError;
}

/** Which elements are the records, and what becomes of them. */
export interface Records {
  readonly path: readonly Step[];
  /** Longest record, in characters. */
  readonly most: number;
  /** A DOCTYPE that names an external DTD and no more is skipped; nothing is ever fetched. */
  readonly ignoresDoctype?: boolean;
  /** `where` is the record's place, for messages. */
  readonly tree: (where: string) => Tree;
  /** What is wrong with a document that has so many steps of the path and no more. */
  readonly lacks: (steps: number) => BridgeError | undefined;
}

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
  /** The document is over. Throws what `lacks` says of it. */
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

export function picker({ path, most, tree, lacks }: Records, places: Places, batch: Batches): Picker {
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
    open = { tree: tree(`line ${line}`), line, start };
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
      const lacking = lacks(deepestMatch);
      if (lacking) throw lacking;
    },
  };
}

function matches({ local, uri }: Step, tag: SaxesTagNS): boolean {
  return (local === undefined || tag.local === local) && (uri === undefined || tag.uri === uri);
}

function tooLarge(line: number, most: number): BridgeError {
  const message = `line ${line}: the record is longer than ${most} characters`;
  return new BridgeError("RECORD_TOO_LARGE", message, { stage: "decode" });
}
