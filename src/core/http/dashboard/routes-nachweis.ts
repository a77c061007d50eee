// Nachweis and closing a bridge for good: pages, files and forms, with their roles.

import { BridgeError } from "../../errors.ts";
import type { Certificate } from "../../lifecycle/retirement/certificate.ts";
import { lifecycleCsv } from "../../lifecycle/report-csv.ts";
import { bridgeHref } from "./facts.ts";
import { nachweisPage } from "./page-nachweis.ts";
import { reportPage, type Reported } from "./page-report.ts";
import { TRAIL_READERS, trailCsv, trailPage } from "./page-trail.ts";
import { CSV, field, READERS, type Asked, type PageRoute, type Shown } from "./page-route.ts";
import { NACHWEIS } from "./words-nachweis.ts";

const JSON_FILE = "application/json; charset=utf-8";

export const NACHWEIS_PAGES: readonly PageRoute[] = [
  {
    method: "GET",
    path: "/nachweis",
    roles: READERS,
    show: async ({ operations, facts, screen }) => nachweisPage(await operations.certificates({}), facts, screen),
  },
  {
    method: "GET",
    path: "/nachweis/bruecke/:bridge",
    roles: READERS,
    show: async (asked) => reportPage(await reported(asked), asked.screen),
  },
  {
    method: "GET",
    path: "/nachweis/zertifikat/:bridge",
    roles: READERS,
    async show({ operations, params: { bridge = "" } }) {
      const { document } = await operations.certificate({ bridge });
      return { download: { name: `${bridge}.certificate.json`, type: JSON_FILE, content: document } };
    },
  },
  {
    method: "GET",
    path: "/nachweis/enden.csv",
    roles: READERS,
    async show({ operations }) {
      const [{ rows }, { bridges }] = await Promise.all([operations.lifecycle({}), operations.outlines({})]);
      return { download: { name: "enden.csv", type: CSV, content: lifecycleCsv(rows, bridges) } };
    },
  },
  {
    method: "GET",
    path: "/nachweis/protokoll",
    roles: TRAIL_READERS,
    show: async ({ operations, facts, screen }) => await trailPage(operations, facts, screen),
  },
  {
    method: "POST",
    path: "/nachweis/protokoll",
    roles: TRAIL_READERS,
    show: async ({ operations, facts, screen }) =>
      await trailPage(operations, facts, screen, await operations.auditVerify({})),
  },
  {
    method: "GET",
    path: "/nachweis/protokoll.csv",
    roles: TRAIL_READERS,
    show: async ({ operations, screen }) => ({
      download: { name: "protokoll.csv", type: CSV, content: await trailCsv(operations, screen.query) },
    }),
  },
  { method: "POST", path: "/bruecken/:bridge/abschalten", roles: ["operator"], show: close },
];

async function close({ operations, params, session, form, screen }: Asked): Promise<Shown> {
  const { bridge = "" } = params;
  if (form.get("sure") !== "1")
    throw new BridgeError("REQUEST_INVALID", "the box that says that this is for good is not ticked");
  await operations.retire({ bridge, actor: session.identity.actor, reason: field(form, "reason") });
  session.note = { kind: "ok", text: NACHWEIS[screen.language].closedNow };
  return { location: bridgeHref(bridge) };
}

/** What was certified stays as it was; a bridge without its certificate gets it now. */
async function reported({ operations, params: { bridge = "" } }: Asked): Promise<Reported> {
  const known = (await operations.certificates({})).items.some((one) => one.bridge === bridge);
  const live = known ? undefined : await operations.report({ bridge });
  if (live !== undefined && live.state !== "retired") return { report: live.report, asOf: live.now };
  const certificate = await operations.certificate({ bridge });
  const report = JSON.parse(certificate.document) as Certificate;
  return { report, asOf: report.issued, certificate };
}
