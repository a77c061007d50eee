// What can be filled in: the fields of an empty form with what each of them takes.

import type { PdfDocument } from "./document.ts";
import { exportOf, FLAGS, holdsValue, statesOf, type Terminal, terminalsIn } from "./fields.ts";
import { pdfText } from "./texts.ts";
import { isList, type PdfValue } from "./values.ts";

export interface FormField {
  readonly path: readonly string[];
  /** As the file has it. */
  readonly name: string;
  /** `box`: on or off. `states`: one of several boxes or radio buttons. `choice`: of a list. */
  readonly kind: "text" | "box" | "states" | "choice";
  /** Of boxes and radio buttons: values as decode.pdf gives them, and the names of their states in the file, as Latin-1. */
  readonly states: readonly { readonly value: string; readonly state: string }[];
  readonly options: readonly Option[];
  /** Text of one's own may stand there. */
  readonly editable: boolean;
  readonly multiple: boolean;
  readonly multiline: boolean;
  /** Longest text, in characters. */
  readonly most: number | undefined;
}

export interface Option {
  readonly value: string;
  readonly shown: string;
}

/** Fields of one name once. Throws PDF_BROKEN, PDF_LIMIT. */
export function fillableFields(document: PdfDocument): readonly FormField[] {
  const fields = new Map<string, FormField>();
  for (const terminal of terminalsIn(document)) {
    if (!holdsValue(terminal)) continue;
    const field = fieldOf(document, terminal);
    const earlier = fields.get(field.name);
    fields.set(field.name, earlier ? { ...field, states: [...earlier.states, ...field.states] } : field);
  }
  return [...fields.values()];
}

function fieldOf(document: PdfDocument, terminal: Terminal): FormField {
  const { path, name, type, flags } = terminal;
  const states = type === "Btn" ? statesIn(document, terminal) : [];
  const isStates = (flags & FLAGS.radio) !== 0 || states.length > 1;
  return {
    path,
    name,
    kind: type === "Tx" ? "text" : type === "Ch" ? "choice" : isStates ? "states" : "box",
    states,
    options: type === "Ch" ? document.list(terminal.options).flatMap((one) => optionOf(document, one) ?? []) : [],
    editable: (flags & FLAGS.editable) !== 0,
    multiple: (flags & FLAGS.multiple) !== 0,
    multiline: (flags & FLAGS.multiline) !== 0,
    most: document.number(terminal.most),
  };
}

function statesIn(document: PdfDocument, terminal: Terminal): FormField["states"] {
  const names = new Set(terminal.widgets.flatMap((widget) => statesOf(document, widget)));
  return [...names].map((state) => ({ value: exportOf(document, terminal, state), state }));
}

/** A text, or the value and the text that is shown. */
function optionOf(document: PdfDocument, option: PdfValue): Option | undefined {
  const found = document.resolve(option);
  const texts = (isList(found) ? found : [found]).map((one) => {
    const bytes = document.bytes(one);
    return bytes && pdfText(bytes, "an option of a form field");
  });
  const [value, shown = value] = texts;
  return value === undefined || shown === undefined ? undefined : { value, shown };
}
