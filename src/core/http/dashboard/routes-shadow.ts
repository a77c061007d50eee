// What may be done with comparisons.

import { bridgeHref } from "./facts.ts";
import { field, type PageRoute } from "./page-route.ts";
import { SHADOW_WORDS } from "./words-shadow.ts";

export const SHADOW_PAGES: readonly PageRoute[] = [
  {
    method: "POST",
    path: "/bruecken/:bridge/abgleich-loeschen",
    roles: ["operator"],
    async show({ operations, params, session, form, screen }) {
      const { bridge = "" } = params;
      await operations.shadowErase({ bridge, actor: session.identity.actor, ticket: field(form, "reason") });
      session.note = { kind: "ok", text: SHADOW_WORDS[screen.language].erased };
      return { location: bridgeHref(bridge) };
    },
  },
];
