// deliver.split and shadow for calls, over the real appliance: one caller moved, the other not; answers compared behind the caller's back.

import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Receiver, startReceiver } from "../peers/receiver.ts";
import { headOf } from "./called-bridges.ts";
import { createPlace, inDays, type Place } from "./steg.ts";

let place: Place;
let old: Receiver;
let successor: Receiver;

beforeAll(async () => {
  [old, successor] = await Promise.all([startReceiver(), startReceiver()]);
  old.rule = () => ({ status: 200, headers: { "content-type": "application/json" }, body: '{"von":"alt"}' });
  successor.rule = () => ({ status: 200, headers: { "content-type": "application/json" }, body: '{"von":"neu"}' });
  place = await createPlace();
});
afterAll(async () => {
  await place.remove();
  await Promise.all([old.close(), successor.close()]);
});

it("answers each caller from its own side, counts both, and the share leaves out what was moved", async () => {
  const to = `{ http: { url: "${successor.origin}/n", method: GET } }`;
  await place.write(
    "mappings/auskunft/bridge.yaml",
    `${headOf("auskunft")}receive:
  rest: {}
cases:
  - call: GET /wer
deliver:
  http: { url: "${old.origin}/a", method: GET }
  split: { by: "= $request.caller", values: [portal], to: ${to} }
`,
  );
  await place.write(
    "mappings/abgleich/bridge.yaml",
    `${headOf("abgleich")}receive:
  rest: {}
cases:
  - call: GET /wer
deliver:
  http: { url: "${old.origin}/a", method: GET }
shadow:
  to: { http: { url: "${successor.origin}/schatten", method: GET } }
  approval: { by: Datenschutz, on: ${inDays(-9)}, reference: DSFA 7 }
  until: ${inDays(9)}
`,
  );
  const up = await place.startUp();
  const [portal, alt, viewer] = await Promise.all(
    (["portal", "alt", "sicht"] as const).map((name) => place.token(name, name === "sicht" ? "viewer" : "caller")),
  );
  const ask = async (token: string | undefined, bridge = "auskunft"): Promise<unknown> =>
    await (await fetch(`${up.url}bridges/${bridge}/wer`, { headers: { authorization: `Bearer ${token}` } })).json();
  expect([await ask(portal), await ask(alt), await ask(portal)]).toEqual([
    { von: "neu" },
    { von: "alt" },
    { von: "neu" },
  ]);
  expect([old.heard.length, successor.heard.length]).toEqual([1, 2]);
  expect(await ask(alt, "abgleich")).toEqual({ von: "alt" });
  up.child.kill("SIGTERM");
  await once(up.child, "exit");
  const again = await place.startUp();
  const look = async (path: string): Promise<unknown> =>
    await (
      await fetch(`${again.url}api/v1/bridges/${path}`, { headers: { authorization: `Bearer ${viewer}` } })
    ).json();
  const shown = `http:${successor.origin}/n`;
  expect(await look("auskunft/progress")).toMatchObject({
    split: { values: ["portal"], to: shown, moved: 2, stayed: 1 },
  });
  expect(await look("auskunft/shadow")).toBeNull();
  expect(await look("abgleich/shadow")).toMatchObject({
    active: true,
    types: [{ type: "GET /wer", equal: 0, explained: 0, open: 1 }],
    differences: [{ path: "/body/von", count: 1, reason: null }],
  });
  const { stdout } = await place.steg(["audit", "export"]);
  expect(stdout.split("\n").filter((line) => line.includes("split.changed"))).toHaveLength(1);
}, 60_000);
