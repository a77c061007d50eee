// YAML text → Node tree with positions. Only the part of YAML that people read without a manual is accepted: no aliases,
// no anchors, no merge keys, no tags, one document. Everything that is wrong is reported in our words at its place.
//
// Faults that make the rest unreadable end here; the others are repaired (an alias is the text it was meant to be), so that
// the checks behind this one still see the file.

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Pair, ParsedNode, Scalar } from "yaml";
import type { Position } from "../errors.ts";
import { finding, findingAt } from "./finding.ts";
import { scalarOffset, sourceText } from "./source-text.ts";
import type { ScalarStyle, SourceText } from "./source-text.ts";
import type { MapEntry, Node, Report, ScalarNode } from "./tree.ts";
import { reportSyntax } from "./yaml-faults.ts";
import { findSlips, howToQuote, isComplete } from "./yaml-slips.ts";

/** Larger files are no bridge files; YAML is read whole. */
export const LARGEST_FILE = 1024 * 1024;
const LONGEST_LINE = 16 * 1024;
const DEEPEST = 64;
const MOST_NODES = 100_000;
/** Line ends and indicators: some ten times as many as the longest bridge file that anybody wrote by hand. */
const MOST_SIGNS = 100_000;

/** The tree of a file, or undefined where YAML itself is broken (then there is at least one finding). */
export function readYaml(file: string, bytes: Uint8Array, report: Report): Node | undefined {
  const start: Position = { file, line: 1, column: 1 };
  if (bytes.length > LARGEST_FILE) {
    report(finding("FILE_TOO_LARGE", start, `the file has ${bytes.length} bytes, more than 1 MiB`));
    return undefined;
  }
  const text = decodeUtf8(bytes, start, report);
  if (text === undefined) return undefined;
  const source = sourceText(file, text);
  const long = longLine(source);
  if (long !== undefined) {
    report(finding("FILE_TOO_LARGE", { ...start, line: long }, `this line has more than ${LONGEST_LINE} characters`));
    return undefined;
  }
  if (hasTooManySigns(text)) {
    const what = `the file has more than ${MOST_SIGNS} line ends, brackets, commas, colons, dashes and quotes`;
    report(finding("FILE_TOO_LARGE", start, what));
    return undefined;
  }
  const document = parseQuickly(text);
  // Tags are found again, with better words, while walking.
  const errors = document.errors.filter((error) => error.code !== "TAG_RESOLVE_FAILED" && error.code !== "BAD_ALIAS");
  if (reportDirectives(source, report)) return undefined;
  if (errors.length > 0) {
    reportSyntax(source, errors, document.contents, report);
    return undefined;
  }
  if (document.contents === null) {
    report(
      finding("YAML_SYNTAX", start, "the file is empty", {
        hint: "steg: 1 begins it; README.md and mappings/ show whole ones",
      }),
    );
    return undefined;
  }
  const walk: Walk = { source, report, nodes: 0, broken: false, slips: undefined };
  const node = convert(walk, document.contents as ParsedNode, 0);
  return walk.broken ? undefined : node;
}

/** A hostile file makes the parser report 100,000 errors; their stack traces, which nobody sees, are what costs time. */
function parseQuickly(text: string): ReturnType<typeof parseDocument> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
      resolveKnownTags: false,
      strict: true,
    });
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** What the parser makes a token of, which takes it up to 14 microseconds: a MiB of them would take many seconds. */
const SIGNS: ReadonlySet<number> = new Set(Array.from("\n[]{},:-?&*!\"'", (sign) => sign.charCodeAt(0)));

function hasTooManySigns(text: string): boolean {
  let count = 0;
  for (let at = 0; at < text.length && count <= MOST_SIGNS; at++) if (SIGNS.has(text.charCodeAt(at))) count++;
  return count > MOST_SIGNS;
}

/** Some bombs (brackets, anchors) cost the parser quadratic time, and all of them are one line. */
function longLine(source: SourceText): number | undefined {
  for (let line = 1; line <= source.lines; line++) {
    if (source.lineStart(line + 1) - source.lineStart(line) > LONGEST_LINE) return line;
  }
  return undefined;
}

function decodeUtf8(bytes: Uint8Array, start: Position, report: Report): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    const line = firstBadLine(bytes);
    report(
      finding("FILE_ENCODING", { ...start, line }, "the file is not UTF-8", {
        hint: "save it as UTF-8 in the editor; what encoding the data has is said in decode",
      }),
    );
    return undefined;
  }
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control) {
    const at = sourceText(start.file, text).position(control.index);
    const code = control[0].charCodeAt(0).toString(16).padStart(2, "0");
    report(finding("FILE_ENCODING", at, `the control character \\x${code} must not stand in a bridge file`));
    return undefined;
  }
  return text;
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  let from = 0;
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0x0a) continue;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(from, i));
    } catch {
      return line;
    }
    line++;
    from = i + 1;
  }
  return 1;
}

