// The clock by which bridges live and end. It goes neither back nor wildly forward:
//
//   trusted ──wall is more than an hour ahead of what has passed──▶ suspicious ──24 h the same, or confirmed──▶ trusted
//      ▲                                                                │
//      └──────────────────────── wall is plausible again ◀──────────────┘
//
// While it is suspicious nothing is recorded and the time stands still at the latest recorded one, so that a wrong
// clock ends no bridge. What has passed is measured by the machine's uptime, which also counts while no appliance
// runs; across a restart of the machine only the last heartbeat is left to compare with.

import { readFileSync } from "node:fs";
import { uptime } from "node:os";

const MOST_JUMP = 3_600_000;
const SETTLES_AFTER = 24 * 3_600_000;

export interface ClockReading {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds since the machine started; not touched when somebody sets the clock. */
  readonly uptime: number;
  /** Tells one start of the machine from another. */
  readonly boot: string;
}

export interface ClockMemory {
  /** The latest time that was recorded; the clock never shows less. */
  readonly latest: number;
  /** When that was, by the machine's own count. */
  readonly uptime: number;
  readonly boot: string;
  /** The first reading of a jump that is not believed yet. */
  readonly suspicion?: ClockReading | undefined;
}

export interface ClockStore {
  load(): Promise<ClockMemory | undefined>;
  save(memory: ClockMemory): Promise<void>;
}

export interface ClockAlarm {
  readonly kind: "ahead" | "behind";
  /** How far the wall is off what was expected, in milliseconds. */
  readonly by: number;
}

export interface Clock {
  /** The time that states are computed with. */
  now(): number;
  /** Reads, judges and records; call it at most every 60 s. Resolves to the alarm, if there is one ("Uhr prüfen"). */
  tick(): Promise<ClockAlarm | undefined>;
  /** An operator vouches for the wall clock as it is now. */
  confirm(): Promise<void>;
  readonly alarm: ClockAlarm | undefined;
}

export async function createClock(store: ClockStore, read: () => ClockReading = readMachine): Promise<Clock> {
  let memory = await store.load();
  if (memory === undefined) memory = await remember(store, read());
  let known: ClockMemory = memory;
  let alarm = judge(known, read());
  /** What was shown since the latest record counts as well: a bridge that was seen to end stays ended when the wall is set back. */
  let shown: Pick<ClockMemory, "latest" | "uptime" | "boot"> = known;
  const reference = (): ClockMemory => (shown.latest > known.latest ? { ...known, ...shown } : known);
  return {
    get alarm() {
      return alarm;
    },
    now() {
      const reading = read();
      const now = judge(known, reading)?.kind === "ahead" ? known.latest : Math.max(reading.wall, known.latest);
      if (now > shown.latest) shown = { latest: now, uptime: reading.uptime, boot: reading.boot };
      return Math.max(now, shown.latest);
    },
    async tick() {
      const reading = read();
      alarm = judge(known, reading);
      const base = reference();
      if (alarm?.kind !== "ahead") {
        // A clock that is behind moves no reference: that stays where the latest time was seen.
        if (reading.wall >= known.latest) known = await remember(store, reading, base.latest);
        else if (known.suspicion !== undefined || base !== known) known = await withSuspicion(store, base, undefined);
        return alarm;
      }
      const suspicion = known.suspicion && carried(known.suspicion, reading);
      if (suspicion === undefined || !consistent(suspicion, reading)) {
        known = await withSuspicion(store, base, reading);
      } else if (reading.uptime - suspicion.uptime >= SETTLES_AFTER) {
        known = await remember(store, reading, base.latest);
        alarm = undefined;
      } else if (suspicion !== known.suspicion || base !== known) {
        // What was shown between two jumps counts across a restart, too.
        known = await withSuspicion(store, base, suspicion);
      }
      return alarm;
    },
    async confirm() {
      known = await remember(store, read(), reference().latest);
      alarm = judge(known, read());
    },
  };
}

async function remember(store: ClockStore, reading: ClockReading, least = 0): Promise<ClockMemory> {
  const memory = { latest: Math.max(reading.wall, least), uptime: reading.uptime, boot: reading.boot };
  await store.save(memory);
  return memory;
}

async function withSuspicion(
  store: ClockStore,
  memory: ClockMemory,
  suspicion: ClockReading | undefined,
): Promise<ClockMemory> {
  const next = { latest: memory.latest, uptime: memory.uptime, boot: memory.boot, ...(suspicion && { suspicion }) };
  await store.save(next);
  return next;
}

function judge(memory: ClockMemory, reading: ClockReading): ClockAlarm | undefined {
  const passed = memory.boot === reading.boot ? Math.max(0, reading.uptime - memory.uptime) : 0;
  const ahead = reading.wall - (memory.latest + passed);
  if (ahead > MOST_JUMP) return { kind: "ahead", by: ahead };
  return ahead < -MOST_JUMP ? { kind: "behind", by: -ahead } : undefined;
}

/**
 * What passed while the machine was off only the wall tells: that is taken from it once, at the first look after its start, so that a
 * machine which runs an hour a day settles one day, too. From then on a wall that jumps again is seen by the uptime.
 */
function carried(suspicion: ClockReading, reading: ClockReading): ClockReading {
  if (suspicion.boot === reading.boot || reading.wall < suspicion.wall) return suspicion;
  const { wall } = suspicion;
  return { wall, uptime: reading.uptime - (reading.wall - wall), boot: reading.boot };
}

/** Whether this is still the same clock that jumped, only later. */
function consistent(suspicion: ClockReading, reading: ClockReading): boolean {
  if (suspicion.boot !== reading.boot) return false;
  return Math.abs(reading.wall - suspicion.wall - (reading.uptime - suspicion.uptime)) <= MOST_JUMP;
}

let boot: string | undefined;

export function readMachine(): ClockReading {
  boot ??= bootId();
  return { wall: Date.now(), uptime: uptime() * 1_000, boot };
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // No such file outside Linux: every process then counts as a start of its own, which is only stricter.
    return `process-${process.pid}-${Date.now()}`;
  }
}
