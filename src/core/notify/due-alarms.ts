// Of the alarms in the book, those that somebody is to be told now: the owner when one begins, owner and deputy every day as long as
// nobody has taken it over.

import type { Alarm } from "../alarms/book.ts";
import type { Trouble, TroubleKind } from "../alarms/troubles.ts";
import type { Item } from "./item.ts";

const DAY = 86_400_000;
/** What mends itself within this time is nobody's business. */
const GRACE = 2 * 60_000;
/** A clock that was set back by more does not silence an alarm until it has caught up. */
const SET_BACK = 3_600_000;
/** Told of in words of their own, or no trouble to anybody. */
const QUIET: ReadonlySet<TroubleKind> = new Set<TroubleKind>(["notbetrieb", "erased", "held"]);

/** Whom to tell; `title` as its author wrote it. */
export interface Address {
  readonly title: string;
  readonly owner: readonly string[];
  readonly deputy: readonly string[];
}
/** Of a bridge; null = the appliance. */
export type AddressOf = (bridge: string | null) => Address;

export type AlarmItem = Item & { readonly kind: "alarm" };

export function dueAlarms(
  alarms: readonly Alarm[],
  troubles: ReadonlyMap<string, Trouble>,
  now: number,
  addressOf: AddressOf,
): readonly { readonly alarm: Alarm; readonly item: AlarmItem }[] {
  return alarms.flatMap((alarm) => {
    const trouble = troubles.get(alarm.trouble);
    const stage = stageOf(alarm, now);
    if (trouble === undefined || stage === undefined) return [];
    const { title, owner, deputy } = addressOf(alarm.bridge);
    // That mails do not get through no mail can tell.
    const isMute = trouble.kind === "channel" && trouble.channel.channel === "mail";
    const to = isMute ? [] : stage === "begun" ? owner : [...owner, ...deputy];
    const id = `alarm/${alarm.key}/${alarm.told?.times ?? 0}`;
    return [
      { alarm, item: { kind: "alarm", id, bridge: alarm.bridge, title, to, stage, trouble, since: alarm.since } },
    ];
  });
}

/** What there is to tell of it now; undefined = nothing. */
function stageOf({ kind, since, told, taken }: Alarm, now: number): AlarmItem["stage"] | undefined {
  if (taken !== undefined || QUIET.has(kind)) return undefined;
  if (told === undefined) return lasts(since, now) ? "begun" : undefined;
  const passed = now - told.last;
  if (passed < DAY && passed > -SET_BACK) return undefined;
  return told.times === 1 ? "escalated" : "repeated";
}

/** Whether it is no mere hiccup. */
export function lasts(since: number, now: number): boolean {
  return now - since >= GRACE || now < since - SET_BACK;
}
