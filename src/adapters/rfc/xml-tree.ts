// The document that SAP answered, as elements; its length was limited when it was read.

import { setImmediate } from "node:timers/promises";
import { BridgeError } from "../../core/errors.ts";
import { decodeXml } from "../shared/xml/decode.ts";
import { strictParser, type XmlEvents } from "../shared/xml/strict-parser.ts";

export interface Element {
  readonly local: string;
  readonly uri: string;
  readonly children: readonly Element[];
  /** All text directly below it, as it stands. */
  readonly text: string;
}

const LIMITS = { deepest: 64, mostAttributes: 100 };
const MOST_ELEMENTS = 2_000_000;
/** Characters that are read without a pause: some 20 ms. */
const PIECE = 256 * 1024;

function refuse(what: string, detail?: string): never {
  throw new BridgeError("REPLY_INVALID", `the answer ${what}`, { stage: "deliver", detail });
}

interface Open extends Element {
  readonly children: Element[];
  text: string;
}

/** Throws REPLY_INVALID. Lets others have their turn while it reads a long one. */
export async function readXml(bytes: Uint8Array, contentType: string | undefined): Promise<Element> {
  const stack: Open[] = [];
  let root: Element | undefined;
  let count = 0;
  const events: XmlEvents = {
    open({ local, uri }) {
      if (++count > MOST_ELEMENTS) refuse(`has more than ${MOST_ELEMENTS} elements`);
      const open: Open = { local, uri, children: [], text: "" };
      const parent = stack.at(-1);
      if (parent) parent.children.push(open);
      else root = open;
      stack.push(open);
    },
    text(text) {
      const open = stack.at(-1);
      if (open) open.text += text;
    },
    close: () => void stack.pop(),
  };
  const text = decodeXml(bytes, contentType ?? "", refuse);
  const parser = strictParser(text, LIMITS, events, refuse);
  for (let at = 0; at < text.length; at += PIECE) {
    if (at > 0) await setImmediate();
    parser.write(text.slice(at, at + PIECE));
  }
  parser.close();
  return root ?? refuse("is not well-formed XML");
}

export function child(element: Element | undefined, local: string): Element | undefined {
  return element?.children.find((each) => each.local === local);
}

/** Trimmed; undefined where there is no such child, or it says nothing. */
export function childText(element: Element | undefined, local: string): string | undefined {
  const text = child(element, local)?.text.trim();
  return text === undefined || text === "" ? undefined : text;
}
