// One release of a directory, or a part of one, as a file in our notation holds it.

import { BridgeError } from "../../../core/errors.ts";
import type { CompositeDef, ElementDef, GroupUse, SegmentDef, SegmentUse } from "./types.ts";

export type Tree = readonly (SegmentUse | GroupUse)[];

export interface Release {
  /** `D96A`; of service segments `service 3`. */
  readonly name: string;
  readonly elements: ReadonlyMap<string, ElementDef>;
  readonly composites: ReadonlyMap<string, CompositeDef>;
  readonly segments: ReadonlyMap<string, SegmentDef>;
  /** By type: `INVOIC`. */
  readonly messages: ReadonlyMap<string, Tree>;
}

/** UNH, UNS, UNT and others that stand in messages, but belong to the syntax and not to a release. */
export type Service = (tag: string) => SegmentDef | undefined;

export const LIMITS = { lines: 200_000, line: 8_000, depth: 12, places: 99, children: 999, most: 9_999_999 } as const;

/** `line` and `column` from 1. */
export function invalid(file: string, line: number, column: number, message: string, hint?: string): BridgeError {
  return new BridgeError("EDIFACT_DIRECTORY", message, { position: { file, line, column }, hint });
}

/** Names are used from files of others: they are shown, and they stand in our notation. */
export function plainName(text: string): string {
  const name = text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, " ")
    .replaceAll(":", " ")
    .replaceAll(/ {2,}/g, " ")
    .trim();
  return name.length > 70 ? `${name.slice(0, 69)}…` : name;
}
