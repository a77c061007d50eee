// Who is told what, from what is wrong to what lies in the outbox, over a real journal; and that no message says more than it may.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAlarmBook, type AlarmBook } from "../../src/core/alarms/book.ts";
import { troublesOf, type TroubleFacts } from "../../src/core/alarms/troubles.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { ChannelMessage } from "../../src/core/contract-channels.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { enterLedger, enterNotbetrieb, readLedger } from "../../src/core/lifecycle/ledger.ts";
import { standingNow } from "../../src/core/lifecycle/state-watch.ts";
import { createNotifier, type Notifier, type NotifierDeps } from "../../src/core/notify/notifier.ts";
import { bridgeView, deadView, EVIL } from "./dashboard-views.ts";
import { testState, type TestState } from "./journal-state.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
/** In deprecated, with no reminder near. */
const NOW = Date.parse("2027-09-22T06:00:00Z");
const OWNER = "gewerbe@stadt.example";
const DEPUTY = "it@stadt.example";

let folder: TestState;
let state: OpenState;
let book: AlarmBook;
let notifier: Notifier;
let put: { channel: string; message: ChannelMessage }[];
let bridges: readonly LoadedBridge[];
let facts: Partial<TroubleFacts>;

beforeEach(async () => {
  folder = testState();
  state = await folder.open();
  put = [];
  bridges = [bridgeOf()];
  facts = {};
  start();
  // What the calendar has to say at first is another test's.
  await turn(NOW);
  put = [];
});
afterEach(async () => await folder.remove());

function start(changes: Partial<NotifierDeps> = {}): void {
  book = createAlarmBook(state);
  notifier = createNotifier({
    journal: state.journal,
    book,
    outbox: {
      async put(channel, messages) {
        put.push(...messages.map((message) => ({ channel, message })));
      },
    },
    watch: { standing: (bridge) => standingNow(bridge, ledger, now) },
    bridges: () => bridges,
    maintenance: [],
    url: "https://steg.stadt.example/",
    security: "isb@stadt.example",
    operator: "betrieb@stadt.example",
    ...changes,
  });
}

let now = NOW;
let ledger: Awaited<ReturnType<typeof readLedger>> = new Map();

/** One look at a time, with what is wrong then. */
async function turn(time: number, changes: Partial<TroubleFacts> = {}): Promise<void> {
  now = time;
  ledger = await readLedger(state.journal);
  facts = {
    bridges: [],
    rows: new Map(),
    lifecycle: { alarm: null },
    letters: [],
    runningOut: [],
    channels: [],
    time,
    ...changes,
  };
  const all = facts as TroubleFacts;
  const troubles = troublesOf(all);
  const { ended } = await book.sync(troubles, time);
  await notifier.turn({ facts: all, troubles, ended, now: time });
}

const server = {
  role: "target" as const,
  server: "innen.stadt.example:443",
  up: false,
  since: null,
  code: "TARGET_DOWN",
};
const down = { bridges: [bridgeView({ bridge: "gewerbeanmeldung", servers: [server], pending: 3_180, openDead: 0 })] };
const mails = () => put.filter(({ channel }) => channel === "mail").map(({ message }) => message);
const posts = () =>
  put
    .filter(({ channel }) => channel === "webhook")
    .map(
      ({ message }) => JSON.parse(message.body) as { type: string; timestamp: string; data: Record<string, unknown> },
    );

