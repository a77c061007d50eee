// Options of all sources that take files from a folder, on this machine or on a server, and what can be wrong with them.

import { normalize } from "node:path";
import type { Refuse } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { choice, duration, list, text } from "../../core/options/shape.ts";
import { globFault } from "../../core/options/glob.ts";
import { markerOf } from "./markers.ts";

/** A folder as the bridge file writes it. Where the path comes back up behind its first part, `fixedFolder` looks. */
export const FOLDER = {
  pattern: /^(?!(?:\.\/)*\.\.(?:\/|$)).+$/u,
  patternHint: "a folder that does not lead out of the one that it is relative to",
} as const;

/** Does it leave the folder that it is relative to, wherever that is? */
export function leadsOut(path: string): boolean {
  return /^\.\.(?:\/|$)/u.test(normalize(path));
}

export const LEADS_OUT = "leads out of the folder that it is relative to";

/** By name, so that each source has them in the order of its own reference page. */
export const taking = {
  files: list(
    text("pattern for names: * ? [a-z] {a,b}", {
      pattern: /^[^/]+$/u,
      patternHint: "a pattern for names without a slash; folders belong into path",
    }),
    "names of the files to take, all if left out; what fits none is left alone",
    {
      single: true,
      most: 32,
      example: '"*.csv"',
    },
  ),
  settle: duration("how long size and time must stand still before a file counts as complete", {
    default: "10s",
    most: 86_400_000,
  }),
  marker: text("name of the file that says another is complete; {name} or {stem} stands for that file's name", {
    pattern: /^(?!\{name\}$)[^/{}]*\{(?:name|stem)\}[^/{}]*$/u,
    patternHint: "another name than the file's, with {name} or {stem} in it, as {name}.done",
    example: '"{name}.done"',
  }),
  after: choice(["archive", "delete", "keep"], "what happens to a file that was taken", { default: "archive" }),
  archive: text("folder for after: archive, relative to path; a second file of a name gets the drop's id", {
    ...FOLDER,
    default: "archive",
  }),
  sort: choice(["name", "time"], "the order in which files are taken", { default: "name" }),
  claimFor: duration("how long a file that another appliance has claimed is left to it before it counts as dead", {
    default: "1h",
    least: 1_000,
  }),
};

export interface Taking {
  readonly files: readonly (string | undefined)[] | undefined;
  readonly marker: string | undefined;
  readonly after: "archive" | "delete" | "keep" | undefined;
  readonly archive: string | undefined;
  readonly claim?: boolean | undefined;
}

export function checkTaking({ archive, files, marker, after, claim }: Taking, refuse: Refuse): void {
  if (claim === true && after === "keep")
    refuse("claim", "renames the files, and after: keep leaves them as they are", "after: archive");
  if (archive !== undefined && after === "archive") {
    if (leadsOut(archive)) refuse("archive", LEADS_OUT);
    if (/^\.\/?$/u.test(normalize(archive)))
      refuse("archive", "is the folder that is watched, so that what was taken would come again", "archive: archive");
  }
  for (const [index, pattern] of (files ?? []).entries()) {
    const why = pattern === undefined ? undefined : globFault(pattern);
    if (why !== undefined) refuse(`files[${index + 1}]`, why);
  }
  const file = Buffer.from("x.y");
  if (marker !== undefined && markerOf(marker).of(file).equals(file))
    refuse("marker", "would be the file itself; add an ending", 'marker: "{name}.done"');
}

/** Of a folder without `claim`, once another one was seen to take from it. */
export function sharedFolder(path: string): BridgeError {
  const message = `another appliance or bridge takes from the folder ${JSON.stringify(path)} as well: it removed a file that was taken here`;
  return new BridgeError("SOURCE_SHARED", message, { stage: "receive" });
}
