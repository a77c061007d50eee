// The segments of the syntax itself, as shipped.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readNotation } from "./notation.ts";
import type { Release } from "./release.ts";
import type { SegmentDef } from "./types.ts";

/** Absolute path of a shipped file. */
export function shippedPath(name: string): string {
  return fileURLToPath(new URL(`shipped/${name}.txt`, import.meta.url));
}

const read = new Map<string, Release>();

/** Of syntax version 4, else of 1 to 3; read once. */
export function serviceRelease(syntax: number): Release {
  const name = syntax >= 4 ? "service-4" : "service-3";
  let release = read.get(name);
  if (release === undefined) {
    release = readNotation(readFileSync(shippedPath(name), "utf8"), `${name}.txt`, () => undefined);
    read.set(name, release);
  }
  return release;
}

/** Trees of messages are the same in all versions of the syntax; version 4 has what the others have, and more. */
export function serviceSegment(tag: string): SegmentDef | undefined {
  return serviceRelease(4).segments.get(tag);
}
