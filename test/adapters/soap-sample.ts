// Values made up from types, as full as the types allow: what a round trip goes over.

import type { Value } from "../../src/core/contract.ts";
import type { SimpleType } from "../../src/core/validation/model/simple-type.ts";
import { jsonKind } from "../../src/adapters/soap/value/texts.ts";
import type { Group } from "../../src/adapters/soap/value/group.ts";
import type { ContentPlan, ElementPlan, Plans } from "../../src/adapters/soap/value/plan.ts";

const CANDIDATES =
  "a|Müller & Söhne <1>|0012|12345678901234567.10|2026-02-28|2026-02-28T12:30:00+01:00|2026-02-28T12:30:00|12:30:00|--02-28|2026|2026-02|true|P1D|urn:example:x|http://www.example.org/a|de|QUJD|AB12|1|10|100|1.00|0|-1|x:y|AA|12345|01234|A1|abc-def|1.0|a@b.example|123456789012|DE12|_a|09162000|000000000000".split(
    "|",
  );

let ids = 0;

export function sampleText(type: SimpleType): Value {
  if (type.builtin === "ID") return `id${++ids}`;
  if (type.enumeration?.[0] !== undefined && jsonKind(type) === "text") return type.enumeration[0];
  for (const text of CANDIDATES) {
    if (type.refuse(text) !== undefined) continue;
    const kind = jsonKind(type);
    return kind === "boolean" ? text === "true" || text === "1" : kind === "integer" ? Number(text) : text;
  }
  for (let length = 1; length < 60; length++) {
    for (const letter of ["0", "A", "a", "1"])
      if (type.refuse(letter.repeat(length)) === undefined) return letter.repeat(length);
  }
  throw new Error(`no sample for ${type.name}`);
}

/** `variant` chooses the alternatives, and whether lists have one item or two. */
export function sample(plans: Plans, element: ElementPlan, variant: number, depth = 0): Value {
  const declared = element.content();
  let content: ContentPlan = declared;
  let typeKey: string | undefined;
  const derived = [...declared.derived()].slice(1).filter(([, name]) => plans.type(name)?.abstract === false);
  if (derived.length > 0 && (declared.abstract || variant % 2 === 1)) {
    const [key, name] = derived[variant % derived.length]!;
    content = plans.type(name)!;
    typeKey = key;
  }
  const value: { [name: string]: Value } = typeKey === undefined ? {} : { "@xsi:type": typeKey };
  for (const attribute of content.attributes) {
    if (attribute.required || depth < 4) value[attribute.key] = attribute.fixed ?? sampleText(attribute.type);
  }
  if (content.simple !== undefined) {
    const text = sampleText(content.simple);
    if (Object.keys(value).length === 0) return text;
    return { ...value, "#text": text };
  }
  if (content.group !== undefined) fill(plans, content, content.group, value, variant, depth);
  else for (const child of content.children) value[child.key] = [sample(plans, child, variant, depth + 1)];
  return value;
}

function fill(
  plans: Plans,
  content: ContentPlan,
  group: Group,
  value: { [name: string]: Value },
  variant: number,
  depth: number,
): void {
  const isDeep = depth > 5;
  if (group.kind === "any") {
    if (group.least > 0) value["{urn:example:other}anything"] = { "@kind": "x", "#text": "07" };
    return;
  }
  if (group.most === 0 || (group.least === 0 && isDeep)) return;
  if (group.kind === "element") {
    const child = content.children[group.index]!;
    const count = Math.max(group.least, child.many && !isDeep ? Math.min(1 + (variant % 2), group.most) : 1);
    if (!child.many) {
      value[child.key] = sample(plans, child, variant, depth + 1);
      return;
    }
    const list = (value[child.key] ??= []) as Value[];
    for (let index = 0; index < count; index++) list.push(sample(plans, child, variant + index, depth + 1));
    return;
  }
  if (group.kind === "choice") {
    const usable = group.items.filter((item) => item.most > 0);
    if (usable.length > 0) fill(plans, content, usable[variant % usable.length]!, value, variant, depth);
    return;
  }
  for (const item of group.items) fill(plans, content, item, value, variant, depth);
}
