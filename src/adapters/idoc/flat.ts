// The file of a file port: a control record, its data records, the next control record.
//
// With line ends blanks at the end of a record may be cut off; without any only the lengths tell where a record ends. What is wrong with
// one IDoc makes a fault of it, and reading goes on at the next control record. Without line ends a place where no record can begin
// leaves the rest unreadable.

import { BridgeError } from "../../core/errors.ts";
import { encodingInvalid, type TextWindow } from "../shared/encodings/windows.ts";
import type { Batches } from "../shared/records/batches.ts";
import { behindCharacters, characterStarts } from "../shared/records/characters.ts";
import { behindLine, lineEndBefore } from "../shared/records/lines.ts";
import type { ReadWindow } from "../shared/records/reading.ts";
import type { OpenRecord } from "../shared/records/record.ts";
import { CONTROL_FIELDS, CONTROL_LENGTH, DATA_LENGTH, HEADER, HEADER_LENGTH, TABLE_LENGTH, TABLES } from "./control.ts";
import type { Segment } from "./dictionary.ts";
import { type DataRecord, type Document, fault, openDocument } from "./document.ts";
import type { Plan } from "./plan.ts";
import { cut, cutFields, trimmedEnd } from "./segments.ts";

/** A line that is longer is passed over without being held; blanks behind a record are none of it. */
const LONGEST_LINE = 16 * 1024;
/** What may stand behind the last record: line ends, and Ctrl-Z, the end-of-file mark of DOS. */
const TRAILER = /^[\r\n\u001a]*$/;
const LONGEST_TRAILER = 4096;
const NOTHING: ReadonlySet<string> = new Set();

/** One record as it stands in the text of a window. */
interface Place {
  readonly window: TextWindow;
  readonly from: number;
  /** Without line end and fill. */
  readonly to: number;
  /** Behind it, line end included. */
  readonly next: number;
  /** Its line, or its byte. */
  readonly at: number;
}

export function flatReader(plan: Plan, batch: Batches): ReadWindow {
  batch.fields = plan.fields;
  let read: ReadWindow | undefined;
  return (window) => {
    if (!read) {
      const { text, last } = window;
      if (!last && text.length <= 2 * DATA_LENGTH) return false;
      read = hasLines(text) ? byLines(plan, batch) : byLength(plan, batch);
    }
    return read(window);
  };
}

/** Whether a line end follows the first control record, which may be filled up to the length of the others. */
function hasLines(text: string): boolean {
  const end = behindCharacters(text, 0, CONTROL_LENGTH);
  if (end < 0) return true;
  return /[\r\n]/.test(text.slice(0, end)) || /^ *[\r\n]/.test(text.slice(end, 2 * DATA_LENGTH));
}

// ── by lines ────────────────────────────────────────────────────────────────────────────────────────────────────

function byLines(plan: Plan, batch: Batches): ReadWindow {
  const records = gathering(plan, batch, true);
  let line = 1;
  // Characters of an overlong line that were passed over; 0 = none is open.
  let passed = 0;

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length || (last && passed > 0)) {
      const next = behindLine(text, at, last);
      if (next < 0) {
        // The last character may be the first half of a CR LF.
        const kept = text.endsWith("\r") ? 1 : 0;
        if (passed === 0 && text.length - kept - at <= LONGEST_LINE) break;
        passed += text.length - kept - at;
        at = text.length - kept;
        break;
      }
      const end = next - lineEndBefore(text, at, next);
      if (passed > 0 || end - at > LONGEST_LINE) records.broken(window, at, next, line, `${passed + end - at}`);
      else if (end > at && !(last && next === text.length && text.slice(at, end) === "\u001a")) {
        records.take({ window, from: at, to: trimmedEnd(text, at, end), next, at: line });
      }
      passed = 0;
      line++;
      at = next;
      if (batch.full) break;
    }
    window.consumed = at;
    if (last && at === text.length && !batch.full) records.finish();
    return batch.full;
  };
}

// ── by length ───────────────────────────────────────────────────────────────────────────────────────────────────

