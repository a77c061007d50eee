// The shipped alert rules: what they ask for is what /metrics gives, and Prometheus' own checker runs them against cases.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { fleetMetrics, metrics } from "./every-metric.ts";
import { describeNeeding } from "../peers/required.ts";
import { promtool, promtoolMissing } from "../peers/promtool.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface RuleFile {
  readonly path: string;
  readonly rules: readonly Rule[];
  readonly cases: readonly string[];
  /** What /metrics says, with a sample of every family that rules ask for. */
  readonly metrics: () => Promise<string>;
}

function ruleFile(name: string, metrics: RuleFile["metrics"]): RuleFile {
  const path = fileURLToPath(new URL(`../../sunset/${name}.yaml`, import.meta.url));
  const { groups } = parse(readFileSync(path, "utf8")) as { groups: readonly { rules: readonly Rule[] }[] };
  const cases = ["days", "minutes"].map((when) => fileURLToPath(new URL(`${name}-${when}.yaml`, import.meta.url)));
  return { path, rules: groups.flatMap((group) => group.rules), cases, metrics };
}

const FILES: readonly (readonly [name: string, file: RuleFile])[] = [
  ["alerts", ruleFile("alerts", async () => await Promise.resolve(metrics()))],
  ["alerts-fleet", ruleFile("alerts-fleet", fleetMetrics)],
];

const names = (text: string): readonly string[] => [...new Set(text.match(/\bsteg_\w+/g))];

describe.each(FILES)("sunset/%s.yaml", (_name, { rules, ...file }) => {
  it("asks only for metrics that there are, by labels that they have", async () => {
    const given = await file.metrics();
    const labels = new Map<string, Set<string>>();
    for (const [, name = "", written = ""] of given.matchAll(/^(steg_\w+)(?:\{(.*)\})? /gm)) {
      labels.set(name, new Set([...written.matchAll(/(\w+)="/g)].map((match) => match[1] ?? "")));
    }
    for (const rule of rules) {
      for (const name of names(rule.expr)) expect([...labels.keys()], rule.alert).toContain(name);
      const first = labels.get(names(rule.expr)[0] ?? "") ?? new Set();
      for (const [, label = ""] of JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g)) {
        expect([...first, "instance"], rule.alert).toContain(label);
      }
    }
  });

  it("gives every alert a weight and words", () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(["info", "warning", "critical"]).toContain(labels.severity);
      expect(annotations.summary.length).toBeGreaterThan(10);
      expect(annotations.description.length).toBeGreaterThan(10);
    }
  });
});

describeNeeding("promtool", promtoolMissing, "promtool", () => {
  describe.each(FILES)("over sunset/%s.yaml", (_name, { rules, path, cases, ...file }) => {
    it("finds no fault in the rules", () => {
      expect(promtool(["check", "rules", path])).toMatchObject({ code: 0 });
    });

    it("reads the metrics, and has nothing to say on their names", async () => {
      const { code, text } = promtool(["check", "metrics"], await file.metrics());
      expect([code, text]).toEqual([0, ""]);
    });

    it("has every alert fire where it should, and only there", () => {
      const all = cases.map((one) => readFileSync(one, "utf8")).join("\n");
      for (const { alert } of rules) expect(all).toContain(`alertname: ${alert}\n`);
      expect(promtool(["test", "rules", ...cases])).toMatchObject({ code: 0 });
    });
  });

  it.each([
    ["alerts", "days", "> 30 * 86400", "> 10 * 86400"],
    ["alerts", "minutes", "steg_overdue == 1", "steg_overdue == 0"],
    ["alerts-fleet", "days", "> 2 * 86400", "> 4 * 86400"],
    ["alerts-fleet", "days", '{policy!=""}', ""],
    ["alerts-fleet", "minutes", "steg_fleet_chain_broken == 1", "steg_fleet_chain_broken == 0"],
  ])("would notice by the cases %s-%s when %j were %j", (name, which, before, after) => {
    const dir = mkdtempSync(join(tmpdir(), "steg-alerts-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const text = readFileSync(new URL(`../../sunset/${name}.yaml`, import.meta.url), "utf8");
    expect(text).toContain(before);
    writeFileSync(join(dir, "alerts.yaml"), text.replaceAll(before, after));
    const cases = readFileSync(new URL(`${name}-${which}.yaml`, import.meta.url), "utf8");
    writeFileSync(join(dir, "cases.yaml"), cases.replace(`../../sunset/${name}.yaml`, "alerts.yaml"));
    expect(promtool(["check", "rules", join(dir, "alerts.yaml")]).code).toBe(0);
    expect(promtool(["test", "rules", join(dir, "cases.yaml")]).code).toBe(1);
  });
});
