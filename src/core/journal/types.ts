// What the engine asks of its memory. The journal is SQLite on a thread of its own (one writer, group commit); the spool
// is encrypted files beside it. Every promise resolves only when the fact is durable (WAL, synchronous=FULL).

import type { BridgeError, Code, Stage } from "../errors.ts";
import type { Arrivals } from "../lifecycle/expected.ts";
import type {
  AttachmentFile,
  AttachmentFilter,
  AttachmentRow,
  AttachmentTaken,
  Join,
  Joined,
  NewAttachment,
} from "./attachment-types.ts";
import type { BackupMade, BackupRequest } from "./backup/types.ts";
import type { BridgeTally, BridgeUse } from "./use-types.ts";
import type { AcceptedCall, CalledBack, CallFilter, CallKey, KeptAnswer, KnownCall, NewCall } from "./call-types.ts";

export type DropState =
  /** Durable, work to do. */
  | "open"
  /** Every record has its outcome. The receipt may still be due (`answered`). */
  | "done"
  /** Same bytes came before: nothing to do but the dead and expired records of the earlier one. */
  | "duplicate"
  /** After the sunset: kept, not delivered. */
  | "held"
  /** After the sunset: taken out by people for the successor. Never delivered from here; finished once it lies there. */
  | "handed-over"
  /** After the sunset: not taken over, and its sender is told so. Never delivered; the same bytes may come again. */
  | "refused"
  /** Payload gone before the end by an act of people (erased) . */
  | "erased";

export interface Counts {
  /** 0 until decoding reached the end: then the number of records. */
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  /** Includes dismissed and expired. */
  readonly dead: number;
}

/** What was taken, before the journal knows it. */
export interface NewDrop {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly hint: string;
  readonly size: number;
  readonly sha256: string;
  /** 0; with `again` the least that may be. */
  readonly occurrence: number;
  /** Milliseconds. */
  readonly received: number;
  /** Hash of the bridge folder at receipt. */
  readonly bridgeVersion: string;
  readonly codecVersion: string;
  /** What becomes of it after the sunset; undefined = it is processed. */
  readonly ended: "held" | "refused" | undefined;
  /** Small drops lie in the journal itself; else they are a spool file of this id. */
  readonly inline: boolean;
  /**
   * `replay --as-new`: the bytes of this drop once more, because this person wants it. The journal gives it the next free occurrence,
   * and there is nothing to remove at any source.
   */
  readonly again?: { readonly of: string; readonly actor: string } | undefined;
  /** Its bytes are kept even if they came before: it is answered in its own format, which takes reading it. */
  readonly wanted?: boolean | undefined;
  /** Its sender hears at once that it came, unless it came before or is refused. */
  readonly arrival?: boolean | undefined;
  /** It is a call that was accepted: the journal gives it the next free occurrence. */
  readonly call?: NewCall | undefined;
}

export interface DropRow extends Counts {
  readonly id: string;
  readonly bridge: string;
  /** Keyed HMAC once the payload is gone. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly occurrence: number;
  readonly state: DropState;
  readonly received: number;
  readonly finished: number | undefined;
  readonly bridgeVersion: string;
  readonly codecVersion: string;
  /** What `encoding: detect` and the like chose. */
  readonly pinned: Readonly<Record<string, string>> | undefined;
  readonly duplicateOf: string | undefined;
  /** Removal at the source: settled, or `clean-up pending`. */
  readonly settled: boolean;
  readonly answered: boolean;
  /** Its answer is not out yet, or a replay made it out of date. */
  readonly answerDue: boolean;
  /** Its sender has still to hear that it came; never once it was answered. */
  readonly arrivalDue: boolean;
  readonly payload: "kept" | "purged";
  /** True once decoding reached the end and `records` is the number of records. */
  readonly complete: boolean;
  /** Why people must look at the drop (DECODE_CHANGED, ORDER_HELD), by code. */
  readonly trouble: string | undefined;
}

