// The journal as the engine sees it: every method is a call to the thread. Long lists are fetched in pages, so that reading
// many rows never keeps a commit waiting for long.

import type { Client } from "./client.ts";
import { checkDropId } from "./ids.ts";
import type { SpoolStore } from "./spool.ts";
import type { OutputOf } from "./store/operations.ts";
import { verifyFrom } from "./store/trail.ts";
import type { AuditEntry, Journal, KeptAnswer, Lying, NewDrop } from "./types.ts";

const PAGE = 500;
const DEFAULT_LIMIT = 1_000;
const MOST_LIMIT = 100_000;
const VERIFY_AT_ONCE = 2_000;

/** Gathers pages until `limit` rows are there or a page is not full. */
async function paged<T, K>(
  limit: number,
  first: K,
  keyOf: (row: T) => K,
  fetch: (after: K, limit: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const rows: T[] = [];
  let after = first;
  while (rows.length < limit) {
    const wanted = Math.min(PAGE, limit - rows.length);
    const page = await fetch(after, wanted);
    rows.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < wanted) break;
    after = keyOf(last);
  }
  return rows;
}

function limitOf(limit: number | undefined): number {
  return Math.max(0, Math.min(MOST_LIMIT, Math.trunc(limit ?? DEFAULT_LIMIT)));
}

type Receiving = Pick<Journal, "take" | "knownHints" | "settled" | "unsettled">;
type Attaching = Pick<
  Journal,
  | "takeAttachment"
  | "attachmentSettled"
  | "attachmentHints"
  | "unsettledAttachments"
  | "attachments"
  | "join"
  | "joined"
  | "unassign"
>;
type Calling = Pick<Journal, "call" | "callByKey" | "callAnswer" | "callOfDrop" | "calledBack">;
type Working = Pick<
  Journal,
  | "open"
  | "drop"
  | "drops"
  | "arrivals"
  | "progress"
  | "pin"
  | "commit"
  | "trouble"
  | "answered"
  | "arrivalTold"
  | "unanswered"
  | "release"
  | "handOver"
  | "handedOver"
  | "giveUp"
  | "batchNumber"
  | "claim"
>;
type Clearing = Pick<Journal, "dead" | "deadLetter" | "deadDetail" | "replayed" | "dismiss">;
type Documents = Pick<Journal, "get" | "set" | "entries" | "keepVersion" | "version">;
type Auditing = Pick<
  Journal,
  "audit" | "auditEntries" | "auditVerify" | "auditCheckpoint" | "auditHead" | "signDocument" | "eraseActor"
>;
type Upkeep = Pick<Journal, "eraseHeld" | "purge" | "uses" | "tally" | "sums" | "close">;

/** All that lies at the source of a bridge, or may. */
function lying(
  client: Client,
  which: "unsettled" | "knownHints" | "unsettledAttachments" | "attachmentHints",
  bridge: string,
): Promise<readonly Lying[]> {
  return paged(
    Number.POSITIVE_INFINITY,
    "",
    (row) => row.drop,
    (after, limit) => client.call(which, { bridge, after, limit }),
  );
}

async function hints(client: Client, which: "knownHints" | "attachmentHints", bridge: string): Promise<Set<string>> {
  const rows = await lying(client, which, bridge);
  return new Set(rows.map((row) => row.hint).filter((hint) => hint !== ""));
}

interface Entry {
  readonly key: Uint8Array | undefined;
  readonly payload: Uint8Array<ArrayBuffer> | undefined;
}

/** What the spool holds comes into the journal: its key, and its bytes where they lie there; what nobody wants leaves the spool again. */
async function enter<T>(
  spool: SpoolStore,
  file: Pick<NewDrop, "id" | "bridge" | "size" | "inline">,
  payload: Uint8Array | undefined,
  call: (entry: Entry, transfer: ArrayBuffer[]) => Promise<{ readonly result: T; readonly unwanted: boolean }>,
): Promise<T> {
  checkDropId(file.id);
  // A copy of exact size: a view of a pooled buffer would send the whole pool.
  const bytes = payload === undefined ? undefined : new Uint8Array(payload);
  const key = spool.pendingKey(file.id);
  const { result, unwanted } = await call({ key, payload: bytes }, bytes === undefined ? [] : [bytes.buffer]);
  spool.entered(file.id, file.bridge, unwanted ? 0 : file.size);
  if (unwanted && !file.inline) await spool.remove([file.id]);
  return result;
}

