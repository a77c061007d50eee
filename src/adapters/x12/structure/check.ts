// One transaction set against its profile and the dictionary, while it is read.
//
// Where a segment belongs is decided by the reader (transaction.ts), which tells here what it made of it; the elements are looked at here.

import type { Loop, Part } from "../profiles.ts";
import { segmentsOf } from "./dictionary.ts";
import type { Found } from "./finding.ts";
import { elementFindings, type SegmentRules } from "./segment.ts";

/** Of one transaction set; what is behind them is not told. */
const MOST_FINDINGS = 100;

/** Data element 720. */
const UNKNOWN = "1";
const UNEXPECTED = "2";
const MISSING = "3";
const LOOP_TOO_OFTEN = "4";
const SEGMENT_TOO_OFTEN = "5";
const NOT_IN_SET = "6";
const TOO_LATE = "7";

/** A class, because there is one for each transaction set. */
export class SetCheck {
  readonly findings: Found[] = [];
  private readonly profile: Loop;
  private readonly rules: SegmentRules;
  private tag = "";
  private position = 0;
  private byte = 0;
  private loop: string | undefined;
  /** Of the segment that is looked at. */
  private code: string | undefined;
  private count = 0;

  constructor(profile: Loop, rules: SegmentRules) {
    this.profile = profile;
    this.rules = rules;
  }

  /** The segment that is looked at from here on; `position` is 1 for ST. */
  begin(tag: string, position: number, byte: number): void {
    this.tag = tag;
    this.position = position;
    this.byte = byte;
    this.loop = undefined;
    this.code = undefined;
  }

  /** It was given a place: the how manieth there, and whether what came before forbids it. */
  placed(part: Part, loop: Loop, times: number, late: boolean): void {
    this.loop = part.loop?.tag ?? (loop.tag === "" ? undefined : loop.tag);
    if (part.foreign) this.code = UNEXPECTED;
    else if (late) this.code = TOO_LATE;
    // The first that is too many stands for those behind it.
    else if (times === part.most + 1) this.code = part.loop ? LOOP_TOO_OFTEN : SEGMENT_TOO_OFTEN;
  }

  /** No loop that is open has it. */
  unplaced(): void {
    if (has(this.profile, this.tag)) this.code = UNEXPECTED;
    else this.code = segmentsOf(this.rules.release).has(this.tag) ? NOT_IN_SET : UNKNOWN;
  }

  /** `loop` was left, or gone on in, without them. */
  missing(part: Part, loop: Loop): void {
    const within = part.loop?.tag ?? (loop.tag === "" ? undefined : loop.tag);
    this.tell({ tag: part.tag, position: this.position, byte: this.byte, loop: within, code: MISSING, elements: [] });
  }

  /** The segment is done; `sound` = there is nothing wrong with its elements. */
  end(parts: readonly string[], sound: boolean): void {
    const { tag, position, byte, loop, code, rules } = this;
    const def = sound || this.count >= MOST_FINDINGS ? undefined : segmentsOf(rules.release).get(tag);
    const elements = def ? elementFindings(def, parts, rules) : [];
    if (code !== undefined || elements.length > 0) this.tell({ tag, position, byte, loop, code, elements });
  }

  private tell(found: Found): void {
    const room = MOST_FINDINGS - this.count;
    if (room <= 0) return;
    this.count += Math.max(1, found.elements.length);
    this.findings.push({ ...found, elements: found.elements.slice(0, room) });
  }
}

function has(loop: Loop, tag: string): boolean {
  if (loop.parts.has(tag)) return true;
  for (const part of loop.parts.values()) if (part.loop && has(part.loop, tag)) return true;
  return false;
}
