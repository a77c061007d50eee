// Random lives of bridges: dates, extensions, policies, people who open and close them, clocks that are set, drops that come and leave. Each
// step is held against a plain account of its own of who may be served until when, and of where each drop went.

import { DatabaseSync } from "node:sqlite";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { migrate } from "../../src/core/journal/store/database.ts";
import { createStore, type Store } from "../../src/core/journal/store/store.ts";
import { take } from "../../src/core/journal/store/receive.ts";
import {
  commit,
  drop as findDrop,
  handedOver,
  handOver,
  listDrops,
  open,
  release,
} from "../../src/core/journal/store/work.ts";
import * as clocks from "../../src/core/lifecycle/clock.ts";
import { addDays, dateIn, takesEffect } from "../../src/core/lifecycle/dates.ts";
import { refusalsOf } from "../../src/core/lifecycle/extension-rules.ts";
import { withApproved } from "../../src/core/lifecycle/extensions.ts";
import {
  checkRatchet,
  enterExtension,
  enterLedger,
  readLedger,
  type LedgerEntry,
} from "../../src/core/lifecycle/ledger.ts";
import * as rules from "../../src/core/lifecycle/notbetrieb.ts";
import { checkPolicy } from "../../src/core/lifecycle/policy-check.ts";
import { readPolicy, type Policy } from "../../src/core/lifecycle/policy.ts";
import * as states from "../../src/core/lifecycle/state.ts";
import { dropRegister } from "../../src/core/pipeline/intake.ts";
import { bridgeOf, createMemory, lifecycleOf, type Memory } from "./lifecycle-fixtures.ts";

/** What is under test; a test of the test puts changed ones in. */
export interface Modules {
  readonly states: Pick<typeof states, "standingOf" | "fileTreatment" | "mayFinish">;
  readonly rules: Pick<typeof rules, "openNotbetrieb" | "confirmNotbetrieb" | "endNotbetrieb">;
  readonly clocks: Pick<typeof clocks, "createClock">;
}
export const REAL: Modules = { states, rules, clocks };

const ZONE = "Europe/Berlin";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BEGIN = Date.parse("2026-11-02T07:00:00Z");
const STEPS = 40;

function policyOf(notbetrieb: string): Policy {
  const text = `policy: 1\nlongestLife: P12M\nshortestNotice: P10D\nendDays:\n  weekdays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]\n  holidays: true\nnotbetrieb: ${notbetrieb}\n`;
  const policy = readPolicy("policy.yaml", new TextEncoder().encode(text), () => undefined);
  if (policy === undefined) throw new Error("the policy of the test is none");
  return policy;
}
const POLICIES = ["{}", "{ most: 0 }", "{ most: 1, pause: P0D }", "{ most: 9, pause: P0D }", "{ pause: P7D }"].map(
  policyOf,
);

export interface Figures {
  readonly drops: number;
  readonly delivered: number;
  readonly handedOver: number;
  readonly held: number;
  readonly refused: number;
  readonly uses: number;
  readonly extensions: number;
  /** Extensions by two persons, outside the file. */
  readonly approved: number;
  readonly refusedEdits: number;
  readonly clockSets: number;
}

