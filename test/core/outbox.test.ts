// The outbox over a real journal: what is in it is sent, also after a crash; what cannot be sent waits longer each time, and has an end.

import { afterEach, beforeEach, expect, it } from "vitest";
import type { Channel, ChannelMessage, Sent } from "../../src/core/contract-channels.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { openOutbox, type Outbox } from "../../src/core/notify/outbox.ts";
import { never, testState, type TestState } from "./journal-state.ts";

const NOW = Date.parse("2027-11-22T06:00:00Z");
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

let folder: TestState;
let state: OpenState;
let outbox: Outbox;
let sent: string[];
let tried: string[];
/** What a channel says to a message; the default takes it. */
let answer: (message: ChannelMessage, channel: string) => Sent;
let time: number;

beforeEach(async () => {
  folder = testState();
  [sent, tried, time] = [[], [], NOW];
  answer = () => ({ end: "sent" });
  await open();
});
afterEach(async () => await folder.remove());

function channelOf(name: Channel["name"]): Channel {
  return {
    name,
    async send(message) {
      tried.push(message.id);
      const result = answer(message, name);
      if (result.end === "sent") sent.push(`${name} ${message.id}`);
      return result;
    },
    close: () => Promise.resolve(),
  };
}

async function open(): Promise<void> {
  state = await folder.open();
  const channels = [channelOf("mail"), channelOf("webhook")];
  outbox = await openOutbox({ journal: state.journal, channels, log: () => undefined, random: () => 0.5 });
}

async function restart(): Promise<void> {
  await state.close();
  await open();
}

const mail = (id: string): ChannelMessage => ({ id, to: "a@stadt.example", subject: "S", body: "B" });
const send = async (): Promise<void> => await outbox.send(() => time, never);
const waiting = (): readonly number[] => outbox.views().map((view) => view.waiting);

it("sends once what was put in, however often it is put in before", async () => {
  await outbox.put("mail", [mail("a"), mail("b")], time);
  await outbox.put("mail", [mail("a")], time);
  await outbox.put("webhook", [mail("a")], time);
  await restart();
  await send();
  await send();
  await restart();
  await send();
  expect(sent.toSorted()).toEqual(["mail a", "mail b", "webhook a"]);
  expect(await state.journal.entries("outbox/")).toEqual(new Map());
});

it("waits longer each time, up to an hour, and one channel does not wait for the other", async () => {
  answer = (_message, channel) => (channel === "mail" ? { end: "failed", code: "ECONNREFUSED" } : { end: "sent" });
  await outbox.put("mail", [mail("a")], time);
  await outbox.put("webhook", [mail("w")], time);
  const at: number[] = [];
  for (; time < NOW + 6 * 60 * MINUTE; time += 5_000) {
    const before = tried.length;
    await send();
    if (tried.slice(before).includes("a")) at.push(Math.round((time - NOW) / MINUTE));
  }
  expect(at.slice(0, 9)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 124]);
  expect(sent).toEqual(["webhook w"]);
});

it("is an alarm from the second failure on, until something gets through", async () => {
  answer = () => ({ end: "failed", code: "SMTP_451" });
  await outbox.put("mail", [mail("a")], time);
  await send();
  expect(outbox.views()[0]?.failing).toBeNull();
  time += MINUTE;
  await send();
  expect(outbox.views()[0]).toEqual({
    channel: "mail",
    failing: { since: "2027-11-22T07:00:00+01:00", code: "SMTP_451" },
    waiting: 1,
  });
  answer = () => ({ end: "sent" });
  time += 10 * MINUTE;
  await send();
  expect(outbox.views()[0]).toEqual({ channel: "mail", failing: null, waiting: 0 });
});

it("gives up what is refused, says so in the trail and for a day, and goes on with the rest", async () => {
  answer = ({ id }) => (id === "a" ? { end: "refused", code: "SMTP_550" } : { end: "sent" });
  await outbox.put("mail", [mail("a"), mail("b")], time);
  await send();
  expect([sent, waiting()]).toEqual([["mail b"], [0, 0]]);
  const given = (await state.journal.auditEntries({})).filter(({ event }) => event === "notification.given-up");
  expect(given.map(({ facts }) => facts)).toEqual([{ channel: "mail", code: "SMTP_550" }]);
  expect(outbox.views()[0]?.failing?.code).toBe("SMTP_550");
  time += DAY;
  await send();
  expect(outbox.views()[0]?.failing).toBeNull();
});

it("lets no message keep the others waiting, and none wait for more than three days", async () => {
  answer = ({ id }) => (id === "a" ? { end: "failed", code: "SMTP_451" } : { end: "sent" });
  await outbox.put("mail", [mail("a"), mail("b")], time);
  await send();
  time += MINUTE;
  await send();
  expect(sent).toEqual(["mail b"]);
  for (; time <= NOW + 3 * DAY + 61 * MINUTE; time += 60 * MINUTE) await send();
  expect(waiting()).toEqual([0, 0]);
  expect((await state.journal.auditEntries({})).map(({ facts }) => facts["code"])).toContain("SMTP_451");
});

it("does not begin anew for what is put in again, nor after something got through", async () => {
  answer = ({ id }) => (id === "a" ? { end: "failed", code: "X" } : { end: "sent" });
  await outbox.put("mail", [mail("a")], time);
  for (; time < NOW + 2 * DAY; time += 61 * MINUTE) await send();
  await outbox.put("mail", [mail("a"), mail("b")], time);
  await send();
  expect(sent).toEqual(["mail b"]);
  // The first failure after that is none yet, and waits half a minute.
  expect(outbox.views()[0]?.failing).toBeNull();
  const before = tried.length;
  time += 31_000;
  await send();
  expect(tried.length).toBe(before + 1);
  for (; time < NOW + 3 * DAY + 122 * MINUTE; time += 61 * MINUTE) await send();
  expect(waiting()[0]).toBe(0);
});

it("waits no longer than it would where the clock is set back", async () => {
  answer = () => ({ end: "failed", code: "X" });
  await outbox.put("mail", [mail("a")], time);
  await send();
  time -= 30 * DAY;
  answer = () => ({ end: "sent" });
  await send();
  expect(sent).toEqual(["mail a"]);
});

it("holds a bounded number: the oldest goes", async () => {
  answer = () => ({ end: "failed", code: "X" });
  const many = Array.from({ length: 1_003 }, (_, at) => mail(`m${at}`));
  for (const [at, one] of many.entries()) await outbox.put("mail", [one], NOW + at);
  expect(waiting()[0]).toBe(1_000);
  const given = (await state.journal.auditEntries({ limit: 10_000 })).filter(
    ({ facts }) => facts["code"] === "OUTBOX_FULL",
  );
  expect(given).toHaveLength(3);
});

it("forgets what waits for a channel that is not there any more", async () => {
  await outbox.put("webhook", [mail("w")], time);
  await state.close();
  state = await folder.open();
  const only = await openOutbox({ journal: state.journal, channels: [channelOf("mail")], log: () => undefined });
  await only.put("webhook", [mail("x")], time);
  expect(only.views()).toEqual([{ channel: "mail", failing: null, waiting: 0 }]);
  expect(await state.journal.entries("outbox/")).toEqual(new Map());
});

it("keeps what was under way when it was told to stop", async () => {
  const stop = new AbortController();
  await outbox.put("mail", [mail("a")], time);
  answer = () => {
    stop.abort(new Error("stop"));
    return { end: "failed", code: "X" };
  };
  await expect(outbox.send(() => time, stop.signal)).rejects.toThrow("stop");
  await restart();
  expect(waiting()[0]).toBe(1);
});
