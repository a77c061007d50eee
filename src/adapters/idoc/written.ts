// `map.idoc`: what stands in the template beside the segments, and what is wrong with it before there is a record.
//
// Settings have small letters (form, dictionary, encoding, lineEnd), the control record and segments capital ones.

import { FORMULA, type Sketch, type SketchProblem } from "../../core/contract.ts";
import { nearest } from "../../core/options/nearest.ts";
import { ENCODINGS, type Encoding, isEncoding } from "../shared/encodings/names.ts";
import { CONTROL, CONTROL_FIELDS } from "./control.ts";
import type { Dictionary, Field, Occurrence } from "./dictionary.ts";
import { readDictionary } from "./dictionary-file.ts";
import { SHIPPED_TYPES, shippedDictionary } from "./shipped.ts";

export interface WritePlan {
  readonly form: "flat" | "xml";
  /** undefined: names stand as the template has them; IDoc-XML only. */
  readonly dictionary: Dictionary | undefined;
  readonly encoding: Encoding;
  readonly lineEnd: string;
}

export type SketchMap = { readonly [name: string]: Sketch };

const SETTINGS = ["form", "dictionary", "encoding", "lineEnd"] as const;
const LINE_ENDS: Readonly<Record<string, string>> = { lf: "\n", crlf: "\r\n", none: "" };
/** Without these SAP takes no IDoc in. */
const NEEDED = ["IDOCTYP", "MESTYP", "SNDPRT", "SNDPRN"];

type Report = (path: string, message: string, hint?: string) => void;

/** Throws IDOC_DICTIONARY. The plan is good for writing only where there are no problems. */
export function planWriting(
  sketch: Sketch,
  readFile: (path: string) => Uint8Array,
): { readonly plan: WritePlan; readonly problems: readonly SketchProblem[] } {
  const problems: SketchProblem[] = [];
  const report: Report = (path, message, hint) => problems.push({ path, message, hint });
  const plain: WritePlan = { form: "flat", dictionary: undefined, encoding: "utf-8", lineEnd: "\n" };
  if (!isMap(sketch)) {
    report("", "map.idoc is a map of the control record EDI_DC40 and the segments");
    return { plan: plain, problems };
  }
  const form = setting(sketch, "form", ["flat", "xml"], report) ?? "flat";
  const encoding = setting(sketch, "encoding", ENCODINGS, report) ?? "utf-8";
  const lineEnd = setting(sketch, "lineEnd", Object.keys(LINE_ENDS), report) ?? "lf";
  if (form === "xml") {
    for (const name of ["encoding", "lineEnd"] as const) {
      if (sketch[name] !== undefined)
        report(`/${name}`, `${name} is for form: flat; IDoc-XML is UTF-8`, "leave it out");
    }
  }
  checkControl(sketch[CONTROL], report);
  const dictionary = dictionaryOf(sketch, form, readFile, report);
  if (dictionary) checkSegments(sketch, "", "", dictionary, form === "flat", report);
  const plan: WritePlan = {
    form: form === "xml" ? "xml" : "flat",
    dictionary,
    encoding: isEncoding(encoding) ? encoding : "utf-8",
    lineEnd: LINE_ENDS[lineEnd] ?? "\n",
  };
  return { plan, problems };
}

export function isMap(sketch: Sketch): sketch is SketchMap {
  return typeof sketch === "object" && !Array.isArray(sketch);
}

/** Names of the settings, which are no segments. */
export function isSetting(name: string): boolean {
  return (SETTINGS as readonly string[]).includes(name);
}

