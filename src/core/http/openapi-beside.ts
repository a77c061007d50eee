// Paths beside the admin API that its document describes too: the calendar, and what callers may know of the bridges they call.

import { bridgeLifecycleSchema, WELL_KNOWN } from "./bridge-lifecycle.ts";
import { CALENDAR_PATH } from "./calendar-route.ts";
import { READERS } from "../operations/roles.ts";
import { snapshotSchema } from "../fleet/snapshot-schema.ts";
import { SNAPSHOT_PATH } from "./snapshot-route.ts";

const otherwise = { default: { $ref: "#/components/responses/Problem" } };
const WAYS_IN = [{ token: [] }, { basic: [] }];

export const BESIDE_PATHS: Readonly<Record<string, Record<string, unknown>>> = {
  [CALENDAR_PATH]: {
    get: {
      summary: "Ends, milestones and brownouts of all bridges as a calendar (RFC 5545)",
      operationId: "getCalendar",
      description: `Roles: ${READERS.join(", ")}. The token may be the password of Basic.`,
      security: WAYS_IN,
      responses: {
        "200": { description: "The calendar", content: { "text/calendar": { schema: { type: "string" } } } },
        ...otherwise,
      },
    },
  },
  [SNAPSHOT_PATH]: {
    get: {
      summary: "What the appliance says of itself to a view over many, signed",
      operationId: "getSnapshot",
      description: `Roles: ${READERS.join(", ")}. Without tags. With If-None-Match an unchanged one is answered by 304.`,
      parameters: [
        {
          name: "since",
          in: "query",
          required: false,
          description: "Entry of the audit trail whose hash shall stand under audit.earlier",
          schema: { type: "integer", minimum: 0 },
        },
      ],
      responses: {
        "200": { description: "The snapshot", content: { "application/json": { schema: snapshotSchema } } },
        "304": { description: "Nothing but the time has changed" },
        ...otherwise,
      },
    },
  },
  [WELL_KNOWN]: {
    get: {
      summary: "State, end, successor and contact of the bridges that this caller may call",
      operationId: "getBridgeLifecycle",
      description: "For callers: a token of the role caller, a JWT, a certificate; bridges for anyone without any.",
      security: [...WAYS_IN, {}],
      responses: {
        "200": {
          description: "By name; planned bridges are not there",
          content: { "application/json": { schema: bridgeLifecycleSchema } },
        },
        ...otherwise,
      },
    },
  },
};
