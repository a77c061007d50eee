// `map.json`: a template of objects and lists → one function that writes the document; and the two shorter forms, a formula
// alone (`map: = { … }`) and no map at all (the record as it is).

import type { ListNode, MapEntry, MapNode, Node, ScalarNode } from "../../bridge/tree.ts";
import type { CompileTemplate, JsonShape, Template } from "../types.ts";
import type { Compiling } from "./compiling.ts";
import { isFormula, isNull, literalText, startCompiling, takeDirectives } from "./compiling.ts";
import {
  bracketed,
  listPiece,
  NO_ITEMS,
  objectPiece,
  rewritten,
  splicePiece,
  straightPiece,
  valuePiece,
  wrapped,
} from "./json-pieces.ts";
import type { Member } from "./json-pieces.ts";
import { jsonOf, quote, textAs, wantsList } from "./json-text.ts";
import type { Origin } from "./origins.ts";
import { childOrigin, createOrigin, locateInJson, madeBy } from "./origins.ts";
import type { Piece } from "./pieces.ts";
import { onlyWhen, place, writeEach } from "./pieces.ts";
import type { Place } from "./values.ts";
import { checkSize } from "./values.ts";

export const JSON_CONTENT_TYPE = "application/json";
const DIRECTIVES = ["=when", "=each"] as const;

interface Here {
  readonly compiling: Compiling;
  readonly path: string;
  readonly origin: Origin;
  readonly inEach: boolean;
  readonly shape: JsonShape | undefined;
  readonly required: Place | undefined;
}

export const compileJson: CompileTemplate = (node, environment) => {
  const compiling = startCompiling(environment);
  const top = createOrigin(node.at);
  const here: Here = {
    compiling,
    path: "",
    origin: top,
    inEach: false,
    shape: environment.json,
    required: undefined,
  };
  const piece = node.kind === "map" ? compileMap(node, here, true) : compileNode(node, here);
  const template = compiling.finish(
    JSON_CONTENT_TYPE,
    piece === undefined ? undefined : document(piece, top, node),
    (path) => locateInJson(top, path),
  );
  const straight = typeof piece === "object" && straightPiece(piece);
  return template && straight ? { ...template, straight } : template;
};

function document(piece: Piece, top: Origin, node: Node): Template["render"] {
  if (typeof piece === "string") return () => piece;
  const whole = place("json", top.at);
  return (item, scope) => {
    const text = piece.write(item, scope);
    // A list at the top without items is a message without content: the record is skipped.
    if (text === undefined || (text === NO_ITEMS && node.kind === "list" && piece.yields)) return undefined;
    checkSize(text, whole, scope);
    return text;
  };
}

/** `map: = …`: whatever the formula gives, as JSON. */
export const compileFormulaAlone: CompileTemplate = (node, environment) => {
  const compiling = startCompiling(environment);
  if (!isFormula(node)) {
    compiling.error(node.at, "TEMPLATE_NOT_FORMULA", "map is a formula or one of xml, json, csv, fixed");
    return undefined;
  }
  const formula = compiling.formula(node, false);
  const origin = createOrigin(node.at, formula?.source);
  const where = place("map", node.at);
  return compiling.finish(
    JSON_CONTENT_TYPE,
    formula && ((item, scope) => jsonOf(formula.evaluate(item, scope), environment.json, where, scope)),
    (path) => locateInJson(origin, path),
  );
};

/** No map: the record as JSON. A record without any value is skipped like a map that came out empty. */
export function recordTemplate(at: Place["at"], json?: JsonShape): Template {
  const where = place("record", at);
  return {
    contentType: JSON_CONTENT_TYPE,
    names: [],
    locate: () => undefined,
    render: (item, scope) => {
      const text = jsonOf(item, json, where, scope);
      return text === "{}" ? undefined : text;
    },
  };
}

function compileNode(node: Node, here: Here): Piece | undefined {
  if (node.kind === "map") return compileMap(node, here, false);
  if (node.kind === "list") return compileList(node, here);
  if (!isFormula(node)) return literal(node, here);
  const formula = here.compiling.formula(node, here.inEach);
  if (!formula) return undefined;
  here.origin.formula ??= formula.source;
  return valuePiece(formula, here.shape, place(here.path || "json", node.at), here.required);
}