/** Whole numbers by a seed (mulberry32): a plan that fails is the same when it is run again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

export function createDrops(): Store {
  const db = new DatabaseSync(":memory:");
  migrate(db);
  return createStore(db, [{ id: "k1", key: new Uint8Array(32).fill(7) }]);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

let ids = 0;

/** One life. Throws where something did not hold; answers what happened in it. */
export async function runPlan(seed: number, store: Store, modules: Modules = REAL): Promise<Figures> {
  const plan = await createPlan(seed, store, modules);
  try {
    for (let step = 0; step < STEPS; step++) await plan.step();
    return plan.end();
  } catch (cause) {
    throw new Error(`plan ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

interface Plan {
  step(): Promise<void>;
  end(): Figures;
}

async function createPlan(seed: number, store: Store, { states: st, rules: ru, clocks: cl }: Modules): Promise<Plan> {
  const random = randomOf(seed);
  const yes = (oneIn: number): boolean => random(oneIn) === 0;
  const policy = POLICIES[random(POLICIES.length)] as Policy;
  const memory: Memory = createMemory();
  const started = addDays("2026-11-02", random(20));
  const deprecated = addDays(started, 5 + random(30));
  let bridge: LoadedBridge & { refuses: boolean } = {
    ...bridgeOf({ name: `plan-${seed}`, version: "v1" }),
    answers: [],
    arrivals: false,
    refuses: yes(4),
    lifecycle: lifecycleOf({ started, deprecated, sunset: addDays(deprecated, 11 + random(40)) }),
  };
  const machine = { wall: BEGIN, uptime: 1_000_000, boot: "b1" };
  let saved: clocks.ClockMemory | undefined;
  const clockStore = { load: async () => saved, save: async (next: clocks.ClockMemory) => void (saved = next) };
  let clock = await cl.createClock(clockStore, () => ({ ...machine }));
  let entry: LedgerEntry = await enterLedger(memory, new Map(), bridge, "plan", BEGIN);

  // The account: by dates and by what people did, without asking what is under test.
  let endsAt = takesEffect(bridge.lifecycle.sunset, ZONE);
  const beginsAt = takesEffect(started, ZONE);
  const windows: { from: number; until: number; confirmed: boolean }[] = [];
  let retiredAt: number | undefined;
  let last = 0;
  /** What time it really is, and how far ahead of it the clock was believed to be. */
  let truth = BEGIN;
  let believed = 0;
  const sent = new Map<string, number>();
  const came: string[] = [];
  const ofBytes = new Map<string, string[]>();
  const counts = { extensions: 0, approved: 0, refusedEdits: 0, clockSets: 0 };

  const isRetired = (now: number): boolean => retiredAt !== undefined && retiredAt <= now;
  const mayServe = (now: number): boolean => {
    if (now < beginsAt || isRetired(now)) return false;
    return now < endsAt || windows.some(({ from, until }) => from <= now && now < until);
  };
  /** When it was open last. */
  const closedAt = (now: number): number => {
    const ends = [endsAt, ...windows.filter(({ from }) => from <= now).map(({ until }) => until)];
    return Math.max(0, ...ends.map((at) => Math.min(at, retiredAt ?? at)).filter((at) => at <= now));
  };

  function look(): { readonly now: number; readonly standing: states.Standing; readonly serves: boolean } {
    const now = clock.now();
    check(now >= last, `the clock went back by ${last - now} ms`);
    last = now;
    believed = Math.max(believed, now - truth);
    const facts = { retiredAt, firstSunset: entry.sunset, notbetrieb: entry.notbetrieb?.last };
    const standing = st.standingOf(withApproved(bridge.lifecycle, entry.approved), ZONE, now, facts);
    const treatment = st.fileTreatment(standing.state);
    const serves = treatment === "process";
    check(
      serves === mayServe(now),
      `${serves ? "serves" : "does not serve"} at ${new Date(now).toISOString()} as ${standing.state}`,
    );
    check(
      (treatment === "leave") === (now < beginsAt && !isRetired(now)),
      "is polled before it begins, or is not afterwards",
    );
    const finishes = serves || treatment === "leave" || now < closedAt(now) + 14 * DAY;
    check(st.mayFinish(standing, now) === finishes, `${finishes ? "does not finish" : "finishes"} what it took`);
    check((standing.state === "notbetrieb") === (standing.notbetriebUntil !== undefined), "says until when it is open");
    const opened = windows
      .filter(({ until, from }) => until > from)
      .reduce((sum, { from, until }) => sum + until - from, 0);
    check(windows.length <= policy.notbetrieb.most, "was opened more often than the policy allows");
    check(opened <= policy.notbetrieb.most * 14 * DAY, "was open for longer than anybody may open it");
    return { now, standing, serves };
  }

  async function advance(by: number): Promise<void> {
    // As the appliance does it: many looks, the states only follow.
    const parts = by > DAY ? 4 : 1;
    for (let part = 0; part < parts; part++) {
      machine.wall += by / parts;
      machine.uptime += by / parts;
      truth += by / parts;
      look();
      await clock.tick();
      look();
    }
  }

  /** By no more than an hour, or by what has really passed while the clock was not believed. */
  const isSlow = (before: number): boolean => clock.now() <= Math.max(before, truth + believed) + HOUR;

  async function setClock(): Promise<void> {
    counts.clockSets++;
    const before = clock.now();
    const far = [5 * MINUTE, 50 * MINUTE, 3 * HOUR, 40 * DAY, 4_000 * DAY][random(5)] as number;
    machine.wall += yes(2) ? far : -far;
    check(isSlow(before), "a clock that was set ends bridges at once");
    if (yes(2)) await clock.tick();
    check(isSlow(before), "a clock that was set ends bridges at the next look");
    look();
    if (yes(3)) await clock.confirm();
    // Somebody mends it in the end.
    else if (yes(2)) machine.wall = Math.max(before, clock.now());
  }

  async function restart(): Promise<void> {
    await clock.tick();
    if (yes(4)) {
      machine.boot += "r";
      machine.uptime = 5_000;
    }
    if (yes(2)) machine.wall += random(2 * DAY) - DAY;
    clock = await cl.createClock(clockStore, () => ({ ...machine }));
    await clock.tick();
    entry = (await readLedger(memory)).get(bridge.name) ?? entry;
    look();
  }

  /** An edit of the file: extensions as they should be, and what people try. */
  async function edit(): Promise<void> {
    const { now } = look();
    const { lifecycle } = bridge;
    const both = withApproved(lifecycle, entry.approved);
    const end = states.endOf(both);
    const to = addDays(end, 1 + random(100));
    const extension = { to, reason: "später", requestedBy: "a", approvedBy: "b", on: dateIn(now, ZONE) };
    const edits = [
      { ...lifecycle, sunset: addDays(lifecycle.sunset, 1 + random(60)) },
      { ...lifecycle, extensions: [...lifecycle.extensions, extension] },
      // What two persons approved is written into it, or taken out again: nothing changes by either.
      both,
      { ...lifecycle, extensions: lifecycle.extensions.filter(({ reason }) => reason !== "zu zweit") },
    ];
    const changed = edits[random(edits.length)] ?? lifecycle;
    const isExtension = changed === edits[1];
    // Approved after the end has passed: the block's own rules refuse it.
    if (isExtension && now >= endsAt) return;
    const next = { ...bridge, lifecycle: changed, version: `v${random(1e9)}` };
    const ledger = await readLedger(memory);
    const found: string[] = [];
    const places = Object.assign(() => ({ file: "b", line: 1, column: 1 }), { has: () => true });
    const after = withApproved(changed, entry.approved);
    checkPolicy(after, policy, places, ({ code }) => void found.push(code));
    const refused = found.length > 0 || checkRatchet(next, ledger, [next]).length > 0;
    if (refused) {
      counts.refusedEdits++;
      return;
    }
    check(isExtension || states.endOf(after) <= end, "an end was moved without an extension");
    check(after.extensions.length <= policy.extensions.most, "more extensions than the policy allows");
    entry = await enterLedger(memory, ledger, next, "plan", now);
    bridge = next;
    endsAt = Math.max(endsAt, takesEffect(states.endOf(after), ZONE));
    if (isExtension) counts.extensions++;
    look();
  }

  /** Two persons move the end without the file: by its rules, up to the day of the end, and never beyond the budget. */
  async function approve(): Promise<void> {
    const { now } = look();
    const { extensions, sunset } = withApproved(bridge.lifecycle, entry.approved);
    const end = extensions.reduce((latest, one) => (one.to > latest ? one.to : latest), sunset);
    const [days, on] = [random(110) - 5, dateIn(now, ZONE)];
    const asked = { to: addDays(end, days), reason: "zu zweit", requestedBy: "a", approvedBy: yes(9) ? "A" : "b", on };
    const isRefused = refusalsOf(bridge.lifecycle, entry.approved ?? [], asked, policy, on).length > 0;
    const inBudget = days > 0 && days <= 90 && extensions.length < policy.extensions.most;
    const allowed = inBudget && asked.approvedBy === "b" && on <= end;
    check(isRefused !== allowed, `an extension by two persons was ${isRefused ? "refused" : "allowed"}`);
    if (isRefused || isRetired(now)) return;
    entry = await enterExtension(memory, entry, asked, { at: now, actor: "oidc:b/2", facts: {} });
    endsAt = takesEffect(asked.to, ZONE);
    counts.approved++;
    look();
  }

  function attempt(work: () => rules.NotbetriebBook): rules.NotbetriebBook | undefined {
    try {
      return work();
    } catch (cause) {
      const code = (cause as { readonly code?: string }).code ?? "";
      check(["NOTBETRIEB_REFUSED", "APPROVAL_NEEDED"].includes(code), String(cause));
      return undefined;
    }
  }

  function people(): void {
    const { now, standing } = look();
    const running = windows.find(({ from, until }) => from <= now && now < until);
    const act = random(5);
    if (act < 3) {
      const ask = { actor: "token:a", reason: "frist", ticket: "T" };
      const book = attempt(() => ru.openNotbetrieb(entry.notbetrieb, standing, ask, policy.notbetrieb, now));
      const pause = policy.notbetrieb.pause.days * DAY;
      const before = windows.at(-1);
      const allowed =
        now >= endsAt &&
        !isRetired(now) &&
        !running &&
        windows.length < policy.notbetrieb.most &&
        (!before || now >= before.until + pause);
      check((book !== undefined) === allowed, `Notbetrieb was ${book ? "allowed" : "refused"}`);
      if (book === undefined) return;
      windows.push({ from: now, until: now + DAY, confirmed: false });
      entry = { ...entry, notbetrieb: book };
    } else if (act === 3) {
      const approver = { actor: yes(3) ? "token:a" : "oidc:b", roles: [yes(4) ? "operator" : "approver"] };
      const book = attempt(() => ru.confirmNotbetrieb(entry.notbetrieb, standing, approver));
      const allowed =
        running &&
        !running.confirmed &&
        now >= endsAt &&
        approver.actor === "oidc:b" &&
        approver.roles.includes("approver");
      check(
        (book !== undefined) === (allowed === true && !isRetired(now)),
        `stage 2 was ${book ? "allowed" : "refused"}`,
      );
      if (book === undefined || !running) return;
      Object.assign(running, { until: running.from + 14 * DAY, confirmed: true });
      entry = { ...entry, notbetrieb: book };
    } else {
      const book = attempt(() => ru.endNotbetrieb(entry.notbetrieb, standing, now));
      check((book !== undefined) === (running !== undefined && now >= endsAt && !isRetired(now)), "was ended");
      if (book === undefined || !running) return;
      running.until = now;
      entry = { ...entry, notbetrieb: book };
    }
    memory.stored.set(`ledger/${bridge.name}`, JSON.stringify(entry));
    look();
  }

  const held = () => listDrops(store, { bridge: bridge.name, state: "held", limit: 1_000 });

  async function arrive(): Promise<void> {
    const { now, standing, serves } = look();
    if (st.fileTreatment(standing.state) === "leave") return;
    store.now = now;
    const id = `t${(ids++).toString(36).padStart(12, "0")}`;
    const bytes = came.length > 0 && yes(4) ? `b${seed}-${random(came.length)}` : `b${seed}-${came.length}`;
    const holds = (): boolean => st.fileTreatment(standing.state) === "hold";
    const journal = {
      take: async (drop: never, payload: never) => take(store, { drop, payload, key: undefined }).result,
      settled: async () => undefined,
    };
    const register = dropRegister(bridge, "c/1", journal, holds, undefined, () => held().length > 0);
    const inline = new TextEncoder().encode("x");
    const file = {
      id,
      bridge: bridge.name,
      name: "a.csv",
      hint: "",
      size: 1,
      sha256: bytes,
      received: now,
      inline,
      head: inline,
    };
    const { drop } = await register.enter(file);
    came.push(id);
    ofBytes.set(bytes, [...(ofBytes.get(bytes) ?? []), id]);
    if (drop.state === "refused") check(!serves && bridge.refuses, "was refused while the bridge was open");
    if (drop.state === "open") check(serves, "was taken to be delivered while the bridge was closed");
  }

  /** What the worker of the engine does, at some moment and no further than it gets. */
  function work(): void {
    const { now, standing, serves } = look();
    store.now = now;
    if (serves) for (const { id } of held().slice(0, random(4))) release(store, { drop: id, actor: "system" });
    if (!st.mayFinish(standing, now)) return;
    for (const { id } of open(store, { bridge: bridge.name, after: "", limit: random(4) })) {
      check(serves || now < closedAt(now) + 14 * DAY, "was delivered long after the end");
      sent.set(id, (sent.get(id) ?? 0) + 1);
      const ended = { records: 1, delivered: 1, skipped: 0, dead: 0 };
      const progress = {
        watermark: 1,
        offset: 1,
        ranges: [],
        splits: [],
        counts: ended,
        complete: true,
        appenders: {},
      };
      commit(store, { drop: id, progress, dead: [], finished: now });
    }
  }

  /** Any drop: only those that are held go, and a crash may come between the two steps. */
  function handOverSome(): void {
    const { now } = look();
    store.now = now;
    for (const id of came.slice(-1 - random(4))) {
      const what = { drop: id, actor: "local:a", ticket: "T", folder: "/srv" };
      const after = handOver(store, what);
      if (after?.state === "handed-over" && !yes(3)) handedOver(store, what);
    }
  }

  function account(): Omit<Figures, keyof typeof counts | "uses"> {
    const found = { drops: came.length, delivered: 0, handedOver: 0, held: 0, refused: 0 };
    for (const id of came) {
      const drop = findDrop(store, id);
      check(drop !== undefined, `drop ${id} is lost`);
      const times = sent.get(id) ?? 0;
      check(
        times === (drop?.state === "done" ? 1 : 0),
        `drop ${id} is ${drop?.state} and was delivered ${times} times`,
      );
      if (drop?.state === "done") found.delivered++;
      if (drop?.state === "handed-over") found.handedOver++;
      if (drop?.state === "held") found.held++;
      if (drop?.state === "refused") found.refused++;
    }
    for (const [bytes, same] of ofBytes) {
      const gone = same.filter((id) => ["done", "handed-over"].includes(findDrop(store, id)?.state ?? ""));
      check(gone.length <= 1, `${bytes} left more than once`);
    }
    return found;
  }

  const acts: readonly (readonly [number, () => void | Promise<void>])[] = [
    [8, () => advance(1 + random(3 * DAY))],
    [3, () => advance(1 + random(25 * DAY))],
    // On the edges themselves.
    [3, () => (endsAt > machine.wall ? advance(endsAt - machine.wall - 1 + random(3)) : advance(random(2 * DAY)))],
    [8, arrive],
    [8, work],
    [4, people],
    [4, edit],
    [2, approve],
    [2, setClock],
    [2, restart],
    [2, handOverSome],
  ];
  const bag = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act));

  return {
    async step() {
      if (retiredAt === undefined && yes(200)) retiredAt = look().now;
      await bag[random(bag.length)]?.();
    },
    end() {
      look();
      return { ...account(), ...counts, uses: windows.length };
    },
  };
}
