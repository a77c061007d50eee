// One pass over a document's bytes along the states of its elements. It answers "surely valid" or nothing: at the first thing that is not
// plain (a comment, a reference, a character that XML has not, an element or attribute that does not fit) it gives up.

import { isPlainNamespace, type Attributes, type Inside, type State, type SureText } from "../../mapping/surely.ts";
import { startsWith } from "../../mapping/sure-texts.ts";
import type { QName } from "../../mapping/types.ts";
import type { XsdModel } from "../model/output-schema.ts";
import { insideOf } from "./states.ts";

/** A state with the tags of one document's prefixes. */
interface Place {
  readonly tags: readonly Tag[];
  readonly mayEnd: boolean;
}

interface Tag {
  /** `<m:id` */
  readonly open: Uint8Array;
  /** `</m:id>` */
  readonly close: Uint8Array;
  /** What stands inside; made when a document first comes here. */
  inside: Within | undefined;
  readonly makeInside: () => Within;
  after: Place | undefined;
  readonly makeAfter: () => Place;
}

type Within =
  | { readonly kind: "text"; readonly text: SureText; readonly attributes: Attributes }
  | { readonly kind: "elements"; readonly start: Place; readonly attributes: Attributes }
  | { readonly kind: "unsure" };

/** A root with its prefixes: the same in all documents of a bridge. */
export interface Opening {
  readonly start: Place;
  readonly attributes: Attributes;
  readonly close: Uint8Array;
}

/** What stands before the content of the root. */
export interface Head {
  /** `m:r xmlns:m="urn:m"`: what an opening is known by. */
  readonly key: string;
  /** Where the attributes begin. */
  readonly at: number;
}

const DEPTH_MOST = 100;
const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const BRACKET = 0x5d;
const QUOTE = 0x22;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;

const encoder = new TextEncoder();
const DECLARES = [" xmlns=", " xmlns:"].map((start) => encoder.encode(start));

// ── the root's tag ──────────────────────────────────────────────────────────────────────────────────────────────

const NAME = "[A-Za-z_][A-Za-z0-9_.-]*";
const HEAD = new RegExp(
  `^(?:<\\?xml version="1\\.0" encoding="UTF-8"\\?>)?[ \\n]*<((?:${NAME}:)?${NAME})((?: (?:${NAME}:)?${NAME}="[ !#-%'-;=?-~]*")*)>$`,
);
const DECLARATION = / xmlns(?::([^=]+))?="([^"]*)"/g;
const HEAD_MOST = 4_096;

/** The root's start tag; undefined where it is none that can be followed. Up to its end all is ASCII. */
export function headOf(body: string): Head | undefined {
  const first = body.indexOf(">") + 1;
  const end = body.startsWith("<?") ? body.indexOf(">", first) + 1 : first;
  const match = end === 0 || end > HEAD_MOST ? null : HEAD.exec(body.slice(0, end));
  if (match === null) return undefined;
  const [, tag = "", attributes = ""] = match;
  const declarations = attributes.match(DECLARATION) ?? [];
  return { key: tag + declarations.join(""), at: end - 1 - attributes.length };
}

/** undefined where nothing can surely be said of the root. */
export function openingOf(model: XsdModel, key: string): Opening | undefined {
  const tag = /^[^ ]*/.exec(key)?.[0] ?? "";
  const prefixes = prefixesOf(key);
  const colon = tag.indexOf(":");
  const namespace = prefixes?.get(tag.slice(0, Math.max(colon, 0)));
  // Without a default namespace a name without prefix is in none.
  if (prefixes === undefined || (namespace === undefined && colon >= 0)) return undefined;
  const root = model.root({ namespace: namespace ?? "", local: tag.slice(colon + 1) });
  const inside = root && insideOf(root.content());
  if (inside?.kind !== "elements") return undefined;
  const start = placesFor(writing(prefixes))(inside.start);
  return { start, attributes: inside.attributes, close: encoder.encode(`</${tag}>`) };
}

/** Prefix → namespace, "" for the default. */
function prefixesOf(declarations: string): ReadonlyMap<string, string> | undefined {
  const prefixes = new Map<string, string>();
  for (const [, prefix = "", namespace = ""] of declarations.matchAll(DECLARATION)) {
    if (prefixes.has(prefix) || /^xml/i.test(prefix) || !isPlainNamespace(namespace)) return undefined;
    prefixes.set(prefix, namespace);
  }
  return prefixes;
}

/** How the document writes a name: with the first prefix of its namespace. undefined = it cannot. */
function writing(prefixes: ReadonlyMap<string, string>): (name: QName) => string | undefined {
  const first = new Map<string, string>();
  for (const [prefix, namespace] of prefixes) if (!first.has(namespace)) first.set(namespace, prefix);
  return ({ namespace, local }) => {
    if (namespace === "") return prefixes.has("") ? undefined : local;
    const prefix = first.get(namespace);
    return prefix === undefined ? undefined : prefix === "" ? local : `${prefix}:${local}`;
  };
}

function placesFor(write: (name: QName) => string | undefined): (state: State) => Place {
  const places = new Map<State, Place>();
  const placeOf = (state: State): Place => {
    let place = places.get(state);
    if (place === undefined) {
      place = { tags: state.next.flatMap(tagOf), mayEnd: state.mayEnd };
      places.set(state, place);
    }
    return place;
  };
  const withinOf = (inside: Inside): Within =>
    inside.kind === "elements" ? { ...inside, start: placeOf(inside.start) } : inside;
  const tagOf = ({ name, inside, to }: State["next"][number]): Tag[] => {
    const tag = write(name);
    if (tag === undefined) return [];
    return [
      {
        open: encoder.encode(`<${tag}`),
        close: encoder.encode(`</${tag}>`),
        inside: undefined,
        makeInside: () => withinOf(inside()),
        after: undefined,
        makeAfter: () => placeOf(to),
      },
    ];
  };
  return placeOf;
}

