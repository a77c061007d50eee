// The operations over the journal and the engine of this process.

import { isAbsolute } from "node:path";
import type { AlarmBook } from "../alarms/book.ts";
import { createShownCertificates, type ShownCertificates } from "../alarms/shown-certificates.ts";
import type { ChannelView, RunningOut } from "../alarms/types.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { Log } from "../contract.ts";
import { BridgeError, CODES } from "../errors.ts";
import type { Code } from "../errors.ts";
import type {
  AttachmentRow,
  BackupMade,
  BackupRequest,
  DeadLetter,
  DropRow,
  Journal,
  Spool,
} from "../journal/types.ts";
import { DEFAULT_ZONE, isoIn } from "../lifecycle/dates.ts";
import { endOfTerm } from "../lifecycle/legal-term.ts";
import { lifecycleOutline } from "../lifecycle/outline.ts";
import { NO_PROGRESS } from "../lifecycle/progress.ts";
import { lifecycleRow, worstFirst } from "../lifecycle/state-report.ts";
import type { Policy } from "../lifecycle/policy.ts";
import type { LifecycleWatch } from "../lifecycle/state-watch.ts";
import type { Appliance } from "../pipeline/appliance.ts";
import { reasonInGerman } from "../pipeline/reasons.ts";
import { createAlarmOperations } from "./alarms.ts";
import { bridgeViews, unknownBridge } from "./bridge-views.ts";
import type { RefusedBridge } from "./admission.ts";
import { createAfterSunset } from "./after-sunset.ts";
import { createActs } from "./acts.ts";
import type { Acts } from "./acts.ts";
import { createExtending } from "./extending.ts";
import { dismissAll, letterOf } from "./dismiss.ts";
import { handOver } from "./hand-over.ts";
import { createNotbetrieb } from "./notbetrieb.ts";
import { MOST_PAGE } from "./operations.ts";
import type { AttachmentView, DeadView, DropView, Operations } from "./operations.ts";
import type { PolicyBook } from "./policy-book.ts";
import { createProgressBook, type ProgressBook } from "./progress-book.ts";
import { progressView } from "./progress-view.ts";
import { replayLetters } from "./replay.ts";
import { takeSnapshot } from "../fleet/take-snapshot.ts";
import { createRetiring } from "./retire.ts";
import { readUse, viewFor } from "./retirement.ts";
import { shadowErase, shadowView } from "./shadow-view.ts";
import { createSeenCallers } from "../calls/seen-callers.ts";
import type { SeenCallers } from "../calls/seen-callers.ts";
import { noteSigned } from "./sessions.ts";
import { createTrailOperations } from "./trail.ts";
import { createTokenBook } from "./tokens.ts";
import type { DriftView } from "../reload/drift.ts";
import { createTurns } from "../turns.ts";
import type { TokenBook } from "./tokens.ts";
import { unknownDrop } from "./unknown.ts";

const DEFAULT_PAGE = 100;
export interface LocalDeps {
  readonly journal: Journal;
  readonly publicKey: string;
  /** Of this program. */
  readonly version?: string | undefined;
  bridges(): Promise<readonly LoadedBridge[]>;
  refused(): Promise<readonly RefusedBridge[]>;
  /** As the operator says; absent = none has any. */
  tagsOf?(bridge: string): readonly string[];
  watch(): Promise<LifecycleWatch>;
  policy(): Promise<Policy>;
  /** Absent where the policy is what it is; then nothing of it waits. */
  policyBook?(): Promise<PolicyBook>;
  readonly spool: Pick<Spool, "read">;
  /** The engine where it is running already; undefined in a command that only looks. */
  running(): Appliance | undefined;
  /** The engine, made if need be. */
  appliance(): Promise<Appliance>;
  readonly signal: AbortSignal;
  /** Of the state; absent where there is nothing to secure. */
  backup?(request: BackupRequest): Promise<BackupMade>;
  /** What runs beside what lies on the disk; absent where nobody knows the disk. */
  drift?(bridge: string): Promise<DriftView>;
  /** How what tells people does; absent where nobody is told. */
  channels?(): readonly ChannelView[];
  /** What of the appliance itself runs out; absent = nothing. */
  ownEnds?(): readonly RunningOut[];
  now(): number;
  readonly log?: Log | undefined;
  /** Whether persons are known here (OIDC): then acts of two persons take two (decision 19). */
  readonly persons?: boolean | undefined;
}

