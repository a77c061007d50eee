// `map.x12`: what stands in the template beside the segments, and what is wrong with it before there is a record.
//
// Settings have small letters (delimiters, lineEnd, encoding, segments); ISA, GS, ST and the segments capital ones, as in a record.

import { FORMULA, type Sketch, type SketchProblem } from "../../core/contract.ts";
import { nearest } from "../../core/options/nearest.ts";
import { ENCODINGS, type Encoding, isEncoding } from "../shared/encodings/names.ts";
import { type Delimiters, isDelimiter, ISA_WIDTHS, repeats } from "./delimiters.ts";
import { elementName } from "./elements.ts";
import { type Loop, nearestRelease, PROFILED, profileOf } from "./profiles.ts";

export interface WritePlan {
  readonly delimiters: Delimiters;
  readonly lineEnd: string;
  readonly encoding: Encoding;
}

type SketchMap = { readonly [name: string]: Sketch };
type Report = (path: string, message: string, hint?: string) => void;

export const SETTINGS: readonly string[] = ["delimiters", "lineEnd", "encoding", "segments"];
export const HEADS: readonly string[] = ["ISA", "GS", "ST"];
const LINE_ENDS: Readonly<Record<string, string>> = { none: "", lf: "\n", crlf: "\r\n" };
const DEFAULTS: Delimiters = { element: "*", component: ">", repetition: "^", segment: "~" };
/** They come from the delimiters. */
const RECKONED: readonly string[] = ["ISA11", "ISA16"];

/** ISA12 where the template gives none. */
export const DEFAULT_VERSION = "00401";

/** GS01 of the transaction sets that stand alone in their groups (data element 479). */
export const GROUPS: Readonly<Record<string, string>> = {
  "810": "IN",
  "820": "RA",
  "846": "IB",
  "850": "PO",
  "855": "PR",
  "856": "SH",
  "860": "PC",
  "865": "CA",
  "940": "OW",
  "943": "AR",
  "944": "RE",
  "945": "SW",
  "997": "FA",
  "999": "FA",
};

export function planWriting(sketch: Sketch): { readonly plan: WritePlan; readonly problems: readonly SketchProblem[] } {
  const problems: SketchProblem[] = [];
  const report: Report = (path, message, hint) => problems.push({ path, message, hint });
  const plain: WritePlan = { delimiters: DEFAULTS, lineEnd: "", encoding: "utf-8" };
  if (!isMap(sketch)) {
    report("", "map.x12 is a map of ISA, GS, ST and the segments");
    return { plan: plain, problems };
  }
  const lineEnd = setting(sketch, "lineEnd", Object.keys(LINE_ENDS), report) ?? "none";
  const encoding = setting(sketch, "encoding", ENCODINGS, report) ?? "utf-8";
  const isa = checkHead(sketch, "ISA", 16, ["ISA06", "ISA08"], report);
  checkIsa(isa, report);
  const gs = checkHead(sketch, "GS", 8, [], report, false);
  const st = checkHead(sketch, "ST", 3, ["ST01"], report);
  const version = typeof isa["ISA12"] === "string" ? isa["ISA12"] : DEFAULT_VERSION;
  checkBody(sketch, st["ST01"], typeof gs["GS08"] === "string" ? gs["GS08"] : version, report);
  const delimiters = delimitersOf(sketch["delimiters"], version, report);
  return {
    plan: { delimiters, lineEnd: LINE_ENDS[lineEnd] ?? "", encoding: isEncoding(encoding) ? encoding : "utf-8" },
    problems,
  };
}

function isMap(sketch: Sketch): sketch is SketchMap {
  return typeof sketch === "object" && !Array.isArray(sketch);
}

/** Into a JSON pointer; names of X12 need no escapes. */
export function below(path: string, name: string | number): string {
  return `${path}/${name}`;
}