describe("an alarm", () => {
  it("goes to the owner, a day later to the deputy, too, and to nobody once it is taken over", async () => {
    for (let minute = 0; minute <= 26 * 60; minute += 5) await turn(NOW + minute * MINUTE, down);
    expect(mails().map(({ to }) => to)).toEqual([OWNER, OWNER, DEPUTY]);
    expect(posts().map(({ type }) => type)).toEqual(["alarm.begun", "alarm.escalated"]);
    const [first] = mails();
    expect(first?.subject).toBe("[Steg] Ziel nicht erreichbar – Gewerbeanmeldungen");
    expect(first?.body).toBe(
      [
        "Ziel nicht erreichbar",
        "Brücke: Gewerbeanmeldungen (gewerbeanmeldung)",
        "Alarm seit Mi 22.09.2027 08:00",
        "3.180 Sätze warten",
        "Übernimmt ihn niemand, kommt er morgen wieder und geht auch an die Vertretung.",
        "https://steg.stadt.example/bruecken/gewerbeanmeldung",
        "",
        "Nachricht eines Geräts; Antworten liest niemand.",
        "",
        "-- English --",
        "",
        "Target unreachable",
        "Bridge: Gewerbeanmeldungen (gewerbeanmeldung)",
        "Alarm since Wed 2027-09-22 08:00",
        "3,180 records waiting",
        "If nobody takes it over, it comes again tomorrow and goes to the deputy, too.",
        "https://steg.stadt.example/bruecken/gewerbeanmeldung",
        "",
        "Sent by an appliance; nobody reads answers.",
        "",
      ].join("\n"),
    );
    await book.takeOver((await book.all())[0]?.key ?? "", "token:a", now);
    put = [];
    await turn(NOW + 3 * DAY, down);
    expect(put).toEqual([]);
  });

  it("is not told again by another process, nor lost by it", async () => {
    await turn(NOW, down);
    start();
    await turn(NOW + 3 * MINUTE, down);
    start();
    await turn(NOW + 20 * MINUTE, down);
    expect(mails()).toHaveLength(1);
  });

  it("waits for others of the same owner, who get one mail", async () => {
    bridges = [...bridges, bridgeOf({ name: "hundesteuer", title: "Hundesteuer" })];
    await turn(NOW);
    put = [];
    const second = { bridges: [bridgeView({ bridge: "hundesteuer", servers: [server], openDead: 0 })] };
    const both = { bridges: [...down.bridges, ...second.bridges] };
    const told: number[] = [];
    for (let minute = 0; minute < 30; minute++) {
      const before = mails().length;
      await turn(NOW + minute * MINUTE, minute < 3 ? down : both);
      if (mails().length > before) told.push(minute);
    }
    // The second one came a moment after the first was told.
    expect(told).toEqual([2, 12]);
    await turn(NOW + 30 * MINUTE);
    put = [];
    for (let minute = 40; minute < 45; minute++) await turn(NOW + minute * MINUTE, both);
    expect(mails().map(({ subject }) => subject)).toEqual(["[Steg] 2 Meldungen – Gewerbeanmeldungen, Hundesteuer"]);
    expect(posts()).toHaveLength(2);
  });

  it("that comes and goes does not flood anybody", async () => {
    for (let minute = 0; minute < 24 * 60; minute += 3) await turn(NOW + minute * MINUTE, minute % 12 < 6 ? down : {});
    expect(mails().length).toBeGreaterThan(20);
    expect(mails().length).toBeLessThan(30);
    // After some quiet hours the next one is told as soon as the first.
    put = [];
    await turn(NOW + 2 * DAY);
    for (let minute = 0; minute < 3; minute++) await turn(NOW + 2 * DAY + minute * MINUTE, down);
    expect(mails()).toHaveLength(1);
  });

  it("of the appliance goes to who runs it; that mails do not get through no mail tells", async () => {
    const failing = { since: "2027-09-22T08:00:00+02:00", code: "ECONNREFUSED" };
    const own = {
      lifecycle: { alarm: { kind: "ahead" as const, by: 7_200_000 } },
      channels: [{ channel: "mail" as const, failing, waiting: 1 }],
    };
    await turn(NOW, own);
    await turn(NOW + 3 * MINUTE, own);
    expect(mails().map(({ to, subject }) => [to, subject])).toEqual([
      ["betrieb@stadt.example", "[Steg] Die Uhr geht um 2 Std. vor – Dieses Gerät"],
    ]);
    expect(posts().map(({ data }) => data["kind"])).toEqual(["clock", "channel"]);
  });
});

