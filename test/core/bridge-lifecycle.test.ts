// The lifecycle block against its own rules and the operator's policy; holidays by Land.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/core/bridge/read-yaml.ts";
import { placesOf } from "../../src/core/bridge/places.ts";
import type { Finding } from "../../src/core/bridge/tree.ts";
import { lifecycleShape, readLifecycle } from "../../src/core/lifecycle/block.ts";
import { checkPolicy, refuseDay } from "../../src/core/lifecycle/policy-check.ts";
import { easterSunday, holidayOn, LAENDER } from "../../src/core/lifecycle/policy-holidays.ts";
import type { Land } from "../../src/core/lifecycle/policy-holidays.ts";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";
import type { Policy } from "../../src/core/lifecycle/policy.ts";
import { checkOption } from "../../src/core/options/check.ts";
import { formatDate, parseDate } from "../../src/core/options/units.ts";

const GOOD = {
  legacy: { system: "Alt 7" },
  owner: { name: "Fachdienst Gewerbe", email: "gewerbe@stadt.example" },
  reason: "Nur CSV",
  personalData: "none",
  successor: { title: "Neu", url: "https://neu.example" },
  plan: [{ by: "2027-03-31", goal: "Test" }],
  started: "2026-11-01",
  deprecated: "2027-04-01",
  sunset: "2027-11-16",
};

function check(
  change: Readonly<Record<string, unknown>> = {},
  policy: Policy = builtInPolicy(),
  today = "2026-12-01",
): string[] {
  const findings: Finding[] = [];
  const report = (each: Finding): void => void findings.push(each);
  const merged = Object.fromEntries(Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined));
  // JSON is YAML.
  const node = readYaml("b.yaml", new TextEncoder().encode(JSON.stringify(merged)), report);
  if (!node) throw new Error("no YAML");
  const checked = checkOption(node, lifecycleShape, "lifecycle", {
    report,
    today,
    outside: false,
    compile: () => undefined,
    refuseFile: () => undefined,
    elsewhere: () => [],
    unavailable: () => undefined,
  });
  if (checked?.kind !== "object") throw new Error("no block");
  const places = placesOf(node);
  const lifecycle = readLifecycle(checked, places, today, report);
  if (lifecycle.started !== "" && lifecycle.deprecated !== "" && parseDate(lifecycle.sunset) !== undefined) {
    checkPolicy(lifecycle, policy, places, report);
  }
  return findings.map(({ code }) => code);
}

const policy = (yaml: string): Policy => {
  const findings: Finding[] = [];
  const read = readPolicy("policy.yaml", new TextEncoder().encode(`policy: 1\n${yaml}`), (each) => findings.push(each));
  if (!read) throw new Error(findings.map(({ message }) => message).join("; "));
  return read;
};

const extension = {
  to: "2028-01-25",
  reason: "Der Nachfolger fehlt",
  requestedBy: "a@stadt.example",
  approvedBy: "b@stadt.example",
  on: "2026-11-20",
};

