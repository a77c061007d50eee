// A drop at its end, as core shows it to whoever answers it.

import type { EndedDrop } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";

/** 12:30 in Berlin. */
export const RECEIVED = Date.UTC(2026, 10, 2, 11, 30);

/** Of these files; `notices` collects what cannot be answered. */
export function endedOf(
  files: readonly Uint8Array[],
  notices: BridgeError[],
  more: Partial<EndedDrop> = {},
): EndedDrop {
  const numbers = new Map<string, number>();
  return {
    bridge: "bestellungen",
    id: "01jc-drop",
    name: "bestellung.edi",
    received: RECEIVED,
    timezone: "Europe/Berlin",
    state: "done",
    pinned: undefined,
    async *files() {
      for (const bytes of files) yield { name: undefined, bytes: pieces(bytes) };
    },
    failures: [],
    isCut: false,
    async *records() {},
    async number(name) {
      const number = numbers.get(name) ?? numbers.size + 1;
      numbers.set(name, number);
      return number;
    },
    notice: (what) => void notices.push(what),
    ...more,
  };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 4_096) yield bytes.subarray(at, at + 4_096);
}
