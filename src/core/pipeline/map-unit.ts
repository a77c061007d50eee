// One unit → one message, a skip, or a failure. Synchronous and without side effects: the same unit gives the same result
// on every attempt and on every thread.

import { requestBehind } from "../calls/call-record.ts";
import type { Attachment, FileInfo, MemberInfo, Rec, Scope, Table, Value } from "../contract.ts";
import { asBridgeError, BridgeError, formatPosition } from "../errors.ts";
import { truthy } from "../mapping/formula/runtime.ts";
import type { LoadedBridge, NamedAttachment, Way } from "../bridge/types.ts";
import type { ValidationFinding, Validator } from "../mapping/types.ts";
import type { Unit } from "./unit.ts";

/** What all messages of a drop share. */
export interface DropFacts {
  readonly file: FileInfo;
  readonly bridge: string;
  readonly received: number;
  readonly dropIdentity: string;
  readonly timezone: string;
  readonly tables: ReadonlyMap<string, Table>;
  /** The drop as a file that goes with a message; absent where none goes. */
  readonly payload?: Attachment | undefined;
}

export interface Message {
  readonly unit: Unit;
  readonly way: Way;
  readonly body: string;
  /** The same as UTF-8, where it was written so. */
  readonly bytes?: Uint8Array;
  readonly scope: Scope;
  /** Files that go with it; absent = none. */
  readonly enclosures?: readonly NamedAttachment[];
  /** What a rule set remarks without keeping the message back; absent = nothing. */
  readonly notices?: readonly ValidationFinding[];
  /** Nobody looks at it any more: its memory may be used again. */
  release?(): void;
}

export type MapResult =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "skipped"; readonly unit: Unit; readonly reason: string }
  | { readonly kind: "dead"; readonly unit: Unit; readonly error: BridgeError };

/** A way with its validators opened. */
export interface OpenWay {
  readonly way: Way;
  readonly validators: readonly Validator[];
}

export type BatchTag = Scope["batch"];

/** `$file` of a packed drop has the name of the file inside; size, hash and time stay those of what was dropped. */
export function fileOf(file: FileInfo, member: MemberInfo | undefined): FileInfo {
  if (member === undefined) return file;
  const known = memberFiles.get(member);
  if (known) return known;
  const name = member.name?.slice(member.name.lastIndexOf("/") + 1) ?? file.name.replace(/\.gz$/i, "");
  const inside = { ...file, name, stem: stemOf(name) };
  memberFiles.set(member, inside);
  return inside;
}
const memberFiles = new WeakMap<MemberInfo, FileInfo>();

/** Name without its last extension. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

export function scopeFor(
  facts: DropFacts,
  record: Rec,
  index: number,
  group: readonly Rec[],
  batch: BatchTag,
  member?: MemberInfo,
  attachments?: readonly Attachment[],
): Scope {
  return {
    root: record,
    parent: record,
    n: 1,
    index,
    group,
    file: fileOf(facts.file, member),
    bridge: facts.bridge,
    batch,
    received: facts.received,
    dropIdentity: facts.dropIdentity,
    timezone: facts.timezone,
    tables: facts.tables,
    lets: [],
    attachments,
    // What is in an archive has no bytes of its own in the spool.
    payload: member === undefined ? facts.payload : undefined,
    ...requestSeen(record),
  };
}

/** The record of a call brings `$request` with it. */
function requestSeen(record: Rec): Pick<Scope, "extra"> | undefined {
  const request = requestBehind(record);
  return request && { extra: { request: request as unknown as Value } };
}

export function mapUnit(
  bridge: Pick<LoadedBridge, "name">,
  ways: readonly OpenWay[],
  unit: Unit,
  facts: DropFacts,
  batch: BatchTag,
  /** Ways whose batches end by time have a `$batch` of their own. */
  tagOf?: (way: Way) => BatchTag,
  /** What was joined to the records of the unit, by name; undefined without receive.attach. */
  attachments?: readonly Attachment[],
): MapResult {
  if (unit.fault) return { kind: "dead", unit, error: unit.fault };
  const record = unit.records[0] as Rec;
  const scope = scopeFor(facts, record, unit.first, unit.records, batch, unit.member, attachments);
  try {
    const open = chooseWay(ways, record, scope);
    if (!open)
      return dead(unit, new BridgeError("CASE_NONE", `no case of ${bridge.name} fits this record`, { stage: "map" }));
    const own = tagOf?.(open.way);
    return mapOn(open, unit, own === undefined ? scope : { ...scope, batch: own });
  } catch (cause) {
    return dead(unit, asBridgeError(cause, "map"));
  }
}

