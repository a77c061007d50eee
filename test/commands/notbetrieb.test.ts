// Notbetrieb while the appliance runs: callers, polled files and people of the admin API, without a restart.

import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Receiver, startReceiver } from "../peers/receiver.ts";
import { headOf } from "./called-bridges.ts";
import { createPlace, ENDED, type Place } from "./steg.ts";

let place: Place;
let service: Receiver;
let origin = "";
let operator = "";
let viewer = "";

const head = (name: string): string => headOf(name, { dates: ENDED });

beforeAll(async () => {
  place = await createPlace();
  service = await startReceiver();
  await place.write(
    "mappings/auskunft/bridge.yaml",
    `${head("auskunft")}receive: { rest: { callers: anyone } }
cases:
  - call: GET /hunde/{nr}
    deliver: { http: { url: "${service.origin}/hunde/{$request.path.nr}", method: GET } }
`,
  );
  await place.write(
    "mappings/meldung/bridge.yaml",
    `${head("meldung")}receive: { folder: { path: meldung, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { http: { url: "${service.origin}/meldungen" } }
`,
  );
  const up = await place.startUp();
  origin = up.url;
  operator = await place.token("leitstand", "operator");
  viewer = await place.token("auge", "viewer");
});
afterAll(async () => {
  await place.remove();
  await service.close();
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(origin + path, init);
const heard = (path: string): number => service.heard.filter((one) => one.path.startsWith(path)).length;

async function admin(method: string, bridge: string, token: string, body?: object): Promise<Response> {
  return await ask(`api/v1/bridges/${bridge}/notbetrieb`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function state(bridge: string): Promise<string | undefined> {
  const rows = await place.json<readonly { readonly bridge: string; readonly state: string }[]>(["sunset"]);
  return rows.find((row) => row.bridge === bridge)?.state;
}

it("opens and closes callers and files at once, and each hears how it stands", async () => {
  const gone = await ask("bridges/auskunft/hunde/1");
  expect([gone.status, gone.headers.get("steg-notbetrieb")]).toEqual([410, null]);
  await place.drop("meldung/eins.csv", "NR\n1\n");
  const drops = (): Promise<readonly { readonly state: string }[]> => place.json(["drops"]);
  await expect.poll(async () => (await drops()).map((drop) => drop.state), { timeout: 20_000 }).toEqual(["held"]);

  const body = { reason: "ausfall-nachfolger", ticket: "INC-1" };
  expect((await admin("POST", "auskunft", viewer, body)).status).toBe(403);
  expect((await admin("POST", "auskunft", operator, { reason: "ausfall-nachfolger" })).status).toBe(400);
  expect((await admin("POST", "auskunft", operator, { ...body, reason: "egal" })).status).toBe(400);
  expect((await admin("POST", "niemand", operator, body)).status).toBe(404);
  expect((await admin("DELETE", "auskunft", operator)).status).toBe(409);
  expect((await ask("bridges/auskunft/hunde/1")).status).toBe(410);

  for (const bridge of ["auskunft", "meldung"]) {
    const reply = await admin("POST", bridge, operator, body);
    expect([reply.status, await reply.json()]).toMatchObject([200, { bridge, stage: 1, uses: 1, ...body }]);
    expect((await admin("POST", bridge, operator, body)).status).toBe(409);
  }
  await vi.waitFor(async () => expect((await ask("bridges/auskunft/hunde/1")).status).toBe(200), 10_000);
  const open = await ask("bridges/auskunft/hunde/1");
  const until = Number(/^@(\d+)$/.exec(open.headers.get("steg-notbetrieb") ?? "")?.[1]) * 1_000;
  expect(until - Date.now()).toBeGreaterThan(86_000_000);
  expect(new Date(open.headers.get("sunset") ?? "").getTime()).toBe(until);
  await expect.poll(() => heard("/meldungen"), { timeout: 20_000 }).toBe(1);
  await place.drop("meldung/zwei.csv", "NR\n2\n");
  await expect.poll(() => heard("/meldungen"), { timeout: 20_000 }).toBe(2);
  expect(await state("meldung")).toBe("notbetrieb");
  const metrics = await (await ask("metrics")).text();
  expect(metrics).toContain('steg_lifecycle_state{bridge="meldung",state="notbetrieb"} 1');

  for (const bridge of ["auskunft", "meldung"]) expect((await admin("DELETE", bridge, operator)).status).toBe(200);
  await vi.waitFor(async () => expect((await ask("bridges/auskunft/hunde/1")).status).toBe(410), 10_000);
  await place.drop("meldung/drei.csv", "NR\n3\n");
  await expect
    .poll(async () => (await drops()).map((drop) => drop.state), { timeout: 20_000 })
    .toEqual(["done", "done", "held"]);
  expect(await state("meldung")).toBe("sunset");
  expect(heard("/meldungen")).toBe(2);
  const told = await place.steg(["audit", "export"]);
  expect(told.stdout).toContain('"token:leitstand"');
});
