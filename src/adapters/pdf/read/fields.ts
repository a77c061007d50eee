// The fields of an interactive form (ISO 32000-1, 12.7) and what was filled in.
//
//   text field                its text; line ends are LF
//   check box                 true or false; several of one name with different values: the value of the ticked one
//   radio buttons             the value of the chosen one
//   list, combo box           the value of the chosen entry; a list where several can be chosen
//   buttons, signatures       left out; signatures are counted
//
// Unfilled = absent. A name is the partial names of the fields from the top, and each of them may hold dots itself: both are steps.

import { BridgeError } from "../../../core/errors.ts";
import { broken } from "./faults.ts";
import type { PdfDocument } from "./document.ts";
import { partialNames } from "./partial-names.ts";
import { nameText, pdfText } from "./texts.ts";
import { type Dict, isList, type PdfValue, Ref, Stream } from "./values.ts";

export type FieldValue = string | boolean | readonly string[];

export interface Field {
  /** From the top; at least one. */
  readonly path: readonly string[];
  readonly value: FieldValue | undefined;
}

export interface Form {
  readonly fields: readonly Field[];
  /** Signature fields that are signed. */
  readonly signatures: number;
  /** There is an XFA form beside it. */
  readonly xfa: boolean;
}

const DEEPEST = 32;

/** Tables 221, 226, 228 and 230. */
export const FLAGS = {
  readOnly: 1,
  multiline: 1 << 12,
  radio: 1 << 15,
  button: 1 << 16,
  editable: 1 << 18,
  multiple: 1 << 21,
};

/** What a field has from those above it where it says nothing itself (table 220). */
export interface Inherited {
  readonly type: string | undefined;
  readonly flags: number;
  readonly value: PdfValue | undefined;
  readonly options: PdfValue | undefined;
  /** Longest text, in characters. */
  readonly most: PdfValue | undefined;
  readonly path: readonly string[];
  /** As the file has it: partial names with dots between them. */
  readonly name: string;
}

export interface Terminal extends Inherited {
  /** Its appearances on pages: the field itself, or its children without a name. */
  readonly widgets: readonly Dict[];
}

/** Throws PDF_BROKEN, PDF_LIMIT, PDF_XFA, PDF_FIELD_TWICE. */
export function readForm(document: PdfDocument): Form {
  const form = document.dict(document.catalog.get("AcroForm"));
  const terminals = terminalsIn(document);
  const xfa = form?.has("XFA") ?? false;
  if (xfa && (terminals.length === 0 || document.resolve(document.catalog.get("NeedsRendering")) === true)) {
    throw new BridgeError("PDF_XFA", "the PDF holds an XFA form only", { stage: "decode" });
  }
  const fields: Field[] = [];
  let signatures = 0;
  for (const terminal of terminals) {
    if (terminal.type === "Sig" && document.dict(terminal.value)) signatures++;
    if (!holdsValue(terminal)) continue;
    fields.push({ path: terminal.path, value: valueOf(document, terminal) });
  }
  return { fields: once(fields), signatures, xfa };
}

/** Signatures are none, and buttons that are pressed hold nothing. */
export function holdsValue({ type, flags }: Terminal): boolean {
  if (type === "Btn") return (flags & FLAGS.button) === 0;
  return type === "Tx" || type === "Ch";
}

// ── tree ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** All fields that have no fields below them. Throws PDF_BROKEN, PDF_LIMIT. */
export function terminalsIn(document: PdfDocument): readonly Terminal[] {
  const form = document.dict(document.catalog.get("AcroForm"));
  const terminals: Terminal[] = [];
  const seen = new Set<number>();
  const meant = partialNames(document);
  function walk(value: PdfValue, above: Inherited, depth: number): void {
    // A field that is listed twice, or in a circle, is the same field.
    if (value instanceof Ref && seen.has(value.number)) return;
    if (value instanceof Ref) seen.add(value.number);
    if (depth > DEEPEST) throw broken(`its form fields are nested deeper than ${DEEPEST}`);
    const field = document.dict(value);
    if (!field) return;
    const own = ownOf(document, field, above, meant);
    const kids = document.list(field.get("Kids"));
    const named = kids.filter((kid) => document.dict(kid)?.has("T"));
    for (const kid of named) walk(kid, own, depth + 1);
    if (named.length > 0 || own.path.length === 0) return;
    const widgets = kids.flatMap((kid) => document.dict(kid) ?? []);
    terminals.push({ ...own, widgets: widgets.length > 0 ? widgets : [field] });
  }
  for (const field of document.list(form?.get("Fields"))) walk(field, TOP, 0);
  return terminals;
}

