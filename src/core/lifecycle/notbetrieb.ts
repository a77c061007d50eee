// Notbetrieb: after its sunset people open a bridge for a short time, because a legal deadline must never force anyone to go around
// the appliance.
//
//   sunset ──one named operator──▶ stage 1: 24 h ──another named person, of the owner's side──▶ stage 2: 14 days from the begin
//                                                         any of them ends when its time is over, or when somebody ends it
//
// Only rules: who is asked what and what is written down. The state follows from what is written and the clock (state.ts).

import { BridgeError } from "../errors.ts";
import { addPeriod } from "../options/units.ts";
import type { NotbetriebPolicy } from "./policy.ts";
import { isSamePerson } from "./person.ts";
import type { Standing } from "./state.ts";

const DAY = 86_400_000;
export const STAGE_ONE = DAY;
export const STAGE_TWO = 14 * DAY;

export interface NotbetriebUse {
  /** Milliseconds; open from the begin on and before the end. */
  readonly from: number;
  readonly until: number;
  readonly stage: 1 | 2;
  /** One of the policy's codes. */
  readonly reason: string;
  readonly ticket: string;
  /** Who opened it; that it is another who confirms has to be seen. */
  readonly by: string;
  readonly confirmedBy?: string;
}

export interface NotbetriebBook {
  /** How often it was opened, stage 1 counted. */
  readonly uses: number;
  readonly last: NotbetriebUse;
}

export interface NotbetriebRequest {
  readonly actor: string;
  readonly reason: string;
  readonly ticket: string;
}

/** Stage 1. Throws REQUEST_INVALID for a reason that is none, NOTBETRIEB_REFUSED where the state or the policy do not allow it. */
export function openNotbetrieb(
  book: NotbetriebBook | undefined,
  standing: Pick<Standing, "state" | "notbetriebUntil">,
  request: NotbetriebRequest,
  policy: NotbetriebPolicy,
  now: number,
): NotbetriebBook {
  const { actor, reason, ticket } = request;
  if (!policy.reasons.includes(reason)) {
    throw new BridgeError("REQUEST_INVALID", "this is no reason code of the policy", {
      hint: `They are: ${policy.reasons.join(", ")}.`,
    });
  }
  if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "Notbetrieb needs a ticket");
  if (standing.notbetriebUntil !== undefined) {
    throw refused(`the bridge is open already, until ${iso(standing.notbetriebUntil)}`);
  }
  if (standing.state !== "sunset") {
    throw refused(`only a bridge that has ended and was not retired can be opened; this one is ${standing.state}`);
  }
  const uses = book?.uses ?? 0;
  if (uses >= policy.most) throw refused(`it was opened ${uses} times; the policy allows ${policy.most}`);
  const earliest = book && afterPause(book.last.until, policy);
  if (earliest !== undefined && now < earliest) {
    throw refused(
      `it was open until ${iso(book!.last.until)}; the policy allows the next time from ${iso(earliest)} on`,
    );
  }
  return { uses: uses + 1, last: { from: now, until: now + STAGE_ONE, stage: 1, reason, ticket, by: actor } };
}

/** Somebody who was authenticated, and what they may do. */
export interface Approver {
  readonly actor: string;
  readonly roles: readonly string[];
}

/** Stage 2. Throws APPROVAL_NEEDED for anybody but another approver, NOTBETRIEB_REFUSED where there is nothing to confirm. */
export function confirmNotbetrieb(
  book: NotbetriebBook | undefined,
  standing: Pick<Standing, "state">,
  approver: Approver,
): NotbetriebBook {
  if (!approver.roles.includes("approver")) {
    throw new BridgeError("APPROVAL_NEEDED", "the second stage takes somebody of the role approver");
  }
  if (book === undefined || standing.state !== "notbetrieb")
    throw refused("the bridge is not open, so nothing can be confirmed");
  const { last } = book;
  if (isSamePerson(last.by, approver.actor)) {
    throw new BridgeError("APPROVAL_NEEDED", "who opened the bridge cannot be the second person");
  }
  if (last.stage === 2) throw refused(`it was confirmed already, until ${iso(last.until)}`);
  return { ...book, last: { ...last, until: last.from + STAGE_TWO, stage: 2, confirmedBy: approver.actor } };
}

/** Throws NOTBETRIEB_REFUSED where it is not open. */
export function endNotbetrieb(
  book: NotbetriebBook | undefined,
  standing: Pick<Standing, "state">,
  now: number,
): NotbetriebBook {
  if (book === undefined || standing.state !== "notbetrieb") throw refused("the bridge is not open");
  return { ...book, last: { ...book.last, until: now } };
}

function afterPause(end: number, { pause }: NotbetriebPolicy): number {
  const day = Math.floor(end / DAY);
  return end + (addPeriod(day, pause) - day) * DAY;
}

function refused(message: string): BridgeError {
  return new BridgeError("NOTBETRIEB_REFUSED", message);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
