// All operations of the thread by name. Writes share transactions with their neighbours; reads run between them.

import {
  attachmentHints,
  attachmentSettled,
  join,
  joined,
  listAttachments,
  takeAttachment,
  unassign,
  unsettledAttachments,
} from "./attachments.ts";
import { arrivals } from "./arrivals.ts";
import { audit, auditEntries, auditHead, checkpoint, erasePseudonym, signDocument, verifyAudit } from "./audit.ts";
import { call, callAnswer, callByKey, callOfDrop } from "./calls.ts";
import { batchNumber, entriesOf, entry, keepVersion, setEntry, version } from "./bridges.ts";
import { deadDetail, deadLetter, dismiss, listDead, replayed } from "./letters.ts";
import { claim } from "./once.ts";
import { bridgesWithPayload, eraseHeld, prune, purgeBridge, shrink } from "./purge.ts";
import { keepsFile, keptFiles, knownHints, payload, settled, take, unsettled } from "./receive.ts";
import type { Store } from "./store.ts";
import { readSums } from "./sums.ts";
import { tally, uses } from "./uses.ts";
import {
  answered,
  arrivalTold,
  calledBack,
  commit,
  drop,
  giveUp,
  handedOver,
  handOver,
  listDrops,
  open,
  pin,
  progress,
  release,
  trouble,
  unanswered,
} from "./work.ts";

export const WRITES = {
  take,
  settled,
  takeAttachment,
  attachmentSettled,
  join,
  unassign,
  pin,
  commit,
  trouble,
  answered,
  arrivalTold,
  calledBack,
  release,
  handOver,
  handedOver,
  giveUp,
  batchNumber,
  claim,
  replayed,
  dismiss,
  setEntry,
  keepVersion,
  audit,
  checkpoint,
  erasePseudonym,
  purgeBridge,
  eraseHeld,
  prune,
  shrink,
  /** Writes its own entry where a person looks. */
  deadDetail,
} as const;

export const READS = {
  knownHints,
  unsettled,
  attachmentHints,
  unsettledAttachments,
  listAttachments,
  joined,
  call,
  callByKey,
  callAnswer,
  callOfDrop,
  payload,
  keepsFile,
  keptFiles,
  open,
  unanswered,
  drop,
  listDrops,
  arrivals,
  progress,
  listDead,
  deadLetter,
  entry,
  entriesOf,
  version,
  auditEntries,
  verifyAudit,
  auditHead,
  signDocument,
  uses,
  tally,
  bridgesWithPayload,
  sums: (store: Store) => readSums(store.db),
  lastDropId: (store: Store) => {
    const row = store
      .sql("SELECT max(id) AS id FROM (SELECT max(id) AS id FROM drops UNION ALL SELECT max(id) FROM attachments)")
      .get() as { id: string | null };
    return row.id ?? undefined;
  },
} as const;

export type Operations = typeof WRITES & typeof READS;
export type OperationName = keyof Operations;
export type InputOf<K extends OperationName> = Parameters<Operations[K]> extends [Store, infer I] ? I : undefined;
export type OutputOf<K extends OperationName> = ReturnType<Operations[K]>;
