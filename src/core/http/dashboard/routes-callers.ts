// Pages about callers.

import { callerLines, callersCsv } from "./callers.ts";
import { callersPage, chosen } from "./page-callers.ts";
import { CSV, READERS, type PageRoute } from "./page-route.ts";

export const CALLER_PAGES: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/aufrufer",
    roles: READERS,
    show: async ({ operations, facts, screen }) => callersPage(await callerLines(operations, facts), facts, screen),
  },
  {
    method: "GET",
    path: "/aufrufer.csv",
    roles: READERS,
    async show({ operations, facts, screen }) {
      const lines = chosen(await callerLines(operations, facts), screen);
      return { download: { name: "aufrufer.csv", type: CSV, content: callersCsv(lines, facts) } };
    },
  },
];
