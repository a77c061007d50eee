// The page Kalender.

import { calendarPage } from "./page-calendar.ts";
import { READERS, type PageRoute } from "./page-route.ts";

export const CALENDAR_PAGES: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/kalender",
    roles: READERS,
    show: async ({ facts, screen }) => calendarPage(facts, screen),
  },
];
