// `map.xml`: a template of elements → one function that writes the document.
//
//   gw:kapital: { "@waehrung": EUR, =text: "= $decimal(KAPITAL, '1.234,56')" }
//
// A key is an element, "@key" an attribute, "=key" a directive; a list repeats the element. Every message is a document of its
// own, with declaration: documents cannot be joined, so a batch of XML is sent one message per parcel.

import type { ListNode, MapEntry, MapNode, Node, ScalarNode } from "../../bridge/tree.ts";
import { cellCondition } from "../formula/cell-plan.ts";
import type { CompiledFormula, CompileTemplate, ElementContent, ElementDeclaration, QName } from "../types.ts";
import type { Compiling, Directives } from "./compiling.ts";
import { isFormula, isNull, startCompiling, takeDirectives } from "./compiling.ts";
import type { Origin } from "./origins.ts";
import { childOrigin, createOrigin, locateInXml, madeBy } from "./origins.ts";
import type { Live, Piece } from "./pieces.ts";
import { onlyWhen, place, writeEach } from "./pieces.ts";
import { type Built, builtText, straightEach, straightElement, straightWhen } from "./straight-tree.ts";
import { straightDocument } from "./straight-xml.ts";
import type { Place } from "./values.ts";
import { checkSize, itemsOf } from "./values.ts";
import { childDeclaration, inSchemaOrder, isAttributeRequired, isRequired } from "./xml-order.ts";
import type { Prefixes } from "./xml-names.ts";
import { declarePrefixes, isDeclaration, NO_PREFIXES, resolveName, splitName } from "./xml-names.ts";
import type { AttributePlan, ElementPlan } from "./xml-pieces.ts";
import { elementPiece, textPiece } from "./xml-pieces.ts";
import { escapeAttribute, escapeText, forbiddenCharacter } from "./xml-text.ts";

export const XML_CONTENT_TYPE = "application/xml; charset=utf-8";
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const DIRECTIVES = ["=when", "=each", "=text"] as const;

/** Where the walk is. */
interface Here {
  readonly compiling: Compiling;
  readonly prefixes: Prefixes;
  readonly path: string;
  readonly origin: Origin;
  readonly inEach: boolean;
}

/** One element of the template, its name resolved, its schema found. */
interface Child {
  readonly entry: MapEntry;
  readonly name: QName;
  readonly declaration: ElementDeclaration | undefined;
}

export const compileXml: CompileTemplate = (node, environment) => {
  const compiling = startCompiling(environment);
  const top = createOrigin(node.at);
  const root = rootOf(compiling, node);
  const here: Here = { compiling, prefixes: NO_PREFIXES, path: "", origin: top, inEach: false };
  const built = root && compileRoot(root, here);
  const template = compiling.finish(XML_CONTENT_TYPE, built && document(built.piece, top), (path) =>
    locateInXml(top, path),
  );
  const straight = built?.straight;
  if (!template || straight?.kind !== "element") return template;
  return { ...template, document: straightDocument(DECLARATION, straight) };
};

function document(piece: Piece, top: Origin): Live["write"] {
  if (typeof piece === "string") return () => DECLARATION + piece;
  const whole = place("xml", top.at);
  return (item, scope) => {
    const root = piece.write(item, scope);
    if (root === undefined) return undefined;
    checkSize(root, whole, scope);
    return DECLARATION + root;
  };
}

/** Exactly one element stands at the top. */
function rootOf(compiling: Compiling, node: Node): MapEntry | undefined {
  if (node.kind !== "map") {
    compiling.error(node.at, "ROOT_MISSING", "xml needs one element at the top", "Write: xml: { prefix:element: … }");
    return undefined;
  }
  const { rest } = takeDirectives(compiling, node.entries, { known: DIRECTIVES, root: true, inEach: false });
  const [first, second] = rest;
  if (!first) compiling.error(node.at, "ROOT_MISSING", "xml needs one element at the top");
  if (first && second) {
    compiling.error(
      second.keyAt,
      "ROOT_TWICE",
      `a document has one root; ${first.key} is already there`,
      `Indent ${second.key} under ${first.key}, or put an element around both`,
      second.key.length,
    );
  }
  return first;
}