function reportDirectives(source: SourceText, report: Report): boolean {
  const directive = /^%[A-Z]+.*$/m.exec(source.text);
  if (
    !directive ||
    source.text
      .slice(0, directive.index)
      .split("\n")
      .some((line) => /^[^#\s]/.test(line))
  )
    return false;
  report(
    finding("YAML_DOCUMENTS", source.position(directive.index), "a bridge file has no YAML directives", {
      hint: "leave this line out",
      length: directive[0].trimEnd().length,
    }),
  );
  return true;
}

// ── walking the parsed document ─────────────────────────────────────────────────────────────────────────────────

interface Walk {
  readonly source: SourceText;
  readonly report: Report;
  nodes: number;
  /** Something was found after which names and values are not what was meant. */
  broken: boolean;
  slips: ReadonlyMap<number, ReturnType<typeof findSlips>[number]> | undefined;
}

function convert(walk: Walk, node: ParsedNode, depth: number): Node {
  const at = walk.source.position(node.range[0]);
  if (depth > DEEPEST || ++walk.nodes > MOST_NODES) {
    if (!walk.broken) {
      const what = depth > DEEPEST ? `nested deeper than ${DEEPEST} levels` : `more than ${MOST_NODES} values`;
      walk.report(finding("TOO_DEEP", at, `the file has ${what}`));
    }
    walk.broken = true;
    return { kind: "list", items: [], at };
  }
  refuseProperties(walk, node);
  if (isAlias(node)) return alias(walk, node);
  if (isScalar(node)) return scalar(walk, node);
  if (isSeq(node)) {
    return { kind: "list", items: node.items.map((item) => convert(walk, item, depth + 1)), at };
  }
  if (isMap(node)) return { kind: "map", entries: entries(walk, node.items, depth), at };
  throw new Error("YAML node of unknown kind");
}

type ParsedPair = Pair<ParsedNode | null, ParsedNode | null>;

function entries(walk: Walk, pairs: readonly ParsedPair[], depth: number): MapEntry[] {
  const seen = new Map<string, Position>();
  const result: MapEntry[] = [];
  let end = walk.source.position(0);
  for (const pair of pairs) {
    const key = keyOf(walk, pair.key);
    if (key === undefined) continue;
    end = walk.source.position(pair.key?.range[1] ?? 0);
    const value = pair.value ? convert(walk, pair.value, depth + 1) : nothing(end);
    const earlier = seen.get(key.text);
    if (earlier) {
      const message = `${key.text} stands here a second time; the first is on line ${earlier.line}`;
      walk.report(finding("DUPLICATE_KEY", key.at, message, { hint: "keep one of them", length: key.text.length }));
      continue;
    }
    seen.set(key.text, key.at);
    result.push({ key: key.text, keyAt: key.at, value });
  }
  return result;
}

function keyOf(walk: Walk, key: ParsedNode | null): { readonly text: string; readonly at: Position } | undefined {
  if (!key || !isScalar(key)) {
    const at = walk.source.position(key?.range[0] ?? 0);
    const alias = key && isAlias(key);
    walk.report(
      finding(
        alias ? "YAML_ALIAS" : "YAML_SYNTAX",
        at,
        alias ? "a key must not be an alias" : "a key must be a simple text",
        {
          hint: "quote it if it is meant as text",
        },
      ),
    );
    walk.broken = true;
    return undefined;
  }
  refuseProperties(walk, key);
  const at = walk.source.position(key.range[0]);
  const text = key.type === "PLAIN" ? (key.source ?? "") : String(key.value);
  if (text === "<<" && key.type === "PLAIN") {
    walk.report(
      finding("YAML_ALIAS", at, "merge keys (<<) are not part of a bridge file", {
        hint: "write the keys out",
        length: 2,
      }),
    );
    return undefined;
  }
  return { text, at };
}

/** Anchors and tags change what is written elsewhere; a bridge file says what it means where it stands. */
function refuseProperties(walk: Walk, node: ParsedNode): void {
  const at = walk.source.position(node.range[0]);
  const before = node as { anchor?: string; tag?: string };
  if (before.anchor && !isAlias(node)) {
    walk.report(
      finding("YAML_ALIAS", at, `the anchor &${before.anchor} has no use: aliases are not part of a bridge file`, {
        hint: "leave the anchor out",
      }),
    );
  }
  // Only tags that are written; the parser leaves `tag` unset for resolved plain values.
  if (before.tag && explicitTag(walk, node)) {
    walk.report(
      finding(
        "YAML_TAG",
        at,
        `the tag ${before.tag.replace("tag:yaml.org,2002:", "!!")} is not part of a bridge file`,
        { hint: "leave the tag out; quotes make a text" },
      ),
    );
  }
}

function explicitTag(walk: Walk, node: ParsedNode): boolean {
  const line = walk.source.position(node.range[0]).line;
  const before = walk.source.text.slice(walk.source.lineStart(Math.max(1, line - 1)), node.range[0]);
  return /(?:^|\s)![^\s]*\s*(?:&\S+\s*)?$/.test(before);
}

function alias(walk: Walk, node: ParsedNode): ScalarNode {
  const [from] = node.range;
  const [written = "*"] = /^[^\s,[\]{}]*/.exec(walk.source.text.slice(from, from + 1_000)) ?? [];
  const at = walk.source.position(from);
  const name = /[.*?/]/.test(written.slice(1)) || written === "*";
  const message = name
    ? `${written} is an alias to YAML because it begins with *`
    : `aliases (${written}) are not part of a bridge file`;
  const hint = name
    ? `quote it: "${written}"`
    : `write the value out, or quote it if it is meant as text: "${written}"`;
  walk.report(finding("YAML_ALIAS", at, message, { hint, length: written.length }));
  return {
    kind: "scalar",
    text: written,
    type: "text",
    quoted: true,
    at,
    locate: (i) => walk.source.position(from + i),
  };
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function scalar(walk: Walk, node: Scalar.Parsed): ScalarNode {
  const { source } = walk;
  const [from, to] = node.range;
  const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
  const plain = style === "plain";
  const text = plain ? (node.source ?? "") : String(node.value);
  const locate = (index: number): Position => source.position(scalarOffset(source.text, from, style, text, index));
  const at = style === "literal" || style === "folded" ? locate(Math.max(0, text.search(/\S/))) : source.position(from);
  const result: ScalarNode = {
    kind: "scalar",
    text,
    type: plain ? typeOf(node.value) : "text",
    quoted: !plain,
    at,
    locate,
  };
  if (plain && text.startsWith("=")) checkFormulaEnd(walk, result, from, to);
  else if (plain) checkColon(walk, result, from);
  if (plain && text === "" && /^[ \t]*#[ \t]*\r?$/m.exec(source.text.slice(to, to + 200))?.index === 0) {
    walk.report(
      finding("YAML_QUOTES", at, "everything behind # is a comment, so nothing is written here", {
        hint: 'write a value, or "#" in quotes if that is meant',
      }),
    );
    return { ...result, text: "#", type: "text", quoted: true };
  }
  return result;
}

/** `name = FIRMA` alone on the line below its map: to YAML it is a text, in a template every message would say so. */
function checkColon(walk: Walk, node: ScalarNode, from: number): void {
  const [, key, rest] = /^([^\s:=<>!]+)\s*(=\s+\S.*)$/s.exec(node.text) ?? [];
  const before = walk.source.text.slice(walk.source.lineStart(node.at.line), from);
  if (key === undefined || before.trim() !== "" || node.at.line === 1) return;
  walk.report(findingAt("YAML_SYNTAX", node, "this line has no colon", { hint: `${key}: ${rest ?? ""}` }));
  walk.broken = true;
}

/** A formula that YAML cut off without an error: at a comma inside `{ … }`, or at ` #`. */
function checkFormulaEnd(walk: Walk, node: ScalarNode, from: number, to: number): void {
  if (isComplete(node.text)) return;
  const { text } = walk.source;
  const rest = text.slice(to, text.indexOf("\n", to) === -1 ? text.length : text.indexOf("\n", to)).trimEnd();
  if (/^\s+#/.test(rest)) {
    const written = node.text + rest;
    walk.report(
      findingAt(
        "YAML_QUOTES",
        node,
        "a formula with a space and # in it must be quoted; YAML reads the rest as a comment",
        {
          hint: howToQuote(written),
          length: written.length,
        },
      ),
    );
    walk.broken = true;
    return;
  }
  walk.slips ??= new Map(findSlips(walk.source).map((slip) => [slip.offset, slip]));
  const slip = walk.slips.get(from);
  if (!slip) return;
  walk.report(slip.finding);
  walk.broken = true;
}

function typeOf(value: unknown): ScalarNode["type"] {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "boolean" : "text";
}

function nothing(at: Position): ScalarNode {
  return { kind: "scalar", text: "", type: "null", quoted: false, at, locate: () => at };
}
