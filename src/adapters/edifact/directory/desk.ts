// What `steg directory` needs of directories.

import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { CATALOG_FOLDER, ENDING } from "./files.ts";
import { readDirectory } from "./import/read.ts";
import { readNotation } from "./notation.ts";
import { serviceRelease, serviceSegment, shippedPath } from "./service.ts";

interface Seen {
  readonly release: string;
  readonly messages: readonly string[];
}

function look(name: string, text: string): Seen {
  const { name: release, messages } = readNotation(text, name, serviceSegment);
  return { release, messages: [...messages.keys()].sort() };
}

/** `D96A.txt` → 1996A */
function year(name: string): string {
  return (name[1] === "9" ? "19" : "20") + name.slice(1, 4);
}

function shipped(): readonly Seen[] {
  const names = readdirSync(dirname(shippedPath("D96A"))).filter((name) => /^D\d\d[A-Z]\.txt$/.test(name));
  const sorted = names.sort((a, b) => (year(a) < year(b) ? -1 : 1));
  const service = [3, 4]
    .map(serviceRelease)
    .map(({ name, messages }) => ({ release: name, messages: [...messages.keys()] }));
  const releases = sorted.map((name) => look(name, readFileSync(shippedPath(name.replace(/\.txt$/, "")), "utf8")));
  return [...service, ...releases];
}

export const desk = { read: readDirectory, look, shipped, folder: CATALOG_FOLDER, ending: ENDING };
