// UNECE's text files as lines with their numbers. Older releases draw with the characters of code page 437.

import { BridgeError } from "../../../../core/errors.ts";

export interface TextLine {
  readonly number: number;
  readonly text: string;
}

export interface TextFile {
  readonly name: string;
  readonly lines: readonly TextLine[];
}

/** Lines of directories have 80 characters. */
const LONGEST = 200;

/** ─ │ ┐ ┘ ┤ ┴ ┬ ├ ┼ └ ┌ of code page 437, as the letters that ISO 8859-1 shows for them. */
const DRAWN: Readonly<Record<string, string>> = {
  "\u00c4": "-",
  "\u00b3": "|",
  "\u00bf": "+",
  "\u00d9": "+",
  "\u00b4": "+",
  "\u00c1": "+",
  "\u00c2": "+",
  "\u00c3": "+",
  "\u00c5": "+",
  "\u00c0": "+",
  "\u00da": "+",
};

export function textFile(name: string, bytes: Uint8Array): TextFile {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    text = latin.replaceAll(/[\u00b3\u00b4\u00bf-\u00c5\u00d9\u00da]/g, (drawn) => DRAWN[drawn] ?? drawn);
  }
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line, at) => ({ number: at + 1, text: line.slice(0, LONGEST).trimEnd() }));
  return { name, lines };
}

/** Entries of EDSD, EDCD and EDED stand between lines of dashes; empty lines and blocks left out. */
export function blocksOf({ lines }: TextFile): readonly (readonly TextLine[])[] {
  const blocks: TextLine[][] = [[]];
  for (const line of lines) {
    if (/^\s*-{20,}$/.test(line.text)) blocks.push([]);
    else if (line.text !== "") blocks.at(-1)!.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}

export function refuseLine({ name }: TextFile, line: TextLine, message: string, hint?: string): BridgeError {
  return new BridgeError("EDIFACT_DIRECTORY", message, {
    position: { file: name, line: line.number, column: 1 },
    hint,
  });
}