function compileMap(node: MapNode, here: Here, root: boolean): Piece | undefined {
  const { compiling } = here;
  const { when, each, rest } = takeDirectives(compiling, node.entries, {
    known: DIRECTIVES,
    root,
    inEach: here.inEach,
  });
  if (each && rest.length === 0) {
    compiling.error(
      node.at,
      "EACH_WITHOUT_NAMES",
      "=each makes an object per item, and it has no names",
      `Items as they are: [ "= ${each.source}" ]`,
    );
  }
  if (each) {
    madeBy(here.origin, each);
    const inner: Here = { ...here, inEach: true, shape: here.shape?.item(), required: undefined };
    const write = writeEach(objectOf(rest, inner), {
      each,
      when,
      between: ",",
      place: place(here.path || "json", each.at),
    });
    const items = { write, yields: true, shown: undefined, formula: each, required: undefined };
    return bracketed(items, here.required);
  }
  const asList = wantsList(here.shape);
  const object = objectOf(rest, asList ? { ...here, shape: here.shape?.item() } : here);
  const piece = asList ? wrapped(object) : object;
  return when ? onlyWhen(piece, when, here.required) : piece;
}

function objectOf(entries: readonly MapEntry[], here: Here): Piece {
  const members: Member[] = [];
  for (const { key, keyAt, value } of entries) {
    const name = key.startsWith("'=") ? key.slice(1) : key;
    const path = here.path === "" ? name : `${here.path}/${name}`;
    const piece = compileNode(value, {
      ...here,
      path,
      origin: childOrigin(here.origin, name, value.kind === "scalar" ? value.at : keyAt),
      shape: here.shape?.property(name),
      required: here.shape?.required.has(name) ? place(path, keyAt) : undefined,
    });
    if (piece !== undefined) members.push({ name, piece });
  }
  return objectPiece(members, here.required);
}

function compileList(node: ListNode, here: Here): Piece {
  const inner: Here = { ...here, shape: here.shape?.item(), required: undefined };
  const pieces: Piece[] = [];
  for (const item of node.items) {
    const piece = isFormula(item) ? compileSplice(item, inner) : compileItem(item, inner);
    if (piece !== undefined) pieces.push(piece);
  }
  return listPiece(pieces, here.required);
}

function compileSplice(node: ScalarNode, here: Here): Piece | undefined {
  const formula = here.compiling.formula(node, here.inEach);
  if (!formula) return undefined;
  here.origin.formula ??= formula.source;
  return splicePiece(formula, here.shape, place(here.path || "json", node.at));
}

/** A map with =each inside a list splices its items, as a formula does. */
function compileItem(node: Node, here: Here): Piece | undefined {
  const piece = compileNode(node, here);
  const spliced = node.kind === "map" && node.entries.some(({ key }) => key === "=each");
  if (!spliced || piece === undefined || typeof piece === "string") return piece;
  return rewritten(piece, (item, scope) => {
    const text = piece.write(item, scope) as string;
    return text === NO_ITEMS ? undefined : text.slice(1, -1);
  });
}

// ── literals ────────────────────────────────────────────────────────────────────────────────────────────────────

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function literal(node: ScalarNode, here: Here): string | undefined {
  const { compiling, shape } = here;
  if (isNull(node) && node.text === "") {
    compiling.error(
      node.at,
      "VALUE_MISSING",
      "nothing stands behind the name",
      'An empty text is written "", no value null',
    );
    return undefined;
  }
  const text = plainLiteral(node, here);
  return text !== undefined && wantsList(shape) ? `[${text}]` : text;
}

function plainLiteral(node: ScalarNode, here: Here): string | undefined {
  const { compiling } = here;
  const shape = wantsList(here.shape) ? here.shape?.item() : here.shape;
  const types = shape?.types;
  const wantsText = types?.has("string") === true && !types.has(node.type === "boolean" ? "boolean" : "number");
  if (node.type === "null") return "null";
  if (node.type === "text" || wantsText) {
    const text = node.type === "text" ? compiling.literal(node) : literalText(node);
    return shape === undefined ? quote(text) : textAs(text, shape);
  }
  if (node.type === "boolean") return node.text.toLowerCase();
  return numberLiteral(compiling, node);
}

/** Numbers as written where JSON can read them; what only YAML can read is rewritten. */
function numberLiteral(compiling: Compiling, node: ScalarNode): string | undefined {
  if (JSON_NUMBER.test(node.text)) return node.text;
  const value = Number(node.text);
  if (!Number.isFinite(value)) {
    compiling.error(node.at, "NUMBER_NOT_JSON", `JSON has no number ${node.text}`, `Write: "${node.text}"`);
    return undefined;
  }
  if (/^[-+]?0\d/.test(node.text)) {
    compiling.warn(
      node.at,
      "LEADING_ZERO",
      `${node.text} becomes the number ${value}`,
      `Write: "${node.text}"`,
      node.text.length,
    );
  }
  return String(value);
}
