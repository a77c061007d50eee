// The operations as somebody has them whose role is for a part of the bridges. Bridges of others are not there: they are in no list, and
// whoever names one hears what is said of a name that nobody has. What somebody sees by one role and may not do by another is refused.
//
// Which operation is about what is written out, so that a new one does not compile until somebody has decided it.

import type { SeenCaller } from "../calls/seen-callers.ts";
import { BridgeError } from "../errors.ts";
import { unknownBridge } from "./bridge-views.ts";
import { MOST_PAGE } from "./operations.ts";
import type { AttachmentView, AuditView, DeadView, DropView, Operations } from "./operations.ts";
import { isGranted, READERS, type Grant, type Role, type TagsOf } from "./roles.ts";
import { unknownAct, unknownAlarm, unknownCertificate, unknownDrop, unknownLetter } from "./unknown.ts";

export interface Reach {
  readonly grants: readonly Grant[];
  /** Of what is asked for: one of them is needed. */
  readonly roles: readonly Role[];
  readonly tagsOf: TagsOf;
}

const DEFAULT_PAGE = 100;
/** The appliance keeps no more callers than these pages hold. */
const MOST_PAGES = 10;

interface About {
  readonly bridge: string;
}

/** All of them for whoever has one of the roles for all bridges. */
export function scopedOperations(operations: Operations, reach: Reach): Operations {
  const { grants, roles, tagsOf } = reach;
  if (isGranted(grants, roles, undefined)) return operations;
  const may = (bridge: string): boolean => isGranted(grants, roles, tagsOf(bridge));
  const isOurs = ({ bridge }: { readonly bridge: string | null }): boolean => bridge === null || may(bridge);
  const part = partOf(operations, reach, may);
  const { about, list, merged, whole } = part;
  return {
    bridges: async (query) =>
      query.bridge === undefined
        ? list(await operations.bridges(query))
        : await about(query.bridge, async () => await operations.bridges(query)),
    drops: async (query) =>
      await merged<DropView>(
        query,
        query.newestFirst === true ? descending(byId) : byId,
        async (bridge) => await operations.drops({ ...query, bridge }),
      ),
    drop: async (query) => part.own(await operations.drop(query), unknownDrop),
    attachments: async (query) =>
      await merged<AttachmentView>(query, byId, async (bridge) => await operations.attachments({ ...query, bridge })),
    dead: async (query) =>
      await merged<DeadView>(query, byRecord, async (bridge) => await operations.dead({ ...query, bridge })),
    deadLetter: async (query) => part.own(await operations.deadLetter(query), unknownLetter),
    async deadDetail(query) {
      await part.letters([query.id]);
      return await operations.deadDetail(query);
    },
    async replay(request, onProgress) {
      await part.letters(request.ids);
      return await operations.replay(request, onProgress);
    },
    async takeAgain(request) {
      part.own(await operations.drop(request), unknownDrop);
      return await operations.takeAgain(request);
    },
    async dismiss(request) {
      await part.letters(request.ids);
      return await operations.dismiss(request);
    },
    pause: async (request) => await about(request.bridge, async () => await operations.pause(request)),
    resume: async (request) => await about(request.bridge, async () => await operations.resume(request)),
    handOver: async (request) => await about(request.bridge, async () => await operations.handOver(request)),
    notbetrieb: async (request) => await about(request.bridge, async () => await operations.notbetrieb(request)),
    notbetriebConfirm: async (request) =>
      await about(request.bridge, async () => await operations.notbetriebConfirm(request)),
    notbetriebEnd: async (request) => await about(request.bridge, async () => await operations.notbetriebEnd(request)),
    drift: async (query) => await about(query.bridge, async () => await operations.drift(query)),
    afterSunset: async (query) => await about(query.bridge, async () => await operations.afterSunset(query)),
    extension: async (query) => await about(query.bridge, async () => await operations.extension(query)),
    acts: async (query) => list(await operations.acts(query)),
    async askForAct(request) {
      if (request.kind !== "loosen-policy")
        return await about(request.bridge, async () => await operations.askForAct(request));
      whole();
      return await operations.askForAct(request);
    },
    async policy(query) {
      whole();
      return await operations.policy(query);
    },
    async confirmAct(request) {
      await part.act(request.id);
      return await operations.confirmAct(request);
    },
    async withdrawAct(request) {
      await part.act(request.id);
      return await operations.withdrawAct(request);
    },
    retire: async (request) => await about(request.bridge, async () => await operations.retire(request)),
    async certificates(query) {
      const all = await operations.certificates(query);
      return { ...all, items: list(all.items) };
    },
    async certificate(query) {
      if (!(await part.names()).includes(query.bridge)) throw unknownCertificate();
      return await about(query.bridge, async () => await operations.certificate(query));
    },
    report: async (query) => await about(query.bridge, async () => await operations.report(query)),
    async lifecycle(query) {
      const all = await operations.lifecycle(query);
      return { ...all, rows: list(all.rows) };
    },
    async outlines(query) {
      const all = await operations.outlines(query);
      return { ...all, bridges: list(all.bridges) };
    },
    confirmClock: async (request) => {
      whole();
      await operations.confirmClock(request);
    },
    async alarms(query) {
      const all = await operations.alarms(query);
      return { ...all, alarms: all.alarms.filter(isOurs), runningOut: all.runningOut.filter(isOurs) };
    },
    async takeOver(request) {
      const alarm = (await operations.alarms({})).alarms.find(({ key }) => key === request.key);
      if (alarm === undefined) throw unknownAlarm();
      if (alarm.bridge === null) whole();
      else part.own({ bridge: alarm.bridge }, unknownAlarm);
      return await operations.takeOver(request);
    },
    signed: async (request) => await operations.signed(request),
    audit: async (query) =>
      await merged<AuditView & About>(
        query,
        query.newestFirst === true ? descending(bySeq) : bySeq,
        async (bridge) => await entriesOf(operations, { ...query, bridge }),
      ),
    async auditVerify(query) {
      whole();
      return await operations.auditVerify(query);
    },
    async backup(request, onProgress) {
      whole();
      return await operations.backup(request, onProgress);
    },
    async auditCheckpoint(request) {
      whole();
      return await operations.auditCheckpoint(request);
    },
    async tokens(query) {
      whole();
      return await operations.tokens(query);
    },
    async tokenNew(request) {
      whole();
      return await operations.tokenNew(request);
    },
    async tokenRevoke(request) {
      whole();
      await operations.tokenRevoke(request);
    },
    async snapshot(query) {
      whole();
      return await operations.snapshot(query);
    },
    callers: async (query) => await callersOf(operations, query, may),
    progress: async (query) => await about(query.bridge, async () => await operations.progress(query)),
    shadow: async (query) => await about(query.bridge, async () => await operations.shadow(query)),
    shadowErase: async (request) => await about(request.bridge, async () => await operations.shadowErase(request)),
  };
}

