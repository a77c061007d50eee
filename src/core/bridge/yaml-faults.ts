// The YAML parser's errors in words that help: what was found, where, and what to write. One mistake makes the parser
// stumble many times; only what is a mistake of its own is reported.

import { isCollection, isPair, isScalar } from "yaml";
import type { ParsedNode, YAMLError } from "yaml";
import { finding } from "./finding.ts";
import type { SourceText } from "./source-text.ts";
import type { Finding, Report } from "./tree.ts";
import { findSlips } from "./yaml-slips.ts";

type Fault = Pick<YAMLError, "code" | "pos" | "message">;

/** Reports slips that are recognised, and of the rest what they do not explain. */
export function reportSyntax(source: SourceText, errors: readonly Fault[], contents: unknown, report: Report): void {
  const slips = findSlips(source);
  for (const slip of slips) report(slip.finding);
  const tab = errors.find(({ code }) => code === "TAB_AS_INDENT");
  const firstTab = tab ? source.position(tab.pos[0]).line : Number.POSITIVE_INFINITY;
  const firstSlip = Math.min(firstTab, slips[0]?.finding.line ?? Number.POSITIVE_INFINITY);
  const lines = new Set(slips.map((slip) => slip.finding.line));
  let stumbled = false;
  for (const error of errors.slice(0, 200)) {
    const { line } = source.position(error.pos[0]);
    const alone = ALONE.has(error.code);
    // Behind a slip or another structural error the parser has lost its place.
    if (lines.has(line) || (!alone && (stumbled || line >= firstSlip))) continue;
    lines.add(line);
    if (!alone) stumbled = true;
    report(explain(source, error, contents));
  }
}

/** Faults after which the parser goes on as if nothing had been. */
const ALONE = new Set(["TAB_AS_INDENT", "BAD_DQ_ESCAPE", "BAD_SCALAR_START", "MULTIPLE_DOCS"]);