function compileRoot(entry: MapEntry, here: Here): Built | undefined {
  const { compiling } = here;
  if (entry.key.startsWith("@")) {
    compiling.error(entry.keyAt, "ROOT_MISSING", "an attribute needs an element around it", "", entry.key.length);
    return undefined;
  }
  if (entry.value.kind === "list") {
    compiling.error(entry.value.at, "ROOT_TWICE", "a list repeats an element, and a document has one root");
    return undefined;
  }
  const prefixes = prefixesOf(compiling, entry.value, here.prefixes);
  const name = resolveName(compiling, entry.key, entry.keyAt, prefixes, "element");
  const declaration = name && compiling.environment.schema?.root(name);
  // After findings any name does: no template comes of it.
  return compileElement({ entry, name: name ?? { namespace: "", local: "" }, declaration }, entry.value, here, true);
}

/** The declarations of an element already hold for its own name; those of a list are said in its first item. */
function prefixesOf(compiling: Compiling, value: Node, outer: Prefixes): Prefixes {
  const element = value.kind === "list" ? value.items[0] : value;
  return element?.kind === "map" ? declarePrefixes(compiling, element.entries, outer) : outer;
}

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** What may stand in an element: what its declaration says, or the type that a literal xsi:type chooses instead. */
function contentOf(
  declaration: ElementDeclaration | undefined,
  value: MapNode,
  here: Here,
): ElementContent | undefined {
  const { schema } = here.compiling.environment;
  for (const { key, value: type } of value.entries) {
    const attribute = key.startsWith("@") ? splitName(key.slice(1)) : undefined;
    if (attribute?.local !== "type" || here.prefixes.get(attribute.prefix) !== XSI) continue;
    const name = type.kind === "scalar" ? splitName(type.text.trim()) : undefined;
    const namespace = name && here.prefixes.get(name.prefix);
    // Where only the data tells the type, nothing is known about what stands inside.
    return name && namespace !== undefined ? schema?.type?.({ namespace, local: name.local }) : undefined;
  }
  return declaration?.content();
}

/** One element; undefined after findings. `root` takes away directives that may not stand there. */
function compileElement(child: Child, value: Node, outer: Here, root = false): Built | undefined {
  const { compiling } = outer;
  const { entry, declaration } = child;
  const path = outer.path === "" ? entry.key : `${outer.path}/${entry.key}`;
  const required = !root && isRequired(declaration) ? place(path, entry.keyAt) : undefined;
  if (value.kind === "map") {
    const here = {
      ...outer,
      path,
      origin: childOrigin(outer.origin, entry.key, entry.keyAt),
      prefixes: prefixesOf(compiling, value, outer.prefixes),
    };
    return compileMap(child, value, contentOf(declaration, value, here), here, root, required);
  }
  if (value.kind === "list") {
    compiling.error(value.at, "LIST_IN_LIST", "a list inside a list has no meaning in XML");
    return undefined;
  }
  const origin = childOrigin(outer.origin, entry.key, value.at);
  const text = compileText(value, { ...outer, path, origin });
  return text && builtElement(child, [], [text], required);
}

function builtElement(
  { entry, name }: Child,
  attributes: readonly AttributePlan[],
  content: readonly Built[],
  required: ElementPlan["required"],
): Built {
  const piece = elementPiece({ name: entry.key, attributes, content: content.map((one) => one.piece), required });
  return { piece, straight: straightElement(entry.key, name, attributes, content, required !== undefined) };
}

