// Two answers side by side: where they differ, by paths without positions and without values.

import { canonicalText, canonicalValue, keyOf, type Canon } from "./canonical.ts";
import type { XmlNode } from "./canonical-xml.ts";
import type { Reply } from "../contract.ts";

export interface Difference {
  // `/body/positionen/*/preis`; of XML `/body/antwort/name/@art`.
  readonly path: string;
  /** Of the bridge's target and of the successor, as canonical text; undefined = nothing is there. Values: never kept. */
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/** More are not told apart. */
const MOST_DIFFERENCES = 50;
const MOST_PATH = 300;

/** What is compared of an answer: status, fault and body. Throws RangeError where it is too large to compare. */
export function canonicalReply({ status, fault, body, bytes, contentType, headers }: Reply): Canon {
  const type = contentType ?? headers?.["content-type"];
  const text = bytes ? Buffer.from(bytes).toString("utf8") : typeof body === "string" ? body : undefined;
  if ((text?.length ?? 0) > MOST_TEXT) throw new RangeError("too long");
  const entries = new Map<string, Canon>();
  if (status !== undefined) entries.set("status", canonicalValue(status));
  if (fault) entries.set("fault", canonicalValue(fault));
  entries.set("body", text === undefined ? canonicalValue(body) : canonicalText(text, type));
  return { kind: "map", entries };
}

const MOST_TEXT = 1 << 20;

export function differences(ours: Canon, theirs: Canon): readonly Difference[] {
  const found = new Map<string, Difference>();
  const note = (path: string, a: string | undefined, b: string | undefined): void => {
    const short = path.slice(0, MOST_PATH);
    if (found.size < MOST_DIFFERENCES && !found.has(short)) found.set(short, { path: short, ours: a, theirs: b });
  };
  const visit = (a: Canon, b: Canon, path: string): void => {
    if (a.kind === "map" && b.kind === "map") {
      for (const key of new Set([...a.entries.keys(), ...b.entries.keys()]))
        both(a.entries.get(key), b.entries.get(key), `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    } else if (a.kind === "list" && b.kind === "list") {
      for (let at = 0; at < Math.max(a.items.length, b.items.length); at++) both(a.items[at], b.items[at], `${path}/*`);
    } else if (a.kind === "element" && b.kind === "element") {
      elements(a.node, b.node, path, note);
    } else if (keyOf(a) !== keyOf(b)) note(path, keyOf(a), keyOf(b));
  };
  const both = (a: Canon | undefined, b: Canon | undefined, path: string): void => {
    if (a && b) visit(a, b, path);
    else note(path, a && keyOf(a), b && keyOf(b));
  };
  visit(ours, theirs, "");
  return [...found.values()];
}

type Note = (path: string, ours: string | undefined, theirs: string | undefined) => void;

/** By position: in XML the order of elements says something. */
function elements(a: XmlNode, b: XmlNode, above: string, note: Note): void {
  const path = `${above}/${a.local}`;
  if (a.name !== b.name) return note(path, a.name, b.name);
  for (const name of new Set([...a.attributes.keys(), ...b.attributes.keys()])) {
    const [one, other] = [a.attributes.get(name), b.attributes.get(name)];
    if (one !== other) note(`${path}/@${name.replace(/^\{.*\}/u, "")}`, one, other);
  }
  if (a.text !== b.text) note(path, a.text, b.text);
  for (let at = 0; at < Math.max(a.children.length, b.children.length); at++) {
    const [one, other] = [a.children[at], b.children[at]];
    if (one && other) elements(one, other, path, note);
    else
      note(
        `${path}/${(one ?? other)?.local}`,
        one && keyOf({ kind: "element", node: one }),
        other && keyOf({ kind: "element", node: other }),
      );
  }
}

export interface Ignored {
  /** As the paths above; `*` stands for one part. What lies below is ignored, too. */
  readonly path: string;
  readonly reason: string;
  /** The last day on which it is. */
  readonly until: string;
}

/** Why this difference is none, on that day; undefined = nobody has explained it. */
export function explanationOf(path: string, ignore: readonly Ignored[], today: string): Ignored | undefined {
  const parts = path.split("/");
  return ignore.find((one) => {
    const wanted = one.path.split("/");
    return (
      today <= one.until &&
      wanted.length <= parts.length &&
      wanted.every((part, at) => part === "*" || part === parts[at])
    );
  });
}
