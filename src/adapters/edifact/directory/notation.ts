// Our notation of directories, read (docs/edifact-directories.md). One line per element, composite and segment, an indented tree per
// message:
//
//   release D96A
//   elements
//     3035 an..3 Party qualifier
//   composites
//     C082 Party identification details: 3039! 1131 3055
//   segments
//     NAD Name and address: 3035! C082 C058 C080 C059 3164 3229 3251 3207
//   messages
//     INVOIC Invoice message
//       UNH! BGM! DTM! 35 PAI
//       SG2 0..99: NAD! LOC 25 FII 5
//         SG3 0..9999: RFF! DTM 5
//
// `!` is required; a number behind a tag, or of up to three digits behind an element or composite, is how often it may stand there.

import { nearest } from "../../../core/options/nearest.ts";
import { invalid, LIMITS, type Release, type Service, type Tree } from "./release.ts";
import { readTree, type TreeLine } from "./notation-tree.ts";
import type { Component, CompositeDef, ElementDef, Place, SegmentDef } from "./types.ts";

const SECTIONS = ["elements", "composites", "segments", "messages"] as const;
type Section = (typeof SECTIONS)[number];

/** A line without comment; columns are counted from 1. */
interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

interface Reading {
  readonly file: string;
  name: string;
  readonly elements: Map<string, ElementDef>;
  readonly composites: Map<string, CompositeDef>;
  readonly segments: Map<string, SegmentDef>;
  readonly messages: Map<string, Tree>;
  readonly service: Service;
}

/** Throws EDIFACT_DIRECTORY with the place in the file. */
export function readNotation(text: string, file: string, service: Service): Release {
  const reading: Reading = {
    file,
    name: "",
    elements: new Map(),
    composites: new Map(),
    segments: new Map(),
    messages: new Map(),
    service,
  };
  const lines = linesOf(text, file);
  let section: Section | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.indent === 0) {
      section = headOf(reading, line, section);
      continue;
    }
    if (section === undefined) throw fault(reading, line, "an indented line stands before the first section");
    if (section === "messages") at = readMessage(reading, lines, at);
    else if (line.indent !== 2) throw fault(reading, line, `entries of ${section} are indented by two blanks`);
    else READERS[section](reading, line);
  }
  if (reading.name === "") throw invalid(file, 1, 1, "the file does not say its release: release D96A");
  const { name, elements, composites, segments, messages } = reading;
  return { name, elements, composites, segments, messages };
}

function linesOf(text: string, file: string): Line[] {
  const all = text.split(/\r\n|\n|\r/);
  if (all.length > LIMITS.lines) throw invalid(file, LIMITS.lines, 1, `more than ${LIMITS.lines} lines`);
  const lines: Line[] = [];
  for (const [index, raw] of all.entries()) {
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    if (raw.length > LIMITS.line) throw invalid(file, index + 1, 1, `more than ${LIMITS.line} characters`);
    const indent = raw.length - raw.trimStart().length;
    if (raw.slice(0, indent).includes("\t")) throw invalid(file, index + 1, 1, "a tab; indent with blanks");
    lines.push({ number: index + 1, indent, text: trimmed });
  }
  return lines;
}

function fault(reading: Reading, line: Line, message: string, offset = 0, hint?: string): Error {
  return invalid(reading.file, line.number, line.indent + 1 + offset, message, hint);
}

function headOf(reading: Reading, line: Line, before: Section | undefined): Section | undefined {
  const release = /^release +(\S.*)$/.exec(line.text)?.[1];
  if (release !== undefined) {
    if (reading.name !== "") throw fault(reading, line, "the release is named twice");
    reading.name = release;
    return before;
  }
  const section = SECTIONS.find((name) => name === line.text);
  if (section === undefined) {
    const near = nearest(line.text, SECTIONS);
    throw fault(
      reading,
      line,
      `expected release, ${SECTIONS.join(", ")}`,
      0,
      near && `Did you mean ${near}? Entries of a section are indented by two blanks.`,
    );
  }
  if (before !== undefined && SECTIONS.indexOf(section) <= SECTIONS.indexOf(before))
    throw fault(reading, line, `${section} stands behind ${before}; the order is ${SECTIONS.join(", ")}`);
  return section;
}

const READERS: Readonly<Record<Exclude<Section, "messages">, (reading: Reading, line: Line) => void>> = {
  elements: readElement,
  composites: readComposite,
  segments: readSegment,
};

function enter<T extends { readonly name: string }>(
  reading: Reading,
  into: Map<string, T>,
  id: string,
  definition: T,
  line: Line,
): void {
  if (into.has(id)) throw fault(reading, line, `${id} is defined twice`);
  into.set(id, definition);
}

const ELEMENT = /^(\d{4}) +(a|n|an)(\.\.)?(\d{1,6}) +(\S.*)$/;

