// `expect`: what should come, and how much of it.

import type { Expectation } from "../lifecycle/expected.ts";
import type { Land } from "../lifecycle/policy-holidays.ts";
import { WEEKDAYS } from "../lifecycle/weekdays.ts";
import type { Weekday } from "../lifecycle/weekdays.ts";
import { items, part, plain, texts } from "../options/checked.ts";
import type { Checked, CheckedObject } from "../options/checked.ts";
import { choice, either, integer, list, object, required, text } from "../options/shape.ts";
import { finding } from "./finding.ts";
import type { Report } from "./tree.ts";

export const expectShape = object(
  {
    by: required(
      text("time of the day, in the bridge's zone, by which something should have come", {
        pattern: /^(?:[01]\d|2[0-3]):[0-5]\d$/,
        patternHint: "a time such as 06:00",
        example: '"06:00"',
      }),
    ),
    on: either(
      [
        choice(["daily", "workdays"], "every day, or Monday to Friday without public holidays"),
        list(choice(WEEKDAYS, "day of the week"), "only on these days", { example: "[monday, thursday]", most: 7 }),
      ],
      "on which days",
      { default: "daily", example: "workdays" },
    ),
    records: list(integer("number of records", { least: 0 }), "how many records are neither oddly few nor oddly many", {
      example: "[500, 5000]",
      most: 2,
    }),
  },
  "what did not come, or came oddly small, is an alarm",
);

/** undefined where the bridge expects nothing, or after a finding. */
export function readExpectation(
  engine: CheckedObject,
  land: Land | undefined,
  report: Report,
): Expectation | undefined {
  const expect = part(engine, "expect");
  const by = plain<string>(expect, "by");
  if (!expect || by === undefined) return undefined;
  const given = expect.entries.get("records");
  const counts = items(expect, "records").flatMap((item) => (item.kind === "value" ? [Number(item.value)] : []));
  const [least = 0, most = 0] = counts;
  if (given && (counts.length !== 2 || least > most)) {
    const isTwo = counts.length === 2;
    const got = isTwo
      ? "the first is greater than the second"
      : `there ${counts.length === 1 ? "is" : "are"} ${counts.length}`;
    const message = `expect.records has to be two numbers, the fewest and the most records that are nothing odd, and ${got}`;
    report(finding("WRONG_VALUE", given.at, message, { hint: "records: [500, 5000]" }));
    return undefined;
  }
  return { by, on: daysOf(expect.entries.get("on"), expect), land, records: given ? { least, most } : undefined };
}

function daysOf(on: Checked | undefined, expect: CheckedObject): Expectation["on"] {
  if (on?.kind === "value") return on.value === "workdays" ? "workdays" : "daily";
  const named = texts(expect, "on") as readonly Weekday[];
  return named.length > 0 ? named : "daily";
}
