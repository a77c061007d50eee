// Who is needed now: what did not come, legal terms, Notbetrieb, each with the time that is left.

import { expect, it } from "vitest";
import { acuteOf } from "../../src/core/http/dashboard/acute.ts";
import { createFacts } from "../../src/core/http/dashboard/facts.ts";
import { createScreen } from "../../src/core/http/dashboard/screen.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import { bridgeView, deadView, lifecycleRow } from "./dashboard-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const by = "2027-11-22T06:00:00+01:00";
const missing = { by, next: "2027-11-23T06:00:00+01:00", first: null, drops: 0, records: 0, state: "missing" } as const;
const small = { ...missing, first: by, drops: 1, records: 12, state: "small" } as const;
const notbetriebUntil = "2027-11-23T05:00:00+01:00";
const erased = "2027-12-20T08:00:00+01:00";

const operations = {
  bridges: async () => [
    bridgeView({ bridge: "a", title: "A", openDead: 0, expected: missing }),
    bridgeView({ bridge: "b", title: "B", openDead: 0, expected: small }),
    bridgeView({ bridge: "c", title: "C", openDead: 0, expected: { ...small, state: "here" } }),
    bridgeView({ bridge: "d", title: "D", openDead: 2 }),
    bridgeView({ bridge: "e", title: "E", openDead: 0, lifecycle: "notbetrieb", held: 3 }),
    bridgeView({ bridge: "f", title: "F", openDead: 1 }),
  ],
  lifecycle: async () => ({
    rows: [lifecycleRow({ bridge: "e", state: "notbetrieb", sunset: "2027-11-18", notbetriebUntil })],
    alarm: null,
    now: NOW,
  }),
  dead: async () => [
    deadView({ bridge: "d", due: "2027-11-23T00:00:00+01:00", erased }),
    deadView({ bridge: "f", due: "2027-11-20T00:00:00+01:00", erased }),
  ],
  drops: async () => [],
  outlines: async () => ({ bridges: [], now: NOW }),
  alarms: async () => ({ alarms: [], channels: [], runningOut: [] }),
} as unknown as Operations;

it.each([
  ["de", ["Frist ist abgelaufen", "Frist läuft ab", "Notbetrieb bis 23.11.", "Nichts eingegangen", "Auffällig klein"]],
  ["en", ["Legal term is over", "Legal term runs out", "Emergency opening until", "Nothing came", "Oddly small"]],
] as const)("goes by the time that is left (%s)", async (language, says) => {
  const screen = createScreen({ language, csrf: "", address: "/" });
  const rows = acuteOf(await createFacts(operations).read(), screen);
  expect(rows.map(({ key }) => key)).toEqual(["f/term", "d/term", "e/notbetrieb", "a/missing", "b/small"]);
  expect(rows.map(({ left }) => left === undefined || Math.sign(left))).toEqual([-1, 1, 1, true, true]);
  expect(rows.map(({ what }, at) => what.includes(says[at]!) || what)).toEqual(rows.map(() => true));
  expect(rows[4]?.detail).toContain("12");
});
