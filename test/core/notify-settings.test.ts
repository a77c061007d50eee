// What the settings say about notifications, right and wrong; no message shows a secret.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";

const cwd = mkdtempSync(join(tmpdir(), "steg-notify-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const KEY = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const notify = async (env: Record<string, string>, dir = "mappings") =>
  (await loadSettings({ env, flags: { dir }, cwd })).notify;
const WEBHOOK = { STEG_WEBHOOK_URL: "https://leitstand.example/steg", STEG_WEBHOOK_SECRET: KEY };
const MAIL = { STEG_SMTP_URL: "smtps://steg:geh%2Feim@mail.example", STEG_MAIL_FROM: "steg@stadt.example" };

it("are empty where nothing is said", async () => {
  const none = { url: undefined, webhook: undefined, mail: undefined, security: undefined, operator: undefined };
  expect(await notify({})).toEqual(none);
});

it("take a webhook with one secret or two", async () => {
  const other = `whsec_${Buffer.alloc(24, 8).toString("base64")}`;
  const one = await notify(WEBHOOK);
  expect(one.webhook).toEqual({ url: "https://leitstand.example/steg", secrets: [Buffer.alloc(32, 7)] });
  const two = await notify({ ...WEBHOOK, STEG_WEBHOOK_SECRET: `${KEY} ${other}` });
  expect(two.webhook?.secrets).toHaveLength(2);
});

it.each([
  ["smtps://mail.example", { host: "mail.example", port: 465, tls: "direct", user: undefined }],
  ["smtps://mail.example:443", { port: 443, tls: "direct" }],
  ["smtp://mail.example", { port: 587, tls: "starttls" }],
  ["smtp://steg:12345@mail.example", { port: 587, user: "steg", password: "12345" }],
  ["smtp://a%40b.example:p%3Aw@mail.example:25", { port: 25, user: "a@b.example", password: "p:w", tls: "starttls" }],
  ["smtp://localhost:1025", { host: "localhost", port: 1025, tls: "none" }],
  ["smtp://[::1]:25", { host: "::1", port: 25, tls: "none" }],
  ["smtp://localhost.example", { tls: "starttls" }],
])("%s", async (url, mail) => {
  expect((await notify({ ...MAIL, STEG_SMTP_URL: url })).mail).toMatchObject({ ...mail, from: "steg@stadt.example" });
});

it("come from steg.yaml, and secrets from files", async () => {
  mkdirSync(join(cwd, "amt"));
  writeFileSync(join(cwd, "amt/webhook.key"), `${KEY}\n`);
  writeFileSync(
    join(cwd, "amt/steg.yaml"),
    [
      "url: https://steg.stadt.example",
      "webhook: { url: https://leitstand.example/, secretFile: webhook.key }",
      "mail:",
      "  smtpUrl: smtps://mail.example",
      "  from: steg@stadt.example",
      "  security: isb@stadt.example",
      "  operator: it@stadt.example",
    ].join("\n"),
  );
  expect(await notify({}, "amt/mappings")).toMatchObject({
    url: "https://steg.stadt.example/",
    webhook: { secrets: [Buffer.alloc(32, 7)] },
    mail: { host: "mail.example" },
    security: "isb@stadt.example",
    operator: "it@stadt.example",
  });
});

describe("refused", () => {
  it.each([
    ["http over the network", { ...WEBHOOK, STEG_WEBHOOK_URL: "http://leitstand.example/" }, "must be https"],
    ["a password in the address", { ...WEBHOOK, STEG_WEBHOOK_URL: "https://a:geheim@b.example/" }, "neither user nor"],
    ["no address", { ...WEBHOOK, STEG_WEBHOOK_URL: "leitstand" }, "https address"],
    ["no secret", { STEG_WEBHOOK_URL: "https://b.example/" }, "needs STEG_WEBHOOK_SECRET"],
    ["a secret alone", { STEG_WEBHOOK_SECRET: KEY }, "needs STEG_WEBHOOK_URL"],
    ["a short secret", { ...WEBHOOK, STEG_WEBHOOK_SECRET: "whsec_Z2VoZWlt" }, "no secret of a webhook"],
    [
      "a secret without its mark",
      { ...WEBHOOK, STEG_WEBHOOK_SECRET: "geheimgeheimgeheimgeheimgeheim" },
      "no secret of",
    ],
    ["three secrets", { ...WEBHOOK, STEG_WEBHOOK_SECRET: `${KEY} ${KEY} ${KEY}` }, "no secret of a webhook"],
    ["twice", { ...WEBHOOK, STEG_WEBHOOK_SECRET_FILE: "x" }, "name the same thing twice"],
    ["a file that is away", { ...MAIL, STEG_SMTP_URL: "", STEG_SMTP_URL_FILE: "weg" }, "cannot be read"],
    ["no mail server", { ...MAIL, STEG_SMTP_URL: "mail.example" }, "must be smtps://"],
    ["an unencoded password", { ...MAIL, STEG_SMTP_URL: "smtps://a:geh/eim@b.example" }, "must be smtps://"],
    ["no sender", { STEG_SMTP_URL: "smtps://b.example" }, "needs STEG_MAIL_FROM"],
    ["a sender alone", { STEG_MAIL_FROM: "steg@stadt.example" }, "needs STEG_SMTP_URL"],
    [
      "a sender of two lines",
      { ...MAIL, STEG_MAIL_FROM: "a@b.example\r\nBcc: c@d.example" },
      "none that mail can reach",
    ],
    ["whom nothing can reach", { STEG_MAIL_SECURITY: "isb@stadt.example" }, "needs STEG_SMTP_URL"],
    ["a public address of no page", { STEG_URL: "steg.example" }, "an address without a path"],
  ])("%s", async (_name, env, says) => {
    const error = await notify(env).then(
      () => undefined,
      (cause: unknown) => cause as { code: string; message: string; hint: string },
    );
    expect(error?.code).toBe("SETTING_INVALID");
    expect(error?.message).toContain(says);
    expect(`${error?.message} ${error?.hint}`).not.toMatch(/geheim|geh%2Feim|geh\/eim|BwcHBw|Z2VoZWlt/);
  });
});
