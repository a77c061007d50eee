// What an adapter implements and what it is given. Adapters know this file, errors.ts and options/, nothing else of core.
//
// A drop travels: Source ─▶ spool ─▶ Codec ─▶ mapping (core) ─▶ validation (core) ─▶ Target ─▶ Receipts.
// Retry, circuit, limits, metrics and logging are core's; an adapter does one attempt and says plainly how it ended.

import type { Face, Operation } from "./contract-calls.ts";
import { BridgeError, type Code, type Stage } from "./errors.ts";
import type { Pattern, Shape } from "./options/shape.ts";

// ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A JSON value, or undefined for "absent". Field names are data: look them up with Object.hasOwn, never by `in`. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Value[]
  | { readonly [name: string]: Value };

/** One record as a codec yields it. A blank cell is undefined or no key at all; both mean absent. */
export type Rec = { readonly [name: string]: Value };

/** The drop as formulas see it: `$file`. Of a packed drop, name and stem are those of the file inside. */
export interface FileInfo {
  readonly name: string;
  /** Name without its last extension. */
  readonly stem: string;
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
  /** Time of receipt, ISO 8601 with offset Z. */
  readonly received: string;
}

/** A lookup table of the bridge (`map.codes`): key column → row. Rows are closed over by $code and $row. */
export interface Table {
  readonly name: string;
  /** Path as written in the bridge file, for messages. */
  readonly file: string;
  readonly keyColumn: string;
  /** All columns in order; the second is $code's value. */
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<string, Rec>;
}

/**
 * A file that came beside the records and was joined to this one: what `$attachment(…)` gives. Its bytes lie in the spool; they are read
 * into memory (`content`) before mapping only where a formula wants them, within a limit per message.
 */
export interface Attachment {
  /** Id in the spool. */
  readonly id: string;
  /** Name as the legacy side gave it. */
  readonly name: string;
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
  /** From the bytes' first octets where they tell, else from the name; `application/octet-stream` where neither does. */
  readonly mediaType: string;
  readonly content?: Uint8Array | undefined;
}

/** All that a formula can see besides its current item. One object per message; `=each` makes a shallow child. */
export interface Scope {
  /** `$$`: the record at the top. */
  readonly root: Rec;
  /** `$parent`: the item of the enclosing =each, or the record. */
  readonly parent: Value;
  /** `$n`: position in the nearest =each, from 1 (1 outside any). */
  readonly n: number;
  /** `$index`: number of the record in the drop, from 1. */
  readonly index: number;
  /** `$group`: all records of the message. */
  readonly group: readonly Rec[];
  readonly file: FileInfo;
  readonly bridge: string;
  readonly batch: { readonly date: string; readonly number: number } | undefined;
  /** Time of receipt in milliseconds: what $now() and $millis() give. */
  readonly received: number;
  /** Stable name of the drop for $uuid: the same on every replay. */
  readonly dropIdentity: string;
  /** IANA zone of the bridge, for date functions without a zone. */
  readonly timezone: string;
  readonly tables: ReadonlyMap<string, Table>;
  /** Values of `map.let`, filled in order before the template runs; by slot as the compiler dealt them. */
  readonly lets: Value[];
  /** Files joined to the records of this message, by name; undefined where the bridge has no `receive.attach`. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** The drop itself, which `map.attach` may send along (`from: = $file`); undefined for calls, and for files out of archives. */
  readonly payload?: Attachment | undefined;
  /** For calls `$request`; for outcomes and answers also `$reply`, `$status`, `$fault`; absent elsewhere. */
  readonly extra?: { readonly [name: string]: Value };
}

// ── decode ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A record that could not be decoded: it becomes a dead letter, the rest of the drop goes on. */
export interface DecodeFault {
  readonly fault: import("./errors.ts").BridgeError;
  /** It is a whole message by itself, so with `map.per.from` the message before it goes on without it. */
  readonly begins?: boolean;
}

/** A file out of a packed drop. */
export interface MemberInfo {
  /** As the archive gives it, with `/`; undefined where there is only one (gzip): then the drop's name without `.gz`. */
  readonly name: string | undefined;
}

/**
 * Consecutive records. Batches are what makes decoding fast: one await per batch, not per record. Where a batch ends
 * is the codec's choice (some hundred records, or the end of a read); it means nothing to the rest.
 */
