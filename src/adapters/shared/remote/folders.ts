// Folders on a server: below one that the bridge's author wrote out, those that values chose or that we need are made part by part.

import { isUtf8 } from "node:buffer";
import type { Pattern, Scope } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { pathFault } from "../names.ts";
import { joinRemote } from "./entry.ts";
import { unwritable, type NameCode } from "./name-code.ts";
import type { FileServer } from "./server.ts";

/** A part that is a link or no folder is refused: strangers may write there, and a link would lead elsewhere. */
export async function makeFolders(
  server: FileServer,
  base: Buffer,
  path: string,
  names: NameCode,
  signal: AbortSignal,
  refuse: (what: string) => never,
): Promise<Buffer> {
  let folder = base;
  for (const part of path.split("/").filter((each) => each !== "" && each !== ".")) {
    folder = joinRemote(folder, names.bytes(part));
    let there = await server.look(folder, signal);
    if (!there) {
      await server.makeFolder(folder, signal);
      there = await server.look(folder, signal);
    }
    if (there && there.kind !== "folder") refuse(there.kind === "link" ? "a link" : "no folder");
  }
  return folder;
}

export interface RemoteFolders {
  /** The folder of a message. Throws TARGET_ADDRESS where the values lead elsewhere. */
  folder(scope: Scope): string;
  /** What a token of a growing file remembers of a folder that values chose. */
  kept(folder: string): string | undefined;
  /** Makes what values chose. */
  prepare(server: FileServer, folder: string, signal: AbortSignal): Promise<void>;
  /** Looks anew at the next call: something was refused there. */
  doubt(folder: string): void;
}

function refuse(why: string, path: string): never {
  throw new BridgeError("TARGET_ADDRESS", `the path of the target folder is not usable: ${why}`, {
    stage: "deliver",
    detail: path,
  });
}

const OUTSIDE = /\$\{[^{}]*\}/gu;
const MOST_PREPARED = 10_000;

/**
 * A folder whose path may hold formulas. Up to the first of them the path is the author's and must be there; behind it each part is
 * one that values chose: it must not climb, hide, or be a link, and is made where it is missing.
 */
export function remoteFolders(pattern: Pattern, names: NameCode): RemoteFolders {
  const source = pattern.source ?? "{}";
  const parts = source.replace(OUTSIDE, "\u0001").split("/");
  const firstChosen = parts.findIndex((part) => part.includes("{"));
  const chosen = firstChosen < 0 ? 0 : parts.length - firstChosen;
  const countsParts = !parts.some((part) => part.includes("\u0001")) && pattern.source !== undefined;
  const prepared = new Set<string>();

  return {
    folder(scope) {
      const path = pattern(scope);
      if (path.includes("\0") || !isUtf8(Buffer.from(path))) refuse("it holds a control character", path);
      const unwritten = unwritable(names.encoding, path);
      if (unwritten) refuse(`it ${unwritten}`, path);
      if (chosen === 0) return path;
      if (path.startsWith("/") && firstChosen === 0 && !source.startsWith("/")) refuse("it is absolute", path);
      // A value that is absent would lead into the folder above: that leaves an empty part.
      const fault = pathFault(source.endsWith("/") ? path.slice(0, -1) : path);
      if (fault) refuse(fault, path);
      if (countsParts && path.split("/").length !== parts.length) refuse("a value adds a folder to it", path);
      return path;
    },
    kept: (folder) => (chosen === 0 ? undefined : folder),
    async prepare(server, folder, signal) {
      if (chosen === 0 || prepared.has(folder)) return;
      const split = folder.split("/");
      const below = split.splice(split.length - chosen);
      const base = split.length === 1 && split[0] === "" ? "/" : split.join("/");
      await makeFolders(server, names.bytes(base), below.join("/"), names, signal, (what) =>
        refuse(`one of its parts is ${what}`, folder),
      );
      if (prepared.size >= MOST_PREPARED) prepared.clear();
      prepared.add(folder);
    },
    doubt: (folder) => void prepared.delete(folder),
  };
}