/** A scalar as element content. */
function compileText(value: ScalarNode, here: Here): Built | undefined {
  const { compiling, path, origin } = here;
  if (isFormula(value)) {
    const formula = compiling.formula(value, here.inEach);
    if (!formula) return undefined;
    madeBy(origin, formula);
    return builtText(textPiece(formula, place(path, value.at)), formula);
  }
  const text = literal(compiling, value, escapeText);
  return text === undefined ? undefined : builtText(text, undefined);
}

function literal(
  compiling: Compiling,
  value: ScalarNode,
  escape: (text: string) => string | undefined,
): string | undefined {
  if (isNull(value)) {
    const found = value.text === "" ? "nothing stands behind the key" : `${value.text} is no text`;
    compiling.error(value.at, "VALUE_MISSING", found, 'An empty element is written ""');
    return undefined;
  }
  const text = compiling.literal(value);
  const escaped = escape(text);
  if (escaped === undefined) {
    const name = forbiddenCharacter(text)?.name ?? "";
    compiling.error(value.at, "XML_CHARACTER", `${name} stands in the text, which XML 1.0 forbids`);
  }
  return escaped;
}

function compileMap(
  child: Child,
  value: MapNode,
  content: ElementContent | undefined,
  here: Here,
  root: boolean,
  required: Place | undefined,
): Built | undefined {
  const { compiling } = here;
  const directives = takeDirectives(compiling, value.entries, { known: DIRECTIVES, root, inEach: here.inEach });
  const inside: Here = directives.each ? { ...here, inEach: true } : here;
  if (directives.each) madeBy(here.origin, directives.each);
  const attributes = compileAttributes(directives.rest, content, inside);
  const children = childrenOf(directives.rest, content, inside);
  const inner = directives.text ? textOnly(directives, children, inside) : compileChildren(children, content, inside);
  if (!inner) return undefined;
  const { when, each } = directives;
  const built = builtElement(child, attributes, inner, required);
  const { piece } = built;
  if (each) {
    const where = place(here.path, each.at);
    const write = writeEach(piece, { each, when, between: "", place: where });
    const straight = each.group ? straightEach(built.straight, piece, when) : undefined;
    return { piece: { write, yields: true, shown: undefined, formula: each, required }, straight };
  }
  if (!when) return built;
  return { piece: onlyWhen(piece, when, required), straight: straightWhen(built.straight, cellCondition(when.cells)) };
}

function textOnly(directives: Directives, children: readonly Child[], here: Here): Built[] | undefined {
  const { compiling } = here;
  const { key, keyAt, value } = directives.text as MapEntry;
  const [child] = children;
  if (child) {
    compiling.error(
      keyAt,
      "TEXT_AND_CHILDREN",
      `${key} stands beside the element ${child.entry.key}; text and elements do not mix`,
      "",
      key.length,
    );
  }
  if (value.kind !== "scalar") {
    compiling.error(value.at, "TEXT_NOT_SCALAR", "=text is a text or a formula");
    return undefined;
  }
  const text = compileText(value, here);
  return text === undefined ? undefined : [text];
}

function compileAttributes(
  entries: readonly MapEntry[],
  content: ElementContent | undefined,
  here: Here,
): AttributePlan[] {
  const { compiling } = here;
  const plans: AttributePlan[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    if (!entry.key.startsWith("@")) continue;
    const { key, keyAt, value } = entry;
    if (value.kind !== "scalar") {
      compiling.error(
        value.at,
        "ATTRIBUTE_NOT_SCALAR",
        `${key} is an attribute: a text or a formula, not a ${value.kind}`,
      );
      continue;
    }
    // What is wrong with a declaration was said when the prefixes were read.
    if (isDeclaration(entry) && isFormula(value)) continue;
    const written = key.slice(1);
    const name = isDeclaration(entry) ? undefined : resolveName(compiling, written, keyAt, here.prefixes, "attribute");
    if (name) {
      const expanded = `{${name.namespace}}${name.local}`;
      if (seen.has(expanded)) compiling.error(keyAt, "ATTRIBUTE_TWICE", `${key} is there under another prefix already`);
      seen.add(expanded);
    }
    const plan = compileAttribute(entry, value, here, name !== undefined && isAttributeRequired(content, name));
    if (plan) plans.push(plan);
  }
  return plans;
}