describe("the block", () => {
  it("passes as it should be", () => {
    expect(check()).toEqual([]);
    expect(check({ extensions: [extension] })).toEqual([]);
    expect(check({ successor: "none", noSuccessorReason: "Die Aufgabe entfällt" })).toEqual([]);
    expect(
      check({
        brownouts: [{ from: "2027-10-05T10:00", to: "2027-10-05T11:00" }],
        cycles: [{ name: "Jahr", period: "P1Y" }],
      }),
    ).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ["no sunset", { sunset: undefined }, ["LIFECYCLE_NO_SUNSET"]],
    ["never", { sunset: "never" }, ["LIFECYCLE_NO_SUNSET"]],
    ["nie", { sunset: "nie" }, ["LIFECYCLE_NO_SUNSET"]],
    ["9999", { sunset: 9999 }, ["LIFECYCLE_NO_SUNSET"]],
    ["no date", { sunset: "bald" }, ["WRONG_TYPE"]],
    ["sunset before started", { sunset: "2026-10-27" }, ["LIFECYCLE_DATES", "LIFECYCLE_DATES", "LIFECYCLE_PLAN"]],
    ["deprecated before started", { deprecated: "2026-10-01" }, ["LIFECYCLE_DATES"]],
    ["deprecated on the day of sunset", { deprecated: "2027-11-16" }, ["LIFECYCLE_DATES"]],
    ["no owner", { owner: undefined }, ["LIFECYCLE_OWNER"]],
    ["owner without address", { owner: { name: "X" } }, ["LIFECYCLE_OWNER"]],
    ["owner without host", { owner: { name: "X", email: "gewerbe@stadt" } }, ["LIFECYCLE_OWNER"]],
    ["owner with two addresses", { owner: { name: "X", email: "a@b.example, c@d.example" } }, ["LIFECYCLE_OWNER"]],
    ["owner as text", { owner: "Fachdienst" }, ["WRONG_TYPE"]],
    ["no successor", { successor: undefined }, ["LIFECYCLE_SUCCESSOR"]],
    ["none without reason", { successor: "none" }, ["LIFECYCLE_SUCCESSOR"]],
    ["reason although named", { noSuccessorReason: "Entfällt doch" }, ["LIFECYCLE_SUCCESSOR"]],
    ["successor without title", { successor: { url: "https://neu.example" } }, ["MISSING_KEY"]],
    ["no plan", { plan: undefined }, ["LIFECYCLE_PLAN"]],
    ["empty plan", { plan: [] }, ["LIFECYCLE_PLAN"]],
    ["milestone before the start", { plan: [{ by: "2026-10-01", goal: "x" }] }, ["LIFECYCLE_PLAN"]],
    ["no personalData", { personalData: undefined }, ["MISSING_KEY"]],
    ["no reason", { reason: "-" }, ["WRONG_VALUE"]],
    [
      "brownout at night",
      { brownouts: [{ from: "2027-10-05T02:00", to: "2027-10-05T03:00" }] },
      ["LIFECYCLE_BROWNOUT"],
    ],
    [
      "brownout backwards",
      { brownouts: [{ from: "2027-10-05T12:00", to: "2027-10-05T11:00" }] },
      ["LIFECYCLE_BROWNOUT"],
    ],
    [
      "brownout before deprecation",
      { brownouts: [{ from: "2027-02-02T10:00", to: "2027-02-02T11:00" }] },
      ["LIFECYCLE_BROWNOUT"],
    ],
    ["a state", { state: "active" }, ["UNKNOWN_KEY"]],
  ])("refuses: %s", (_what, change, codes) => {
    expect(check(change)).toEqual(codes);
  });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ["by the one who asks, in another spelling", { approvedBy: " A@Stadt.example" }, ["LIFECYCLE_EXTENSION"]],
    ["approved after the end", { on: "2027-11-17" }, ["LIFECYCLE_EXTENSION"]],
    ["approved in the future", { on: "2026-12-02" }, ["LIFECYCLE_EXTENSION"]],
    ["to an earlier day", { to: "2027-11-10" }, ["LIFECYCLE_EXTENSION"]],
    ["for too long", { to: "2028-02-15" }, ["POLICY_EXTENSIONS"]],
    ["to a Sunday", { to: "2028-01-23" }, ["POLICY_DAY"]],
    ["without reason", { reason: undefined }, ["MISSING_KEY"]],
  ])("refuses an extension %s", (_what, change, codes) => {
    expect(check({ extensions: [{ ...extension, ...change }] })).toEqual(codes);
  });

  it("refuses the third extension, and one by somebody who may not", () => {
    const next = (to: string): object => ({ ...extension, to });
    expect(check({ extensions: [next("2027-12-14"), next("2028-01-11"), next("2028-02-15")] })).toEqual([
      "POLICY_EXTENSIONS",
    ]);
    const approvers = policy("approvers: [leitung@stadt.example]\n");
    expect(check({ extensions: [extension] }, approvers)).toEqual(["POLICY_APPROVER"]);
    expect(check({ extensions: [{ ...extension, approvedBy: "Leitung@stadt.example" }] }, approvers)).toEqual([]);
  });
});

