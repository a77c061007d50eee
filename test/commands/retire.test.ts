// Bridges closed for good while the appliance runs: by command and over the admin API, and the proof of it checked elsewhere.

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";
import { openState } from "../../src/core/journal/open.ts";
import { createPlace, ENDED, type Place } from "./steg.ts";

let place: Place;
let origin = "";
let operator = "";
let viewer = "";

beforeAll(async () => {
  place = await createPlace("here");
  for (const name of ["eins", "zwei"]) await place.bridge(name, { dates: ENDED });
  await place.bridge("drei");
  await place.bridge("still");
  await place.steg(["up", "--once"]);
  await watchedFor("still", 60);
  origin = (await place.startUp()).url;
  operator = await place.token("leitstand", "operator");
  viewer = await place.token("auge", "viewer");
});
afterAll(async () => await place.remove());

/** What the heartbeats of so many days would have left behind. */
async function watchedFor(bridge: string, days: number): Promise<void> {
  const state = await openState({ dir: place.path("state"), log: () => undefined });
  const now = Date.now();
  await state.journal.set(`observed/${bridge}`, { from: now - days * 86_400_000 });
  await state.journal.set("observed", { at: now });
  await state.close();
}

async function admin(path: string, token: string, body?: object): Promise<Response> {
  return await fetch(`${origin}api/v1/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

it("retires by command, and anybody can check the certificate", async () => {
  const reason = ["--reason", "Neues Verfahren läuft"];
  const unsure = await place.steg(["retire", "eins", ...reason]);
  expect([unsure.code, unsure.stderr]).toEqual([1, expect.stringContaining("CONFIRMATION_NEEDED")]);
  const early = await place.steg(["retire", "drei", ...reason, "--yes"]);
  expect([early.code, early.stderr]).toEqual([1, expect.stringMatching(/RETIRE_REFUSED .*watched/)]);
  const done = await place.steg(["retire", "eins", ...reason, "--yes", "--out", "eins.json"]);
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("eins is retired")]);
  const again = await place.steg(["retire", "eins", "--certificate"]);
  const file = await readFile(place.path("eins.json"), "utf8");
  expect(again.stdout).toBe(file);
  expect((await place.steg(["retire", "eins", "--certificate", "--out", "eins.json"])).code).toBe(3);
  await place.steg(["audit", "export", "--out", "trail.jsonl"]);

  const seen = await place.steg(["verify", "eins.json", "--key", "trail.jsonl", "--trail", "trail.jsonl"]);
  expect([seen.code, seen.stdout]).toEqual([0, expect.stringMatching(/✓ certificate of eins, as it was signed/)]);
  expect(seen.stdout).not.toContain("!");
  const alone = await place.steg(["verify", "eins.json"]);
  expect([alone.code, alone.stdout]).toEqual([0, expect.stringContaining("whose key that is, the file cannot say")]);
  const { key } = JSON.parse((await place.steg(["verify", "eins.json", "--json"])).stdout) as { key: string };
  expect((await place.steg(["verify", "eins.json", "--key", key])).code).toBe(0);
  expect((await place.steg(["verify", "eins.json", "--key", key.replace(/[0-9a-f]{4}$/, "0g")])).code).toBe(1);
  expect((await place.steg(["verify", "eins.json", "--key", `sha256:${"0".repeat(64)}`])).code).toBe(1);
  await writeFile(place.path("other.json"), file.replace('"all": 0', '"all": 7'));
  const changed = await place.steg(["verify", "other.json"]);
  expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("does not fit: somebody changed it")]);

  expect((await place.steg(["verify", "trail.jsonl", "--key", key])).stdout).toContain("unbroken");
  const lines = (await readFile(place.path("trail.jsonl"), "utf8")).split("\n");
  await writeFile(place.path("cut.jsonl"), lines.toSpliced(2, 1).join("\n"));
  const cut = await place.steg(["verify", "cut.jsonl"]);
  expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining("missing before this one")]);
});

it("retires over the admin API, by operators only", async () => {
  const body = { reason: "Abgelöst" };
  expect((await admin("bridges/zwei/retire", viewer, body)).status).toBe(403);
  expect((await admin("bridges/zwei/retire", operator, {})).status).toBe(400);
  const done = await admin("bridges/zwei/retire", operator, body);
  const made = (await done.json()) as { document: string };
  expect([done.status, made]).toMatchObject([200, { bridge: "zwei", by: "token:leitstand" }]);
  expect((await admin("bridges/zwei/retire", operator, body)).status).toBe(409);
  await writeFile(place.path("zwei.json"), made.document);
  expect((await place.steg(["verify", "zwei.json"])).code).toBe(0);
  const listed = (await (await admin("certificates", viewer)).json()) as { items: { bridge: string }[] };
  expect(listed.items.map(({ bridge }) => bridge)).toContain("zwei");
  expect(await (await admin("certificates/zwei", viewer)).json()).toEqual(made);
  expect((await admin("certificates/drei", viewer)).status).toBe(404);

  // The heartbeat of the running appliance.
  const { rows } = (await (await admin("lifecycle", viewer)).json()) as { rows: { bridge: string }[] };
  expect(rows.find(({ bridge }) => bridge === "zwei")).toMatchObject({ state: "retired" });
  expect(rows.find(({ bridge }) => bridge === "drei")).toMatchObject({
    retirement: { allowed: false, observedFrom: expect.any(String), against: [{ what: "watched-since" }] },
  });
});

it("proposes what nobody uses, retires it before its time, and then holds what comes", async () => {
  const listed = await place.steg(["sunset"]);
  expect(listed.stdout).toMatch(
    /still +active .*\n +never used, watched since [\d-]+, 30 days are enough: steg retire/,
  );
  const rows = await place.json<readonly { bridge: string; retire?: object }[]>(["sunset"]);
  expect(rows.filter(({ retire }) => retire !== undefined)).toMatchObject([
    { bridge: "still", retire: { silentSince: null, days: 30, cycle: null } },
  ]);
  const done = await place.steg(["retire", "still", "--reason", "Niemand benutzt sie", "--yes"]);
  const { closed, dates } = JSON.parse(done.stdout) as { closed: { early: boolean }; dates: { end: string } };
  expect([closed.early, dates.end]).toEqual([true, wallTime(Date.now(), "Europe/Berlin").date]);
  await place.drop("still/in/spaet.csv", "NAME;FARBE\nAnna;rot\n");
  const receipts = async (): Promise<readonly string[]> =>
    (await place.names("data/still/quittung")).filter((name) => !name.startsWith("."));
  await expect.poll(async () => (await receipts()).length, { timeout: 20_000 }).toBe(1);
  const receipt = await readFile(place.path("data/still/quittung", ...(await receipts())), "utf8");
  expect(receipt).toContain("gehalten");
  expect(receipt).toContain(`am ${dates.end.split("-").toReversed().join(".")} beendet worden`);
  expect(await place.names("data/still/out")).toEqual([]);
});
