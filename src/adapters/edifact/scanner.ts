// Finds segments in windows of text: where each begins and where its terminator stands, nothing more.
//
//   outside ──UNA──▶ service characters ──UNB──▶ inside ──(the envelope has seen UNZ)──▶ outside
//
// Line breaks between segments are no data, and neither is a byte order mark in front of an interchange. A release character or a UNA on
// a border of windows needs no memory: what is not whole is shown again.

import type { EdifactFinding, Place } from "./finding.ts";
import { INTERACTIVE, NO_INTERCHANGE } from "./hints.ts";
import { tagOf } from "./tags.ts";
import {
  DEFAULTS,
  INFORMATION_SEPARATORS,
  type Kinds,
  kindsOf,
  serviceCharacters,
  type ServiceCharacters,
  UNA_LENGTH,
} from "./service.ts";
import type { Window } from "./windows.ts";
import { isWrap, joinLines, type Wrapping } from "./wrapping.ts";

/** Characters of a segment; what UNO announces is no part of it. */
const LONGEST_SEGMENT = 256 * 1024;

export type Found =
  | "segment"
  /** The bytes behind a UNO are in `object`. */
  | "object"
  /** A UNA, although the interchange before has not ended. */
  | "una"
  /** A UNH or UNG, although there is no UNB: what follows is read without. */
  | "headless"
  /** Nothing more is whole in this window. */
  | "more"
  | "end";

export interface Reports {
  /** Costs nothing; a person should know. */
  notice(finding: EdifactFinding): void;
  /** Breaks the interchange: thrown where the partner is read strictly. */
  frame(finding: EdifactFinding): void;
  /** Blanks stand in front of a segment. */
  layout(at: Place): void;
  /** A line break stood inside of a segment and was taken out, or became a blank. */
  broken(at: Place): void;
  /** What follows cannot be read, however leniently. */
  unreadable(finding: EdifactFinding): never;
}

const UTF8_MARK = "\u00ef\u00bb\u00bf";
const UTF16_MARK = "\ufeff";

export class Scanner {
  /** Of the segment found, "" where it has none. Its text is the window's, unless a line break had to be taken out of it. */
  tag = "";
  text = "";
  from = 0;
  to = 0;
  kinds: Kinds = kindsOf(DEFAULTS);
  /** Byte offset where the segment (or the object) begins, and just behind its terminator. */
  offset = 0;
  end = 0;
  line = 1;
  /** Index in the window behind what was found, where to look next. */
  behind = 0;
  /** Base64 of what followed a UNO. */
  object = "";
  service: ServiceCharacters = DEFAULTS;
  /** The interchange has a UNA of its own. */
  hasUna = false;

  readonly #reports: Reports;
  readonly #most: number;
  readonly #wrapping: Wrapping | undefined;
  #window: Window | undefined;
  #inside = false;
  /** Of a UNA that waits for its UNB. */
  #given: ServiceCharacters | undefined;
  #interchanges = 0;
  /** Bytes that the last UNO announced. */
  #pending = 0;
  #nextBreak = -1;
  #hasLoneReturn = false;
  #hasOdd = false;
  #toldLayout = false;
  #hasBlanks = false;

  /** `most` bytes of an object behind UNO; `wrapping` of the drop, where it is wrapped. */
  constructor(reports: Reports, most: number, wrapping: Wrapping | undefined) {
    this.#reports = reports;
    this.#most = most;
    this.#wrapping = wrapping;
  }

