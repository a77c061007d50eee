// What travels: a chunk of a drop to a worker, its outcomes back.

import type { MemberInfo, Rec } from "../contract.ts";
import { BridgeError, type Code, type Stage } from "../errors.ts";
import type { DropRow, NewDeadLetter } from "../journal/types.ts";
import type { DropFacts } from "../pipeline/map-unit.ts";
import type { Unit } from "../pipeline/unit.ts";

export interface ChunkJob {
  readonly bridge: string;
  /** Of the bridge folder that the drop is pinned to: the worker runs this one or none. */
  readonly version: string;
  readonly drop: DropRow;
  readonly identity: string;
  readonly facts: Omit<DropFacts, "tables" | "payload">;
  /** First record of the chunk. */
  readonly first: number;
  /** Ordered bridges: which part of the chunk. */
  readonly part: number;
  /** All of it, the finished ones too: batches are made of all. */
  readonly units: readonly SentUnit[];
  /** By unit; undefined = the bridge has no order. */
  readonly lanes: readonly number[] | undefined;
  /** First records of units that are finished, or that wait behind a dead letter. */
  readonly done: readonly number[];
  /** Batches that were refused whole: their halves go. */
  readonly splits: readonly (readonly [number, number])[];
  /** Of the drop's span, where there are traces. */
  readonly traceparent?: string | undefined;
  /** Some of it may have been sent before, with the same keys. */
  readonly mayRepeat: boolean;
}

export interface SentUnit {
  readonly first: number;
  readonly last: number;
  readonly line: number;
  readonly end: number;
  readonly records: readonly Rec[];
  readonly fault?: SentError | undefined;
  readonly member?: MemberInfo | undefined;
}

export interface SentError {
  readonly code: Code;
  readonly message: string;
  readonly stage: Stage | undefined;
  readonly detail: string | undefined;
  readonly facts: BridgeError["facts"];
}

/** How a unit ended; a dead letter stands for one. */
export type SentEnding = "delivered" | "skipped" | NewDeadLetter;

export interface ChunkOutcome {
  /** By first record of the unit. What is not in it has not ended. */
  readonly ended: ReadonlyMap<number, SentEnding>;
  /** Batches that were refused whole: to be noted before their halves go. */
  readonly splits: readonly (readonly [number, number])[];
  /** Rules that remarked, and how often. */
  readonly notices: ReadonlyMap<string, number>;
  /** It was stopped before its end: what has not ended may have been sent all the same. */
  readonly cut?: boolean;
  /** The target is away: why. */
  readonly away: string | undefined;
  /** A worker gave it back without having begun. */
  readonly lacks?: "version" | undefined;
}

export function sentUnit({ first, last, line, end, records, fault, member }: Unit): SentUnit {
  return {
    first,
    last,
    line,
    end,
    records,
    ...(fault && { fault: sentError(fault) }),
    ...(member && { member: { name: member.name } }),
  };
}

/** Units of one file of an archive share its member again, as they did where they were decoded. */
export function receivedUnits(units: readonly SentUnit[]): readonly Unit[] {
  const members = new Map<string | undefined, MemberInfo>();
  const shared = (member: MemberInfo): MemberInfo => {
    const known = members.get(member.name) ?? member;
    members.set(member.name, known);
    return known;
  };
  return units.map(({ fault, member, ...unit }) => ({
    ...unit,
    fault: fault && new BridgeError(fault.code, fault.message, fault),
    member: member && shared(member),
  }));
}

function sentError({ code, message, stage, detail, facts }: BridgeError): SentError {
  return { code, message, stage, detail, facts };
}
