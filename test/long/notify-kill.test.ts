// The appliance is killed again and again while it tells people of thirty ends and its mail server is away half of the time: everything
// arrives, and what arrives twice is known by its id.

import PostalMime from "postal-mime";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMailServer, type MailServer } from "../peers/mail-server.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createPlace, inDays, type Place } from "../commands/steg.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const BRIDGES = 30;
const KILLS = 15;

let place: Place;
let hook: Receiver;
let mail: MailServer;
beforeAll(async () => {
  [place, hook] = await Promise.all([createPlace(), startReceiver()]);
  let asked = 0;
  mail = await startMailServer({
    onMailFrom: (_from, _session, done) =>
      done(asked++ % 2 === 0 ? Object.assign(new Error(), { responseCode: 451 }) : null),
  });
  // Slow enough for a kill to hit between two of them, and every third one is refused.
  hook.rule = () => ({ status: asked++ % 3 === 0 ? 503 : 204, delay: 20 });
  const dates = { started: inDays(-700), deprecated: inDays(-400), sunset: inDays(5) };
  for (let at = 0; at < BRIDGES; at++) await place.bridge(`b${at}`, { dates });
});
afterAll(async () => {
  await place.remove();
  await Promise.all([hook.close(), mail.close()]);
});

it("everything is told at least once", { timeout: 600_000 }, async () => {
  const env = {
    STEG_WEBHOOK_URL: `${hook.origin}/steg`,
    STEG_WEBHOOK_SECRET: SECRET,
    STEG_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    STEG_MAIL_FROM: "steg@stadt.example",
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const up = await place.startUp({ env });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
    up.child.kill("SIGKILL");
    await up.ended;
  }
  const up = await place.startUp({ env });
  const told = () =>
    hook.heard.map(({ body, headers }) => {
      const { data } = new Webhook(SECRET).verify(body, headers as Record<string, string>) as {
        data: { bridge: string };
      };
      return { bridge: data.bridge, id: String(headers["webhook-id"]) };
    });
  await expect.poll(() => new Set(told().map(({ bridge }) => bridge)).size, { timeout: 400_000 }).toBe(BRIDGES);
  for (const [, same] of Map.groupBy(told(), ({ bridge }) => bridge))
    expect(new Set(same.map(({ id }) => id)).size).toBe(1);
  const addresses = () => new Set(mail.taken.flatMap(({ to }) => to));
  await expect.poll(() => addresses().size, { timeout: 200_000 }).toBe(2);
  const mails = await Promise.all(mail.taken.map(async ({ source }) => await PostalMime.parse(source)));
  // One mail for all bridges; the same id where it came twice.
  for (const [, same] of Map.groupBy(mails, ({ to }) => to?.[0]?.address))
    expect(new Set(same.map(({ messageId }) => messageId)).size).toBe(1);
  for (let at = 0; at < BRIDGES; at++) expect(mails.every(({ text = "" }) => text.includes(`(b${at})`))).toBe(true);
  up.child.kill("SIGTERM");
  expect((await up.ended).code).toBe(0);
});
