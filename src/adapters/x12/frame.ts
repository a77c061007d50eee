// The frame of an interchange: ISA, GS, ST … SE, GE, IEA, with what their counts and control numbers say.

import type { BridgeError } from "../../core/errors.ts";
import type { Batches } from "../shared/records/batches.ts";
import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Header } from "./delimiters.ts";
import { isTag, segmentRecord, textOf } from "./elements.ts";
import { type Acknowledged, fault, faultAt, NOTES } from "./faults.ts";
import { nearestRelease, profileOf } from "./profiles.ts";
import type { Plan } from "./reader.ts";
import { SetCheck } from "./structure/check.ts";
import { releaseOf } from "./structure/dictionary.ts";
import { structureError } from "./structure/finding.ts";
import { QuickReader } from "./structure/quick.ts";
import { openTransaction, type Transaction } from "./transaction.ts";

/** Segments of one record. */
const MOST_SEGMENTS = 500_000;

export interface Frame {
  /** Throws X12_FRAME where the interchange before has no end. */
  interchange(header: Header, byte: number, end: number): void;
  /** The parts of a segment; `end` is the byte behind it, `length` its characters. `closed` = the interchange is over. */
  segment(parts: readonly string[], byte: number, end: number, length: number): "open" | "closed";
  /** A fault of the record that is open, in its segment that comes next; false = there is none. */
  fail(problem: (position: number) => BridgeError): boolean;
  /** The drop ends inside of the segment that begins there. */
  truncated(byte: number): void;
  /** The drop is over. */
  finish(): void;
}

interface OpenInterchange {
  readonly header: Header;
  readonly isa: OpenRecord;
  groups: number;
}

interface OpenGroup {
  readonly gs: OpenRecord;
  readonly number: string;
  /** GS08; ISA12 where there is none. */
  readonly version: string;
  /** Of releases whose segments are known. */
  readonly quick: QuickReader | undefined;
  sets: number;
  /** Of record: interchange. */
  readonly transactions: OpenRecord[];
}

interface OpenSet {
  readonly transaction: Transaction;
  /** undefined = nothing is known of such sets, or nobody asks. */
  readonly check: SetCheck | undefined;
  readonly st: OpenRecord;
  readonly number: string;
  readonly byte: number;
  segments: number;
}

const Head = recordType();
const Top = recordType();
const Group = recordType();

