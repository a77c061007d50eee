// People are told by an appliance that runs: by a webhook that others verify, by mails that others take and read.

import PostalMime from "postal-mime";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMailServer, type MailServer } from "../peers/mail-server.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { headOf } from "../bridge-head.ts";
import { createPlace, inDays, type Place, type Up } from "./steg.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

const WAY =
  "decode: { csv: { delimiter: ';', header: true } }\ndeliver: { folder: { path: ziel, name: '{NR}.csv' } }\n";

let place: Place;
let hook: Receiver;
let mail: MailServer;
let env: Record<string, string>;
let up: Up;

beforeAll(async () => {
  [place, hook, mail] = await Promise.all([createPlace(), startReceiver(), startMailServer()]);
  hook.rule = () => ({ status: 204 });
  await place.write("webhook.secret", `${SECRET}\n`);
  env = {
    STEG_URL: "https://steg.stadt.example",
    STEG_WEBHOOK_URL: `${hook.origin}/steg`,
    STEG_WEBHOOK_SECRET_FILE: place.path("webhook.secret"),
    STEG_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    STEG_MAIL_FROM: "steg@stadt.example",
    STEG_MAIL_OPERATOR: "betrieb@stadt.example",
  };
});
afterAll(async () => {
  await place.remove();
  await Promise.all([hook.close(), mail.close()]);
});

/** What came by the webhook, each verified. */
function told(): readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[] {
  return hook.heard.map(({ body, headers }) => {
    const verified = new Webhook(SECRET).verify(body, headers as Record<string, string>);
    return verified as { type: string; data: Record<string, unknown> };
  });
}

it("steg notify tries every channel, and says which of them fails", async () => {
  const results = await place.json(["notify"], { env });
  expect(results).toEqual([
    { channel: "webhook", end: "sent", code: null },
    { channel: "mail", end: "sent", code: null },
  ]);
  expect(told().map(({ type }) => type)).toEqual(["test"]);
  const { subject, text } = await PostalMime.parse(mail.taken[0]?.source ?? "");
  expect(mail.taken[0]?.to).toEqual(["betrieb@stadt.example"]);
  expect(subject).toBe("[Steg] Probe: Benachrichtigungen kommen an – Dieses Gerät");
  expect(text).toContain("https://steg.stadt.example/\n");
  const failed = await place.steg(["notify"], { env: { ...env, STEG_WEBHOOK_URL: "http://127.0.0.1:1/" } });
  expect([failed.code, failed.stdout]).toEqual([
    3,
    expect.stringMatching(/webhook {3}not sent: ECONNREFUSED\n.*mail {3}sent/),
  ]);
  expect((await place.steg(["notify"])).code).toBe(1);
});

it("an appliance reminds of an end, tells of an alarm, and leaves one alone that was taken over", async () => {
  const dates = { started: inDays(-700), deprecated: inDays(-400), sunset: inDays(6) };
  await place.bridge("farben", { dates });
  const old = headOf("alt").replace("Alt 1", `Alt 1, endOfSupport: ${inDays(20)}`);
  await place.write("mappings/alt/bridge.yaml", `${old}receive: { folder: { path: alt, files: "*.csv" } }\n${WAY}`);
  [hook.heard.length, mail.taken.length] = [0, 0];
  up = await place.startUp({ env });
  await expect.poll(() => mail.taken.length, { timeout: 20_000 }).toBeGreaterThan(1);
  const sunset = told().find(({ type }) => type === "sunset.near");
  expect(sunset?.data).toMatchObject({ bridge: "farben", days: expect.any(Number) as number, end: dates.sunset });
  expect(mail.taken.flatMap(({ to }) => to).toSorted()).toEqual(["it@stadt.example", "muster@stadt.example"]);
  const { subject } = await PostalMime.parse(mail.taken[0]?.source ?? "");
  expect(subject).toMatch(/^\[Steg\] Endet in [567] Tagen – /);
  // The outbox is empty, and stays so across a restart.
  up.child.kill("SIGTERM");
  await up.ended;
  [hook.heard.length, mail.taken.length] = [0, 0];
  up = await place.startUp({ env });
  const token = await place.token("leitstand", "operator");
  const ask = async (path: string, method = "GET"): Promise<Response> =>
    await fetch(`${up.url}api/v1/alarms${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  const alarms = async (): Promise<readonly { key: string; bridge: string; takenOver: { by: string } | null }[]> =>
    ((await (await ask("")).json()) as { alarms: [] }).alarms;
  await expect.poll(async () => (await alarms()).length, { timeout: 20_000 }).toBe(1);
  const [alarm] = await alarms();
  expect(alarm?.bridge).toBe("alt");
  const taken = await ask(`/${alarm?.key}/take-over`, "POST");
  expect([taken.status, (await alarms())[0]?.takenOver?.by]).toEqual([200, "token:leitstand"]);
  expect((await ask("/0000/take-over", "POST")).status).toBe(404);
  expect([hook.heard.length, mail.taken.length]).toEqual([0, 0]);
}, 90_000);
