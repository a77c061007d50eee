// What a fleet remembers of its appliances, in its own state: keys, heads of audit trails, breaks that nobody has looked at yet.
//
// A head is written within a minute: one that is lost by a crash leaves the one before, which proves as much. A break is written at once,
// and stays until people acknowledge it.

import { BridgeError } from "../errors.ts";
import type { AuditCheckpoint, Journal } from "../journal/types.ts";
import type { Broken, Kept, KeptTrail } from "./chain.ts";

const CHAIN = "fleet/chain/";
const HEADS = "fleet/heads/";
/** Days of which a head is kept, for whoever compares an exported trail. */
const MOST_HEADS = 400;
const EVERY = 60_000;

export interface DailyHead extends AuditCheckpoint {
  /** Of UTC. */
  readonly date: string;
  readonly publicKey: string;
}

export interface Acknowledgement {
  readonly name: string;
  readonly actor: string;
  readonly ticket: string;
}

export interface FleetBook {
  kept(name: string): Kept | undefined;
  /** The first head of each day. */
  heads(name: string): Promise<readonly DailyHead[]>;
  remember(name: string, trail: KeptTrail): void;
  /** fleet.yaml pins this key: what was kept of another one ends, and so does a break that was about this one. */
  pin(name: string, publicKey: string): Promise<void>;
  breaks(name: string, broken: Broken): Promise<void>;
  /** What is there now counts from now on. APPLIANCE_UNKNOWN, CHAIN_UNBROKEN, CHAIN_PINNED */
  acknowledge(what: Acknowledgement, pinned: string | undefined): Promise<void>;
  /** Writes what is not written yet. */
  flush(): Promise<void>;
}

export interface BookDeps {
  readonly journal: Pick<Journal, "entries" | "get" | "set">;
  now(): number;
  /** A head could not be written; the journal itself says why. */
  onError(cause: unknown): void;
}

export async function openBook(deps: BookDeps): Promise<FleetBook> {
  const { journal } = deps;
  const stored = await journal.entries<Kept>(CHAIN);
  const known = new Map([...stored].map(([key, kept]) => [key.slice(CHAIN.length), kept]));
  const unwritten = new Set<string>();
  const days = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const names = [...unwritten];
    unwritten.clear();
    // Together, so that the journal's thread makes one transaction of them.
    await Promise.all(names.map(async (name) => await journal.set(CHAIN + name, known.get(name))));
    await Promise.all(names.map(async (name) => await writeDay(name)));
  }

  async function writeDay(name: string): Promise<void> {
    const trail = known.get(name)?.trail;
    const date = new Date(deps.now()).toISOString().slice(0, 10);
    if (trail === undefined || days.get(name) === date) return;
    days.set(name, date);
    const heads = await headsOf(name);
    if (heads.at(-1)?.date === date) return;
    const { publicKey, head } = trail;
    await journal.set(HEADS + name, [...heads, { date, publicKey, ...head }].slice(-MOST_HEADS));
  }

  async function headsOf(name: string): Promise<readonly DailyHead[]> {
    return (await journal.get<readonly DailyHead[]>(HEADS + name)) ?? [];
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  async function enter(name: string, kept: Kept, event: string, actor: string, facts: Facts): Promise<void> {
    known.set(name, kept);
    const entry = { at: deps.now(), event, bridge: undefined, drop: undefined, actor, facts };
    await journal.set(CHAIN + name, kept, entry);
  }

  return {
    kept: (name) => known.get(name),
    heads: headsOf,
    remember(name, trail) {
      const { broken, first } = known.get(name) ?? { first: deps.now() };
      known.set(name, { first, trail, ...(broken && { broken: { ...broken, passed: true } }) });
      unwritten.add(name);
      timer ??= setTimeout(() => void flush().catch((cause: unknown) => deps.onError(cause)), EVERY).unref();
    },
    async pin(name, publicKey) {
      const { trail, broken, first } = known.get(name) ?? { first: 0 };
      const isOther = trail !== undefined && trail.publicKey !== publicKey;
      const isFound = broken?.kind === "key" && broken.found.publicKey === publicKey;
      if (isOther || isFound) await enter(name, { first }, "fleet.key-pinned", "system", { appliance: name });
    },
    async breaks(name, broken) {
      const { found, kind } = broken;
      const before = known.get(name) ?? { first: deps.now() };
      const facts = { appliance: name, kind, seq: before.trail?.head.seq ?? null, foundSeq: found.head.seq };
      await enter(name, { ...before, broken }, "fleet.chain-broken", "system", facts);
    },
    async acknowledge({ name, actor, ticket }, pinned) {
      const { broken, trail, first } = known.get(name) ?? { first: 0 };
      if (broken === undefined) throw new BridgeError("CHAIN_UNBROKEN", `the trail of ${name} is not broken`);
      if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "an acknowledgement needs a ticket");
      const { kind, found } = broken;
      if (kind === "key" && pinned !== undefined && pinned !== found.publicKey)
        throw new BridgeError("CHAIN_PINNED", `${name} shows another key than fleet.yaml pins`);
      const kept = { first, ...acceptedTrail(trail, broken) };
      await enter(name, kept, "fleet.chain-acknowledged", actor, { appliance: name, kind, ticket });
    },
    flush,
  };
}

type Facts = Readonly<Record<string, string | number | null>>;

/** A wrong signature says nothing about the trail. */
function acceptedTrail(
  trail: KeptTrail | undefined,
  { kind, since, found, passed = false }: Broken,
): Pick<Kept, "trail"> {
  if (kind === "signature" || passed) return trail === undefined ? {} : { trail };
  return { trail: { publicKey: found.publicKey, head: found.head, at: new Date(0).toISOString(), seen: since } };
}
