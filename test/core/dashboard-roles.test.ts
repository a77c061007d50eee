// The matrix of pages and roles.

import { beforeEach, describe, expect, it } from "vitest";
import { PAGES } from "../../src/core/http/dashboard/routes.ts";
import type { Role } from "../../src/core/operations/operations.ts";
import { lifecycleRow } from "./dashboard-views.ts";

import { NOW, scene, useScene, visitor } from "./dashboard-scene.ts";

useScene();

describe("roles and pages", () => {
  const everybody = ["viewer", "operator", "clearing", "approver"];
  // Written out, so that a change of the list is a change here.
  const matrix: Readonly<Record<string, readonly string[]>> = {
    "GET /": everybody,
    "GET /uhr": everybody,
    "POST /uhr": ["operator"],
    "POST /alarme/:key/uebernehmen": ["operator"],
    "GET /bruecken": everybody,
    "GET /bruecken/:bridge": everybody,
    "POST /bruecken/:bridge/anhalten": ["operator"],
    "POST /bruecken/:bridge/fortsetzen": ["operator"],
    "POST /bruecken/:bridge/abschalten": ["operator"],
    "GET /nachweis": everybody,
    "GET /nachweis/bruecke/:bridge": everybody,
    "GET /nachweis/zertifikat/:bridge": everybody,
    "GET /nachweis/enden.csv": everybody,
    "GET /nachweis/protokoll": ["operator", "approver"],
    "POST /nachweis/protokoll": ["operator", "approver"],
    "GET /nachweis/protokoll.csv": ["operator", "approver"],
    "GET /eingaenge": everybody,
    "GET /eingaenge/:id": everybody,
    "GET /kalender": everybody,
    "GET /klaerfaelle": everybody,
    "GET /klaerfaelle/:id": everybody,
    "POST /klaerfaelle/:id/vorschau": ["operator"],
    "POST /klaerfaelle/:id/wiederholen": ["operator"],
    "POST /klaerfaelle/:id/verwerfen": ["operator", "clearing"],
    "POST /klaerfaelle/:id/aufdecken": ["clearing"],
    "POST /klaerfaelle/beantragen/:kind": ["operator", "clearing"],
    "GET /notbetrieb": everybody,
    "GET /notbetrieb/:bridge": everybody,
    "POST /notbetrieb/:bridge/oeffnen": ["operator"],
    "POST /notbetrieb/:bridge/bestaetigen": ["approver"],
    "POST /notbetrieb/:bridge/beenden": ["operator"],
    "POST /notbetrieb/:bridge/beantragen/:kind": ["operator"],
    "POST /bruecken/:bridge/verlaengern": ["operator"],
    "GET /richtlinie": everybody,
    "POST /richtlinie/beantragen": ["operator"],
    "POST /vorgaenge/:id/bestaetigen": ["approver"],
    "POST /vorgaenge/:id/zurueckziehen": ["operator", "clearing"],
    "GET /aufrufer": everybody,
    "POST /bruecken/:bridge/abgleich-loeschen": ["operator"],
    "GET /aufrufer.csv": everybody,
  };
  const urlOf = (path: string): string =>
    path
      .replace(":bridge", "farben")
      .replace(":id", "dl-1-1")
      .replace(":kind", path.startsWith("/klaerfaelle") ? "dismiss" : "erase-held");
  const FIELDS = {
    ticket: "T-1",
    reason: "doppelt",
    grund: "frist",
    bruecke: "farben",
    stelle: "map",
    code: "X",
    sure: "1",
    to: "2028-11-15",
    hash: "ab12",
  };
  const READS =
    "bridges lifecycle outlines drops drop dead callers progress shadow drift deadLetter certificates certificate report audit auditVerify acts afterSunset extension policy alarms";
  beforeEach(() => {
    scene.answers["lifecycle"] = { rows: [lifecycleRow({ state: "sunset" })], alarm: null, now: NOW };
  });
  /** Forms that only look. */
  const LOOKS = ["POST /nachweis/protokoll"];

  it("covers every page there is", () => {
    expect(PAGES.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(Object.keys(matrix).toSorted());
  });

  it("keeps current what changes while it is open", () => {
    const live = PAGES.filter((page) => page.live === true).map(({ path }) => path);
    expect(live.toSorted()).toEqual(["/", "/bruecken/:bridge", "/eingaenge", "/eingaenge/:id"]);
  });

  it.each(everybody)("%s", async (role) => {
    const person = await visitor(role as Role);
    for (const [name, allowed] of Object.entries(matrix)) {
      const [method, path = ""] = name.split(" ");
      scene.asked = [];
      const answer = method === "GET" ? await person.get(urlOf(path)) : await person.post(urlOf(path), FIELDS);
      const may = allowed.includes(role);
      expect([name, may ? answer.statusCode < 400 : answer.statusCode]).toEqual([name, may ? true : 403]);
      expect(may || scene.asked.length === 0).toBe(true);
      const acts = scene.asked.filter((one) => !READS.split(" ").includes(one.name));
      // Who did it is who signed in, whatever the form says.
      expect(acts.map(({ request }) => (request as { actor: string }).actor)).toEqual(
        may && method === "POST" && !LOOKS.includes(name) ? [`token:${role}`] : [],
      );
    }
  });

  it("does nothing for a form without the session's own field, or from elsewhere", async () => {
    const person = await visitor("operator");
    scene.asked = [];
    for (const [name] of Object.entries(matrix).filter(([key]) => key.startsWith("POST"))) {
      const url = urlOf(name.split(" ")[1] ?? "");
      expect([url, (await person.post(url, { ...FIELDS, csrf: "x" })).statusCode]).toEqual([url, 403]);
      const from = { headers: { "sec-fetch-site": "same-site" } };
      expect([url, (await person.post(url, FIELDS, from)).statusCode]).toEqual([url, 403]);
    }
    expect(scene.asked).toEqual([]);
  });

  it("shows a form only to the role that may send it", async () => {
    const actionsOf = async (role: Role): Promise<readonly string[]> =>
      [
        ...(await (await visitor(role)).get("/klaerfaelle/dl-1-1")).body.matchAll(
          /action="\/klaerfaelle\/[^/]+\/(\w+)"/g,
        ),
      ].map((match) => match[1] as string);
    expect(await actionsOf("viewer")).toEqual([]);
    expect(await actionsOf("operator")).toEqual(["vorschau", "verwerfen"]);
    expect(await actionsOf("clearing")).toEqual(["verwerfen", "aufdecken"]);
  });

  it("values only after a ticket, and nowhere else", async () => {
    const person = await visitor("clearing");
    expect((await person.get("/klaerfaelle/dl-1-1")).body).not.toContain("UGH");
    expect((await person.post("/klaerfaelle/dl-1-1/aufdecken", { ticket: " " })).statusCode).toBe(400);
    const answer = await person.post("/klaerfaelle/dl-1-1/aufdecken", { ticket: "KL-1" });
    expect(answer.body).toContain("RF = UGH");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(scene.asked.at(-1)).toEqual({
      name: "deadDetail",
      request: { id: "dl-1-1", actor: "token:clearing", ticket: "KL-1" },
    });
  });
});