/** Refuses what is about all bridges at once. FORBIDDEN */
export function requireWhole(grants: readonly Grant[], roles: readonly Role[]): void {
  if (isGranted(grants, roles, undefined)) return;
  throw new BridgeError("FORBIDDEN", `this is about the whole appliance; it takes ${roles.join(" or ")} without tags`, {
    hint: "A role with tags is for the bridges that they cover.",
  });
}

function partOf(operations: Operations, { grants, roles, tagsOf }: Reach, may: (bridge: string) => boolean) {
  const sees = (bridge: string): boolean => isGranted(grants, READERS, tagsOf(bridge));
  let known: Promise<readonly string[]> | undefined;

  /** Of bridges that are there, or were until they were retired. */
  async function read(): Promise<readonly string[]> {
    const [bridges, { items }] = await Promise.all([operations.bridges({}), operations.certificates({})]);
    return [...new Set([...bridges, ...items].map(({ bridge }) => bridge))].filter(sees).toSorted();
  }
  const names = async (): Promise<readonly string[]> => await (known ??= read());

  /** What is seen by another role is no secret: that it is refused is said. */
  function allow(bridge: string): void {
    if (may(bridge)) return;
    throw new BridgeError("FORBIDDEN", `the role ${roles.join(" or ")} is not yours for the bridge ${bridge}`, {
      hint: "You see it by another role.",
    });
  }

  function own<T extends About>(one: T, unknown: () => BridgeError): T {
    if (!sees(one.bridge)) throw unknown();
    allow(one.bridge);
    return one;
  }

  function list<T extends About>(all: readonly T[]): readonly T[] {
    return all.filter(({ bridge }) => may(bridge));
  }

  async function about<T>(bridge: string, run: () => Promise<T>): Promise<T> {
    const mine = await names();
    if (!mine.includes(bridge)) throw unknownBridge(bridge, mine);
    allow(bridge);
    try {
      return await run();
    } catch (cause) {
      if (!(cause instanceof BridgeError) || cause.code !== "BRIDGE_UNKNOWN") throw cause;
      // What it says of near names is for those who see all of them.
      const others = mine.filter((name) => name !== bridge);
      throw unknownBridge(bridge, others);
    }
  }

  /** A page over the own bridges, as one over all of them would be. */
  async function merged<T extends About>(
    { bridge, limit = DEFAULT_PAGE }: { readonly bridge?: string | undefined; readonly limit?: number | undefined },
    order: (a: T, b: T) => number,
    ask: (bridge: string) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const most = Math.max(1, Math.min(limit, MOST_PAGE));
    const asked = bridge === undefined ? await names() : [bridge];
    let kept: readonly T[] = [];
    for (const name of asked.filter(may)) kept = [...kept, ...(await ask(name))].toSorted(order).slice(0, most);
    return list(kept);
  }

  async function letters(ids: readonly string[]): Promise<void> {
    for (const id of ids) own(await operations.deadLetter({ id }), unknownLetter);
  }

  async function act(id: string): Promise<void> {
    const found = (await operations.acts({})).find((one) => one.id === id);
    if (found === undefined) throw unknownAct();
    own(found, unknownAct);
  }

  const whole = (): void => requireWhole(grants, roles);
  return { names, own, whole, list, about, merged, letters, act };
}

