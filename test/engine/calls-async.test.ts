// Calls that are accepted now and worked on later, in the real process.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  clientOf,
  createCallsWorld,
  type CallsText,
  type CallsWorld,
  type Client,
  type Serving,
} from "../crash/calls-world.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { inDays } from "../commands/steg.ts";
import { waitFor } from "../crash/world.ts";

let receiver: Receiver;
let world: CallsWorld;
let up: Serving;
let portal: Client;
let other: Client;

async function begin(changes: Partial<CallsText>): Promise<void> {
  receiver = await startReceiver();
  world = createCallsWorld(receiver.origin, changes);
  up = await world.serve();
  [portal, other] = (await Promise.all(["portal", "other"].map((name) => world.token(name)))).map((token) =>
    clientOf(() => up, token),
  ) as [Client, Client];
}

async function end(): Promise<void> {
  world.remove();
  await receiver.close();
}

/** Each test counts anew what the service hears. */
function forget(): void {
  receiver.heard.length = 0;
  receiver.accepted.clear();
}

const locationOf = (answer: Response): string => answer.headers.get("location") ?? "";

async function accepted(client: Client, body: unknown, key?: string): Promise<string> {
  const answer = await client.post(body, key);
  if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
  return locationOf(answer);
}

async function problemOf(answer: Response): Promise<{ readonly status: number; readonly code: string }> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  return (await answer.json()) as { status: number; code: string };
}

