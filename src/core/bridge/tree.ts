// A YAML document as the rest of the product sees it: maps, lists and scalars that know where they stand and how they
// were written. Templates need the writing (`026` and `7.0` keep their form), findings need the place.

import type { Position } from "../errors.ts";

export interface ScalarNode {
  readonly kind: "scalar";
  /** Text after unquoting; for plain scalars the characters as written. */
  readonly text: string;
  /** What YAML 1.2's core schema makes of it. Quoted and block scalars are always text. */
  readonly type: "text" | "number" | "boolean" | "null";
  readonly quoted: boolean;
  readonly at: Position;
  /** Position of the character at `offset` of `text`, as near as quoting and folding allow. */
  locate(offset: number): Position;
}

export interface MapEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: Node;
}

export interface MapNode {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
  readonly at: Position;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly at: Position;
}

export type Node = ScalarNode | MapNode | ListNode;

/** One thing that is wrong or doubtful in a file of a bridge. `steg check` shows all of them at once. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning";
  /** Stable upper-case code: FIELD_UNKNOWN. */
  readonly code: string;
  readonly message: string;
  /** What to write instead; empty where there is nothing better to say. */
  readonly hint: string;
  /** How many characters the place spans, for the underline; 0 = unknown. */
  readonly length: number;
}

export type Report = (finding: Finding) => void;
