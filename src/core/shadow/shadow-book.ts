// What the comparisons brought, in the journal: counts per type of message, and for each path where answers differ how often, when and a
// keyed hash of both sides. Values are in memory until the next writing, seconds at most, and never anywhere else. Erasing the entry
// erases the key, and without it the hashes say nothing.

import { createHmac, randomBytes } from "node:crypto";
import type { Journal } from "../journal/types.ts";
import type { Difference } from "./compare.ts";

const VERDICTS = ["equal", "explained", "open", "failed", "dropped", "uncompared"] as const;
/** `failed`: the successor did not answer. `dropped`: there was no room to wait. `uncompared`: too large, or with files. */
export type Verdict = (typeof VERDICTS)[number];

export interface Compared {
  readonly type: string;
  readonly verdict: Verdict;
  readonly differences?: readonly (Difference & { readonly explained: boolean })[];
}

export interface KeptDifference {
  readonly type: string;
  readonly path: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
  /** By what was to be ignored when it was seen last. */
  readonly explained: boolean;
  /** HMAC-SHA-256, the first 16 hex digits; null = nothing was there. */
  readonly ours: string | null;
  readonly theirs: string | null;
}

export interface KeptShadow {
  /** Of the hashes, hex. */
  readonly key: string;
  readonly since: number;
  readonly types: Readonly<Record<string, Readonly<Record<Verdict, number>>>>;
  readonly differences: readonly KeptDifference[];
}

export interface ShadowBook {
  /** At once, in memory. */
  note(compared: Compared): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const EVERY = 5_000;
const MOST_TYPES = 200;
/** Paths of a bridge; further ones are counted as open, and not told apart. */
const MOST_KEPT = 500;
const MOST_FRESH = 1_000;

export function shadowKey(bridge: string): string {
  return `shadow/${bridge}`;
}

export function createShadowBook(
  journal: Pick<Journal, "get" | "set">,
  bridge: string,
  now: () => number = Date.now,
  every = EVERY,
): ShadowBook {
  let fresh: { readonly at: number; readonly compared: Compared }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const taken = fresh;
    fresh = [];
    if (taken.length === 0) return;
    const before = await journal.get<KeptShadow>(shadowKey(bridge));
    await journal.set(shadowKey(bridge), merged(before ?? begun(now()), taken));
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // Comparisons are no reason to stop; the journal itself says what is wrong with it.
    writing = writing.then(write).catch(() => undefined);
    return writing;
  }

  return {
    note(compared) {
      fresh.push({ at: now(), compared });
      if (fresh.length >= MOST_FRESH) void flush();
      else timer ??= setTimeout(() => void flush(), every).unref();
    },
    flush,
    close: flush,
  };
}

function begun(now: number): KeptShadow {
  return { key: randomBytes(32).toString("hex"), since: now, types: {}, differences: [] };
}

function merged(
  before: KeptShadow,
  taken: readonly { readonly at: number; readonly compared: Compared }[],
): KeptShadow {
  const types = new Map(Object.entries(before.types));
  const kept = new Map(before.differences.map((one) => [`${one.type}\u0000${one.path}`, one]));
  const hash = (text: string | undefined): string | null =>
    text === undefined
      ? null
      : createHmac("sha256", Buffer.from(before.key, "hex")).update(text).digest("hex").slice(0, 16);
  for (const { at, compared } of taken) {
    const type = types.has(compared.type) || types.size < MOST_TYPES ? compared.type : "…";
    const counts = types.get(type) ?? NONE;
    types.set(type, { ...counts, [compared.verdict]: counts[compared.verdict] + 1 });
    for (const { path, ours, theirs, explained } of compared.differences ?? []) {
      const id = `${type}\u0000${path}`;
      const known = kept.get(id);
      if (!known && kept.size >= MOST_KEPT) continue;
      const { first = at, count = 0 } = known ?? {};
      kept.set(id, {
        type,
        path,
        count: count + 1,
        first,
        last: at,
        explained,
        ours: hash(ours),
        theirs: hash(theirs),
      });
    }
  }
  return { ...before, types: Object.fromEntries(types), differences: [...kept.values()] };
}

const NONE: Readonly<Record<Verdict, number>> = {
  equal: 0,
  explained: 0,
  open: 0,
  failed: 0,
  dropped: 0,
  uncompared: 0,
};
