// Elements with attributes that formulas give: as `openElement` of xml-pieces.ts writes them of records.

import { textTest, type TextTest } from "../sure-texts.ts";
import type { ByteSink, Constant } from "./byte-sink.ts";
import { ABSENT, cellWriter, OTHER, WRITTEN, type Asked, type CellWriter, type Result } from "./cell-writers.ts";
import type { NodeWriter, Place } from "./straight-elements.ts";
import type { AttributePart, AttributesPlan, ElementPlan } from "./straight-plan.ts";
import { attributeForm, constant } from "./text-forms.ts";

interface Bound {
  readonly before: Constant;
  /** ` name="` */
  readonly start: Constant;
  readonly text: CellWriter;
  readonly plan: AttributePart;
  readonly test: TextTest | undefined;
}

const QUOTE = constant('"');
const EMPTY = constant("/>");

/** `write` writes what stands in the element. */
export function attributedWriter(
  { close }: ElementPlan,
  { parts, behind, decide }: AttributesPlan,
  when: Asked | undefined,
  write: NodeWriter,
  column: (name: string) => number,
): NodeWriter {
  const bound = parts.map((plan): Bound => ({
    before: constant(plan.before),
    start: constant(` ${plan.name}="`),
    text: cellWriter(plan.value, column, attributeForm),
    plan,
    test: typeof plan.check === "string" ? undefined : textTest(plan.check.specs),
  }));
  const [end, tail] = [constant(`${behind}>`), constant(close)];
  return (place, out) => {
    if (when?.(place.bytes, place.places, place.base) === false) return ABSENT;
    const began = out.at;
    const result = writeAll(place, out);
    if (result !== WRITTEN) out.at = began;
    return result;
  };

  function writeAll(place: Place, out: ByteSink): Result {
    let kept = !decide;
    let missing = false;
    for (const one of bound) {
      const result = writeAttribute(one, place, out);
      if (result === OTHER) return OTHER;
      if (result === WRITTEN) kept = true;
      else missing ||= one.plan.required;
    }
    out.put(end);
    const start = out.at;
    const result = write(place, out);
    if (result === OTHER) return OTHER;
    if (result === ABSENT || !kept) return ABSENT;
    // What the schema wants is missed where the element stands: the general way says it.
    if (missing) return OTHER;
    if (out.at > start) {
      out.put(tail);
      return WRITTEN;
    }
    out.at = start - 1;
    out.put(EMPTY);
    place.sure = false;
    return WRITTEN;
  }
}

function writeAttribute({ before, start, text, plan, test }: Bound, place: Place, out: ByteSink): Result {
  out.put(before);
  const { at, entities } = out;
  out.put(start);
  const from = out.at;
  const result = text(place.bytes, place.places, place.base, out);
  if (result === OTHER) return OTHER;
  if (result === ABSENT) {
    out.at = at;
    if (plan.needed) place.sure = false;
    return ABSENT;
  }
  const fits = plan.check === "fits" || test?.(out.bytes, from, out.at) === true;
  if (!fits || out.entities > entities) place.sure = false;
  out.put(QUOTE);
  return WRITTEN;
}
