// Tells people: after each look at what is wrong it finds what is due, puts it into the outbox and remembers that, in this order, so that
// a crash in between tells it twice rather than never; the outbox then sends.

import type { Alarm, AlarmBook } from "../alarms/book.ts";
import type { Trouble, TroubleFacts } from "../alarms/troubles.ts";
import type { Look } from "../alarms/watch.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import type { BridgeView } from "../operations/operations.ts";
import { DEFAULT_ZONE, isoIn, localMoment } from "../lifecycle/dates.ts";
import { readLedger } from "../lifecycle/ledger.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { Maintenance } from "../lifecycle/policy.ts";
import type { LifecycleWatch } from "../lifecycle/state-watch.ts";
import { mailsOf, postsOf } from "./compose.ts";
import { dueAlarms, lasts } from "./due-alarms.ts";
import type { Address } from "./due-alarms.ts";
import { dueErasure, dueReminder } from "./due-dates.ts";
import type { Erasing, ErasureMemory, SunsetMemory } from "./due-dates.ts";
import { dueNotbetrieb } from "./due-notbetrieb.ts";
import type { NotbetriebMemory } from "./due-notbetrieb.ts";
import type { Item } from "./item.ts";
import type { Outbox } from "./outbox.ts";
import { troubleIn } from "./words.ts";

const PREFIX = "notify/";
const OVER = "notify-over";
const MOST_OVER = 200;
/** Who was told of alarms a moment ago hears of the next ones together; the more often, the later, up to an hour. */
const GATHER = 10 * 60_000;
const LONGEST_GATHER = 60 * 60_000;

/** What was told of one bridge. */
interface Memory {
  readonly sunset?: SunsetMemory;
  readonly erasure?: ErasureMemory;
  readonly notbetrieb?: NotbetriebMemory;
}

export interface NotifierDeps {
  readonly journal: Pick<Journal, "get" | "set" | "entries">;
  readonly book: Pick<AlarmBook, "all" | "told">;
  readonly outbox: Pick<Outbox, "put">;
  readonly watch: Pick<LifecycleWatch, "standing">;
  bridges(): readonly LoadedBridge[];
  readonly maintenance: readonly Maintenance[];
  /** Of the dashboard, for links. */
  readonly url: string | undefined;
  readonly security: string | undefined;
  readonly operator: string | undefined;
}

export interface Notifier {
  /** Finds what is due and puts it into the outbox. */
  turn(look: Look): Promise<void>;
}

interface Due {
  readonly items: Item[];
  /** By bridge. */
  readonly remember: Map<string, Memory>;
}