function explain(source: SourceText, error: Fault, contents: unknown): Finding {
  const at = source.position(error.pos[0]);
  const line = source.line(at.line);
  switch (error.code) {
    case "TAB_AS_INDENT":
      return finding("YAML_TAB", at, "a tab stands where YAML wants spaces", { hint: "indent with two spaces" });
    case "MULTIPLE_DOCS":
      return finding("YAML_DOCUMENTS", at, "a second document begins here (---); a bridge file is one document", {
        hint: "one folder and one bridge.yaml per bridge",
      });
    case "BAD_DQ_ESCAPE":
      return finding("YAML_SYNTAX", at, "this backslash sequence is unknown inside double quotes", {
        hint: "use single quotes, where a backslash is itself, or double the backslash",
        length: 2,
      });
    case "MISSING_CHAR":
      return missingCharacter(source, error, contents);
    case "RESOURCE_EXHAUSTION":
      return finding("TOO_DEEP", at, "the file is nested too deeply");
    case "BAD_INDENT":
      if (error.message.includes("Flow")) return unclosed(source, error, contents);
      return wrongIndent(source, at);
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return keyTrouble(source, at, line, error);
    default:
      if (/[:-]\s*[|>][-+\d]*\s+[^\s#]/.test(line)) return besideBlock(at, line);
      if (error.pos[0] > 0 && "'\"".includes(source.text[error.pos[0] - 1] ?? " ")) return quoteInside(source, error);
      return finding("YAML_SYNTAX", at, `YAML cannot read this: ${plainly(error)}`, {
        hint: "quote the whole value, or look for a bracket or quote that is not closed",
      });
  }
}

/** `x: | = A`: a block begins on the next line. */
function besideBlock(at: ReturnType<SourceText["position"]>, line: string): Finding {
  const sign = /[:-]\s*([|>])/.exec(line)?.[1] ?? "|";
  return finding("YAML_SYNTAX", at, `nothing may stand behind ${sign} on its line`, {
    hint: "the text begins on the next line, indented",
    length: line.length - at.column + 1,
  });
}

/** `'it's'`: the quote in the middle ends the text. */
function quoteInside(source: SourceText, error: Fault): Finding {
  const quote = source.text[error.pos[0] - 1];
  const hint =
    quote === "'"
      ? "inside single quotes a quote is doubled (''), or put double quotes around the text"
      : 'inside double quotes a quote is written \\"';
  return finding(
    "YAML_SYNTAX",
    source.position(error.pos[0] - 1),
    "the text ends at this quote, what follows it belongs to nothing",
    { hint, length: 1 },
  );
}

function wrongIndent(source: SourceText, at: Finding | ReturnType<SourceText["position"]>): Finding {
  const line = source.line(at.line);
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  return finding(
    "YAML_INDENT",
    { file: at.file, line: at.line, column: indent + 1 },
    `this line is indented by ${spaces(indent)}, which fits none of the lines above it`,
    {
      hint: "keys of one map begin in the same column",
    },
  );
}

/** Two keys on one line, or a line without a colon: often an indentation one line further down. */
function keyTrouble(source: SourceText, at: ReturnType<SourceText["position"]>, line: string, error: Fault): Finding {
  const next = source.line(at.line + 1);
  const indent = indentOf(line);
  // `b: 1` followed by a deeper line: YAML takes both as one text, the mistake is the deeper line.
  if (/^\s*(?:- )?[^\s:][^:]*:\s+\S/.test(line) && next.trim() !== "" && indentOf(next) > indent && !twoColons(line)) {
    return wrongIndent(source, { ...at, line: at.line + 1 });
  }
  if (error.code === "MULTILINE_IMPLICIT_KEY") {
    const unspaced = missingSpace(source, at);
    if (unspaced) return unspaced;
    const key = line.trim().split(/\s+/)[0] ?? "";
    return finding("YAML_SYNTAX", { ...at, column: indent + 1 }, "this line has no colon", {
      hint: /\s/.test(line.trim()) ? `${key}: ${line.trim().slice(key.length).trim()}` : `${key}: …`,
      length: line.trim().length,
    });
  }
  const value = /^\s*(?:- )*[^\s:][^:]*:\s+(.*)$/.exec(line)?.[1] ?? line.trim();
  return finding(
    "YAML_QUOTES",
    at,
    "a text with a colon and a space in it must be quoted; YAML reads the part before it as a key",
    {
      hint: value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`,
      length: value.length,
    },
  );
}

/** `title:Gewerbe` is one word to YAML. */
function missingSpace(source: SourceText, at: ReturnType<SourceText["position"]>): Finding | undefined {
  const [, indent, key, value] = /^(\s*)([^\s:#"'{[]+):([^\s:].*)$/.exec(source.line(at.line)) ?? [];
  if (indent === undefined || key === undefined || value === undefined) return undefined;
  const place = { ...at, column: indent.length + 1 };
  const more = { hint: `${key}: ${value}`, length: key.length + value.length + 1 };
  return finding("YAML_SYNTAX", place, "a space is missing behind the colon", more);
}

function twoColons(line: string): boolean {
  return (line.match(/:(?=\s|$)/g) ?? []).length > 1;
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function spaces(count: number): string {
  return count === 1 ? "1 space" : `${count} spaces`;
}

/** A quote that is never closed is reported where it opens: its end is the end of the file. */
function missingCharacter(source: SourceText, error: Fault, contents: unknown): Finding {
  const quote = /quote/.test(error.message)
    ? lastOpening(contents, (node) => isScalar(node) && node.type !== "PLAIN")
    : undefined;
  if (quote === undefined) return unclosed(source, error, contents);
  const at = source.position(quote);
  return finding("YAML_SYNTAX", at, `the quote ${source.text[quote] ?? ""} opened here is never closed`, {
    hint: "close it on the same line",
  });
}

function unclosed(source: SourceText, error: Fault, contents: unknown): Finding {
  const opening = lastOpening(
    contents,
    (node) => isCollection(node) && "{[".includes(source.text[node.range?.[0] ?? 0] ?? " "),
  );
  const at = source.position(opening ?? error.pos[0]);
  const unspaced = opening === undefined ? missingSpace(source, at) : undefined;
  if (unspaced) return unspaced;
  const bracket = opening === undefined ? "bracket" : (source.text[opening] ?? "bracket");
  return finding("YAML_SYNTAX", at, `the ${bracket} opened here is not closed`, {
    hint: `close it with ${bracket === "{" ? "}" : bracket === "[" ? "]" : "its counterpart"}, or quote the text if it is one`,
  });
}

/** Start of the last node in the file that fits. */
function lastOpening(root: unknown, fits: (node: ParsedNode) => boolean): number | undefined {
  let last: number | undefined;
  const queue: unknown[] = [root];
  for (let steps = 0; queue.length > 0 && steps < 100_000; steps++) {
    const node = queue.pop();
    if (isPair(node)) queue.push(node.key, node.value);
    else if (isScalar(node) || isCollection(node)) {
      if (isCollection(node)) for (const item of node.items) queue.push(item);
      const start = node.range?.[0];
      if (start !== undefined && fits(node as ParsedNode) && (last === undefined || start > last)) last = start;
    }
  }
  return last;
}

/** The parser's words without its jargon. */
function plainly(error: Fault): string {
  const [, token] = /^Unexpected ([a-z-]+?)(?: token)?(?: at node end| in YAML stream.*)?$/s.exec(error.message) ?? [];
  if (token === undefined) return error.message.replaceAll(/\s+/g, " ").slice(0, 120);
  const names: Readonly<Record<string, string>> = {
    scalar: "text behind a value that had already ended",
    comma: "a comma that belongs to no list",
    "flow-map-start": "a { in the middle of a text",
    "flow-map-end": "a } without its {",
    "flow-seq-start": "a [ in the middle of a text",
    "flow-seq-end": "a ] without its [",
    "map-value-ind": "a colon without a key",
  };
  return names[token] ?? "text behind a value that had already ended";
}
