// The operator's policy: what lifecycles of bridges may promise. It is not the author's file; its hash stands in the
// ledger. A file that cannot be read or is wrong stops the start: falling back to another policy would loosen it silently.

import { createHash } from "node:crypto";
import type { Report } from "../bridge/tree.ts";
import { readYaml } from "../bridge/read-yaml.ts";
import { finding } from "../bridge/finding.ts";
import { checkOption } from "../options/check.ts";
import type { CheckedObject, CheckEnvironment } from "../options/checked.ts";
import { items, part, plain, texts } from "../options/checked.ts";
import { boolean, choice, date, integer, list, object, required, text } from "../options/shape.ts";
import { parsePeriod } from "../options/units.ts";
import type { Period } from "../options/units.ts";
import { DEFAULT_ZONE, localMoment } from "./dates.ts";
import { LAENDER } from "./policy-holidays.ts";
import type { Land } from "./policy-holidays.ts";
import { WEEKDAYS } from "./weekdays.ts";
import type { Weekday } from "./weekdays.ts";

export interface Policy {
  readonly longestLife: Period;
  /** Between deprecated and sunset. */
  readonly shortestNotice: Period;
  readonly extensions: { readonly most: number; readonly longest: Period };
  /** Required before the sunset of a bridge with callers. */
  readonly brownouts: number;
  readonly endDays: {
    readonly weekdays: readonly Weekday[];
    readonly holidays: boolean;
    readonly freeze: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
  };
  /** undefined = only holidays of all Länder. */
  readonly land: Land | undefined;
  readonly notbetrieb: NotbetriebPolicy;
  /** Local times (Europe/Berlin) in which nobody is told of alarms; they are gathered. */
  readonly maintenance: readonly Maintenance[];
  /** Who may approve extensions; empty = everybody but the one who asks. */
  readonly approvers: readonly string[];
  /** SHA-256 of the file; of the built-in text where there is none. */
  readonly hash: string;
}

/** `2027-10-05T22:00`; a date alone means its 10:00, as everywhere. */
export interface Maintenance {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface NotbetriebPolicy {
  /** Reason codes, one of which each use has to name. */
  readonly reasons: readonly string[];
  /** How often one bridge may be opened after its sunset. */
  readonly most: number;
  /** Between the end of one use and the begin of the next. */
  readonly pause: Period;
}

/** Where a policy names none. */
export const NOTBETRIEB_REASONS: readonly string[] = ["frist", "ausfall-nachfolger", "nachlieferung", "sonstiges"];

const PERIOD = /^P(?=\d)(?:\d{1,3}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,5}D)?$/;
const period = (doc: string, value: string) =>
  text(doc, { pattern: PERIOD, patternHint: "a period such as P36M, P180D or P1Y", default: value });

export const policyShape = required(
  object(
    {
      policy: required(choice(["1"], "version of this format", { example: "1" })),
      longestLife: period("longest time from started to sunset", "P36M"),
      shortestNotice: period("shortest time from deprecated to sunset", "P180D"),
      extensions: object(
        {
          most: integer("how often a bridge can be extended", { default: 2, least: 0, most: 10 }),
          longest: period("longest time that one extension adds", "P90D"),
        },
        "how far an end can be moved by approval",
      ),
      brownouts: integer("planned interruptions required before the sunset of a bridge with callers", {
        default: 1,
        least: 0,
        most: 100,
      }),
      endDays: object(
        {
          weekdays: list(choice(WEEKDAYS, "day of the week"), "days of the week on which a bridge may end", {
            example: "[tuesday, wednesday, thursday]",
          }),
          holidays: boolean("whether a bridge may end on a public holiday", { default: false }),
          freeze: list(
            object({
              from: required(date("first day")),
              to: required(date("last day")),
              reason: required(text("why nothing may change in this time", { example: "Jahreswechsel" })),
            }),
            "times in which nothing may end",
          ),
        },
        "on which days a bridge may end",
      ),
      land: choice(LAENDER, "Land whose public holidays count; without it those of all Länder"),
      notbetrieb: object(
        {
          reasons: list(
            text("reason code", {
              pattern: /^[a-z][a-z0-9-]{0,39}$/,
              patternHint: "a code such as ausfall-nachfolger",
            }),
            `reason codes, one of which each use names; without it ${NOTBETRIEB_REASONS.join(", ")}`,
            { example: "[frist, sonstiges]", most: 50 },
          ),
          most: integer("how often one bridge may be opened after its sunset", { default: 4, least: 0, most: 100 }),
          pause: period(
            "shortest time from the end of one use to the begin of the next; P0D allows the next at once",
            "P1D",
          ),
        },
        "opening a bridge in an emergency after its sunset",
      ),
      maintenance: list(
        object({
          from: required(date("begin, local time", { time: true, example: "2027-10-05T22:00" })),
          to: required(date("end, local time, at most 7 days later", { time: true, example: "2027-10-06T02:00" })),
          reason: required(text("what is done then", { example: "Umzug des Rechenzentrums" })),
        }),
        "times in which nobody is told of alarms; what is still wrong then is told afterwards, Notbetrieb at once",
      ),
      approvers: list(
        text("person, as written in approvedBy and as they sign in to the dashboard"),
        "who may approve; without it everybody but the one who asks",
      ),
    },
    "what lifecycles of bridges may promise",
  ),
);