type Listed = { readonly id: string };
type Lettered = { readonly drop: string; readonly record: number };
type Entered = { readonly seq: number };

const byId = (a: Listed, b: Listed): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const byRecord = (a: Lettered, b: Lettered): number =>
  a.drop < b.drop ? -1 : a.drop > b.drop ? 1 : a.record - b.record;
const bySeq = (a: Entered, b: Entered): number => a.seq - b.seq;

function descending<T>(order: (a: T, b: T) => number): (a: T, b: T) => number {
  return (a, b) => order(b, a);
}

/** An entry without a bridge is the appliance's, and no part of what one role is for. */
async function entriesOf(operations: Operations, query: Parameters<Operations["audit"]>[0] & About) {
  const entries = await operations.audit(query);
  return entries.flatMap((entry) => (entry.bridge === undefined ? [] : [{ ...entry, bridge: entry.bridge }]));
}

/** Callers of the own bridges, with their figures of those alone. */
async function callersOf(
  operations: Operations,
  query: Parameters<Operations["callers"]>[0],
  may: (bridge: string) => boolean,
): Promise<readonly SeenCaller[]> {
  const most = Math.max(1, Math.min(query.limit ?? DEFAULT_PAGE, MOST_PAGE));
  const found: SeenCaller[] = [];
  if (query.bridge !== undefined && !may(query.bridge)) return found;
  let { after } = query;
  for (let page = 0; page < MOST_PAGES && found.length < most; page++) {
    const callers = await operations.callers({ ...query, after, limit: MOST_PAGE });
    for (const caller of callers) found.push(...callerWithin(caller, may));
    after = callers.at(-1)?.id;
    if (callers.length < MOST_PAGE) break;
  }
  return found.slice(0, most);
}

function callerWithin(caller: SeenCaller, may: (bridge: string) => boolean): readonly SeenCaller[] {
  const bridges = caller.bridges.filter(({ bridge }) => may(bridge));
  const [head, ...others] = bridges;
  if (head === undefined) return [];
  return [
    {
      ...caller,
      bridges,
      first: others.reduce((first, one) => (one.first < first ? one.first : first), head.first),
      last: others.reduce((last, one) => (one.last > last ? one.last : last), head.last),
      calls: bridges.reduce((sum, { calls }) => sum + calls, 0),
    },
  ];
}
