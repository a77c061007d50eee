// `map.pdf` of a bridge file: what stands there, checked before there is a record.

import { FORMULA, type Sketch, type SketchProblem } from "../../../core/contract.ts";
import { asBridgeError } from "../../../core/errors.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { fillingOf, type Form, openForm } from "./form.ts";
import { isFilling, pointer, type Step, walkFields } from "./walk.ts";

export interface Plan {
  readonly form: Form | undefined;
  readonly flatten: boolean;
  readonly problems: readonly SketchProblem[];
}

type SketchObject = { readonly [name: string]: Sketch };

const TOP = ["form", "fields", "flatten", "page", "embed", "title"];
const PAGE = ["title", "lines", "footer"];
const LINE = ["label", "value"];
const EMBED = ["name", "content", "base64", "mediaType", "description", "relationship"];
export const RELATIONSHIPS = ["Alternative", "Data", "Source", "Supplement", "Unspecified"] as const;

/** `readForm` throws where there is no such file. */
export function planOf(sketch: Sketch, readForm: (path: string) => Uint8Array): Plan {
  const problems: SketchProblem[] = [];
  const report = (path: readonly Step[], message: string, hint?: string): void =>
    void problems.push({ path: pointer(path), message: `${named(path)} ${message}`, hint });
  const top = isObject(sketch) ? sketch : {};
  if (!isObject(sketch))
    report([], "is not a form to fill in or a page to make", "pdf: { form: antrag.pdf, fields: { … } }");
  unknownKeys(top, TOP, [], report);
  const hasForm = top["form"] !== undefined;
  if (hasForm === (top["page"] !== undefined)) report([], "needs either form or page");
  if (!hasForm) {
    for (const key of ["fields", "flatten"]) if (key in top) report([key], "goes with form only");
  }
  const form = hasForm ? formOf(top["form"], readForm, report) : undefined;
  if (form) checkFields(top["fields"], form, report);
  checkPage(top["page"], report);
  checkEmbed(top["embed"], report);
  textOrFormula(top["title"], ["title"], report);
  return { form, flatten: flattenOf(top["flatten"], report), problems };
}

/** `map.pdf.embed[2].name`. */
function named(path: readonly Step[]): string {
  return path.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step + 1}]` : `${name}.${step}`),
    "map.pdf",
  );
}

type Report = (path: readonly Step[], message: string, hint?: string) => void;

function isObject(sketch: Sketch): sketch is SketchObject {
  return typeof sketch === "object" && sketch !== null && !Array.isArray(sketch);
}

function unknownKeys(object: SketchObject, known: readonly string[], path: readonly Step[], report: Report): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const likely = nearest(key, known);
    report([...path, key], `is unknown here; there are ${known.join(", ")}`, likely && `Did you mean ${likely}?`);
  }
}

function textOrFormula(sketch: Sketch, path: readonly Step[], report: Report): void {
  if (sketch !== undefined && sketch !== FORMULA && typeof sketch !== "string") report(path, "is one text or formula");
}

function flattenOf(sketch: Sketch, report: Report): boolean {
  if (sketch !== undefined && sketch !== "true" && sketch !== "false")
    report(["flatten"], "is true or false, not a formula");
  return sketch === "true";
}

function formOf(sketch: Sketch, readForm: (path: string) => Uint8Array, report: Report): Form | undefined {
  if (typeof sketch !== "string") {
    report(["form"], "is the name of a file beside the bridge file, not a formula");
    return undefined;
  }
  try {
    return openForm(readForm(sketch));
  } catch (cause) {
    const { message, hint } = asBridgeError(cause, "map");
    report(["form"], `cannot be used: ${message}`, hint);
    return undefined;
  }
}

function checkFields(fields: Sketch, form: Form, report: Report): void {
  if (fields === undefined || fields === FORMULA) return;
  if (!isObject(fields)) {
    report(["fields"], "is an object with the names of fields");
    return;
  }
  walkFields(fields, form, ["fields"], {
    unknown: (path, name) => {
      const likely = nearest(name, form.names);
      report(path, "names no field of the form", likely === undefined ? listed(form.names) : `Did you mean ${likely}?`);
    },
    field: (path, field, sketch) => {
      const given = literalOf(sketch);
      if (given === undefined) return;
      const filling = fillingOf(field, given, "");
      if (!isFilling(filling)) report(path, filling.message, filling.hint);
    },
  });
}

/** undefined = a formula has a say in it. */
function literalOf(sketch: Sketch): string | readonly string[] | undefined {
  if (typeof sketch === "string") return sketch;
  return Array.isArray(sketch) && sketch.every((item) => typeof item === "string") ? sketch : undefined;
}

function listed(names: readonly string[]): string {
  return `There are ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`;
}

function checkPage(page: Sketch, report: Report): void {
  if (page === undefined) return;
  if (!isObject(page)) {
    report(["page"], "is an object", "page: { title: …, lines: [ { label: Name, value: = NAME } ], footer: … }");
    return;
  }
  unknownKeys(page, PAGE, ["page"], report);
  for (const key of ["title", "footer"]) textOrFormula(page[key], ["page", key], report);
  const { lines } = page;
  if (lines === undefined || lines === FORMULA) return;
  if (!Array.isArray(lines)) {
    report(["page", "lines"], "is a list of lines", "lines: [ { label: Name, value: = NAME } ]");
    return;
  }
  (lines as readonly Sketch[]).forEach((line, at) => {
    const path = ["page", "lines", at];
    if (!isObject(line)) return;
    unknownKeys(line, LINE, path, report);
    for (const key of LINE) textOrFormula(line[key], [...path, key], report);
  });
}

function checkEmbed(embed: Sketch, report: Report): void {
  if (embed === undefined || embed === FORMULA) return;
  if (!Array.isArray(embed)) {
    report(
      ["embed"],
      "is a list of files",
      "embed: [ { name: rechnung.xml, content: = XML, mediaType: application/xml } ]",
    );
    return;
  }
  (embed as readonly Sketch[]).forEach((file, at) => {
    const path = ["embed", at];
    if (!isObject(file)) return;
    unknownKeys(file, EMBED, path, report);
    for (const key of EMBED) textOrFormula(file[key], [...path, key], report);
    if (file["name"] === undefined) report(path, "needs a name");
    if ((file["content"] === undefined) === (file["base64"] === undefined))
      report(path, "needs either content or base64");
    const { relationship } = file;
    if (typeof relationship === "string" && !(RELATIONSHIPS as readonly string[]).includes(relationship)) {
      report([...path, "relationship"], `is one of ${RELATIONSHIPS.join(", ")}`);
    }
  });
}