function setting(sketch: SketchMap, name: string, values: readonly string[], report: Report): string | undefined {
  const value = sketch[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && values.includes(value)) return value;
  const what = typeof value === "string" ? `must be one of ${values.join(", ")}` : "must be written out";
  report(
    `/${name}`,
    `${name} ${what}`,
    typeof value === "string" ? didYouMean(value, values) : `one of ${values.join(", ")}`,
  );
  return undefined;
}

function delimitersOf(sketch: Sketch, version: string, report: Report): Delimiters {
  const names = ["element", "component", "repetition", "segment"] as const;
  const given: Record<string, string> = {};
  if (sketch !== undefined && !isMap(sketch)) report("/delimiters", `delimiters is a map of ${names.join(", ")}`);
  for (const [name, value] of isMap(sketch) ? Object.entries(sketch) : []) {
    const path = `/delimiters/${name}`;
    if (!(names as readonly string[]).includes(name)) {
      report(path, `there is no delimiter ${name}`, didYouMean(name, names));
    } else if (typeof value !== "string" || !isDelimiter(value)) {
      report(path, "a delimiter is one character, written out, and no letter, digit or blank");
    } else given[name] = value;
  }
  const all = { ...DEFAULTS, ...given };
  const used = names.filter((name) => name !== "repetition" || repeats(version)).map((name) => all[name]);
  if (new Set(used).size < used.length) report("/delimiters", "two delimiters are the same character");
  return { ...all, repetition: repeats(version) ? all.repetition : undefined };
}

// ── ISA, GS, ST ─────────────────────────────────────────────────────────────────────────────────────────────────

function checkHead(
  sketch: SketchMap,
  tag: string,
  elements: number,
  needed: readonly string[],
  report: Report,
  must = true,
): SketchMap {
  const head = sketch[tag];
  if (head === undefined && !must) return {};
  if (!isMap(head)) {
    report(
      head === undefined ? "" : `/${tag}`,
      `${tag} must be a map of its elements: ${tag}: { ${needed[0] ?? `${tag}01`}: … }`,
    );
    return {};
  }
  const known = Array.from({ length: elements }, (_, at) => elementName(tag, at + 1));
  for (const [name, value] of Object.entries(head)) {
    if (!known.includes(name)) report(`/${tag}/${name}`, `${tag} has no element ${name}`, didYouMean(name, known));
    else if (isMap(value) || Array.isArray(value)) report(`/${tag}/${name}`, `${name} is one text or one formula`);
  }
  for (const name of needed) if (head[name] === undefined) report(`/${tag}`, `${tag} lacks ${name}`);
  return head;
}

function checkIsa(isa: SketchMap, report: Report): void {
  for (const name of RECKONED) {
    if (isa[name] !== undefined) report(`/ISA/${name}`, `${name} comes from delimiters`, "leave it out");
  }
  for (const [at, width] of ISA_WIDTHS.entries()) {
    const name = elementName("ISA", at + 1);
    const value = isa[name];
    if (typeof value === "string" && value.length > width) {
      report(`/ISA/${name}`, `${name} has ${width} characters, the text has ${value.length}`);
    }
  }
  const version = isa["ISA12"];
  if (version === FORMULA) report("/ISA/ISA12", "ISA12 must be written out: it decides about the delimiters");
  else if (typeof version === "string" && !/^00[2-9]\d\d$/.test(version)) {
    report("/ISA/ISA12", "ISA12 is a version such as 00401 or 00501");
  }
}

// ── segments ────────────────────────────────────────────────────────────────────────────────────────────────────

function checkBody(sketch: SketchMap, set: Sketch, version: string, report: Report): void {
  const names = Object.keys(sketch).filter((name) => !SETTINGS.includes(name) && !HEADS.includes(name));
  if (sketch["segments"] !== undefined) {
    checkListed(sketch["segments"], report);
    for (const name of names)
      report(`/${name}`, `${name} stands beside segments, which already is the whole transaction set`);
    return;
  }
  const profile = typeof set === "string" ? profileOf(set, nearestRelease(version)) : undefined;
  if (profile) checkParts(sketch, "", profile, report);
  else if (set !== undefined) {
    const known = `by name are written ${PROFILED.join(", ")}`;
    report(
      "",
      `the order of the segments of this transaction set is not known: ${known}`,
      "segments: [ { tag: …, … } ]",
    );
  }
}

