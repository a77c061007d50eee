// `deliver.batch.at` and `every` where nothing can grow (calls, batches of so many): a gate. Drops wait, without using an attempt,
// until their term ends; then they go in batches.
//
// A term is known from the drops alone: `at` from the moment of receipt; `every` from the first drop that waits. Only up to
// where the gate was opened by `every` is remembered, so that a drop that has begun does not wait again after a restart.

import type { Way } from "../bridge/types.ts";
import type { DropRow, Journal } from "../journal/types.ts";
import type { RunningBridge } from "./drop-run.ts";
import { growingTerm } from "./term-run.ts";
import { endOfTerm, termRule, type TermRule } from "./term-time.ts";

const DAY = 86_400_000;

type Waiting = Pick<DropRow, "received">;

export interface Gate {
  /** Opens it for terms that are over; answers when the next drop of these may go, undefined = none waits. */
  open(waiting: readonly Waiting[]): number | undefined;
  lets(drop: Waiting): boolean;
}

/** A bridge without such batches. */
export const NO_GATE: Gate = { open: () => undefined, lets: () => true };

function gateKey(bridge: string, rule: TermRule): string {
  return `gate/${bridge}/${rule.name}`;
}

function gateRules({ ways, couriers, bridge }: RunningBridge): readonly TermRule[] {
  const waits = (way: Way): TermRule | undefined =>
    way.skip === undefined && !growingTerm(way, couriers.get(way)?.target, bridge.timezone)
      ? termRule(way.deliver.batch, bridge.timezone)
      : undefined;
  return [...new Map(ways.flatMap(({ way }) => waits(way) ?? []).map((rule) => [rule.name, rule])).values()];
}

/** `failed` hears of a journal that does not keep what was opened. */
export async function createGate(
  running: RunningBridge,
  journal: Pick<Journal, "get" | "set">,
  now: () => number,
  failed: (cause: unknown) => void,
): Promise<Gate> {
  const { name } = running.bridge;
  const rules = gateRules(running);
  if (rules.length === 0) return NO_GATE;
  const gates = await Promise.all(
    rules.map(async (rule) => {
      const key = gateKey(name, rule);
      const opened = (await journal.get<number>(key)) ?? 0;
      return rule.at === undefined
        ? everyGate(rule, opened, now, (until) => void journal.set(key, until).catch(failed))
        : dailyGate(rule, now);
    }),
  );
  return {
    open(waiting) {
      const next = gates.flatMap((gate) => gate.open(waiting) ?? []);
      return next.length === 0 ? undefined : Math.max(...next);
    },
    lets: (drop) => gates.every((gate) => gate.lets(drop)),
  };
}

/** Each drop goes at the first such time after its receipt: what came before the last one may go. */
export function dailyGate(rule: TermRule, now: () => number): Gate {
  let last = 0;
  // Two days back there was one, also where the clock change moved it.
  let next = endOfTerm(rule, now() - 2 * DAY);
  const turn = (): void => {
    while (next <= now()) {
      last = next;
      next = endOfTerm(rule, next);
    }
  };
  const lets = ({ received }: Waiting): boolean => {
    turn();
    return received < last;
  };
  return { lets, open: (waiting) => (waiting.some((drop) => !lets(drop)) ? next : undefined) };
}

/** The first drop that waits begins a term; all that came within it go at its end. */
export function everyGate(rule: TermRule, from: number, now: () => number, keep: (until: number) => void): Gate {
  let until = from;
  const lets = ({ received }: Waiting): boolean => received <= until;
  return {
    lets,
    open(waiting) {
      const before = until;
      for (;;) {
        const begun = waiting.reduce((first, drop) => (lets(drop) ? first : Math.min(first, drop.received)), Infinity);
        const end = endOfTerm(rule, begun);
        if (end > now()) {
          if (until !== before) keep(until);
          return end === Infinity ? undefined : end;
        }
        until = end;
      }
    },
  };
}
