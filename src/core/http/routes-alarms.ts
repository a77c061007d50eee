// The admin API's routes about alarms.

import { READERS } from "../operations/roles.ts";
import type { Route } from "./routes.ts";
import { list, object, text } from "./schemas.ts";
import type { Schema } from "./schemas.ts";

const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema["type"], "null"] });

const alarm = object({
  key: text,
  trouble: text,
  kind: text,
  bridge: orNull(text),
  since: text,
  told: orNull(object({ at: text, times: { type: "integer" } })),
  takenOver: orNull(object({ by: text, at: text })),
});
const channel = object({
  channel: text,
  failing: orNull(object({ since: text, code: text })),
  waiting: { type: "integer" },
});
const end = object({ bridge: orNull(text), of: text, what: text, until: text });

export const ALARM_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/alarms",
    summary: "What is wrong since when and who sees to it, how notifications get through, and what will run out",
    roles: READERS,
    answer: object({ alarms: list(alarm), channels: list(channel), runningOut: list(end) }),
    handle: async (operations) => await operations.alarms({}),
  },
  {
    method: "POST",
    path: "/alarms/:key/take-over",
    summary: "See to an alarm: it is repeated no more",
    roles: ["operator"],
    answer: alarm,
    handle: async (operations, { params, identity }) =>
      await operations.takeOver({ key: params["key"] ?? "", actor: identity.actor }),
  },
];
