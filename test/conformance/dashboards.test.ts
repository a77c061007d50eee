// The shipped dashboards for Grafana and the service levels: what they ask for is what /metrics gives, in PromQL that Prometheus reads.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { fleetMetrics, metrics } from "./every-metric.ts";
import { describeNeeding } from "../peers/required.ts";
import { promtool, promtoolMissing } from "../peers/promtool.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Board {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly Panel[];
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

const at = (name: string): string => fileURLToPath(new URL(`../../sunset/${name}`, import.meta.url));
const SLO = at("slo.yaml");
const CASES = fileURLToPath(new URL("slo-cases.yaml", import.meta.url));
const slo = (parse(readFileSync(SLO, "utf8")) as Rules).groups.flatMap(({ rules }) => rules);
const board = (name: string): Board => JSON.parse(readFileSync(at(`grafana/${name}.json`), "utf8")) as Board;
const BOARDS: readonly (readonly [name: string, board: Board, metrics: () => Promise<string>])[] = [
  ["steg", board("steg"), async () => await Promise.resolve(metrics())],
  ["steg-flotte", board("steg-flotte"), fleetMetrics],
];

/** Names of series with the labels that they have, recorded ones included. */
function seriesOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = "", written = ""] of text.matchAll(/^(steg_\w+)(?:\{(.*)\})? /gm)) {
    series.set(name, new Set([...written.matchAll(/(\w+)="/g)].map((match) => match[1] ?? "")));
  }
  for (const { record } of slo) if (record !== undefined) series.set(record, new Set(["bridge"]));
  return series;
}

/** `steg_x{a="1",b=~"2"}` → its name and the labels it is asked by. */
function asked(expr: string): readonly (readonly [name: string, labels: readonly string[]])[] {
  return [...expr.matchAll(/\b(steg[_:][\w:]+)(?:\{([^}]*)\})?/g)].map(([, name = "", labels = ""]) => [
    name,
    [...labels.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)].map((match) => match[1] ?? ""),
  ]);
}

const exprs = ({ panels, templating }: Board): readonly string[] => [
  ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...templating.list.flatMap(({ definition }) => definition ?? []),
];

/** As Grafana fills it in. */
const filled = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(?:instance|bridge|appliance)/g, ".*");

describe.each(BOARDS)("sunset/grafana/%s.json", (_name, one, given) => {
  it("asks only for series that there are, by labels that they have", async () => {
    const series = seriesOf(await given());
    for (const expr of exprs(one)) {
      expect(asked(expr).length, expr).toBeGreaterThan(0);
      for (const [name, labels] of asked(expr)) {
        expect([...series.keys()], expr).toContain(name);
        for (const label of labels) expect([...(series.get(name) ?? []), "instance"], expr).toContain(label);
      }
    }
  });

  it("has a title for every panel, ids that differ, and panels that do not lie on each other", () => {
    const { panels } = one;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, type, targets, gridPos } of panels) {
      expect(title.length).toBeGreaterThan(5);
      expect(type === "row").toBe(targets === undefined);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          expect(taken, title).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

describe("the dashboards", () => {
  it("show every family of an appliance and of a fleet but the version", async () => {
    const shown = new Set(BOARDS.flatMap(([, one]) => exprs(one).flatMap(asked)).map(([name]) => name));
    const families = [...`${metrics()}${await fleetMetrics()}`.matchAll(/^# TYPE (\w+)/gm)].map(
      (match) => match[1] ?? "",
    );
    const missing = families.filter((name) => !["", "_bucket", "_count"].some((end) => shown.has(name + end)));
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe("sunset/slo.yaml", () => {
  it("asks only for series that there are, by labels that they have", () => {
    const series = seriesOf(metrics());
    for (const { expr } of slo) {
      for (const [name, labels] of asked(expr)) {
        expect([...series.keys()], expr).toContain(name);
        for (const label of labels) expect([...(series.get(name) ?? [])], expr).toContain(label);
      }
    }
  });
});

describeNeeding("promtool", promtoolMissing, "promtool", () => {
  function inFolder(files: Readonly<Record<string, string>>): string {
    const dir = mkdtempSync(join(tmpdir(), "steg-dashboards-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    return dir;
  }

  it.each(BOARDS)("reads every expression of sunset/grafana/%s.json", (_name, one) => {
    const rules = one.panels.flatMap(({ id, targets = [] }) =>
      targets.map(({ expr, refId }) => ({ record: `panel:${id}:${refId}`, expr: filled(expr) })),
    );
    const dir = inFolder({ "rules.json": JSON.stringify({ groups: [{ name: "panels", rules }] }) });
    const { code, text } = promtool(["check", "rules", join(dir, "rules.json")]);
    expect([code, text.includes(`${rules.length} rules found`)], text).toEqual([0, true]);
  });

  it("would notice an expression that it cannot read", () => {
    const rules = [{ record: "panel:1:A", expr: filled("sum by (bridge (steg_overdue)") }];
    const dir = inFolder({ "rules.json": JSON.stringify({ groups: [{ name: "panels", rules }] }) });
    expect(promtool(["check", "rules", join(dir, "rules.json")]).code).toBe(1);
  });

  it("finds no fault in the service levels", () => {
    expect(promtool(["check", "rules", SLO])).toMatchObject({ code: 0 });
  });

  it("has every alert of the service levels fire where it should, and only there", () => {
    const cases = readFileSync(CASES, "utf8");
    const alerts = slo.flatMap(({ alert }) => alert ?? []);
    for (const alert of alerts) expect(cases).toContain(`alertname: ${alert}\n`);
    expect(promtool(["test", "rules", CASES])).toMatchObject({ code: 0 });
  });

  it.each([
    ["14.4 * 0.005", "28.8 * 0.005"],
    ["6 * 0.01\n", "60 * 0.01\n"],
    ['le="2.5"', 'le="10"'],
    ['le="3600"', 'le="14400"'],
    ["unless on (instance, bridge) steg_bridge_paused == 1", ""],
    [" * 0)", " * 1)"],
  ])("would notice by the cases when %j were %j", (before, after) => {
    const text = readFileSync(SLO, "utf8");
    expect(text).toContain(before);
    const cases = readFileSync(CASES, "utf8").replace("../../sunset/slo.yaml", "slo.yaml");
    const dir = inFolder({ "slo.yaml": text.replaceAll(before, after), "cases.yaml": cases });
    expect(promtool(["check", "rules", join(dir, "slo.yaml")]).code).toBe(0);
    expect(promtool(["test", "rules", join(dir, "cases.yaml")]).code).toBe(1);
  });
});