describe("the policy", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ["longest life", "longestLife: P12M", {}, ["POLICY_LIFE"]],
    ["its last day is allowed", "longestLife: P1Y15D", {}, []],
    ["shortest notice", "shortestNotice: P230D", {}, ["POLICY_NOTICE"]],
    ["notice to the day", "shortestNotice: P229D", {}, []],
    ["weekday", "", { sunset: "2027-11-15" }, ["POLICY_DAY"]],
    ["weekday allowed", "endDays: { weekdays: [monday] }", { sunset: "2027-11-15" }, []],
    ["freeze", "endDays: { freeze: [{ from: 2027-11-01, to: 2027-11-16, reason: Wahl }] }", {}, ["POLICY_DAY"]],
    ["behind the freeze", "endDays: { freeze: [{ from: 2027-11-01, to: 2027-11-15, reason: Wahl }] }", {}, []],
    ["Buß- und Bettag in Saxony", "land: SN", { sunset: "2027-11-17" }, ["POLICY_DAY"]],
    ["Buß- und Bettag elsewhere", "land: BY", { sunset: "2027-11-17" }, []],
    ["Fronleichnam", "land: NW", { sunset: "2028-06-15", deprecated: "2027-04-01" }, ["POLICY_DAY"]],
    ["holidays allowed", "land: NW\nendDays: { holidays: true }", { sunset: "2028-06-15" }, []],
  ])("%s", (_what, yaml, change, codes) => {
    expect(check(change, policy(yaml))).toEqual(codes);
  });

  it("names a day on which it may end", () => {
    const built = builtInPolicy();
    for (let day = parseDate("2027-01-01") ?? 0; day < (parseDate("2028-01-01") ?? 0); day++) {
      const weekday = new Date(day * 86_400_000).getUTCDay();
      expect(refuseDay(day, built) === undefined).toBe(
        weekday >= 2 && weekday <= 4 && holidayOn(day, undefined) === undefined,
      );
    }
  });

  it("is shipped as it is built in", () => {
    const findings: Finding[] = [];
    const bytes = readFileSync(new URL("../../sunset/policy.yaml", import.meta.url));
    const shipped = readPolicy("sunset/policy.yaml", bytes, (each) => findings.push(each));
    expect(findings).toEqual([]);
    expect({ ...shipped, hash: "" }).toEqual({ ...builtInPolicy(), hash: "" });
  });

  it.each([
    ["policy: 2\n", "WRONG_VALUE"],
    ["longestLife: P36M\n", "MISSING_KEY"],
    ["policy: 1\nlongestLife: 36 months\n", "WRONG_VALUE"],
    ["policy: 1\nlangestLife: P36M\n", "UNKNOWN_KEY"],
    ["policy: 1\nland: XX\n", "WRONG_VALUE"],
    ["policy: 1\nendDays: { weekdays: [tusday] }\n", "WRONG_VALUE"],
    ["policy: 1\nendDays: { freeze: [{ from: 2027-02-01, to: 2027-01-01, reason: x }] }\n", "POLICY_INVALID"],
  ])("refuses %j", (yaml, code) => {
    const findings: Finding[] = [];
    expect(readPolicy("policy.yaml", new TextEncoder().encode(yaml), (each) => findings.push(each))).toBeUndefined();
    expect(findings.map((each) => each.code)).toEqual([code]);
  });
});

const inYear = (year: number, land: Land | undefined): string[] => {
  const names: string[] = [];
  for (let day = parseDate(`${year}-01-01`) ?? 0; formatDate(day).startsWith(String(year)); day++) {
    const name = holidayOn(day, land);
    if (name !== undefined) names.push(`${formatDate(day).slice(5)} ${name}`);
  }
  return names;
};

describe("holidays", () => {
  // Easter Sundays as the ecclesiastical tables have them, with the earliest and the latest of this and the last century.
  it.each([
    "1913-03-23",
    "1943-04-25",
    "2024-03-31",
    "2025-04-20",
    "2026-04-05",
    "2027-03-28",
    "2028-04-16",
    "2038-04-25",
    "2100-03-28",
  ])("Easter falls on %s", (date) => {
    expect(formatDate(easterSunday(Number(date.slice(0, 4))))).toBe(date);
  });

  it("knows those of all Länder", () => {
    expect(inYear(2027, undefined)).toEqual([
      "01-01 Neujahr",
      "03-26 Karfreitag",
      "03-29 Ostermontag",
      "05-01 Tag der Arbeit",
      "05-06 Christi Himmelfahrt",
      "05-17 Pfingstmontag",
      "10-03 Tag der Deutschen Einheit",
      "12-25 1. Weihnachtstag",
      "12-26 2. Weihnachtstag",
    ]);
  });

  it("counts them by Land as the laws do", () => {
    // Without holidays of single towns; Bavaria with Assumption Day, Brandenburg with the two Sundays.
    const counts = {
      BW: 12,
      BY: 13,
      BE: 10,
      BB: 12,
      HB: 10,
      HH: 10,
      HE: 10,
      MV: 11,
      NI: 10,
      NW: 11,
      RP: 11,
      SL: 12,
      SN: 11,
      ST: 11,
      SH: 10,
      TH: 11,
    };
    expect(Object.fromEntries(LAENDER.map((land) => [land, inYear(2027, land).length]))).toEqual(counts);
  });

  it("knows the ones that move", () => {
    expect(inYear(2027, "SN")).toContain("11-17 Buß- und Bettag");
    expect(inYear(2028, "SN")).toContain("11-22 Buß- und Bettag");
    expect(inYear(2022, "SN")).toContain("11-16 Buß- und Bettag");
    expect(inYear(2028, "NW")).toContain("06-15 Fronleichnam");
    expect(inYear(2027, "BE")).toContain("03-08 Internationaler Frauentag");
  });
});
