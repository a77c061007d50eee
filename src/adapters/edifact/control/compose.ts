// A CONTRL: its envelope and UCI around what is to be said below that.

import { type Head, type Stamp, unbElements } from "./head.ts";
import { actionElements, type Fault } from "./refusal.ts";
import type { Writing } from "./writing.ts";

/** What stands below UCI. */
export interface Below {
  readonly bytes: readonly Uint8Array[];
  readonly segments: number;
}

/** A whole CONTRL. */
export function compose(
  head: Head,
  writing: Writing,
  stamp: Stamp,
  action: string,
  fault: Fault | undefined,
  below: readonly Below[],
): Uint8Array {
  const { reference } = stamp;
  const name = writing.syntax === 4 ? ["CONTRL", "4", "1", "UN"] : ["CONTRL", "D", "3", "UN"];
  const count = below.reduce((sum, { segments }) => sum + segments, 3);
  const start = [
    writing.una,
    writing.segment("UNB", unbElements(head, writing, stamp)),
    writing.segment("UNH", [["1"], name]),
    writing.segment("UCI", [...head.identity, ...actionElements(action, fault, writing)]),
  ];
  const end = [writing.segment("UNT", [[String(count)], ["1"]]), writing.segment("UNZ", [["1"], [reference]])];
  return Buffer.concat([
    writing.encode(start.join("")),
    ...below.flatMap(({ bytes }) => bytes),
    writing.encode(end.join("")),
  ]);
}
