// Choosing bridges by tag and by who is responsible, on every page that lists them.

import { beforeEach, describe, expect, it } from "vitest";
import { NOW, scene, useScene, visitor } from "./dashboard-scene.ts";
import { bridgeView, deadView, dropView, lifecycleRow, outlineView } from "./dashboard-views.ts";

useScene();

const bridges = [
  bridgeView({ bridge: "gewerbe", title: "Gewerbe Adorf", tags: ["kommune:adorf", "verfahren:gewerbe"] }),
  bridgeView({ bridge: "melde", title: "Melde Bdorf", tags: ["kommune:bdorf"], system: "MELDE-ALT" }),
  bridgeView({ bridge: "beide", title: "Beide Orte", tags: ["kommune:adorf", "kommune:bdorf"], system: "MELDE-ALT" }),
];

beforeEach(() => {
  scene.answers = {
    ...scene.answers,
    bridges,
    lifecycle: { rows: bridges.map(({ bridge }) => lifecycleRow({ bridge })), alarm: null, now: NOW },
    outlines: {
      bridges: bridges.map(({ bridge, title }) => outlineView({ bridge, title, end: "2028-03-01" })),
      now: NOW,
    },
    dead: bridges.map(({ bridge }) => deadView({ bridge, id: `dl-${bridge}` })),
    drops: bridges.map(({ bridge }) => dropView({ bridge, id: `drop-${bridge}` })),
  };
});

async function titlesOn(address: string): Promise<readonly string[]> {
  const { body } = await (await visitor("viewer")).get(address);
  const main = body.slice(body.indexOf("</form>", body.indexOf('class="filters"')));
  return bridges.map(({ title }) => title).filter((title) => main.includes(title));
}

describe("filters", () => {
  it.each(["/bruecken", "/klaerfaelle", "/kalender"])("of %s leave what was asked for", async (page) => {
    expect(await titlesOn(page)).toHaveLength(3);
    expect(await titlesOn(`${page}?m.kommune=adorf`)).toEqual(["Gewerbe Adorf", "Beide Orte"]);
    expect(await titlesOn(`${page}?m.kommune=bdorf&m.verfahren=MELDE-ALT`)).toEqual(["Melde Bdorf", "Beide Orte"]);
    // A procedure that is named hides the system's name.
    expect(await titlesOn(`${page}?m.verfahren=gewerbe`)).toEqual(["Gewerbe Adorf"]);
    expect(await titlesOn(`${page}?m.kommune=nie`)).toEqual([]);
  });

  it("of the first page count those alone", async () => {
    const sentence = async (query: string) => (await (await visitor("viewer")).get(`/?${query}`)).body;
    expect(await sentence("m.kommune=adorf")).toContain("2 Brücken laufen");
    expect(await sentence("m.kommune=bdorf&m.verfahren=gewerbe")).toContain("0 Brücken laufen");
  });

  it("of what came ask for drops of those bridges, and stay while turning pages", async () => {
    const person = await visitor("viewer");
    scene.answers["drops"] = Array.from({ length: 51 }, (_, at) => dropView({ id: `d-${100 + at}` }));
    scene.asked = [];
    const { body } = await person.get("/eingaenge?m.kommune=adorf");
    const asked = scene.asked.filter(({ name, request }) => name === "drops" && "bridge" in (request as object));
    expect(asked.map(({ request }) => (request as { bridge: string }).bridge)).toEqual(["beide", "gewerbe"]);
    expect(body).toMatch(/href="\/eingaenge\?m\.kommune=adorf&amp;nach=/);
  });

  it("never say that no letter is open where older ones of others are all that is grouped", async () => {
    scene.answers["dead"] = Array.from({ length: 1_000 }, (_, at) => deadView({ bridge: "melde", id: `dl-${at}` }));
    const person = await visitor("viewer");
    for (const page of ["/", "/klaerfaelle"]) {
      const { body } = await person.get(`${page}?m.verfahren=gewerbe`);
      expect(body).not.toContain("Kein Klärfall ist offen");
      expect(body).toMatch(
        /Unter den ältesten[^<]*<\/span><\/span\s*>\s*<a href="\/klaerfaelle\?bruecke=gewerbe">Gewerbe Adorf<\/a>\s*1\b/,
      );
    }
    scene.answers["bridges"] = bridges.map((bridge) => ({ ...bridge, openDead: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect((await person.get("/klaerfaelle?m.verfahren=gewerbe")).body).toContain("Kein Klärfall ist offen");
  });

  it("appear only where there is more than one value", async () => {
    const person = await visitor("viewer");
    const labels = async () =>
      [...(await person.get("/bruecken")).body.matchAll(/<label for="((?:m\.|zust)[^"]*)"/g)].map(([, name]) => name);
    expect(await labels()).toEqual(["m.kommune", "m.verfahren"]);
    scene.answers["bridges"] = [bridges[0]];
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await labels()).toEqual([]);
  });
});
