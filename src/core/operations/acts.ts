// Acts of two persons: one asks, another one of the role approver confirms, and only then it happens. Both are persons whom the identity
// provider knows; a token is nobody in particular.
//
//   open ──another person──▶ confirmed ──it runs──▶ done
//     ├─withdrawn, or three days without a second person─▶ over
//
// What was confirmed is finished after a restart, too: each of them can be run again without doing anything twice.

import { randomUUID } from "node:crypto";
import { asBridgeError, BridgeError } from "../errors.ts";
import { WORDS } from "../lifecycle/block.ts";
import type { Asked } from "../lifecycle/extension-rules.ts";
import { isPerson, isSamePerson, nameOf } from "../lifecycle/person.ts";
import { parseDate } from "../options/units.ts";
import { createTurns } from "../turns.ts";
import { unknownBridge } from "./bridge-views.ts";
import type { Extending } from "./extending.ts";
import type { LocalDeps } from "./local.ts";
import type { PolicyBook } from "./policy-book.ts";
import type { Actor, Role } from "./operations.ts";
import { MOST_REPLAY } from "./replay.ts";
import { unknownAct } from "./unknown.ts";

export const ACT_KINDS = ["dismiss", "replay", "erase-held", "hand-over", "extend", "loosen-policy"] as const;
export type ActKind = (typeof ACT_KINDS)[number];

export interface ActAsked extends Actor {
  readonly kind: ActKind;
  /** Empty where it is about the appliance. */
  readonly bridge: string;
  /** Of dead letters: the cause that is meant. */
  readonly stage?: string | undefined;
  readonly code?: string | undefined;
  /** Of an extension: the new end, and the ticket. Of a policy: the hash of its file. */
  readonly to?: string | undefined;
  readonly ticket?: string | undefined;
  readonly reason: string;
}

export interface ActView {
  readonly id: string;
  readonly kind: ActKind;
  readonly bridge: string;
  readonly stage: string | null;
  readonly code: string | null;
  readonly to: string | null;
  readonly ticket: string | null;
  readonly reason: string;
  /** Dead letters, or held drops, when it was asked for; days by which an end moves; fields of the policy. */
  readonly count: number;
  readonly askedBy: string;
  /** ISO 8601, as `until`: when the offer lapses, or the permission of a hand-over. */
  readonly asked: string;
  readonly until: string;
  readonly state: "open" | "confirmed" | "done" | "withdrawn" | "over";
  readonly confirmedBy: string | null;
  /** How many it was done to; null before it is done. */
  readonly done: number | null;
  /** Code of what stopped it; it goes on with the next start, or when it is confirmed once more. */
  readonly trouble: string | null;
  /** On which day it was confirmed where the bridge is; null = not yet, or nobody asks. */
  readonly confirmedOn: string | null;
}

export interface Acts {
  list(): Promise<readonly ActView[]>;
  /** APPROVAL_NEEDED for anybody but a person, REQUEST_INVALID where there is nothing to do; of an extension what a file is refused for. */
  ask(request: ActAsked): Promise<ActView>;
  /** APPROVAL_NEEDED for anybody but another person of the role approver. */
  confirm(request: Actor & { readonly id: string; readonly roles: readonly Role[] }): Promise<ActView>;
  withdraw(request: Actor & { readonly id: string }): Promise<ActView>;
  /** Goes on with what was confirmed before a restart. */
  resume(): Promise<void>;
  /** Whether two persons agreed that payload of this bridge leaves; and that it did. */
  handOverAllowed(bridge: string): Promise<boolean>;
  handedOver(bridge: string, drops: number): Promise<void>;
}

/** In journals of earlier versions acts lack what these alone have. */
type Later = "to" | "ticket" | "confirmedOn";

interface Stored extends Omit<ActView, "asked" | "until" | Later>, Partial<Pick<ActView, Later>> {
  readonly asked: number;
  readonly until: number;
}

export interface ActsDeps extends Pick<
  LocalDeps,
  "journal" | "bridges" | "watch" | "running" | "signal" | "now" | "log"
