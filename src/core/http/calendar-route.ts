// /lifecycle.ics: what ends when, for programs that subscribe to calendars. Most of them can do no other than Basic, so the token may
// be its password; in the address it may never stand, because addresses end up in logs and are passed on.

import type { FastifyInstance } from "fastify";
import { presentedToken } from "../calls/identity.ts";
import { BridgeError } from "../errors.ts";
import { CALENDAR_TYPE, renderCalendar } from "../lifecycle/calendar/calendar.ts";
import type { Operations } from "../operations/operations.ts";
import type { TokenBook } from "../operations/tokens.ts";
import { authorize, identify } from "./auth.ts";
import type { FailureBrake, Identity } from "./auth.ts";
import { READERS } from "../operations/roles.ts";

export const CALENDAR_PATH = "/lifecycle.ics";

const CHALLENGE = 'Bearer realm="steg", Basic realm="steg", charset="UTF-8"';

export interface CalendarDeps {
  /** What somebody may see. */
  readonly operationsOf: (identity: Identity) => Pick<Operations, "outlines" | "alarms">;
  readonly tokens: TokenBook;
}

export function registerCalendar(server: FastifyInstance, { operationsOf, tokens }: CalendarDeps, brake: FailureBrake) {
  server.get(CALENDAR_PATH, async ({ headers, ip }, reply) => {
    const presented = headers.authorization === undefined ? undefined : presentedToken(headers.authorization);
    const header = presented === undefined ? headers.authorization : `Bearer ${presented}`;
    let identity: Identity;
    try {
      identity = await identify(header, ip, tokens, brake);
      authorize(identity, READERS);
    } catch (cause) {
      if (cause instanceof BridgeError && cause.code === "UNAUTHENTICATED") {
        void reply.header("www-authenticate", CHALLENGE);
      }
      throw cause;
    }
    const operations = operationsOf(identity);
    const [{ bridges, now }, { runningOut }] = await Promise.all([operations.outlines({}), operations.alarms({})]);
    const own = runningOut.filter(({ bridge }) => bridge === null);
    void reply.type(CALENDAR_TYPE).header("content-disposition", 'inline; filename="lifecycle.ics"');
    return renderCalendar(bridges, Date.parse(now), own);
  });
}
