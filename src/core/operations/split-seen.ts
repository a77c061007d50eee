// Who is moved to the successor, and what is sent there for comparing, as the appliance last saw it: each change stands in the audit trail.

import type { LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";

const PREFIX = "split-seen/";
const SHADOW_PREFIX = "shadow-seen/";
/** Of values in one entry of the trail. */
const MOST_TEXT = 2_000;

interface Seen {
  readonly by: string;
  readonly to: string;
  readonly values: readonly string[];
}

/** One for every case that has a split, by its number; most bridges have one or none. */
function splitsOf({ ways }: LoadedBridge): Readonly<Record<string, Seen>> {
  const stayed = ways.filter(({ split }) => split?.side === "stayed");
  return Object.fromEntries(
    stayed.flatMap(({ number, split }) =>
      split ? [[String(number), { by: split.by, to: split.to, values: split.values.toSorted() }] as const] : [],
    ),
  );
}

/** To be called when a version is accepted. */
export async function enterSplit(
  journal: Pick<Journal, "entries" | "set">,
  bridge: LoadedBridge,
  now: number,
): Promise<void> {
  const key = PREFIX + bridge.name;
  const before = (await journal.entries<Readonly<Record<string, Seen>>>(key)).get(key) ?? {};
  const after = splitsOf(bridge);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const [old, today] = [valuesOf(before), valuesOf(after)];
  const facts = {
    added: shown([...today].filter((value) => !old.has(value))),
    removed: shown([...old].filter((value) => !today.has(value))),
    values: today.size,
    by: shown([...new Set(Object.values(after).map(({ by }) => by))]),
    to: shown([...new Set(Object.values(after).map(({ to }) => to))]),
    version: bridge.version,
  };
  const entry = { at: now, event: "split.changed", bridge: bridge.name, drop: undefined, actor: "system", facts };
  await journal.set(key, Object.keys(after).length === 0 ? undefined : after, entry);
}

function valuesOf(splits: Readonly<Record<string, Seen>>): ReadonlySet<string> {
  return new Set(Object.values(splits).flatMap(({ values }) => values));
}

function shown(values: readonly string[]): string {
  const text = values.join(", ");
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} … (${values.length})` : text;
}

/** What was approved, by whom, until when. To be called when a version is accepted. */
export async function enterShadow(
  journal: Pick<Journal, "entries" | "set">,
  { name, shadow, version }: LoadedBridge,
  now: number,
): Promise<void> {
  const key = SHADOW_PREFIX + name;
  const before = (await journal.entries<object>(key)).get(key);
  const { by = "", on = "", reference = "" } = shadow?.approval ?? {};
  const after = shadow && { to: shadow.shown, until: shadow.until, by, on, reference };
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const event = after ? (before ? "shadow.changed" : "shadow.begun") : "shadow.ended";
  const facts = { to: "", until: "", by, on, reference, ...after, version };
  await journal.set(key, after, { at: now, event, bridge: name, drop: undefined, actor: "system", facts });
}