function receiving(client: Client, spool: SpoolStore): Receiving {
  return {
    take: (drop, payload) =>
      enter(spool, drop, payload, (entry, transfer) => client.call("take", { drop, ...entry }, transfer)),
    knownHints: (bridge) => hints(client, "knownHints", bridge),
    settled: (drop, stays = false) => client.call("settled", { drop, stays }),
    unsettled: (bridge) => lying(client, "unsettled", bridge),
  };
}

function attaching(client: Client, spool: SpoolStore): Attaching {
  return {
    takeAttachment: (attachment, payload) =>
      enter(spool, attachment, payload, (entry, transfer) =>
        client.call("takeAttachment", { attachment, ...entry }, transfer),
      ),
    attachmentSettled: (attachment, stays = false) => client.call("attachmentSettled", { attachment, stays }),
    attachmentHints: (bridge) => hints(client, "attachmentHints", bridge),
    unsettledAttachments: (bridge) => lying(client, "unsettledAttachments", bridge),
    attachments: (filter) =>
      paged(
        limitOf(filter.limit),
        filter.after,
        (row): string | undefined => row.id,
        (after, limit) =>
          client.call("listAttachments", { ...filter, ...(after === undefined ? {} : { after }), limit }),
      ),
    join: (drop, joins) => client.call("join", { drop, joins }),
    joined: (drop, first, last) => client.call("joined", { drop, first, last }),
    unassign: (attachments) => client.call("unassign", attachments),
  };
}

function calling(client: Client): Calling {
  return {
    call: (filter) => client.call("call", filter),
    callByKey: (key) => client.call("callByKey", key),
    callAnswer: (drop) => client.call("callAnswer", drop),
    callOfDrop: (drop) => client.call("callOfDrop", drop),
    calledBack: (which) => client.call("calledBack", which),
  };
}

/** A copy of exact size, as for payloads. */
function exact<T extends { readonly answer?: KeptAnswer | undefined }>(step: T): T {
  return step.answer ? { ...step, answer: { ...step.answer, bytes: new Uint8Array(step.answer.bytes) } } : step;
}

function working(client: Client, spool: SpoolStore): Working {
  return {
    open: (bridge, page) =>
      paged(
        page?.limit ?? Number.POSITIVE_INFINITY,
        page?.after ?? "",
        (row) => row.id,
        (after, limit) => client.call("open", { bridge, after, limit }),
      ),
    unanswered: (bridge) =>
      paged(
        Number.POSITIVE_INFINITY,
        "",
        (row) => row.id,
        (after, limit) => client.call("unanswered", { bridge, after, limit }),
      ),
    drop: (id) => client.call("drop", id),
    drops: (filter) =>
      paged(
        limitOf(filter.limit),
        filter.after,
        (row): string | undefined => row.id,
        (after, limit) => client.call("listDrops", { ...filter, ...(after === undefined ? {} : { after }), limit }),
      ),
    arrivals: (bridge, from, to) => client.call("arrivals", { bridge, from, to }),
    progress: (drop) => client.call("progress", drop),
    pin: (drop, pinned) => client.call("pin", { drop, pinned }),
    async commit(step) {
      const grown = await client.call("commit", exact(step));
      if (grown) spool.released(grown.bridge, -grown.bytes);
    },
    trouble: (drop, code) => client.call("trouble", { drop, code }),
    answered: (drop, as) => client.call("answered", { drop, as }),
    arrivalTold: (drop) => client.call("arrivalTold", drop),
    release: (drop, actor) => client.call("release", { drop, actor }),
    handOver: (what) => client.call("handOver", what),
    giveUp: (what) => client.call("giveUp", what),
    handedOver: (what) => client.call("handedOver", what),
    batchNumber: (bridge, date, key) => client.call("batchNumber", { bridge, date, key }),
    claim: (what) => client.call("claim", what),
  };
}

function clearing(client: Client, spool: SpoolStore): Clearing {
  return {
    dead: (filter) =>
      paged(
        limitOf(filter.limit),
        filter.after,
        (row): string | undefined => row.id,
        (after, limit) => client.call("listDead", { ...filter, ...(after === undefined ? {} : { after }), limit }),
      ),
    deadLetter: (id) => client.call("deadLetter", id),
    deadDetail: (id, actor) => client.call("deadDetail", { id, actor }),
    async replayed(outcomes, actor) {
      const grown = await client.call("replayed", { outcomes: outcomes.map(exact), actor });
      for (const { bridge, bytes } of grown) spool.released(bridge, -bytes);
    },
    dismiss: (ids, actor, reason) => client.call("dismiss", { ids, actor, reason }),
  };
}

