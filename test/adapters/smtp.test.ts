// Mails against the SMTP server of others, and read by the parser of others.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import PostalMime from "postal-mime";
import type { SMTPServerOptions } from "smtp-server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openMail } from "../../src/adapters/smtp/channel.ts";
import type { ChannelMessage, MailSettings, Sent } from "../../src/core/contract-channels.ts";
import { makeAuthority, type Pair } from "../peers/certificates.ts";
import { startMailServer, type MailServer, type TakenMail } from "../peers/mail-server.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "steg-smtp-"));
const before = getCACertificates("default");
let pair: Pair;
let ours: string;
beforeAll(() => {
  const authority = makeAuthority(folder);
  pair = authority.issue("localhost");
  ours = authority.ca.toString("utf8");
});
beforeEach(() => setDefaultCACertificates([...before, ours]));
afterAll(() => {
  setDefaultCACertificates(before);
  rmSync(folder, { recursive: true });
});

const opened: MailServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

async function serve(options: SMTPServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer({ ...pair, ...options });
  opened.push(server);
  return server;
}

const message: ChannelMessage = {
  id: "msg_0123",
  to: "gewerbe@stadt.example",
  subject: "[Steg] Ziel nicht erreichbar – Gewerbeanmeldungen Köln",
  body: "Ziel nicht erreichbar\nBrücke: Grüße\n.\n-- English --\nTarget cannot be reached\n",
};

async function send(settings: Partial<MailSettings>, what = message, signal = never): Promise<Sent> {
  const channel = await openMail({
    host: "localhost",
    port: 25,
    tls: "none",
    user: undefined,
    password: undefined,
    from: "steg@stadt.example",
    ...settings,
  });
  try {
    return await channel.send(what, signal);
  } finally {
    await channel.close();
  }
}

describe("a mail", () => {
  it("arrives as it was written, from whom it should, and asks for no answer", async () => {
    const { port, taken } = await serve();
    expect(await send({ port })).toEqual({ end: "sent" });
    const [{ to, source }] = taken as [TakenMail];
    expect(to).toEqual(["gewerbe@stadt.example"]);
    const mail = await PostalMime.parse(source);
    expect(mail.subject).toBe(message.subject);
    expect(mail.text).toBe(message.body);
    expect(mail.html).toBeUndefined();
    expect(mail.from).toMatchObject({ name: "Steg", address: "steg@stadt.example" });
    expect(mail.messageId).toBe("<msg_0123@stadt.example>");
    expect(mail.headers.find(({ key }) => key === "auto-submitted")?.value).toBe("auto-generated");
    // Pure ASCII on the way: whatever lies between needs to know no more.
    expect(source).toMatch(/^[\x09\x0a\x0d\x20-\x7e]*$/);
  });

  it.each([
    ["line ends in the subject", 1, { subject: "x\r\nBcc: opfer@anders.example\r\n\r\n<b>y</b>" }],
    ["line ends in the address", 0, { to: "a@stadt.example>\r\nRCPT TO:<opfer@anders.example" }],
    ["several addresses", 0, { to: "a@stadt.example, opfer@anders.example" }],
    [
      "a text that ends the mail",
      1,
      { body: "a\r\n.\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<opfer@anders.example>\r\n" },
    ],
  ])("goes to nobody else: %s", async (_name, arrive, changes) => {
    const { port, taken } = await serve();
    const { end } = await send({ port }, { ...message, ...changes });
    expect([end === "sent", taken.length]).toEqual([arrive === 1, arrive]);
    for (const { to, source } of taken) {
      expect(to.join(" ")).not.toContain("opfer");
      const { headers, cc, bcc } = await PostalMime.parse(source);
      expect([cc ?? [], bcc ?? [], headers.some(({ key }) => key === "bcc")]).toEqual([[], [], false]);
    }
  });
});

describe("TLS", () => {
  it("is there from the first byte (smtps), or before anything is said (STARTTLS), with user and password", async () => {
    const user = { user: "steg", password: "geh/eim:1" };
    const direct = await serve({ secure: true });
    expect(await send({ port: direct.port, tls: "direct", ...user })).toEqual({ end: "sent" });
    const started = await serve();
    expect(await send({ port: started.port, tls: "starttls", ...user })).toEqual({ end: "sent" });
    for (const { taken } of [direct, started])
      expect(taken).toMatchObject([{ secure: true, user: "steg", to: ["gewerbe@stadt.example"] }]);
  });

  it("is no wish: nothing goes to a server without, or to one that nobody vouches for", async () => {
    const plain = await serve({ disabledCommands: ["STARTTLS"] });
    expect(await send({ port: plain.port, tls: "starttls" })).toMatchObject({ end: "failed" });
    const unknown = await serve({ secure: true });
    const other = makeAuthority(join(folder, "other")).ca.toString("utf8");
    for (const trusted of [before, [...before, other]]) {
      setDefaultCACertificates(trusted);
      const sent = await send({ port: unknown.port, tls: "direct" });
      expect(sent).toMatchObject({ end: "failed", code: expect.stringMatching(/CERT|SIGNATURE|ISSUER/) as string });
    }
    expect([plain.taken, unknown.taken]).toEqual([[], []]);
  });
});

describe("what does not work", () => {
  const saying = (responseCode: number): Error => Object.assign(new Error("nein"), { responseCode });

  it.each([
    ["an unknown receiver", { onRcptTo: (_to, _session, done) => done(saying(550)) }, "refused", "SMTP_550"],
    ["a receiver who is asked to wait", { onRcptTo: (_to, _session, done) => done(saying(451)) }, "failed", "SMTP_451"],
    ["a server that takes none", { onMailFrom: (_from, _session, done) => done(saying(550)) }, "failed", "SMTP_550"],
  ] as const satisfies readonly (readonly [string, SMTPServerOptions, string, string])[])(
    "%s",
    async (_name, options, end, code) => {
      const { port } = await serve(options);
      expect(await send({ port })).toEqual({ end, code });
    },
  );

  it("a wrong password, and nobody there", async () => {
    const { port } = await serve({ secure: true });
    const wrong = await send({ port, tls: "direct", user: "steg", password: "falsch" });
    expect(wrong).toEqual({ end: "failed", code: "SMTP_535" });
    expect(await send({ port: 1 })).toEqual({ end: "failed", code: "ECONNREFUSED" });
  });

  it("waits no longer when it is told to stop", async () => {
    const { port } = await serve({ onMailFrom: () => undefined });
    const stop = new AbortController();
    const sending = send({ port }, message, stop.signal);
    setTimeout(() => stop.abort(new Error("stop")), 100);
    await expect(sending).rejects.toThrow("stop");
  });
});