const BUILT_IN = new TextEncoder().encode("policy: 1\n");
const DEFAULT_WEEKDAYS: readonly Weekday[] = ["tuesday", "wednesday", "thursday"];

/** What holds where the operator gives no file. */
export function builtInPolicy(): Policy {
  const policy = readPolicy("policy", BUILT_IN, () => {});
  if (!policy) throw new Error("the built-in policy does not fit its own shape");
  return policy;
}

/** undefined after findings. */
export function readPolicy(file: string, bytes: Uint8Array, report: Report): Policy | undefined {
  let failed = false;
  const say: Report = (each) => {
    failed ||= each.severity === "error";
    // The rules are the bridge file's own; the words have to fit the file at hand.
    report({ ...each, message: each.message.replace(/\b(the|a) bridge file\b/, "$1 policy") });
  };
  const node = readYaml(file, bytes, say);
  const checked = node && checkOption(node, policyShape, "", policyEnvironment(say));
  if (failed || checked?.kind !== "object") return undefined;
  const policy = policyOf(checked, createHash("sha256").update(bytes).digest("hex"));
  for (const { from, to } of policy.endDays.freeze) {
    if (from > to) say(finding("POLICY_INVALID", checked.at, `the freeze from ${from} ends before it begins (${to})`));
  }
  for (const window of policy.maintenance) {
    const why = maintenanceFault(window);
    if (why !== undefined) say(finding("POLICY_INVALID", checked.at, why));
  }
  return failed ? undefined : policy;
}

/** So long alarms may be silent; who needs more says so twice. Seven days have an hour more where the clocks go back. */
const LONGEST_MAINTENANCE = 7 * 86_400_000 + 3_600_000;

function maintenanceFault({ from, to }: Maintenance): string | undefined {
  const length = localMoment(to, DEFAULT_ZONE) - localMoment(from, DEFAULT_ZONE);
  if (length <= 0) return `the maintenance from ${from} ends before it begins (${to})`;
  return length > LONGEST_MAINTENANCE ? `the maintenance from ${from} to ${to} is longer than 7 days` : undefined;
}

function policyOf(checked: CheckedObject, hash: string): Policy {
  const extensions = part(checked, "extensions");
  const endDays = part(checked, "endDays");
  const weekdays = texts(endDays, "weekdays") as readonly Weekday[];
  return {
    longestLife: periodOf(checked, "longestLife", "P36M"),
    shortestNotice: periodOf(checked, "shortestNotice", "P180D"),
    extensions: { most: plain<number>(extensions, "most") ?? 2, longest: periodOf(extensions, "longest", "P90D") },
    brownouts: plain<number>(checked, "brownouts") ?? 1,
    endDays: {
      weekdays: weekdays.length > 0 ? weekdays : DEFAULT_WEEKDAYS,
      holidays: plain<boolean>(endDays, "holidays") ?? false,
      freeze: spansOf(endDays, "freeze"),
    },
    notbetrieb: notbetriebOf(part(checked, "notbetrieb")),
    maintenance: spansOf(checked, "maintenance"),
    land: plain<Land>(checked, "land"),
    approvers: texts(checked, "approvers"),
    hash,
  };
}

function spansOf(checked: CheckedObject | undefined, key: string): readonly Maintenance[] {
  return items(checked, key).flatMap((item) =>
    item.kind === "object"
      ? [{ from: textOf(item, "from"), to: textOf(item, "to"), reason: textOf(item, "reason") }]
      : [],
  );
}

function notbetriebOf(checked: CheckedObject | undefined): NotbetriebPolicy {
  const reasons = texts(checked, "reasons");
  return {
    reasons: reasons.length > 0 ? reasons : NOTBETRIEB_REASONS,
    most: plain<number>(checked, "most") ?? 4,
    pause: periodOf(checked, "pause", "P1D"),
  };
}

function periodOf(checked: CheckedObject | undefined, key: string, otherwise: string): Period {
  return parsePeriod(plain<string>(checked, key) ?? otherwise) ?? { months: 0, days: 0 };
}

function textOf(checked: CheckedObject, key: string): string {
  return plain<string>(checked, key) ?? "";
}

function policyEnvironment(report: Report): CheckEnvironment {
  return {
    report,
    today: "",
    outside: false,
    compile: () => undefined,
    refuseFile: () => "a policy names no files",
    elsewhere: () => [],
    unavailable: () => undefined,
  };
}