export interface LocalOperations extends Operations {
  readonly tokenBook: TokenBook;
  readonly seenCallers: SeenCallers;
  readonly twoPersons: Acts;
  readonly alarmBook: AlarmBook;
  readonly progressBook: ProgressBook;
  readonly shownCertificates: ShownCertificates;
}

export function createLocalOperations(deps: LocalDeps): LocalOperations {
  const { journal } = deps;
  const tokenBook = createTokenBook(journal);
  const inTurn = createTurns();
  const extending = createExtending({ ...deps, inTurn });
  const twoPersons = createActs({
    ...deps,
    extending,
    policyBook: async () => await deps.policyBook?.(),
    async replay({ ids, actor }) {
      const { items } = await replayLetters(deps, { ids, actor, dryRun: false, confirmChanged: true });
      return items.filter(({ outcome }) => outcome === "delivered" || outcome === "skipped").length;
    },
  });
  const notbetrieb = createNotbetrieb({ ...deps, inTurn });
  const seenCallers = createSeenCallers({ journal, now: () => deps.now(), ...given("log", deps.log) });
  const progressBook = createProgressBook(journal);
  const shownCertificates = createShownCertificates({ journal, log: deps.log, now: () => deps.now() });
  const operations: LocalOperations = {
    tokenBook,
    seenCallers,
    twoPersons,
    shownCertificates,
    ...createAlarmOperations(deps, shownCertificates),
    ...createRetiring({ ...deps, seen: seenCallers, inTurn }),
    progressBook,
    bridges: async ({ bridge }) => await bridgeViews(deps, bridge),
    async drops(query) {
      const rows = await journal.drops({
        ...page(query),
        ...given("bridge", query.bridge),
        ...given("state", query.state),
        ...given("newestFirst", query.newestFirst),
      });
      const zones = await zonesOf(deps);
      return rows.map((row) => dropView(row, zones));
    },
    async drop({ id }) {
      const row = await journal.drop(id);
      if (row === undefined) throw unknownDrop();
      return dropView(row, await zonesOf(deps));
    },
    async attachments(query) {
      const filter = { ...page(query), ...given("bridge", query.bridge), ...given("state", query.state) };
      const zones = await zonesOf(deps);
      return (await journal.attachments(filter)).map((row) => attachmentView(row, zones));
    },
    async dead(query) {
      const filter = { ...given("bridge", query.bridge), ...given("drop", query.drop), ...given("state", query.state) };
      return await deadViews(deps, await journal.dead({ ...page(query), ...filter }));
    },
    async deadLetter({ id }) {
      const [view] = await deadViews(deps, [await letterOf(journal, id)]);
      return view as DeadView;
    },
    async deadDetail({ id, actor, ticket }) {
      const letter = await letterOf(journal, id);
      if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "a look at values needs a ticket");
      const facts = { letter: id, ticket };
      await journal.audit({
        at: deps.now(),
        event: "dead.viewed",
        bridge: letter.bridge,
        drop: letter.drop,
        actor,
        facts,
      });
      return (await journal.deadDetail(id, actor)) ?? null;
    },
    replay: async (request, onProgress) =>
      await replayLetters(deps, { ...request, alone: deps.persons === true }, onProgress),
    async takeAgain({ id, actor }) {
      const again = await (await deps.appliance()).takeAgain(id, actor);
      return dropView(again, await zonesOf(deps));
    },
    dismiss: async (request) => await dismissAll(deps, request),
    pause: async ({ bridge, actor, ticket }) => await setPaused(deps, bridge, true, actor, ticket),
    resume: async ({ bridge, actor, ticket }) => await setPaused(deps, bridge, false, actor, ticket),
    async handOver(request) {
      if (deps.persons === true && !(await twoPersons.handOverAllowed(request.bridge)))
        throw new BridgeError("APPROVAL_NEEDED", "handing payload over is an act of two persons here", {
          hint: `Ask for it in the dashboard under /notbetrieb/${request.bridge}; it holds for three days once confirmed.`,
        });
      const result = await handOver(deps, request);
      if (deps.persons === true && !result.more) await twoPersons.handedOver(request.bridge, result.items.length);
      return result;
    },
    notbetrieb: async (request) => await notbetrieb.open(request),
    notbetriebConfirm: async (request) => await notbetrieb.confirm(request),
    notbetriebEnd: async (request) => await notbetrieb.end(request),
    afterSunset: createAfterSunset(deps),
    extension: async (query) => await extending.view(query),
    policy: async () => (await deps.policyBook?.())?.view() ?? { hash: (await deps.policy()).hash, waits: [] },
    acts: async () => await twoPersons.list(),
    askForAct: async (request) => await twoPersons.ask(request),
    confirmAct: async (request) => await twoPersons.confirm(request),
    withdrawAct: async (request) => await twoPersons.withdraw(request),
    async lifecycle() {
      const watch = await deps.watch();
      const [use, book, lasts] = await Promise.all([
        readUse(journal, seenCallers),
        progressBook.all(),
        seenCallers.lasts(),
      ]);
      const bridges = await deps.bridges();
      const now = watch.now();
      const rows = bridges.map((bridge) => {
        const { name } = bridge;
        const standing = watch.standing(bridge, now);
        const measured = { progress: book.get(name) ?? NO_PROGRESS, lasts: lasts.get(name) ?? [] };
        const row = lifecycleRow(bridge, standing, use.sums.get(name)?.held ?? 0, now, measured);
        return { ...row, retirement: viewFor(bridge, standing.state, use, now) };
      });
      return { rows: worstFirst(rows), alarm: watch.alarm ?? null, now: new Date(now).toISOString() };
    },
    async outlines() {
      const watch = await deps.watch();
      const bridges = (await deps.bridges()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const now = watch.now();
      const outlines = await Promise.all(
        bridges.map(async (bridge) =>
          lifecycleOutline(bridge, watch.standing(bridge, now), await shownCertificates.of(bridge)),
        ),
      );
      return { bridges: outlines, now: new Date(now).toISOString() };
    },
    confirmClock: async ({ actor }) => await (await deps.watch()).confirmClock(actor),
    signed: async (request) => await noteSigned(journal, request, deps.now()),
    ...createTrailOperations({ journal, publicKey: deps.publicKey, now: () => deps.now() }),
    async backup({ target, payload, actor }, onProgress) {
      const { version = "", signal } = deps;
      if (deps.backup === undefined || !isAbsolute(target))
        throw new BridgeError("REQUEST_INVALID", "a backup needs a state and an absolute path");
      const share = (done: number): void => onProgress?.(Math.floor(done * 1_000));
      return await deps.backup({ target, payload, actor, version, signal, onProgress: share });
    },
    tokens: async () => await tokenBook.list(),
    tokenNew: async (request) => await tokenBook.create({ ...request, now: deps.now() }),
    tokenRevoke: async ({ name, actor }) => await tokenBook.revoke({ name, actor, now: deps.now() }),
    callers: async (query) => await seenCallers.list({ ...query, ...page(query) }),
    snapshot: async (query) => await takeSnapshot(deps, operations, query),
    shadow: async ({ bridge }) => await shadowView(deps, bridge),
    shadowErase: async (request) => await shadowErase(deps, request),
    async drift({ bridge }) {
      const known = [...(await deps.bridges()), ...(await deps.refused())].map((one) =>
        "name" in one ? one.name : one.bridge,
      );
      if (deps.drift === undefined || !known.includes(bridge)) throw unknownBridge(bridge, known);
      return await deps.drift(bridge);
    },
    progress: async ({ bridge }) => await progressView(deps, progressBook, bridge),
  };
  return operations;
}

