// A release in our notation, as `steg directory import` writes it and people review it.

import type { Release, Tree } from "./release.ts";
import type { Component, ElementDef, Place, Use } from "./types.ts";

/** `title` of a message by its type, and lines of comment at the top without `#`. */
export function printNotation(
  release: Release,
  comments: readonly string[],
  titles: ReadonlyMap<string, string> = new Map(),
): string {
  const lines = comments.map((line) => `# ${line}`.trimEnd());
  lines.push(`release ${release.name}`);
  if (release.elements.size > 0) lines.push("", "elements");
  for (const element of sorted(release.elements))
    lines.push(`  ${element.id} ${representation(element)} ${element.name}`);
  if (release.composites.size > 0) lines.push("", "composites");
  for (const { id, name, parts } of sorted(release.composites))
    lines.push(`  ${named(id, name)} ${parts.map(placeText).join(" ")}`);
  if (release.segments.size > 0) lines.push("", "segments");
  for (const { tag, name, places } of sorted(release.segments))
    lines.push(`  ${named(tag, name)} ${places.map(placeText).join(" ")}`);
  if (release.messages.size > 0) lines.push("", "messages");
  for (const [type, tree] of [...release.messages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`  ${type} ${titles.get(type) ?? ""}`.trimEnd());
    printTree(tree, "    ", lines);
  }
  return `${lines.join("\n")}\n`;
}

function sorted<T>(definitions: ReadonlyMap<string, T>): readonly T[] {
  return [...definitions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, definition]) => definition);
}

function named(id: string, name: string): string {
  return name === "" ? `${id}:` : `${id} ${name}:`;
}

/** `an..3`, `n8` */
export function representation({ type, least, most }: ElementDef): string {
  return least === most ? `${type}${most}` : `${type}..${most}`;
}

function placeText(place: Place | Component): string {
  return used("composite" in place ? place.composite.id : place.element.id, place);
}

function used(id: string, { required, most }: Use): string {
  return `${id}${required ? "!" : ""}${most === 1 ? "" : ` ${most}`}`;
}

function printTree(tree: Tree, indent: string, lines: string[]): void {
  let line: string[] = [];
  const flush = (): void => {
    if (line.length > 0) lines.push(`${indent}${line.join(" ")}`);
    line = [];
  };
  for (const use of tree) {
    if (use.kind === "segment") {
      line.push(used(use.segment.tag, use));
      continue;
    }
    flush();
    const own = use.children.findIndex(({ kind }) => kind === "group");
    const [head, rest] = own === -1 ? [use.children, []] : [use.children.slice(0, own), use.children.slice(own)];
    const segments = head.map((child) => (child.kind === "segment" ? used(child.segment.tag, child) : ""));
    lines.push(`${indent}${use.name} ${use.required ? 1 : 0}..${use.most}: ${segments.join(" ")}`);
    printTree(rest, `${indent}  `, lines);
  }
  flush();
}