  /** Shows the text from here on. */
  show(window: Window): void {
    this.#window = window;
    this.#nextBreak = window.text.indexOf("\n");
    this.#hasLoneReturn = window.text.includes("\r") && /\r(?!\n)/.test(window.text);
    if (this.#nextBreak < 0) this.#nextBreak = Infinity;
  }

  /** The interchange has ended: what follows is another one. */
  leave(): void {
    this.#inside = false;
    this.#given = undefined;
  }

  /** From the next segment on elements repeat at this character, or do not. */
  repeatAt(character: string | undefined): void {
    this.service = { ...this.service, repetition: character };
    this.kinds = kindsOf(this.service);
  }

  /** What comes next is no segment, or one with something in front of it that has to be told. */
  get isPending(): boolean {
    return this.#pending > 0 || this.#hasBlanks;
  }

  /** What follows are so many bytes that are no segments. */
  announce(bytes: number): void {
    this.#pending = bytes;
  }

  place(): Place {
    const { tag, offset, line } = this;
    return { tag, position: 0, offset, line };
  }

  next(at: number): Found {
    if (this.#pending > 0) return this.#findObject(at);
    return this.#inside ? this.#findSegment(at) : this.#findInterchange(at);
  }

  // ── between interchanges ──────────────────────────────────────────────────────────────────────────────────────

  #findInterchange(from: number): Found {
    const { text, last } = this.#window!;
    let at = from;
    for (;;) {
      at = this.#skipOutside(at);
      this.behind = at;
      if (at >= text.length) return this.#endOutside(last);
      // Enough for a byte order mark, a UNA, or the separator behind UNB.
      if (!last && text.length - at < UNA_LENGTH) return "more";
      this.#mark(at);
      if (text.startsWith(UTF8_MARK, at) || text.startsWith(UTF16_MARK, at)) {
        this.#notice("a byte order mark stands in front of it");
        at += text.startsWith(UTF16_MARK, at) ? 1 : 3;
      } else if (!this.#given && text.startsWith("UNA", at)) {
        this.#given = this.#una(text.slice(at, at + UNA_LENGTH));
        at += UNA_LENGTH;
      } else if (text.startsWith("UNB", at)) break;
      else if (text.startsWith("UNH", at) || text.startsWith("UNG", at)) return this.#headless(at);
      else this.#unreadable(text.startsWith("UIB", at));
    }
    this.#enter(text[at + 3] === "\u001d" ? INFORMATION_SEPARATORS : DEFAULTS);
    if (text[at + 3] !== this.service.element) this.#wrongSeparator();
    return this.#findSegment(at);
  }

  /** The service characters are not those that the partner uses, or there is nothing behind UNB. */
  #wrongSeparator(): never {
    this.tag = "UNB";
    const by = this.hasUna ? "UNA names" : "applies where there is no UNA";
    return this.#reports.unreadable(this.#finding("22", `behind UNB is not the separator of elements that ${by}`));
  }

