// One scalar against the shape of its option.

import { cut, findingAt, finding, found } from "../bridge/finding.ts";
import type { ScalarNode } from "../bridge/tree.ts";
import type { Code } from "../errors.ts";
import type { Checked, CheckedPart, CheckEnvironment } from "./checked.ts";
import { exampleOf, expected } from "./describe.ts";
import { nearest } from "./nearest.ts";
import type { AnyShape, Kind } from "./shape.ts";
import { hasOutside, splitText } from "./text-parts.ts";
import type { Parts } from "./text-parts.ts";
import { parseDate, parseDuration, parseLocalTime, parseSize } from "./units.ts";

const LONGEST_TEXT = 64 * 1024;

type ScalarKind = Exclude<Kind["type"], "list" | "map" | "object" | "oneKey" | "either" | "node">;

interface Place {
  readonly node: ScalarNode;
  readonly shape: AnyShape;
  /** `receive.folder.settle` */
  readonly path: string;
  /** `settle` */
  readonly name: string;
  readonly environment: CheckEnvironment;
}

export function checkScalar(
  node: ScalarNode,
  shape: AnyShape,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  const place: Place = { node, shape, path, name: lastName(path), environment };
  if (node.text.length > LONGEST_TEXT) {
    environment.report(findingAt("TOO_MANY", node, `${place.name} has more than ${LONGEST_TEXT} characters`));
    return undefined;
  }
  if (node.type === "null" && !node.quoted) return wrongType(place);
  const type = shape.kind.type as ScalarKind;
  if (type === "formula") return formula(place);
  if (refuseFormula(place)) return undefined;
  const text = node.text.startsWith("'=") ? node.text.slice(1) : node.text;
  switch (type) {
    case "text":
    case "outside":
      return anyText(place, text);
    case "pattern":
      return pattern(place, text);
    case "bridgeFile":
      return bridgeFile(place, text);
    default:
      if (hasOutside(text)) return measuredOutside(place);
      return measured(place, type, text);
  }
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

function wrong(place: Place, code: Code, message: string, hint?: string): undefined {
  place.environment.report(findingAt(code, place.node, message, { hint: hint ?? write(place) }));
  return undefined;
}

function write(place: Place): string {
  const example = exampleOf(place.shape);
  return example === "" ? "" : `${place.name.replace(/\[\d+\]$/, "")}: ${example}`;
}

function wrongType(place: Place): undefined {
  return wrong(place, "WRONG_TYPE", `${place.name} must be ${expected(place.shape)}, found ${found(place.node)}`);
}

/** `= X` where no formula may stand would be taken for text; `delimiter: "="` is one. */
function refuseFormula({ node, shape, name, environment }: Place): boolean {
  if (!node.text.startsWith("=") || node.text.length === 1) return false;
  const braces =
    shape.kind.type === "pattern"
      ? `in braces: {${node.text.slice(1).trim()}}`
      : `"'${cut(node.text)}" for the text itself`;
  environment.report(findingAt("WRONG_TYPE", node, `${name} takes no formula, found ${found(node)}`, { hint: braces }));
  return true;
}

function formula(place: Place): Checked | undefined {
  const { node, path, environment } = place;
  if (!node.text.startsWith("=")) {
    return wrong(place, "WRONG_TYPE", `${place.name} must be a formula, found ${found(node)}`, `= ${node.text}`);
  }
  const compiled = environment.compile(node, path);
  return compiled && { kind: "formula", formula: compiled, at: node.at };
}

// ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────

function anyText(place: Place, text: string): Checked | undefined {
  const { node, shape, name, path, environment } = place;
  const { kind } = shape;
  if (node.type === "boolean")
    return wrong(place, "WRONG_TYPE", `${name} must be a text, found ${node.text}`, `${name}: "${node.text}"`);
  warnOfLeadingZero(place);
  if (/\$\{/.test(text)) {
    const split = outsideParts(place, splitText(text, false));
    if (!split) return undefined;
    return { kind: "outside", parts: split, path, refuse: (resolved) => refuseText(kind, resolved), at: node.at };
  }
  if (kind.type === "outside" && kind.secret && soundsSecret(path)) {
    const message = `${name} stands in clear text in the bridge file, where everybody with the file can read it`;
    const at = finding("SECRET_IN_FILE", node.at, message, {
      severity: "warning",
      hint: `${name}: \${env:${upper(name)}}`,
      // No length: the line would be shown, and the secret with it.
    });
    environment.report(at);
  }
  const refused = refuseText(kind, text);
  if (refused === undefined) return { kind: "value", value: text, at: node.at };
  const secret = kind.type === "outside" && kind.secret;
  return wrong(place, "WRONG_VALUE", `${name} must be ${refused}${secret ? "" : `, found ${found(node)}`}`);
}

/** Headers are all kept out of logs, but only some of them are secrets that do not belong into a file. */
function soundsSecret(path: string): boolean {
  return !path.includes(".headers.") || /auth|token|key|secret|password|cookie|credential/i.test(lastName(path));
}

function upper(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1_$2").toUpperCase();
}

/** What the text must be instead; undefined = it is fine. */
function refuseText(kind: Kind, text: string): string | undefined {
  if (kind.type !== "text") return undefined;
  if (kind.most !== undefined && text.length > kind.most) return `at most ${kind.most} characters long`;
  if (kind.pattern && !kind.pattern.test(text)) return kind.patternHint ?? `of the form ${kind.pattern.source}`;
  return undefined;
}

/** Our own text is kept as written; the warning is for editors and scripts that read the file, too. */
function warnOfLeadingZero({ node, name, environment }: Place): void {
  if (node.type !== "number" || !/^[-+]?0[0-9]/.test(node.text)) return;
  environment.report(
    findingAt("LEADING_ZERO", node, `${name}: ${node.text} is a number to YAML, other readers drop its zero`, {
      severity: "warning",
      hint: `${name}: "${node.text}"`,
    }),
  );
}

function outsideParts(place: Place, split: Parts): CheckedPart[] | undefined {
  const { node, path, environment } = place;
  for (const fault of split.faults) {
    environment.report(
      finding(fault.code, node.locate(fault.offset), fault.message, { hint: fault.hint, length: fault.length }),
    );
  }
  const outside = split.parts.find((part) => part.type === "env" || part.type === "file");
  if (outside && !environment.outside) {
    const section = path.split(".")[0] ?? path;
    const message = `values from outside may stand in receive, deliver and answer only, not in ${section}`;
    environment.report(
      finding("OUTSIDE_REFUSED", node.locate(outside.offset), message, { hint: "write the value out", length: 2 }),
    );
    return undefined;
  }
  if (split.faults.length > 0) return undefined;
  // Every formula is compiled, also behind one that is wrong: all findings at once.
  let failed = false;
  const parts = split.parts.flatMap((part): readonly CheckedPart[] => {
    if (part.type !== "formula") return [part];
    const compiled = environment.compile(formulaNode(node, part.source, part.offset), path);
    failed ||= !compiled;
    return compiled ? [{ type: "formula", formula: compiled }] : [];
  });
  return failed ? undefined : parts;
}

/** The formula inside braces as a node of its own, as if it were written `=…`. */
function formulaNode(node: ScalarNode, source: string, offset: number): ScalarNode {
  const locate = (index: number): ReturnType<ScalarNode["locate"]> => node.locate(Math.max(0, offset + index - 1));
  return { kind: "scalar", text: `=${source}`, type: "text", quoted: false, at: node.locate(offset), locate };
}

function pattern(place: Place, text: string): Checked | undefined {
  const { node, shape, path } = place;
  if (shape.kind.type !== "pattern") return undefined;
  if (node.type === "boolean") return wrongType(place);
  const refused = shape.kind.place === "url" ? refuseUrl(text) : undefined;
  if (refused) {
    // A password that should not stand there is not shown again in a log of a build.
    const length = text.includes("@") ? { length: 0 } : {};
    const more = { hint: refused[1], ...length };
    place.environment.report(findingAt("WRONG_VALUE", node, `${place.name} ${refused[0]}`, more));
    return undefined;
  }
  const parts = outsideParts(place, splitText(text, true));
  return parts && { kind: "pattern", parts, place: shape.kind.place, path, source: text, at: node.at };
}

/** What is wrong with the fixed beginning of a URL, and what to write. */
function refuseUrl(text: string): readonly [string, string] | undefined {
  const [start = ""] = /^[^{]*/.exec(text.replace(/\$\{/g, "{")) ?? [];
  if (text.startsWith("${")) return undefined;
  if (start === "")
    return [
      "must begin with https:// as fixed text; only parts behind it may come from the record",
      "https://neu.example/{ID}",
    ];
  if (!/^https?:\/\//i.test(start))
    return [
      "must begin with https:// or http://",
      `https://${text.replace(/^(?:[a-z]+:\/*)?(?:[^/@]*@)?/i, "").slice(0, 60)}`,
    ];
  const [authority = ""] = start.slice(start.indexOf("//") + 2).split(/[/?#]/);
  if (authority === "" && start === text) return ["names no host", "https://neu.example/api"];
  if (authority.includes("@")) return ["must not hold a user or a password", "put them into auth:"];
  return undefined;
}

function bridgeFile(place: Place, text: string): Checked | undefined {
  const { node, shape, environment, name } = place;
  if (shape.kind.type !== "bridgeFile") return undefined;
  if (node.type !== "text") return wrongType(place);
  const refused = environment.refuseFile(text, shape.kind.catalog);
  if (refused !== undefined) return wrong(place, "FILE_NOT_FOUND", `${name}: ${refused}`, "");
  return { kind: "value", value: text, at: node.at };
}

// ── numbers, dates, choices ─────────────────────────────────────────────────────────────────────────────────────

/** Values from outside are texts and secrets; what a bridge does (how long, how many) stands in the file. */
function measuredOutside(place: Place): undefined {
  return wrong(place, "OUTSIDE_REFUSED", `${place.name} must be ${expected(place.shape)} and stand in the file itself`);
}

function measured(place: Place, type: ScalarKind, text: string): Checked | undefined {
  const { node, shape } = place;
  const { kind } = shape;
  switch (type) {
    case "boolean":
      if (node.type === "boolean") return value(place, text.toLowerCase() === "true");
      return wrong(
        place,
        "WRONG_TYPE",
        `${place.name} must be true or false, found ${found(node)}`,
        meantBoolean(place, text),
      );
    case "integer":
    case "number": {
      if (node.type !== "number" || !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) {
        return /^[-+]?\d+$/.test(text) && node.quoted
          ? wrong(
              place,
              "WRONG_TYPE",
              `${place.name} must be ${expected(shape)}, found ${found(node)}`,
              `${place.name}: ${text}, without quotes`,
            )
          : wrongType(place);
      }
      if (type === "integer" && !/^[-+]?\d{1,15}$/.test(text)) return wrongType(place);
      return ranged(place, Number(text));
    }
    case "duration":
      return ranged(
        place,
        parseDuration(text),
        /^\d+$/.test(text) ? `${place.name}: ${text}${usualUnit(place.shape)}` : undefined,
      );
    case "size":
      return ranged(place, parseSize(text), sizeHint(place.name, text));
    case "date": {
      const time = kind.type === "date" && kind.time;
      const valid = parseDate(text) !== undefined || (time && parseLocalTime(text) !== undefined);
      if (valid) return value(place, text);
      const german = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
      const iso = german && `${german[3]}-${german[2]?.padStart(2, "0")}-${german[1]?.padStart(2, "0")}`;
      const shaped = /^\d{4}-\d{2}-\d{2}$/.test(text);
      const message = shaped
        ? `there is no ${text} in the calendar`
        : `${place.name} must be ${expected(shape)}, found ${found(node)}`;
      return wrong(place, "WRONG_TYPE", message, iso ? `${place.name}: ${iso}` : undefined);
    }
    default:
      return choice(place, text);
  }
}

function value(place: Place, of: string | number | boolean): Checked {
  return { kind: "value", value: of, at: place.node.at };
}

function meantBoolean(place: Place, text: string): string {
  const lower = text.toLowerCase();
  const yes = ["yes", "ja", "on", "y", "j", "1"].includes(lower) || (place.node.quoted && lower === "true");
  const no = ["no", "nein", "off", "n", "0"].includes(lower) || (place.node.quoted && lower === "false");
  return yes ? `${place.name}: true` : no ? `${place.name}: false` : write(place);
}

/** A duration is written in the unit of its default: 7 means days where that is 30d. */
function usualUnit(shape: AnyShape): string {
  return /[a-z]+$/.exec(exampleOf(shape))?.[0] ?? "s";
}

function sizeHint(name: string, text: string): string | undefined {
  const [, count, unit] = /^(\d+)\s*([kmg]?)i?b?$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  return `${name}: ${count}${unit === "" ? "B" : `${(unit as string).replace(/^[kmg]/i, (c) => c.toUpperCase())}iB`}`;
}

function ranged(place: Place, measure: number | undefined, hint?: string): Checked | undefined {
  const { node, shape, name } = place;
  if (measure === undefined || !Number.isFinite(measure)) {
    return wrong(place, "WRONG_TYPE", `${name} must be ${expected(shape)}, found ${found(node)}`, hint);
  }
  const { least, most } = shape.kind as { least?: number; most?: number };
  if ((least !== undefined && measure < least) || (most !== undefined && measure > most)) {
    return wrong(place, "WRONG_VALUE", `${name} must be ${expected(shape)}, found ${node.text}`);
  }
  return value(place, measure);
}

function choice(place: Place, text: string): Checked | undefined {
  const { node, shape, name } = place;
  if (shape.kind.type !== "choice") return undefined;
  const { values } = shape.kind;
  if (values.includes(text)) return value(place, text);
  const near = nearest(text, values);
  const message = `${name} must be ${expected(shape)}, found ${found(node)}`;
  // A value that is near nothing was meant otherwise; to offer the default would be a guess about what the bridge does.
  return wrong(place, "WRONG_VALUE", message, near === undefined ? "" : `${name}: ${near}`);
}
