// The lifecycle block of a bridge file: its shape, and what is refused whatever the operator's policy says.
// State is never written there; it is computed elsewhere from the dates.

import type { Report } from "../bridge/tree.ts";
import type { Lifecycle } from "../bridge/types.ts";
import { items, part, plain, texts } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import { date, either, choice, list, needed, number, object, required, text } from "../options/shape.ts";
import type { Places } from "./policy-check.ts";
import { checkBlock, EMAIL } from "./block-rules.ts";
import { placesOfBoth, withApproved } from "./extensions.ts";
import type { Extension } from "./extensions.ts";

const email = (doc: string) => text(doc, { pattern: EMAIL, patternHint: "an e-mail address (gewerbe@stadt.example)" });
const url = (doc: string) => text(doc, { pattern: /^https?:\/\/[^\s]+$/, patternHint: "a URL with https://" });
/** Free text that says something. */
export const WORDS = /\p{L}{2}/u;
const words = (doc: string, example: string) =>
  text(doc, { pattern: WORDS, patternHint: "some words", most: 2_000, example });

export const lifecycleShape = required(
  object(
    {
      legacy: required(
        object(
          {
            system: required(text("name and version of the legacy system", { example: "Gewerbe-Alt 7.2" })),
            vendor: text("who makes it"),
            contact: text("who is asked about it", { example: "hotline@altverfahren.example" }),
            endOfSupport: date("until when its vendor supports it"),
          },
          "the system on the legacy side",
          { example: "{ system: Gewerbe-Alt 7.2, contact: hotline@altverfahren.example }" },
        ),
      ),
      owner: needed(
        object(
          {
            name: needed(text("the unit that answers for the bridge", { example: "Fachdienst Gewerbe" })),
            email: needed(text("where the owner is reached", { example: "gewerbe@stadt.example" })),
            deputy: email("who is told when the owner does not answer"),
          },
          "who answers for the bridge",
          { example: "{ name: Fachdienst Gewerbe, email: gewerbe@stadt.example }" },
        ),
      ),
      reason: required(words("why the bridge exists", "Das Altverfahren kann bis zur Abloesung nur CSV ausgeben.")),
      personalData: required(
        text("number in the record of processing (Art. 30 DSGVO), or none", { example: "VVT-0815" }),
      ),
      legalBasis: list(text("provision"), "what the transfer is based on", { example: '["GewO § 14"]' }),
      successor: needed(
        either(
          [
            choice(["none"], "nothing follows; needs noSuccessorReason"),
            object({
              title: required(text("what replaces the bridge", { example: "XGewerbeanzeige-Schnittstelle" })),
              url: url("where it is"),
              guide: url("how to move there"),
            }),
          ],
          "what replaces the bridge, or none",
          { example: "{ title: …, url: https://neu.example/api }" },
        ),
      ),
      noSuccessorReason: words("with successor: none, why nothing follows", "Die Aufgabe entfällt zum Jahresende."),
      plan: needed(
        list(
          object({
            by: required(date("when it is reached")),
            goal: required(text("what is reached", { example: "Neues Verfahren im Testbetrieb" })),
            measure: object(
              {
                successorShare: number("share of the traffic that goes to the successor", {
                  least: 0,
                  most: 1,
                  example: "0.5",
                }),
              },
              "measured instead of declared",
            ),
          }),
          "milestones on the way to the successor",
          { example: "[{ by: 2027-03-31, goal: Testbetrieb }]", most: 100 },
        ),
      ),
      started: required(date("from when the bridge runs, at 10:00", { example: "2026-11-01" })),
      deprecated: required(date("from when its users are told to leave, at 10:00", { example: "2027-04-01" })),
      sunset: needed(
        text("when it ends, at 10:00: a date, which an approved extension can follow", { example: "2027-11-16" }),
      ),
      brownouts: list(
        object({ from: required(date("begin", { time: true })), to: required(date("end", { time: true })) }),
        "planned interruptions of calls, in working hours",
        { most: 100 },
      ),
      cycles: list(
        object({
          name: required(text("what happens", { example: "Jahresabschluss" })),
          period: required(
            text("how far apart", {
              pattern: /^P(?=\d)(?:\d{1,3}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,5}D)?$/,
              patternHint: "a period such as P1Y",
              example: "P1Y",
            }),
          ),
        }),
        "how rarely a caller may come and still be one",
        { most: 100 },
      ),
      extensions: list(
        object({
          to: required(date("the new end")),
          reason: required(words("why the end has to move", "Der Nachfolger verspätet sich.")),
          requestedBy: required(text("who asked", { example: "gewerbe@stadt.example" })),
          approvedBy: required(text("who approved; never the same person", { example: "it-leitung@stadt.example" })),
          on: required(date("when it was approved")),
        }),
        "later ends, each approved",
        { most: 20 },
      ),
    },
    "why this bridge may exist, who answers for it, when it ends",
  ),
);