/** The same for a unit whose way is known. */
export function mapOn(open: OpenWay, unit: Unit, scope: Scope): MapResult {
  const record = scope.root;
  const { way } = open;
  if (way.skip !== undefined) return { kind: "skipped", unit, reason: way.skip };
  try {
    for (const { formula } of way.lets) scope.lets.push(formula.evaluate(record, scope));
    const body = way.template.render(record, scope) ?? emptyCall(record, way);
    if (body === undefined) return { kind: "skipped", unit, reason: "the map is empty" };
    const { error, notices } = verdictOf(open, body);
    if (error) return dead(unit, error);
    const message = { unit, way, body, scope, ...(notices.length > 0 && { notices }) };
    if (!way.attach) return { kind: "message", message };
    return { kind: "message", message: { ...message, enclosures: way.attach(record, scope) } };
  } catch (cause) {
    return dead(unit, asBridgeError(cause, "map"));
  }
}

/** Whoever asks for something without saying anything asks all the same. */
function emptyCall(record: Rec, { encode }: Way): string | undefined {
  return encode.format === "json" && requestBehind(record) ? "{}" : undefined;
}

function dead(unit: Unit, error: BridgeError): MapResult {
  return { kind: "dead", unit, error };
}

export function chooseWay(ways: readonly OpenWay[], record: Rec, scope: Scope): OpenWay | undefined {
  const call = requestBehind(record)?.call;
  for (const open of ways) {
    if (open.way.call !== undefined && open.way.call !== call) continue;
    if (open.way.when === undefined || truthy(open.way.when.evaluate(record, scope))) return open;
  }
  return undefined;
}

interface Verdict {
  readonly error: BridgeError | undefined;
  readonly notices: readonly ValidationFinding[];
}

const NO_NOTICES: readonly ValidationFinding[] = [];

export function verdictOf(open: OpenWay, body: string): Verdict {
  let notices = NO_NOTICES;
  for (const validator of open.validators) {
    const findings = validator.validate(body);
    if (findings.length === 0) continue;
    const errors = findings.filter(({ level = "error" }) => level === "error");
    const [first] = errors;
    if (first) return { error: invalid(open.way, first, errors), notices };
    notices = [...notices, ...findings];
  }
  return { error: undefined, notices };
}

function invalid(way: Way, first: ValidationFinding, all: readonly ValidationFinding[]): BridgeError {
  const made = way.template.locate(first.path);
  const by = made
    ? ` (made by ${formatPosition(made.at)}${made.formula === undefined ? "" : ` = ${made.formula}`})`
    : "";
  const more = all.length > 1 ? `; ${all.length - 1} more` : "";
  const path = (first.shown ?? first.path) || "/";
  const column = made?.formula === undefined ? undefined : plainField(made.formula);
  const { rule, undecided } = first;
  const says = undecided ? { undecided: "yes" } : { says: first.message };
  return new BridgeError(
    rule === undefined ? "SCHEMA_INVALID" : "RULE_BROKEN",
    `${path}: ${first.message}${by}${more}`,
    {
      stage: "validate",
      position: made?.at,
      detail: all.map((finding) => `${finding.path || "/"}: ${finding.detail}`).join("\n"),
      facts: {
        path,
        rule: rule ?? first.message,
        ...(rule !== undefined && says),
        ...(column === undefined ? {} : { column }),
      },
    },
  );
}

/** `FIRMA` or `` `GP-ID` ``: a formula that is one column and nothing else. */
function plainField(formula: string): string | undefined {
  const match = /^\s*(?:([\p{L}_][\p{L}\p{N}_]*)|`([^`]+)`)\s*$/u.exec(formula);
  return match?.[1] ?? match?.[2];
}
