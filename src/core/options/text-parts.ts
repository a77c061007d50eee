// Texts with holes: `{formula}` in urls, paths and names; `${env:NAME}` and `${file:/path}` for values from outside.

import type { Code } from "../errors.ts";

export type TextPart =
  | { readonly type: "text"; readonly text: string }
  /** `source` without braces; `offset` of its first character in the whole text. */
  | { readonly type: "formula"; readonly source: string; readonly offset: number }
  | { readonly type: "env"; readonly name: string; readonly offset: number }
  | { readonly type: "file"; readonly path: string; readonly offset: number };

export interface TextFault {
  readonly code: Code;
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string;
}

export interface Parts {
  readonly parts: readonly TextPart[];
  readonly faults: readonly TextFault[];
}

export function hasOutside(text: string): boolean {
  return /\$\{(?:env|file)\b/.test(text);
}

/** Splits a text; without `formulas`, braces are themselves. */
export function splitText(text: string, formulas: boolean): Parts {
  const parts: TextPart[] = [];
  const faults: TextFault[] = [];
  let plain = "";
  let at = 0;
  const flush = (): void => {
    if (plain !== "") parts.push({ type: "text", text: plain });
    plain = "";
  };
  while (at < text.length) {
    const outside = text.startsWith("${", at);
    if (!outside && !(formulas && (text[at] === "{" || text[at] === "}"))) {
      plain += text[at++];
      continue;
    }
    flush();
    const opening = at + (outside ? 2 : 1);
    const end = text[at] === "}" ? -1 : outside ? text.indexOf("}", opening) : closingBrace(text, opening);
    if (end === -1) {
      faults.push(unbalanced(text, at, outside));
      break;
    }
    const inner = text.slice(opening, end);
    const fault = outside ? outsidePart(inner, at, parts, formulas) : formulaPart(inner, at, parts);
    if (fault) faults.push(fault);
    at = end + 1;
  }
  flush();
  return { parts, faults };
}

function outsidePart(inner: string, at: number, parts: TextPart[], formulas: boolean): TextFault | undefined {
  const length = inner.length + 3;
  const [, kind, name = ""] = /^(env|file):(.*)$/s.exec(inner) ?? [];
  const code = "OUTSIDE_SYNTAX";
  if (kind === undefined) {
    const word = /^\w+$/.test(inner) ? inner : "NAME";
    const field = formulas ? `, or {${word}} for a field of the record` : "";
    const message = `\${${inner.slice(0, 40)}} names neither env nor file`;
    return { code, offset: at, length, message, hint: `\${env:${word}} for an environment variable${field}` };
  }
  if (kind === "env") {
    if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) parts.push({ type: "env", name, offset: at });
    else
      return {
        code,
        offset: at,
        length,
        message: "the name of an environment variable has letters, digits and _ only",
        hint: "${env:NAME}",
      };
    return undefined;
  }
  if (name.includes("{")) {
    const message = "a formula inside ${file:…} is not part of this version";
    return { code: "NOT_AVAILABLE", offset: at, length, message, hint: "name one file" };
  }
  if (name.trim() === "" || name.length > 1_000 || name.includes("\0")) {
    return { code, offset: at, length, message: "${file:…} names no file", hint: "${file:/run/secrets/name}" };
  }
  parts.push({ type: "file", path: name, offset: at });
  return undefined;
}

function formulaPart(inner: string, at: number, parts: TextPart[]): TextFault | undefined {
  const source = inner.replace(/^\s*=/, "");
  if (source.trim() === "") {
    return {
      code: "PATTERN_SYNTAX",
      offset: at,
      length: inner.length + 2,
      message: "these braces hold no formula",
      hint: "{AGS}",
    };
  }
  parts.push({ type: "formula", source, offset: at + 1 + (inner.length - source.length) });
  return undefined;
}

/** The brace that closes a formula: braces, strings and backticks inside it are skipped. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i] as string;
    if (c === "'" || c === '"' || c === "`") {
      i = text.indexOf(c, i + 1);
      if (i === -1) return -1;
    } else if (c === "{") depth++;
    else if (c === "}" && depth-- === 0) return i;
  }
  return -1;
}

function unbalanced(text: string, at: number, outside: boolean): TextFault {
  const length = text.length - at;
  if (text[at] === "}") {
    return {
      code: "PATTERN_SYNTAX",
      offset: at,
      length: 1,
      message: "this } closes nothing",
      hint: "a brace as text: {'}'}",
    };
  }
  const code = outside ? "OUTSIDE_SYNTAX" : "PATTERN_SYNTAX";
  return {
    code,
    offset: at,
    length,
    message: "the { opened here is not closed",
    hint: outside ? "${env:NAME}" : "{AGS}",
  };
}
