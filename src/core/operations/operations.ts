// What people and programs can ask of an appliance: one list for the command line, the socket and the admin API.
//
// There is one implementation over journal and engine (local.ts) and one client that speaks to the process which
// holds the state (client.ts). Every operation takes one plain object and gives plain JSON, so that both are the same.

import type { AlarmsView, AlarmView } from "../alarms/types.ts";
import type { ClockAlarm } from "../lifecycle/clock.ts";
import type { ExpectedState } from "../lifecycle/expected.ts";
import type { LifecycleOutline } from "../lifecycle/outline.ts";
import type { LifecycleRow } from "../lifecycle/state-report.ts";
import type { AttachmentState, AuditEntry, BackupMade, DeadState, DropState } from "../journal/types.ts";
import type { Stage } from "../errors.ts";
import type { AfterSunsetView } from "./after-sunset.ts";
import type { ActAsked, ActView } from "./acts.ts";
import type { ExtensionView } from "./extending.ts";
import type { SeenCaller } from "../calls/seen-callers.ts";
import type { SnapshotQuery, SnapshotView } from "../fleet/snapshot.ts";
import type { PolicyView } from "./policy-book.ts";
import type { RetirementOperations } from "./retirement-types.ts";
import type { ProgressView } from "./progress-view.ts";
import type { DriftView } from "../reload/drift.ts";
import type { Role, TokenAsked, TokenMade, TokenView } from "./roles.ts";
import type { SignedRequest } from "./sessions.ts";
import type { HandOverRequest, HandOverResult } from "./hand-over-types.ts";
import type { ShadowErase, ShadowView } from "./shadow-view.ts";

export interface DropView {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly state: DropState;
  /** null until decoding has reached the end. */
  readonly records: number | null;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly pending: number | null;
  /** ISO 8601 with offset, in the bridge's zone. */
  readonly received: string;
  readonly finished: string | null;
  readonly duplicateOf: string | null;
  readonly trouble: string | null;
  readonly settled: boolean;
  /** Its sender has been answered, or is owed none; one that a replay made out of date may be due once more. */
  readonly answered: boolean;
  readonly payload: "kept" | "purged";
}

/** A file that came beside the records. */
export interface AttachmentView {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly state: AttachmentState;
  /** How many messages have it. */
  readonly messages: number;
  /** ISO 8601 with offset, in the bridge's zone. */
  readonly received: string;
  readonly duplicateOf: string | null;
  readonly settled: boolean;
  readonly payload: "kept" | "purged";
}

export interface DeadView {
  readonly id: string;
  readonly bridge: string;
  readonly drop: string;
  readonly dropName: string;
  /** First and last record it stands for. */
  readonly record: number;
  readonly last: number;
  readonly line: number;
  readonly stage: Stage;
  readonly code: string;
  readonly message: string;
  /** The same for clerks, in German, as receipts say it. */
  readonly reason: string;
  readonly hint: string;
  readonly attempts: number;
  readonly state: DeadState;
  readonly created: string;
  /** End of the legal term of its drop (`deadline`), 24:00 as 00:00 of the next day; null where the bridge names none. */
  readonly due: string | null;
  /** When its payload is erased at the latest; null where it is gone or the bridge is not loaded. */
  readonly erased: string | null;
  readonly closedBy: string | null;
  readonly closedReason: string | null;
}

/** A server that a bridge speaks to, as the last call to it found it. */
export interface ServerView {
  readonly role: "source" | "target" | "receipts";
  /** host:port, or origin. */
  readonly server: string;
  readonly up: boolean;
  /** ISO 8601, when it became so; null = since this process began. */
  readonly since: string | null;
  readonly code: string | null;
}

