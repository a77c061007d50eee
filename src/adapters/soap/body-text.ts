// The element in the body exactly as it stands in an envelope, as a document of its own, for libxml2: a value that was
// read and written again would have its elements in order already.

import { SaxesParser } from "saxes";
import type { ValidationFinding, Validator } from "../../core/validation/xsd.ts";
import { escapeAttribute } from "../shared/xml/escape.ts";

/** undefined where the body is empty. The envelope was read before (readEnvelope), so that it is well-formed and bounded. */
export function bodyText(envelope: string): string | undefined {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const scope = new Map<string, string>();
  let depth = 0;
  let start = -1;
  let end = -1;
  let inBody = false;
  let head = "";
  parser.on("opentag", (tag) => {
    depth++;
    if (depth === 2) inBody = tag.local === "Body";
    const isElement = depth === 3 && inBody && start < 0;
    // What a header declares holds in the header only.
    if (depth === 1 || (depth === 2 && inBody) || isElement) {
      for (const [prefix, uri] of Object.entries(tag.ns)) scope.set(prefix, uri);
    }
    if (!isElement) return;
    start = envelope.lastIndexOf("<", parser.position - 1);
    head = envelope.slice(start, parser.position);
  });
  parser.on("closetag", () => {
    if (depth === 3 && inBody && end < 0) end = parser.position;
    depth--;
  });
  parser.write(envelope).close();
  if (start < 0 || end < 0) return undefined;
  const text = envelope.slice(start, end);
  const name = /^<[^\s/>]+/.exec(head)?.[0] ?? "";
  let declared = "";
  for (const [prefix, uri] of scope) {
    const attribute = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
    if (!declares(head, attribute)) declared += ` ${attribute}="${escapeAttribute(uri)}"`;
  }
  return name + declared + text.slice(name.length);
}

function declares(head: string, attribute: string): boolean {
  for (let at = head.indexOf(attribute); at >= 0; at = head.indexOf(attribute, at + 1)) {
    if (/\s/.test(head[at - 1] ?? "") && /^\s*=/.test(head.slice(at + attribute.length))) return true;
  }
  return false;
}

/** What is wrong with the body by the types of the WSDL; empty = nothing, or there is no element in it. */
export function validateBody(validator: Validator, envelope: string): readonly ValidationFinding[] {
  const text = bodyText(envelope);
  return text === undefined ? [] : validator.validate(text);
}
