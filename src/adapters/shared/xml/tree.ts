// One record element → a record.
//
//   text only                 its text, as written; nothing but white space = absent
//   attributes                "@name"; namespace declarations are none of them
//   children                  by name; more than one of a name, or a name in `lists` = a list (absent items left out)
//   text beside attributes    "#text"; beside children too, all pieces of it joined
//
// Names are data: a record inherits nothing (see recordType).

import type { SaxesTagNS } from "saxes";
import type { Rec, Value } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { type OpenRecord, recordType } from "../records/record.ts";
import type { Tree } from "./picker.ts";
import type { Naming } from "./naming.ts";

const XSI = "http://www.w3.org/2001/XMLSchema-instance";
const XML = "http://www.w3.org/XML/1998/namespace";
/** Elements and attributes of one record. */
const MOST_NODES = 100_000;

const Element = recordType();

interface Open {
  readonly name: string;
  readonly uri: string;
  /** Below the record; kept only where `lists` asks for paths. */
  readonly path: string;
  text: string;
  content: OpenRecord | undefined;
  /** Namespace of each child name, and how often it came. */
  children: Map<string, { readonly uri: string; count: number }> | undefined;
}

/** `where` is the record's place, for messages. */
export function tree({ prefixes, lists }: Naming, where: string): Tree {
  let stack: Open[] = [];
  let nodes = 0;
  let problem: BridgeError | undefined;
  let record: Rec | undefined;

  function fail(cause: BridgeError): void {
    problem ??= cause;
    stack = [];
  }

  function nameOf(local: string, uri: string): string {
    if (prefixes.size === 0) return local;
    const prefix = prefixes.get(uri);
    return prefix === undefined ? local : `${prefix}:${local}`;
  }

  function ambiguous(name: string): void {
    const message = `${where}: two names that differ only in their namespace stand side by side`;
    fail(new BridgeError("XML_NAME_AMBIGUOUS", message, { stage: "decode", detail: name }));
  }

  function attributesOf(tag: SaxesTagNS, open: Open): void {
    for (const key in tag.attributes) {
      const { name, local, prefix, uri, value } = tag.attributes[key]!;
      if (prefix === "xmlns" || name === "xmlns") continue;
      const known = uri === XSI ? `xsi:${local}` : uri === XML ? `xml:${local}` : nameOf(local, uri);
      open.content ??= new Element();
      if (Object.hasOwn(open.content, `@${known}`)) {
        ambiguous(`@${known}`);
        return;
      }
      open.content[`@${known}`] = value;
      nodes++;
    }
  }

  function put(parent: Open, child: Open, value: Value): void {
    const { name, uri } = child;
    parent.children ??= new Map();
    parent.content ??= new Element();
    const { content } = parent;
    const earlier = parent.children.get(name);
    if (!earlier) {
      parent.children.set(name, { uri, count: 1 });
      content[name] = lists.has(child.path) ? (value === undefined ? [] : [value]) : value;
      return;
    }
    if (earlier.uri !== uri) {
      ambiguous(name);
      return;
    }
    const held = content[name];
    // The second of a name makes a list of it, unless it already is one.
    if (++earlier.count === 2 && !lists.has(child.path)) content[name] = held === undefined ? [] : [held];
    if (value !== undefined) (content[name] as Value[]).push(value);
  }

  return {
    fail,
    open(tag) {
      if (problem) return;
      const name = nameOf(tag.local, tag.uri);
      const parent = stack[stack.length - 1];
      const path = lists.size === 0 || !parent ? "" : parent.path === "" ? name : `${parent.path}/${name}`;
      const open: Open = { name, uri: tag.uri, path, text: "", content: undefined, children: undefined };
      stack.push(open);
      attributesOf(tag, open);
      if (++nodes > MOST_NODES) {
        const message = `${where}: the record has more than ${MOST_NODES} elements and attributes`;
        fail(new BridgeError("RECORD_TOO_LARGE", message, { stage: "decode" }));
      }
    },
    text(text) {
      const open = stack[stack.length - 1];
      if (open) open.text += text;
    },
    close() {
      const open = stack.pop();
      if (!open) return;
      const parent = stack[stack.length - 1];
      const value = valueOf(open);
      if (parent) put(parent, open, value);
      else record = typeof value === "object" ? (value as Rec) : textRecord(value);
    },
    record: () => problem ?? record ?? new Element(),
  };
}

function valueOf({ text, content }: Open): Value {
  const isBlank = !/[^ \t\r\n]/.test(text);
  if (!content) return isBlank ? undefined : text;
  if (!isBlank) content["#text"] = text;
  return content;
}

/** A record is an object even where its element holds nothing but text. */
function textRecord(value: Value): Rec {
  const record = new Element();
  if (value !== undefined) record["#text"] = value;
  return record;
}
