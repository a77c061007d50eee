// A role for a part of the bridges, on every page and every route that there is: what is not in that part is as if it were not there.

import { beforeEach, describe, expect, it } from "vitest";
import { PAGES } from "../../src/core/http/dashboard/routes.ts";
import { ROUTES, type Route } from "../../src/core/http/routes.ts";
import { READERS, type Grant, type Role } from "../../src/core/operations/roles.ts";
import { ask, cookiesOf, csrfOf, FORM, scene, scopedTo, useScene, visitor, type Visitor } from "./dashboard-scene.ts";
import { addressOf, ADORF, FOREIGN, NOBODY, OWN, READS, useTwoMunicipalities } from "./scoped-world.ts";

useScene();
beforeEach(() => useTwoMunicipalities());

const FIELDS = {
  ticket: "T-1",
  reason: "doppelt",
  grund: "frist",
  stelle: "map",
  code: "X",
  sure: "1",
  to: "2028-11-15",
  hash: "ab12",
};
/** What is about the whole appliance, written out: whatever joins it is a change here. */
const WHOLE = [
  "POST /uhr",
  "GET /richtlinie",
  "POST /richtlinie/beantragen",
  "POST /nachweis/protokoll",
  "POST /lifecycle/clock/confirm",
  "GET /audit/verify",
  "GET /tokens",
  "DELETE /tokens/:name",
];

const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string => `${method} ${path}`;
const isOfBridges = (one: { readonly method: string; readonly path: string }): boolean => !WHOLE.includes(nameOf(one));
const acts = (): readonly string[] =>
  scene.asked.map(({ name }) => name).filter((name) => !READS.has(name) && name !== "signed");
/** Without what differs between any two answers. */
const plain = (text: string, bridge: string): string =>
  text.replaceAll(bridge, "…").replaceAll(/name="csrf" value="[^"]*"/g, "");

async function open(person: Visitor, method: string, path: string, bridge: string) {
  const url = addressOf(path, bridge);
  return method === "GET" ? await person.get(url) : await person.post(url, { ...FIELDS, bruecke: bridge });
}

describe.each(READERS)("a %s of one municipality", (role) => {
  it("has on every page nothing of another", async () => {
    const person = await visitor(scopedTo(ADORF, role));
    for (const page of PAGES.filter(({ roles }) => roles.includes(role)).filter(isOfBridges)) {
      const { method, path } = page;
      const name = nameOf(page);
      scene.asked = [];
      const own = await open(person, method, path, OWN);
      expect([name, own.statusCode < 400, acts().length > 0]).toEqual([name, true, method === "POST"]);
      expect([name, own.body.toLowerCase().includes(FOREIGN)]).toEqual([name, false]);
      // The note of what was done is shown once.
      await person.get("/uhr");
      scene.asked = [];
      const [foreign, nobody] = [await open(person, method, path, FOREIGN), await open(person, method, path, NOBODY)];
      const isAbout = path.includes(":") || method === "POST";
      expect([name, foreign.statusCode >= 400, acts()]).toEqual([name, isAbout, []]);
      // Word by word what is said of what nobody has.
      expect([name, nobody.statusCode, plain(nobody.body, NOBODY)]).toEqual([
        name,
        foreign.statusCode,
        plain(foreign.body, FOREIGN),
      ]);
      if (method !== "GET") continue;
      const chosen = await person.get(`${addressOf(path, OWN)}?bruecke=${FOREIGN}`);
      const chosenNobody = await person.get(`${addressOf(path, OWN)}?bruecke=${NOBODY}`);
      expect([name, plain(chosen.body, FOREIGN)]).toEqual([name, plain(chosenNobody.body, NOBODY)]);
    }
  });

  it("does nothing that is about the whole appliance", async () => {
    const person = await visitor(scopedTo(ADORF, role));
    scene.asked = [];
    const answers = [];
    for (const page of PAGES.filter((one) => !isOfBridges(one) && one.roles.includes(role)))
      answers.push(await open(person, page.method, page.path, OWN));
    for (const route of ROUTES.filter((one) => !isOfBridges(one) && one.roles.includes(role)))
      answers.push(await call(route, role, OWN));
    expect(answers.map(({ statusCode, body }) => [statusCode, body.includes("without tags")])).toEqual(
      answers.map(() => [403, true]),
    );
    expect(answers.length).toBeGreaterThan(0);
    expect(acts()).toEqual([]);
  });

  it("is answered by every route nothing of another", async () => {
    for (const route of ROUTES.filter(({ roles }) => roles.includes(role)).filter(isOfBridges)) {
      const name = nameOf(route);
      scene.asked = [];
      const own = await call(route, role, OWN);
      expect([name, own.statusCode < 400]).toEqual([name, true]);
      expect([name, own.body.toLowerCase().includes(FOREIGN)]).toEqual([name, false]);
      scene.asked = [];
      const [foreign, nobody] = [await call(route, role, FOREIGN), await call(route, role, NOBODY)];
      expect([name, foreign.statusCode, acts()]).toEqual([name, route.path.includes(":") ? 404 : 200, []]);
      expect([name, nobody.statusCode, plain(nobody.body, NOBODY)]).toEqual([
        name,
        foreign.statusCode,
        plain(foreign.body, FOREIGN),
      ]);
      if (route.query?.["bridge"] === undefined) continue;
      const chosen = await call(route, role, OWN, `?bridge=${FOREIGN}`);
      expect([name, chosen.statusCode, chosen.json()]).toEqual([name, 200, { items: [], next: null }]);
    }
  });
});

