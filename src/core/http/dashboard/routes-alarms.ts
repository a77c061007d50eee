// Taking an alarm over, from the list of what is to do now.

import { ALARM_WORDS } from "./words-alarms.ts";
import type { PageRoute } from "./page-route.ts";

export const ALARM_PAGES: readonly PageRoute[] = [
  {
    method: "POST",
    path: "/alarme/:key/uebernehmen",
    roles: ["operator"],
    async show({ operations, params, session, screen }) {
      await operations.takeOver({ key: params["key"] ?? "", actor: session.identity.actor });
      session.note = { kind: "ok", text: ALARM_WORDS[screen.language].takenNow };
      return { location: "/" };
    },
  },
];
