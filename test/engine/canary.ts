// Values that must not get out, and the search for them in every form in which they might lie about.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const START = "Kanari";

/** Letters and digits alone, so that no escaping hides them; the same length, so that none is part of another. */
export function canary(number: number): string {
  return `${START}${String(number).padStart(2, "0")}vQ7xZ`;
}

/** As it stands, in UTF-16, in hexadecimal, and in base64 at each of the three places where it may begin within a triple. */
function formsOf(text: string): readonly (readonly [form: string, bytes: Buffer])[] {
  const utf8 = Buffer.from(text);
  const utf16 = Buffer.from(text, "utf16le");
  const forms: (readonly [string, Buffer])[] = [
    ["text", utf8],
    ["lower case", Buffer.from(text.toLowerCase())],
    ["UTF-16LE", utf16],
    ["UTF-16BE", Buffer.from(utf16).swap16()],
    ["hex", Buffer.from(utf8.toString("hex"))],
  ];
  for (let shift = 0; shift < 3; shift++) {
    const encoded = Buffer.concat([Buffer.alloc(shift), utf8]).toString("base64");
    // The first and last characters depend on the neighbours.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + utf8.length) * 8) / 6);
    forms.push([`base64 +${shift}`, Buffer.from(encoded.slice(from, to))]);
  }
  return forms;
}

const STARTS = formsOf(START).map(([, bytes]) => bytes);

export interface Found {
  readonly canary: string;
  readonly form: string;
  readonly where: string;
  /** What stands around it, for whoever has to mend it. */
  readonly around: string;
}

export function search(canaries: readonly string[], where: string, content: Buffer | string): readonly Found[] {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const found: Found[] = [];
  // All of them begin alike: where not even that is found, and the state has tens of megabytes, the rest is spared.
  if (!STARTS.some((start) => bytes.includes(start))) return found;
  for (const text of canaries) {
    for (const [form, wanted] of formsOf(text)) {
      const at = bytes.indexOf(wanted);
      if (at < 0) continue;
      const around = bytes.subarray(Math.max(0, at - 80), at + 120).toString("latin1");
      found.push({ canary: text, form, where, around: around.replaceAll(/[^\x20-\x7e]/g, ".") });
    }
  }
  return found;
}

/** All files below a folder, their names included. */
export function searchFolder(canaries: readonly string[], folder: string): readonly Found[] {
  const found: Found[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    found.push(...search(canaries, `name ${path}`, entry.name));
    if (entry.isFile()) found.push(...search(canaries, path, readFileSync(path)));
  }
  return found;
}
