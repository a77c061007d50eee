// Extensions of a bridge, wherever they were approved: in its file, or by two persons whom the ledger remembers. What holds is both
// together; the same end counts once, so that nothing changes when an approved one is written into the file as well.

import type { Lifecycle } from "../bridge/types.ts";
import type { Places } from "./policy-check.ts";

export type Extension = Lifecycle["extensions"][number];

/** The block that holds, in the order of the ends: what state, policy, calendar and certificate are computed from. */
export function withApproved(lifecycle: Lifecycle, approved: readonly Extension[] = []): Lifecycle {
  if (approved.length === 0) return lifecycle;
  const extensions = [...lifecycle.extensions];
  for (const one of notInFile(lifecycle, approved)) {
    const later = extensions.findIndex(({ to }) => to > one.to);
    extensions.splice(later === -1 ? extensions.length : later, 0, one);
  }
  return extensions.length === lifecycle.extensions.length ? lifecycle : { ...lifecycle, extensions };
}

/** Those that only the ledger has: they wait for being written into the file. */
export function notInFile(lifecycle: Lifecycle, approved: readonly Extension[]): readonly Extension[] {
  return approved.filter(({ to }) => !lifecycle.extensions.some((own) => own.to === to));
}

/** Places of the block that holds; what the file does not have is placed at its list of extensions. */
export function placesOfBoth(both: Lifecycle, file: Lifecycle, places: Places): Places {
  if (both === file) return places;
  const inFile = (path: string): string => {
    const [whole, number, rest = ""] = /^extensions\[(\d+)\](.*)$/.exec(path) ?? [];
    if (whole === undefined) return path;
    const at = file.extensions.findIndex((one) => one === both.extensions[Number(number) - 1]);
    return at === -1 ? "extensions" : `extensions[${at + 1}]${rest}`;
  };
  return Object.assign((path: string) => places(inFile(path)), { has: (path: string) => places.has(inFile(path)) });
}