// ── the rest of it ──────────────────────────────────────────────────────────────────────────────────────────────

/** Whether the document is surely valid from `from` on, where its root's attributes begin. */
export function readsThrough(
  { start, attributes, close }: Opening,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const content = readAttributes(bytes, from, to, attributes, true);
  if (content < 0) return false;
  let at = readElements(bytes, content, to, start, close, 0);
  if (at < 0) return false;
  while (at < to && isBlank(bytes[at] as number)) at++;
  return at === to;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === TAB;
}

/** Where the element ends whose content begins at `from`; -1 = not surely. */
function readElements(
  bytes: Uint8Array,
  from: number,
  to: number,
  start: Place,
  close: Uint8Array,
  depth: number,
): number {
  if (depth > DEPTH_MOST) return -1;
  // An element that may hold nothing may not hold blanks either.
  const blanks = start.tags.length > 0;
  let place = start;
  let at = from;
  for (;;) {
    while (blanks && isBlank(bytes[at] as number)) at++;
    if (bytes[at + 1] === SLASH) return place.mayEnd && endsWith(bytes, at, to, close) ? at + close.length : -1;
    const tag = tagAt(bytes, at, place);
    if (tag === undefined) return -1;
    const inside = (tag.inside ??= tag.makeInside());
    if (inside.kind === "unsure") return -1;
    at = readAttributes(bytes, at + tag.open.length, to, inside.attributes, false);
    if (at < 0) return -1;
    if (inside.kind === "text") at = readText(bytes, at, to, inside.text, tag.close);
    else at = readElements(bytes, at, to, inside.start, tag.close, depth + 1);
    if (at < 0) return -1;
    place = tag.after ??= tag.makeAfter();
  }
}

/** What lies behind the end are bytes of an earlier document. */
function endsWith(bytes: Uint8Array, at: number, to: number, close: Uint8Array): boolean {
  return at + close.length <= to && startsWith(bytes, at, close);
}

function tagAt(bytes: Uint8Array, at: number, { tags }: Place): Tag | undefined {
  for (let i = 0; i < tags.length; i++) {
    const tag = tags[i] as Tag;
    if (!startsWith(bytes, at, tag.open)) continue;
    const next = bytes[at + tag.open.length];
    if (next === GREATER || next === SPACE) return tag;
  }
  return undefined;
}

/** From behind the tag's name to behind its `>`; -1 = not surely. Declarations of prefixes were looked at before, where there may be any. */
function readAttributes(
  bytes: Uint8Array,
  from: number,
  to: number,
  { known, required }: Attributes,
  declares: boolean,
): number {
  let at = from;
  let found = 0;
  while (bytes[at] !== GREATER) {
    if (declares && DECLARES.some((start) => startsWith(bytes, at, start))) {
      at = valueEnd(bytes, bytes.indexOf(QUOTE, at) + 1, to, true) + 1;
      continue;
    }
    const index = known.findIndex(({ start }) => startsWith(bytes, at, start));
    const attribute = known[index];
    if (attribute === undefined || (found & (1 << index)) !== 0) return -1;
    found |= 1 << index;
    const start = at + attribute.start.length;
    const end = valueEnd(bytes, start, to, attribute.text.entities);
    if (end < 0 || !attribute.text.test(bytes, start, end)) return -1;
    at = end + 1;
  }
  return (found & required) === required && at < to ? at + 1 : -1;
}

/** Where the quote stands that ends the value; -1 where something is in it that is not plain. */
function valueEnd(bytes: Uint8Array, from: number, to: number, entities: boolean): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte === AMPERSAND) {
      const length = entities ? entityAt(bytes, at) : 0;
      if (length === 0) return -1;
      at += length - 1;
    } else if (byte < SPACE || byte === LESS || (byte === 0xef && !isPlain(bytes, at, byte))) return -1;
  }
  return -1;
}

function readText(bytes: Uint8Array, from: number, to: number, text: SureText, close: Uint8Array): number {
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === LESS) break;
    if (byte >= SPACE && byte < 0xef && byte !== AMPERSAND && byte !== GREATER) continue;
    if (byte === AMPERSAND) {
      const length = text.entities ? entityAt(bytes, at) : 0;
      if (length === 0) return -1;
      at += length - 1;
    } else if (!isPlain(bytes, at, byte)) return -1;
  }
  if (!text.test(bytes, from, at) || !endsWith(bytes, at, to, close)) return -1;
  return at + close.length;
}

/** Line ends and tabs; `>` but not behind `]`; not the two characters at the end of the first plane that XML has not. */
function isPlain(bytes: Uint8Array, at: number, byte: number): boolean {
  if (byte === GREATER) return bytes[at - 1] !== BRACKET;
  if (byte === 0xef) return bytes[at + 1] !== 0xbf || (bytes[at + 2] as number) < 0xbe;
  return byte > 0xef || byte === TAB || byte === LINE_FEED;
}

const ENTITIES = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"].map((entity) => encoder.encode(entity));

/** Length of the entity that every document knows, or 0. */
function entityAt(bytes: Uint8Array, at: number): number {
  return ENTITIES.find((entity) => startsWith(bytes, at, entity))?.length ?? 0;
}
