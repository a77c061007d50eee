// What an adapter implements and what it is given. Adapters know this file, errors.ts and options/, nothing else of core.
//
// A drop travels: Source ─▶ spool ─▶ Codec ─▶ mapping (core) ─▶ validation (core) ─▶ Target ─▶ Receipts.
// Retry, circuit, limits, metrics and logging are core's; an adapter does one attempt and says plainly how it ended.

import type { Acknowledger, ReceiptTarget, Saying } from "./contract-answers.ts";
import type { Face, Operation } from "./contract-calls.ts";
import type { Codec, Writer } from "./contract-formats.ts";
import type { Probe } from "./contract-probe.ts";
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
  /** W3C Trace Context: the span that the delivery belongs to; absent = none is recorded, and targets are given one of its own. */
  readonly traceparent?: string | undefined;
  /** A caller waits for the answer; absent = the parcel comes out of a drop. */
  readonly call?: ParcelCall | undefined;
}

/** What a target is told of the call that it answers. */
export interface ParcelCall {
  /** W3C Trace Context: of the caller, continued; a target sends it on. */
  readonly traceparent: string;
  /** What its systems said beside that, sent on as it came; absent = nothing. */
  readonly tracestate?: string | undefined;
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
  destination?: Destination;
  deliver(parcel: Parcel, signal: AbortSignal): Promise<Attempt>;
  /** When `deliver` has ended, however it did, nothing of it looks at the parcel's body any more. Absent = something may. */
  readonly releasesBody?: boolean;
  /**
   * A growing file for batches that are one file per drop or term. Absent where batches are parcels of their own. With a token the
   * file is the token's: what the scope says of place and name is not looked at.
   */
  append?(name: Scope, token: string | undefined, signal: AbortSignal): Promise<Appender>;
  close(): Promise<void>;
}

export interface Destination {
  (scope: Scope): string;
  /** Records have no part in it: all messages of a drop go to one place. */
  readonly perDrop?: boolean;
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

// ── registration ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Roles {
  source: Source;
  face: Face;
  codec: Codec;
  writer: Writer;
  target: Target;
  receipts: ReceiptTarget;
  acknowledger: Acknowledger;
  probe: Probe;
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
  /**
   * A server (`neu.example:443`) proved itself in a handshake by a certificate that ends then, in milliseconds since 1970, and would not be
   * believed afterwards. Absent = nobody asks.
   */
  serverShowed?(server: string, end: number): void;
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

const SECTIONS: Readonly<Record<Role, readonly [section: string, stage: Stage | undefined]>> = {
  source: ["receive", "receive"],
  face: ["receive", "receive"],
  codec: ["decode", "decode"],
  writer: ["map", "map"],
  target: ["deliver", "deliver"],
  receipts: ["answer", "answer"],
  acknowledger: ["answer", "answer"],
  probe: ["probe", undefined],
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

export type * from "./contract-answers.ts";
export type * from "./contract-calls.ts";
export type * from "./contract-formats.ts";
export type * from "./contract-probe.ts";
export { FORMULA } from "./contract-formats.ts";
export type { Pattern };
