// What people are told: one thing each. A mail gathers several, a webhook gets each by itself.

import type { Trouble } from "../alarms/troubles.ts";
import type { Language } from "../http/pages/docs-words.ts";

interface About {
  /** Of this telling alone: who makes it again makes the same. */
  readonly id: string;
  /** null = the appliance's own. */
  readonly bridge: string | null;
  /** The bridge's, as its author wrote it: not to be trusted. */
  readonly title: string;
  /** Mail addresses; none = only the webhook hears of it. */
  readonly to: readonly string[];
}

export type What =
  | {
      readonly kind: "alarm";
      /** `escalated`: nobody took it over for a day, so the deputy hears of it, too. */
      readonly stage: "begun" | "escalated" | "repeated";
      readonly trouble: Trouble;
      /** Milliseconds. */
      readonly since: number;
    }
  /** It came and went while nobody was told because of maintenance. */
  | {
      readonly kind: "over";
      readonly was: Readonly<Record<Language, string>>;
      readonly since: number;
      readonly until: number;
    }
  /** `days`: calendar days to the end, a date. */
  | { readonly kind: "sunset"; readonly end: string; readonly days: number; readonly successor: string | null }
  | {
      readonly kind: "notbetrieb";
      readonly stage: "begun" | "confirmed" | "ended";
      readonly until: number;
      /** One of the policy's codes. */
      readonly reason: string;
      /** How often it was opened so far. */
      readonly uses: number;
    }
  /** Records of open dead letters, and when the first of them are erased. */
  | { readonly kind: "erasure"; readonly records: number; readonly first: string }
  | { readonly kind: "test" };

export type Item = About & What;
export type ItemKind = Item["kind"];
