// What people can ask of a fleet at its command line: how its appliances stand, and that a broken trail was looked at.

import type { Acknowledgement, DailyHead } from "./book.ts";
import type { BreakKind } from "./chain.ts";

export interface ApplianceView {
  readonly appliance: string;
  readonly title: string;
  /** Heard within its time; false = nothing may be concluded from what it said last. */
  readonly known: boolean;
  /** ISO 8601; null = never. */
  readonly seen: string | null;
  readonly version: string | null;
  readonly policy: string | null;
  readonly bridges: number;
  /** Hexadecimal; null = nothing of it was ever in order. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
  readonly broken: BreakKind | null;
  /** Why the last attempt came to nothing. */
  readonly failure: string | null;
}

export interface FleetOperations {
  fleetAppliances(query: Readonly<Record<string, never>>): Promise<readonly ApplianceView[]>;
  /** Signed heads, the first of each day, for whoever compares an exported trail. APPLIANCE_UNKNOWN */
  fleetHeads(query: { readonly name: string }): Promise<readonly DailyHead[]>;
  /** APPLIANCE_UNKNOWN, CHAIN_UNBROKEN, CHAIN_PINNED */
  fleetAcknowledge(what: Acknowledgement): Promise<void>;
}

export const FLEET_OPERATION_NAMES = [
  "fleetAppliances",
  "fleetHeads",
  "fleetAcknowledge",
] as const satisfies readonly (keyof FleetOperations)[];
