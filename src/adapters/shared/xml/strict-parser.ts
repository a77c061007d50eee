// Hostile XML, read once from front to end: no DOCTYPE and so no entities but XML's own five, bounded depth and numbers. saxes is
// strict about everything else; the size of the whole is the caller's to bound.

import { SaxesParser, type SaxesTagNS } from "saxes";
import { doctypeAt } from "../../../core/validation/xsd-text.ts";

/** Throws; `what` goes on behind the name of the document: "is not well-formed XML". `detail` may hold values. */
export type RefuseXml = (what: string, detail?: string) => never;

export interface XmlEvents {
  open(tag: SaxesTagNS, resolve: (prefix: string) => string | undefined): void;
  /** Text and CDATA, in pieces. */
  text(text: string): void;
  close(): void;
}

export interface XmlLimits {
  readonly deepest: number;
  /** Of one element. */
  readonly mostAttributes: number;
  /** Elements and attributes of the document. Absent = who listens counts. */
  readonly mostNodes?: number;
}

/**
 * Ready for the text to be written to it, at once or in pieces. Throws what `refuse` throws, now or then; it is told the line where
 * the parser stands.
 */
export function strictParser(
  text: string,
  { deepest, mostAttributes, mostNodes = Number.POSITIVE_INFINITY }: XmlLimits,
  events: XmlEvents,
  refuse: (what: string, detail: string | undefined, line: number) => never,
): SaxesParser<{ xmlns: true }> {
  const parser = new SaxesParser({ xmlns: true });
  const fail = (what: string, detail?: string): never => refuse(what, detail, parser.line);
  const resolve = (prefix: string): string | undefined => parser.resolve(prefix);
  let depth = 0;
  let attributes = 0;
  let nodes = 0;
  const count = (): void => {
    if (++nodes > mostNodes) fail(`has more than ${mostNodes} elements and attributes`);
  };
  // saxes reports one at its end only.
  if (doctypeAt(text) >= 0) fail(DOCTYPE);
  parser.on("doctype", () => fail(DOCTYPE));
  parser.on("error", (cause) => fail("is not well-formed XML", cause.message));
  parser.on("opentagstart", () => {
    attributes = 0;
    if (++depth > deepest) fail(`is nested deeper than ${deepest}`);
    count();
  });
  parser.on("attribute", () => {
    if (++attributes > mostAttributes) fail(`has an element with more than ${mostAttributes} attributes`);
    count();
  });
  parser.on("opentag", (tag) => events.open(tag, resolve));
  parser.on("text", (piece) => events.text(piece));
  parser.on("cdata", (piece) => events.text(piece));
  parser.on("closetag", () => {
    depth--;
    events.close();
  });
  return parser;
}

const DOCTYPE = "has a DOCTYPE, which is refused";