function checkListed(sketch: Sketch, report: Report): void {
  if (sketch === FORMULA) return;
  if (!Array.isArray(sketch)) {
    report("/segments", "segments is a list: [ { tag: BEG, BEG01: …, … } ]");
    return;
  }
  for (const [at, one] of (sketch as readonly Sketch[]).entries()) {
    const path = `/segments/${at}`;
    if (one === FORMULA) continue;
    const tag = isMap(one) ? one["tag"] : undefined;
    if (!isMap(one) || tag === undefined)
      report(path, "a segment is a map of its tag and its elements: { tag: BEG, BEG01: … }");
    else if (typeof tag === "string") checkElements(one, path, tag, new Set(["tag"]), report);
  }
}

function checkParts(sketch: SketchMap, path: string, loop: Loop, report: Report): void {
  for (const [name, value] of Object.entries(sketch)) {
    if (path === "" && (SETTINGS.includes(name) || HEADS.includes(name))) continue;
    if (path !== "" && isElementOf(name, loop.tag)) continue;
    const place = below(path, name);
    const part = loop.parts.get(name);
    if (!part) {
      const what = loop.tag === "" ? "the transaction set has no segment" : `${loop.tag} has no element and no segment`;
      report(
        place,
        `${what} ${name} here`,
        didYouMean(name, [...loop.parts.keys(), ...(path === "" ? [...SETTINGS, ...HEADS] : [])]),
      );
      continue;
    }
    const items: readonly Sketch[] = Array.isArray(value) ? (value as readonly Sketch[]) : [value];
    if (part.single && items.length > 1) report(place, `${name} stands there once`);
    for (const [at, item] of items.entries()) {
      const where = Array.isArray(value) ? below(place, at) : place;
      if (item === FORMULA || item === undefined) continue;
      if (!isMap(item)) report(where, `${name} is a segment: a map of its elements, or a list of such`);
      else {
        checkElements(item, where, name, new Set(part.loop?.parts.keys()), report);
        if (part.loop) checkParts(item, where, part.loop, report);
      }
    }
  }
  for (const [tag, { must }] of loop.parts) {
    if (must && sketch[tag] === undefined)
      report(path, `${loop.tag || "the transaction set"} lacks ${tag}, which it must have`);
  }
}

function checkElements(sketch: SketchMap, path: string, tag: string, parts: ReadonlySet<string>, report: Report): void {
  // What else stands in a loop is looked at with the loop.
  const isLoop = parts.size > 0 && !parts.has("tag");
  for (const [name, value] of Object.entries(sketch)) {
    if (parts.has(name)) continue;
    if (isElementOf(name, tag)) checkElement(value, below(path, name), name, report);
    else if (!isLoop) report(below(path, name), `${tag} has elements ${tag}01 to ${tag}99, and no ${name}`);
  }
}

/** Text, formula, components, or repetitions of these. */
function checkElement(value: Sketch, path: string, name: string, report: Report): void {
  const items: readonly Sketch[] = Array.isArray(value) ? (value as readonly Sketch[]) : [value];
  for (const item of items) {
    if (!isMap(item)) continue;
    const wrong = Object.keys(item).find((key) => !/^C[1-9]\d?$/.test(key));
    if (wrong !== undefined) report(below(path, wrong), `${name} has components C1, C2 …, and no ${wrong}`);
  }
}

export function isElementOf(name: string, tag: string): boolean {
  return name.length === tag.length + 2 && name.startsWith(tag) && /^(?!00)\d\d$/.test(name.slice(tag.length));
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}
