// Extending a bridge by two persons: what can be chosen, what was approved, and the lines for the bridge file. The ledger remembers what
// was approved; states, calendar and certificate follow from it as from the file.

import { stringify } from "yaml";
import type { LoadedBridge } from "../bridge/types.ts";
import { BridgeError } from "../errors.ts";
import { dateIn, daysBetween } from "../lifecycle/dates.ts";
import { daysFor, refusalsOf } from "../lifecycle/extension-rules.ts";
import type { Asked } from "../lifecycle/extension-rules.ts";
import { notInFile, withApproved } from "../lifecycle/extensions.ts";
import type { Extension } from "../lifecycle/extensions.ts";
import { enterExtension, readLedger } from "../lifecycle/ledger.ts";
import type { LedgerEntry } from "../lifecycle/ledger.ts";
import type { Policy } from "../lifecycle/policy.ts";
import { endOf } from "../lifecycle/state.ts";
import type { InTurn } from "../turns.ts";
import { bridgeNamed } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";

export interface ExtensionView {
  readonly bridge: string;
  /** The day on which it ends now, extensions included. */
  readonly end: string;
  readonly used: number;
  /** Of the policy: how many, how long one may be, on which days, and times in which nothing ends. */
  readonly most: number;
  readonly longest: Policy["extensions"]["longest"];
  readonly weekdays: readonly string[];
  readonly holidays: boolean;
  readonly freeze: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
  /** First and last day that can be chosen; null = none can. */
  readonly days: { readonly earliest: string; readonly latest: string } | null;
  /** Why none can. */
  readonly refused: { readonly code: string; readonly message: string } | null;
  readonly extensions: readonly (Extension & { readonly inFile: boolean })[];
  /** What belongs under `lifecycle:` of the file, where it lacks one; empty = it has all. */
  readonly lines: string;
  /** Whether persons are known here, so that two can extend it. */
  readonly twoPersons: boolean;
}

export interface ExtensionAsked extends Asked {
  readonly bridge: string;
}

export interface Extending {
  /** BRIDGE_UNKNOWN */
  view(query: { readonly bridge: string }): Promise<ExtensionView>;
  /** Answers by how many days the end would move. Throws what a bridge file would be refused for. */
  check(asked: Omit<ExtensionAsked, "on">): Promise<number>;
  /** The day that it is by the trusted clock where the bridge is. */
  today(bridge: string): Promise<string>;
  /** Enters what two persons approved, once; `on` is the day on which it was. Throws what a bridge file would be refused for. */
  enter(approved: Extension & { readonly bridge: string }, audit: ExtensionAudit): Promise<void>;
}

interface ExtensionAudit {
  readonly actor: string;
  readonly act: string;
  readonly ticket: string;
}

interface Deps extends Pick<LocalDeps, "journal" | "bridges" | "watch" | "policy" | "persons" | "log"> {
  /** Shared with whatever else writes the ledger. */
  readonly inTurn: InTurn;
}

interface Seen {
  readonly bridge: LoadedBridge;
  readonly entry: LedgerEntry | undefined;
  readonly approved: readonly Extension[];
  readonly today: string;
  readonly now: number;
}

export function createExtending(deps: Deps): Extending {
  async function see(name: string): Promise<Seen> {
    const bridge = bridgeNamed(await deps.bridges(), name);
    const entry = (await readLedger(deps.journal)).get(name);
    const now = (await deps.watch()).now();
    return { bridge, entry, approved: entry?.approved ?? [], today: dateIn(now, bridge.timezone), now };
  }

  async function allow({ bridge, entry, approved }: Seen, asked: Asked): Promise<LedgerEntry> {
    if (entry === undefined) throw refused("this bridge has never run on this state, so nothing is known of its end");
    if (entry.retiredAt !== undefined) throw refused("this bridge was retired; what is retired has no other end");
    const [why] = refusalsOf(bridge.lifecycle, approved, asked, await deps.policy(), asked.on);
    if (why !== undefined) throw why;
    return entry;
  }

  return {
    view: async ({ bridge }) => viewOf(await see(bridge), await deps.policy(), deps.persons === true),
    today: async (bridge) => (await see(bridge)).today,
    async check({ bridge, ...asked }) {
      const seen = await see(bridge);
      await allow(seen, { ...asked, on: seen.today });
      return daysBetween(endNow(seen), asked.to);
    },
    enter: async ({ bridge: name, ...extension }, { actor, act, ticket }) =>
      await deps.inTurn(async () => {
        const seen = await see(name);
        const { approved, now } = seen;
        // Cut between ledger and act: it stands there already.
        if (approved.some(({ to, on }) => to === extension.to && on === extension.on)) return;
        const entry = await allow(seen, extension);
        const { to, reason, on } = extension;
        await enterExtension(deps.journal, entry, extension, {
          at: now,
          actor,
          facts: { to, on, reason, ticket, act },
        });
        const watch = await deps.watch();
        await watch.refresh();
        // Faces, sources and the trail know of the new end at once, and not only at the next tick.
        await watch.tick();
        deps.log?.("warn", "lifecycle.extended", { bridge: name, to });
      }),
  };
}

function endNow({ bridge, approved }: Seen): string {
  return endOf(withApproved(bridge.lifecycle, approved));
}

function refused(message: string): BridgeError {
  return new BridgeError("LIFECYCLE_EXTENSION", message);
}

function viewOf(seen: Seen, policy: Policy, twoPersons: boolean): ExtensionView {
  const { bridge, entry, approved, today } = seen;
  const { lifecycle } = bridge;
  const { extensions } = withApproved(lifecycle, approved);
  const days =
    entry?.retiredAt === undefined
      ? daysFor(lifecycle, approved, policy, today)
      : refused("this bridge was retired; what is retired has no other end");
  const none = days instanceof BridgeError ? days : undefined;
  const lacking = notInFile(lifecycle, approved);
  return {
    bridge: bridge.name,
    end: endNow(seen),
    used: extensions.length,
    most: policy.extensions.most,
    longest: policy.extensions.longest,
    weekdays: policy.endDays.weekdays,
    holidays: policy.endDays.holidays,
    freeze: policy.endDays.freeze.filter(({ to }) => to >= today),
    days: days instanceof BridgeError ? null : days,
    refused: none === undefined ? null : { code: none.code, message: none.message },
    extensions: extensions.map((one) => ({ ...one, inFile: !lacking.includes(one) })),
    lines: lacking.length === 0 ? "" : linesFor(extensions),
    twoPersons,
  };
}

/** All of them, as they stand in a bridge file, two spaces in, since they belong into `lifecycle:`. */
function linesFor(extensions: readonly Extension[]): string {
  const plain = extensions.map(({ to, reason, requestedBy, approvedBy, on }) => ({
    to,
    reason,
    requestedBy,
    approvedBy,
    on,
  }));
  return stringify({ extensions: plain }, { lineWidth: 0 }).trimEnd().replaceAll(/^/gm, "  ");
}