/** exactOptionalPropertyTypes: a key that is not given is not there. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function page(query: { readonly after?: string | undefined; readonly limit?: number | undefined }) {
  const limit = Math.max(1, Math.min(query.limit ?? DEFAULT_PAGE, MOST_PAGE));
  return { limit, ...given("after", query.after) };
}

/** The same entry that the engine writes, so that a bridge can be paused before it starts. */
async function setPaused(
  deps: LocalDeps,
  bridge: string,
  paused: boolean,
  actor: string,
  ticket: string,
): Promise<void> {
  const known = (await deps.bridges()).map(({ name }) => name);
  if (!known.includes(bridge)) throw unknownBridge(bridge, known);
  if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "pausing and resuming need a ticket");
  const running = deps.running();
  if (running !== undefined) {
    await (paused ? running.pause(bridge, actor, ticket) : running.resume(bridge, actor, ticket));
    return;
  }
  const event = paused ? "bridge.paused" : "bridge.resumed";
  await deps.journal.set(`paused/${bridge}`, paused, {
    at: deps.now(),
    event,
    bridge,
    drop: undefined,
    actor,
    facts: { ticket },
  });
}

type Zones = ReadonlyMap<string, string>;

async function zonesOf(deps: LocalDeps): Promise<Zones> {
  return new Map((await deps.bridges()).map((bridge) => [bridge.name, bridge.timezone]));
}

