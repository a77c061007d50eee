import { describe, expect, it } from "vitest";
import { createRunDisplay } from "../../src/commands/run-display.ts";

const look = { tty: true, color: false, unicode: true, width: 100 };
const working = {
  drop: "d",
  name: "a.csv",
  size: 1_000,
  delivered: 40,
  dead: 5,
  skipped: 5,
  records: 0,
  complete: false,
};
const status = { paused: false, running: 1, waiting: 0, growing: 0, sourceError: undefined, stuck: [] };
const circuit = { address: "neu.example", since: 0, why: "refused" };

const lines = (tty: boolean): string => {
  let written = "";
  const display = createRunDisplay({ stderr: { write: (text) => (written = text) }, err: { ...look, tty } });
  for (const bridge of ["a", "b", "c", "d"]) {
    // Faster than the display draws; the last state is what counts at the next drawing.
    display.show({ ...working, bridge, offset: 0 });
  }
  const drawn = written;
  display.end();
  return drawn;
};

describe("what a terminal shows during a run", () => {
  it("guesses the whole from the bytes, then knows it, and says what a bridge waits for", () => {
    let written = "";
    let now = 0;
    const display = createRunDisplay({ stderr: { write: (text) => (written += text) }, err: look }, () => now);
    now = 1_000;
    display.show({ ...working, bridge: "gewerbe", offset: 500 });
    expect(written).toContain("50 of 100   50/s");
    expect(written).toContain(" 50 %");
    display.watch(
      () => [{ ...status, bridge: "fern", circuits: [{ ...circuit, state: "open", nextTry: 5_000 }] }] as never,
    );
    display.end();
    written = "";
    const later = createRunDisplay({ stderr: { write: (text) => (written += text) }, err: look }, () => now);
    later.watch(
      () => [{ ...status, bridge: "fern", circuits: [{ ...circuit, state: "open", nextTry: 5_000 }] }] as never,
    );
    later.show({ ...working, bridge: "gewerbe", offset: 1_000, records: 50, complete: true });
    later.end();
    expect(written).toMatch(/gewerbe {3}━{30} +100 % +50\n/);
    expect(written).toMatch(/fern {6}waiting for target, circuit open, next try in 4 s\n/);
  });

  it("shows the last three that moved, and nothing off a terminal", () => {
    expect(lines(true).match(/so far/g)).toHaveLength(1);
    expect(lines(false)).toBe("");
  });
});
