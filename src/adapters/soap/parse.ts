// Hostile XML, read once from front to end: no DOCTYPE and so no entities, bounded depth and attributes. saxes is strict
// about everything else; the size of the whole is the caller's to bound.

import { SaxesParser, type SaxesTagNS } from "saxes";
import { doctypeAt } from "../../core/validation/xsd-text.ts";
import { Mismatch } from "./value/mismatch.ts";

const DEEPEST = 200;
const MOST_ATTRIBUTES = 200;

export interface Events {
  open(tag: SaxesTagNS, resolve: (prefix: string) => string | undefined): void;
  text(text: string): void;
  close(): void;
}

/** Throws a mismatch where the text is no XML or breaks a limit. */
export function parseXml(text: string, events: Events): void {
  if (doctypeAt(text) >= 0) throw new Mismatch("has a DOCTYPE, which is refused", undefined);
  const parser = new SaxesParser({ xmlns: true });
  const resolve = (prefix: string): string | undefined => parser.resolve(prefix);
  const fail = (why: string, detail?: string): never => {
    throw new Mismatch(`line ${parser.line}: ${why}`, detail);
  };
  let depth = 0;
  let attributes = 0;
  parser.on("error", (cause) => fail("is not well-formed XML", cause.message));
  parser.on("doctype", () => fail("has a DOCTYPE, which is refused"));
  // SOAP 1.1 (3) and 1.2 part 1 (5) forbid them; nothing of them is ever looked at.
  parser.on("processinginstruction", () => undefined);
  parser.on("opentagstart", () => {
    attributes = 0;
    if (++depth > DEEPEST) fail(`is nested deeper than ${DEEPEST}`);
  });
  parser.on("attribute", () => {
    if (++attributes > MOST_ATTRIBUTES) fail(`has an element with more than ${MOST_ATTRIBUTES} attributes`);
  });
  parser.on("opentag", (tag) => events.open(tag, resolve));
  parser.on("text", (piece) => events.text(piece));
  parser.on("cdata", (piece) => events.text(piece));
  parser.on("closetag", () => {
    depth--;
    events.close();
  });
  parser.write(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).close();
}