function dropView(row: DropRow, zones: Zones): DropView {
  const zone = zones.get(row.bridge) ?? DEFAULT_ZONE;
  const known = row.complete || row.state === "duplicate";
  return {
    id: row.id,
    bridge: row.bridge,
    name: row.name,
    size: row.size,
    sha256: row.sha256,
    state: row.state,
    records: known ? row.records : null,
    delivered: row.delivered,
    skipped: row.skipped,
    dead: row.dead,
    pending: known ? row.records - row.delivered - row.skipped - row.dead : null,
    received: isoIn(row.received, zone),
    finished: row.finished === undefined ? null : isoIn(row.finished, zone),
    duplicateOf: row.duplicateOf ?? null,
    trouble: row.trouble ?? null,
    settled: row.settled,
    answered: row.answered,
    payload: row.payload,
  };
}

function attachmentView(row: AttachmentRow, zones: Zones): AttachmentView {
  const { id, bridge, name, size, sha256, mediaType, state, messages, duplicateOf, settled, payload } = row;
  const received = isoIn(row.received, zones.get(bridge) ?? DEFAULT_ZONE);
  const duplicate = duplicateOf ?? null;
  return {
    id,
    bridge,
    name,
    size,
    sha256,
    mediaType,
    state,
    messages,
    received,
    duplicateOf: duplicate,
    settled,
    payload,
  };
}

async function deadViews(deps: LocalDeps, letters: readonly DeadLetter[]): Promise<readonly DeadView[]> {
  const bridges = new Map((await deps.bridges()).map((bridge) => [bridge.name, bridge]));
  const drops = new Map<string, { readonly name: string; readonly due: string | null }>();
  for (const { drop, bridge } of letters) {
    if (!drops.has(drop)) drops.set(drop, nameAndTerm(await deps.journal.drop(drop), bridges.get(bridge)));
  }
  return letters.map((letter) => {
    const bridge = bridges.get(letter.bridge);
    const zone = bridge?.timezone ?? DEFAULT_ZONE;
    const drop = drops.get(letter.drop);
    return {
      id: letter.id,
      bridge: letter.bridge,
      drop: letter.drop,
      dropName: drop?.name ?? "",
      record: letter.first,
      last: letter.last,
      line: letter.line,
      stage: letter.stage,
      code: letter.code,
      message: letter.message,
      reason: Object.hasOwn(CODES, letter.code) ? reasonInGerman(letter) : letter.code,
      hint: hintOf(letter.code),
      attempts: letter.attempts,
      state: letter.state,
      created: isoIn(letter.created, zone),
      due: drop?.due ?? null,
      erased:
        letter.state === "open" && bridge !== undefined ? isoIn(letter.created + bridge.retention.dead, zone) : null,
      closedBy: letter.closedBy ?? null,
      closedReason: letter.closedReason ?? null,
    };
  });
}

/** What all dead letters of a drop share. */
function nameAndTerm(drop: DropRow | undefined, bridge: LoadedBridge | undefined) {
  if (!drop || !bridge?.deadline) return { name: drop?.name ?? "", due: null };
  const { deadline, timezone } = bridge;
  return { name: drop.name, due: isoIn(endOfTerm(deadline, drop.received, timezone), timezone) };
}

/** A journal of an older version may hold codes that are gone. */
function hintOf(code: string): string {
  return Object.hasOwn(CODES, code) ? CODES[code as Code].hint : "";
}
