// What clients call things. Their names are bytes and never become names of this machine: files lie under ids of our own, and a path
// leads to the one folder that a user has, to a file in it, or nowhere.

import { compileGlobs } from "../../core/options/glob.ts";
import { LONGEST_NAME } from "../shared/names.ts";

export type Place =
  /** The user's folder, where files lie. */
  | { readonly kind: "home" }
  /** A folder on the way to it, which holds the next one and nothing else. */
  | { readonly kind: "above"; readonly next: Buffer }
  | { readonly kind: "file"; readonly name: Buffer }
  | { readonly kind: "nowhere" };

export interface Paths {
  placeOf(path: Buffer): Place;
  /** Absolute, without `.` and `..`: what REALPATH answers. */
  canonical(path: Buffer): Buffer;
  readonly home: Buffer;
}

const SLASH = 0x2f;

/** `home`: the folder that a session begins in, as `/` or `/export/kasse`. */
export function pathsBelow(home: string): Paths {
  const base = partsOf(Buffer.from(home), []);

  /** `..` ends at the root, as on every server that shows a part of itself as the whole. */
  function resolved(path: Buffer): readonly Buffer[] {
    return path[0] === SLASH ? partsOf(path, []) : partsOf(path, base);
  }
  return {
    home: whole(base),
    canonical: (path) => whole(resolved(path)),
    placeOf(path) {
      const parts = resolved(path);
      const shared = parts.findIndex((part, at) => !base[at]?.equals(part));
      const same = shared < 0 ? parts.length : shared;
      if (same < parts.length) {
        const name = parts.at(-1);
        return name && same === base.length && parts.length === same + 1 ? { kind: "file", name } : { kind: "nowhere" };
      }
      const next = base[same];
      return next ? { kind: "above", next } : { kind: "home" };
    },
  };
}

function whole(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.length === 0 ? [Buffer.from("/")] : parts.flatMap((part) => [Buffer.from("/"), part]));
}

function partsOf(path: Buffer, from: readonly Buffer[]): readonly Buffer[] {
  const parts = [...from];
  for (let at = 0; at <= path.length;) {
    const slash = path.indexOf(SLASH, at);
    const end = slash < 0 ? path.length : slash;
    const part = path.subarray(at, end);
    if (part.length === 2 && part[0] === 0x2e && part[1] === 0x2e) parts.pop();
    else if (part.length > 0 && !(part.length === 1 && part[0] === 0x2e)) parts.push(Buffer.from(part));
    at = end + 1;
  }
  return parts;
}

/** Why no file may be called so, for the client's log; undefined = it may. */
export function nameRefusal(name: Buffer): string | undefined {
  if (name.length > LONGEST_NAME) return `the name is longer than ${LONGEST_NAME} bytes`;
  if (name.some((byte) => byte < 0x20 || byte === 0x7f)) return "the name holds a control character";
  return undefined;
}

/** What a name says of its file: a drop when it is complete, or a temporary one that is none until it is renamed. */
export interface NameRule {
  kindOf(name: Buffer): "drop" | "temporary" | "neither";
  /** For the client that used another name. */
  readonly says: string;
}

export function nameRule(files: readonly string[], temporary: readonly string[]): NameRule {
  const isDrop = compileGlobs(files);
  const isTemporary = compileGlobs(temporary);
  return {
    kindOf(name) {
      const text = name.toString("utf8");
      if (isTemporary(text)) return "temporary";
      return isDrop(text) ? "drop" : "neither";
    },
    says: `only files called ${files.join(" or ")} are taken here (while they are written also ${temporary.join(", ")})`,
  };
}
