// A directory as UNECE publishes it: EDSD (segments), EDCD (composites), EDED (elements), one file per message. EDSD and the messages say
// all; what EDCD and EDED say besides is held against it.

import { BridgeError } from "../../../../core/errors.ts";
import { LIMITS, plainName, type Release, type Service, type Tree } from "../release.ts";
import type { Component, CompositeDef, ElementDef, Place, SegmentDef } from "../types.ts";
import { messageOfText, type MessageText } from "./message-text.ts";
import { blocksOf, refuseLine, type TextFile, type TextLine } from "./text-lines.ts";
import { sentenceCase } from "./words.ts";

export type TextKind = "segments" | "composites" | "elements" | "message";

/** By content: names of files differ from release to release. undefined = indexes, letters. */
export function textKind({ lines }: TextFile): TextKind | undefined {
  const has = (pattern: RegExp): boolean => lines.some(({ text }) => pattern.test(text));
  if (has(/^\s*Message Type\s*:\s*[A-Z]{6}\b/)) return "message";
  if (has(/^\s*Function:/) && has(PLACE)) return "segments";
  // Code lists have representations, too, and are held against them as well.
  if (has(/^\s*Repr:/)) return "elements";
  return has(/^[\s*+X|#]*C\d{3}\s+\S/) && has(PLACE) ? "composites" : undefined;
}

export interface TextRelease extends Release {
  /** Of messages by their type. */
  readonly titles: ReadonlyMap<string, string>;
}

/** Throws EDIFACT_DIRECTORY with file and line. */
export function releaseOfText(files: readonly TextFile[], service: Service): TextRelease {
  const of = (kind: TextKind): readonly TextFile[] => files.filter((file) => textKind(file) === kind);
  const [edsd, ...more] = of("segments");
  if (edsd === undefined || more.length > 0) {
    const found = edsd === undefined ? "no file holds" : `${more.length + 1} files hold`;
    throw new BridgeError("EDIFACT_DIRECTORY", `${found} a segment directory (EDSD)`, {
      hint: "Give a folder with EDSD and the messages of one release (EDMD), EDCD and EDED beside them if they are there.",
    });
  }
  const building: Building = { file: edsd, elements: new Map(), composites: new Map(), segments: new Map() };
  for (const block of blocksOf(edsd)) readSegmentBlock(building, block, service);
  for (const file of of("elements")) compareElements(building, file);
  for (const file of of("composites")) compareComposites(building, file);
  const { elements, composites, segments } = building;
  const read = of("message").map((file) => messageOfText(file, (tag) => segments.get(tag) ?? service(tag)));
  return { name: releaseName(read), elements, composites, segments, ...messagesOf(read) };
}

function messagesOf(read: readonly MessageText[]): { messages: Map<string, Tree>; titles: Map<string, string> } {
  const messages = new Map<string, Tree>();
  const titles = new Map<string, string>();
  for (const { type, tree, title, file } of read) {
    if (messages.has(type))
      throw new BridgeError("EDIFACT_DIRECTORY", `${file}: ${type} is defined by another file, too`);
    messages.set(type, tree);
    titles.set(type, title);
  }
  return { messages, titles };
}

function releaseName(read: readonly MessageText[]): string {
  const names = new Map(read.map(({ release, file }) => [release, file]));
  const [name] = names.keys();
  if (name === undefined)
    throw new BridgeError("EDIFACT_DIRECTORY", "no file is a message (EDMD)", {
      hint: "They begin with Message Type, Version, Release.",
    });
  if (names.size === 1) return name;
  const shown = [...names].map(([release, file]) => `${release} (${file})`).slice(0, 5);
  throw new BridgeError("EDIFACT_DIRECTORY", `the messages are of several releases: ${shown.join(", ")}`, {
    hint: "Import each release by itself.",
  });
}

// ── EDSD ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Building {
  readonly file: TextFile;
  readonly elements: Map<string, ElementDef>;
  readonly composites: Map<string, CompositeDef>;
  readonly segments: Map<string, SegmentDef>;
}

/** `010    3035 PARTY QUALIFIER            M    1 an..3`; without number in older releases, without representation a composite. */
const PLACE =
  /^(\d{3})\s+[*+X|#]?\s*([A-Z]\d{3}|\d{4})\s+(\S.*?)\s+([MC])(?:\s+(\d{1,3}))?(?:\s+((?:an?|n)(?:\.\.)?\d+))?$/;
/** `       3039  Party identifier                 M      an..35` */
const PART = /^\s+[*+X|#]?\s*(\d{4})\s+(\S.*?)\s+([MC])(?:\s+\d{1,3})?\s+((?:an?|n)(?:\.\.)?\d+)$/;
const BEGINS = /^(?:\d{3}\s+[*+X|#]?\s*|\s+[*+X|#]?\s*)(?:[A-Z]\d{3}|\d{4})\s+\S/;

function readSegmentBlock(building: Building, block: readonly TextLine[], service: Service): void {
  const { file } = building;
  const [head, ...rest] = block;
  const [, tag, name] = /^[\s*+X|#]*([A-Z][A-Z0-9]{2})\s+(\S.*)$/.exec(head!.text) ?? [];
  if (tag === undefined || !rest.some(({ text }) => /^\s*Function:/.test(text))) return;
  if (building.segments.has(tag)) throw refuseLine(file, head!, `${tag} is defined twice`);
  const places: Place[] = [];
  let open:
    | {
        readonly id: string;
        readonly name: string;
        readonly parts: Component[];
        readonly line: TextLine;
        readonly use: { required: boolean; most: number };
      }
    | undefined;
  const close = (): void => {
    if (open === undefined) return;
    if (open.parts.length === 0) throw refuseLine(file, open.line, `${open.id} has no parts`);
    places.push({ ...open.use, composite: compositeOf(building, open, open.line) });
    open = undefined;
  };
  for (const row of rowsOf(rest)) {
    const [, , id = "", title = "", status, most = "1", repr] = PLACE.exec(row.text) ?? [];
    if (status !== undefined) {
      close();
      const use = { required: status === "M", most: Number(most) };
      if (repr === undefined && /^\d/.test(id)) throw refuseLine(file, row, `${id} has no representation`);
      if (repr === undefined) open = { id, name: sentenceCase(plainName(title)), parts: [], line: row, use };
      else places.push({ ...use, element: elementOf(building, id, title, repr, row) });
      continue;
    }
    const [, part = "", partTitle = "", partStatus, partRepr = ""] = PART.exec(row.text) ?? [];
    if (partStatus === undefined) continue;
    if (open === undefined) throw refuseLine(file, row, `${part} stands below no composite`);
    open.parts.push({
      required: partStatus === "M",
      most: 1,
      element: elementOf(building, part, partTitle, partRepr, row),
    });
  }
  close();
  if (service(tag) !== undefined) return;
  if (places.length === 0) throw refuseLine(file, head!, `${tag} has no elements`);
  if (places.length > LIMITS.places) throw refuseLine(file, head!, `${tag} has more than ${LIMITS.places} places`);
  building.segments.set(tag, { tag, name: sentenceCase(plainName(name ?? "")), places });
}

/** Long names go on in the next line, which then holds the rest of the row. */
function rowsOf(lines: readonly TextLine[]): readonly TextLine[] {
  const rows: TextLine[] = [];
  for (let at = 0; at < lines.length; at++) {
    const { number, text } = lines[at]!;
    let row = text;
    for (let more = 1; more <= 2 && BEGINS.test(row) && !isRow(row); more++) {
      const next = lines[at + more]?.text;
      if (next === undefined || BEGINS.test(next)) break;
      row = `${row} ${next.trim()}`;
      if (isRow(row)) at += more;
    }
    rows.push({ number, text: isRow(row) ? row : text });
  }
  return rows;
}

function isRow(text: string): boolean {
  return PLACE.test(text) || PART.test(text);
}

function elementOf(building: Building, id: string, title: string, repr: string, line: TextLine): ElementDef {
  const [, type = "", dots, length] = /^(an?|n)(\.\.)?(\d+)$/.exec(repr) ?? [];
  const most = Number(length);
  const name = sentenceCase(plainName(title));
  const element = { id, name, type: type as ElementDef["type"], least: dots ? 0 : most, most };
  const before = building.elements.get(id);
  if (before === undefined) building.elements.set(id, element);
  else if (before.type !== element.type || before.most !== most || before.least !== element.least)
    throw refuseLine(building.file, line, `${id} is ${repr} here and something else above`);
  return building.elements.get(id)!;
}

function compositeOf(building: Building, given: CompositeDef, line: TextLine): CompositeDef {
  const { id, name, parts } = given;
  const before = building.composites.get(id);
  if (before === undefined) building.composites.set(id, { id, name, parts });
  else if (signature(before) !== signature(given))
    throw refuseLine(building.file, line, `${id} has other parts here than above`);
  return building.composites.get(id)!;
}

function signature({ parts }: Pick<CompositeDef, "parts">): string {
  return parts.map(({ element, required }) => `${element.id}${required ? "!" : ""}`).join(" ");
}

// ── EDCD, EDED ──────────────────────────────────────────────────────────────────────────────────────────────────

function compareElements({ elements }: Building, file: TextFile): void {
  for (const block of blocksOf(file)) {
    const id = /^[\s*+X|#]*(\d{4})\s+\S/.exec(block[0]!.text)?.[1];
    const line = block.find(({ text }) => /^\s*Repr:/.test(text));
    const repr = /Repr:\s*((?:an?|n)(?:\.\.)?\d+)/.exec(line?.text ?? "")?.[1];
    const known = elements.get(id ?? "");
    if (known === undefined || line === undefined || repr === undefined) continue;
    const ours = `${known.type}${known.least === known.most ? "" : ".."}${known.most}`;
    if (ours !== repr) throw refuseLine(file, line, `${known.id} is ${repr} here and ${ours} in the segment directory`);
  }
}

function compareComposites({ composites }: Building, file: TextFile): void {
  for (const block of blocksOf(file)) {
    const id = /^[\s*+X|#]*([A-Z]\d{3})\s+\S/.exec(block[0]!.text)?.[1];
    const known = composites.get(id ?? "");
    if (known === undefined) continue;
    const parts = rowsOf(block.slice(1)).flatMap(({ text }) => {
      const [, , part, , status] = PLACE.exec(text) ?? [];
      return part === undefined ? [] : [`${part}${status === "M" ? "!" : ""}`];
    });
    if (parts.join(" ") !== signature(known))
      throw refuseLine(file, block[0]!, `${known.id} has other parts here than in the segment directory`);
  }
}
