// A bridge whose files grow over terms, on a real journal and a real folder, with a clock of the test's own.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { Rec } from "../../src/core/contract.ts";
import type { DropRow, Journal, OpenState } from "../../src/core/journal/types.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { factsOf, runDrop } from "../../src/core/pipeline/drop-run.ts";
import { mapUnit, type Message } from "../../src/core/pipeline/map-unit.ts";
import { lotOf, type Lot } from "../../src/core/pipeline/parcels.ts";
import { openRuntime, type Runtime } from "../../src/core/pipeline/runtime.ts";
import type { TermFiles } from "../../src/core/pipeline/term-files.ts";
import { createTermKeeper, type TermKeeper } from "../../src/core/pipeline/term-keeper.ts";
import { never, testState } from "./journal-state.ts";

const HEAD = `steg: 1
bridge: sammeln
lifecycle:
  legacy: { system: Alt }
  owner: { name: Muster, email: muster@stadt.example }
  reason: Nur Dateien.
  personalData: none
  successor: { title: Neu, url: "https://neu.example/" }
  plan: [{ by: 2027-06-01, goal: Test }]
  started: 2026-11-01
  deprecated: 2027-04-01
  sunset: 2027-11-16
receive: { folder: { path: in, files: "*.csv", marker: "{name}.fertig" } }
decode: { csv: { columns: [ID, ORT], header: false } }
encode: { csv: { header: true } }
`;

export interface TermScene {
  /** Milliseconds; the keeper's clock. */
  now: number;
  readonly state: OpenState;
  readonly stateDir: string;
  readonly alarms: { readonly code: string; readonly facts: Readonly<Record<string, string | number>> }[];
  readonly keeper: TermKeeper;
  /** What a restart does: another keeper on the same journal; `body` = another version of the bridge. */
  restart(body?: string): Promise<void>;
  /** A run that writes these records and commits them, unless it crashes. */
  write(records: readonly Rec[], how?: { readonly crash?: boolean; readonly endDue?: boolean }): Promise<void>;
  /** A drop as the engine works it; `journal` may be one that fails. */
  run(drop: string, journal?: Journal): Promise<void>;
  /** Works with the files as a run does. */
  during(work: (files: TermFiles) => Promise<void>): Promise<void>;
  lot(files: TermFiles, records: readonly Rec[]): Promise<Lot>;
  target(lot: Lot): NonNullable<ReturnType<Runtime["couriers"]["get"]>>["target"];
  end(): Promise<void>;
  path(...parts: string[]): string;
  /** Finished files by name below `out`, and the names of those that grow. */
  files(): Readonly<Record<string, string>>;
  growing(): readonly string[];
  close(): Promise<void>;
}

export async function createTermScene(body: string): Promise<TermScene> {
  const dir = mkdtempSync(join(tmpdir(), "steg-terms-"));
  const states = testState();
  const state = await states.open();
  const opened: Runtime[] = [];
  const versions = new Map<string, Runtime>();
  const path = (...parts: string[]): string => join(dir, ...parts);
  let runtime = await load(body);
  let keeper = await makeKeeper();

  async function load(text: string): Promise<Runtime> {
    const folder = path(`bridge-${opened.length}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "bridge.yaml"), `${HEAD}${text}`);
    const { bridge, findings } = await loadBridge(join(folder, "bridge.yaml"), {
      adapters,
      policy: builtInPolicy(),
      now: Date.parse("2026-12-01T12:00:00Z"),
      dataDir: path("data"),
      catalogDir: undefined,
      env: {},
      encoderOf: encoderNamed,
    });
    if (!bridge) throw new Error(JSON.stringify(findings));
    const made = await openRuntime(bridge, contextOf(bridge), { stuck: () => undefined, moving: () => undefined });
    opened.push(made);
    versions.set(bridge.version, made);
    return made;
  }

  function contextOf(bridge: LoadedBridge) {
    return {
      bridge: bridge.name,
      bridgeDir: bridge.dir,
      dataDir: path("data"),
      stateDir: path("data"),
      timezone: bridge.timezone,
      calls: [],
      readBridgeFile: () => new Uint8Array(),
      known: () => false,
      log: () => undefined,
    };
  }

  function makeKeeper(): Promise<TermKeeper> {
    return createTermKeeper({
      bridge: "sammeln",
      journal: state.journal,
      async reopen(version, number) {
        const running = versions.get(version) ?? runtime;
        for (const [way, { target }] of running.couriers) if (way.number === number) return { way, target };
        throw new Error("no such way");
      },
      now: () => scene.now,
      paused: () => false,
      log: () => undefined,
      alarm: (code, facts) => void scene.alarms.push({ code, facts }),
    });
  }

  const save = async (files: TermFiles): Promise<void> => {
    for (const [key, value] of Object.entries(await files.sync())) await state.journal.set(key, value);
  };

  function map(files: TermFiles, records: readonly Rec[]): Message[] {
    const drop = { bridge: "sammeln", name: "a.csv", size: 1, sha256: "00", occurrence: 0, received: scene.now };
    const facts = factsOf(runtime.bridge, drop);
    return records.map((record, at) => {
      const unit = { first: at + 1, last: at + 1, line: 0, end: at + 1, records: [record], fault: undefined };
      const result = mapUnit(runtime.bridge, runtime.ways, unit, facts, undefined, files.tagOf);
      if (result.kind !== "message") throw new Error(result.kind);
      return result.message;
    });
  }

  const scene: TermScene = {
    now: Date.parse("2026-11-20T08:00:00Z"),
    state,
    stateDir: states.dir,
    alarms: [],
    get keeper() {
      return keeper;
    },
    async restart(text) {
      if (text !== undefined) runtime = await load(text);
      keeper = await makeKeeper();
    },
    async run(id, journal = state.journal) {
      const drop = (await state.journal.drop(id)) as DropRow;
      const events = { progress: () => undefined };
      const signals = { stop: never, kill: never };
      const work = (files?: TermFiles): Promise<void> =>
        runDrop(runtime, drop, journal, state.spool, false, events, signals, files);
      await keeper.during(runtime, work, never);
    },
    during: async (work) => void (await keeper.during(runtime, (files) => work(files as TermFiles), never)),
    async lot(files, records) {
      await files.number(map(files, records).map(({ way }) => way));
      const messages = map(files, records);
      return lotOf((messages[0] as Message).way, messages);
    },
    target: (lot) => (runtime.couriers.get(lot.way) as NonNullable<ReturnType<Runtime["couriers"]["get"]>>).target,
    async write(records, { crash = false, endDue = true } = {}) {
      await scene.during(async (files) => {
        if (endDue) await files.end(() => save(files), never);
        for (const record of records) {
          const lot = await scene.lot(files, [record]);
          if (files.mustEnd(scene.target(lot), lot)) await files.end(() => save(files), never, lot);
          const again = await scene.lot(files, [record]);
          await files.write(scene.target(again), again, never);
        }
        if (!crash) await save(files);
      });
    },
    end: () => keeper.endDue(never),
    path,
    files() {
      const found: Record<string, string> = {};
      for (const name of readdirSync(path("data", "out"), { recursive: true, encoding: "utf8" }).toSorted()) {
        if (!name.includes(".steg") && name.includes(".csv"))
          found[name] = readFileSync(path("data", "out", name), "utf8");
      }
      return found;
    },
    growing: () =>
      readdirSync(path("data", "out"), { recursive: true, encoding: "utf8" }).filter((name) => name.includes(".steg")),
    async close() {
      for (const each of opened) await each.close();
      await states.remove();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return scene;
}
