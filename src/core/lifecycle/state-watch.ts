// Watches the states of all bridges. Evaluated per request and on a tick of 30 s, never by a timer set to the date: a
// Node timer longer than 24.8 days fires at once.

import type { LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import { createClock, readMachine } from "./clock.ts";
import type { Clock, ClockAlarm, ClockMemory, ClockReading, ClockStore } from "./clock.ts";
import { withApproved } from "./extensions.ts";
import { readLedger } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import { standingOf } from "./state.ts";
import type { LifecycleState, Standing } from "./state.ts";

const TICK = 30_000;
const CLOCK_KEY = "clock";
const STATE_PREFIX = "lifecycle/";

export interface LifecycleWatch {
  /** The state at this moment, by the trusted clock. */
  /** `now`: of `now()`, for those who ask about many bridges; each look at the clock asks the machine. */
  standing(bridge: LoadedBridge, now?: number): Standing;
  now(): number;
  readonly alarm: ClockAlarm | undefined;
  /** Evaluates everything once; `start` does so every 30 s. */
  tick(): Promise<void>;
  start(signal: AbortSignal): void;
  confirmClock(actor: string): Promise<void>;
  /** The ledger changed (a bridge was accepted or retired). */
  refresh(): Promise<void>;
}

export interface LifecycleWatchDeps {
  readonly journal: Pick<Journal, "get" | "set" | "entries" | "audit">;
  bridges(): readonly LoadedBridge[];
  /** Called once per change of a bridge's state, after it was written down. */
  onChange?(bridge: LoadedBridge, from: LifecycleState | undefined, to: LifecycleState): void;
  /** Called when the clock's alarm begins or ends. */
  onAlarm?(alarm: ClockAlarm | undefined): void;
  /** Something in a tick failed; the next tick tries again. */
  onError?(error: unknown): void;
  readonly read?: () => ClockReading;
}

export function clockStore(journal: Pick<Journal, "get" | "set">): ClockStore {
  return {
    load: async () => await journal.get<ClockMemory>(CLOCK_KEY),
    save: async (memory) => await journal.set(CLOCK_KEY, memory),
  };
}

export async function createLifecycleWatch(deps: LifecycleWatchDeps): Promise<LifecycleWatch> {
  const clock = await createClock(clockStore(deps.journal), deps.read ?? readMachine);
  let ledger = await readLedger(deps.journal);
  let alarmed = false;

  async function tick(): Promise<void> {
    const alarm = await clock.tick();
    if ((alarm !== undefined) !== alarmed) {
      alarmed = alarm !== undefined;
      await deps.journal.audit(
        clockEntry(clock, alarm === undefined ? "clock.plausible" : "clock.doubtful", "system", alarm),
      );
      deps.onAlarm?.(alarm);
    }
    const now = clock.now();
    for (const bridge of deps.bridges()) await noteChange(deps, bridge, standing(bridge, now), now);
  }

  function standing(bridge: LoadedBridge, now = clock.now()): Standing {
    return standingNow(bridge, ledger, now);
  }

  return {
    standing,
    tick,
    now: () => clock.now(),
    get alarm() {
      return clock.alarm;
    },
    start(signal) {
      const timer = setInterval(() => void tick().catch((error: unknown) => deps.onError?.(error)), TICK);
      timer.unref();
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    },
    async confirmClock(actor) {
      const alarm = clock.alarm;
      await clock.confirm();
      await deps.journal.audit(clockEntry(clock, "clock.confirmed", actor, alarm));
      await tick();
    },
    async refresh() {
      ledger = await readLedger(deps.journal);
    },
  };
}

/** The one place where what two persons approved joins what the file says; all that tells of ends goes through here. */
export function standingNow(bridge: LoadedBridge, ledger: Ledger, now: number): Standing {
  const entry = ledger.get(bridge.name);
  return standingOf(withApproved(bridge.lifecycle, entry?.approved), bridge.timezone, now, {
    retiredAt: entry?.retiredAt,
    firstSunset: entry?.sunset,
    notbetrieb: entry?.notbetrieb?.last,
  });
}

async function noteChange(
  deps: LifecycleWatchDeps,
  bridge: LoadedBridge,
  standing: Standing,
  now: number,
): Promise<void> {
  const key = STATE_PREFIX + bridge.name;
  const before = await deps.journal.get<{ readonly state: LifecycleState }>(key);
  if (before?.state === standing.state) return;
  await deps.journal.set(
    key,
    { state: standing.state },
    {
      at: now,
      event: "lifecycle.state",
      bridge: bridge.name,
      drop: undefined,
      actor: "system",
      facts: { from: before?.state ?? null, to: standing.state, end: standing.end },
    },
  );
  deps.onChange?.(bridge, before?.state, standing.state);
}

function clockEntry(clock: Clock, event: string, actor: string, alarm: ClockAlarm | undefined) {
  return {
    at: clock.now(),
    event,
    bridge: undefined,
    drop: undefined,
    actor,
    facts: { kind: alarm?.kind ?? null, seconds: alarm === undefined ? null : Math.round(alarm.by / 1_000) },
  };
}