/** As the admin API tells an operator. */
async function troubleOf(): Promise<string | null> {
  const token = readFileSync(join(world.state, "operator-token"), "utf8").trim();
  const answer = await fetch(new URL("/api/v1/bridges", up.url), { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { items: { trouble: string | null }[] }).items[0]?.trouble ?? null;
}

/** All that the appliance has written, in one text. */
function stateText(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

describe("a call that is accepted", () => {
  beforeAll(() => begin({ rest: "async: true, headers: { in: [x-amt], out: [etag] }" }));
  afterAll(end);
  beforeEach(forget);

  it("is answered with 202 and a place, and has there what a caller who waits would have had", async () => {
    receiver.script.push({
      delay: 300,
      headers: { "content-type": "application/json", etag: '"7"', "x-intern": "geheim" },
      body: '{"ok":"Antwort-4711"}',
    });
    const answer = await portal.post({ nr: "1", text: "Anfrage-0815" }, "Schluessel-23", {
      "x-amt": "33",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const location = locationOf(answer);
    expect(location).toMatch(/^\/bridges\/crash\/calls\/[0-9a-f-]{36}$/);
    const id = location.slice(-36);
    expect(await answer.json()).toMatchObject({ id, state: expect.stringMatching(/accepted|working/) as string });
    // While it is open there is a status, and no result yet.
    const early = await portal.get(`${location}/result`);
    expect([early.status, early.headers.get("retry-after"), (await problemOf(early)).code]).toEqual([
      409,
      "1",
      "CALL_OPEN",
    ]);
    await waitFor("the request", () => receiver.heard.length === 1);
    const open = await portal.get(location);
    expect([open.status, open.headers.get("retry-after")]).toEqual([200, "1"]);
    expect(await open.json()).toMatchObject({ state: "working" });

    const kept = await portal.ended(location);
    expect(kept).toMatchObject({ id, state: "done", result: `${location}/result` });
    expect(Date.parse(kept.finished ?? "")).toBeGreaterThanOrEqual(Date.parse(kept.accepted) + 300);
    const result = await portal.get(kept.result ?? "");
    expect([result.status, result.headers.get("content-type"), result.headers.get("etag")]).toEqual([
      201,
      "application/json",
      '"7"',
    ]);
    expect([result.headers.get("x-intern"), result.headers.get("cache-control")]).toEqual([null, "no-store"]);
    expect(await result.json()).toEqual({ nr: "1", ok: "Antwort-4711", id });
    const head = await portal.get(`${location}/result`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([201, ""]);

    // The service sees a call: a trace that goes on, a key of its own, what the bridge lets through.
    const { headers, body } = receiver.heard[0] ?? {};
    expect(headers?.["traceparent"]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
    expect([headers?.["x-amt"], headers?.["x-steg-drop"]]).toEqual(["33", undefined]);
    expect(headers?.["idempotency-key"]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
    expect(JSON.parse(String(body))).toEqual({ nr: "1", text: "Anfrage-0815", von: "portal" });

    // Nobody else hears of it, and nothing of it is on the disk in clear.
    for (const path of [location, `${location}/result`]) expect((await other.get(path)).status).toBe(404);
    for (const path of ["", "x", "00000000-0000-4000-8000-000000000000", `${id}/results`, `${id}%2fresult`])
      expect([path, (await portal.get(`/bridges/crash/calls/${path}`)).status]).toEqual([path, 404]);
    const erased = await portal.get(location, { method: "DELETE" });
    expect([erased.status, erased.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await fetch(new URL(location, up.url))).status).toBe(401);
    expect(await world.json(["drops"])).toMatchObject([
      { name: "POST /antraege", state: "done", records: 1, delivered: 1, dead: 0 },
    ]);
    const text = stateText(world.state) + up.log();
    for (const secret of ["Anfrage-0815", "Antwort-4711", "Schluessel-23"]) expect(text).not.toContain(secret);
  });

  it("is one call for one key, also at the same moment and after a restart", async () => {
    const body = { nr: "1", text: "a" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => portal.post(at % 2 ? { text: "a", nr: "1" } : body, "k1")),
    );
    const locations = new Set(answers.map(locationOf));
    expect(new Set(answers.map(({ status }) => status > 202))).toEqual(new Set([false]));
    expect(locations.size).toBe(1);
    const [location = ""] = locations;
    await portal.ended(location);
    const otherBody = await portal.post({ nr: "2", text: "a" }, "k1");
    expect([otherBody.status, (await problemOf(otherBody)).code]).toEqual([422, "CALL_KEY_REUSED"]);
    // Another caller's key is another key; so is no key.
    const others = [await accepted(other, body, "k1"), await accepted(portal, body), await accepted(portal, body)];
    expect(new Set([location, ...others]).size).toBe(4);
    for (const [at, one] of others.entries()) await (at === 0 ? other : portal).ended(one);
    expect(receiver.accepted.size).toBe(4);

    // At one moment with two bodies: one of them wins.
    const both = await Promise.all(["x", "y"].map((text) => portal.post({ nr: "3", text }, "k3")));
    expect(both.reduce((sum, { status }) => sum + status, 0)).toBe(202 + 422);
    await portal.ended(locationOf(both.find(({ status }) => status === 202) as Response));
    await up.kill();
    up = await world.serve();
    const again = await portal.post(body, "k1");
    expect([again.status, locationOf(again)]).toEqual([200, location]);
    expect(await again.json()).toMatchObject({ state: "done" });
    expect((await portal.post({ nr: "2" }, "k1")).status).toBe(422);
    expect([receiver.accepted.size, receiver.doubled]).toEqual([5, []]);
    const bad = await portal.post(body, "k".repeat(256));
    expect([bad.status, (await problemOf(bad)).code]).toEqual([400, "CALL_INVALID"]);
  });

  it("says as a problem what became of it, and is mended by a replay", async () => {
    receiver.script.push({ status: 400, body: '{"grund":"Geheimnis"}' });
    const refused = await accepted(portal, { nr: "1" });
    expect(await portal.ended(refused)).toMatchObject({
      state: "failed",
      problem: { code: "DELIVERY_REFUSED", status: 400 },
    });
    const result = await portal.get(`${refused}/result`);
    expect(result.status).toBe(400);
    const text = await result.text();
    expect(JSON.parse(text)).toMatchObject({ status: 400, code: "DELIVERY_REFUSED" });
    expect(text).not.toContain("Geheimnis");
    const unmapped = await accepted(portal, { nr: "falsch" });
    expect(await portal.ended(unmapped)).toMatchObject({ state: "failed", problem: { status: 422 } });
    expect((await portal.get(`${unmapped}/result`)).status).toBe(422);
    // A request that is none is refused at once, and is nobody's dead letter.
    const invalid = await fetch(`${up.url}/antraege`, {
      method: "POST",
      body: "{",
      headers: { authorization: `Bearer ${await world.token("portal")}`, "content-type": "application/json" },
    });
    expect(invalid.status).toBe(400);

    const letters = await world.json<{ id: string; code: string }[]>(["dead"]);
    expect(letters).toHaveLength(2);
    const letter = letters.find(({ code }) => code === "DELIVERY_REFUSED")?.id ?? "";
    await world.command(["replay", letter, "--yes"]);
    expect(await portal.ended(refused)).toMatchObject({ state: "done" });
    const mended = await portal.get(`${refused}/result`);
    expect([mended.status, await mended.json()]).toEqual([201, { nr: "1", ok: true, id: refused.slice(-36) }]);
    // A key that was refused is used up.
    expect(new Set(receiver.heard.map(({ key }) => key)).size).toBe(2);
  });

  it("waits through a pause and a stop, up --once brings it to its end, and that can be read after the sunset", async () => {
    await world.command(["pause", "crash", "--ticket", "T-1"]);
    const waiting = await accepted(portal, { nr: "1" });
    expect(await (await portal.get(waiting)).json()).toMatchObject({ state: "accepted" });
    await world.command(["resume", "crash", "--ticket", "T-1"]);
    await portal.ended(waiting);
    receiver.rule = () => ({ status: 503 });
    const [first, second] = [await accepted(portal, { nr: "2" }), await accepted(portal, { nr: "3" }, "k4")];
    await waitFor("both requests", () => new Set(receiver.heard.map(({ key }) => key)).size === 3);
    expect((await up.stop()).code).toBe(0);
    receiver.rule = undefined;
    const { code, summary } = await world.once();
    expect([code, summary.bridges]).toMatchObject([0, [{ drops: 2, delivered: 2, dead: 0, pending: 0 }]]);
    world.dates({ deprecated: inDays(-250), sunset: inDays(-2) });
    up = await world.serve();
    for (const location of [first, second]) expect(await portal.ended(location)).toMatchObject({ state: "done" });
    expect(receiver.accepted.size).toBe(3);
    const refused = await portal.post({ nr: "4" });
    expect([refused.status, (await problemOf(refused)).code]).toEqual([410, "BRIDGE_SUNSET"]);
    const result = await portal.get(`${first}/result`);
    expect(result.status).toBe(201);
    expect(Date.parse(result.headers.get("sunset") ?? "")).toBeLessThan(Date.now());
  });
});

describe("a bridge that holds as much as it may", () => {
  afterAll(end);

  it("refuses further calls, and has kept a large answer whole", async () => {
    const large = JSON.stringify({ ok: "x".repeat(2_000_000) });
    await begin({ answer: "{}", more: "spool: { most: 3MiB }" });
    receiver.rule = () => ({ headers: { "content-type": "application/vnd.x+json" }, body: large });
    const one = await accepted(portal, { nr: "1" });
    await portal.ended(one);
    const result = await portal.get(`${one}/result`);
    expect(result.headers.get("content-type")).toBe("application/vnd.x+json");
    expect((await result.text()) === large).toBe(true);
    await portal.ended(await accepted(portal, { nr: "2" }));
    const full = await Promise.all([portal.post({ nr: "3" }, "k"), portal.post({ nr: "4" })]);
    for (const answer of full) {
      expect([answer.status, answer.headers.get("retry-after"), locationOf(answer)]).toEqual([503, "5", ""]);
      expect((await problemOf(answer)).code).toBe("CALLS_TOO_MANY");
    }
    expect(receiver.accepted.size).toBe(2);
  });
});

describe("an answer that is sent back", () => {
  let back: Receiver;
  beforeAll(async () => {
    back = await startReceiver();
    await begin({
      rest: `async: true, callback: { http: { url: "${back.origin}/antworten/{$request.id}", headers: { x-von: steg } }, retry: { first: 20ms, most: 100ms } }`,
    });
  });
  afterAll(async () => {
    await end();
    await back.close();
  });
  beforeEach(forget);

  it("is what could be fetched, with the call's id, sent until it is taken", async () => {
    back.script.push({ status: 500 }, { accept: true, instead: "reset" });
    const location = await accepted(portal, { nr: "1" });
    const id = location.slice(-36);
    await waitFor("the answer", () => back.heard.length === 3);
    for (const { method, path, headers, body } of back.heard) {
      expect([method, path, JSON.parse(String(body))]).toEqual(["POST", `/antworten/${id}`, { nr: "1", ok: true, id }]);
      expect([headers["x-call-id"], headers["x-call-status"], headers["x-von"], headers["content-type"]]).toEqual([
        id,
        "201",
        "steg",
        "application/json",
      ]);
    }
    expect(back.accepted.size).toBe(1);
  });

  it("is a problem where the call failed, and comes anew after a replay", async () => {
    back.heard.length = 0;
    receiver.script.push({ status: 404 });
    const id = (await accepted(portal, { nr: "2" })).slice(-36);
    await waitFor("the problem", () => back.heard.length === 1);
    expect(back.heard[0]?.headers).toMatchObject({
      "x-call-status": "404",
      "content-type": "application/problem+json",
    });
    const [letter] = await world.json<{ id: string }[]>(["dead"]);
    await world.command(["replay", letter?.id ?? "", "--yes"]);
    await waitFor("the answer", () => back.heard.length === 2);
    expect(back.heard[1]?.headers).toMatchObject({ "x-call-status": "201", "x-call-id": id });
    expect(new Set(back.heard.map(({ key }) => key)).size).toBe(2);
  });

  it("is given up where the other side says no, and can be fetched all the same", async () => {
    back.heard.length = 0;
    back.script.push({ status: 404 });
    const location = await accepted(portal, { nr: "5" });
    await waitFor("the end of it", () => up.log().includes("callback.given-up"));
    expect(await portal.ended(location)).toMatchObject({ state: "done" });
    expect(back.heard).toHaveLength(1);
  });

  it("is owed across kill -9, and holds up no other call; up --once sends it, too", async () => {
    back.heard.length = 0;
    back.rule = () => ({ status: 503, accept: false });
    const first = await accepted(portal, { nr: "3" });
    await portal.ended(first);
    await waitFor("an attempt", () => back.heard.length > 0);
    const second = await accepted(portal, { nr: "4" });
    expect(await portal.ended(second)).toMatchObject({ state: "done" });
    await waitFor("its trouble", async () => (await troubleOf())?.includes("an answer could not be sent") === true);
    await up.kill();
    expect((await world.once("1s")).code).toBe(3);
    back.rule = undefined;
    expect((await world.once()).code).toBe(0);
    const sent = [...back.accepted.values()].map((body) => (JSON.parse(String(body)) as { nr?: string }).nr);
    expect(sent.slice(-2).toSorted((a = "", b = "") => a.localeCompare(b))).toEqual(["3", "4"]);
    expect(back.doubled).toEqual([]);
  });
});
