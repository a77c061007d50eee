// deliver.split at load: two ways of which each record has exactly one, whatever the list and the cases say.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { chooseWay, scopeFor, type OpenWay } from "../../src/core/pipeline/map-unit.ts";
import { createSplitTally, splitCounts } from "../../src/core/pipeline/split-counts.ts";
import { createMemory } from "./lifecycle-fixtures.ts";

const golden = fileURLToPath(new URL("../bridge-file", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "steg-split-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const FILE = readFileSync(join(golden, "expect-odd.yaml"), "utf8").replace(/^expect:.*\n/m, "");
const HEAD = FILE.slice(0, FILE.indexOf("deliver:"));

let count = 0;
async function load(deliver: string): Promise<LoadedBridge> {
  const dir = join(root, `b${++count}`);
  cpSync(join(golden, "support/full"), dir, { recursive: true });
  writeFileSync(join(dir, "bridge.yaml"), HEAD + deliver);
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

const quoted = (values: readonly string[]): string => JSON.stringify(values);
const SPLIT = (by: string, values: readonly string[]): string =>
  `  split: { by: "= ${by}", values: ${quoted(values)}, to: { http: { url: "https://neu.example/x" } } }\n`;

function chosen(bridge: LoadedBridge, record: Readonly<Record<string, string | undefined>>) {
  const file = { name: "a", stem: "a", size: 1, sha256: "0", received: "2026-12-01T12:00:00Z" };
  const facts = {
    file,
    bridge: "b",
    received: 0,
    dropIdentity: "d",
    timezone: "Europe/Berlin",
    tables: new Map<string, never>(),
  };
  const ways = bridge.ways.map((way): OpenWay => ({ way, validators: [] }));
  const scope = scopeFor(facts, record, 1, [record], undefined);
  const fitting = ways.filter((open) => chooseWay([open], record, scope));
  return { way: chooseWay(ways, record, scope)?.way, fitting: fitting.map(({ way }) => way) };
}

describe("deliver.split", () => {
  it("gives each record the side that the list says: exactly one, by the value as text", async () => {
    const value = fc.constantFrom("", "0", "007", "7", "09162000", "ä", "true", "__proto__", "a b");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(value), fc.array(value, { minLength: 1 }), async (values, records) => {
        const bridge = await load(`deliver:\n  http: { url: "https://alt.example/x" }\n${SPLIT("AGS", values)}`);
        for (const ags of records) {
          const { way } = chosen(bridge, { FIRMA: "x", ORT: "y", AGS: ags });
          expect([ags, way?.split?.side]).toEqual([ags, values.includes(ags) ? "moved" : "stayed"]);
        }
        expect(chosen(bridge, { FIRMA: "x", ORT: "y" }).way?.split?.side).toBe("stayed");
      }),
      { numRuns: 40 },
    );
  });

  it("stays within its case; a number of a way means one way", async () => {
    const bridge = await load(
      `cases:\n  - { when: = FIRMA = 'x', skip: nicht }\n  - { when: = FIRMA = 'y' }\n  - { deliver: { folder: { path: aus, name: "{AGS}.json" } } }\n` +
        `deliver:\n  http: { url: "https://alt.example/x" }\n${SPLIT("AGS", ["1"])}`,
    );
    expect(new Set(bridge.ways.map(({ number }) => number)).size).toBe(bridge.ways.length);
    const of = (firma: string, ags: string) => {
      const { way, fitting } = chosen(bridge, { FIRMA: firma, ORT: "", AGS: ags });
      // Where a moved way fits, the one behind it does, too, and only the first counts.
      expect(fitting.filter(({ split }) => split?.side === "moved").length).toBeLessThanOrEqual(2);
      return [way?.skip, way?.deliver.target.name, way?.split?.side];
    };
    expect(of("x", "1")).toEqual(["nicht", expect.any(String), undefined]);
    expect(of("y", "1")).toEqual([undefined, "http", "moved"]);
    expect(of("y", "2")).toEqual([undefined, "http", "stayed"]);
    expect(of("z", "1")).toEqual([undefined, "http", "moved"]);
    expect(of("z", "2")).toEqual([undefined, "folder", "stayed"]);
  });

  it("takes numbers of formulas as text, and nothing else", async () => {
    const bridge = await load(
      `deliver:\n  http: { url: "https://alt.example/x" }\n${SPLIT("$number(AGS)", ["7", "true"])}`,
    );
    expect(chosen(bridge, { FIRMA: "x", ORT: "y", AGS: "007" }).way?.split?.side).toBe("moved");
    const truth = await load(`deliver:\n  http: { url: "https://alt.example/x" }\n${SPLIT("$exists(AGS)", ["true"])}`);
    expect(chosen(truth, { FIRMA: "x", ORT: "y", AGS: "1" }).way?.split?.side).toBe("stayed");
  });
});

describe("counts of calls", () => {
  it("are kept in groups and go on after a restart", async () => {
    const memory = createMemory();
    const tally = createSplitTally(memory, "b", 60_000);
    for (const side of ["moved", "stayed", "moved"] as const) tally.note(side);
    expect(memory.stored.size).toBe(0);
    await tally.flush();
    const again = createSplitTally(memory, "b", 60_000);
    again.note("moved");
    await again.flush();
    expect((await splitCounts(memory)).get("b")).toEqual({ moved: 3, stayed: 1 });
  });
});
