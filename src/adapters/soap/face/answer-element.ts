// An answer that is XML already: its root is taken as it stands, without declaration and without what may stand around it.

import { SaxesParser } from "saxes";
import { wrong } from "./wrong-answer.ts";
import type { QName } from "../wsdl/document.ts";

/** Throws REPLY_INVALID where it is no document, has a DOCTYPE or another root. */
export function answerElement(text: string, { namespace, local }: QName): string {
  const parser = new SaxesParser({ xmlns: true });
  const found = { depth: 0, start: -1, end: 0 };
  parser.on("error", () => {
    throw wrong("it is no well-formed XML");
  });
  parser.on("doctype", () => {
    throw wrong("it has a DOCTYPE");
  });
  parser.on("opentag", (tag) => {
    if (found.depth++ > 0) return;
    if (tag.uri !== namespace || tag.local !== local) throw wrong(`its root is not ${local} of the WSDL`);
    found.start = text.lastIndexOf("<", parser.position - 1);
  });
  parser.on("closetag", () => {
    if (--found.depth === 0) found.end = parser.position;
  });
  parser.write(text).close();
  return text.slice(found.start, found.end);
}
