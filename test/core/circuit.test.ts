import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";

import { backOff, createCircuit } from "../../src/core/pipeline/circuit.ts";

const FAST = { first: 20, most: 60 };
const never = new AbortController().signal;

describe("circuit", () => {
  it("opens when the target was unreachable three times in a row and lets one probe go at a time", async () => {
    const circuit = createCircuit(FAST);
    for (let i = 0; i < 3; i++) {
      expect(await circuit.enter(never)).toBe(false);
      circuit.unreachable(false, "connection refused");
    }
    expect(circuit.state).toBe("open");
    expect(circuit.why).toBe("connection refused");
    const order: string[] = [];
    const a = circuit.enter(never).then((probe) => order.push(`a ${probe}`));
    const b = circuit.enter(never).then((probe) => order.push(`b ${probe}`));
    await a;
    expect(order).toEqual(["a true"]);
    circuit.unreachable(true, "connection refused");
    expect(circuit.state).toBe("open");
    await b;
    expect(order).toEqual(["a true", "b true"]);
    circuit.answered();
    expect(circuit.state).toBe("closed");
    expect(await circuit.enter(never)).toBe(false);
  });

  it("opens after five different messages failed in a row, not after one that fails five times", async () => {
    const circuit = createCircuit(FAST);
    for (let i = 0; i < 9; i++) circuit.failed("same", false);
    expect(circuit.state).toBe("closed");
    for (const key of ["a", "b", "c", "d"]) circuit.failed(key, false);
    expect(circuit.state).toBe("open");
  });

  it("opens at once, and for long, where every further try does harm", async () => {
    const circuit = createCircuit(FAST);
    circuit.unreachable(await circuit.enter(never), "the logon is refused", true);
    expect(circuit.state).toBe("open");
    expect(circuit.takes).toBe(false);
    expect((circuit.nextTry ?? 0) - Date.now()).toBeGreaterThan(14 * 60_000);
    // What was still under way and succeeded shows that it is over.
    circuit.answered();
    expect(circuit.state).toBe("closed");
  });

  it("a success between failures starts the count anew", () => {
    const circuit = createCircuit(FAST);
    for (const key of ["a", "b", "c", "d"]) circuit.failed(key, false);
    circuit.answered();
    circuit.failed("e", false);
    expect(circuit.state).toBe("closed");
  });

  it("those who wait leave when they are told to stop, and an aborted probe passes its turn on", async () => {
    const circuit = createCircuit(FAST);
    for (let i = 0; i < 3; i++) circuit.unreachable(false, "away");
    const stop = new AbortController();
    const waiting = circuit.enter(stop.signal);
    stop.abort(new Error("stopping"));
    await expect(waiting).rejects.toThrow("stopping");
    expect(await circuit.enter(never)).toBe(true);
    const next = circuit.enter(never);
    circuit.aborted(true);
    expect(await next).toBe(true);
  });

  it("waits for the pause before the first probe", async () => {
    const circuit = createCircuit({ first: 80, most: 80 });
    for (let i = 0; i < 3; i++) circuit.unreachable(false, "away");
    let went = false;
    const entered = circuit.enter(never).then(() => (went = true));
    await sleep(20);
    expect(went).toBe(false);
    await entered;
  });

  it("backs off exponentially, with jitter, up to the limit", () => {
    for (let attempt = 1; attempt < 200; attempt++) {
      const pause = backOff(attempt, { first: 1000, most: 300_000 });
      expect(pause).toBeGreaterThanOrEqual(500);
      expect(pause).toBeLessThanOrEqual(300_000);
    }
  });

  it("that was closed while its probe was out takes the probe's failure for one message's, not for the target's", async () => {
    const circuit = createCircuit(FAST);
    for (let i = 0; i < 3; i++) circuit.unreachable(false, "connection refused");
    expect(await circuit.enter(never)).toBe(true);
    // Something that was still under way since before it opened has its answer now.
    circuit.answered();
    circuit.failed("probe", true);
    expect(circuit.state).toBe("closed");
    circuit.aborted(true);
    expect(await circuit.enter(never)).toBe(false);
  });
});
