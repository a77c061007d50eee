// What segments, elements and codes mean, of records and of interchanges that were written.

import type { Value } from "../../core/contract.ts";
import { explainer, titleOf } from "../shared/names/explain.ts";
import { shippedNames } from "../shared/names/names.ts";
import type { Delimiters } from "./delimiters.ts";
import { elementName } from "./elements.ts";

const names = shippedNames(new URL("names.txt", import.meta.url));

/** Elements have the name of their segment in their own. */
const fieldOf = (_: string, element: string): string => element;

export const explain = explainer(names, fieldOf);

/** Of an interchange with one segment per line. */
export function explainSegments(shown: string, { element, segment, component }: Delimiters): readonly string[] {
  return shown.split("\n").map((line) => {
    const [tag = "", ...values] = line.replace(segment, "").split(element);
    const fields = Object.fromEntries(
      values.map((value, at): [string, Value] => [elementName(tag, at + 1), value.split(component)[0]]),
    );
    return titleOf(names, fieldOf, tag, fields) ?? "";
  });
}
