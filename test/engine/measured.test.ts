// The watch over probes: a bridge file, a real HTTP server as the successor, a real journal, and a clock that is moved by hand.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { Journal } from "../../src/core/journal/types.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { createProgressBook } from "../../src/core/operations/progress-book.ts";
import { lookOnce, type ProgressDeps } from "../../src/core/operations/progress-watch.ts";
import { progressView, type ProgressView } from "../../src/core/operations/progress-view.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { prometheusMissing, startPrometheus } from "../peers/prometheus.ts";
import { describeNeeding } from "../peers/required.ts";
import { never, testState, type TestState } from "../core/journal-state.ts";

const HOUR = 3_600_000;
const BEGIN = Date.parse("2027-05-01T00:00:00+02:00");

interface World {
  readonly bridge: LoadedBridge;
  readonly deps: ProgressDeps;
  readonly logged: string[];
  /** Of the successor and of the bridge. */
  successor: number | undefined;
  done: number;
  now: number;
  asked: number;
  view(): Promise<ProgressView>;
  readonly journal: Journal;
  /** A look every two hours; both counters grow behind each. */
  hours(count: number, perHour: readonly [bridge: number, successor: number]): Promise<void>;
}

let state: TestState;
const made: (() => void)[] = [];
beforeEach(() => {
  state = testState();
});
afterEach(async () => {
  for (const undo of made.splice(0)) undo();
  await state.remove();
});

async function createWorld(counts = "total", prometheus?: string): Promise<World> {
  const successor = createServer((_request, reply) => {
    world.asked++;
    if (world.successor === undefined) reply.writeHead(503).end();
    else reply.end(JSON.stringify({ gesamt: world.successor }));
  });
  await new Promise<void>((resolve) => void successor.listen(0, "127.0.0.1", resolve));
  const dir = mkdtempSync(join(tmpdir(), "steg-measured-"));
  made.push(() => (successor.closeAllConnections(), successor.close()));
  made.push(() => rmSync(dir, { recursive: true, force: true }));
  const { port } = successor.address() as AddressInfo;
  const json = `http: { url: "http://127.0.0.1:${port}/zahlen", pointer: /gesamt, counts: ${counts} }`;
  const bridge = await bridgeIn(dir, prometheus ?? json);
  const { journal } = await state.open();
  const logged: string[] = [];
  const deps: ProgressDeps = {
    book: createProgressBook(journal),
    now: () => world.now,
    counts: async () => new Map([[bridge.name, world.done]]),
    context: () => contextIn(dir),
    log: (level, event) => void logged.push(`${level} ${event}`),
    onError(cause) {
      throw cause;
    },
  };
  const world: World = {
    bridge,
    deps,
    logged,
    journal,
    successor: 0,
    done: 0,
    now: BEGIN,
    asked: 0,
    // What has been kept, not what is remembered.
    view: async () =>
      await progressView(
        { journal, bridges: async () => [bridge], watch: async () => ({ now: () => world.now }) as never },
        createProgressBook(journal),
        bridge.name,
      ),
    async hours(count, [perHour, successorPerHour]) {
      for (let hour = 0; hour < count; hour += 2) {
        await lookOnce(deps, [bridge], never);
        world.now += 2 * HOUR;
        world.done += 2 * perHour;
        if (world.successor !== undefined) world.successor += 2 * successorPerHour;
      }
    },
  };
  return world;
}

async function bridgeIn(dir: string, probe: string): Promise<LoadedBridge> {
  writeFileSync(join(dir, "bridge.yaml"), FILE.replace("PROBE", probe));
  const now = Date.parse("2026-12-01T12:00:00Z");
  const deps = {
    adapters,
    policy: builtInPolicy(),
    now,
    dataDir: dir,
    catalogDir: undefined,
    env: {},
    encoderOf: encoderNamed,
  };
  const { bridge, findings } = await loadBridge(join(dir, "bridge.yaml"), deps);
  if (!bridge) throw new Error(JSON.stringify(findings));
  return bridge;
}

const FILE = `steg: 1
bridge: gewerbe
lifecycle:
  legacy: { system: Alt 1 }
  owner: { name: Fachdienst Muster, email: muster@stadt.example }
  reason: Das Altverfahren kann nur Dateien.
  personalData: VVT-1
  successor: { title: Neues Verfahren, url: "https://neu.example/api" }
  plan:
    - { by: 2027-05-12, goal: Mehrheit umgestellt, measure: { successorShare: 0.5 } }
    - { by: 2027-05-15, goal: Zehn vom Hundert, measure: { successorShare: 0.1 } }
  started: 2026-11-01
  deprecated: 2027-04-01
  sunset: 2027-11-16
probe:
  PROBE
  every: 2h
receive: { folder: { path: ein, files: "*.csv", settle: 1s } }
decode: { csv: { delimiter: ";", header: true } }
deliver: { folder: { path: aus, name: "{$index}.json" } }
`;