/** Into a JSON pointer. */
export function below(path: string, name: string | number): string {
  return `${path}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function setting(sketch: SketchMap, name: string, values: readonly string[], report: Report): string | undefined {
  const value = sketch[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string") report(`/${name}`, `${name} must be written out`, `one of ${values.join(", ")}`);
  else if (!values.includes(value))
    report(`/${name}`, `${name} must be one of ${values.join(", ")}`, didYouMean(value, values));
  else return value;
  return undefined;
}

function dictionaryOf(
  sketch: SketchMap,
  form: string,
  readFile: (path: string) => Uint8Array,
  report: Report,
): Dictionary | undefined {
  const file = sketch["dictionary"];
  if (typeof file === "string") return readDictionary(readFile(file), file);
  if (file !== undefined) report("/dictionary", "dictionary must be written out", "a file in the folder of the bridge");
  const control = sketch[CONTROL];
  const type = isMap(control) ? control["IDOCTYP"] : undefined;
  const shipped = typeof type === "string" ? shippedDictionary(type) : undefined;
  if (shipped || file !== undefined || form === "xml") return shipped;
  if (type !== undefined) {
    const what = typeof type === "string" ? "for this basic type no dictionary is shipped" : "IDOCTYP is a formula";
    const hint = `dictionary: segments.csv; shipped are ${SHIPPED_TYPES.join(", ")}`;
    report(`/${CONTROL}/IDOCTYP`, `${what}, and a flat file needs one`, hint);
  }
  return undefined;
}

function checkControl(control: Sketch, report: Report): void {
  const path = `/${CONTROL}`;
  if (!isMap(control)) {
    report(control === undefined ? "" : path, `${CONTROL} must be a map of the fields of the control record`);
    return;
  }
  checkFields(control, path, CONTROL, CONTROL_FIELDS, new Map(), report);
  for (const name of NEEDED) {
    if (control[name] === undefined) report(path, `${CONTROL} lacks ${name}, without which SAP takes no IDoc in`);
  }
}

// ── segments ────────────────────────────────────────────────────────────────────────────────────────────────────

/** All that stands below one segment, or directly in the IDoc (parent ""). */
function checkSegments(
  sketch: SketchMap,
  path: string,
  parent: string,
  dictionary: Dictionary,
  isFlat: boolean,
  report: Report,
): void {
  const places = dictionary.places.get(parent) ?? new Map<string, Occurrence>();
  const own = dictionary.segments.get(parent)?.fields ?? [];
  if (parent !== "") checkFields(sketch, path, parent, own, places, report);
  for (const [name, value] of Object.entries(sketch)) {
    if (parent === "" && (isSetting(name) || name === CONTROL)) continue;
    const place = places.get(name);
    if (place) checkSegment(value, below(path, name), place, dictionary, isFlat, report);
    else if (parent === "") report(below(path, name), ...misplaced(name, dictionary, places));
  }
  for (const [name, { least }] of places) {
    if (least > 0 && sketch[name] === undefined)
      report(path, `${parent || "the IDoc"} lacks ${name}, which it must have`);
  }
}

function checkSegment(
  value: Sketch,
  path: string,
  { segment, most }: Occurrence,
  dictionary: Dictionary,
  isFlat: boolean,
  report: Report,
): void {
  const { type, definition } = segment;
  if (isFlat && definition === undefined) {
    const hint = "in the dictionary, column definition: E2EDP01011, as WE60 shows it; IDoc-XML needs none";
    report(path, `the name of ${type} in flat files, with its version, is not known`, hint);
  }
  const items: readonly Sketch[] = Array.isArray(value) ? (value as readonly Sketch[]) : [value];
  if (items.length > most) report(path, `${type} stands there ${items.length} times, and may at most ${most}`);
  for (const [at, item] of items.entries()) {
    const place = Array.isArray(value) ? below(path, at) : path;
    if (item === FORMULA || item === undefined) continue;
    if (isMap(item)) checkSegments(item, place, type, dictionary, isFlat, report);
    else report(place, `${type} is a segment: a map of its fields, or a list of such`);
  }
}

function checkFields(
  sketch: SketchMap,
  path: string,
  type: string,
  fields: readonly Field[],
  places: ReadonlyMap<string, Occurrence>,
  report: Report,
): void {
  for (const [name, value] of Object.entries(sketch)) {
    if (places.has(name)) continue;
    const field = fields.find((one) => one.name === name);
    const place = below(path, name);
    if (!field) {
      const known = [...fields.map((one) => one.name), ...places.keys()];
      report(place, `${type} has no field and no segment ${name}`, didYouMean(name, known));
    } else if (value !== undefined && value !== FORMULA && typeof value !== "string") {
      report(place, `${type}.${name} is a field: one text or one formula`);
    } else if (typeof value === "string" && Array.from(value).length > field.to - field.from) {
      report(
        place,
        `${type}.${name} has ${field.to - field.from} characters, the text has ${Array.from(value).length}`,
      );
    }
  }
}

function misplaced(
  name: string,
  dictionary: Dictionary,
  places: ReadonlyMap<string, unknown>,
): [message: string, hint: string | undefined] {
  const parents = [...dictionary.places].flatMap(([parent, children]) => (children.has(name) ? [parent] : []));
  if (parents.length > 0) return [`${name} stands below ${parents.join(" or ")}`, undefined];
  const asType = dictionary.typeOf(name)?.type;
  if (asType !== undefined) return [`${name} is the name in files`, `write ${asType}`];
  return [`the dictionary has no segment ${name}`, didYouMean(name, [...places.keys(), CONTROL, ...SETTINGS])];
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}