/** What should have come (`expect`). Times are ISO 8601 with offset, in the bridge's zone. */
export interface ExpectedView {
  /** `waiting`: the first time is still to come. `small`, `large`: it came with oddly few or many records. */
  readonly state: ExpectedState | "waiting";
  /** The time that this is about, and the next one. */
  readonly by: string;
  readonly next: string;
  /** When the first drop of it came; null = none did. */
  readonly first: string | null;
  readonly drops: number;
  readonly records: number;
}

export interface BridgeView {
  readonly bridge: string;
  readonly title: string;
  /** The legacy system's name; empty where the file of the bridge is not known. */
  readonly system: string;
  /** `kommune:musterstadt`, as the operator says; in order. */
  readonly tags: readonly string[];
  readonly lifecycle: string;
  readonly paused: boolean;
  readonly drops: number;
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly pending: number;
  readonly openDead: number;
  /** ISO 8601, when the oldest of these was made; null = there is none. */
  readonly oldestDead: string | null;
  readonly held: number;
  readonly spoolBytes: number;
  /** Files beside the records, by what became of them; null where the bridge has none. */
  readonly attachments: { readonly waiting: number; readonly joined: number; readonly unassigned: number } | null;
  /** Empty where no engine runs, or before the first call. */
  readonly servers: readonly ServerView[];
  /** What it waits for, or why it does not run: one line without values; null = runs. */
  readonly trouble: string | null;
  /** A file that still grows, or drops that wait for the end of their term, and until when; no trouble. */
  readonly term: string | null;
  /** null = nothing is expected of it. */
  readonly expected: ExpectedView | null;
}

/** Longest page of a list. */
export const MOST_PAGE = 1_000;