/** How far a drop has come. */
export interface Progress {
  /** All records up to and including this one have their outcome. */
  readonly watermark: number;
  /** Byte offset just behind the watermark's record. */
  readonly offset: number;
  /** Finished ranges above the watermark, inclusive, ascending; as many as deliveries are under way, or stand aside (pipeline/aside.ts). */
  readonly ranges: readonly (readonly [number, number])[];
  /** Batches that were refused and halved: their ranges, so that a restart sends the same halves with the same keys. */
  readonly splits: readonly (readonly [number, number])[];
  readonly counts: Counts;
  readonly complete: boolean;
  /**
   * Ordered bridges only: by lane, the last record that is finished (0 = none). Then `ranges` is empty and `watermark` is the
   * highest of them, with its offset.
   */
  readonly lanes?: readonly number[] | undefined;
  /** Bridges that ask when in doubt: records that may be on their way while this is the last commit. */
  readonly intent?: readonly [number, number] | undefined;
  /** Token of the growing target file, by target address. */
  readonly appenders: Readonly<Record<string, string>>;
}

export interface NewDeadLetter {
  /** Records it stands for, from 1, inclusive. */
  readonly first: number;
  readonly last: number;
  /** Line of the first record; 0 where there are none. */
  readonly line: number;
  readonly stage: Stage;
  readonly code: Code;
  /** May be stored and shown: code, place, types. */
  readonly message: string;
  /** Values; encrypted under the drop's key, erased with it. */
  readonly detail: string | undefined;
  readonly attempts: number;
  /** Names (column, list, pattern) for texts in other languages; never values. Stored as JSON. */
  readonly facts?: Readonly<Record<string, string | number>> | undefined;
}

export type DeadState = "open" | "delivered" | "dismissed" | "expired";

export interface DeadLetter extends Omit<NewDeadLetter, "detail"> {
  /** `dl-<drop>-<first>`. */
  readonly id: string;
  readonly bridge: string;
  readonly drop: string;
  readonly state: DeadState;
  readonly created: number;
  /** Raised only after a definite refusal; part of the idempotency key. */
  readonly generation: number;
  /** Why it was dismissed, or by what replay delivered. */
  readonly closedBy: string | undefined;
  readonly closedReason: string | undefined;
}

/** One transaction of the engine. */
export interface Step {
  readonly drop: string;
  readonly progress: Progress;
  readonly dead: readonly NewDeadLetter[];
  /** Set when this step ends the drop. */
  readonly finished?: number;
  /** Entries (as by `set`) that belong to this progress: files that grow across drops. undefined removes one. */
  readonly sets?: Readonly<Record<string, unknown>>;
  /** Whole numbers that are added to entries, which begin at 0. */
  readonly adds?: Readonly<Record<string, number>>;
  /** Of a call: what its caller is told from now on. */
  readonly answer?: KeptAnswer;
}

/** Keys that one drop of a bridge may bring. */
export interface Claim {
  readonly bridge: string;
  readonly drop: string;
  readonly keys: readonly string[];
  /** Milliseconds; what others have until then or earlier does not count. */
  readonly at: number;
  readonly until: number;
  /** Whoever else has them. */
  readonly hasPriority: boolean;
  /** Looks only. */
  readonly dryRun: boolean;
}

export interface ReplayOutcome {
  readonly deadLetter: string;
  /** `delivered` closes it; anything else replaces stage, code, message, detail and raises attempts. */
  readonly delivered: boolean;
  readonly skipped?: boolean;
  readonly failure?: Omit<NewDeadLetter, "first" | "last" | "line">;
  /** The next attempt uses a new key, because this one was definitely refused. */
  readonly raiseGeneration: boolean;
  /** As in a step. */
  readonly adds?: Readonly<Record<string, number>>;
  /** Of a call: what its caller is told from now on. */
  readonly answer?: KeptAnswer | undefined;
}

