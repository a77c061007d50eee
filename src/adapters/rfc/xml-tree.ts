// The document that SAP answered, as elements. It comes from outside: DOCTYPE is refused (so there are no entities but XML's own five),
// depth and number of elements have limits, and its length was limited when it was read.

import { setImmediate } from "node:timers/promises";
import { SaxesParser } from "saxes";
import { BridgeError } from "../../core/errors.ts";

export interface Element {
  readonly local: string;
  readonly uri: string;
  readonly children: readonly Element[];
  /** All text directly below it, as it stands. */
  readonly text: string;
}

const DEEPEST = 64;
const MOST_ELEMENTS = 2_000_000;
const MOST_ATTRIBUTES = 100;
/** Characters that are read without a pause: some 20 ms. */
const PIECE = 256 * 1024;

function invalid(what: string, detail?: string): BridgeError {
  return new BridgeError("REPLY_INVALID", `the answer ${what}`, { stage: "deliver", detail });
}

/** Throws REPLY_INVALID. Lets others have their turn while it reads a long one. */
export async function readXml(bytes: Uint8Array, contentType: string | undefined): Promise<Element> {
  interface Open {
    local: string;
    uri: string;
    children: Element[];
    text: string;
  }
  const parser = new SaxesParser({ xmlns: true });
  const stack: Open[] = [];
  let root: Element | undefined;
  let count = 0;
  let attributes = 0;
  parser.on("error", (cause) => {
    throw invalid("is no well-formed XML", cause.message);
  });
  parser.on("doctype", () => {
    throw invalid("has a DOCTYPE, which is refused");
  });
  parser.on("opentagstart", () => {
    attributes = 0;
    if (stack.length >= DEEPEST) throw invalid(`nests deeper than ${DEEPEST}`);
    if (++count > MOST_ELEMENTS) throw invalid(`has more than ${MOST_ELEMENTS} elements`);
  });
  parser.on("attribute", () => {
    if (++attributes > MOST_ATTRIBUTES) throw invalid(`has an element with more than ${MOST_ATTRIBUTES} attributes`);
  });
  parser.on("opentag", ({ local, uri }) => {
    const open: Open = { local, uri, children: [], text: "" };
    const parent = stack.at(-1);
    if (parent) parent.children.push(open);
    else root = open;
    stack.push(open);
  });
  for (const event of ["text", "cdata"] as const) {
    parser.on(event, (text) => {
      const open = stack.at(-1);
      if (open) open.text += text;
    });
  }
  parser.on("closetag", () => void stack.pop());
  const text = decoded(bytes, contentType);
  // saxes reports a DOCTYPE at its end only.
  if (/<!DOCTYPE/u.test(text.slice(0, 64 * 1024).split(/<[A-Za-z_]/u, 1)[0] ?? ""))
    throw invalid("has a DOCTYPE, which is refused");
  for (let at = 0; at < text.length; at += PIECE) {
    if (at > 0) await setImmediate();
    parser.write(text.slice(at, at + PIECE));
  }
  parser.close();
  if (!root) throw invalid("is no well-formed XML");
  return root;
}

/** RFC 7303: the type's charset, else a byte order mark, else the declaration, else UTF-8. */
function decoded(bytes: Uint8Array, contentType: string | undefined): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = /^\s*<\?xml\s[^>]*?\sencoding\s*=\s*["']([\w.-]{1,40})["']/u.exec(buffer.toString("latin1", 0, 256));
  const mark = buffer[0] === 0xfe && buffer[1] === 0xff ? "utf-16be" : buffer[0] === 0xff && buffer[1] === 0xfe;
  const label =
    (mark === true ? "utf-16le" : mark || undefined) ??
    /charset\s*=\s*"?([\w.-]{1,40})/iu.exec(contentType ?? "")?.[1] ??
    declared?.[1] ??
    "utf-8";
  try {
    return new TextDecoder(label, { fatal: true }).decode(buffer);
  } catch {
    throw invalid("is not written in the encoding that it declares");
  }
}

export function child(element: Element | undefined, local: string): Element | undefined {
  return element?.children.find((each) => each.local === local);
}

/** Trimmed; undefined where there is no such child, or it says nothing. */
export function childText(element: Element | undefined, local: string): string | undefined {
  const text = child(element, local)?.text.trim();
  return text === undefined || text === "" ? undefined : text;
}
