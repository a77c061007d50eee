// What is kept of a drop's decoding beside its progress: what `detect` chose, so that a replay decodes the same way, and what was wrong
// without costing a record, which the receipt says.

import type { DecodeContext } from "../contract.ts";
import type { BridgeError } from "../errors.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import { reasonInGerman } from "./reasons.ts";

/** Kinds of notices that a receipt names one by one. */
const MOST_NOTICES = 20;
/** Facts that tell one kind of notice from another, beside its code; others are about the place. */
const KIND = ["error0085", "segment", "element", "why", "transaction", "group", "blank", "by"] as const;
/** Beside what `detect` chose; no option is called so. */
const KEY = "notices";

export interface Pinning extends Pick<DecodeContext, "pinned" | "detected" | "notice"> {
  /** To be called before anything is delivered. */
  beforeDelivery(): Promise<void>;
  /** To be called once everything is read. */
  atEnd(): Promise<void>;
}

export function createPinning(drop: DropRow, journal: Pick<Journal, "pin">): Pinning {
  const notices = createNotices();
  let detected: Record<string, string> | undefined;
  let isPinned = drop.pinned !== undefined;
  return {
    pinned: drop.pinned,
    detected(option, value) {
      detected = { ...detected, [option]: value };
    },
    notice: (what) => notices.add(what),
    async beforeDelivery() {
      if (isPinned || !detected) return;
      isPinned = true;
      await journal.pin(drop.id, detected);
    },
    async atEnd() {
      const texts = notices.texts();
      // A restart reads from the beginning, so these are always all of them.
      if (texts.length > 0) await journal.pin(drop.id, { ...drop.pinned, ...detected, [KEY]: JSON.stringify(texts) });
    },
  };
}

export interface Notices {
  add(what: BridgeError): void;
  /** The same thing at the same kind of place once, with where it was first and how often. */
  texts(): readonly string[];
}

export function createNotices(): Notices {
  const kinds = new Map<string, { readonly text: string; count: number }>();
  let more = 0;
  return {
    add({ code, stage, facts = {} }) {
      const kind = [code, ...KIND.map((fact) => facts[fact] ?? "")].join(" ");
      const known = kinds.get(kind);
      if (known) known.count++;
      else if (kinds.size === MOST_NOTICES) more++;
      else {
        kinds.set(kind, {
          text: `${placeOf(facts)}${reasonInGerman({ code, stage: stage ?? "decode", facts })}`,
          count: 1,
        });
      }
    },
    texts() {
      const texts = [...kinds.values()].map(({ text, count }) =>
        count === 1 ? text : `${text} (Das war ${count}-mal so.)`,
      );
      if (more > 0) texts.push(`Es gab ${more} weitere Abweichungen.`);
      return texts;
    },
  };
}

function placeOf({ line, byte }: NonNullable<BridgeError["facts"]>): string {
  if (typeof line === "number" && line > 0) return `Zeile ${line}: `;
  return typeof byte === "number" ? `Ab Byte ${byte}: ` : "";
}

/** What was kept for the receipt. */
export function noticesOf({ pinned }: Pick<DropRow, "pinned">): readonly string[] {
  const kept = pinned?.[KEY];
  return kept === undefined ? [] : (JSON.parse(kept) as string[]);
}
