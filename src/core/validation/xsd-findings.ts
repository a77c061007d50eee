// libxml2's words → what Steg shows: a path, a rule without values, and the original as detail. Its texts are stable
// (they are the same since 2005) and name elements as {namespace}local; here they get the document's prefixes.

import type { ValidationFinding } from "../mapping/types.ts";
import type { Fault } from "./xsd-libxml2.ts";

/** Longer lists of expected names help nobody. */
const EXPECTED_LIMIT = 12;

export function findingOf(fault: Fault, wellFormed: boolean): ValidationFinding {
  if (!wellFormed) {
    return {
      path: "/",
      message: `not well-formed XML, line ${fault.line}, column ${fault.column}`,
      detail: fault.text,
    };
  }
  const name = (qualified: string): string => prefixed(qualified, fault.prefixes);
  const attribute = /^Element '[^']*', attribute '([^']*)': /.exec(fault.text)?.[1];
  const path = attribute === undefined ? fault.path : `${fault.path}/@${name(attribute)}`;
  const rest = fault.text.replace(/^Element '[^']*'(?:, attribute '[^']*')?: /, "");
  return { path, message: ruleOf(rest, attribute !== undefined, name), detail: fault.text };
}

type Name = (qualified: string) => string;
type Rule = readonly [RegExp, (match: RegExpExecArray, name: Name) => string];

const FACETS: Readonly<Record<string, string>> = {
  enumeration: "value is not in the list",
  pattern: "value does not match the pattern",
  length: "value has not the right length",
  minLength: "value is too short",
  maxLength: "value is too long",
  minInclusive: "value is too small",
  minExclusive: "value is too small",
  maxInclusive: "value is too large",
  maxExclusive: "value is too large",
  totalDigits: "value has too many digits",
  fractionDigits: "value has too many digits behind the point",
};

/** The first that matches speaks. None of them repeats a value of the document. */
const ELEMENT_RULES: readonly Rule[] = [
  [
    /^This element is not expected\.(.*)$/s,
    (match, name) => `element not expected here${expected(match[1], "possible here", name)}`,
  ],
  [
    /^Missing child element\(s\)\.(.*)$/s,
    (match, name) => `a required child element is missing${expected(match[1], "possible next", name)}`,
  ],
  [/^No matching global declaration available for the validation root/, () => "the schema has no such root element"],
  [
    /^No matching global element declaration available, but demanded by the strict wildcard/,
    () => "the schema has no such element",
  ],
  [
    /^Element content is not allowed, because the type definition is simple/,
    () => "child elements are not allowed here, only text",
  ],
  [
    /^Element content is not allowed, because the content type is a simple/,
    () => "child elements are not allowed here, only text",
  ],
  [/^Character content other than whitespace is not allowed/, () => "text is not allowed here, only child elements"],
  [/^Character content is not allowed, because the content type is empty/, () => "the element must be empty"],
  [/^Element content is not allowed, because the content type is empty/, () => "the element must be empty"],
  [
    /^Neither character nor element content is allowed, because the element was 'nilled'/,
    () => "the element is nil and must be empty",
  ],
  [/^The element is not 'nillable'/, () => "the element must not be nil"],
  [
    /^The attribute '([^']*)' is required but missing/,
    (match, name) => `the required attribute ${name(match[1] ?? "")} is missing`,
  ],
  [/^The QName value .* does not resolve to a type definition/s, () => "xsi:type names no type of the schema"],
  [
    /^The type definition '[^']*', specified by xsi:type, is blocked or not validly derived/,
    () => "xsi:type names a type that is not allowed here",
  ],
  [
    /^The type definition is abstract|The element declaration is abstract/,
    () => "the declared type is abstract; xsi:type must name one",
  ],
  [/^The actual value '.*' does not match the fixed value/s, () => "value is not the fixed value of the schema"],
  [/^The (?:initial )?value '.*' does not match the fixed value/s, () => "value is not the fixed value of the schema"],
  [
    /^Duplicate key-sequence .* in (?:unique|primary key) identity-constraint '([^']*)'/s,
    (match, name) => `value is not unique (${name(match[1] ?? "")})`,
  ],
  [
    /^No match found for key-sequence .* of keyref '([^']*)'/s,
    (match, name) => `value refers to nothing (${name(match[1] ?? "")})`,
  ],
  [
    /^Not all fields of key identity-constraint '([^']*)'/,
    (match, name) => `a field of the key ${name(match[1] ?? "")} is missing`,
  ],
];

const VALUE_RULES: readonly Rule[] = [
  [/^\[facet '(\w+)'\] /, (match) => FACETS[match[1] ?? ""] ?? "value breaks a rule of its type"],
  [
    /is not a valid value of the (?:local )?(?:atomic|list|union) type(?: '([^']*)')?/s,
    (match, name) => `value is no ${typeName(match[1], name)}`,
  ],
  [
    /is not a valid value of the (?:built-in )?(?:simple )?type '([^']*)'/s,
    (match, name) => `value is no ${typeName(match[1], name)}`,
  ],
  [/^The attribute '[^']*' is not allowed|is not allowed/, () => "attribute not allowed here"],
];

function ruleOf(text: string, ofAttribute: boolean, name: Name): string {
  for (const [pattern, say] of [
    ...(ofAttribute ? [] : ELEMENT_RULES),
    ...VALUE_RULES,
    ...(ofAttribute ? ELEMENT_RULES : []),
  ]) {
    const match = pattern.exec(text);
    if (match !== null) return say(match, name);
  }
  return ofAttribute ? "attribute breaks the schema" : "element breaks the schema";
}

function typeName(qualified: string | undefined, name: Name): string {
  return qualified === undefined || qualified === "" ? "value of the element's type" : name(qualified);
}

/**
 * ` Expected is one of ( {ns}a, {ns}b ).` → `; possible next: gw:a or gw:b`. It says possible, because libxml2's list is
 * not always complete: behind an element with a bounded maxOccurs it names only that one again.
 */
function expected(text: string | undefined, what: string, name: Name): string {
  const list = /Expected is (?:one of )?\( (.*) \)/s.exec(text ?? "")?.[1];
  if (list === undefined) return "";
  const names = Array.from(list.matchAll(/##other\{[^}]*\}\*?|##\w+|\*|\{[^}]*\}[^\s,]+|[^\s,{}]+/g), (match) =>
    name(match[0]),
  );
  const shown = names.slice(0, EXPECTED_LIMIT);
  if (names.length > EXPECTED_LIMIT)
    return `; ${what}: ${shown.join(", ")} or one of ${names.length - EXPECTED_LIMIT} more`;
  return `; ${what}: ${shown.join(" or ")}`;
}

const XSD_PREFIXES: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2001/XMLSchema", "xs"],
  ["http://www.w3.org/2001/XMLSchema-instance", "xsi"],
  ["http://www.w3.org/XML/1998/namespace", "xml"],
]);

function prefixed(qualified: string, prefixes: ReadonlyMap<string, string>): string {
  const match = /^\{([^}]*)\}(.+)$/s.exec(qualified);
  if (match?.[1] === undefined || match[2] === undefined) return qualified;
  const prefix = prefixes.get(match[1]) ?? XSD_PREFIXES.get(match[1]);
  if (prefix === undefined) return qualified;
  return prefix === "" ? match[2] : `${prefix}:${match[2]}`;
}
