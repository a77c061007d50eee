// Rules, assertions and their messages.

import { invalid, unsupported } from "./faults.ts";
import { SCHEMATRON, XSLT, type Assertion, type Rule, type RulePart, type TextPart } from "./model.ts";
import {
  attribute,
  needed,
  optionalQuery,
  partsOf,
  query,
  readLet,
  refuseAttribute,
  type Part,
  type Reading,
} from "./parts.ts";
import { textOf, type XNode } from "../xpath/tree.ts";

export function readRule(part: Part, reading: Reading): Rule {
  const { node, file } = part;
  refuseAttribute(part, "visit-each");
  const abstract = attribute(node, "abstract") === "true";
  if (abstract && attribute(node, "id") === undefined) throw invalid("an abstract rule has no id", file.place(node));
  return {
    id: attribute(node, "id"),
    abstract,
    context: abstract ? undefined : query(part, "context", reading),
    parts: partsOf(part, reading).flatMap((inside) => readRulePart(inside, reading)),
    subject: optionalQuery(part, "subject", reading),
    ...marksOf(node),
    place: file.place(node),
  };
}

function readRulePart(part: Part, reading: Reading): RulePart[] {
  const { node, file } = part;
  switch (node.local) {
    case "assert":
    case "report":
      return [{ kind: "assertion", assertion: readAssertion(part, node.local, reading) }];
    case "let":
      return [{ kind: "let", let: readLet(part, reading) }];
    case "extends":
      return [{ kind: "extends", rule: needed(part, "rule"), place: file.place(node) }];
    case "p":
      return [];
  }
  throw unsupported(`${node.qname} in a rule is not supported`, file.place(node));
}

function readAssertion(part: Part, kind: Assertion["kind"], reading: Reading): Assertion {
  const { node, file } = part;
  return {
    kind,
    id: attribute(node, "id"),
    test: query(part, "test", reading),
    subject: optionalQuery(part, "subject", reading),
    diagnostics: (attribute(node, "diagnostics") ?? "").split(/\s+/).filter((id) => id !== ""),
    text: readText(part, reading),
    ...marksOf(node),
    place: file.place(node),
  };
}

function marksOf(node: XNode): { readonly flag: string | undefined; readonly role: string | undefined } {
  return { flag: attribute(node, "flag"), role: attribute(node, "role") };
}

/** Emphasis, direction and spans are ways of printing. */
const PRINTING: ReadonlySet<string> = new Set(["emph", "dir", "span"]);

export function readText(part: Part, reading: Reading): readonly TextPart[] {
  const { node: of, file } = part;
  return of.children.flatMap((node): readonly TextPart[] => {
    if (node.kind === "text") return [{ kind: "text", text: node.value }];
    if (node.kind !== "element") return [];
    const inside = { node, file };
    if (node.namespace === XSLT) throw unsupported(`xsl:${node.local} in a message is not supported`, file.place(node));
    if (node.namespace !== SCHEMATRON) return [{ kind: "text", text: textOf(node) }];
    if (node.local === "value-of") return [{ kind: "value", select: query(inside, "select", reading) }];
    if (node.local === "name") return [{ kind: "name", path: optionalQuery(inside, "path", reading) }];
    if (PRINTING.has(node.local)) return readText(inside, reading);
    throw unsupported(`${node.qname} in a message is not supported`, file.place(node));
  });
}