function byLength(plan: Plan, batch: Batches): ReadWindow {
  const records = gathering(plan, batch, false);

  return (window) => {
    const { text, last } = window;
    let at = window.consumed;
    while (at < text.length) {
      const trailer = trailerAt(text, at, last);
      if (trailer === "whole") at = text.length;
      if (trailer || (!last && text.length - at < TABLE_LENGTH)) break;
      const next = behindCharacters(text, at, isControl(text, at) ? CONTROL_LENGTH : DATA_LENGTH);
      if (next < 0 && !last) break;
      const end = next < 0 ? text.length : next;
      const byte = window.offsetAt(at);
      if (next < 0) records.truncated(window, at, end, byte);
      else records.take({ window, from: at, to: trimmedEnd(text, at, end), next: end, at: byte });
      at = end;
      if (batch.full) break;
    }
    window.consumed = at;
    if (last && at === text.length && !batch.full) records.finish();
    return batch.full;
  };
}

/** Whether nothing but a trailer follows from `at` on; `open` = what follows the text decides. */
function trailerAt(text: string, at: number, last: boolean): "whole" | "open" | undefined {
  const code = text.charCodeAt(at);
  if (code !== 10 && code !== 13 && code !== 26) return undefined;
  if (text.length - at > LONGEST_TRAILER || !TRAILER.test(text.slice(at))) return undefined;
  return last ? "whole" : "open";
}

// ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Gathering {
  /** A record, control or data. Throws IDOC_CONTROL, IDOC_RECORD where the rest is unreadable. */
  take(place: Place): void;
  /** A line that is no record, whatever it holds. */
  broken(window: TextWindow, from: number, next: number, line: number, length: string): void;
  /** What stands at the end and is too short. */
  truncated(window: TextWindow, from: number, next: number, byte: number): void;
  /** The drop is over. */
  finish(): void;
}

function gathering(plan: Plan, batch: Batches, lines: boolean): Gathering {
  const place = (at: number): string => `${lines ? "line" : "byte"} ${at}`;
  let document: Document | undefined;
  let begun = 0;
  let end = 0;
  let length = 0;
  const current = dataRecord(plan);

  function finish(): void {
    if (!document) return;
    const record = document.close();
    document = undefined;
    if (record instanceof BridgeError) batch.fault(record, lines ? begun : 0, end);
    else batch.add(record, lines ? begun : 0, end);
  }

  function control({ window, from, to, at }: Place): void {
    const { text } = window;
    finish();
    const table = text.slice(from, Math.min(to, from + TABLE_LENGTH)).trimEnd();
    if (!TABLES.has(table)) throw noControl(place(at), table);
    begun = at;
    length = 0;
    const starts = characterStarts(text, from, to);
    const found = starts ? starts.length - 1 : to - from;
    const fields = cutFields(CONTROL_FIELDS, text, from, to, starts, NOTHING);
    document = openDocument(plan, fields, at, place);
    if (found > CONTROL_LENGTH) document.fail(tooLong(place(at), found, CONTROL_LENGTH));
  }

  function data(open: Document, { window, from, to, at }: Place): void {
    const { text } = window;
    const starts = characterStarts(text, from, to);
    const found = starts ? starts.length - 1 : to - from;
    if (found > DATA_LENGTH) open.fail(tooLong(place(at), found, DATA_LENGTH));
    else if (!current.set(text, from, to, starts, at)) {
      if (!lines) throw neither(place(at));
      open.fail(neither(place(at)));
    } else {
      const isShort = found < HEADER.level.from;
      const message = `${found} characters found, at least ${HEADER_LENGTH} expected of a data record`;
      if (isShort && plan.strict) {
        open.fail(fault("IDOC_RECORD", `${place(at)}: ${message}`));
        return;
      }
      if (isShort) open.short(at, message);
      open.add(current);
    }
  }

  /** Counts a record in, before it is looked at: its bytes must exist, and there must be room for it. */
  function behind(window: TextWindow, from: number, next: number, at: number): void {
    end = window.offsetAt(next);
    length += next - from;
    const bad = window.badBetween(from, next);
    if (bad) document?.fail(encodingInvalid(bad, window.encoding, lines ? at : 0));
    if (length > plan.most) {
      const message = `${place(begun)}: the IDoc is longer than ${plan.most} characters`;
      document?.fail(fault("RECORD_TOO_LARGE", message));
    }
  }

  return {
    take(record) {
      const { window, from, next, at } = record;
      const isHead = isControl(window.text, from);
      if (isHead) control(record);
      else if (!document) throw noControl(place(at), "");
      behind(window, from, next, at);
      if (isHead || !document) return;
      if (!document.failed) data(document, record);
      else if (!lines && !current.set(window.text, from, record.to, undefined, at)) throw neither(place(at));
    },
    broken(window, from, next, line, found) {
      if (!document) throw noControl(place(line), "");
      const message = `${place(line)}: ${found} characters found, at most ${DATA_LENGTH} expected of a record`;
      document.fail(fault("IDOC_RECORD", message));
      behind(window, from, next, line);
    },
    truncated(window, from, next, byte) {
      if (!document && !isControl(window.text, from)) throw noControl(place(byte), "");
      if (isControl(window.text, from)) {
        control({ window, from, to: trimmedEnd(window.text, from, next), next, at: byte });
      }
      document?.fail(fault("IDOC_TRUNCATED", `${place(byte)}: the file ends inside of this record`));
      behind(window, from, next, byte);
    },
    finish,
  };
}

