// Simple types as what surely is one of their values (mapping/sure-texts.ts). Of whatever is not that plain nothing is sure, and libxml2 is asked.

import type { SureText } from "../../mapping/surely.ts";
import { textTest, type TextSpec } from "../../mapping/sure-texts.ts";
import type { Facets, SimpleType } from "../model/simple-type.ts";
import { patternSteps } from "./patterns.ts";

const INTEGERS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["integer", [-Infinity, Infinity]],
  ["nonPositiveInteger", [-Infinity, 0]],
  ["negativeInteger", [-Infinity, -1]],
  ["nonNegativeInteger", [0, Infinity]],
  ["positiveInteger", [1, Infinity]],
  // Fifteen digits are always within 64 bits.
  ["long", [-Infinity, Infinity]],
  ["int", [-2147483648, 2147483647]],
  ["short", [-32768, 32767]],
  ["byte", [-128, 127]],
  ["unsignedLong", [0, Infinity]],
  ["unsignedInt", [0, 4294967295]],
  ["unsignedShort", [0, 65535]],
  ["unsignedByte", [0, 255]],
]);

/** undefined where nothing can surely be said of the type. */
export function sureText(type: SimpleType): SureText | undefined {
  if (type.variety !== "atomic" || type.builtin === undefined) return undefined;
  const steps = type.steps ?? [];
  const base = builtinSpec(type.builtin, type.whiteSpace, steps);
  if (base === undefined) return undefined;
  const specs = [base];
  const isText = type.primitive === "string";
  let entities = isText;
  for (const facets of steps) {
    if (!isText && hasLength(facets)) return undefined;
    if (type.primitive !== "decimal" && (hasBounds(facets) || hasDigits(facets))) return undefined;
    if (hasDigits(facets)) {
      const { totalDigits: total = Infinity, fractionDigits: fraction = Infinity } = facets;
      specs.push({ kind: "digits", total, fraction });
    }
    if (hasBounds(facets)) {
      const bounds = boundsOf(facets);
      if (bounds === undefined) return undefined;
      specs.push(bounds);
    }
    if (facets.enumeration.length > 0) specs.push({ kind: "list", values: facets.enumeration });
    if (facets.patterns.length > 0) {
      const alternatives = facets.patterns.flatMap(({ source }) => {
        const pattern = patternSteps(source);
        return pattern === undefined ? [] : [pattern];
      });
      if (alternatives.length === 0) return undefined;
      specs.push({ kind: "patterns", alternatives });
    }
    if (facets.enumeration.length + facets.patterns.length > 0) entities = false;
  }
  return sureOf(specs, entities);
}

function sureOf(specs: readonly TextSpec[], entities: boolean): SureText {
  return { specs, test: textTest(specs), entities };
}

/** A fixed value, written as the schema has it. */
export function just(value: string): SureText {
  return sureOf([{ kind: "list", values: [value] }], false);
}

function hasLength({ length, minLength, maxLength }: Facets): boolean {
  return length !== undefined || minLength !== undefined || maxLength !== undefined;
}

function hasDigits({ totalDigits, fractionDigits }: Facets): boolean {
  return totalDigits !== undefined || fractionDigits !== undefined;
}

function hasBounds({ minInclusive, maxInclusive, minExclusive, maxExclusive }: Facets): boolean {
  return [minInclusive, maxInclusive, minExclusive, maxExclusive].some((bound) => bound !== undefined);
}

function builtinSpec(
  local: string,
  whiteSpace: SimpleType["whiteSpace"],
  steps: readonly Facets[],
): TextSpec | undefined {
  const range = INTEGERS.get(local);
  if (range !== undefined) return { kind: "integer", least: range[0], most: range[1] };
  switch (local) {
    case "string":
    case "normalizedString":
    case "token":
      return lengthSpec(steps, whiteSpace === "preserve");
    case "boolean":
      return { kind: "list", values: ["true", "false", "1", "0"] };
    case "decimal":
    case "date":
    case "dateTime":
      return { kind: local };
    default:
      return undefined;
  }
}

function lengthSpec(steps: readonly Facets[], preserved: boolean): TextSpec {
  let least = 0;
  let most = Infinity;
  for (const { length, minLength, maxLength } of steps) {
    least = Math.max(least, minLength ?? 0, length ?? 0);
    most = Math.min(most, maxLength ?? Infinity, length ?? Infinity);
  }
  const counted = least > 0 || most < Infinity;
  return preserved && !counted ? { kind: "any" } : { kind: "length", least, most, preserved };
}

/** Where the bounds are short numbers; texts of up to fifteen digits keep their order as numbers of JavaScript. */
function boundsOf(facets: Facets): TextSpec | undefined {
  const numbers: (number | undefined)[] = [];
  for (const bound of [facets.minInclusive, facets.minExclusive, facets.maxInclusive, facets.maxExclusive]) {
    const text = bound?.trim();
    if (text !== undefined && !/^-?\d{1,14}(?:\.\d)?$/.test(text)) return undefined;
    numbers.push(text === undefined ? undefined : Number(text));
  }
  const [least = -Infinity, above = -Infinity, most = Infinity, below = Infinity] = numbers;
  return { kind: "bounds", least, above, most, below };
}
