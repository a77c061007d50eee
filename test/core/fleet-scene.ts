// What the tests of fleets share: operations of an invented appliance over a real journal.

import type { OpenState } from "../../src/core/journal/types.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import type { ApplianceEntry } from "../../src/core/fleet/fleet-file.ts";
import type { ApplianceStanding } from "../../src/core/fleet/gather.ts";
import type { Snapshot } from "../../src/core/fleet/snapshot.ts";
import { takeSnapshot } from "../../src/core/fleet/take-snapshot.ts";
import { bridgeView, deadView, dropView, lifecycleRow } from "./dashboard-views.ts";
import { testState } from "./journal-state.ts";

export const NOW = "2027-11-22T06:00:00.000Z";

export type Answers = Partial<Record<keyof Operations, unknown>>;

export function answersOf(bridge = "farben"): Answers {
  return {
    bridges: [bridgeView({ bridge, title: "Farben" })],
    lifecycle: { rows: [lifecycleRow({ bridge })], alarm: null, now: NOW },
    outlines: {
      bridges: [
        {
          bridge,
          title: "Farben",
          timezone: "Europe/Berlin",
          state: "active",
          started: "2026-11-02",
          deprecated: "2028-04-01",
          sunset: "2028-11-14",
          end: "2028-11-14",
          daysLeft: 358,
          extensions: 0,
          retired: null,
          plan: [{ by: "2028-03-31", goal: "Testbetrieb" }],
          brownouts: [{ from: "2028-10-05T10:00", to: "2028-10-05T11:00" }],
          runningOut: [{ bridge: "farben", of: "support", what: "Farben-Alt 3", until: "2027-12-31" }],
          owner: { name: "Fachdienst Farben", email: "farben@stadt.example" },
          successor: { title: "Neu", url: "https://neu.example/api", guide: null },
        },
      ],
      now: NOW,
    },
    drops: [dropView({ bridge, name: "geheim-meier.csv" }), dropView({ bridge, id: "0194", dead: 0, state: "held" })],
    dead: [deadView({ bridge, drop: "0193" })],
    alarms: { alarms: [], channels: [], runningOut: [] },
    callers: [
      {
        id: "token:portal",
        name: "portal",
        by: "token",
        first: NOW,
        last: NOW,
        calls: 2,
        bridges: [{ bridge, first: NOW, last: NOW, calls: 2, days: [] }],
      },
    ],
  };
}

export interface TestAppliance {
  readonly dir: string;
  state: OpenState;
  answers: Answers;
  /** The folder of a bridge, as its hash. */
  mapping: string;
  policy: string;
  version: string;
  snapshot(query?: { since?: number; file?: boolean }): Promise<{ readonly document: Snapshot; readonly tag: string }>;
  /** Something happens: entries of the trail. */
  happens(times?: number): Promise<void>;
  reopen(): Promise<void>;
  remove(): Promise<void>;
}

/** No two entries of these tests are the same. */
let number = 0;

/** An appliance of which only the journal is real; what its pages show is what the test says. */
export async function testAppliance(bridge?: string): Promise<TestAppliance> {
  const folder = testState();
  const appliance: TestAppliance = {
    dir: folder.dir,
    state: await folder.open(),
    answers: answersOf(bridge),
    mapping: "a".repeat(64),
    policy: "b".repeat(64),
    version: "0.1.0",
    async snapshot(query = {}) {
      const { state, answers, version, policy, mapping } = appliance;
      const operations = Object.fromEntries(
        Object.entries(answers).map(([name, answer]) => [name, async () => structuredClone(answer)]),
      ) as unknown as Operations;
      const { journal, publicKey } = state;
      const bridges = async () => [{ name: bridge ?? "farben", version: mapping }] as never;
      const deps = { journal, publicKey, version, bridges, policy: async () => ({ hash: policy }) as never };
      return await takeSnapshot(deps, operations, query);
    },
    async happens(times = 1) {
      const entry = {
        at: Date.parse(NOW),
        bridge: undefined,
        drop: undefined,
        actor: "system",
        event: "test.happened",
      };
      for (let at = 0; at < times; at++) await appliance.state.journal.audit({ ...entry, facts: { number: number++ } });
    },
    async reopen() {
      await appliance.state.close();
      appliance.state = await folder.open();
    },
    remove: async () => await folder.remove(),
  };
  return appliance;
}

/** An appliance as a fleet knows it: heard just now, in order. */
export function standing(
  name: string,
  snapshot: Snapshot | undefined,
  change: Partial<ApplianceStanding> = {},
  entry: Partial<ApplianceEntry> = {},
): ApplianceStanding {
  const url = `https://${name}.example`;
  return {
    entry: {
      name,
      title: `Stadt ${name}`,
      tags: { kommune: name },
      publicKey: undefined,
      link: url,
      contact: undefined,
      from: { kind: "pulled", url, token: () => "t", clientCert: undefined, clientKey: undefined, ca: undefined },
      ...entry,
    },
    snapshot,
    unknown: false,
    seen: Date.now(),
    failure: undefined,
    broken: undefined,
    skew: undefined,
    ...change,
  };
}
