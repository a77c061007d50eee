import { describe, expect, it } from "vitest";
import { createClock } from "../../src/core/lifecycle/clock.ts";
import type { Clock, ClockMemory } from "../../src/core/lifecycle/clock.ts";
import { createLifecycleWatch } from "../../src/core/lifecycle/state-watch.ts";
import { bridgeOf, createMemory } from "./lifecycle-fixtures.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse("2027-11-15T12:00:00+01:00");

interface Machine {
  wall: number;
  uptime: number;
  boot: string;
  memory: ClockMemory | undefined;
  saves: number;
  /** Time passes for wall and machine alike. */
  pass(ms: number): void;
  start(): Promise<Clock>;
}

function createMachine(): Machine {
  const machine: Machine = {
    wall: START,
    uptime: 1_000,
    boot: "one",
    memory: undefined,
    saves: 0,
    pass(ms) {
      machine.wall += ms;
      machine.uptime += ms;
    },
    async start() {
      const store = {
        load: async () => machine.memory,
        save: async (memory: ClockMemory) => {
          machine.memory = structuredClone(memory);
          machine.saves += 1;
        },
      };
      return await createClock(store, () => ({ wall: machine.wall, uptime: machine.uptime, boot: machine.boot }));
    },
  };
  return machine;
}

describe("the clock", () => {
  it("follows the wall and records it on every tick", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    expect(clock.now()).toBe(START);
    machine.pass(30_000);
    expect(clock.now()).toBe(START + 30_000);
    expect(await clock.tick()).toBeUndefined();
    expect(machine.memory?.latest).toBe(START + 30_000);
  });

  it("never goes back, not even across a restart", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.pass(DAY);
    await clock.tick();
    machine.wall -= 10 * DAY;
    expect(clock.now()).toBe(START + DAY);
    expect(await clock.tick()).toMatchObject({ kind: "behind" });
    const later = await machine.start();
    expect(later.now()).toBe(START + DAY);
    expect(machine.memory?.latest).toBe(START + DAY);
  });

  it("never goes back across a restart, either, where it was right for a while between two jumps", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall += 3 * HOUR;
    expect(await clock.tick()).toMatchObject({ kind: "ahead" });
    machine.wall -= 3 * HOUR;
    machine.pass(HOUR / 3);
    const shown = clock.now();
    expect(shown).toBe(START + HOUR / 3);
    // The same jump as before, so that the suspicion is the old one.
    machine.wall += 3 * HOUR;
    expect(await clock.tick()).toMatchObject({ kind: "ahead" });
    expect((await machine.start()).now()).toBe(shown);
  });

  it("is right again at once when a clock that was behind is set right", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall -= 10 * DAY;
    await clock.tick();
    machine.pass(5 * HOUR);
    await clock.tick();
    machine.wall += 10 * DAY;
    expect(await clock.tick()).toBeUndefined();
    expect(clock.now()).toBe(START + 5 * HOUR);
  });

  it("believes an hour, and not more than an hour", async () => {
    const near = createMachine();
    const believed = await near.start();
    near.wall += HOUR;
    expect(await believed.tick()).toBeUndefined();
    const far = createMachine();
    const doubted = await far.start();
    far.wall += HOUR + 1;
    expect(await doubted.tick()).toEqual({ kind: "ahead", by: HOUR + 1 });
  });

  it("stands still for 24 hours after a jump forward, then believes it", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall += 400 * DAY;
    expect(clock.now()).toBe(START);
    expect(await clock.tick()).toMatchObject({ kind: "ahead" });
    machine.pass(DAY - 1);
    await clock.tick();
    expect(clock.now()).toBe(START);
    expect(machine.memory?.latest).toBe(START);
    machine.pass(1);
    expect(await clock.tick()).toBeUndefined();
    expect(clock.now()).toBe(START + 401 * DAY);
  });

  it("forgets a jump that was taken back, and counts a new one from its own beginning", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall += 400 * DAY;
    await clock.tick();
    machine.pass(20 * HOUR);
    machine.wall -= 400 * DAY;
    expect(await clock.tick()).toBeUndefined();
    expect(clock.now()).toBe(START + 20 * HOUR);
    machine.wall += 400 * DAY;
    await clock.tick();
    machine.pass(5 * HOUR);
    expect(await clock.tick()).toMatchObject({ kind: "ahead" });
  });

  it("starts the 24 hours anew when it jumps once more", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall += 400 * DAY;
    await clock.tick();
    machine.pass(20 * HOUR);
    machine.wall += 300 * DAY;
    await clock.tick();
    machine.pass(20 * HOUR);
    expect(await clock.tick()).toMatchObject({ kind: "ahead" });
    machine.pass(4 * HOUR);
    expect(await clock.tick()).toBeUndefined();
  });

  it("believes at once what an operator confirms", async () => {
    const machine = createMachine();
    const clock = await machine.start();
    machine.wall += 400 * DAY;
    await clock.tick();
    await clock.confirm();
    expect(clock.alarm).toBeUndefined();
    expect(clock.now()).toBe(START + 400 * DAY);
  });

  it("does not take a process that was off for a jump, as long as the machine ran", async () => {
    const machine = createMachine();
    await machine.start();
    machine.pass(30 * DAY);
    const clock = await machine.start();
    expect(clock.alarm).toBeUndefined();
    expect(clock.now()).toBe(START + 30 * DAY);
  });

  it("compares with the last heartbeat after the machine restarted", async () => {
    const machine = createMachine();
    await machine.start();
    machine.boot = "two";
    machine.uptime = 10;
    machine.wall += 3 * DAY;
    const clock = await machine.start();
    expect(clock.alarm).toMatchObject({ kind: "ahead" });
    expect(clock.now()).toBe(START);
    await clock.tick();
    machine.boot = "three";
    machine.uptime = 10;
    machine.wall += DAY;
    const again = await machine.start();
    expect(await again.tick()).toBeUndefined();
    expect(again.now()).toBe(START + 4 * DAY);
  });
});