describe("a probe that is watched", () => {
  it("measures day by day, and decides milestones when their day comes, once and in the audit trail", async () => {
    const world = await createWorld();
    await world.hours(11 * 24 + 8, [3, 1]);
    expect(await world.view()).toMatchObject({
      probe: "http",
      failing: null,
      successorShare: expect.closeTo(0.25, 3) as number,
      milestones: [{ by: "2027-05-12", state: "open" }, { state: "open" }],
    });
    await world.hours(4 * 24, [3, 1]);
    const { milestones, days } = await world.view();
    expect(milestones).toMatchObject([
      { by: "2027-05-12", state: "missed", measured: expect.closeTo(0.25, 3) as number },
      { by: "2027-05-15", state: "reached" },
    ]);
    expect(days.find(({ date }) => date === "2027-05-02")).toEqual({
      date: "2027-05-02",
      bridge: 72,
      successor: 24,
      share: 0.25,
    });
    expect(world.logged).toEqual(["warn milestone.missed", "info milestone.reached"]);
    const trail = await world.journal.auditEntries({ limit: 100 });
    expect(
      trail.filter(({ event }) => event.startsWith("milestone.")).map(({ event, facts }) => [event, facts]),
    ).toEqual([
      ["milestone.missed", { by: "2027-05-12", wanted: 0.5, share: expect.closeTo(0.25, 3) as number }],
      ["milestone.reached", { by: "2027-05-15", wanted: 0.1, share: expect.closeTo(0.25, 3) as number }],
    ]);
  });

  it("that fails leaves the time unmeasured, says so once, and goes on", async () => {
    const world = await createWorld();
    await world.hours(8 * 24, [1, 1]);
    world.successor = undefined;
    await world.hours(2 * 24, [1, 1]);
    const silent = await world.view();
    expect(silent.failing).toMatchObject({ since: "2027-05-09T00:00:00+02:00" });
    expect(silent.failing?.message).toContain("answered with status 503");
    expect(silent.days.filter(({ successor }) => successor === null).map(({ date }) => date)).toEqual([
      "2027-05-09",
      "2027-05-10",
    ]);
    await world.hours(24, [1, 1]);
    // Two days of silence: now nobody knows any more.
    expect((await world.view()).successorShare).toBeNull();
    world.successor = 90_000;
    await world.hours(24, [1, 1]);
    const { failing, successorShare } = await world.view();
    expect([failing, successorShare]).toEqual([null, expect.closeTo(0.5, 2)]);
    expect(world.logged.filter((line) => line.includes("probe."))).toEqual(["warn probe.failed", "info probe.answers"]);
  });

  it("is asked in its turn, not with every run", async () => {
    const world = await createWorld();
    for (let run = 0; run < 12; run++) {
      await lookOnce(world.deps, [world.bridge], never);
      world.now += HOUR / 2;
    }
    expect(world.asked).toBe(3);
  });

  it("may say what there was since midnight; the day on which counting began counts for nothing", async () => {
    const world = await createWorld("today");
    world.now += 12 * HOUR;
    for (let hour = 12; hour <= 9 * 24; hour += 2) {
      world.successor = (hour % 24) * 2;
      await lookOnce(world.deps, [world.bridge], never);
      world.now += 2 * HOUR;
      world.done += 4;
    }
    const { days, successorShare } = await world.view();
    expect(days[0]).toMatchObject({ date: "2027-05-01", successor: null });
    expect(days[1]).toMatchObject({ date: "2027-05-02", successor: 44, bridge: 48 });
    expect(successorShare).toBeCloseTo(44 / 92, 2);
  });
});

describeNeeding("prometheus", prometheusMissing, "a probe that can be asked for any span", () => {
  it("measures later the days on which the appliance did not run", async () => {
    const peer = await startPrometheus("127.0.0.1:9");
    made.push(() => void peer.close());
    // One for every hour, whenever it is asked for.
    const query = "sum_over_time(vector(1)[$__range:1h] offset 30m)";
    const world = await createWorld("", `prometheus: { url: "${peer.origin}", query: "${query}" }`);
    world.now += 12 * HOUR;
    await world.hours(5 * 24, [1, 0]);
    world.now += 3 * 24 * HOUR;
    await world.hours(2 * 24, [1, 0]);
    const { days, failing, successorShare } = await world.view();
    expect(failing).toBeNull();
    // The first half day counted nothing of the bridge, so it is not half a day of 100 %.
    expect(days[0]).toMatchObject({ date: "2027-05-01", successor: null });
    const whole = days.slice(1, -1);
    expect(whole.map(({ date, successor }) => [date.slice(-2), successor])).toEqual(
      ["02", "03", "04", "05", "06", "07", "08", "09", "10"].map((day) => [day, 24]),
    );
    expect(whole.filter(({ bridge }) => bridge === 0).map(({ date }) => date)).toEqual(["2027-05-07", "2027-05-08"]);
    expect(successorShare).toBeGreaterThan(0.5);
  });
});
