// Feeds windows of text to saxes and hands what it reports to the picker.
//
// saxes is strict about well-formedness and namespaces. What it does not bound is bounded here: depth (its namespace
// look-up makes depth quadratic), attributes, the text before the root, and any single text, comment or instruction.
// A DOCTYPE is refused, or skipped where it declares nothing itself: so there are no entities but the five of XML itself.

import { SaxesParser } from "saxes";
import { BridgeError } from "../../../core/errors.ts";
import type { Batches } from "../records/batches.ts";
import type { ReadWindow } from "../records/reading.ts";
import { type Picker, picker, type Records } from "./picker.ts";
import { places } from "./places.ts";

const DEEPEST = 256;
const MOST_ATTRIBUTES = 1_000;
/** Characters before the root element. */
const LONGEST_PROLOG = 64 * 1024;
/** Characters given to the parser at once: a batch is looked at in between. */
const PIECE = 16 * 1024;

/** A name, perhaps with an external identifier (XML 1.0, production 75), and no internal subset. */
const EXTERNAL = /^\s+[^\s"'[\]<>]+(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(?:"[^"]*"|'[^']*'))?\s*$/;

type Parser = SaxesParser<{ xmlns: true }>;

export function documentReader(records: Records, batch: Batches): ReadWindow {
  const parser = new SaxesParser({ xmlns: true });
  const place = places();
  const pick = picker(records, place, batch);
  const heard = listen(parser, pick, records.ignoresDoctype === true);
  const prolog = prologGuard(parser);
  return (window) => {
    const { text, last } = window;
    place.show(window);
    let at = window.consumed;
    while (at < text.length) {
      const until = pieceEnd(text, at, last);
      if (until === at) break;
      const piece = text.slice(at, until);
      parser.write(piece);
      place.give(piece.length);
      at = until;
      if (!heard.root) prolog(piece);
      if (place.given - heard.at > records.most) {
        throw limit(parser, `a text, comment or tag is longer than ${records.most} characters`);
      }
      pick.pause(parser.line);
      if (batch.full) break;
    }
    window.consumed = at;
    if (last && at === text.length && !batch.full) {
      parser.close();
      pick.finish();
    }
    return batch.full;
  };
}

interface Heard {
  /** Place of the last report. */
  readonly at: number;
  /** The root element was among it. */
  readonly root: boolean;
}

/** Connects the parser with the picker; answers what was last heard of the parser. */
function listen(parser: Parser, pick: Picker, ignoresDoctype: boolean): Heard {
  const last = { at: 0, root: false };
  let attributes = 0;
  // The parser's own position holds only while it reports.
  const heard = (): void => {
    last.at = parser.position;
  };
  parser.on("error", (cause) => {
    const where = `line ${parser.line}, column ${parser.column + 1}`;
    throw new BridgeError("XML_BROKEN", `${where}: not well-formed${ruleOf(cause.message)}`, {
      stage: "decode",
      detail: cause.message,
    });
  });
  parser.on("doctype", (text) => {
    heard();
    if (!ignoresDoctype) throw doctype(parser);
    if (!EXTERNAL.test(text)) throw doctype(parser, " that declares something itself");
  });
  parser.on("opentagstart", ({ name }) => {
    heard();
    attributes = 0;
    last.root = true;
    pick.tagStarts(parser.position - name.length - 2);
    if (pick.depth > DEEPEST) throw limit(parser, `elements are nested deeper than ${DEEPEST}`);
  });
  parser.on("attribute", () => {
    heard();
    if (++attributes > MOST_ATTRIBUTES) {
      throw limit(parser, `an element has more than ${MOST_ATTRIBUTES} attributes`);
    }
  });
  parser.on("opentag", (tag) => {
    heard();
    pick.opens(tag, parser.line);
  });
  parser.on("closetag", () => {
    heard();
    pick.closes(parser.position);
  });
  for (const event of ["text", "cdata"] as const) {
    parser.on(event, (text) => {
      heard();
      pick.text(text);
    });
  }
  parser.on("comment", heard);
  parser.on("processinginstruction", heard);
  return last;
}

/**
 * What saxes finds, without the names from the document that it puts behind a colon: `7:12: unclosed tag: name` is said as
 * `, unclosed tag`.
 */
function ruleOf(message: string): string {
  const rule = /^(?:\d+:\d+: )?(.{1,100}?)\.?(?:: |$)/.exec(message)?.[1];
  return rule === undefined ? "" : `, ${rule}`;
}

/** Looks at each piece up to the root element. A DOCTYPE is reported only at its end, which may be megabytes away. */
function prologGuard(parser: Parser): (piece: string) => void {
  const mark = "<!DOCTYPE";
  let length = 0;
  let seen = false;
  let tail = "";
  return (piece) => {
    length += piece.length;
    seen ||= (tail + piece).includes(mark);
    tail = (tail + piece).slice(1 - mark.length);
    if (length <= LONGEST_PROLOG) return;
    if (seen) throw doctype(parser);
    throw limit(parser, `there is no root element within ${LONGEST_PROLOG} characters`);
  };
}

/** Where the next piece ends: never between CR and LF or inside a pair, so that the parser keeps nothing back. */
function pieceEnd(text: string, at: number, last: boolean): number {
  let until = Math.min(at + PIECE, text.length);
  while (until < text.length && splits(text.charCodeAt(until - 1))) until++;
  return !last && until === text.length && splits(text.charCodeAt(until - 1)) ? until - 1 : until;
}

function splits(code: number): boolean {
  return code === 0x0d || (code & 0xfc00) === 0xd800;
}

function limit(parser: Parser, message: string): BridgeError {
  return new BridgeError("XML_LIMIT", `line ${parser.line}: ${message}`, { stage: "decode" });
}

function doctype(parser: Parser, which = ""): BridgeError {
  return new BridgeError("XML_DOCTYPE", `line ${parser.line}: the document has a DOCTYPE${which}`, { stage: "decode" });
}