describe("maintenance", () => {
  const maintenance = [{ from: "2027-09-22T08:00", to: "2027-09-22T10:00", reason: "Umzug" }];

  it("gathers alarms and tells afterwards what is still wrong, and what came and went", async () => {
    start({ maintenance });
    const over = { bridges: [bridgeView({ bridge: "gewerbeanmeldung", held: 0, openDead: 0, trouble: "stuck at x" })] };
    for (let minute = 0; minute < 30; minute++) await turn(NOW + minute * MINUTE, over);
    for (let minute = 30; minute < 120; minute++) await turn(NOW + minute * MINUTE, down);
    expect(put).toEqual([]);
    start({ maintenance });
    await turn(NOW + 120 * MINUTE, down);
    expect(posts().map(({ type }) => type)).toEqual(["alarm.over", "alarm.begun"]);
    expect(mails()[0]?.body).toContain("War gestört, ist vorbei: Steckt fest\n");
    expect(mails()[0]?.body).toContain("Von Mi 22.09.2027 08:00 bis Mi 22.09.2027 08:30, während einer Wartung");
    await turn(NOW + 121 * MINUTE, down);
    expect(posts()).toHaveLength(2);
  });

  it("does not tell that something is over which was told before, or taken over", async () => {
    start({ maintenance });
    const before = NOW - 10 * MINUTE;
    for (let minute = 0; minute < 9; minute++) await turn(before + minute * MINUTE, down);
    expect(posts()).toHaveLength(1);
    const missing = {
      by: "2027-09-22T08:00:00+02:00",
      next: "",
      first: null,
      drops: 0,
      records: 0,
      state: "missing" as const,
    };
    const lacks = bridgeView({ bridge: "gewerbeanmeldung", openDead: 0, servers: [server], expected: missing });
    for (let minute = 1; minute < 10; minute++) await turn(NOW + minute * MINUTE, { bridges: [lacks] });
    const alarm = (await book.all()).find(({ kind }) => kind === "missing");
    await book.takeOver(alarm?.key ?? "", "token:a", now);
    await turn(NOW + 60 * MINUTE);
    await turn(NOW + 120 * MINUTE);
    expect(posts().map(({ type }) => type)).toEqual(["alarm.begun"]);
  });

  it("does not hold back Notbetrieb", async () => {
    const [bridge] = bridges as readonly [LoadedBridge];
    start({ maintenance });
    const entry = await enterLedger(state.journal, new Map(), bridge, "gewerbeanmeldung", NOW);
    const last = {
      from: NOW,
      until: NOW + DAY,
      stage: 1 as const,
      reason: "frist",
      ticket: "INC-4711",
      by: "token:brandt",
    };
    await enterNotbetrieb(
      state.journal,
      entry,
      { uses: 1, last },
      { at: NOW, event: "notbetrieb.begun", actor: "token:brandt" },
    );
    await turn(NOW + MINUTE);
    await turn(NOW + 2 * MINUTE);
    expect(mails().map(({ to }) => to)).toEqual([OWNER, DEPUTY, "isb@stadt.example"]);
    const [{ body, subject }] = mails() as [ChannelMessage];
    expect(subject).toBe("[Steg] Notbetrieb begonnen – Gewerbeanmeldungen");
    expect(body).toContain("Geöffnet bis Do 23.09.2027 08:00\nGrund: frist; bisher 1-mal geöffnet.");
    // Who it was and why in their own words stands in the trail, for those who may read it.
    expect(JSON.stringify(put)).not.toMatch(/brandt|INC-4711/);
    start();
    await turn(NOW + DAY);
    await turn(NOW + DAY + MINUTE);
    expect(posts().map(({ type }) => type)).toEqual(["notbetrieb.begun", "notbetrieb.ended"]);
  });
});

