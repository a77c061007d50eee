// Messages of several records: consecutive ones with one key, from one start to the next, or all of the file. Rows of cells stay rows as long
// as all of a message are some.

import type { Cells, MemberInfo, Rec, Scope } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { cellKey, type CellKey } from "../mapping/cell-key.ts";
import { truthy } from "../mapping/formula/runtime.ts";
import { recordsOf, type RowRun } from "../mapping/rows.ts";
import type { Per } from "../bridge/types.ts";
import { isFault, unreadable, type Gatherer, type ScopeFor, type Unit } from "./unit.ts";

type Grouping = Exclude<Per, { by: "record" }>;

interface Open {
  readonly first: number;
  last: number;
  readonly line: number;
  readonly begin: number;
  end: number;
  readonly records: Rec[];
  /** All of its records, where nobody has made any of them. */
  rows: Run[] | undefined;
  fault: BridgeError | undefined;
  readonly key: Key;
}

type Run = { -readonly [name in keyof RowRun]: RowRun[name] };

/** What records of one message have in common: the JSON of the formula's value, "" for none. */
interface Key {
  readonly text: string;
  /** The same text without JSON, where it came from a row. */
  readonly bytes: Uint8Array | undefined;
}

/** A row of a batch that has rows of cells; it may be a record itself. One for all rows, one after the other. */
interface RowPlace {
  readonly cells: Cells;
  row: number;
}

/** What is known of a record when it comes. One for all records of a batch, one after the other. */
interface Seen {
  number: number;
  line: number;
  end: number;
}

/** A message of rows. */
class RowsUnit implements Unit {
  readonly first: number;
  readonly last: number;
  readonly line: number;
  readonly end: number;
  readonly rows: readonly RowRun[];
  readonly fault = undefined;
  private made: readonly Rec[] | undefined;

  constructor({ first, last, line, end }: Open, rows: readonly RowRun[]) {
    this.first = first;
    this.last = last;
    this.line = line;
    this.end = end;
    this.rows = rows;
  }

  get records(): readonly Rec[] {
    return (this.made ??= recordsOf(this.rows));
  }

  release(): void {
    letGo(this.rows);
  }
}

/** What is gathered is held, whatever becomes of the batches it came with. */
function letGo(runs: readonly RowRun[]): void {
  for (const { cells } of runs) cells.release();
}

export function groups(per: Grouping, scopeFor: ScopeFor): Gatherer {
  const keys = keyReader(per);
  let open: Open | undefined;
  let previousEnd = 0;
  let member: MemberInfo | undefined;

  function close(out: Unit[]): void {
    if (!open) return;
    const { first, last, line, end, records, rows, fault } = open;
    if (rows && !fault) out.push(new RowsUnit(open, rows));
    else out.push({ first, last, line, end, records: fault ? [] : records, fault, member });
    open = undefined;
  }

  /** `rows` = it begins with a row. */
  function begin({ number, line, end }: Seen, key: Key, fault: BridgeError | undefined, rows: Run[] | undefined): Open {
    return { first: number, last: number, line, begin: previousEnd, end, records: [], rows, fault, key };
  }

  /** The record belongs to the message that is open; false = and nothing of it has to be kept. */
  function extend(current: Open, { number, end }: Seen): boolean {
    current.last = number;
    current.end = end;
    if (!current.fault && end - current.begin > per.most) {
      current.fault = new BridgeError("GROUP_TOO_LARGE", `the records of one message exceed ${per.most} bytes`, {
        stage: "map",
        facts: { most: per.most },
      });
    }
    previousEnd = end;
    if (!current.fault) return true;
    current.records.length = 0;
    if (current.rows) letGo(current.rows);
    current.rows = undefined;
    return false;
  }

  /** `at` = where it stands among rows. */
  function addRecord(record: Rec, seen: Seen, at: RowPlace | undefined, out: Unit[]): void {
    const border = beginsMessage(per, record, seen.number, open, (one, index) => scopeFor(one, index, member));
    if (border.begins) {
      close(out);
      open = begin(seen, { text: border.key, bytes: undefined }, border.fault, at && []);
    }
    keep(open as Open, record, seen, at);
  }

  function keep(current: Open, record: Rec | undefined, seen: Seen, at: RowPlace | undefined): void {
    if (!extend(current, seen)) return;
    if (current.rows && at) {
      addTo(current.rows, at);
      return;
    }
    if (current.rows) {
      current.records.push(...recordsOf(current.rows));
      letGo(current.rows);
    }
    current.rows = undefined;
    const { cells, row } = at ?? {};
    current.records.push(record ?? (cells as Cells).record(row as number));
  }

  /** A record that cannot be read; `begins` = it surely is the first of a message. */
  function addFault(fault: BridgeError, seen: Seen, begins: boolean, out: Unit[]): void {
    const isOwn = begins && per.by === "from";
    if (open === undefined || isOwn) {
      const key = open?.key ?? NO_KEY;
      close(out);
      open = begin(seen, key, undefined, undefined);
    }
    open.fault ??= isOwn
      ? fault
      : new BridgeError(
          "GROUP_UNDECODABLE",
          `record ${seen.number}, a part of this message, cannot be decoded (${fault.code}): ${fault.message}`,
          { stage: "decode", detail: fault.detail, facts: { record: seen.number } },
        );
    extend(open, seen);
  }

  function addRow(at: RowPlace, seen: Seen, out: Unit[]): void {
    const { cells, row } = at;
    const key = keys(cells);
    if (!key?.read(cells.bytes, cells.places, 2 * cells.names.length * row)) {
      addRecord(cells.record(row), seen, key && at, out);
      return;
    }
    if (open === undefined || !isSame(open.key, key, cells.bytes)) {
      close(out);
      open = begin(seen, keyOf(key, cells.bytes), undefined, []);
    }
    keep(open, undefined, seen, at);
  }

  return {
    enter(next) {
      member = next;
    },
    add(batch) {
      const out: Unit[] = [];
      // A file out of an archive is rare.
      const cells = batch.member === undefined ? batch.cells : undefined;
      const records = cells?.others ?? batch.records;
      const seen: Seen = { number: 0, line: 0, end: 0 };
      const at: RowPlace | undefined = cells && { cells, row: 0 };
      for (let row = 0; row < batch.ends.length; row++) {
        const record = records[row];
        seen.number = batch.first + row;
        seen.line = batch.lines[row] ?? 0;
        seen.end = batch.ends[row] ?? 0;
        if (at) at.row = row;
        if (record === undefined) addRow(at as RowPlace, seen, out);
        else if (isFault(record)) addFault(record.fault, seen, record.begins === true, out);
        else addRecord(record, seen, at && keys(at.cells) && at, out);
      }
      return out;
    },
    end() {
      const out: Unit[] = [];
      close(out);
      return out;
    },
    broken(record, end, fault) {
      const unit = unreadable(record, end, fault);
      return open ? { ...unit, first: open.first, line: open.line } : unit;
    },
  };
}