export interface Batch {
  /** Number of the first record in the drop, from 1. */
  readonly first: number;
  readonly records: readonly (Rec | DecodeFault)[];
  /** Line on which each record begins, from 1; 0 where the format has no lines. */
  readonly lines: ArrayLike<number>;
  /** Byte offset in the drop just behind each record; strictly rising. The same on every decoding. */
  readonly ends: ArrayLike<number>;
  /**
   * Top-level names a record can have; undefined = open (JSON). The same array as long as it does not change, so that
   * names are checked once. With record types: the union.
   */
  readonly fields: readonly string[] | undefined;
  /** The file of the archive they come from: the same object for all of its batches. */
  readonly member?: MemberInfo | undefined;
}

export interface DecodeContext {
  readonly signal: AbortSignal;
  /** What `detect` chose for this drop at its first decoding, or undefined then; a replay decodes as pinned. */
  readonly pinned: Readonly<Record<string, string>> | undefined;
  /** Called at most once per option with what was detected, before the first batch; core pins it in the journal. */
  detected(option: string, value: string): void;
  /**
   * Something is wrong that costs no record (the partner is read leniently): a person hears of it in the receipt. Told in the order of the
   * drop, the same at every decoding; core keeps a bounded number of them. Absent = nobody listens.
   */
  notice?(what: BridgeError): void;
  /**
   * By `checkFrame`, of what may come only once, as an interchange by its references: where another drop of the bridge had the same key
   * within `remembers`, nothing of this one is delivered, and it fails of `twice`. Absent = nobody remembers.
   */
  once?(key: string, twice: BridgeError): void;
}

/** What people call a place of a record, and the code that stands there: `Party: Seller`. */
export interface Remark {
  /** Names, and positions in lists from 0. */
  readonly path: readonly (string | number)[];
  readonly says: string;
}

