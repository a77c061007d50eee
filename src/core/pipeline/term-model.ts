// A term and its growing files as one run or the keeper has them in hands: made from what the journal remembers, and back.

import { createHash } from "node:crypto";
import type { Scope, Target } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Encode } from "../bridge/types.ts";
import type { BatchTag } from "./map-unit.ts";
import type { Lot } from "./parcels.ts";
import type { Place } from "./term-files.ts";
import type { OpenTerm, SavedFile, SavedTerm } from "./term-store.ts";

export interface File {
  readonly number: number;
  readonly destination: string;
  form: string;
  /** Known at once where this run wrote it. */
  place: Place | undefined;
  way: number;
  version: string;
  /** Whether anything stands in it; only then is it saved. */
  begun: boolean;
  closed: boolean;
  token: string | undefined;
  /** Written since the last fsync. */
  unsynced: boolean;
  /** The journal does not know this yet. */
  unsaved: boolean;
}

export interface Term {
  readonly rule: string;
  sequence: number;
  open: OpenTerm | undefined;
  /** Numbered, nothing written yet. */
  next: OpenTerm | undefined;
  readonly versions: Set<string>;
  readonly files: Map<string, File>;
  unsaved: boolean;
}

export function termFrom(rule: string, saved: SavedTerm, files: ReadonlyMap<number, SavedFile>): Term {
  const term: Term = {
    rule,
    sequence: saved.sequence,
    open: saved.open,
    next: undefined,
    versions: new Set(saved.versions),
    files: new Map(),
    unsaved: false,
  };
  for (const [number, file] of files) {
    term.files.set(file.destination, { ...fileFrom(number, file), token: file.token, begun: true });
  }
  return term;
}

export function fileFrom(number: number, known: Omit<SavedFile, "token">): File {
  const { destination, form, way, version, closed } = known;
  const fresh = { place: undefined, begun: false, token: undefined, unsynced: false, unsaved: false };
  return { number, destination, form, way, version, closed, ...fresh };
}

export function savedFile({ destination, way, version, form, closed, token }: File): SavedFile {
  return { destination, way, version, form, closed, token: token as string };
}

export function destinationOf(lot: Lot, target: Target): string {
  const { scope } = lot.messages[0] as Lot["messages"][number];
  return target.destination?.(scope) ?? "";
}

export function formOf({ format, head, between, tail, batchContentType }: Encode): string {
  return createHash("sha256")
    .update(JSON.stringify([format, head, between, tail, batchContentType]))
    .digest("hex");
}

export function tagFrom(open: OpenTerm | undefined): BatchTag {
  return open && { date: open.date, number: open.number };
}

/** Trouble with the file as a whole is no record's fault: the drop waits, and goes on by itself when it is over. */
export function waiting(cause: unknown): unknown {
  if (!(cause instanceof BridgeError)) return cause;
  const why =
    cause.code === "TARGET_GONE"
      ? "the file of the open term is gone, with the records that it held; a new one begins with the next term"
      : cause.code === "TARGET_EXISTS"
        ? `the file of the term cannot begin: ${cause.message}`
        : undefined;
  if (why === undefined) return cause;
  return new BridgeError("TARGET_BUSY", why, { stage: "deliver", detail: cause.detail });
}

/** A file that is continued has its name already; only what names its term is looked at. */
export const NO_MESSAGE = {
  root: {},
  parent: undefined,
  n: 1,
  index: 0,
  group: [],
  file: { name: "", stem: "", size: 0, sha256: "", received: "" },
  received: 0,
  timezone: "UTC",
  tables: new Map(),
  lets: [],
} satisfies Partial<Scope>;
