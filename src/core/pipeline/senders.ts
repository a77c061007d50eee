// Whom the interchanges of one drop name as their senders. Whoever writes a file writes these names: they are bounded and cleaned here, and
// stand for who uses a bridge, never for who may.

/** Distinct senders of one drop; of more nobody hears. */
const MOST_SENDERS = 1_000;
/** Characters of a name; EDIFACT allows 35 and 4 for its qualifier, X12 15 and 2. */
const MOST_NAME = 80;
/** Control and format characters, line ends, halves of a pair: nothing that changes how the text around it is shown. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** How many interchanges each of them sent. */
export type Senders = ReadonlyMap<string, number>;

export interface SenderBook {
  /** For the context of a codec. */
  readonly add: (name: string) => void;
  /** Tells what was heard, once and only where there was anything: the same drop may be read several times. */
  tell(): void;
}

export function createSenderBook(told: (senders: Senders) => void): SenderBook {
  const senders = new Map<string, number>();
  let isTold = false;
  return {
    add(name) {
      if (isTold) return;
      const clean = cleanName(name);
      if (clean === "" || (senders.size === MOST_SENDERS && !senders.has(clean))) return;
      senders.set(clean, (senders.get(clean) ?? 0) + 1);
    },
    tell() {
      if (isTold || senders.size === 0) return;
      isTold = true;
      told(senders);
    },
  };
}

function cleanName(name: string): string {
  const seen = name.slice(0, 2 * (MOST_NAME + 1)).replaceAll(UNSHOWN, "\uFFFD");
  const shown = Array.from(seen.trim());
  const cut = shown.length > MOST_NAME ? `${shown.slice(0, MOST_NAME - 1).join("")}…` : shown.join("");
  // A copy, because a piece holds on to the window that it was cut from.
  return Buffer.from(cut, "utf8").toString("utf8");
}
