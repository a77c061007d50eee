// `$errors` of a template: why records of a message failed, in words that the answer can hold.

import type { EndedRecord, Value } from "../../../core/contract.ts";
import type { Characters } from "../characters.ts";

/** Of one message; whoever has to mend it does not read more. */
export const MOST_ERRORS = 100;

/** Text of FTX (C108/4440) as D.96A has it: five lines of seventy characters. */
const LINE = 70;
const MOST_LINES = 5;

/** `characters` are those of the answer. */
export function errorValues(failed: readonly EndedRecord[], characters: Characters): readonly Value[] {
  return failed.slice(0, MOST_ERRORS).flatMap(({ number, reason }): Value[] => {
    if (!reason) return [];
    const { code, stage, facts } = reason;
    const text = folded(reason.text, characters);
    const place = facts["path"] ?? facts["column"];
    const shown = place === undefined ? {} : { place: folded(String(place), characters) };
    return [{ code, stage, text, lines: linesOf(text), record: number, ...shown }];
  });
}

const FOLDS: Readonly<Record<string, string>> = {
  Ä: "Ae",
  Ö: "Oe",
  Ü: "Ue",
  ä: "ae",
  ö: "oe",
  ü: "ue",
  ß: "ss",
  "»": '"',
  "«": '"',
  "–": "-",
  "…": "...",
};

/** Umlauts as two letters where there are none, capitals where there is nothing else (UNOA), and a hyphen at worst. */
export function folded(text: string, characters: Characters): string {
  if (characters.lacks(text) === -1) return text;
  return Array.from(text, (character) => {
    const plain = FOLDS[character] ?? character.normalize("NFD").replaceAll(/\p{M}/gu, "");
    return [character, plain, plain.toUpperCase()].find((one) => characters.lacks(one) === -1) ?? "-";
  }).join("");
}

/** Broken between words; what has no room is left out, and dots say so. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== "" && lines.length < MOST_LINES) {
    const end = endOfLine(rest, LINE);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  if (rest === "") return lines;
  const last = `${lines.pop()} ${rest}`;
  return [...lines, `${last.slice(0, endOfLine(last, LINE - CUT.length))}${CUT}`];
}

const CUT = " ...";

function endOfLine(text: string, most: number): number {
  if (text.length <= most) return text.length;
  const blank = text.lastIndexOf(" ", most);
  return blank > 0 ? blank : most;
}
