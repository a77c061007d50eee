// Names of fields as LibreOffice writes them: what is no ASCII letter, digit or dash is escaped as in names of PDF (`gef#C3#A4hrlich`),
// though a text string has no such escapes. Its own reader does not undo them; people expect the name that they gave.

import type { PdfDocument } from "./document.ts";
import { infoOf } from "./info.ts";

/** What the programs of the suite say that they are; another program that filled the form in says only who produced it. */
const CREATORS: ReadonlySet<string> = new Set(["Writer", "Calc", "Draw", "Impress"]);
const PRODUCERS = /^(?:LibreOffice|OpenOffice|Collabora)/;
const ESCAPED = /#([0-9A-F]{2})/g;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Gives names of fields as they were meant. */
export function partialNames(document: PdfDocument): (name: string) => string {
  const { producer = "", creator = "" } = infoOf(document);
  return PRODUCERS.test(producer) || CREATORS.has(creator) ? unescaped : (name) => name;
}

/** What does not come out as text was no escape. */
function unescaped(name: string): string {
  if (!name.includes("#") || /[^\u0020-\u007e]/.test(name)) return name;
  const latin = name.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(latin, "latin1"));
    return CONTROL.test(text) ? name : text;
  } catch {
    return name;
  }
}