function addTo(runs: Run[], { cells, row }: RowPlace): void {
  const last = runs.at(-1);
  if (last?.cells === cells && last.to === row) {
    last.to = row + 1;
    return;
  }
  cells.hold();
  runs.push({ cells, from: row, to: row + 1 });
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

const NO_KEY: Key = { text: "", bytes: undefined };
/** All records of a file have the same. */
const FILE_KEY: CellKey = { from: 0, to: 0, absent: true, read: () => true };

/** undefined = the keys of these rows are formulas'. */
function keyReader(per: Grouping): (cells: Cells) => CellKey | undefined {
  if (per.by === "file") return () => FILE_KEY;
  const plan = per.by === "group" ? per.key.cells : undefined;
  if (!plan) return () => undefined;
  let known: { readonly names: readonly string[]; readonly key: CellKey | undefined } | undefined;
  return ({ names }) => {
    if (known?.names !== names) known = { names, key: cellKey(plan, names) };
    return known.key;
  };
}

function keyOf({ from, to, absent }: CellKey, bytes: Uint8Array): Key {
  if (absent) return NO_KEY;
  const own = Buffer.from(bytes.subarray(from, to));
  return { text: JSON.stringify(own.toString("utf8")), bytes: own };
}

function isSame(key: Key, { from, to, absent }: CellKey, bytes: Uint8Array): boolean {
  if (absent || key.text === "") return absent === (key.text === "");
  const { bytes: own } = key;
  if (own === undefined) return key.text === JSON.stringify(Buffer.from(bytes.subarray(from, to)).toString("utf8"));
  if (own.length !== to - from) return false;
  for (let at = 0; at < own.length; at++) if (own[at] !== bytes[from + at]) return false;
  return true;
}

interface Border {
  readonly begins: boolean;
  readonly key: string;
  readonly fault: BridgeError | undefined;
}

function beginsMessage(
  per: Grouping,
  record: Rec,
  number: number,
  open: Open | undefined,
  scopeFor: (record: Rec, index: number) => Scope,
): Border {
  if (per.by === "file") return { begins: open === undefined, key: "", fault: undefined };
  const formula = per.by === "group" ? per.key : per.starts;
  try {
    const value = formula.evaluate(record, scopeFor(record, number));
    if (per.by === "from") {
      if (truthy(value)) return { begins: true, key: "", fault: undefined };
      const fault = new BridgeError("GROUP_WITHOUT_START", "no record before this one begins a message", {
        stage: "map",
        position: per.starts.at,
      });
      return { begins: open === undefined, key: "", fault: open === undefined ? fault : undefined };
    }
    const key = value === undefined ? "" : JSON.stringify(value);
    return { begins: open === undefined || open.key.text !== key, key, fault: undefined };
  } catch (cause) {
    // A key that cannot be computed makes a message of its own: a dead letter.
    return { begins: true, key: `\u0000${number}`, fault: asBridgeError(cause, "map") };
  }
}
