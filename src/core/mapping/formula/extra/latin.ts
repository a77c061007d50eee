// $latin(text, 'B'): the text in normalisation form C (DIN 91379 requires it), if all its characters belong to the
// datatype; else an error that says where. Nothing is replaced: transliteration changes names.

import { Fault, tick, type Data, type Run } from "../runtime.ts";
import { computed, namesFor, preparing, textOr, type Extra } from "./contract.ts";
import { charactersOf, sequenceSet, type Datatype } from "./latin-table.ts";

const tables = new Map<Datatype, Uint8Array>();

function tableOf(name: Data): { readonly name: Datatype; readonly table: Uint8Array } {
  if (!["A", "B", "C", "D", "E"].includes(name)) {
    throw new Fault("PATTERN_INVALID", { note: "the datatypes of DIN 91379 are 'A', 'B', 'C', 'D' and 'E'" });
  }
  const datatype = name as Datatype;
  let table = tables.get(datatype);
  if (table === undefined) {
    table = charactersOf(datatype);
    tables.set(datatype, table);
  }
  return { name: datatype, table };
}

function isMark(code: number): boolean {
  return code >= 0x300 && code <= 0x36f;
}

/** End of the sequence that begins at `start`, or undefined where the marks after the letter are none of the standard's. */
function sequenceEnd(text: string, start: number): number | undefined {
  let end = start + 1;
  while (end < text.length && isMark(text.charCodeAt(end))) end += 1;
  // U+035F joins two letters, K͟H: the second belongs to the sequence.
  if (text.charCodeAt(end - 1) === 0x35f) end += 1;
  return sequenceSet.has(text.slice(start, end)) ? end : undefined;
}

/** Index of the first character that does not belong, or -1. All characters of the standard lie in the basic plane. */
function firstForeign(text: string, table: Uint8Array): number {
  let at = 0;
  while (at < text.length) {
    if (at + 1 < text.length && isMark(text.charCodeAt(at + 1))) {
      const end = sequenceEnd(text, at);
      if (end === undefined) return at;
      at = end;
    } else if (table[text.charCodeAt(at)] === 1) at += 1;
    else return at;
  }
  return -1;
}

function check(run: Run, value: Data, { name, table }: ReturnType<typeof tableOf>, label: string): string | undefined {
  const given = textOr(value, 1);
  if (given === undefined) return undefined;
  if (given.length > 256) tick(run, given.length >> 6);
  const text = given.normalize("NFC");
  const at = firstForeign(text, table);
  if (at === -1) return text;
  const position = Array.from(text.slice(0, at)).length + 1;
  const code = text.codePointAt(at) ?? 0;
  throw new Fault("LATIN_INVALID", {
    value: `U+${code.toString(16).toUpperCase().padStart(4, "0")} in ${JSON.stringify(text)}`,
    note: `${label} has a character at position ${position} that datatype ${name} of DIN 91379 does not have`,
    facts: namesFor(label, { position, datatype: name }),
  });
}

export const latinFunctions: readonly Extra[] = [
  {
    name: "latin",
    signature: "<s-s:s>",
    least: 2,
    most: 2,
    call: (run, label, text, datatype) =>
      text === undefined || datatype === undefined
        ? undefined
        : computed(label, () => check(run, text, tableOf(datatype), label)),
    prepare: preparing(([datatype], label) => {
      const table = tableOf(datatype);
      return (run, value) => check(run, value, table, label);
    }),
  },
];