function readElement(reading: Reading, line: Line): void {
  const [, id = "", type, dots, length, name = ""] = ELEMENT.exec(line.text) ?? [];
  if (type !== "a" && type !== "n" && type !== "an")
    throw fault(reading, line, "expected an element, as: 3035 an..3 Party qualifier");
  const most = Number(length);
  if (most < 1) throw fault(reading, line, `${id} has no length`);
  enter(reading, reading.elements, id, { id, name, type, least: dots ? 0 : most, most }, line);
}

/** `C082 Party identification details: 3039! 1131`, cut at its colon. */
function namedOf({ text }: Line): readonly [id: string, name: string, list: string] {
  const colon = text.indexOf(":");
  if (colon === -1) return [text, "", ""];
  const head = text.slice(0, colon);
  const blank = head.indexOf(" ");
  const list = text.slice(colon + 1).trimStart();
  return blank === -1 ? [head, "", list] : [head.slice(0, blank), head.slice(blank).trim(), list];
}

function readComposite(reading: Reading, line: Line): void {
  const [id, name, list] = namedOf(line);
  if (!/^[A-Z]\d{3}$/.test(id))
    throw fault(reading, line, "expected a composite, as: C082 Party identification details: 3039! 1131 3055");
  const parts = usesOf(reading, line, list).map(({ id: part, offset, ...use }): Component => {
    const element = reading.elements.get(part);
    if (element === undefined) throw unknown(reading, line, offset, part, "element", [...reading.elements.keys()]);
    return { ...use, element };
  });
  enter(reading, reading.composites, id, { id, name, parts }, line);
}

function readSegment(reading: Reading, line: Line): void {
  const [tag, name, list] = namedOf(line);
  if (!/^[A-Z][A-Z0-9]{2}$/.test(tag))
    throw fault(reading, line, "expected a segment, as: NAD Name and address: 3035! C082 C058 C080");
  const places = usesOf(reading, line, list).map(({ id, offset, ...use }): Place => {
    const element = reading.elements.get(id);
    if (element !== undefined) return { ...use, element };
    const composite = reading.composites.get(id);
    if (composite !== undefined) return { ...use, composite };
    const kind = /^\d/.test(id) ? "element" : "composite";
    throw unknown(reading, line, offset, id, kind, [...reading.elements.keys(), ...reading.composites.keys()]);
  });
  enter(reading, reading.segments, tag, { tag, name, places }, line);
}

function unknown(
  reading: Reading,
  line: Line,
  offset: number,
  id: string,
  kind: string,
  known: readonly string[],
): Error {
  const near = nearest(id, known);
  const hint = near === undefined ? `Define it in the section ${kind}s, above.` : `Did you mean ${near}?`;
  return fault(reading, line, `there is no ${kind} ${id}`, offset, hint);
}

interface UseOf {
  readonly id: string;
  /** Of its first character in the text of the line. */
  readonly offset: number;
  readonly required: boolean;
  readonly most: number;
}

/** `3039! 1131 C107 5` */
function usesOf(reading: Reading, line: Line, list: string): readonly UseOf[] {
  const start = line.text.length - list.length;
  const uses: UseOf[] = [];
  for (const { 0: token, index } of list.matchAll(/\S+/g)) {
    const offset = start + index;
    const last = uses.at(-1);
    if (/^\d{1,3}$/.test(token)) {
      if (last === undefined || last.most !== 1 || token === "0")
        throw fault(reading, line, `${token} stands behind nothing that could repeat`, offset);
      uses[uses.length - 1] = { ...last, most: Number(token) };
      continue;
    }
    const [, id, mark] = /^(\d{4}|[A-Z]\d{3})(!?)$/.exec(token) ?? [];
    if (id === undefined)
      throw fault(reading, line, `${token.slice(0, 20)} is neither an element, a composite nor a number`, offset);
    uses.push({ id, offset, required: mark === "!", most: 1 });
  }
  if (uses.length === 0) throw fault(reading, line, "it has no parts; they stand behind a colon");
  if (uses.length > LIMITS.places) throw fault(reading, line, `more than ${LIMITS.places} places`);
  return uses;
}

/** The line with the name at `at`, and the deeper ones behind it; the last line that belongs to it. */
function readMessage(reading: Reading, lines: readonly Line[], at: number): number {
  const line = lines[at]!;
  const type = /^([A-Z]{6})(?: .*)?$/.exec(line.text)?.[1];
  if (line.indent !== 2 || type === undefined)
    throw fault(reading, line, "expected a message, indented by two blanks, as: INVOIC Invoice message");
  if (reading.messages.has(type)) throw fault(reading, line, `${type} is defined twice`);
  let last = at;
  while ((lines[last + 1]?.indent ?? 0) > 2) last++;
  const tree: readonly TreeLine[] = lines.slice(at + 1, last + 1);
  if (tree.length === 0) throw fault(reading, line, `${type} has no segments`);
  const segmentOf = (tag: string) => reading.segments.get(tag) ?? reading.service(tag);
  reading.messages.set(type, readTree(tree, reading.file, segmentOf, [...reading.segments.keys()]));
  return last;
}