> {
  /** A replay that was agreed on. */
  replay(request: { readonly ids: readonly string[]; readonly actor: string }): Promise<number>;
  readonly extending: Pick<Extending, "check" | "today" | "enter">;
  /** undefined = the policy is what it is. */
  policyBook(): Promise<Pick<PolicyBook, "view" | "check" | "confirm"> | undefined>;
}

const PREFIX = "act/";
const LASTS = 72 * 3_600_000;
const MOST_OPEN = 200;
const MOST_REASON = 500;
const PAGE = 500;
/** Milliseconds that whoever confirms waits for the end; longer ones are seen in the list. */
const PATIENCE = 2_000;

export function createActs(deps: ActsDeps): Acts {
  // Of two who decide at once the second sees what the first did.
  const inTurn = createTurns();
  const under = new Map<string, Promise<void>>();

  async function all(): Promise<readonly Stored[]> {
    const now = deps.now();
    const stored = [...(await deps.journal.entries<Stored>(PREFIX)).values()];
    const lapses = ({ state, kind }: Stored): boolean =>
      state === "open" || (state === "confirmed" && kind === "hand-over");
    return stored
      .map((act) => (lapses(act) && act.until <= now ? { ...act, state: "over" as const } : act))
      .toSorted((a, b) => b.asked - a.asked || (a.id < b.id ? -1 : 1));
  }

  async function write(act: Stored, event: string, actor: string): Promise<Stored> {
    const { id, kind, bridge, stage, code, to, ticket, reason, count, done } = act;
    const facts = {
      act: id,
      kind,
      ...(stage && { stage }),
      ...(code && { code }),
      ...(to && { to }),
      ...(ticket && { ticket }),
      reason,
      count,
      ...(done !== null && { done }),
    };
    await deps.journal.set(PREFIX + id, act, {
      at: deps.now(),
      event,
      bridge: bridge || undefined,
      drop: undefined,
      actor,
      facts,
    });
    return act;
  }

  async function find(id: string): Promise<Stored> {
    const act = (await all()).find((one) => one.id === id);
    if (act === undefined) throw unknownAct();
    return act;
  }

  /** At most one at a time of each; what fails stays confirmed. */
  function run(act: Stored): Promise<void> {
    const running = under.get(act.id) ?? work(act).finally(() => under.delete(act.id));
    under.set(act.id, running);
    return running;
  }

  async function work(act: Stored): Promise<void> {
    try {
      const done = await perform(deps, act);
      await write({ ...act, state: "done", done, trouble: null }, "act.done", act.askedBy);
    } catch (cause) {
      const { code } = asBridgeError(cause);
      deps.log?.("error", "act.failed", { act: act.id, kind: act.kind, bridge: act.bridge, code });
      if (deps.signal.aborted) return;
      // What the rules do not allow any more, after a file that changed meanwhile, will not be allowed later either.
      if (isRefusal(code)) await write({ ...act, state: "over", trouble: code }, "act.refused", act.askedBy);
      else await deps.journal.set(PREFIX + act.id, { ...act, trouble: code });
    }
  }

  return {
    list: async () => (await all()).map(viewOf),
    ask: async (request) =>
      await inTurn(async () => {
        const open = (await all()).filter(({ state }) => state === "open");
        if (open.length >= MOST_OPEN)
          throw new BridgeError("REQUEST_INVALID", `${MOST_OPEN} acts wait for a second person already`);
        const act = await asked(deps, request);
        const twin = open.find((one) => isSame(one, act));
        if (twin)
          throw new BridgeError("REQUEST_INVALID", "the same was asked for already and waits for a second person");
        return viewOf(await write(act, "act.asked", request.actor));
      }),
    async confirm({ id, actor, roles }) {
      const act = await inTurn(async () => {
        const found = await find(id);
        mayConfirm(found, actor, roles);
        if (found.state === "confirmed") return found;
        const until = found.kind === "hand-over" ? deps.now() + LASTS : found.until;
        const confirmed = { ...found, state: "confirmed", confirmedBy: actor, until } as const;
        if (found.kind === "loosen-policy") (await deps.policyBook())?.check(found.to ?? "");
        if (found.kind !== "extend") return await write(confirmed, "act.confirmed", actor);
        await deps.extending.check({ ...extensionOf(found), approvedBy: nameOf(actor) });
        const confirmedOn = await deps.extending.today(found.bridge);
        return await write({ ...confirmed, confirmedOn }, "act.confirmed", actor);
      });
      if (act.kind !== "hand-over") await patiently(run(act));
      return viewOf(await find(id));
    },
    withdraw: async ({ id, actor }) =>
      await inTurn(async () => {
        const act = await find(id);
        if (act.state !== "open")
          throw new BridgeError("REQUEST_INVALID", `this act is ${act.state}; only an open one is withdrawn`);
        return viewOf(await write({ ...act, state: "withdrawn" }, "act.withdrawn", actor));
      }),
    async resume() {
      for (const act of await all()) if (act.state === "confirmed" && act.kind !== "hand-over") await run(act);
    },
    handOverAllowed: async (bridge) => (await allowance(bridge)) !== undefined,
    async handedOver(bridge, drops) {
      const act = await allowance(bridge);
      if (act) await write({ ...act, state: "done", done: drops }, "act.done", act.askedBy);
    },
  };

  async function allowance(bridge: string): Promise<Stored | undefined> {
    return (await all()).find((act) => act.kind === "hand-over" && act.state === "confirmed" && act.bridge === bridge);
  }
}

