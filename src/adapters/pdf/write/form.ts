// The form that a bridge fills in: its fields by the names that the bridge file has for them, and what each of them takes.

import { BridgeError, type Code } from "../../../core/errors.ts";
import { nearest } from "../../../core/options/nearest.ts";
import { shownPaths } from "../names.ts";
import { budgetOf } from "../read/budget.ts";
import { openPdf } from "../read/document.ts";
import { readForm } from "../read/fields.ts";
import { fillableFields, type FormField, type Option } from "../read/form-fields.ts";
import { STANDARD } from "../options.ts";
import type { Filling } from "./protocol.ts";

export interface Form {
  /** Shared memory, so that the thread that writes has it without a copy per message. */
  readonly bytes: Uint8Array;
  field(path: readonly string[]): FormField | undefined;
  /** Whether fields lie below this name. */
  isPrefix(path: readonly string[]): boolean;
  /** With dots, for suggestions. */
  readonly names: readonly string[];
}

/** Throws BridgeError where it cannot be filled in. */
export function openForm(bytes: Uint8Array): Form {
  const document = openPdf(bytes, budgetOf(STANDARD));
  if (document.isEncrypted) {
    throw new BridgeError("PDF_ENCRYPTED", "the form is encrypted", {
      hint: "Take the form as it was without a password.",
    });
  }
  if (readForm(document).signatures > 0) {
    const hint = "Take the form as it was before it was signed; filling it in would break the signature.";
    throw new BridgeError("OPTION_UNUSABLE", "the form is signed", { hint });
  }
  const fields = fillableFields(document);
  if (fields.length === 0) throw new BridgeError("PDF_NO_FIELDS", "the form has no fields");
  const paths = shownPaths(fields.map(({ path }) => path));
  const known = new Map(fields.map((field, at) => [keyOf(paths[at]!), field]));
  const prefixes = new Set(paths.flatMap((path) => path.map((_, at) => keyOf(path.slice(0, at)))));
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return {
    bytes: shared,
    field: (path) => known.get(keyOf(path)),
    isPrefix: (path) => prefixes.has(keyOf(path)),
    names: paths.map((path) => path.join(".")),
  };
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** What is wrong with a value for a field, as a kind: `takes one value, not several`. */
export interface Unfit {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | undefined;
}

type Given = string | readonly string[];

/** How a field is filled with a text or texts; `""` and no texts empty it. */
export function fillingOf(field: FormField, given: Given, path: string): Filling | Unfit {
  const { name, kind } = field;
  if (kind === "choice") return choiceOf(field, typeof given === "string" ? [given] : given, path);
  if (typeof given !== "string") return { code: "VALUE_NOT_TEXT", message: "takes one value, not several" };
  if (kind === "text") return textOf(field, given, path);
  const filling = { name, path, kind: "state" as const };
  if (kind === "states") {
    const found = field.states.find(({ value }) => value === given);
    if (given !== "" && !found)
      return noOption(
        field.states.map(({ value }) => value),
        given,
      );
    return { ...filling, state: found?.state, expected: found?.value };
  }
  const [on] = field.states;
  const isOn = given === "true" || (given !== "" && given === on?.value);
  if (!isOn && !["false", "Off", ""].includes(given)) return { code: "PDF_OPTION", message: "takes true or false" };
  return { ...filling, state: isOn ? (on?.state ?? "Yes") : undefined, expected: isOn };
}

function textOf({ name, multiline, most }: FormField, given: string, path: string): Filling | Unfit {
  const text = given.replaceAll(/\r\n?/g, "\n");
  if (!multiline && text.includes("\n")) {
    return { code: "CELL_CHARACTER", message: "has one line, and the text a line break" };
  }
  const length = Array.from(text).length;
  if (most !== undefined && length > most) {
    return { code: "CELL_TOO_LONG", message: `takes ${most} characters, and the text has ${length}` };
  }
  return { name, path, kind: "text", text, expected: text === "" ? undefined : text };
}

function choiceOf(
  { name, options, editable, multiple }: FormField,
  given: readonly string[],
  path: string,
): Filling | Unfit {
  const wanted = given.filter((one) => one !== "");
  if (wanted.length > 1 && !multiple) return { code: "VALUE_NOT_TEXT", message: "takes one value, not several" };
  const chosen: Option[] = [];
  for (const one of wanted) {
    const option = options.find(({ value }) => value === one) ?? (editable ? { value: one, shown: one } : undefined);
    if (!option)
      return noOption(
        options.map(({ value }) => value),
        one,
      );
    chosen.push(option);
  }
  const values = chosen.map(({ value }) => value);
  const expected = values.length === 0 ? undefined : multiple ? values : values[0];
  return { name, path, kind: "choice", chosen, expected };
}

const MOST_LISTED = 20;

/** The options are the form's and no values of records. */
function noOption(options: readonly string[], given: string): Unfit {
  const more = options.length > MOST_LISTED ? `, … (${options.length})` : "";
  const likely = nearest(given, options);
  return {
    code: "PDF_OPTION",
    message: `takes ${options.slice(0, MOST_LISTED).join(", ")}${more}`,
    hint: likely === undefined ? undefined : `Did you mean ${likely}?`,
  };
}
