// A bridge file after loading: checked, formulas and templates compiled, adapters chosen but not yet built (building
// may open connections and read secrets; checking never does).

import type { AdapterContext, Attachment, Operation, Rec, Role, Roles, Scope, Table, Value } from "../contract.ts";
import type { Expectation } from "../lifecycle/expected.ts";
import type { LegalTerm } from "../lifecycle/legal-term.ts";
import type { CompiledFormula, Template, UsedName, Validator } from "../mapping/types.ts";
import type { GrantedException } from "../options/checked.ts";
import type { PieceMatch } from "../options/glob.ts";
import type { Pattern } from "../options/shape.ts";
import type { Position } from "../errors.ts";
import type { ProbeSection } from "./section-probe.ts";
import type { ShadowSection } from "./section-shadow.ts";
import type { Split, SplitSide } from "./section-split.ts";

/** An adapter with its checked options. Placeholders (`${env:…}`, formulas) are bound when it is built. */
export interface Bound<R extends Role> {
  readonly name: string;
  readonly at: Position;
  /** Targets: why no file can go with a message; absent = files can. */
  readonly noFiles?: string;
  /** `Adapter.refuses` with these options. */
  readonly refuses?: boolean;
  /** `Adapter.arrivals` with these options. */
  readonly arrivals?: boolean;
  build(context: AdapterContext): Promise<Roles[R]>;
}

export interface Lifecycle {
  readonly legacy: {
    readonly system: string;
    readonly vendor?: string;
    readonly contact?: string;
    readonly endOfSupport?: string;
  };
  readonly owner: { readonly name: string; readonly email: string; readonly deputy?: string };
  readonly reason: string;
  readonly personalData: string;
  readonly legalBasis: readonly string[];
  /** undefined = `successor: none` with a reason. */
  readonly successor: { readonly title: string; readonly url?: string; readonly guide?: string } | undefined;
  readonly noSuccessorReason: string | undefined;
  readonly plan: readonly {
    readonly by: string;
    readonly goal: string;
    readonly measure?: { readonly successorShare?: number };
  }[];
  /** ISO dates; each takes effect at 10:00 in the bridge's zone. */
  readonly started: string;
  readonly deprecated: string;
  readonly sunset: string;
  readonly extensions: readonly {
    readonly to: string;
    readonly reason: string;
    readonly requestedBy: string;
    readonly approvedBy: string;
    readonly on: string;
  }[];
  readonly brownouts: readonly { readonly from: string; readonly to: string }[];
  readonly cycles: readonly { readonly name: string; readonly period: string }[];
}

/** What belongs to one message. `file` and `group` are bounded by `most` bytes of input. */
export type Per =
  | { readonly by: "record" }
  | { readonly by: "file"; readonly most: number }
  | { readonly by: "group"; readonly key: CompiledFormula; readonly most: number }
  /** A message begins at each record for which the formula is true; records before the first are dead letters. */
  | { readonly by: "from"; readonly starts: CompiledFormula; readonly most: number };

export interface Encode {
  readonly format: "json" | "csv" | "fixed" | "xml" | "bytes";
  /** Text of several messages as one body: header lines, separators, brackets. */
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  /** After every single message when it travels alone (a line end for NDJSON, CSV); "" for XML and JSON. */
  readonly aloneHead: string;
  readonly aloneTail: string;
  /** Messages cannot share a body (XML documents, raw bytes): every message is a parcel of its own, whatever batch says. */
  readonly single?: boolean;
  toBytes(text: string): Uint8Array;
  readonly contentType: string;
  readonly batchContentType: string;
}

export interface Batching {
  /** Messages per batch; undefined = no batches. */
  readonly records: number | undefined;
  /** One batch per drop. */
  readonly drop: boolean;
  /** Close the growing batch at this local time / after this many milliseconds. */
  readonly at: string | undefined;
  readonly every: number | undefined;
}

export interface OutcomeRule {
  readonly when: CompiledFormula;
  readonly as: "delivered" | "refused" | "retry";
  readonly status: number | undefined;
  readonly detail: CompiledFormula | undefined;
}

export interface Deliver {
  readonly target: Bound<"target">;
  /** What the service takes and answers, where it is described. */
  readonly operation?: Operation;
  readonly batch: Batching | undefined;
  /** Deliveries under way at the same time, as written. */
  readonly inFlight: number | undefined;
  readonly retry: { readonly first: number; readonly most: number; readonly attempts: number };
  readonly outcomes: readonly OutcomeRule[];
  /** As written; the ways of the bridge are made of it already. */
  readonly split?: Split | undefined;
}

/** What names the files of a record have, as `receive.attach.files` says. */
export interface WantedNames extends PieceMatch {
  /** The pattern with values of the record: for details only. */
  readonly shown: string;
}

/** `receive.attach`: files that come beside the records. */
export interface Attach {
  readonly source: Bound<"source">;
  /** What the source has for itself. */
  readonly claims: NonNullable<LoadedBridge["claims"]>;
  readonly at: Position;
  /** The pattern as written. */
  readonly files: string;
  /** So many belong to each record at the least. */
  readonly least: number;
  /** Milliseconds from the receipt of its drop that a record waits for them. */
  readonly wait: number;
  /** Throws BridgeError (stage map) where the values of the record make no name. */
  wants(record: Rec, scope: Scope): WantedNames;
}

/** An attachment under the name with which it goes with a message. */
export interface NamedAttachment {
  readonly name: string;
  readonly attachment: Attachment;
}

/** `map.attach`: the files that go with a message, in this order. Throws BridgeError (stage map) where a name cannot be. */
export type Attaching = (record: Rec, scope: Scope) => readonly NamedAttachment[];

