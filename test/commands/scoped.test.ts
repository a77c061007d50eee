// A role for a part of the bridges, from steg.yaml to the answers of a running appliance.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlace, type Place } from "./steg.ts";

const SETTINGS = `tags: [ "kommune:adorf" ]
bridges:
  kasse: { tags: [ "kommune:bdorf", "verfahren:kasse" ] }
  kase: { tags: [ "kommune:bdorf" ] }
`;

let place: Place;
beforeAll(async () => {
  place = await createPlace();
  for (const name of ["farben", "formen", "kasse"]) await place.bridge(name);
  await place.write("steg.yaml", SETTINGS);
});
afterAll(async () => await place.remove());

describe("tags in steg.yaml", () => {
  it("for a bridge that nobody has are a warning of steg check, with the place and the name that is near", async () => {
    const findings = await place.json<readonly Record<string, unknown>[]>(["check"]);
    expect(findings.filter(({ code }) => code === "SETTING_INVALID")).toMatchObject([
      { line: 4, column: 3, severity: "warning", hint: "Did you mean kasse?" },
    ]);
    // Of a single file nobody can say which others there are.
    const one = await place.json<readonly Record<string, unknown>[]>(["check", "mappings/farben/bridge.yaml"]);
    expect(one.filter(({ code }) => code === "SETTING_INVALID")).toEqual([]);
  });

  it("make tokens for a part: what drops, letters and people of others are, they cannot tell from what is not", async () => {
    const { url, said } = await place.startUp();
    expect(said()).toContain("tags.unused");
    await place.drop("kasse/in/geheim.csv", "NAME;FARBE\nBert;gelb\n");
    await place.drop("farben/in/eigen.csv", "NAME;FARBE\nAnna;gelb\n");
    type Letter = { readonly id: string; readonly bridge: string };
    let letters: readonly Letter[] = [];
    for (let turn = 0; turn < 100 && letters.length < 2; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      letters = await place.json<readonly Letter[]>(["dead"]);
    }
    const made = await place.json<{ token: string }>(
      "token new adorf --role operator --tags kommune:adorf,verfahren:kasse --tags verfahren:farben".split(" "),
    );
    expect(made).toMatchObject({
      name: "adorf",
      role: "operator",
      tags: ["kommune:adorf", "verfahren:farben", "verfahren:kasse"],
    });
    const part = await place.json<{ token: string }>("token new part --role operator --tags kommune:adorf".split(" "));
    expect((await place.steg(["token", "list"])).stdout).toMatch(/part +operator +kommune:adorf/);

    const ask = async (path: string, { token } = part, method = "GET") => {
      const answer = await fetch(`${url}api/v1/${path}`, { method, headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, body: await answer.text() };
    };
    const namesOf = async (token = part): Promise<readonly string[]> =>
      (JSON.parse((await ask("bridges", token)).body) as { items: Letter[] }).items.map(({ bridge }) => bridge);
    expect(await namesOf()).toEqual(["farben", "formen"]);
    // Each key that is named has to have one of its values there.
    expect(await namesOf(made)).toEqual([]);
    for (const path of [
      "bridges",
      "drops",
      "dead-letters",
      "lifecycle",
      "alarms",
      "audit?limit=1000",
      "certificates",
    ]) {
      const { status, body } = await ask(path);
      expect([path, status, /kasse|geheim/.test(body)]).toEqual([path, 200, false]);
    }
    const idOf = (bridge: string): string => letters.find((one) => one.bridge === bridge)?.id ?? "";
    const foreign = await ask(`dead-letters/${idOf("kasse")}/replay`, part, "POST");
    const nobody = await ask(`dead-letters/dl-01890000000000000000000000-1/replay`, part, "POST");
    expect([foreign.status, foreign.body]).toEqual([404, nobody.body]);
    expect((await ask(`dead-letters/${idOf("farben")}/replay`, part, "POST")).status).toBe(200);
    expect((await ask("tokens")).status).toBe(403);
  });

  it("that cannot be read make no token", async () => {
    for (const tags of [",", "kommune", "kommune:a=b"])
      expect((await place.steg(["token", "new", "nie", "--role", "viewer", "--tags", tags])).code).toBe(1);
    expect((await place.steg("token new nie --role caller --tags kommune:a".split(" "))).stderr).toContain(
      "TOKEN_INVALID",
    );
    expect(await place.json<readonly { name: string }[]>(["token", "list"])).not.toContainEqual(
      expect.objectContaining({ name: "nie" }),
    );
  });
});