  #enter(defaults: ServiceCharacters): void {
    this.hasUna = this.#given !== undefined;
    this.service = this.#given ?? defaults;
    this.kinds = kindsOf({ ...this.service, repetition: undefined });
    this.#inside = true;
    this.#given = undefined;
    this.#interchanges++;
  }

  #headless(at: number): Found {
    this.#mark(at);
    this.tag = "UNB";
    this.#reports.frame(this.#finding("13", "there is no interchange header UNB in front of the messages"));
    this.#enter(DEFAULTS);
    return "headless";
  }

  #endOutside(last: boolean): Found {
    if (!last) return "more";
    this.#mark(this.behind);
    if (this.#given || this.#interchanges === 0) {
      const what = "the drop ends without an interchange, expected UNB";
      this.#reports.unreadable({ ...this.#finding("13", what), hint: NO_INTERCHANGE });
    }
    return "end";
  }

  #skipOutside(from: number): number {
    const { text } = this.#window!;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || code === 13) this.#hasOdd ||= this.#interchanges === 0 && !this.#given;
      // Padding: blanks, tabs, NUL, and Ctrl-Z, the end-of-file mark of DOS.
      else if (code === 32 || code === 9 || code === 0 || code === 26) this.#hasOdd = true;
      else break;
    }
    if (this.#hasOdd && at < text.length && !this.#toldLayout) {
      this.#toldLayout = true;
      this.#mark(at);
      this.#notice("blanks or line breaks stand in front of it");
    }
    return at;
  }

  #una(una: string): ServiceCharacters {
    const found = serviceCharacters(una);
    if (found) return found;
    this.tag = "UNA";
    return this.#reports.unreadable(
      this.#finding("20", "the six service characters of UNA are not six different ones that are no letters or digits"),
    );
  }

  #unreadable(isInteractive: boolean): never {
    const what = isInteractive
      ? "an interactive interchange (UIB), expected a batch one (UNB)"
      : this.#interchanges > 0
        ? "something that is no segment stands behind the interchange, expected UNA or UNB"
        : "the drop does not begin with an interchange, expected UNA or UNB";
    const hint = isInteractive ? INTERACTIVE : NO_INTERCHANGE;
    return this.#reports.unreadable({ ...this.#finding("13", what), hint });
  }

  // ── segments ──────────────────────────────────────────────────────────────────────────────────────────────────

  #findSegment(from: number): Found {
    const { text, last, base, unit } = this.#window!;
    const at = this.#skipInside(from);
    this.behind = at;
    if (at + 3 > text.length && !last) return "more";
    if (at >= text.length) {
      this.#mark(at);
      return "end";
    }
    if (text.charCodeAt(at) === 85 && text.startsWith("UNA", at)) {
      this.leave();
      this.#mark(at);
      this.tag = "UNA";
      return "una";
    }
    let to = this.#terminator(text, at);
    if ((to < 0 ? text.length : to) - at > LONGEST_SEGMENT) this.#tooLong(at);
    if (to < 0) {
      if (!last) return "more";
      to = this.#unterminated(text, at);
    }
    this.line = this.lineAt(at);
    this.text = text;
    this.from = at;
    this.to = to;
    this.offset = base + at * unit;
    this.behind = Math.min(to + 1, text.length);
    this.end = base + this.behind * unit;
    const isBroken = (this.#nextBreak < to || this.#hasLoneReturn) && this.#takeBreaksOut();
    this.tag = tagOf(this.text, this.from, this.to, this.kinds);
    if (isBroken) this.#reports.broken(this.place());
    return "segment";
  }

  #terminator(text: string, from: number): number {
    const { terminator, release } = this.service;
    let to = text.indexOf(terminator, from);
    if (release === undefined) return to;
    const code = release.charCodeAt(0);
    while (to > from && text.charCodeAt(to - 1) === code) {
      let count = 1;
      while (to - 1 - count >= from && text.charCodeAt(to - 1 - count) === code) count++;
      // An even number of release characters release each other.
      if (count % 2 === 0) break;
      to = text.indexOf(terminator, to + 1);
    }
    return to;
  }

  #skipInside(from: number): number {
    const { text } = this.#window!;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 32) break;
      if (code === 32 || code === 9) this.#hasBlanks = true;
      else if (code !== 10 && code !== 13) break;
    }
    if (this.#hasBlanks && at < text.length) {
      this.#hasBlanks = false;
      this.#mark(at);
      this.#reports.layout(this.place());
    }
    return at;
  }

  /** The last segment has no terminator: what is left may still be whole where it is the trailer. */
  #unterminated(text: string, at: number): number {
    this.#mark(at);
    const isTrailer = text.startsWith("UNZ", at);
    this.tag = isTrailer ? "UNZ" : "";
    const finding = this.#finding("13", "the drop ends inside of a segment, expected its terminator");
    if (!isTrailer) this.#reports.unreadable(finding);
    this.#reports.frame(finding);
    return text.length;
  }

  #tooLong(at: number): never {
    this.#mark(at);
    return this.#reports.unreadable({
      ...this.#finding("18", `there is no end of the segment within ${LONGEST_SEGMENT} characters`),
      code: "EDIFACT_LIMIT",
    });
  }

  /** Line breaks inside of a segment are no data either, but nobody should put them there. */
  #takeBreaksOut(): boolean {
    const { base, unit } = this.#window!;
    const wrapping = unit === 1 ? this.#wrapping : undefined;
    const joined = joinLines(this, (at) => wrapping !== undefined && isWrap(wrapping, base + at));
    if (joined === undefined) return false;
    this.text = joined;
    this.from = 0;
    this.to = joined.length;
    return true;
  }

  // ── objects ───────────────────────────────────────────────────────────────────────────────────────────────────

  #findObject(at: number): Found {
    const { text, last, base, unit } = this.#window!;
    this.behind = at;
    if (unit !== 1)
      this.#reports.unreadable(this.#finding("18", "an object stands in a drop that is written in UTF-16"));
    if (this.#pending > this.#most) {
      this.#reports.unreadable({
        ...this.#finding("18", `the object that is announced is larger than ${this.#most} bytes`),
        code: "RECORD_TOO_LARGE",
      });
    }
    if (text.length - at < this.#pending) {
      if (!last) return "more";
      this.#reports.unreadable(
        this.#finding("13", `the drop ends within an object of ${this.#pending} bytes, ${text.length - at} are there`),
      );
    }
    this.behind = at + this.#pending;
    this.lineAt(this.behind);
    this.object = Buffer.from(text.slice(at, this.behind), "latin1").toString("base64");
    this.end = base + this.behind;
    this.#pending = 0;
    return "object";
  }

  // ── places ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The line of a place in the window; ask with rising ones. */
  lineAt(index: number): number {
    let next = this.#nextBreak;
    if (next >= index) return this.line;
    let { line } = this;
    while (next < index) {
      line++;
      next = this.#window!.text.indexOf("\n", next + 1);
      if (next < 0) next = Infinity;
    }
    this.#nextBreak = next;
    this.line = line;
    return line;
  }

  /** What is found next is reported here. */
  #mark(at: number): void {
    const { base, unit } = this.#window!;
    this.tag = "";
    this.line = this.lineAt(at);
    this.offset = base + at * unit;
  }

  #finding(error0085: EdifactFinding["error0085"], what: string): EdifactFinding {
    return { code: "EDIFACT_BROKEN", error0085, level: "UCI", what, at: this.place(), element: 0, component: 0 };
  }

  #notice(what: string): void {
    this.#reports.notice(this.#finding("18", what));
  }

  /** Before the next window is shown: the text up to here is let go. */
  letGo(at: number): void {
    this.lineAt(at);
  }
}