/** `answer` of a bridge that is called: what the caller hears when the service has answered. */
export interface CallAnswer {
  /** undefined: the service's answer as it came. */
  readonly template: Template | undefined;
  readonly status: CompiledFormula | number | undefined;
  readonly headers: readonly { readonly name: string; readonly value: CompiledFormula | string }[];
}

/** `receive.rest`, `receive.soap`, `receive.rfc`: callers that wait for an answer. */
export interface FaceSection {
  readonly face: Bound<"face">;
  /** Names of callers; undefined = whoever has a token of the role caller. */
  readonly callers: readonly string[] | undefined;
  /** Milliseconds. */
  readonly deadline: number;
  readonly async: boolean;
  /** Callers can fetch answers at a resource of their call's own. */
  readonly later: boolean;
  /** Where the answers to accepted calls are sent as well. */
  readonly callback?: Deliver | undefined;
  readonly limits: {
    readonly body: number;
    readonly reply: number;
    /** Calls per minute of one caller. */
    readonly rate: number | undefined;
    readonly inFlight: number;
  };
  /** Names of headers, lower-case. */
  readonly headersIn: readonly string[];
  readonly headersOut: readonly string[];
  /** Web pages that may call. */
  readonly origins: readonly string[];
  /** What the cases name as `call:`, in their order, without repetition. */
  readonly calls: readonly string[];
  /** What can be called. */
  readonly operations: readonly Operation[];
  /** Options of their own that calls have in their cases. */
  readonly callOptions: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** What happens to a message: one per case, or one for all. */
export interface Way {
  /** Position in `cases`, from 1; 0 where there are none. */
  readonly number: number;
  /** The one call that this case is for; undefined = all. */
  readonly call?: string | undefined;
  /** Of bridges that are called. */
  readonly answer?: CallAnswer | undefined;
  readonly when: CompiledFormula | undefined;
  /** Reason; the record is skipped. */
  readonly skip: string | undefined;
  readonly lets: readonly { readonly name: string; readonly formula: CompiledFormula }[];
  readonly template: Template;
  /** Nothing stands under `map`: the message is the record as it is. */
  readonly isPlain?: true;
  /** Absent: no file goes with the message. */
  readonly attach?: Attaching;
  readonly encode: Encode;
  /** Opened when the bridge starts (compiling a large schema takes time), shared by drops. */
  readonly validators: readonly (() => Promise<Validator>)[];
  readonly deliver: Deliver;
  /** One of the two ways that `deliver.split` makes. */
  readonly split?: SplitSide;
}

export interface LoadedBridge {
  readonly name: string;
  readonly title: string;
  /** Path as given, for messages; and absolute folder. */
  readonly file: string;
  readonly dir: string;
  /** SHA-256 over the folder's files (names and contents, without tests/). */
  readonly version: string;
  /** The folder's files without tests/, relative names; kept in the state as long as a drop is pinned to it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly lifecycle: Lifecycle;
  /** How the successor's part is measured; absent = it is not. */
  readonly probe?: ProbeSection | undefined;
  /** What goes to the successor as well; absent = nothing. */
  readonly shadow?: ShadowSection | undefined;
  readonly timezone: string;
  readonly source: Bound<"source">;
  /** The bridge is called instead of taking drops; its source then gives the calls that were accepted (`async`). */
  readonly face?: FaceSection | undefined;
  /** What identifies the source for the ratchet: protocol, host, path. */
  readonly sourceIdentity: string;
  /** What no other bridge of the appliance may have. */
  readonly claims?: readonly { readonly name: string; readonly at: Position }[];
  /** undefined: the bytes go through as they are, one message per drop. */
  readonly codec: Bound<"codec"> | undefined;
  /** Names that may lack although no data has them. */
  readonly optional: readonly string[];
  /** All top-level names that formulas of the bridge read, checked against the first batch of a drop. */
  readonly names: readonly UsedName[];
  readonly per: Per;
  readonly ways: readonly Way[];
  /** Files that come beside the records; absent = none. */
  readonly attach?: Attach;
  /** Some formula can reach the bytes of attachments: they are read into memory before mapping. */
  readonly attachContent?: boolean;
  /** Reads codes and tables anew (start of a drop); throws BridgeError. The hash goes into the journal. */
  loadTables(): { readonly tables: ReadonlyMap<string, Table>; readonly hash: string };
  readonly order:
    | { readonly by: "none" }
    | { readonly by: "drop" }
    | { readonly by: "key"; readonly key: CompiledFormula };
  readonly onDead: "hold" | "pass";
  readonly onDoubt: "resend" | "ask";
  /** undefined = nothing is expected, or the bridge names none. */
  readonly expect: Expectation | undefined;
  readonly deadline: LegalTerm | undefined;
  readonly retention: { readonly payload: number; readonly dead: number; readonly held: number };
  /** Bytes the spool may hold for this bridge. */
  readonly spoolMost: number;
  readonly answers: readonly BoundAnswer[];
  /** After the sunset what comes is refused, because its sender is told; else it is held. */
  readonly refuses?: boolean;
  /** Senders hear at once that a drop came. */
  readonly arrivals?: boolean;
  /** Options weaker than today's minimum, each allowed until a date: shown to the operator. */
  readonly exceptions?: readonly GrantedException[];
}

/** Where an answer goes, and what it is: a receipt, or one in the drop's own format. */
export interface BoundAnswer {
  readonly target: Bound<"receipts">;
  readonly as: "json" | "csv" | Bound<"acknowledger">;
}

export type { Pattern, Rec, Scope, Value };