describe("what the calendar brings", () => {
  it("reminds of the end, the deputy, too, when it is near", async () => {
    await turn(Date.parse("2027-11-10T09:00:00Z"));
    expect(mails().map(({ to }) => to)).toEqual([OWNER, DEPUTY]);
    expect(mails()[0]?.subject).toBe("[Steg] Endet in 6 Tagen – Gewerbeanmeldungen");
    expect(mails()[0]?.body).toContain("Ende: Di 16.11.2027, 10:00.");
    expect(posts()[0]).toMatchObject({
      type: "sunset.near",
      data: {
        bridge: "gewerbeanmeldung",
        end: "2027-11-16",
        days: 6,
        link: "https://steg.stadt.example/bruecken/gewerbeanmeldung",
      },
    });
    start();
    await turn(Date.parse("2027-11-10T10:00:00Z"));
    expect(mails()).toHaveLength(2);
  });

  it("warns before payload of dead letters is erased", async () => {
    const letters = [
      deadView({ bridge: "gewerbeanmeldung", record: 3, last: 39, erased: "2027-09-28T08:00:00+02:00" }),
      deadView({ bridge: "gewerbeanmeldung", erased: "2027-12-28T08:00:00+02:00" }),
    ];
    for (let hour = 0; hour < 24 * 7; hour++) await turn(NOW + hour * 60 * MINUTE, { letters });
    expect(posts().map(({ type, data }) => [type, data["records"]])).toEqual([
      ["erasure.near", 37],
      ["erasure.near", 37],
    ]);
    expect(mails().map(({ to }) => to)).toEqual([OWNER, OWNER]);
  });

  it("warns of payload also where there are more letters than are read at once", async () => {
    bridges = [bridgeOf({ retention: { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY } })];
    const oldestDead = new Date(NOW - 24 * DAY).toISOString();
    await turn(NOW, { bridges: [bridgeView({ bridge: "gewerbeanmeldung", openDead: 1_500, oldestDead })] });
    expect(posts().map(({ type, data }) => [type, data["records"], data["first"]])).toEqual([
      ["erasure.near", 1_500, "2027-09-28T08:00:00+02:00"],
    ]);
  });
});

describe("what a message says", () => {
  it("is text, whatever the author of a bridge wrote", async () => {
    const title = `Gewerbe\r\nBcc: opfer@anders.example\r\n\r\n<b>\u202egnp.exe\u0000${EVIL}`;
    const successor = { title: EVIL, url: "https://neu.example/" };
    bridges = [bridgeOf({ title, lifecycle: lifecycleOf({ successor }) })];
    const runningOut = [{ bridge: "gewerbeanmeldung", of: "exception" as const, what: EVIL, until: "2027-11-11" }];
    const all = { ...down, runningOut };
    await turn(Date.parse("2027-11-10T09:00:00Z"), all);
    await turn(Date.parse("2027-11-10T09:05:00Z"), all);
    expect(put.length).toBeGreaterThan(5);
    for (const { message } of put) {
      // oxlint-disable-next-line no-control-regex -- exactly those must not be there
      expect(message.subject).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
      // oxlint-disable-next-line no-control-regex -- exactly those must not be there
      expect(message.body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
      expect(message.body).not.toMatch(/^Bcc:/m);
    }
    for (const { message } of put.filter(({ channel }) => channel === "webhook"))
      expect(message.body).not.toMatch(/[<>&]/);
  });

  it("holds no address of a server and no trouble in the engine's words", async () => {
    const stuck = bridgeView({
      bridge: "gewerbeanmeldung",
      openDead: 0,
      trouble: "stuck at https://innen.stadt.example/x",
    });
    await turn(NOW, down);
    await turn(NOW + 3 * MINUTE, down);
    await turn(NOW + 20 * MINUTE, { bridges: [stuck] });
    await turn(NOW + 23 * MINUTE, { bridges: [stuck] });
    expect(posts()).toHaveLength(2);
    expect(JSON.stringify(put)).not.toContain("innen.stadt");
  });
});
