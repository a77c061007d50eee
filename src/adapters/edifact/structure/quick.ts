// The hot path: a sound segment is read from the bytes at once, its end found on the way, without being cut up first. Whatever is not
// plainly sound (released or repeated, too long, missing, one too many) is left to the readers that can tell what is wrong with it.
//
// The text is there for the values, the bytes for looking at: an array of bytes is looked at three times as fast.

import type { Value } from "../../../core/contract.ts";
import { type OpenRecord, type RecordType, recordType } from "../../shared/records/record.ts";
import type { ElementDef } from "../directory/types.ts";
import { COMPONENT, ELEMENT, RELEASE, SPECIAL, TERMINATOR } from "../service.ts";
import { listOf } from "./lists.ts";
import { shortText } from "./short-texts.ts";
import type { MatchRules, QuickText } from "./types.ts";

interface Slot {
  readonly key: string;
  /** -1 = a value of its own, else the first index in its list. */
  readonly index: number;
  readonly required: boolean;
}

interface Part extends Slot {
  readonly type: ElementDef["type"];
  readonly least: number;
  readonly most: number;
}

interface Place extends Slot {
  /** undefined = a simple element, which is its own only part. */
  readonly Type: RecordType | undefined;
  readonly parts: readonly Part[];
}

export interface QuickPlan {
  readonly Type: RecordType;
  readonly places: readonly Place[];
  /** Places up to the last one that has to be there. */
  readonly required: number;
}

/** What the slow readers know of a place. */
interface Given extends Slot {
  readonly nested: boolean;
  readonly parts: readonly (Slot & { readonly element: ElementDef })[];
}

export function planQuick(given: readonly Given[]): QuickPlan {
  const places = given.map(({ key, index, required, nested, parts }): Place => {
    const quick = parts.map((part): Part => {
      const { type, least, most } = part.element;
      return { key: part.key, index: part.index, required: part.required, type, least, most };
    });
    return { key, index, required, Type: nested ? recordType() : undefined, parts: quick };
  });
  return { Type: recordType(), places, required: places.findLastIndex(({ required }) => required) + 1 };
}

/** Reads one segment after the other; one object, because a segment in the middle needs its state in several functions. */
export class QuickReader {
  /** Index behind the terminator of the segment that was read. */
  end = 0;
  private source!: QuickText;
  private bytes: Uint8Array = new Uint8Array(0);
  private kinds: Uint8Array = new Uint8Array(0);
  /** Where it stands, and what the character there is. */
  private at = 0;
  private kind = 0;
  private readonly point: number;
  private readonly comma: number;
  private readonly leading: boolean;

  constructor({ syntax, decimal = ".,", trailing }: MatchRules) {
    this.point = decimal.includes(".") ? 46 : 0;
    this.comma = decimal.includes(",") ? 44 : 0;
    // Of syntax 1 to 3.
    this.leading = syntax < 4;
    if (trailing) this.read = () => undefined;
  }

  /** The segment whose tag begins at `from`; undefined = it is not plainly sound, or not whole. */
  read(plan: QuickPlan, source: QuickText, from: number): OpenRecord | undefined {
    const { places } = plan;
    if (this.source !== source) this.show(source);
    this.at = from + 3;
    this.kind = this.kinds[this.bytes[this.at]!]!;
    const fields = new plan.Type();
    let number = 0;
    for (; this.kind === ELEMENT; number++) {
      if (number === places.length) return undefined;
      this.at++;
      const place = places[number]!;
      const value = place.Type === undefined ? this.value(place.parts[0]!) : this.composite(place.parts, place.Type);
      if (value === null) return undefined;
      if (value !== undefined) {
        if (place.index === -1) fields[place.key] = value;
        else push(fields, place.key, place.index, value);
      } else if (place.required) return undefined;
    }
    if (this.kind !== TERMINATOR || number < plan.required) return undefined;
    this.end = this.at + 1;
    return fields;
  }

  private show(source: QuickText): void {
    this.source = source;
    this.bytes = source.bytes;
    this.kinds = source.kinds;
  }

  /** null = not plainly sound. */
  private composite(parts: readonly Part[], Type: RecordType): OpenRecord | undefined | null {
    let fields: OpenRecord | undefined;
    let isMissing = false;
    let number = 0;
    for (; ; number++) {
      if (number === parts.length) return null;
      const part = parts[number]!;
      const value = this.value(part);
      if (value === null) return null;
      if (value === undefined) isMissing ||= part.required;
      else {
        fields ??= new Type();
        if (part.index === -1) fields[part.key] = value;
        else push(fields, part.key, part.index, value);
      }
      if (this.kind !== COMPONENT) break;
      this.at++;
    }
    if (fields === undefined) return undefined;
    while (!isMissing && ++number < parts.length) isMissing = parts[number]!.required;
    return isMissing ? null : fields;
  }

  /** From where it stands to the next separator; undefined = absent, null = not plainly sound. */
  private value(part: Part): string | undefined | null {
    const { bytes, kinds } = this;
    const from = this.at;
    let at = from;
    let kind = kinds[bytes[at]!]!;
    while (kind === 0) kind = kinds[bytes[++at]!]!;
    if (kind === RELEASE) return this.released(part, from, at);
    this.at = at;
    this.kind = kind;
    if (kind === SPECIAL) return null;
    const length = at - from;
    if (length === 0) return undefined;
    if (part.type === "an") {
      if (length > part.most || length < part.least) return null;
    } else if (!(part.type === "n" ? this.isNumber(part, from, at) : this.isLetters(part, from, at))) return null;
    return shortText(this.source, from, at);
  }

  /** A text with release characters, the first of which stands at `first`; of other types it is no sound value. */
  private released({ type, least, most }: Part, from: number, first: number): string | null {
    const { bytes, kinds } = this;
    let value = "";
    let start = from;
    let at = first;
    let kind = RELEASE;
    while (kind === RELEASE || kind === 0) {
      if (kind === RELEASE) {
        value += this.source.text.slice(start, at);
        start = at + 1;
        // The next one is itself, unless it is none that can be told here.
        const next = kinds[bytes[++at]!]!;
        if (next === SPECIAL) return null;
      }
      kind = kinds[bytes[++at]!]!;
    }
    this.at = at;
    this.kind = kind;
    if (kind === SPECIAL || type !== "an") return null;
    value += this.source.text.slice(start, at);
    return value.length > most || value.length < least ? null : value;
  }

  private isLetters({ least, most }: Part, from: number, to: number): boolean {
    const { bytes } = this;
    for (let at = from; at < to; at++) if (bytes[at]! >= 48 && bytes[at]! <= 57) return false;
    return to - from <= most && to - from >= least;
  }

  private isNumber({ least, most }: Part, from: number, to: number): boolean {
    const { bytes } = this;
    let digits = 0;
    let before = -1;
    for (let at = from; at < to; at++) {
      const code = bytes[at]!;
      if (code >= 48 && code <= 57) digits++;
      else if (code === this.point || code === this.comma) {
        if (before !== -1) return false;
        before = digits;
      } else if (code !== 45 || at !== from) return false;
    }
    if (digits === 0 || digits > most || digits < least || before === digits) return false;
    return before !== 0 || !this.leading;
  }
}

function push(fields: OpenRecord, key: string, index: number, value: Value): void {
  const list = fields[key] as Value[] | undefined;
  if (list === undefined && index === 0) fields[key] = listOf(value);
  else {
    const open = list ?? (fields[key] = []);
    while (open.length < index) open.push(null);
    open.push(value);
  }
}