const SAME = ["kind", "bridge", "stage", "code"] as const;

/** A policy that was written anew is another one; of a bridge one end is asked for at a time. */
function isSame(one: Stored, other: Stored): boolean {
  return SAME.every((key) => one[key] === other[key]) && (one.kind !== "loosen-policy" || one.to === other.to);
}

function isRefusal(code: string): boolean {
  return code === "LIFECYCLE_EXTENSION" || code.startsWith("POLICY_");
}

/** Names, as they would stand in the file; who they are by their subject stands in the act and the trail. */
function extensionOf({ bridge, to, reason, askedBy }: Stored): Omit<Asked, "on"> & { readonly bridge: string } {
  return { bridge, to: to ?? "", reason, requestedBy: nameOf(askedBy) };
}

async function asked(deps: ActsDeps, request: ActAsked): Promise<Stored> {
  const { kind, bridge, stage, code, to, ticket, reason, actor } = request;
  if (!isPerson(actor))
    throw new BridgeError("APPROVAL_NEEDED", "an act of two persons is asked for by a person, signed in by OIDC", {
      hint: "A token may be anybody's. Set STEG_OIDC_ISSUER and sign in as yourself.",
    });
  if (reason.trim() === "" || reason.length > MOST_REASON)
    throw new BridgeError("REQUEST_INVALID", `an act of two persons needs a reason of 1 to ${MOST_REASON} characters`);
  const known = (await deps.bridges()).map(({ name }) => name);
  if (kind !== "loosen-policy" && !known.includes(bridge)) throw unknownBridge(bridge, known);
  const now = deps.now();
  const act: Stored = {
    id: `act-${randomUUID()}`,
    kind,
    bridge,
    stage: stage ?? null,
    code: code ?? null,
    to: to ?? null,
    ticket: ticket?.trim() ?? null,
    reason: reason.trim(),
    count: 0,
    askedBy: actor,
    asked: now,
    until: now + LASTS,
    state: "open",
    confirmedBy: null,
    done: null,
    trouble: null,
    confirmedOn: null,
  };
  const count = await countOf(deps, act);
  if (count === 0) throw new BridgeError("REQUEST_INVALID", "there is nothing that this could be done to");
  return { ...act, count };
}

function mayConfirm({ state, askedBy }: Stored, actor: string, roles: readonly Role[]): void {
  if (!roles.includes("approver") || !isPerson(actor))
    throw new BridgeError("APPROVAL_NEEDED", "this takes a person of the role approver, signed in by OIDC");
  if (isSamePerson(askedBy, actor))
    throw new BridgeError("APPROVAL_NEEDED", "who asked for it cannot be the second person");
  if (state !== "open" && state !== "confirmed")
    throw new BridgeError("REQUEST_INVALID", `this act is ${state}; nothing is left to confirm`);
}

