// The answer of a service, element by element; its bounds, and what is wrong with it as a mismatch.

import { strictParser, type XmlEvents } from "../shared/xml/strict-parser.ts";
import { Mismatch } from "./value/mismatch.ts";

const LIMITS = { deepest: 200, mostAttributes: 200 };

/** Throws a mismatch where the text is no XML or breaks a limit. */
export function parseXml(text: string, events: XmlEvents): void {
  const parser = strictParser(text, LIMITS, events, (what, detail, line) => {
    throw new Mismatch(`line ${line}: ${what}`, detail);
  });
  parser.write(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).close();
}