function documents(client: Client): Documents {
  return {
    async get<T>(key: string) {
      const text = await client.call("entry", key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    set(key: string, value: unknown, audit?: AuditEntry) {
      const text = value === undefined ? undefined : JSON.stringify(value);
      return client.call("setEntry", { key, value: text, audit });
    },
    async entries<T>(prefix: string) {
      const rows = await client.call("entriesOf", prefix);
      return new Map(rows.map(([key, text]) => [key, JSON.parse(text) as T] as const));
    },
    keepVersion(hash, files) {
      // Exact copies, as for payloads.
      const copies = new Map([...files].map(([name, content]) => [name, new Uint8Array(content)] as const));
      return client.call("keepVersion", { hash, files: copies });
    },
    version: (hash) => client.call("version", hash),
  };
}

function auditing(client: Client): Auditing {
  return {
    audit: (entry) => client.call("audit", entry),
    auditEntries: ({ after, limit, bridge, newestFirst = false }) =>
      paged(
        limitOf(limit),
        after ?? (newestFirst ? Number.MAX_SAFE_INTEGER : 0),
        (row) => row.seq,
        (from, count) => client.call("auditEntries", { after: from, limit: count, bridge, newestFirst }),
      ),
    async auditVerify(against) {
      let state = verifyFrom(client.publicKey);
      while (!state.done) state = await client.call("verifyAudit", { from: state, limit: VERIFY_AT_ONCE, against });
      return { entries: state.head.seq, head: state.head.hash, broken: state.broken };
    },
    auditCheckpoint: () => client.call("checkpoint", undefined),
    auditHead: (seqs) => client.call("auditHead", seqs),
    signDocument: (text) => client.call("signDocument", text),
    async eraseActor(actor) {
      const erased = await client.call("erasePseudonym", actor);
      // The name was sealed by a key that stays, so no copy of the row may stay in the WAL.
      if (erased) await client.truncateWal();
      return erased;
    },
  };
}

function upkeep(client: Client, spool: SpoolStore): Upkeep {
  return {
    async eraseHeld(what) {
      let drops = 0;
      let from: OutputOf<"eraseHeld">["next"];
      for (let more = true; more;) {
        const step = await client.call("eraseHeld", { ...what, from });
        spool.released(what.bridge, step.bytes);
        await spool.remove(step.files);
        drops += step.drops;
        ({ more, next: from } = step);
      }
      await shrinkAll(client);
      return drops;
    },
    async purge(now, retention) {
      let drops = 0;
      let expired = 0;
      let bytes = 0;
      const attachments: string[] = [];
      for (const bridge of await client.call("bridgesWithPayload", undefined)) {
        const { payload, dead, held } = retention(bridge);
        let from: OutputOf<"purgeBridge">["next"];
        for (let more = true; more;) {
          const step = await client.call("purgeBridge", { bridge, at: now, retention: { payload, dead, held }, from });
          spool.released(bridge, step.bytes);
          await spool.remove(step.files);
          drops += step.drops;
          expired += step.expired;
          bytes += step.bytes;
          attachments.push(...step.attachments);
          ({ more, next: from } = step);
        }
      }
      await client.call("prune", undefined);
      if (drops + attachments.length > 0) await shrinkAll(client);
      return { drops, expired, bytes, ...(attachments.length > 0 && { attachments }) };
    },
    uses: () => client.call("uses", undefined),
    tally: (bridge) => client.call("tally", bridge),
    sums: () => client.call("sums", undefined),
    close: () => client.close(),
  };
}

/** What was erased is nowhere on the disk either. */
async function shrinkAll(client: Client): Promise<void> {
  for (let more = true; more;) more = await client.call("shrink", undefined);
  await client.truncateWal();
}

export function createJournal(client: Client, spool: SpoolStore): Journal {
  return {
    ...receiving(client, spool),
    ...attaching(client, spool),
    ...calling(client),
    ...working(client, spool),
    ...clearing(client, spool),
    ...documents(client),
    ...auditing(client),
    ...upkeep(client, spool),
  };
}
