// Short lists of what fields and codes mean, for people who read messages. Nothing is checked against them.
//
//   3035 Party                  a field, or several of one kind: `LIN02,LIN04`
//     SE Seller                 a code of it

import { readFileSync } from "node:fs";

export interface Names {
  /** `Party`; undefined = the list does not have the field. */
  title(field: string): string | undefined;
  /** `Seller`; undefined = the list does not have the code. */
  meaning(field: string, code: string): string | undefined;
}

/** Lines with `#` are for those who keep the list. */
export function readNames(text: string): Names {
  const titles = new Map<string, string>();
  const meanings = new Map<string, string>();
  let fields: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [, indent = "", word = "", name = ""] = /^( *)([^#\s]\S*) +(.+)$/.exec(line) ?? [];
    if (word === "") continue;
    if (indent === "") fields = word.split(",");
    for (const field of fields) {
      if (indent === "") titles.set(field, name);
      else meanings.set(`${field} ${word}`, name);
    }
  }
  return {
    title: (field) => titles.get(field),
    meaning: (field, code) => meanings.get(`${field} ${code}`),
  };
}

/** Read when it is asked for the first time: only people ask. */
export function shippedNames(file: URL): Names {
  let names: Names | undefined;
  const read = (): Names => (names ??= readNames(readFileSync(file, "utf8")));
  return {
    title: (field) => read().title(field),
    meaning: (field, code) => read().meaning(field, code),
  };
}