export interface AuditEntry {
  readonly at: number;
  /** `drop.taken`, `dead.dismissed`, `bridge.paused`, `lifecycle.seen` … */
  readonly event: string;
  readonly bridge: string | undefined;
  readonly drop: string | undefined;
  /** `system`, or a person or token; stored as a pseudonym, resolved by an erasable table. */
  readonly actor: string;
  /** No values of records. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** The signed head of the audit trail. Held elsewhere, it proves every entry up to `seq`. */
export interface AuditCheckpoint {
  readonly seq: number;
  readonly at: number;
  /** Hash of entry `seq`, hex. */
  readonly hash: string;
  /** Ed25519 over the lines `steg audit checkpoint 1`, seq, at, hash; base64. */
  readonly signature: string;
}

/** The head as it is now, signed but not entered, and what the hashes of some entries before it are. */
export interface AuditHead extends AuditCheckpoint {
  readonly earlier: readonly { readonly seq: number; readonly hash: string }[];
}

export type TakeResult =
  | { readonly taken: true; readonly drop: DropRow }
  /** Same bridge, same bytes, same occurrence: a row of state `duplicate` was written and points to the earlier drop. */
  | { readonly taken: false; readonly drop: DropRow; readonly earlier: DropRow };

export type { BackupMade, BackupRequest } from "./backup/types.ts";
export type { BridgeTally, BridgeUse } from "./use-types.ts";
export type { AcceptedCall, CalledBack, CallFilter, CallKey, KeptAnswer, KnownCall, NewCall } from "./call-types.ts";
export type {
  AttachmentFile,
  AttachmentFilter,
  AttachmentRow,
  AttachmentState,
  AttachmentTaken,
  Join,
  Joined,
  NewAttachment,
} from "./attachment-types.ts";

export interface DropFilter {
  readonly bridge?: string;
  readonly state?: DropState;
  /** Only those that have not come to their end. */
  readonly unfinished?: boolean;
  /** Drops with exactly these bytes, as long as the hash is not erased. */
  readonly sha256?: string;
  readonly limit?: number;
  /** Ids greater than this one (less with `newestFirst`): paging. Ids sort by time of receipt. */
  readonly after?: string;
  readonly newestFirst?: boolean;
}

export interface DeadFilter {
  readonly bridge?: string;
  readonly drop?: string;
  readonly state?: DeadState;
  readonly limit?: number;
  readonly after?: string;
}

export interface Retention {
  /** Milliseconds after the answer. */
  readonly payload: number;
  readonly dead: number;
  readonly held: number;
}

export interface HandingOver {
  readonly drop: string;
  readonly actor: string;
  readonly ticket: string;
  readonly folder: string;
}

/** Taken, and perhaps still at the source. */
export interface Lying {
  readonly drop: string;
  readonly name: string;
  readonly hint: string;
}

export interface Journal {
  // ── receive
  /** Enters a drop that the spool already holds durably. Group-committed with others, up to 200. */
  take(drop: NewDrop, payload?: Uint8Array): Promise<TakeResult>;
  /** Hints of deliveries taken and perhaps still lying there. Loaded at start, kept in step by `take` and `settled`. */
  knownHints(bridge: string): Promise<ReadonlySet<string>>;
  /** The source is rid of it; with `stays` it lies there for good, and its hint is remembered as long as the drop's name. */
  settled(drop: string, stays?: boolean): Promise<void>;
  unsettled(bridge: string): Promise<readonly Lying[]>;

  // ── attachments
  /** Enters a file that the spool already holds durably; others of its name that still wait are unassigned with it. */
  takeAttachment(attachment: NewAttachment, payload?: Uint8Array): Promise<AttachmentTaken>;
  attachmentSettled(attachment: string, stays?: boolean): Promise<void>;
  attachmentHints(bridge: string): Promise<ReadonlySet<string>>;
  unsettledAttachments(bridge: string): Promise<readonly Lying[]>;
  /** In order of receipt. */
  attachments(filter: AttachmentFilter): Promise<readonly AttachmentRow[]>;
  /**
   * Which files the messages of a drop are made of, for good. Where one of the files is erased nothing is written, and the
   * answer names those.
   */
  join(drop: string, joins: readonly Join[]): Promise<readonly string[]>;
  /** What `join` wrote for messages that begin with these records; only where all the files are still here. */
  joined(drop: string, first: number, last: number): Promise<readonly Joined[]>;
  /** No record named them in time; answers those that still waited. */
  unassign(attachments: readonly string[]): Promise<readonly AttachmentFile[]>;

