// What people decide: Notbetrieb in both stages, and acts of two persons.

import { ACT_KINDS, type ActAsked, type ActKind } from "../../operations/acts.ts";
import { rolesOf } from "../../operations/roles.ts";
import { BridgeError } from "../../errors.ts";
import { local, moment } from "./format.ts";
import { decisionPage } from "./page-decision.ts";
import { decisionHref, notbetriebPage } from "./page-notbetrieb.ts";
import { policyPage } from "./page-policy.ts";
import { field, READERS, type Asked, type PageRoute, type Shown } from "./page-route.ts";
import { ACT_WORDS } from "./words-acts.ts";
import { POLICY_HREF } from "./words-extension.ts";

export const ACT_PAGES: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/notbetrieb",
    roles: READERS,
    show: async ({ operations, facts, screen }) => await notbetriebPage(operations, facts, screen),
  },
  {
    method: "GET",
    path: "/notbetrieb/:bridge",
    roles: READERS,
    show: async ({ operations, params, facts, screen }) =>
      await decisionPage(operations, params["bridge"] ?? "", facts, screen),
  },
  { method: "POST", path: "/notbetrieb/:bridge/oeffnen", roles: ["operator"], show: open },
  { method: "POST", path: "/notbetrieb/:bridge/bestaetigen", roles: ["approver"], show: confirmStage },
  { method: "POST", path: "/notbetrieb/:bridge/beenden", roles: ["operator"], show: close },
  { method: "POST", path: "/notbetrieb/:bridge/beantragen/:kind", roles: ["operator"], show: askFor },
  { method: "POST", path: "/bruecken/:bridge/verlaengern", roles: ["operator"], show: askToExtend },
  {
    method: "GET",
    path: POLICY_HREF,
    roles: READERS,
    show: async ({ operations, facts, screen }) => await policyPage(operations, facts, screen),
  },
  { method: "POST", path: `${POLICY_HREF}/beantragen`, roles: ["operator"], show: askToLoosen },
  { method: "POST", path: "/klaerfaelle/beantragen/:kind", roles: ["operator", "clearing"], show: askForLetters },
  { method: "POST", path: "/vorgaenge/:id/bestaetigen", roles: ["approver"], show: confirmAct },
  { method: "POST", path: "/vorgaenge/:id/zurueckziehen", roles: ["operator", "clearing"], show: withdrawAct },
];

async function open({ operations, params, form, session, facts, screen }: Asked): Promise<Shown> {
  const { bridge = "" } = params;
  const { until } = await operations.notbetrieb({
    bridge,
    actor: session.identity.actor,
    reason: field(form, "grund", 100),
    ticket: field(form, "ticket", 200),
  });
  session.note = {
    kind: "ok",
    text: ACT_WORDS[screen.language].opened(moment(screen.language, until, facts.now.slice(0, 10))),
  };
  return { location: decisionHref(bridge) };
}

async function confirmStage({ operations, params, session, facts, screen }: Asked): Promise<Shown> {
  const { bridge = "" } = params;
  const { actor, grants } = session.identity;
  const roles = rolesOf(grants);
  const { until } = await operations.notbetriebConfirm({ bridge, actor, roles });
  session.note = {
    kind: "ok",
    text: ACT_WORDS[screen.language].confirmed(
      moment(screen.language, local(Date.parse(until)), facts.now.slice(0, 10)),
    ),
  };
  return { location: decisionHref(bridge) };
}

async function close({ operations, params, session, screen }: Asked): Promise<Shown> {
  const { bridge = "" } = params;
  await operations.notbetriebEnd({ bridge, actor: session.identity.actor });
  session.note = { kind: "ok", text: ACT_WORDS[screen.language].closed };
  return { location: decisionHref(bridge) };
}

/** About what a bridge holds. */
async function askFor(asked: Asked): Promise<Shown> {
  const kind = kindOf(asked, ["erase-held", "hand-over"]);
  return await ask(asked, { kind, bridge: asked.params["bridge"] ?? "" });
}

async function askToExtend(asked: Asked): Promise<Shown> {
  const [to, ticket] = [field(asked.form, "to", 10), field(asked.form, "ticket", 200)];
  return await ask(asked, { kind: "extend", bridge: asked.params["bridge"] ?? "", to, ticket });
}

async function askToLoosen(asked: Asked): Promise<Shown> {
  return await ask(asked, { kind: "loosen-policy", bridge: "", to: field(asked.form, "hash", 64) });
}

/** About the dead letters of one cause. */
async function askForLetters(asked: Asked): Promise<Shown> {
  const kind = kindOf(asked, ["dismiss", "replay"]);
  const [bridge = "", stage, code] = ["bruecke", "stelle", "code"].map((name) => field(asked.form, name, 100));
  if (kind === "replay" && !asked.screen.may("operator", bridge))
    throw new BridgeError("FORBIDDEN", "replaying takes the role operator");
  return await ask(asked, { kind, bridge, stage, code });
}

function kindOf({ params }: Asked, allowed: readonly ActKind[]): ActKind {
  const kind = ACT_KINDS.find((one) => one === params["kind"] && allowed.includes(one));
  if (kind === undefined) throw new BridgeError("NOT_FOUND", "there is no such act of two persons");
  return kind;
}

async function ask(
  { operations, form, session, screen }: Asked,
  what: Omit<ActAsked, "reason" | "actor">,
): Promise<Shown> {
  await operations.askForAct({ ...what, reason: field(form, "reason"), actor: session.identity.actor });
  session.note = { kind: "ok", text: ACT_WORDS[screen.language].askedNow };
  return { location: "/notbetrieb" };
}

async function confirmAct({ operations, params, session, screen }: Asked): Promise<Shown> {
  const { actor, grants } = session.identity;
  await operations.confirmAct({ id: params["id"] ?? "", actor, roles: rolesOf(grants) });
  session.note = { kind: "ok", text: ACT_WORDS[screen.language].confirmedNow };
  return { location: "/notbetrieb" };
}

async function withdrawAct({ operations, params, session, screen }: Asked): Promise<Shown> {
  await operations.withdrawAct({ id: params["id"] ?? "", actor: session.identity.actor });
  session.note = { kind: "ok", text: ACT_WORDS[screen.language].withdrawnNow };
  return { location: "/notbetrieb" };
}
