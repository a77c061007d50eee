// The pages as one list: path, roles and what is shown or done. Registration and the matrix of the tests come from it, so that neither
// can forget a page.

import type { DeadView, Operations, Role } from "../../operations/operations.ts";
import { bridgeHref } from "./facts.ts";
import { clockPage } from "./page-clock.ts";
import { bridgePage } from "./page-bridge.ts";
import { bridgesPage } from "./page-bridges.ts";
import { ALARM_PAGES } from "./routes-alarms.ts";
import { letterPage } from "./page-letter.ts";
import { lettersPage } from "./page-letters.ts";
import { lagePage } from "./page-lage.ts";
import { type Asked, field, type PageRoute, READERS, type Shown } from "./page-route.ts";
import { CALENDAR_PAGES } from "./routes-calendar.ts";
import { CALLER_PAGES } from "./routes-callers.ts";
import { DROP_PAGES } from "./routes-drops.ts";
import { ACT_PAGES } from "./routes-acts.ts";
import { SHADOW_PAGES } from "./routes-shadow.ts";
import { NACHWEIS_PAGES } from "./routes-nachweis.ts";

const OPERATORS: readonly Role[] = ["operator"];

export const PAGES: readonly PageRoute[] = [
  ...NACHWEIS_PAGES,
  {
    method: "GET",
    path: "/",
    roles: READERS,
    live: true,
    show: async ({ facts, screen }) => lagePage(facts, screen),
  },
  {
    method: "GET",
    path: "/uhr",
    roles: READERS,
    show: async ({ facts, screen }) => clockPage(facts, screen),
  },
  {
    method: "POST",
    path: "/uhr",
    roles: OPERATORS,
    async show({ operations, session, screen }) {
      await operations.confirmClock({ actor: session.identity.actor });
      session.note = { kind: "ok", text: screen.words.clockConfirmed };
      return { location: "/uhr" };
    },
  },
  ...ALARM_PAGES,
  {
    method: "GET",
    path: "/bruecken",
    roles: READERS,
    show: async ({ facts, screen }) => bridgesPage(facts, screen),
  },
  {
    method: "GET",
    path: "/bruecken/:bridge",
    roles: READERS,
    live: true,
    show: async ({ operations, params, facts, screen }) =>
      await bridgePage(operations, params["bridge"] ?? "", facts, screen),
  },
  {
    method: "POST",
    path: "/bruecken/:bridge/anhalten",
    roles: OPERATORS,
    show: async (asked) => await setPaused(asked, true),
  },
  {
    method: "POST",
    path: "/bruecken/:bridge/fortsetzen",
    roles: OPERATORS,
    show: async (asked) => await setPaused(asked, false),
  },
  {
    method: "GET",
    path: "/klaerfaelle",
    roles: READERS,
    show: async ({ operations, facts, screen }) => await lettersPage(operations, facts, screen),
  },
  {
    method: "GET",
    path: "/klaerfaelle/:id",
    roles: READERS,
    show: async ({ operations, params, facts, screen }) =>
      letterPage(await letterOf(operations, params), facts, screen),
  },
  {
    // A form, although it changes nothing: mapping once more is work, and nobody's link shall cause it.
    method: "POST",
    path: "/klaerfaelle/:id/vorschau",
    roles: OPERATORS,
    async show({ operations, params, facts, screen, session }) {
      const { actor } = session.identity;
      const letter = await letterOf(operations, params);
      const preview = await operations.replay({ ids: [letter.id], actor, dryRun: true });
      return letterPage(letter, facts, screen, { preview });
    },
  },
  { method: "POST", path: "/klaerfaelle/:id/wiederholen", roles: OPERATORS, show: replay },
  {
    method: "POST",
    path: "/klaerfaelle/:id/verwerfen",
    roles: ["operator", "clearing"],
    async show({ operations, params, session, form, screen }) {
      const { id = "" } = params;
      await operations.dismiss({ ids: [id], actor: session.identity.actor, reason: field(form, "reason") });
      session.note = { kind: "ok", text: screen.words.dismissed };
      return { location: `/klaerfaelle/${encodeURIComponent(id)}` };
    },
  },
  {
    method: "POST",
    path: "/klaerfaelle/:id/aufdecken",
    roles: ["clearing"],
    async show({ operations, params, session, form, facts, screen }) {
      const { actor } = session.identity;
      const letter = await letterOf(operations, params);
      const detail = await operations.deadDetail({ id: letter.id, actor, ticket: field(form, "ticket") });
      return letterPage(letter, facts, screen, { detail });
    },
  },
  ...DROP_PAGES,
  ...CALLER_PAGES,
  ...CALENDAR_PAGES,
  ...ACT_PAGES,
  ...SHADOW_PAGES,
];

async function letterOf(operations: Operations, { id = "" }: Asked["params"]): Promise<DeadView> {
  return await operations.deadLetter({ id });
}

async function setPaused({ operations, params, session, form, screen }: Asked, paused: boolean): Promise<Shown> {
  const { bridge = "" } = params;
  const request = { bridge, actor: session.identity.actor, ticket: field(form, "ticket") };
  await (paused ? operations.pause(request) : operations.resume(request));
  session.note = { kind: "ok", text: paused ? screen.words.pausedNow : screen.words.resumedNow };
  return { location: bridgeHref(bridge) };
}

async function replay({ operations, params, session, form, screen }: Asked): Promise<Shown> {
  const { id = "" } = params;
  const { items } = await operations.replay({
    ids: [id],
    actor: session.identity.actor,
    dryRun: false,
    confirmChanged: form.get("changed") === "1",
    confirmUnsure: form.get("unsure") === "1",
  });
  const [item] = items;
  const good = item?.outcome === "delivered" || item?.outcome === "skipped";
  const { words } = screen;
  const why = item?.after == null ? "" : ` ${item.after.code}: ${item.after.message}`;
  session.note = good ? { kind: "ok", text: words.replayed } : { kind: "danger", text: `${words.replayedNot}${why}` };
  return { location: `/klaerfaelle/${encodeURIComponent(id)}` };
}
