// What common codes mean: `Seller` for SE of 3035. A short list for people who read messages; no code is checked against it.

import { readFileSync } from "node:fs";
import { shippedPath } from "./service.ts";

let meanings: ReadonlyMap<string, string> | undefined;

/** undefined = the short list does not have it. */
export function meaningOf(element: string, code: string): string | undefined {
  meanings ??= readMeanings(readFileSync(shippedPath("meanings"), "utf8"));
  return meanings.get(`${element} ${code}`);
}

/** Codes are indented below their element. */
function readMeanings(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let element = "";
  for (const line of text.split("\n")) {
    const [word = "", ...name] = line.trim().split(" ");
    if (line.startsWith(" ")) found.set(`${element} ${word}`, name.join(" "));
    else if (/^\d{4}$/.test(word)) element = word;
  }
  return found;
}
