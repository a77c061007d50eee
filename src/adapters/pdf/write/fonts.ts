// DejaVu Sans, which has every letter of DIN 91379; what a file needs of it is embedded. Read from the package once per thread.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type PDFDocument, type PDFFont, StandardFonts } from "@cantoo/pdf-lib";
import fontkit from "@cantoo/fontkit";
import { BridgeError } from "../../../core/errors.ts";

type Face = "DejaVuSans" | "DejaVuSans-Bold";
type Opened = ReturnType<typeof fontkit.create> & {
  hasGlyphForCodePoint(code: number): boolean;
  /** Letters that were asked for. */
  _glyphs: Record<number, unknown>;
};

const files = new Map<Face, Uint8Array>();

function fileOf(face: Face): Uint8Array {
  let bytes = files.get(face);
  if (!bytes) {
    bytes = readFileSync(createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${face}.ttf`));
    files.set(face, bytes);
  }
  return bytes;
}

const opened = new Map<Uint8Array, Opened>();

/** Parsed once per thread, which takes longer than writing a file. */
function open(bytes: Uint8Array): Opened {
  let font = opened.get(bytes);
  if (!font) opened.set(bytes, (font = fontkit.create(Buffer.from(bytes)) as Opened));
  return font;
}

/** For the library, one file at a time: writing it makes letters forget which characters they are, so that each file begins anew. */
function openAnew(bytes: Uint8Array): Opened {
  const font = open(bytes);
  font._glyphs = {};
  return font;
}

export interface Fonts {
  readonly regular: () => Promise<PDFFont>;
  readonly bold: () => Promise<PDFFont>;
  /** One that every viewer has where it has all letters, else the regular one. */
  fitting(text: string): Promise<PDFFont>;
}

/** Fonts of one file, embedded with the first text that needs them. */
export function fontsOf(document: PDFDocument): Fonts {
  document.registerFontkit({ create: openAnew });
  const known = new Map<string, Promise<PDFFont>>();
  const once = (name: string, embed: () => Promise<PDFFont>): Promise<PDFFont> => {
    let font = known.get(name);
    if (!font) known.set(name, (font = embed()));
    return font;
  };
  const face = (name: Face) => () =>
    // A name of its own, else the library makes one up by chance.
    once(name, () => document.embedFont(fileOf(name), { subset: true, customName: `STEGAA+${name}` }));
  const regular = face("DejaVuSans");
  return {
    regular,
    bold: face("DejaVuSans-Bold"),
    fitting: (text) =>
      LATIN_1.test(text) ? once("Helvetica", () => document.embedFont(StandardFonts.Helvetica)) : regular(),
  };
}

/** What of windows-1252 is Latin-1, too. */
const LATIN_1 = /^[\n\u0020-\u007e\u00a0-\u00ff]*$/;

/** Whether the regular font can show this character. */
export function hasSign(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return code >= 0x20 && open(fileOf("DejaVuSans")).hasGlyphForCodePoint(code);
}

/** Throws CELL_CHARACTER for what no font here can show. */
export function checkLetters(text: string, path: string): void {
  const font = open(fileOf("DejaVuSans"));
  for (const letter of text) {
    const code = letter.codePointAt(0)!;
    if (code === 10 || (code >= 0x20 && font.hasGlyphForCodePoint(code))) continue;
    const sign = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    throw new BridgeError("CELL_CHARACTER", `the PDF's font has no sign for a character of the text (${sign})`, {
      stage: "map",
      facts: { path },
      hint: "The font has all letters of DIN 91379; replace the character in the formula.",
    });
  }
}