export interface PageRequest {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface DropQuery extends PageRequest {
  readonly bridge?: string | undefined;
  readonly state?: DropState | undefined;
  /** Then `after` means older than that one. */
  readonly newestFirst?: boolean | undefined;
}

export interface AttachmentQuery extends PageRequest {
  readonly bridge?: string | undefined;
  readonly state?: AttachmentState | undefined;
}

export interface DeadQuery extends PageRequest {
  readonly bridge?: string | undefined;
  readonly drop?: string | undefined;
  readonly state?: DeadState | undefined;
}

export interface ReplayRequest {
  readonly ids: readonly string[];
  readonly actor: string;
  /** Decode and map again, compare, send nothing. */
  readonly dryRun: boolean;
  /** Go on although the mapping changed since the drops were taken. */
  readonly confirmChanged?: boolean | undefined;
  /** Send again also what may have arrived the first time (DELIVERY_UNSURE). */
  readonly confirmUnsure?: boolean | undefined;
}

export interface ReplayItem {
  readonly id: string;
  readonly bridge: string;
  /** What it ended in, or would end in (a dry run says `would-deliver`). */
  readonly outcome: "delivered" | "would-deliver" | "skipped" | "dead" | "needs-confirmation" | "payload-gone";
  /** Code and message before and after; after is null where it would be (or was) delivered or nothing was tried. */
  readonly before: { readonly code: string; readonly message: string };
  readonly after: { readonly code: string; readonly message: string } | null;
}

export interface ReplayResult {
  readonly items: readonly ReplayItem[];
  /** Files of bridge folders that differ from what the drops were taken under. */
  readonly changed: readonly { readonly bridge: string; readonly file: string }[];
  readonly versions: readonly { readonly bridge: string; readonly before: string; readonly now: string }[];
}

export interface AuditView extends AuditEntry {
  readonly seq: number;
  readonly hash: string;
}

export interface AuditVerdict {
  readonly entries: number;
  readonly head: string;
  readonly broken: { readonly seq: number; readonly why: string } | null;
}

export interface LifecycleView {
  readonly rows: readonly LifecycleRow[];
  readonly alarm: ClockAlarm | null;
  /** The trusted time, ISO 8601. */
  readonly now: string;
}

export interface NotbetriebView {
  readonly bridge: string;
  readonly stage: 1 | 2;
  /** ISO 8601. */
  readonly from: string;
  readonly until: string;
  readonly reason: string;
  readonly ticket: string;
  /** How often the bridge was opened so far, this time included. */
  readonly uses: number;
}

export interface OutlinesView {
  readonly bridges: readonly LifecycleOutline[];
  /** The trusted time, ISO 8601. */
  readonly now: string;
}

export type { BackupMade };
export type { HandOverRequest, HandOverResult } from "./hand-over-types.ts";
export { ROLES } from "./roles.ts";
export type { Role, TokenView } from "./roles.ts";

export interface Actor {
  readonly actor: string;
}

export interface Operations extends RetirementOperations {
  bridges(query: { readonly bridge?: string | undefined }): Promise<readonly BridgeView[]>;
  drops(query: DropQuery): Promise<readonly DropView[]>;
  /** DROP_UNKNOWN */
  drop(query: { readonly id: string }): Promise<DropView>;
  attachments(query: AttachmentQuery): Promise<readonly AttachmentView[]>;
  dead(query: DeadQuery): Promise<readonly DeadView[]>;
  /** DEAD_LETTER_UNKNOWN */
  deadLetter(query: { readonly id: string }): Promise<DeadView>;
  /** Values; for the role clearing, with a ticket; every look is audited. null once erased. */
  deadDetail(query: Actor & { readonly id: string; readonly ticket: string }): Promise<string | null>;
  /** CONFIRMATION_NEEDED where the mapping changed and the request does not say that this is meant. */
  replay(request: ReplayRequest, onProgress?: (done: number) => void): Promise<ReplayResult>;
  /** The whole drop once more as a new one, with new keys. DROP_UNKNOWN, PAYLOAD_PURGED */
  takeAgain(request: Actor & { readonly id: string }): Promise<DropView>;
  dismiss(
    request: Actor & { readonly ids: readonly string[]; readonly reason: string },
  ): Promise<{ readonly dismissed: number }>;
  pause(request: Actor & { readonly bridge: string; readonly ticket: string }): Promise<void>;
  resume(request: Actor & { readonly bridge: string; readonly ticket: string }): Promise<void>;
  /**
   * Takes held drops out into files for the successor; they are never delivered from here afterwards. Not in the admin API: values would
   * leave through it. HAND_OVER_FAILED, NOTBETRIEB_REFUSED
   */
  handOver(request: HandOverRequest): Promise<HandOverResult>;
  /** Opens a bridge for 24 h after its sunset. NOTBETRIEB_REFUSED where its state or the policy do not allow it. */
  notbetrieb(
    request: Actor & { readonly bridge: string; readonly reason: string; readonly ticket: string },
  ): Promise<NotbetriebView>;
  /**
   * The second stage: up to 14 days from the begin. APPROVAL_NEEDED unless another person of the role approver asks, so whoever calls it
   * must have seen who that is; the socket, where anybody may write any name, does not answer it.
   */
  notbetriebConfirm(
    request: Actor & { readonly bridge: string; readonly roles: readonly Role[] },
  ): Promise<NotbetriebView>;
  /** For whoever decides what becomes of a bridge that has ended. */
  afterSunset(query: { readonly bridge: string }): Promise<AfterSunsetView>;
  /** Where the policy's file is looser than what holds. */
  policy(query: Readonly<Record<string, never>>): Promise<PolicyView>;
  /** To which day the end of a bridge can be moved, and what was approved so far. BRIDGE_UNKNOWN */
  extension(query: { readonly bridge: string }): Promise<ExtensionView>;
  /** Acts of two persons (acts.ts), newest first; whoever asks for one or confirms it must have been seen to be that person. */
  acts(query: Readonly<Record<string, never>>): Promise<readonly ActView[]>;
  askForAct(request: ActAsked): Promise<ActView>;
  confirmAct(request: Actor & { readonly id: string; readonly roles: readonly Role[] }): Promise<ActView>;
  withdrawAct(request: Actor & { readonly id: string }): Promise<ActView>;
  notbetriebEnd(request: Actor & { readonly bridge: string }): Promise<NotbetriebView>;
  lifecycle(query: Readonly<Record<string, never>>): Promise<LifecycleView>;
  /** Every bridge with all its dates, by name: what the calendar is made of. */
  outlines(query: Readonly<Record<string, never>>): Promise<OutlinesView>;
  confirmClock(request: Actor): Promise<void>;
  /** What is wrong since when, who sees to it, and what will run out. */
  alarms(query: Readonly<Record<string, never>>): Promise<AlarmsView>;
  /** ALARM_UNKNOWN */
  takeOver(request: Actor & { readonly key: string }): Promise<AlarmView>;
  /** Somebody signed in to the dashboard, or out of it. */
  signed(request: SignedRequest): Promise<void>;
  audit(query: {
    readonly after?: number | undefined;
    readonly limit?: number | undefined;
    readonly bridge?: string | undefined;
    /** Then `after` means older than that one. */
    readonly newestFirst?: boolean | undefined;
  }): Promise<readonly AuditView[]>;
  auditVerify(query: Readonly<Record<string, never>>): Promise<AuditVerdict>;
  /** Signs the head, so that what is exported can be compared later. */
  auditCheckpoint(request: Actor): Promise<{ readonly publicKey: string }>;
  /** While it runs; BACKUP_FAILED, STATE_BUSY. Not in the admin API: with payload, values would leave through it. */
  backup(
    request: Actor & { readonly target: string; readonly payload: boolean },
    onProgress?: (done: number) => void,
  ): Promise<BackupMade>;
  tokens(query: Readonly<Record<string, never>>): Promise<readonly TokenView[]>;
  /** The only time that the token itself is seen. */
  tokenNew(request: Actor & TokenAsked): Promise<TokenMade>;
  tokenRevoke(request: Actor & { readonly name: string }): Promise<void>;
  /** What the appliance says of itself to a view over many. */
  snapshot(query: SnapshotQuery): Promise<SnapshotView>;
  /** Who called which bridge, by `by:name`, in order. */
  callers(query: PageRequest & { readonly bridge?: string | undefined }): Promise<readonly SeenCaller[]>;
  /** BRIDGE_UNKNOWN */
  progress(query: { readonly bridge: string }): Promise<ProgressView>;
  /** What runs, beside what lies on the disk. BRIDGE_UNKNOWN */
  drift(query: { readonly bridge: string }): Promise<DriftView>;
  /** null = the bridge compares nothing with its successor. BRIDGE_UNKNOWN */
  shadow(query: { readonly bridge: string }): Promise<ShadowView | null>;
  shadowErase(request: ShadowErase): Promise<void>;
}

/** What only persons do, whom the socket cannot know. */
type Personal = "notbetriebConfirm" | "askForAct" | "confirmAct" | "withdrawAct" | "signed";
/** What the socket may be asked. */
export type OperationName = Exclude<keyof Operations, Personal>;

/** Which operations the socket answers. The list is closed: a name from outside is looked up here and nowhere else. */
export const OPERATION_NAMES = [
  "bridges",
  "drops",
  "drop",
  "attachments",
  "dead",
  "deadLetter",
  "deadDetail",
  "replay",
  "takeAgain",
  "dismiss",
  "pause",
  "resume",
  "handOver",
  "notbetrieb",
  "notbetriebEnd",
  "afterSunset",
  "extension",
  "policy",
  "acts",
  "retire",
  "certificates",
  "certificate",
  "report",
  "lifecycle",
  "outlines",
  "confirmClock",
  "alarms",
  "takeOver",
  "audit",
  "auditVerify",
  "auditCheckpoint",
  "backup",
  "tokens",
  "tokenNew",
  "tokenRevoke",
  "callers",
  "snapshot",
  "progress",
  "drift",
  "shadow",
  "shadowErase",
] as const satisfies readonly OperationName[];
