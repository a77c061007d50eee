// What can be said of a pattern before there is a record.

import type { Pattern } from "../../core/contract.ts";
import { splitText } from "../../core/options/text-parts.ts";

export function hasFormula(source: string): boolean {
  return splitText(source, true).parts.some(({ type }) => type === "formula");
}

/** Stands for whatever a formula gives: it hides nothing, and climbs nowhere. */
const ANYTHING = "x";

/** The pattern's text with a harmless letter for each value that is not known: what is wrong with it is wrong with every one. */
export function sampleOf({ source = "", head }: Pattern): string {
  if (head !== undefined && !hasFormula(source)) return head;
  return splitText(source, true)
    .parts.map((part) => (part.type === "text" ? part.text : ANYTHING))
    .join("");
}

/** `; look at the environment variable BASE`: where somebody has to mend what comes from outside. */
export function whereFrom(source: string): string {
  const names = splitText(source, true).parts.flatMap((part) => {
    if (part.type === "env") return [`the environment variable ${part.name}`];
    return part.type === "file" ? [`the file ${part.path}`] : [];
  });
  return names.length === 0 ? "" : `; look at ${names.join(" and ")}`;
}