  // ── calls that were accepted
  /** Of this caller only; undefined also where it is erased. */
  call(filter: CallFilter): Promise<AcceptedCall | undefined>;
  /** The call that this caller sent under this key before. */
  callByKey(key: CallKey): Promise<KnownCall | undefined>;
  /** What `answer` of a step has kept last. */
  callAnswer(drop: string): Promise<Uint8Array | undefined>;
  /** The call that this drop is. */
  callOfDrop(drop: string): Promise<AcceptedCall | undefined>;
  /** As `answered`, but only where the answer is still the one that went out; false = there is a newer one. */
  calledBack(which: CalledBack): Promise<boolean>;

  // ── work
  /** Drops with work to do, in order of receipt; with a page, the first so many behind an id. */
  open(bridge: string, page?: { readonly after: string; readonly limit: number }): Promise<readonly DropRow[]>;
  drop(id: string): Promise<DropRow | undefined>;
  drops(filter: DropFilter): Promise<readonly DropRow[]>;
  /** What came behind `from`, and not behind `to`: milliseconds since 1970. */
  arrivals(bridge: string, from: number, to: number): Promise<Arrivals>;
  progress(drop: string): Promise<Progress>;
  pin(drop: string, pinned: Readonly<Record<string, string>>): Promise<void>;
  commit(step: Step): Promise<void>;
  /** The drop stands still until people look at it; undefined = it goes on. */
  trouble(drop: string, code: Code | undefined): Promise<void>;
  /** `as`: the state that the answer spoke of; where it is another one by now, the answer is still owed. */
  answered(drop: string, as?: DropState): Promise<void>;
  /** Its sender has heard that it came. */
  arrivalTold(drop: string): Promise<void>;
  /** Whose answer is not out yet, or out of date since a replay, and those, open ones too, whose sender has still to hear that they came. */
  unanswered(bridge: string): Promise<readonly DropRow[]>;
  /** held → open, when an extension or Notbetrieb allows it; false = people handed it over meanwhile. */
  release(drop: string, actor: string): Promise<boolean>;
  /**
   * held → handed-over, before anything lies at the successor's: from then on it is never delivered from here. Answers the drop as it is
   * then; one that was not held stays what it was.
   */
  handOver(what: HandingOver): Promise<DropRow | undefined>;
  /** An open drop without payload, after a restore, that nobody waits for any more; false = it is not such a one. */
  giveUp(what: { readonly drop: string; readonly actor: string; readonly reason: string }): Promise<boolean>;
  /** It lies there: its receipt is owed anew, and its bytes go after the bridge's retention. */
  handedOver(what: HandingOver): Promise<void>;
  /**
   * The next number of the day for `$batch.number`, durable before it is used; the same again for the same key. Without a date ("") it is
   * one of a sequence that never begins anew.
   */
  batchNumber(bridge: string, date: string, key: string): Promise<number>;
  /** Enters keys that may come only once, all or none; answers which of them, from 0, another drop of the bridge has. */
  claim(what: Claim): Promise<readonly number[]>;

  // ── dead letters
  dead(filter: DeadFilter): Promise<readonly DeadLetter[]>;
  deadLetter(id: string): Promise<DeadLetter | undefined>;
  /** Values; undefined once erased. Each call with an actor other than system is audited. */
  deadDetail(id: string, actor: string): Promise<string | undefined>;
  replayed(outcomes: readonly ReplayOutcome[], actor: string): Promise<void>;
  dismiss(ids: readonly string[], actor: string, reason: string): Promise<number>;

  // ── state of bridges (paused, lifecycle ledger, clock): small JSON documents by key, each change audited
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown, audit?: AuditEntry): Promise<void>;
  /** Keys with this prefix. */
  entries<T>(prefix: string): Promise<ReadonlyMap<string, T>>;