export function openFrame(plan: Plan, batch: Batches): Frame {
  const { strict, empty, most, heard, notice } = plan;
  const whole = plan.record === "interchange";
  let interchange: OpenInterchange | undefined;
  let group: OpenGroup | undefined;
  let set: OpenSet | undefined;
  // Of the record that is open.
  let problem: BridgeError | undefined;
  /** Who listens knows of this one. */
  let told: BridgeError | undefined;
  let groups: OpenRecord[] = [];
  let length = 0;
  let segments = 0;
  let end = 0;

  function begin(): void {
    problem = undefined;
    told = undefined;
    length = 0;
    segments = 0;
  }

  /** What is wrong with the frame: thrown where reading is strict, else a notice. */
  function broken(byte: number, message: string, codes: Acknowledged): void {
    if (!strict) notice?.(faultAt("X12_FRAME", byte, message, codes));
    else if (heard) heard.wrong(codes);
    else throw faultAt("X12_FRAME", byte, message, codes);
  }

  function emit(record: OpenRecord): void {
    if (problem) batch.fault(problem, 0, end);
    else batch.add(record, 0, end);
  }

  function closeSet(se: OpenRecord | undefined): void {
    if (!set || !interchange) return;
    const { record } = set.transaction;
    if (se) record["SE"] = se;
    // Of an interchange that is one record the first one that is wrong costs the others.
    const own = problem === told ? undefined : problem;
    const found = set.check?.findings ?? [];
    if (found.length > 0 && !problem) {
      if (plan.structure === "refuse") problem = structureError(found);
      else notice?.(structureError(found));
    }
    heard?.set(set.st, own, found);
    told = problem;
    if (whole) group?.transactions.push(record);
    else emit(record);
    set = undefined;
  }

  function closeGroup(): void {
    if (group && whole) {
      const record = new Group();
      record["GS"] = group.gs;
      record["transactions"] = group.transactions;
      groups.push(record);
    }
    group = undefined;
  }

  function closeInterchange(): void {
    if (interchange && whole) {
      if (problem !== told) heard?.wrong({ interchange: NOTES.content });
      const record = new Top();
      record["ISA"] = interchange.isa;
      record["groups"] = groups;
      emit(record);
    }
    groups = [];
    interchange = undefined;
  }

  /** What is wrong with the transaction set that is open. */
  function wrong(byte: number, message: string, codes: Acknowledged): void {
    problem ??= faultAt("X12_TRANSACTION", byte, message, codes);
  }

  /** Of counts and control numbers: a record stays one where reading is not strict. */
  function doubtful(byte: number, message: string, codes: Acknowledged): void {
    if (strict) wrong(byte, message, codes);
    else if (!problem) notice?.(faultAt("X12_TRANSACTION", byte, message, codes));
  }

  /** Closes what has no trailer of its own. */
  function abandon(byte: number, level: "set" | "group" | "interchange"): void {
    if (set) {
      doubtful(set.byte, "the transaction set has no SE", { transaction: "2" });
      closeSet(undefined);
    }
    if (level === "set") return;
    if (group) broken(byte, "the group before has no GE", { group: "3" });
    closeGroup();
    if (level === "group") return;
    if (interchange) broken(byte, "the interchange before has no IEA", { interchange: NOTES.cut });
    closeInterchange();
  }

  function st(parts: readonly string[], record: OpenRecord, sound: boolean, byte: number): void {
    abandon(byte, "set");
    if (!group) {
      broken(byte, "a transaction set stands outside of a group", { interchange: NOTES.structure });
      group = openGroup(new Head(), []);
    }
    if (!whole) begin();
    group.sets++;
    const head = new Head();
    if (!whole) Object.assign(head, { ISA: interchange!.isa, GS: group.gs });
    head["ST"] = record;
    const profile = profileOf(parts[1] ?? "", nearestRelease(group.version));
    const release = releaseOf(group.version);
    const { delimiters } = interchange!.header;
    const check = plan.structure && profile && release && new SetCheck(profile, { release, delimiters, empty });
    const transaction = openTransaction(profile, head, check);
    set = { transaction, check, st: record, number: parts[2] ?? "", byte, segments: 1 };
    check?.begin("ST", 1, byte);
    check?.end(parts, sound);
    if ((parts[1] ?? "") === "") wrong(byte, "ST01 is blank: nobody knows what it is", { transaction: "6" });
  }

  function se(parts: readonly string[], record: OpenRecord, sound: boolean, byte: number): void {
    if (!set) {
      broken(byte, "an SE closes a transaction set, and none is open", { interchange: NOTES.structure });
      return;
    }
    if (!problem) {
      set.check?.begin("SE", set.segments, byte);
      set.transaction.finish();
      set.check?.end(parts, sound);
    }
    const [, count = "", number = ""] = parts;
    if (number !== set.number) {
      doubtful(byte, "SE02 is another control number than ST02", { transaction: "3" });
    }
    if (Number(count) !== set.segments) {
      const counted = /^\d{1,10}$/.test(count) ? Number(count) : "no number";
      doubtful(byte, `SE01 says ${counted}, and there are ${set.segments} segments from ST to SE`, {
        transaction: "4",
      });
    }
    closeSet(record);
  }

  function openGroup(record: OpenRecord, parts: readonly string[]): OpenGroup {
    const { elements, delimiters } = interchange!.header;
    const version = parts[8] || elements[11]!;
    const release = plan.structure && empty.size === 0 ? releaseOf(version) : undefined;
    const quick = release && new QuickReader(release, delimiters.component, delimiters.repetition);
    return { gs: record, number: parts[6] ?? "", version, quick, sets: 0, transactions: [] };
  }

  function gs(parts: readonly string[], record: OpenRecord, byte: number): void {
    abandon(byte, "group");
    interchange!.groups++;
    group = openGroup(record, parts);
    heard?.group(record);
  }

  function ge([, count = "", number = ""]: readonly string[], byte: number): void {
    abandon(byte, "set");
    if (!group) {
      broken(byte, "a GE closes a group, and none is open", { interchange: NOTES.structure });
      return;
    }
    heard?.announced(/^\d{1,6}$/.test(count) ? Number(count) : undefined);
    if (number !== group.number) broken(byte, "GE02 is another control number than GS06", { group: "4" });
    if (Number(count) !== group.sets) {
      broken(byte, `GE01 is not ${group.sets}, the number of transaction sets`, { group: "5" });
    }
    closeGroup();
  }

  function iea([, count = "", number = ""]: readonly string[], byte: number): void {
    if (set) abandon(byte, "set");
    if (group) broken(byte, "the group before has no GE", { group: "3" });
    closeGroup();
    const { header, groups: counted } = interchange!;
    if (number !== header.elements[12])
      broken(byte, "IEA02 is another control number than ISA13", { interchange: NOTES.otherNumber });
    if (Number(count) !== counted)
      broken(byte, `IEA01 is not ${counted}, the number of groups`, { interchange: NOTES.wrongCount });
    closeInterchange();
  }

  function inside(parts: readonly string[], record: OpenRecord, sound: boolean, byte: number): void {
    const [tag = ""] = parts;
    if (!set) broken(byte, "a segment stands outside of a transaction set", { interchange: NOTES.structure });
    else if (tag === "BIN" || tag === "BDS") {
      wrong(byte, `${tag} holds binary data, which is not read`, { transaction: "1" });
    } else if (!problem) {
      set.check?.begin(tag, set.segments, byte);
      set.transaction.add(tag, record);
      set.check?.end(parts, sound);
    }
  }

  return {
    interchange(header, byte, behind) {
      abandon(byte, "interchange");
      begin();
      const isa = new Head();
      for (const [at, text] of header.elements.entries()) {
        const value = textOf(text, empty);
        if (value !== undefined) isa[`ISA${String(at + 1).padStart(2, "0")}`] = value.trimEnd();
      }
      interchange = { header, isa, groups: 0 };
      heard?.interchange(isa, header);
      end = behind;
    },
    segment(parts, byte, behind, characters) {
      const [tag = ""] = parts;
      end = behind;
      length += characters;
      if (length > most)
        problem ??= fault("RECORD_TOO_LARGE", `byte ${byte}: the record is longer than ${most} characters`);
      if (++segments > MOST_SEGMENTS) {
        problem ??= fault("RECORD_TOO_LARGE", `byte ${byte}: the record has more than ${MOST_SEGMENTS} segments`);
      }
      if (set) set.segments++;
      if (!isTag(tag)) {
        const message = `byte ${byte}: a segment begins with two or three capital letters and digits, and here does none`;
        if (!set) throw fault("X12_SEGMENT", message, {}, tag.slice(0, 100));
        const place = { segment: tag, position: set.segments, segmentError: "1" };
        problem ??= fault("X12_SEGMENT", message, { transaction: "5", ...place }, tag.slice(0, 100));
        return "open";
      }
      const quick = group?.quick?.read(parts);
      const record = quick ?? segmentRecord(parts, interchange!.header.delimiters, empty);
      const sound = quick !== undefined;
      if (tag === "ST") st(parts, record, sound, byte);
      else if (tag === "SE") se(parts, record, sound, byte);
      else if (tag === "GS") gs(parts, record, byte);
      else if (tag === "GE") ge(parts, byte);
      else if (tag === "IEA") iea(parts, byte);
      else if (tag === "TA1" && !set) heard?.answer();
      else inside(parts, record, sound, byte);
      return interchange ? "open" : "closed";
    },
    fail(cause) {
      if (!set && !whole) return false;
      problem ??= cause((set?.segments ?? 0) + 1);
      return true;
    },
    truncated(byte) {
      const cause = fault("X12_TRUNCATED", `byte ${byte}: the file ends inside of this segment`, { transaction: "2" });
      if (set || whole) problem ??= cause;
      else if (!strict) throw cause;
    },
    finish() {
      if (!interchange) return;
      if (set) {
        const message = `byte ${end}: the file ends inside of the transaction set at byte ${set.byte}`;
        problem ??= fault("X12_TRUNCATED", message, { transaction: "2" });
      }
      closeSet(undefined);
      if (group && heard && strict) heard.wrong({ group: "3" });
      closeGroup();
      if (strict && !heard) interchange = undefined;
      if (strict || !problem) {
        broken(end, "the file ends inside of an interchange, its IEA is missing", { interchange: NOTES.cut });
      }
      closeInterchange();
    },
  };
}
