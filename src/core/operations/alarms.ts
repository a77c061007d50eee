// Alarms as operations: the book, how the channels do, and what runs out.

import { createAlarmBook } from "../alarms/book.ts";
import type { Alarm, AlarmBook } from "../alarms/book.ts";
import { runningOutOf, soonestFirst } from "../alarms/running-out.ts";
import type { ShownCertificates } from "../alarms/shown-certificates.ts";
import type { AlarmView } from "../alarms/types.ts";
import { DEFAULT_ZONE, isoIn } from "../lifecycle/dates.ts";
import type { LocalDeps } from "./local.ts";
import type { Operations } from "./operations.ts";

export interface AlarmOperations extends Pick<Operations, "alarms" | "takeOver"> {
  readonly alarmBook: AlarmBook;
}

export function createAlarmOperations(
  deps: Pick<LocalDeps, "journal" | "bridges" | "watch" | "now" | "log" | "channels" | "ownEnds" | "policyBook">,
  shown: Pick<ShownCertificates, "of">,
): AlarmOperations {
  const alarmBook = createAlarmBook({ journal: deps.journal, log: deps.log });
  return {
    alarmBook,
    async alarms() {
      const [alarms, bridges, watch] = await Promise.all([alarmBook.all(), deps.bridges(), deps.watch()]);
      const now = watch.now();
      const ends = await Promise.all(
        bridges.map(async (bridge) => runningOutOf(bridge, watch.standing(bridge, now).state, await shown.of(bridge))),
      );
      return {
        alarms: alarms.map(viewOf),
        channels: deps.channels?.() ?? [],
        loosened: (await deps.policyBook?.())?.view().waits.length ?? 0,
        runningOut: soonestFirst([...(deps.ownEnds?.() ?? []), ...ends.flat()]),
      };
    },
    takeOver: async ({ key, actor }) => viewOf(await alarmBook.takeOver(key, actor, deps.now())),
  };
}

function viewOf({ key, trouble, kind, bridge, since, told, taken }: Alarm): AlarmView {
  return {
    key,
    trouble,
    kind,
    bridge,
    since: iso(since),
    told: told === undefined ? null : { at: iso(told.last), times: told.times },
    takenOver: taken === undefined ? null : { by: taken.by, at: iso(taken.at) },
  };
}

function iso(time: number): string {
  return isoIn(time, DEFAULT_ZONE);
}