export function createNotifier(deps: NotifierDeps): Notifier {
  const { journal, book, outbox, url } = deps;
  let memories: Map<string, Memory> | undefined;
  /** When an owner was told of alarms last, and how long the next ones are gathered. */
  const lately = new Map<string, { readonly at: number; readonly gather: number }>();
  /** Of the look before, for what ended since. */
  let before: ReadonlyMap<string, Trouble> = new Map();

  async function post(items: readonly Item[], now: number): Promise<void> {
    if (items.length === 0) return;
    await outbox.put("mail", mailsOf(items, url), now);
    await outbox.put("webhook", postsOf(items, url, now), now);
  }

  function memoryOf(bridge: string): Memory {
    return memories?.get(PREFIX + bridge) ?? {};
  }

  /** It counts as told when it lies in the outbox, not before. */
  async function tellDue({ items, remember }: Due, now: number): Promise<void> {
    await post(items, now);
    for (const [bridge, change] of remember) {
      const memory = { ...memoryOf(bridge), ...change };
      await journal.set(PREFIX + bridge, memory);
      memories?.set(PREFIX + bridge, memory);
    }
  }

  /** Never held back. */
  function emergencies(ledger: Ledger, now: number): Due {
    const due: Due = { items: [], remember: new Map() };
    for (const { name } of deps.bridges()) {
      const found = dueNotbetrieb(ledger.get(name)?.notbetrieb, now, memoryOf(name).notbetrieb);
      const { last, uses } = ledger.get(name)?.notbetrieb ?? {};
      if (found === undefined || last === undefined || uses === undefined) continue;
      const { title, owner, deputy } = addressOf(deps, name);
      const to = [...new Set([...owner, ...deputy, ...listOf(deps.security)])];
      const { until, reason } = last;
      for (const stage of found.stages) {
        const id = `notbetrieb/${name}/${last.from}/${stage}`;
        due.items.push({ kind: "notbetrieb", id, bridge: name, title, to, stage, until, reason, uses });
      }
      due.remember.set(name, { notbetrieb: found.memory });
    }
    return due;
  }

  function dates({ facts: { letters, time, bridges } }: Look): Due {
    const due: Due = { items: [], remember: new Map() };
    const views = new Map(bridges.map((view) => [view.bridge, view]));
    const open = Map.groupBy(letters, ({ bridge }) => bridge);
    for (const bridge of deps.bridges()) {
      const { name, lifecycle, timezone } = bridge;
      const { title, owner, deputy } = addressOf(deps, name);
      const memory = memoryOf(name);
      const standing = deps.watch.standing(bridge);
      const reminder = dueReminder(bridge, standing, time, memory.sunset);
      if (reminder !== undefined) {
        const { days, reminder: told } = reminder;
        const { end } = standing;
        // Close to the end it is no longer a matter of planning.
        const to = told <= 7 ? [...owner, ...deputy] : owner;
        const successor = lifecycle.successor?.title ?? null;
        const id = `sunset/${name}/${end}/${told}`;
        due.items.push({ kind: "sunset", id, bridge: name, title, to, end, days, successor });
        due.remember.set(name, { sunset: { end, told } });
      }
      const erasure = dueErasure(erasingOf(bridge, open.get(name) ?? [], views.get(name)), time, memory.erasure);
      if (erasure === undefined) continue;
      const first = isoIn(erasure.first, timezone);
      const id = `erasure/${name}/${erasure.first}/${erasure.isLast ? 1 : 7}`;
      due.items.push({ kind: "erasure", id, bridge: name, title, to: owner, records: erasure.records, first });
      due.remember.set(name, { ...due.remember.get(name), erasure: erasure.memory });
    }
    return due;
  }

  async function alarms(look: Look, troubles: ReadonlyMap<string, Trouble>): Promise<void> {
    const { now } = look;
    const all = dueAlarms(await book.all(), troubles, now, (bridge) => addressOf(deps, bridge));
    const isGathering = (to: readonly string[]): boolean => {
      const { at, gather } = lately.get(to[0] ?? "") ?? { at: Number.NEGATIVE_INFINITY, gather: 0 };
      return now >= at && now - at < gather;
    };
    const ready = all.filter(({ item }) => !isGathering(item.to));
    await post(
      ready.map(({ item }) => item),
      now,
    );
    for (const to of new Set(ready.map(({ item }) => item.to[0] ?? ""))) {
      const { at, gather } = lately.get(to) ?? { at: Number.NEGATIVE_INFINITY, gather: GATHER };
      lately.set(to, { at: now, gather: now - at < 2 * gather ? Math.min(2 * gather, LONGEST_GATHER) : GATHER });
    }
    await book.told(
      ready.map(({ alarm }) => alarm.key),
      now,
    );
  }

  /** What came and went while nobody was told. */
  async function noteOver({ ended, now }: Look): Promise<void> {
    const missed = ended.filter(
      ({ told, taken, trouble, since }) => !told && !taken && before.has(trouble) && lasts(since, now),
    );
    if (missed.length === 0) return;
    const known = (await journal.get<readonly Item[]>(OVER)) ?? [];
    const items = missed.map((alarm) => overItem(deps, alarm, before.get(alarm.trouble) as Trouble, now));
    await journal.set(OVER, [...known, ...items].slice(0, MOST_OVER));
  }

  async function tellOver(now: number): Promise<void> {
    const items = await journal.get<readonly Item[]>(OVER);
    if (items === undefined) return;
    await post(items, now);
    await journal.set(OVER, undefined);
  }

  return {
    async turn(look) {
      memories ??= new Map(await journal.entries<Memory>(PREFIX));
      const { now, facts } = look;
      const troubles = new Map(look.troubles.map((trouble) => [trouble.key, trouble]));
      await tellDue(emergencies(await readLedger(journal), facts.time), now);
      if (deps.maintenance.some((window) => isWithin(window, now))) await noteOver(look);
      else {
        await tellOver(now);
        await tellDue(dates(look), now);
        await alarms(look, troubles);
      }
      before = troubles;
    },
  };
}

function isWithin({ from, to }: Maintenance, now: number): boolean {
  return localMoment(from, DEFAULT_ZONE) <= now && now < localMoment(to, DEFAULT_ZONE);
}

/** Of a bridge whose letters lie behind the page that was read, the oldest speaks for all. */
function erasingOf(
  { retention }: Pick<LoadedBridge, "retention">,
  letters: TroubleFacts["letters"],
  view: BridgeView | undefined,
): readonly Erasing[] {
  if (letters.length === 0 && view !== undefined && view.openDead > 0 && view.oldestDead !== null)
    return [{ at: Date.parse(view.oldestDead) + retention.dead, records: view.openDead }];
  return letters.flatMap(({ erased, record, last }) =>
    erased === null ? [] : [{ at: Date.parse(erased), records: last - record + 1 }],
  );
}

function overItem(deps: NotifierDeps, alarm: Alarm, trouble: Trouble, now: number): Item {
  const { title, owner } = addressOf(deps, alarm.bridge);
  const { key, bridge, since } = alarm;
  const was = { de: troubleIn(trouble, "de").what, en: troubleIn(trouble, "en").what };
  return { kind: "over", id: `over/${key}`, bridge, title, to: owner, was, since, until: now };
}

function addressOf(deps: Pick<NotifierDeps, "bridges" | "operator">, name: string | null): Address {
  const bridge = name === null ? undefined : deps.bridges().find((one) => one.name === name);
  // Of a bridge whose file is refused nobody knows the owner.
  if (bridge === undefined) return { title: name ?? "", owner: listOf(deps.operator), deputy: [] };
  const { email, deputy } = bridge.lifecycle.owner;
  return { title: bridge.title, owner: [email], deputy: listOf(deputy).filter((one) => one !== email) };
}

function listOf(address: string | undefined): readonly string[] {
  return address === undefined ? [] : [address];
}
