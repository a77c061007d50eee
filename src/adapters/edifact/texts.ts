// The real characters of a segment: by the repertoire that its interchange declares, or that the bridge names instead.

import { type Interchange } from "./envelope.ts";
import type { EdifactFinding } from "./finding.ts";
import { decode, outside, repertoire, type Repertoire, UNKNOWN, utf8 } from "./repertoires.ts";
import type { Scanner } from "./scanner.ts";
import {
  COMPONENT,
  ELEMENT,
  type Kinds,
  kindsOf,
  RELEASE,
  type ServiceCharacters,
  SPECIAL,
  TERMINATOR,
} from "./service.ts";
import type { Window } from "./windows.ts";

interface Listener {
  inSegment(finding: EdifactFinding): void;
  notice(finding: EdifactFinding): void;
}

export interface SegmentText {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export class Texts {
  readonly #listener: Listener;
  readonly #charset: string;
  #window: Window | undefined;
  #repertoire: Repertoire = UNKNOWN;
  #outside: RegExp | undefined;
  /** By byte, for those who read sound segments at once. */
  kinds: Kinds = new Uint8Array(256).fill(SPECIAL);
  #toldUtf8 = false;

  constructor(listener: Listener, charset: string) {
    this.#listener = listener;
    this.#charset = charset;
  }

  show(window: Window): void {
    this.#window = window;
  }

  /** An interchange begins. */
  enter({ declared }: Interchange, service: ServiceCharacters): void {
    this.#repertoire = (this.#charset === "declared" ? declared : repertoire(this.#charset)) ?? UNKNOWN;
    this.#outside = outside(this.#repertoire, service);
    this.kinds = quickKinds(this.#repertoire, service, this.#outside);
  }

  /** Of the segment that the scanner has found. */
  of(found: Scanner, position: number): SegmentText {
    const { text, from, to } = found;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code > 255 || this.kinds[code] === SPECIAL) return this.#lookAt(found, position);
    }
    return found;
  }

  #lookAt(found: Scanner, position: number): SegmentText {
    const raw = found.text.slice(found.from, found.to);
    let text = raw;
    if (this.#window!.unit === 1 && /[^\0-\x7f]/.test(raw)) {
      const decoded = decode(raw, this.#repertoire.coding);
      ({ text } = decoded);
      if (decoded.bad >= 0) this.#report(found, position, raw, decoded.bad);
      else this.#doubt(found, position, raw);
    }
    const lacking = text.search(this.#outside!);
    if (lacking >= 0) this.#report(found, position, text, lacking);
    return { text, from: 0, to: text.length };
  }

  #report(found: Scanner, position: number, text: string, index: number): void {
    const { name } = this.#repertoire;
    const isHigh = text.charCodeAt(index) > 0x7f;
    const { element, component } = locate(text, index, found.kinds);
    this.#listener.inSegment({
      code: "EDIFACT_CHARACTER",
      error0085: "21",
      level: element > 0 ? "UCD" : "UCS",
      what: `a character that ${name} does not have${isHigh && utf8(text) !== undefined ? "; it looks like UTF-8" : ""}`,
      at: { ...found.place(), position },
      element,
      component,
    });
  }

  /** Bytes that are right in the declared table, but would be by a rare chance what UTF-8 looks like. */
  #doubt(found: Scanner, position: number, raw: string): void {
    if (this.#toldUtf8 || !(this.#repertoire.coding instanceof Uint16Array) || utf8(raw) === undefined) return;
    this.#toldUtf8 = true;
    this.#listener.notice({
      code: "EDIFACT_CHARACTER",
      error0085: "21",
      level: "UCS",
      what: `read as ${this.#repertoire.name}, but the bytes look like UTF-8`,
      hint: "If the partner writes UTF-8 whatever UNB says, set decode.edifact.charset to UNOW.",
      at: { ...found.place(), position },
      element: 0,
      component: 0,
    });
  }
}

/** First bytes of what is common in UTF-8 and rare in tables: Latin letters, punctuation. */
const LOOKS_LIKE_UTF8 = [0xc2, 0xc3, 0xc4, 0xc5, 0xe2];

function quickKinds({ coding }: Repertoire, service: ServiceCharacters, lacking: RegExp): Kinds {
  const kinds = new Uint8Array(256).fill(SPECIAL);
  const known = kindsOf(service);
  for (let code = 0; code < 128; code++) {
    if (known[code] !== 0) kinds[code] = known[code]!;
    else if (code !== 10 && code !== 13 && !lacking.test(String.fromCharCode(code))) kinds[code] = 0;
  }
  // Only of Latin-1 a byte is its character.
  if (coding instanceof Uint16Array) {
    for (let code = 128; code < 256; code++) {
      if (coding[code] === code && !LOOKS_LIKE_UTF8.includes(code)) kinds[code] = 0;
    }
  }
  kinds[service.terminator.charCodeAt(0)] = TERMINATOR;
  return kinds;
}

/** In which element and component a character stands, as CONTRL counts: the tag is 1. */
function locate(text: string, index: number, kinds: Kinds): { readonly element: number; readonly component: number } {
  let element = 1;
  let component = 1;
  for (let at = 0; at < index; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? kinds[code] : 0;
    if (kind === RELEASE) at++;
    else if (kind === ELEMENT) {
      element++;
      component = 1;
    } else if (kind === COMPONENT) component++;
  }
  return element === 1 ? { element: 0, component: 0 } : { element, component };
}
