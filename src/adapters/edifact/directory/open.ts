// Directories by the name that a UNH gives: those that a bridge brings along first, then the shipped ones.

import { existsSync, readFileSync } from "node:fs";
import { meaningOf } from "./meanings.ts";
import { readNotation } from "./notation.ts";
import type { Release } from "./release.ts";
import { serviceRelease, serviceSegment, shippedPath } from "./service.ts";
import type { Directories, MessageDef, MessageName, SegmentDef } from "./types.ts";

/** A file in our notation. */
export interface DirectoryFile {
  /** As the bridge file names it, for errors. */
  readonly name: string;
  readonly text: string;
}

/** `files` of a later place win over earlier ones, all of them over what is shipped. Throws EDIFACT_DIRECTORY with the place in a file. */
export function openDirectories(files: readonly DirectoryFile[] = []): Directories {
  const own = files.map(({ name, text }) => readNotation(text, name, serviceSegment)).reverse();
  const made = new Map<string, MessageDef | undefined>();
  return {
    message(name) {
      const key = `${name.type} ${name.version} ${name.release} ${name.agency}`;
      // Names come from strangers: only what is there is kept.
      const known = made.get(key);
      if (known !== undefined) return known;
      const found = find(own, name);
      if (found !== undefined) made.set(key, found);
      return found;
    },
    service: serviceOf,
    meaning: meaningOf,
  };
}

function serviceOf(tag: string, syntax: number): SegmentDef | undefined {
  return serviceRelease(syntax).segments.get(tag);
}

function find(own: readonly Release[], { type, version, release, agency }: MessageName): MessageDef | undefined {
  const name = `${version}${release}`;
  if (type === "CONTRL") return controlOf(name);
  for (const one of own) if (one.name === name && one.messages.has(type)) return messageOf(one, type);
  if (agency !== "UN") return undefined;
  const shipped = shippedRelease(name);
  return shipped && messageOf(shipped, type);
}

function messageOf(release: Release, type: string): MessageDef | undefined {
  const children = release.messages.get(type);
  if (children === undefined) return undefined;
  return { type, release: release.name, children, segment: (tag) => release.segments.get(tag) };
}

/** CONTRL belongs to the syntax: D 3 to versions 1 to 3, 4 1 and what followed to version 4. */
function controlOf(name: string): MessageDef | undefined {
  if (name !== "D3" && !/^4[1-9]$/.test(name)) return undefined;
  const found = messageOf(serviceRelease(name === "D3" ? 3 : 4), "CONTRL");
  return found && { ...found, release: name };
}

const read = new Map<string, Release>();

/** Read when a message of it comes for the first time. */
function shippedRelease(name: string): Release | undefined {
  if (!/^D\d\d[A-C]$/.test(name)) return undefined;
  let release = read.get(name);
  if (release !== undefined) return release;
  const path = shippedPath(name);
  if (!existsSync(path)) return undefined;
  release = readNotation(readFileSync(path, "utf8"), `${name}.txt`, serviceSegment);
  read.set(name, release);
  return release;
}
