// Pages about what came.

import { dropPage } from "./page-drop.ts";
import { dropsPage } from "./page-drops.ts";
import { READERS, type PageRoute } from "./page-route.ts";

export const DROP_PAGES: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/eingaenge",
    roles: READERS,
    live: true,
    show: async ({ operations, facts, screen }) => await dropsPage(operations, facts, screen),
  },
  {
    method: "GET",
    path: "/eingaenge/:id",
    roles: READERS,
    live: true,
    show: async ({ operations, params, facts, screen }) =>
      await dropPage(operations, params["id"] ?? "", facts, screen),
  },
];
