// Figures of the engine: classes of durations, and what stands in line.

import { describe, expect, it } from "vitest";
import { renderFamilies } from "../../src/core/http/metrics-text.ts";
import { createEngineTally, engineFamilies } from "../../src/core/pipeline/engine-tally.ts";
import { createDurations } from "../../src/core/telemetry/durations.ts";
import { describeNeeding } from "../peers/required.ts";
import { promtool, promtoolMissing } from "../peers/promtool.ts";

function rendered(): string {
  const tally = createEngineTally();
  tally.begin("leer");
  tally.attempted("farben", "delivered", 4);
  tally.attempted("farben", "delivered", 5);
  tally.attempted("farben", "unreachable", 61_000);
  tally.finished("farben", 90_000);
  const circuit = { address: "neu.example", since: undefined, nextTry: undefined, why: "" };
  return renderFamilies(
    engineFamilies(tally, [
      {
        bridge: "farben",
        running: 1,
        waiting: 7,
        oldest: 1_790_000_000_500,
        circuits: [
          { ...circuit, state: "open" },
          { ...circuit, state: "closed" },
          { ...circuit, state: "open" },
        ],
      },
      { bridge: "leer", running: 0, waiting: 0, circuits: [] },
    ]),
  );
}

describe("figures of the engine", () => {
  const text = rendered();
  it.each([
    'steg_delivery_duration_seconds_bucket{bridge="farben",outcome="delivered",le="0.005"} 2',
    'steg_delivery_duration_seconds_bucket{bridge="farben",outcome="delivered",le="+Inf"} 2',
    'steg_delivery_duration_seconds_sum{bridge="farben",outcome="delivered"} 0.009000000000000001',
    'steg_delivery_duration_seconds_bucket{bridge="farben",outcome="unreachable",le="60"} 0',
    'steg_delivery_duration_seconds_bucket{bridge="farben",outcome="unreachable",le="+Inf"} 1',
    'steg_drop_duration_seconds_bucket{bridge="farben",le="60"} 0',
    'steg_drop_duration_seconds_bucket{bridge="farben",le="300"} 1',
    // There before the first drop, so that this one is an increase.
    'steg_drop_duration_seconds_count{bridge="leer"} 0',
    'steg_delivery_duration_seconds_count{bridge="leer",outcome="delivered"} 0',
    'steg_drops_open{bridge="farben",state="running"} 1',
    'steg_drops_open{bridge="farben",state="waiting"} 7',
    'steg_drop_oldest_open_timestamp_seconds{bridge="farben"} 1790000000.5',
    'steg_circuits{bridge="farben",state="open"} 2',
    'steg_circuits{bridge="farben",state="closed"} 1',
    'steg_circuits{bridge="farben",state="probing"} 0',
  ])("say %s", (line) => {
    expect(text.split("\n")).toContain(line);
  });

  it("say nothing of a drop that is not there", () => {
    expect(text).not.toContain('steg_drop_oldest_open_timestamp_seconds{bridge="leer"}');
  });

  it("never become too many", () => {
    const durations = createDurations([1]);
    for (let at = 0; at < 10_050; at++) durations.note({ at: String(at) }, 1);
    expect(durations.series()).toHaveLength(10_000);
    durations.note({ at: "3" }, 1);
    expect(durations.series()[3]?.count).toBe(2);
  });
});

describeNeeding("promtool", promtoolMissing, "promtool", () => {
  it("reads them, and has nothing to say on their names", () => {
    const { code, text } = promtool(["check", "metrics"], rendered());
    expect([code, text]).toEqual([0, ""]);
  });
});