const TOP: Inherited = {
  type: undefined,
  flags: 0,
  value: undefined,
  options: undefined,
  most: undefined,
  path: [],
  name: "",
};

function ownOf(document: PdfDocument, field: Dict, above: Inherited, meant: (name: string) => string): Inherited {
  const bytes = document.bytes(field.get("T"));
  const name = bytes && pdfText(bytes, "the name of a form field");
  const steps = name === undefined ? [] : stepsOf(name, meant);
  return {
    type: document.name(field.get("FT")) ?? above.type,
    flags: document.number(field.get("Ff")) ?? above.flags,
    value: field.get("V") ?? above.value,
    options: field.get("Opt") ?? above.options,
    most: field.get("MaxLen") ?? above.most,
    name: name === undefined ? above.name : above.name === "" ? name : `${above.name}.${name}`,
    path: [...above.path, ...steps],
  };
}

/** Of a name as the file has it, partial or whole. */
export function stepsOf(name: string, meant: (name: string) => string): readonly string[] {
  return name
    .split(".")
    .filter((step) => step !== "")
    .map(meant);
}

/** Fields of one name are one field, drawn several times; with different values nobody knows which one is meant. */
function once(fields: readonly Field[]): readonly Field[] {
  const known = new Map<string, Field>();
  for (const field of fields) {
    const key = JSON.stringify(field.path);
    const earlier = known.get(key);
    if (!earlier || earlier.value === undefined) known.set(key, field);
    else if (field.value !== undefined && JSON.stringify(earlier.value) !== JSON.stringify(field.value)) {
      throw new BridgeError("PDF_FIELD_TWICE", "two form fields of one name have different values", {
        stage: "decode",
        detail: field.path.join("."),
      });
    }
  }
  return [...known.values()];
}

// ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────

function valueOf(document: PdfDocument, terminal: Terminal): FieldValue | undefined {
  switch (terminal.type) {
    case "Tx":
      return textOf(document, terminal.value);
    case "Btn":
      return buttonOf(document, terminal);
    case "Ch":
      return choiceOf(document, terminal);
    default:
      return undefined;
  }
}

/** A string, or a stream where it is long; a name where a producer knows no better. */
function textOf(document: PdfDocument, value: PdfValue | undefined): string | undefined {
  const found = document.resolve(value);
  const name = document.name(found);
  const bytes = found instanceof Stream ? document.unpacked(found) : document.bytes(found);
  const text = name === undefined ? bytes && pdfText(bytes, "a form field") : nameText(name);
  return text === undefined || text === "" ? undefined : text.replaceAll(/\r\n?/g, "\n");
}

function choiceOf(document: PdfDocument, { value, flags }: Terminal): FieldValue | undefined {
  const found = document.resolve(value);
  const isMultiple = (flags & FLAGS.multiple) !== 0;
  const texts = (isList(found) ? found : [found]).flatMap((one) => textOf(document, one) ?? []);
  if (texts.length === 0) return undefined;
  return isMultiple || texts.length > 1 ? texts : texts[0];
}

/** The state that is on; `Off` is none. */
function buttonOf(document: PdfDocument, terminal: Terminal): FieldValue | undefined {
  const states = new Set(terminal.widgets.flatMap((widget) => statesOf(document, widget)));
  const state = stateOf(document, terminal);
  const isOn = state !== undefined && state !== "Off";
  // Boxes of one name with values of their own are a choice, like radio buttons.
  if ((terminal.flags & FLAGS.radio) === 0 && states.size <= 1) return isOn;
  return isOn ? exportOf(document, terminal, state) : undefined;
}

function stateOf(document: PdfDocument, { value, widgets }: Terminal): string | undefined {
  const chosen = document.name(value);
  if (chosen !== undefined) return chosen;
  for (const widget of widgets) {
    const shown = document.name(widget.get("AS"));
    if (shown !== undefined && shown !== "Off") return shown;
  }
  return undefined;
}

/** Names of the states that an appearance has beside Off. */
export function statesOf(document: PdfDocument, widget: Dict): readonly string[] {
  const normal = document.dict(document.dict(widget.get("AP"))?.get("N"));
  return normal ? [...normal.keys()].filter((state) => state !== "Off") : [];
}

/** States that are numbers stand for entries of Opt (12.7.4.2.3), so that values may be any text. */
export function exportOf(document: PdfDocument, { options }: Inherited, state: string): string {
  const values = document.list(options);
  const value = /^\d{1,6}$/.test(state) ? document.bytes(values[Number(state)]) : undefined;
  return value ? pdfText(value, "the value of a form field") : nameText(state);
}
