// Files of a directory, in whatever form → one release, and our notation of it.

import { createHash } from "node:crypto";
import { BridgeError } from "../../../../core/errors.ts";
import { nearest } from "../../../../core/options/nearest.ts";
import { readNotation } from "../notation.ts";
import { printNotation } from "../print.ts";
import type { Release } from "../release.ts";
import { serviceSegment } from "../service.ts";
import { jsonKind, releaseOfJson } from "./from-json.ts";
import { releaseOfText, textKind } from "./from-text.ts";
import { selectMessages } from "./select.ts";
import { textFile } from "./text-lines.ts";

export interface SourceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ReadDirectory {
  readonly release: string;
  readonly messages: readonly string[];
  /** In our notation. */
  readonly text: string;
}

/** `types`: only these messages and what they use; undefined = all. Throws EDIFACT_DIRECTORY. */
export function readDirectory(files: readonly SourceFile[], types: readonly string[] | undefined): ReadDirectory {
  const { release: whole, titles, used, json } = releaseOf(files);
  for (const type of types ?? []) if (!whole.messages.has(type)) throw lacks(whole, type);
  const release = types === undefined ? whole : selectMessages(whole, types);
  const comments = [
    "Imported by steg directory import from",
    ...(json ? ["  (in JSON, which does not say what repeats within a segment, as C076 in COM)"] : []),
    ...used.map(({ name, bytes }) => `  ${name} ${createHash("sha256").update(bytes).digest("hex")}`),
  ];
  const text = printNotation(release, comments, titles);
  // What could not be read back would break a bridge later.
  readNotation(text, release.name, serviceSegment);
  return { release: release.name, messages: [...release.messages.keys()].sort(), text };
}

interface Found {
  readonly release: Release;
  readonly titles: ReadonlyMap<string, string>;
  /** The files that said something. */
  readonly used: readonly SourceFile[];
  readonly json: boolean;
}

function lacks({ name, messages }: Release, type: string): BridgeError {
  const near = nearest(type, [...messages.keys()]);
  const hint = near === undefined ? `It has ${messages.size} messages.` : `Did you mean ${near}?`;
  return new BridgeError("EDIFACT_DIRECTORY", `${name} has no message ${type.slice(0, 20)}`, { hint });
}

function releaseOf(files: readonly SourceFile[]): Found {
  const json = files.filter(({ name }) => /\.json$/i.test(name)).map((file) => [file, parsed(file)] as const);
  const known = json.filter(([, value]) => jsonKind(value) !== undefined);
  if (known.length > 0) {
    const values = new Map(known.map(([{ name }, value]) => [name, value]));
    const release = releaseOfJson(values, nameOfJson(known.map(([, value]) => value)), serviceSegment);
    return { release, titles: new Map(), used: known.map(([file]) => file), json: true };
  }
  const texts = files.map((file) => ({ file, text: textFile(file.name, file.bytes) }));
  const used = texts.filter(({ text }) => textKind(text) !== undefined);
  if (used.length === 0) {
    throw new BridgeError("EDIFACT_DIRECTORY", `none of the ${files.length} files is part of a directory`, {
      hint: "Give UNECE's text files of one release, unpacked (EDSD, EDMD …), or the directory as JSON: D96A.json and D96A_versions.json.",
    });
  }
  const { titles, ...release } = releaseOfText(
    used.map(({ text }) => text),
    serviceSegment,
  );
  return { release, titles, used: used.map(({ file }) => file), json: false };
}

function parsed({ name, bytes }: SourceFile): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new BridgeError("EDIFACT_DIRECTORY", `${name} is no JSON in UTF-8`, { cause });
  }
}

function nameOfJson(values: readonly unknown[]): string {
  const names = new Set(values.map((value) => String((value as { readonly Release?: unknown }).Release)));
  const [name] = names;
  if (names.size > 1) {
    const shown = [...names].slice(0, 5).join(", ");
    throw new BridgeError("EDIFACT_DIRECTORY", `the files are of several releases: ${shown}`, {
      hint: "Name one of the two files of the release that you mean; the other one is found beside it.",
    });
  }
  if (name !== undefined && /^[A-Z][A-Z0-9]{1,6}$/.test(name)) return name;
  throw new BridgeError("EDIFACT_DIRECTORY", 'the files do not name their release, as "Release": "D96A"');
}