/** Bytes → records. Pure: no clock, no files, no network; the same bytes give the same records in the same order. */
export interface Codec {
  /** Changes whenever the same bytes could decode differently; pinned per drop. */
  readonly version: string;
  /** Every value of a record is text: a field compared with a number is then never equal, and the checker says so. */
  readonly textOnly?: boolean;
  /** For how many milliseconds the keys of `once` are remembered; absent = they are not. */
  readonly remembers?: number | undefined;
  /** Names known before any data (columns, layout), for `steg check`; undefined where only the data tells. */
  readonly fields: readonly string[] | undefined;
  /**
   * A structural failure that makes the rest unreadable (an unterminated quote, a broken XML frame) is thrown as a
   * BridgeError with stage decode; a record that alone is bad is yielded as a DecodeFault.
   */
  decode(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Batch>;
  /**
   * Formats whose end proves them (XML, JSON documents) are read once over the spool before anything is delivered: throws if the
   * frame is broken. Absent where there is no frame.
   */
  checkFrame?(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): Promise<void>;
  /**
   * Formats whose records are tags, numbers and codes: what those mean, for people who look at one record (`steg try --record`), in any
   * order. A place without a remark is shown as it is; codecs without this have records that formulas alone make plain, and none is shown.
   */
  explain?(record: Rec): Iterable<Remark>;
}

// ── map ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Stands in a sketch where a formula will give the value. */
export const FORMULA = Symbol("formula");
/** `map.<name>` as the bridge file has it, before there is a record: literals are text as written, what `=each` repeats is a list of one. */
export type Sketch = string | typeof FORMULA | undefined | readonly Sketch[] | { readonly [name: string]: Sketch };

/** What a template can never make right: a JSON pointer into it (RFC 6901), and `has no segment XYZ`. */
export interface SketchProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Values → the bytes of one message, for formats that are more than text around values. Pure: the same values give the same bytes. */
export interface Writer {
  /** For example `application/EDIFACT`. */
  readonly contentType: string;
  /** Messages may stand one behind the other in one body; absent = each is a body of its own. */
  readonly joins?: true;
  /** All that is wrong with the template, whatever the records say. */
  readonly problems: readonly SketchProblem[];
  /**
   * What the template gave; what is absent in it has no key. Throws BridgeError with stage map; `facts.path` (a JSON pointer) tells which
   * line of the bridge file is at fault.
   */
  write(value: Value, scope: Scope): Uint8Array;
  /** What it wrote, for people to read and for the tests of a mapping to compare. */
  show(bytes: Uint8Array): string;
  /** What each line of that means, "" where nothing is known: for people who look at one message (`steg try --record`). */
  explain?(shown: string): readonly string[];
}

// ── receive ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the legacy side handed over, in its own bytes. */
export interface Delivery {
  /** Name as the legacy side gave it: data, never a local path. */
  readonly name: string;
  /** Size in bytes as announced; undefined where only reading tells. */
  readonly size: number | undefined;
  /** Spares re-reading what is known (path, size, mtime); never an identity. */
  readonly hint: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The bytes; may be opened again after a failure. A piece is good until the next one is asked for: its buffer may be used again. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * After reading: is what lies there still what was read? `changed` = take it again as new.
   */
  verify(signal: AbortSignal): Promise<"same" | "changed" | "gone">;
  /**
   * Called when the journal has it: archive, delete or keep. Idempotent. Throws where it failed: core retries ("clean-up pending").
   * `stays` = it lies there for good (`after: keep`), and core goes on saying that it is known.
   */
  settle(dropId: string, signal: AbortSignal): Promise<void | "stays">;
}

export interface Source {
  /** host:port of the server that is looked at, for health and metrics; absent = this machine. */
  readonly server?: string | undefined;
  /**
   * What lies there and is ready to be taken, in the bridge's order, one look. Files that are still growing are
   * counted in `growing`. The iterator is the back-pressure.
   */
  look(signal: AbortSignal): AsyncIterable<Delivery>;
  /** Files seen in the last look that were not ready yet (for the summary and `--once`). */
  readonly growing: number;
  /** Milliseconds until the first of them counts as complete if it changes no more; undefined where time does not decide that. */
  readonly settlesIn?: number | undefined;
  /** Resolves when something may have changed, at the latest after the source's own interval; a hint, not a truth. */
  wait(signal: AbortSignal): Promise<void>;
  /**
   * Known deliveries (taken before, but still lying there because removing failed or `after: keep`) are skipped by
   * `look` when core says so by their hint.
   *
   * Finishes the removal of something that was taken earlier and still lies there: by its hint, after a failed `settle` or a
   * restart. Nothing there any more, or something else under its name = done.
   */
  settleAgain(name: string, hint: string, dropId: string, signal: AbortSignal): Promise<void | "stays">;
  close(): Promise<void>;
}

// ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A file that goes with a message (`map.attach`), under the name that the bridge gives it. */
export interface Enclosure {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  /** The bytes, from the spool; may be opened again for another attempt. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** One thing to hand over: a message, or a batch that core has encoded. */
export interface Parcel {
  /** Records it stands for, from 1, inclusive. */
  readonly first: number;
  readonly last: number;
  /** How many messages are in the body. */
  readonly messages: number;
  readonly body: Uint8Array;
  /** For example `application/xml; charset=utf-8`. */
  readonly contentType: string;
  /** Idempotency key, UUID version 5; the same for the same body, also after a crash. */
  readonly key: string;
  /** Files that go with the message, in the order of `map.attach`; a parcel with them is one message. Absent = none. */
  readonly enclosures?: readonly Enclosure[] | undefined;
  /** Scope of the (first) message, for patterns in url, path, name. */
  readonly scope: Scope;
  readonly drop: string;
  /** A caller waits for the answer; absent = the parcel comes out of a drop. */
  readonly call?: ParcelCall | undefined;
}

/** What a target is told of the call that it answers. */
export interface ParcelCall {
  /** W3C Trace Context: of the caller, continued; a target sends it on. */
  readonly traceparent: string;
  /** The caller's Idempotency-Key, sent on as it came; undefined = it sent none, and the target is sent none. */
  readonly idempotencyKey: string | undefined;
  /** Headers of the caller that the bridge lets through, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest answer in bytes; `reply.bytes` is given whole up to it, and what is longer is a failure. */
  readonly mostReply: number;
}

/** How one attempt ended. Core turns it into retry, circuit, dead letter. */
export type Attempt =
  /** The target has it. `reply` is what formulas of outcomes and answers see. */
  | {
      readonly end: "delivered";
      readonly reply?: Reply;
      /** What a waiting caller hears, where the bridge says so. */
      readonly status?: number;
    }
  /** A definite no for this message: dead letter. */
  | {
      readonly end: "refused";
      readonly reply?: Reply;
      /** Where the adapter knows better than DELIVERY_REFUSED, as TARGET_EXISTS. */
      readonly code?: Code;
      readonly message: string;
      readonly detail?: string;
      /** What a waiting caller hears, an HTTP status from 400 on; absent = by the reply's own status. */
      readonly status?: number;
      /** `deliver.outcomes` said so: then its `detail` is meant for the caller. */
      readonly byRule?: true;
    }
  /** The message's own trouble (5xx, 429): try again later. `after` in milliseconds if the target said so. */
  | {
      readonly end: "retry";
      readonly reply?: Reply;
      readonly code?: Code;
      readonly message: string;
      readonly detail?: string;
      readonly after?: number;
      /** As above. */
      readonly status?: number;
      readonly byRule?: true;
    }
  /** The target was not reached or did not answer in time: counts for the circuit. `unsure` = it may have arrived. */
  | {
      readonly end: "unreachable";
      readonly unsure: boolean;
      readonly code?: Code;
      readonly message: string;
      readonly detail?: string;
      /** As above; absent = 504 where the time was up, else 503. */
      readonly status?: number;
      /** The circuit opens at once, however few have failed: every further attempt does harm (a login that locks the account). */
      readonly opens?: true;
    };

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, else text; at most 64 KiB are kept unless a caller waits for it. */
  readonly body?: Value;
  /** `$fault`: the service said no in its own words (a SOAP fault, an ABAP exception). */
  readonly fault?: { readonly code: string; readonly text: string; readonly detail?: Value } | undefined;
  /** The answer as it came, where a caller waits for it, and its type. */
  readonly bytes?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
}

export interface Target {
  /** `local` = a path on this machine: the appliance itself delivers, no circuit for the network. */
  readonly locality: "local" | "remote";
  /** host:port where there is one server whatever the messages say, for health and metrics. */
  readonly server?: string | undefined;
  /** The circuit's key: one per address (origin, host), so that one dead town does not stop three hundred. */
  address(parcel: Parcel): string;
  /** `several`: records choose the address, so core passes over those whose address is away. One, unless it says so. */
  readonly addresses?: "several";
  /** All that a message's scope decides about where it goes (resolved url, path): messages of one batch share it. */
  destination?(scope: Scope): string;
  deliver(parcel: Parcel, signal: AbortSignal): Promise<Attempt>;
  /**
   * A growing file for batches that are one file per drop or term. Absent where batches are parcels of their own. With a token the
   * file is the token's: what the scope says of place and name is not looked at.
   */
  append?(name: Scope, token: string | undefined, signal: AbortSignal): Promise<Appender>;
  close(): Promise<void>;
}

/** A file that grows under a temporary name; what `sync` returned is committed with the progress, and a restart truncates to it. */
export interface Appender {
  write(body: Uint8Array): Promise<void>;
  /** fsync; resolves to a token (path and length) that survives a crash. */
  sync(): Promise<string>;
  /** Gives the file its final name, durably. Idempotent. */
  finish(): Promise<void>;
  /** Leaves the file as last synced. */
  close(): Promise<void>;
}

// ── answer ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where receipts go. Writing the same receipt again replaces it. */
export interface ReceiptTarget {
  /** host:port of the server they are written to; absent = this machine. */
  readonly server?: string | undefined;
  put(name: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A drop as whoever answers it in its own format sees it, whatever has become of it. */
export interface AnsweredDrop {
  readonly bridge: string;
  readonly id: string;
  /** Name as the legacy side gave it. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly received: number;
  /** IANA zone of the bridge. */
  readonly timezone: string;
  /** What codecs of the bridge pinned at the first decoding. */
  readonly pinned: Readonly<Record<string, string>> | undefined;
  /** Its files, unpacked, one after the other; may be read again. */
  files(
    signal: AbortSignal,
  ): AsyncIterable<{ readonly name: string | undefined; readonly bytes: AsyncIterable<Uint8Array> }>;
}

/** A drop that is durable, and that nobody may have decoded yet. */
export interface TakenDrop extends AnsweredDrop {
  /** Which of these keys, from 0, an earlier drop had, of what may come only once (`DecodeContext.once`); none where nobody remembers. */
  cameBefore(keys: readonly string[]): Promise<readonly number[]>;
}

/** A drop at its end. */
export interface EndedDrop extends AnsweredDrop {
  /**
   * `duplicate`: exactly these bytes came before, and nothing of them was delivered again. `refused`: it came after the sunset, and nothing
   * of it ever will be.
   */
  readonly state: "done" | "duplicate" | "refused";
  /** What was not delivered, records from 1. */
  readonly failures: readonly Failure[];
  /** There are more of them than are listed. */
  readonly isCut: boolean;
  /**
   * The records that can be read, in the order of the drop, with what became of each; nothing behind what cannot be, or behind the last of
   * the failures that are listed. To be asked for only where the drop was not refused as a whole.
   */
  records(signal: AbortSignal): AsyncIterable<EndedRecord>;
  /** The next number of the bridge's own sequence, from 1 on, durable; for the same name of the same drop the same again. */
  number(name: string): Promise<number>;
  /** Something of it cannot be answered: the receipt says why. */
  notice(what: BridgeError): void;
}

export interface EndedRecord {
  /** In the drop, from 1. */
  readonly number: number;
  readonly record: Rec;
  readonly scope: Scope;
  /** `failed` as long as it is a dead letter: a replay that delivered it before the drop was answered counts. */
  readonly end: "delivered" | "skipped" | "failed";
  /** Why it failed, else undefined. */
  readonly reason: Reason | undefined;
}

/** Why a record failed, for whoever sent it: names and places, never values. */
export interface Reason {
  readonly code: Code;
  readonly stage: Stage;
  /** German: `Spalte RF: Wert nicht in der Liste »rechtsform«.` */
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Failure {
  readonly first: number;
  readonly last: number;
  readonly stage: Stage;
  readonly code: Code;
  readonly facts: Readonly<Record<string, string | number>> | undefined;
}

export interface AnswerFile {
  /** What stands in the file's name behind the drop's: `contrl`. */
  readonly kind: string;
  /** `edi` */
  readonly extension: string;
  readonly body: Uint8Array;
}

/**
 * Answers a drop in its own format (CONTRL, 997), once, and has the name of the codec that reads it. Pure: the same drop gives the same
 * bytes, also after a crash, so that whoever gets an answer twice can tell by its reference. It is asked again when a later receipt has to
 * say the same as the first; then what it answers goes nowhere.
 */
export interface Acknowledger {
  /** All that is wrong with its template, whatever the records say; absent = nothing. */
  readonly problems?: readonly SketchProblem[];
  acknowledge(drop: EndedDrop, signal: AbortSignal): Promise<readonly AnswerFile[]>;
  /**
   * What the sender hears as soon as the drop is durable (CONTRL 8), written before anything of `acknowledge`; as pure, and never asked
   * for what came before or is refused. It is there where `Adapter.arrivals` says so.
   */
  arrival?(drop: TakenDrop, signal: AbortSignal): Promise<readonly AnswerFile[]>;
}

/** A template in the options of an acknowledger (`Adapter.template`). */
export interface Saying {
  readonly sketch: Sketch;
  /** `$` is the first of the records, `$group` all of them, `$errors` what is given. undefined = nothing is said. Throws BridgeError stage map. */
  values(records: readonly EndedRecord[], errors: readonly Value[]): Value;
}

// ── registration ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Roles {
  source: Source;
  face: Face;
  codec: Codec;
  writer: Writer;
  target: Target;
  receipts: ReceiptTarget;
  acknowledger: Acknowledger;
}
export type Role = keyof Roles;

/** One event with listed fields; never values of records, never raw error objects. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** What an adapter may ask of its surroundings when it is built. */
export interface AdapterContext {
  readonly bridge: string;
  /** Absolute folder of the bridge file: codes, layouts and keys are relative to it. */
  readonly bridgeDir: string;
  /** Absolute folder of installed schemas (`catalog:…`); undefined = there is none. */
  readonly catalogDir?: string | undefined;
  /** Absolute folder that data paths are relative to (`STEG_DATA`). */
  readonly dataDir: string;
  /** Absolute folder of the state: what an adapter must keep itself lies in a folder of its own in there. Empty where there is none. */
  readonly stateDir: string;
  readonly timezone: string;
  /** What the bridge's cases name as `call:`, in their order; empty = none do. */
  readonly calls: readonly string[];
  /** For acknowledgers: the options of the codec of their name, with which the drops of the bridge are decoded. */
  readonly decoding?: unknown;
  /** For acknowledgers with a template: what it says; undefined = the bridge file has none. */
  readonly saying?: Saying | undefined;
  /** Options of their own that calls have in their cases (`perCall`), by the call's name. */
  readonly callOptions?: ReadonlyMap<string, Readonly<Record<string, unknown>>> | undefined;
  /** Reads a file of the bridge folder whole (at most 16 MiB); refuses paths that leave it. */
  readBridgeFile(path: string): Uint8Array;
  /** Says whether a delivery with this hint was already taken and need not be read again. */
  known(hint: string): boolean;
  readonly log: Log;
}

/** What an adapter may look at without being built. */
export type BridgeFiles = Pick<AdapterContext, "readBridgeFile" | "calls" | "callOptions" | "bridgeDir" | "catalogDir">;

/** Options as the bridge file alone tells them: what comes from outside (`${env:…}`) has its key, and is undefined. */
export type Known<T> = T extends Pattern
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Known<T[K]> | undefined }
    : T;

/** Says what is wrong with an option: `auth.oauth2.tokenUrl`, `files[2]`; and of it `holds a slash`. Never a value from outside. */
export type Refuse = (option: string, what: string, hint?: string) => void;

/** `the user kasse of the inbox on 0.0.0.0:2022`, and the option that says so. */
export interface Claim {
  readonly name: string;
  readonly option: string;
}

/**
 * One role of one protocol or format. All that a person reads about it (reference page, JSON Schema, error texts) is derived
 * from `options`.
 */
export interface Adapter<R extends Role = Role, O = unknown> {
  /** The key in the bridge file: `folder`, `http`, `csv`. */
  readonly name: string;
  readonly role: R;
  /** One sentence for the reference page. */
  readonly summary: string;
  readonly options: Shape<O>;
  /** Targets: whether they have growing files (`append`), known before one is built. */
  readonly grows?: true;
  /** Faces: a call can be accepted now and answered at a resource of its own later (`async`). */
  readonly later?: true;
  /** Targets: why no file can go with a message (`map.attach`); absent or undefined = files can. */
  noFiles?(options: Known<O>): string | undefined;
  /**
   * Refuses what is wrong whatever the data says and the shapes of the options cannot tell. Pure: it looks at nothing but the
   * options. Called when a bridge file is checked, and again by `build`, when all values are known.
   */
  check?(options: Known<O>, refuse: Refuse): void;
  /**
   * Sources: whoever hands something over learns at once what became of it, and keeps it as long. Acknowledgers: they can say that a drop
   * was refused. Where both are so, what comes after the sunset is refused instead of held.
   */
  refuses?(options: Known<O>): boolean;
  /** Acknowledgers: senders hear at once that a drop came. */
  arrivals?(options: Known<O>): boolean;
  /** Acknowledgers: the option that is a template (`aperak.template`). */
  readonly template?: string;
  /** Faces: options that each call may have of its own, beside `call:` in a case. */
  readonly perCall?: Readonly<Record<string, Shape<any>>>;
  /**
   * What can be asked of the service: from the options and the bridge's files alone. For OpenAPI, for the check of the mapping, and for
   * `steg new`. Throws BridgeError where a file says nothing usable.
   */
  operations?(options: Known<O>, files: BridgeFiles): Promise<readonly Operation[]>;
  /** What only one bridge of an appliance may have; two that name the same are refused. Pure, as `check`. */
  claims?(options: Known<O>): readonly Claim[];
  /** Writers are given the sketch of their template in place of options. */
  build(options: O, context: AdapterContext): Promise<Roles[R]>;
}

const SECTIONS: Readonly<Record<Role, readonly [section: string, stage: Stage]>> = {
  source: ["receive", "receive"],
  face: ["receive", "receive"],
  codec: ["decode", "decode"],
  writer: ["map", "map"],
  target: ["deliver", "deliver"],
  receipts: ["answer", "answer"],
  acknowledger: ["answer", "answer"],
};

/** Keeps the option type while the list of adapters forgets it; `build` begins with `check`, so that the two never differ. */
export function adapter<R extends Role, O>(definition: Adapter<R, O>): Adapter<R, O> {
  const { name, role } = definition;
  const [section, stage] = SECTIONS[role];
  const refuse: Refuse = (option, what, hint) => {
    const message = `${section}.${name}.${option} ${what}`;
    throw new BridgeError("OPTION_UNUSABLE", message, { stage, hint, facts: { option } });
  };
  return {
    ...definition,
    async build(options, context) {
      definition.check?.(options as Known<O>, refuse);
      return await definition.build(options, context);
    },
  };
}

export type * from "./contract-calls.ts";
export type { Pattern };
