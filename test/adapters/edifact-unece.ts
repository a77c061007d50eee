// A release in the form in which UNECE publishes directories: columns, lines of dashes, bars at the right that show how far groups reach.

import type { Release, Tree } from "../../src/adapters/edifact/directory/release.ts";
import type { ElementDef, Use } from "../../src/adapters/edifact/directory/types.ts";

const RULE = `${"-".repeat(70)}\n`;
const WIDTH = 42;

/** `modern`: since syntax 4 the number of repeats stands in front of the representation. */
export interface Style {
  readonly modern: boolean;
  /** Draws with the characters of code page 437. */
  readonly drawn?: boolean;
}

export function edsd(release: Release, { modern }: Style): string {
  let text = "     EDSD   Segment directory\n\n";
  for (const { tag, name, places } of release.segments.values()) {
    text += `${RULE}\n     * ${tag}  ${name.toUpperCase()}\n\n       Function: To say something of\n                 the matter.\n\n`;
    for (const [at, place] of places.entries()) {
      const number = String((at + 1) * 10).padStart(3, "0");
      const repeats = modern ? `    ${place.most}` : "";
      if ("element" in place) {
        const { id, name: title } = place.element;
        text += `${row(`${number}  ${at === 1 ? "+" : " "} ${id} `, title.toUpperCase(), `${status(place)}${repeats} ${form(place.element)}`)}\n`;
        continue;
      }
      const { id, name: title, parts } = place.composite;
      text += row(`${number}    ${id} `, title.toUpperCase(), `${status(place)}${repeats}`);
      for (const part of parts)
        text += row(`       ${part.element.id}  `, part.element.name, `${status(part)}      ${form(part.element)}`);
      text += "\n";
    }
  }
  return text;
}

export function edcd(release: Release): string {
  let text = "     EDCD   Composite data element directory\n\n";
  for (const { id, name, parts } of release.composites.values()) {
    text += `${RULE}\n       ${id} ${name.toUpperCase()}\n\n       Desc: Something of the matter.\n\n`;
    for (const [at, part] of parts.entries()) {
      const number = String((at + 1) * 10).padStart(3, "0");
      text += row(`${number}    ${part.element.id}  `, part.element.name, `${status(part)}      ${form(part.element)}`);
    }
    text += "\n";
  }
  return text;
}

export function eded(release: Release): string {
  let text = "     EDED   Data element directory\n\n";
  for (const element of release.elements.values())
    text += `${RULE}\n     ${element.id}  ${element.name}\n\n     Desc: Something of the matter.\n\n     Repr: ${form(element)}\n\n`;
  return text;
}

export function edmd(release: Release, type: string, style: Style): string {
  const [version, number] = [release.name.slice(0, 1), release.name.slice(1)];
  const head =
    `                                         Message Type : ${type}\n                                         Version      : ${version}\n` +
    `                                         Release      : ${number}\n                                         Contr. Agency: UN\n\n` +
    `                              CONTENTS\n\n                   Probe message\n\n4.3.1  Segment table\n\n` +
    `4.3    Message structure\n\n4.3.1  Segment table\n\nPos    Tag Name                                      S   R\n\n`;
  const lines: Line[] = [];
  tableLines(release.messages.get(type)!, 0, lines);
  const text = lines.map((line, at) => tableRow(line, (at + 1) * 10)).join("");
  const table = style.drawn ? text.replaceAll(/-{3,}/g, (dashes) => "\u00c4".repeat(dashes.length)) : text;
  const bars = style.drawn
    ? table.replaceAll(/[-+|]+$/gm, (found) =>
        found.replaceAll("-", "\u00c4").replaceAll("|", "\u00b3").replaceAll("+", "\u00d9"),
      )
    : table;
  return head + bars;
}

interface Line {
  readonly group: string | undefined;
  readonly tag: string;
  readonly name: string;
  readonly use: Use;
  /** Groups open behind the line, itself included. */
  readonly depth: number;
  ends: number;
}

function tableLines(tree: Tree, depth: number, into: Line[]): void {
  for (const use of tree) {
    if (use.kind === "segment") {
      into.push({ group: undefined, tag: use.segment.tag, name: use.segment.name, use, depth, ends: 0 });
      continue;
    }
    into.push({ group: use.name.slice(2), tag: "", name: "", use, depth: depth + 1, ends: 0 });
    tableLines(use.children, depth + 1, into);
    into.at(-1)!.ends++;
  }
}

function tableRow({ group, tag, name, use, depth, ends }: Line, number: number): string {
  const left = group === undefined ? `${tag} ${name}` : `    ----- Segment group ${group.padEnd(2)} ------------------`;
  const start = `${String(number).padStart(5, "0")}   ${left.padEnd(46)} ${use.required ? "M" : "C"}   ${use.most}`;
  const bars = group === undefined ? "+".repeat(ends) + "|".repeat(depth - ends) : `+${"|".repeat(depth - 1)}`;
  const fill = group !== undefined || ends > 0 ? "-" : " ";
  return depth === 0 ? `${start}\n` : `${start}${fill.repeat(Math.max(76 - start.length - depth, 1))}${bars}\n`;
}

function status({ required }: Use): string {
  return required ? "M" : "C";
}

function form({ type, least, most }: ElementDef): string {
  return `${type}${least === most ? "" : ".."}${most}`;
}

/** Long names go on in the next line. */
function row(start: string, name: string, end: string): string {
  if (name.length <= WIDTH) return `${start}${name.padEnd(WIDTH)} ${end}\n`;
  const cut = name.lastIndexOf(" ", WIDTH);
  return `${start}${name.slice(0, cut)}\n${" ".repeat(start.length)}${name.slice(cut + 1).padEnd(WIDTH)} ${end}\n`;
}
