// The webhook against a server over HTTP and HTTPS; whether what comes is signed as Standard Webhooks wants it says their own library.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openWebhook } from "../../src/adapters/webhook/channel.ts";
import type { Channel, ChannelMessage } from "../../src/core/contract-channels.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";

const never = new AbortController().signal;
const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(24, 2);
const secretOf = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString("base64")}`;
const message: ChannelMessage = { id: "msg_1", to: undefined, subject: "", body: '{"type":"test","text":"Grüße"}' };

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterAll(async () => await receiver.close());
beforeEach(() => {
  receiver.heard.length = 0;
  receiver.script.length = 0;
});

async function sendTo(url: string, secrets: readonly Uint8Array[] = [NEW], now?: () => number) {
  const channel: Channel = await openWebhook({ url, secrets }, now);
  try {
    return await channel.send(message, never);
  } finally {
    await channel.close();
  }
}

it("is signed with every secret there is, so that a receiver may change over when it likes", async () => {
  receiver.script.push({ status: 204, accept: true });
  expect(await sendTo(`${receiver.origin}/steg?kanal=1`, [NEW, OLD])).toEqual({ end: "sent" });
  const [{ headers, body, path, method } = receiver.heard[0]!] = receiver.heard;
  expect([method, path, headers["content-type"]]).toEqual(["POST", "/steg?kanal=1", "application/json"]);
  for (const key of [NEW, OLD])
    expect(new Webhook(secretOf(key)).verify(body, headers as Record<string, string>)).toEqual({
      type: "test",
      text: "Grüße",
    });
  const other = new Webhook(secretOf(Buffer.alloc(32, 3)));
  expect(() => other.verify(body, headers as Record<string, string>)).toThrow("No matching signature");
  const changed = body.toString("utf8").replace("test", "Test");
  expect(() => new Webhook(secretOf(NEW)).verify(changed, headers as Record<string, string>)).toThrow(
    "No matching signature",
  );
});

it("carries the time of this attempt, so that an old one cannot be sent again", async () => {
  await sendTo(receiver.origin, [NEW], () => Date.now() - 6 * 60_000);
  const [{ headers, body } = receiver.heard[0]!] = receiver.heard;
  expect(() => new Webhook(secretOf(NEW)).verify(body, headers as Record<string, string>)).toThrow("too old");
});

it.each([
  [200, { end: "sent" }],
  [410, { end: "refused", code: "HTTP_410" }],
  [404, { end: "failed", code: "HTTP_404" }],
  [500, { end: "failed", code: "HTTP_500" }],
] as const)("%s", async (status, sent) => {
  receiver.script.push({ status });
  expect(await sendTo(receiver.origin)).toEqual(sent);
});

it("follows no redirect", async () => {
  const elsewhere = await startReceiver();
  receiver.script.push({ status: 307, headers: { location: elsewhere.origin } });
  expect(await sendTo(receiver.origin)).toEqual({ end: "failed", code: "HTTP_307" });
  expect(elsewhere.heard).toEqual([]);
  await elsewhere.close();
});

it("says what failed by a code, and rejects with the signal's reason only", async () => {
  receiver.script.push({ instead: "reset" });
  expect(await sendTo(receiver.origin)).toMatchObject({ end: "failed" });
  expect(await sendTo("http://127.0.0.1:1/")).toEqual({ end: "failed", code: "ECONNREFUSED" });
  receiver.script.push({ instead: "hang" });
  const channel = await openWebhook({ url: receiver.origin, secrets: [NEW] });
  const stop = new AbortController();
  const sending = channel.send(message, stop.signal);
  setTimeout(() => stop.abort(new Error("stop")), 50);
  await expect(sending).rejects.toThrow("stop");
  await channel.close();
});

it("trusts authorities that this machine trusts, and nobody else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "steg-webhook-"));
  const authority = makeAuthority(folder);
  const secure = await startReceiver({ tls: authority.issue("empfaenger") });
  const url = `https://localhost:${secure.port}/`;
  expect(await sendTo(url)).toMatchObject({
    end: "failed",
    code: expect.stringMatching(/CERT|ISSUER|VERIFY/) as string,
  });
  expect(secure.heard).toEqual([]);
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, authority.ca.toString("utf8")]);
  try {
    secure.script.push({ status: 200 });
    expect(await sendTo(url)).toEqual({ end: "sent" });
  } finally {
    setDefaultCACertificates(before);
    await secure.close();
    rmSync(folder, { recursive: true });
  }
});