  // ── bridge versions: the folder as it was, by hash, as long as a drop is pinned to it
  keepVersion(hash: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  version(hash: string): Promise<ReadonlyMap<string, Uint8Array> | undefined>;

  // ── upkeep
  audit(entry: AuditEntry): Promise<void>;
  auditEntries(filter: {
    readonly after?: number;
    readonly limit?: number;
    readonly bridge?: string;
    /** Then `after` means older than that one. */
    readonly newestFirst?: boolean;
  }): Promise<
    readonly (AuditEntry & {
      readonly seq: number;
      readonly hash: string;
      /** What stands in the trail and is hashed; `actor` is the name behind it, or the same where it was erased. */
      readonly pseudonym: string;
    })[]
  >;
  /** Recomputes the chain and the signatures of the checkpoints; `against` is one that was held elsewhere. */
  auditVerify(against?: AuditCheckpoint): Promise<{
    readonly entries: number;
    readonly head: string;
    readonly broken: { readonly seq: number; readonly why: string } | undefined;
  }>;
  /** Signs the head and remembers it; handed out by export. */
  auditCheckpoint(): Promise<AuditCheckpoint>;
  /** The signed head without an entry of its own, for those who ask often; `earlier` has those of `seqs` that there are. */
  auditHead(seqs: readonly number[]): Promise<AuditHead>;
  /** Ed25519 over the text of a JSON object by the key of the trail; base64. */
  signDocument(text: string): Promise<string>;
  /** Erases the name behind an actor's pseudonym; false where there is none. The trail stays whole. */
  eraseActor(actor: string): Promise<boolean>;
  /** Held drops of a bridge that came until then, before their time, by an act of two persons; answers how many. */
  eraseHeld(what: { readonly bridge: string; readonly before: number; readonly actor: string }): Promise<number>;
  /** Erases what retention no longer allows; answers what it did. Destroys drop keys, removes spool files, masks names. */
  purge(
    now: number,
    retention: (bridge: string) => Retention,
  ): Promise<{
    readonly drops: number;
    readonly expired: number;
    readonly bytes: number;
    /** Ids of attachments that were erased; absent = none. */
    readonly attachments?: readonly string[];
  }>;
  /** When bridges were used last; those that never had a drop are not in it. Cheap. */
  uses(): Promise<readonly BridgeUse[]>;
  /** All that ever came to a bridge, counted from its rows. */
  tally(bridge: string): Promise<BridgeTally>;
  /** Sums per bridge for metrics and lists, kept current, cheap. */
  sums(): Promise<
    readonly (Counts & {
      readonly bridge: string;
      readonly drops: number;
      readonly pending: number;
      readonly openDead: number;
      readonly held: number;
      readonly spoolBytes: number;
      readonly attachmentsWaiting: number;
      readonly attachmentsJoined: number;
      readonly attachmentsUnassigned: number;
      /** When the oldest dead letter that is open was made; null = none is. */
      readonly oldestDead: number | null;
    })[]
  >;
  close(): Promise<void>;
}

export interface Spool {
  /** Streams bytes into an encrypted file: 64 KiB frames, fsync, rename, fsync of the folder. Small drops come back as bytes for the journal. */
  write(
    id: string,
    bridge: string,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ readonly size: number; readonly sha256: string; readonly inline: Uint8Array | undefined }>;
  /** Plain bytes of a drop, in order; throws SPOOL_DAMAGED where a frame does not authenticate. */
  read(drop: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Removes what was written but never entered in the journal (crash between the two). */
  discard(id: string): Promise<void>;
  /** Free bytes of the disk under the state folder. */
  free(): Promise<number>;
  /** True below 256 MiB free: nothing may be taken (`write` refuses with DISK_LOW). Also keeps the reserve in step. */
  low(): Promise<boolean>;
  /** Bytes held for a bridge. */
  used(bridge: string): number;
}

/** Opens the state folder exclusively (a second process gets STATE_LOCKED), migrates, sweeps orphans, starts the thread. */
export interface OpenState {
  readonly journal: Journal;
  readonly spool: Spool;
  /** Made on first start; its public half verifies checkpoints. */
  readonly publicKey: string;
  /** The newest master key lies in the state folder itself, because no key file was given. */
  readonly keyInState: boolean;
  /** Set once the state has failed: every call rejects with it. */
  readonly failure: BridgeError | undefined;
  /** Beside all other work; BACKUP_FAILED, STATE_BUSY. */
  backup(request: BackupRequest): Promise<BackupMade>;
  /** A new drop id: greater than all before it, also across restarts and when the clock goes back. */
  newDropId(): string;
  close(): Promise<void>;
}