describe("the watch", () => {
  it("writes every change of state into the trail once, and survives a restart", async () => {
    const memory = createMemory();
    const reading = { wall: START, uptime: 0, boot: "one" };
    const seen: string[] = [];
    const deps = {
      journal: memory,
      bridges: () => [bridgeOf()],
      read: () => ({ ...reading }),
      onChange: (_bridge: unknown, from: string | undefined, to: string) => void seen.push(`${from ?? "-"} ${to}`),
    };
    const watch = await createLifecycleWatch(deps);
    await watch.tick();
    await watch.tick();
    reading.wall += DAY;
    reading.uptime += DAY;
    await watch.tick();
    const next = await createLifecycleWatch(deps);
    await next.tick();
    expect(seen).toEqual(["- deprecated", "deprecated sunset"]);
    expect(memory.trail.filter((entry) => entry.event === "lifecycle.state").map((entry) => entry.facts["to"])).toEqual(
      ["deprecated", "sunset"],
    );
  });

  it("ends no bridge by a wrong clock, raises the alarm once, and notes who confirmed", async () => {
    const memory = createMemory();
    const reading = { wall: START, uptime: 0, boot: "one" };
    const alarms: boolean[] = [];
    const watch = await createLifecycleWatch({
      journal: memory,
      bridges: () => [bridgeOf()],
      read: () => ({ ...reading }),
      onAlarm: (alarm) => void alarms.push(alarm !== undefined),
    });
    await watch.tick();
    reading.wall += 100 * DAY;
    await watch.tick();
    await watch.tick();
    expect(watch.standing(bridgeOf()).state).toBe("deprecated");
    expect(alarms).toEqual([true]);
    await watch.confirmClock("local:admin");
    expect(watch.standing(bridgeOf()).state).toBe("sunset");
    expect(alarms).toEqual([true, false]);
    expect(memory.trail.map((entry) => entry.event)).toEqual(
      expect.arrayContaining(["clock.doubtful", "clock.confirmed", "clock.plausible", "lifecycle.state"]),
    );
    expect(memory.trail.find((entry) => entry.event === "clock.confirmed")?.actor).toBe("local:admin");
  });
});
