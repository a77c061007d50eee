// A value of a type, made up: for descriptions, and as the first test of a new bridge. It fits the type where something simple does.

import type { Value } from "../../../core/contract.ts";
import type { SimpleType } from "../../../core/validation/model/simple-type.ts";
import type { Group } from "./group.ts";
import type { ContentPlan, ElementPlan, Plans } from "./plan.ts";
import { jsonKind, valueOfText } from "./texts.ts";

/** What simple types of authorities look like, the likely ones first. */
const CANDIDATES = [
  "Beispiel",
  "2026-11-21",
  "2026-11-21T10:00:00Z",
  "12.50",
  "1",
  "true",
  "12345",
  "01067",
  "00000001",
  "QUJD",
  "urn:example:beispiel",
  "https://www.example.org/",
  "person@stadt.example",
  "de",
  "DE",
  "A1",
  "AB12",
  "DE12345678",
  "10:00:00",
  "2026",
  "2026-11",
  "--11-21",
  "---21",
  "--11",
  "P1D",
  "1.0",
  "100",
  "123456789012",
  "x:beispiel",
];
const LETTERS = ["0", "1", "A", "a"];
const LONGEST = 60;
/** Elements of one example. */
const MOST = 300;
const DEEPEST = 8;
/** What may be left out is left out below this. */
const FULL = 4;

type Open = { [name: string]: Value };

interface Making {
  readonly plans: Plans;
  /** Types that the place lies within: they may hold themselves. */
  readonly open: Set<ContentPlan>;
  left: number;
}

export function exampleOf(plans: Plans, element: ElementPlan): Value {
  return elementValue({ plans, open: new Set(), left: MOST }, element, 0);
}

function textFor(type: SimpleType): Value {
  const kind = jsonKind(type);
  const listed = kind === "text" ? type.enumeration?.[0] : undefined;
  if (listed !== undefined) return listed;
  if (type.builtin === "base64Binary" && type.refuse("QUJD") === undefined) return "QUJD";
  const found = CANDIDATES.find((text) => type.refuse(text) === undefined) ?? repeated(type);
  return valueOfText(found, type) ?? found;
}

/** Patterns often ask for so many digits or letters. */
function repeated(type: SimpleType): string {
  for (let length = 1; length <= LONGEST; length++) {
    const found = LETTERS.map((letter) => letter.repeat(length)).find((text) => type.refuse(text) === undefined);
    if (found !== undefined) return found;
  }
  return "";
}

function elementValue(making: Making, element: ElementPlan, depth: number): Value {
  const { plans } = making;
  const declared = element.content();
  const [key, name] = declared.abstract
    ? ([...declared.derived()].find(([, derived]) => plans.type(derived)?.abstract === false) ?? [])
    : [];
  const content = (name && plans.type(name)) ?? declared;
  making.left--;
  const value: Open = key === undefined ? {} : { "@xsi:type": key };
  for (const { key: at, required, fixed, type } of content.attributes) {
    // An ID stands for one element of the document; what need not have one has none.
    const isId = type.builtin === "ID";
    if (required && isId) value[at] = `id${making.left}`;
    else if (required || (depth < FULL && !isId))
      value[at] = fixed === undefined ? textFor(type) : (valueOfText(fixed, type) ?? fixed);
  }
  if (content.simple !== undefined) {
    const text = textFor(content.simple);
    return Object.keys(value).length === 0 ? text : { ...value, "#text": text };
  }
  if (content.type?.local === "anyType" && content.openChildren) return "Beispiel";
  const within = making.open.has(content);
  making.open.add(content);
  if (content.group !== undefined) fill(making, content, content.group, value, within ? DEEPEST : depth);
  else if (content.array !== undefined && content.children[0] !== undefined)
    value["item"] = [elementValue(making, content.children[0], depth + 1)];
  if (!within) making.open.delete(content);
  return value;
}

function fill(making: Making, content: ContentPlan, group: Group, value: Open, depth: number): void {
  const isFull = depth < FULL && making.left > 0;
  if (group.kind === "any") {
    if (group.least > 0) value["{urn:example:beispiel}beispiel"] = "Beispiel";
    return;
  }
  if (group.most === 0 || (group.least === 0 && !isFull) || depth > 3 * DEEPEST) return;
  if (group.kind === "element") {
    const child = content.children[group.index];
    if (child === undefined || Object.hasOwn(value, child.key)) return;
    const items = Array.from({ length: Math.max(1, Math.min(group.least, 10)) }, () =>
      elementValue(making, child, depth + 1),
    );
    value[child.key] = child.many ? items : items[0];
  } else if (group.kind === "choice") {
    const usable = group.items.filter((item) => item.most > 0);
    const first = usable.find((item) => item.kind !== "any") ?? usable[0];
    if (first !== undefined) fill(making, content, first.least === 0 ? { ...first, least: 1 } : first, value, depth);
  } else for (const item of group.items) fill(making, content, item, value, depth);
}
