// Alarms as operations answer them: plain JSON.

import type { TroubleKind } from "./troubles.ts";

export interface AlarmView {
  /** Of this alarm alone: when the same trouble comes back, it is another one. */
  readonly key: string;
  /** The trouble that it is about, as the dashboard derives it, too. */
  readonly trouble: string;
  readonly kind: TroubleKind;
  /** null = the appliance's own. */
  readonly bridge: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** When people were told last, and how often; null = not yet. */
  readonly told: { readonly at: string; readonly times: number } | null;
  /** null = nobody yet. */
  readonly takenOver: { readonly by: string; readonly at: string } | null;
}

/** What tells people: a webhook, a mail server. */
export interface ChannelView {
  readonly channel: "webhook" | "mail";
  /** Since when it does not take what is sent, and why (a code, no values); null = it does. */
  readonly failing: { readonly since: string; readonly code: string } | null;
  /** Messages that wait. */
  readonly waiting: number;
}

/** Something with an end of its own, beside the bridge's. */
export interface RunningOut {
  /** null = the appliance's own. */
  readonly bridge: string | null;
  readonly of: "certificate" | "exception" | "support";
  /** Name of the file, address of the server that showed it, path of the option, or the legacy system. */
  readonly what: string;
  /** ISO 8601: a day, or a moment for certificates. */
  readonly until: string;
}

export interface AlarmsView {
  /** Oldest first. */
  readonly alarms: readonly AlarmView[];
  /** Those that are configured. */
  readonly channels: readonly ChannelView[];
  /** Fields of the policy that became looser and that two persons have not confirmed. */
  readonly loosened?: number;
  /** Soonest first, however far away. */
  readonly runningOut: readonly RunningOut[];
}