async function countOf(deps: ActsDeps, act: Stored): Promise<number> {
  if (act.kind === "extend") return await daysOf(deps, act);
  if (act.kind === "loosen-policy") return await fieldsOf(deps, act);
  if (act.kind === "dismiss" || act.kind === "replay") {
    let count = 0;
    for await (const ids of letterIds(deps, act)) count += ids.length;
    return count;
  }
  const sums = await deps.journal.sums();
  return sums.find(({ bridge }) => bridge === act.bridge)?.held ?? 0;
}

/** By how many days the end would move. Throws what a bridge file would be refused for. */
async function daysOf({ extending }: ActsDeps, act: Stored): Promise<number> {
  if (parseDate(act.to ?? "") === undefined)
    throw new BridgeError("REQUEST_INVALID", "the new end must be a date (2027-11-16)");
  if (!WORDS.test(act.reason)) throw new BridgeError("REQUEST_INVALID", "the reason of an extension takes some words");
  if (!act.ticket || act.ticket.length > MOST_REASON)
    throw new BridgeError("REQUEST_INVALID", `an extension needs a ticket of 1 to ${MOST_REASON} characters`);
  return await extending.check(extensionOf(act));
}

/** How many fields of the policy would be looser: of the file that whoever asks has looked at. */
async function fieldsOf(deps: ActsDeps, { to, bridge }: Stored): Promise<number> {
  const book = await deps.policyBook();
  if (book === undefined || bridge !== "") return 0;
  book.check(to ?? "");
  return book.view().waits.length;
}

async function loosen(deps: ActsDeps, { id, to, confirmedBy, count }: Stored): Promise<number> {
  await (await deps.policyBook())?.confirm(to ?? "", { actor: confirmedBy ?? "", act: id });
  return count;
}

async function extend({ extending }: ActsDeps, act: Stored): Promise<number> {
  const { id, ticket, confirmedBy, confirmedOn, count } = act;
  const actor = confirmedBy ?? "";
  const approved = { ...extensionOf(act), approvedBy: nameOf(actor), on: confirmedOn ?? "" };
  await extending.enter(approved, { actor, act: id, ticket: ticket ?? "" });
  return count;
}

/** Answers to how many it was done. */
async function perform(deps: ActsDeps, act: Stored): Promise<number> {
  const { kind, bridge, asked: before, askedBy: actor, reason } = act;
  if (kind === "extend") return await extend(deps, act);
  if (kind === "loosen-policy") return await loosen(deps, act);
  if (kind === "erase-held") return await deps.journal.eraseHeld({ bridge, before, actor });
  let done = 0;
  const ids: string[] = [];
  for await (const page of letterIds(deps, act)) {
    if (kind === "dismiss") done += await (deps.running() ?? deps.journal).dismiss(page, actor, reason);
    else ids.push(...page.slice(0, MOST_REPLAY - ids.length));
  }
  return kind === "dismiss" ? done : await deps.replay({ ids, actor });
}

/** Open ones of one cause, as they were when it was asked for. */
async function* letterIds(
  { journal, signal }: ActsDeps,
  { bridge, stage, code, asked: before }: Stored,
): AsyncGenerator<readonly string[]> {
  let after: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await journal.dead({ bridge, state: "open", limit: PAGE, ...(after !== undefined && { after }) });
    const own = page.filter(
      (one) => one.created <= before && one.stage === (stage ?? one.stage) && one.code === (code ?? one.code),
    );
    if (own.length > 0) yield own.map(({ id }) => id);
    after = page.at(-1)?.id;
    if (page.length < PAGE || after === undefined) return;
  }
}

async function patiently(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
  await Promise.race([work, waited]);
  clearTimeout(timer);
}

function viewOf(act: Stored): ActView {
  const { to = null, ticket = null, confirmedOn = null } = act;
  const [asked, until] = [act.asked, act.until].map((time) => new Date(time).toISOString()) as [string, string];
  return { ...act, to, ticket, confirmedOn, asked, until };
}