async function call(route: Route, role: Role, bridge: string, query = "") {
  const required = (route.body?.["required"] ?? []) as readonly string[];
  return await ask({
    method: route.method,
    url: `/api/v1${addressOf(route.path, bridge)}${query}`,
    headers: { authorization: `Bearer ${scopedTo(ADORF, role)}` },
    ...(route.body && { payload: Object.fromEntries(required.map((field) => [field, "x"])) }),
  });
}

describe("what is beside the pages and the admin API", () => {
  const headers = { authorization: `Bearer ${scopedTo(ADORF, "viewer")}`, "x-forwarded-for": "192.0.2.1" };

  it("tells of the own bridges alone, or takes a role for all", async () => {
    const calendar = await ask({ url: "/lifecycle.ics", headers });
    expect(calendar.body).toContain(`Amt ${OWN}`);
    expect(calendar.body).not.toContain(FOREIGN);
    for (const url of ["/metrics", "/api/v1/snapshot"]) {
      const answer = await ask({ url, headers });
      expect([url, answer.statusCode]).toEqual([url, 403]);
      expect(answer.body).not.toContain(FOREIGN);
      expect((await ask({ url, headers: { ...headers, authorization: "Bearer viewer" } })).statusCode).toBe(200);
    }
    expect((await ask({ url: "/health/ready", headers })).json()).toEqual({ status: "ok" });
  });

  it("an alarm of the appliance itself is taken over by a role for all", async () => {
    const taking = async (token: string) =>
      await ask({
        method: "POST",
        url: "/api/v1/alarms/alarm-own/take-over",
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await taking(scopedTo(ADORF, "operator"))).statusCode).toBe(403);
    expect((await taking("operator")).statusCode).toBe(200);
  });
});

/** Somebody with several roles, signed in as the terminal's link does. */
async function person(grants: readonly Grant[]): Promise<Visitor> {
  const way = scene.dashboard.wayIn({ actor: "token:x", grants });
  const cookie = cookiesOf(await ask({ url: `/own/${way}` }));
  const get: Visitor["get"] = async (url, more = {}) => await ask({ url: `/own${url}`, ...more, headers: { cookie } });
  const csrf = csrfOf((await get("/bruecken")).body);
  return {
    get,
    post: async (url, fields = {}) =>
      await ask({
        method: "POST",
        url: `/own${url}`,
        body: new URLSearchParams({ csrf, ...fields }).toString(),
        headers: { ...FORM, cookie },
      }),
  };
}

describe("several roles", () => {
  it("to see everywhere and to act in one municipality are two answers", async () => {
    const one = await person([
      { role: "viewer", tags: [] },
      { role: "operator", tags: [ADORF] },
    ]);
    const pages = await Promise.all([OWN, FOREIGN].map(async (bridge) => await one.get(`/bruecken/${bridge}`)));
    expect(pages.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(pages.map(({ body }) => /action="[^"]*\/(?:anhalten|fortsetzen)"/.test(body))).toEqual([true, false]);
    scene.asked = [];
    const refused = await one.post(`/bruecken/${FOREIGN}/anhalten`, FIELDS);
    // It is no secret that it is there; that this role is not for it is said.
    expect([refused.statusCode, acts()]).toEqual([403, []]);
    expect(refused.body).toContain(`not yours for the bridge ${FOREIGN}`);
    expect((await one.post(`/bruecken/${OWN}/anhalten`, FIELDS)).statusCode).toBe(303);
    expect((await one.post(`/bruecken/${NOBODY}/anhalten`, FIELDS)).statusCode).toBe(404);
    const trail = (await one.get("/nachweis/protokoll.csv")).body;
    expect([trail.includes(OWN), trail.includes(FOREIGN)]).toEqual([true, false]);
    expect((await one.get("/nachweis/enden.csv")).body).toContain(FOREIGN);
    expect((await one.get("/")).body).toContain(`Betrieb (${ADORF})`);
  });

  it("are all of their parts together", async () => {
    const both = await person([
      { role: "viewer", tags: [ADORF] },
      { role: "viewer", tags: ["kommune:bdorf"] },
    ]);
    const { body } = await both.get("/bruecken");
    expect([body.includes(`Amt ${OWN}`), body.includes(`Amt ${FOREIGN}`)]).toEqual([true, true]);
    expect((await (await person([{ role: "viewer", tags: ["kommune:cdorf"] }])).get("/bruecken")).body).not.toContain(
      "Amt ",
    );
  });
});

describe("open pages", () => {
  it("of people with other parts are made for each of them", async () => {
    const figures = async (tag: string): Promise<string> => {
      const cookie = cookiesOf(
        await ask({
          url: `/own/${scene.dashboard.wayIn({ actor: "token:x", grants: [{ role: "viewer", tags: [tag] }] })}`,
        }),
      );
      const answer = await ask({ url: "/own/live?page=/", headers: { cookie }, payloadAsStream: true });
      const stream = answer.stream();
      let text = "";
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        text += chunk.toString("utf8");
        if (text.includes("data: ")) break;
      }
      return text;
    };
    const [own, foreign] = await Promise.all([figures(ADORF), figures("kommune:bdorf")]);
    expect([own.includes(OWN), own.includes(FOREIGN)]).toEqual([true, false]);
    expect([foreign.includes(OWN), foreign.includes(FOREIGN)]).toEqual([false, true]);
  });
});