function compileAttribute(
  entry: MapEntry,
  value: ScalarNode,
  here: Here,
  required: boolean,
): AttributePlan | undefined {
  const { compiling } = here;
  const name = entry.key.slice(1);
  const where = place(`${here.path}/${entry.key}`, value.at);
  const origin = childOrigin(here.origin, entry.key, value.at);
  if (!isFormula(value)) {
    const text = literal(compiling, value, escapeAttribute);
    return text === undefined ? undefined : { name, value: text, place: where, required };
  }
  const formula: CompiledFormula | undefined = compiling.formula(value, here.inEach);
  if (!formula) return undefined;
  origin.formula ??= formula.source;
  return { name, value: formula, place: where, required };
}

function childrenOf(entries: readonly MapEntry[], content: ElementContent | undefined, here: Here): Child[] {
  const children: Child[] = [];
  for (const entry of entries) {
    if (entry.key.startsWith("@")) continue;
    const inner = prefixesOf(silent(here.compiling), entry.value, here.prefixes);
    const name = resolveName(here.compiling, entry.key, entry.keyAt, inner, "element");
    if (name) children.push({ entry, name, declaration: childDeclaration(content, name) });
  }
  return children;
}

/** Prefixes are read once to resolve the element's own name and once for what lies in it; findings are said the second time. */
function silent(compiling: Compiling): Compiling {
  return { ...compiling, error: () => undefined };
}

function compileChildren(
  children: readonly Child[],
  content: ElementContent | undefined,
  here: Here,
): Built[] | undefined {
  return inSchemaOrder(children, content).flatMap((child) => {
    const { value } = child.entry;
    const made = value.kind === "list" ? compileList(child, value, here) : [compileElement(child, value, here)];
    return made.filter((one) => one !== undefined);
  });
}

/** A list repeats the element: one per map or literal, and one per item of what a formula gives. */
function compileList(child: Child, list: ListNode, here: Here): (Built | undefined)[] {
  const { declaration } = child;
  if (list.items.length === 0) {
    here.compiling.error(list.at, "VALUE_MISSING", "the list is empty", 'An empty element is written ""');
  }
  // Which of several must be there cannot be said of one of them; the validator sees to it.
  const alone = list.items.length === 1 ? declaration : declaration && { ...declaration, required: false };
  const one = { ...child, declaration: alone };
  return list.items.map((item) => {
    if (!isFormula(item)) return compileElement(one, item, here);
    const piece = compileSplice(one, item, here);
    return piece && { piece, straight: undefined };
  });
}

function compileSplice({ entry, declaration }: Child, node: ScalarNode, here: Here): Live | undefined {
  const { compiling } = here;
  const formula = compiling.formula(node, here.inEach);
  if (!formula) return undefined;
  childOrigin(here.origin, entry.key, node.at, formula.source);
  const where = place(here.path === "" ? entry.key : `${here.path}/${entry.key}`, node.at);
  const item: CompiledFormula = { ...formula, evaluate: (value) => value };
  const element = elementPiece({
    name: entry.key,
    attributes: [],
    content: [textPiece(item, where)],
    required: undefined,
  }) as Live;
  return {
    write: (value, scope) => {
      let out: string | undefined;
      for (const current of itemsOf(formula.evaluate(value, scope))) {
        const text = element.write(current, scope);
        if (text !== undefined) out = out === undefined ? text : out + text;
        if (out !== undefined) checkSize(out, where, scope);
      }
      return out;
    },
    yields: true,
    shown: undefined,
    formula,
    required: isRequired(declaration) ? where : undefined,
  };
}