/**
 * The block as the file has it; what is missing after findings is empty. `today` is an ISO date in the bridge's zone, `approved` are
 * extensions that two persons approved outside the file: its rules look at both together.
 */
export function readLifecycle(
  checked: CheckedObject,
  places: Places,
  today: string,
  report: Report,
  approved: readonly Extension[] = [],
): Lifecycle {
  const lifecycle = lifecycleOf(checked);
  const both = withApproved(lifecycle, approved);
  checkBlock({ lifecycle: both, checked, places: placesOfBoth(both, lifecycle, places), today, report, approved });
  return lifecycle;
}

function lifecycleOf(checked: CheckedObject): Lifecycle {
  const legacy = part(checked, "legacy");
  const owner = part(checked, "owner");
  const successor = part(checked, "successor");
  return {
    legacy: { system: textOf(legacy, "system"), ...optional(legacy, "vendor", "contact", "endOfSupport") },
    owner: { name: textOf(owner, "name"), email: textOf(owner, "email"), ...optional(owner, "deputy") },
    reason: textOf(checked, "reason"),
    personalData: textOf(checked, "personalData"),
    legalBasis: texts(checked, "legalBasis"),
    successor: successor && { title: textOf(successor, "title"), ...optional(successor, "url", "guide") },
    noSuccessorReason: plain<string>(checked, "noSuccessorReason"),
    plan: objects(checked, "plan").map((item) => {
      const share = plain<number>(part(item, "measure"), "successorShare");
      return {
        by: textOf(item, "by"),
        goal: textOf(item, "goal"),
        ...(share !== undefined && { measure: { successorShare: share } }),
      };
    }),
    started: textOf(checked, "started"),
    deprecated: textOf(checked, "deprecated"),
    sunset: textOf(checked, "sunset"),
    extensions: objects(checked, "extensions").map((item) => ({
      to: textOf(item, "to"),
      reason: textOf(item, "reason"),
      requestedBy: textOf(item, "requestedBy"),
      approvedBy: textOf(item, "approvedBy"),
      on: textOf(item, "on"),
    })),
    brownouts: objects(checked, "brownouts").map((item) => ({ from: textOf(item, "from"), to: textOf(item, "to") })),
    cycles: objects(checked, "cycles").map((item) => ({ name: textOf(item, "name"), period: textOf(item, "period") })),
  };
}

function objects(checked: CheckedObject, key: string): readonly CheckedObject[] {
  return items(checked, key).filter((item): item is CheckedObject => item.kind === "object");
}

function textOf(checked: CheckedObject | undefined, key: string): string {
  return plain<string>(checked, key) ?? "";
}

function optional<K extends string>(
  checked: CheckedObject | undefined,
  ...keys: readonly K[]
): { readonly [P in K]?: string } {
  const given = keys.flatMap((key) => {
    const value = plain<string>(checked, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(given) as { readonly [P in K]?: string };
}
