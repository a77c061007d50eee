// Checked options → what an adapter's build gets: values from outside resolved, patterns and formulas as functions.
// Errors here name variables and files, never what they hold.

import type { Scope, Value } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Position } from "../errors.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import type { Checked, CheckedPart } from "./checked.ts";
import type { Formula, Pattern } from "./shape.ts";

/** Where values from outside come from. */
export interface Outside {
  variable(name: string): string | undefined;
  /** The text of a file; throws where it cannot be read. Relative paths are relative to the bridge's folder. */
  file(path: string): string;
}

/**
 * Without `outside` values that come from there are undefined, and patterns that hold one have no `head`: what is known when a
 * bridge file is checked. Throws BridgeError SECRET_MISSING or OPTION_UNUSABLE.
 */
export function bindOptions(checked: Checked, outside?: Outside): unknown {
  switch (checked.kind) {
    case "value":
      return checked.value;
    case "node":
      return checked.node;
    case "list":
      return checked.items.map((item) => bindOptions(item, outside));
    case "object":
      // fromEntries defines own properties: a header called __proto__ stays a name.
      return Object.fromEntries([...checked.entries].map(([name, value]) => [name, bindOptions(value, outside)]));
    case "formula":
      return checked.formula.evaluate satisfies Formula;
    case "outside":
      return outside && bindText(checked, outside);
    default:
      return outside || !checked.parts.some(({ type }) => type === "env" || type === "file")
        ? bindPattern(checked, outside ?? NOTHING)
        : Object.assign(unknownYet, { source: checked.source });
  }
}

/** Asked by nobody: these patterns name nothing from outside. */
const NOTHING: Outside = { variable: () => undefined, file: () => "" };

function unknownYet(): never {
  throw new BridgeError("INTERNAL", "a pattern was asked for its text before its values from outside were read");
}

function bindText(checked: Extract<Checked, { kind: "outside" }>, outside: Outside): string {
  const text = checked.parts.map((part) => resolve(part, outside, checked.path, checked.at)).join("");
  const refused = checked.refuse(text);
  if (refused === undefined) return text;
  throw new BridgeError("OPTION_UNUSABLE", `${checked.path}: the value from outside must be ${refused}`, {
    position: checked.at,
  });
}

function resolve(part: CheckedPart, outside: Outside, path: string, position: Position): string {
  if (part.type === "text") return part.text;
  if (part.type === "env") {
    const value = outside.variable(part.name);
    if (value !== undefined && value !== "") return value;
    const state = value === undefined ? "not set" : "empty";
    throw new BridgeError("SECRET_MISSING", `${path} needs the environment variable ${part.name}, which is ${state}`, {
      position,
    });
  }
  if (part.type === "formula") return "";
  let text: string;
  try {
    text = outside.file(part.path);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const why = typeof code === "string" ? ` (${code})` : "";
    throw new BridgeError("SECRET_MISSING", `${path} needs the file ${part.path}, which cannot be read${why}`, {
      position,
    });
  }
  // Editors and `echo` end a file with a line break that is no part of a password.
  const trimmed = text.replace(/\r?\n$/, "");
  if (trimmed !== "") return trimmed;
  throw new BridgeError("SECRET_MISSING", `${path} needs the file ${part.path}, which is empty`, { position });
}

// ── patterns ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Formulas that plainly read nothing of the record; others may not either, but that is for nobody to guess. */
const PER_DROP = /^\s*\$(?:bridge|file\.(?:name|stem|size|sha256|received))\s*$/;

type PatternChecked = Extract<Checked, { kind: "pattern" }>;

function bindPattern(checked: PatternChecked, outside: Outside): Pattern {
  const pieces = checked.parts.map((part): string | CompiledFormula =>
    part.type === "formula" ? part.formula : resolve(part, outside, checked.path, checked.at),
  );
  const { source } = checked;
  if (pieces.every((piece) => typeof piece === "string")) {
    const fixed = pieces.join("");
    return Object.assign(() => fixed, { source, head: fixed, perDrop: true });
  }
  let head = "";
  for (const piece of pieces) {
    if (typeof piece !== "string") break;
    head += piece;
  }
  const render = (scope: Scope): string => {
    let text = "";
    for (const piece of pieces) text += typeof piece === "string" ? piece : insert(piece, scope, checked);
    refuseWhole(text, checked);
    return text;
  };
  const perDrop = pieces.every((piece) => typeof piece === "string" || PER_DROP.test(piece.source));
  return Object.assign(render, { source, head, perDrop });
}

function insert(formula: CompiledFormula, scope: Scope, checked: PatternChecked): string {
  const value = formula.evaluate(scope.root, scope);
  const refuse = (what: string, hint?: string): never => {
    throw new BridgeError("PATTERN_VALUE", `${checked.path}: {${formula.source.trim()}} ${what}`, {
      position: formula.at,
      detail: typeof value === "string" ? value : JSON.stringify(value),
      hint,
    });
  };
  if (value === undefined) {
    if (checked.place === "text") return "";
    return refuse("gives nothing", "Use $orEmpty(…) if it may lack, or a dead letter is right.");
  }
  const text = asText(value);
  if (text === undefined)
    return refuse(`gives ${Array.isArray(value) ? "a list" : value === null ? "null" : "an object"}, not a text`);
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return refuse("gives a text with a control character");
  if (checked.place === "text") return text;
  if (checked.place === "url") {
    // encodeURIComponent leaves dots alone, and a segment `..` would leave the path that the bridge file names.
    if (/^\.{1,2}$/.test(text)) return refuse("gives a dot segment, which would lead to another path");
    return encode(text, refuse);
  }
  if (/[/\\]/.test(text)) return refuse("gives a text with / or \\, which would lead to another folder");
  if (text.includes("..")) return refuse("gives a text with .., which would lead to another folder");
  return text;
}

function encode(text: string, refuse: (what: string) => never): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return refuse("gives half of a surrogate pair");
  }
}

function asText(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** File systems take 255 bytes per name; empty names and dots are no files. */
function refuseWhole(text: string, checked: PatternChecked): void {
  if (checked.place !== "name" && checked.place !== "path") return;
  const names = checked.place === "name" ? [text] : text.split("/").filter((name) => name !== "");
  const bad = names.find((name) => name === "" || name === "." || name === ".." || Buffer.byteLength(name) > 255);
  if (bad === undefined && names.length > 0) return;
  const what =
    bad === undefined || bad === ""
      ? "an empty name"
      : bad.length <= 2
        ? "a name of dots"
        : "a name of more than 255 bytes";
  throw new BridgeError("PATTERN_VALUE", `${checked.path}: the pattern gives ${what}`, {
    position: checked.at,
    detail: text,
  });
}