function isControl(text: string, from: number): boolean {
  return text.startsWith("EDI_DC", from);
}

function noControl(where: string, table: string): BridgeError {
  if (table === "EDI_DC") {
    return fault(
      "IDOC_CONTROL",
      `${where}: the control record is EDI_DC, that of releases before 4.0, expected EDI_DC40`,
    );
  }
  return fault("IDOC_CONTROL", `${where}: an IDoc begins with a control record EDI_DC40, and here is none`, table);
}

function neither(where: string): BridgeError {
  return fault("IDOC_RECORD", `${where}: here stands neither a control record nor a data record`);
}

function tooLong(where: string, found: number, most: number): BridgeError {
  return fault("IDOC_RECORD", `${where}: ${found} characters found, at most ${most} expected of this record`);
}

// ── data records ────────────────────────────────────────────────────────────────────────────────────────────────

interface CurrentRecord extends DataRecord {
  /** Looks at another record from now on; false = it has no header. */
  set(text: string, from: number, to: number, starts: Uint32Array | undefined, at: number): boolean;
}

function dataRecord({ empty }: Plan): CurrentRecord {
  let text = "";
  let to = 0;
  // Where its characters stand; SDATA of its own, because fields are counted from there.
  let sdata = 0;
  let sdataStarts: Uint32Array | undefined;
  const self = {
    name: "",
    number: 0,
    parent: 0,
    document: "",
    at: 0,
    set(of: string, from: number, end: number, starts: Uint32Array | undefined, at: number): boolean {
      const index = (character: number): number =>
        starts ? (starts[character] ?? end) : Math.min(from + character, end);
      const part = ({ from: first, to: last }: { from: number; to: number }): string =>
        cut(of, index(first), index(last), NOTHING) ?? "";
      const [number, parent, level] = [HEADER.number, HEADER.parent, HEADER.level].map((place) =>
        numberOf(part(place)),
      );
      self.name = part(HEADER.segment);
      if (!/^[A-Z/][A-Z0-9_/]*$/.test(self.name) || number! < 0 || parent! < 0 || level! < 0) return false;
      self.number = number!;
      self.parent = parent!;
      self.document = part(HEADER.document);
      self.at = at;
      text = of;
      to = end;
      sdata = index(HEADER_LENGTH);
      sdataStarts = starts?.subarray(HEADER_LENGTH);
      return true;
    },
    fields: (segment: Segment): OpenRecord => cutFields(segment.fields, text, sdata, to, sdataStarts, empty),
    sdata: (): string | undefined => cut(text, sdata, to, NOTHING),
  };
  return self;
}

/** Digits, perhaps with blanks before them; blank = 0, anything else = -1. */
function numberOf(text: string): number {
  if (text === "") return 0;
  return /^ *\d+$/.test(text) ? Number(text) : -1;
}
