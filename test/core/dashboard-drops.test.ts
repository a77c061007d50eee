// What came, and what should have, as the pages show them.

import { describe, expect, it } from "vitest";
import { expectedToday } from "../../src/core/http/dashboard/expected-section.ts";
import { createFacts, type Facts } from "../../src/core/http/dashboard/facts.ts";
import { size } from "../../src/core/http/dashboard/format.ts";
import { dropPage } from "../../src/core/http/dashboard/page-drop.ts";
import { dropsPage } from "../../src/core/http/dashboard/page-drops.ts";
import { lagePage } from "../../src/core/http/dashboard/page-lage.ts";
import { createScreen, type Screen } from "../../src/core/http/dashboard/screen.ts";
import type {
  BridgeView,
  DeadQuery,
  DeadView,
  DropQuery,
  DropView,
  ExpectedView,
  Operations,
} from "../../src/core/operations/operations.ts";
import { bridgeView, deadView, dropView, lifecycleRow } from "./dashboard-views.ts";

const NOW = "2027-11-22T06:00:00.000Z";
const rows = [
  lifecycleRow({ bridge: "a", owner: "Stadtkasse" }),
  lifecycleRow({ bridge: "b", owner: "Stadtkasse" }),
  lifecycleRow({ bridge: "c", owner: "Standesamt" }),
];
const bridges = ["a", "b", "c"].map((bridge) => bridgeView({ bridge, title: bridge.toUpperCase(), openDead: 0 }));

/** Operations over these drops and letters, with what they were asked. */
function over(drops: readonly DropView[], letters: readonly DeadView[] = [], changes: readonly BridgeView[] = bridges) {
  const asked: DropQuery[] = [];
  const operations = {
    bridges: async () => changes,
    lifecycle: async () => ({ rows, alarm: null, now: NOW }),
    outlines: async () => ({ bridges: [], now: NOW }),
    alarms: async () => ({ alarms: [], channels: [], runningOut: [] }),
    dead: async ({ drop }: DeadQuery) => letters.filter((letter) => drop === undefined || letter.drop === drop),
    drop: async ({ id }: { readonly id: string }) => drops.find((drop) => drop.id === id),
    drops: async (query: DropQuery) => {
      asked.push(query);
      const fits = ({ id, bridge, state }: DropView): boolean =>
        (query.bridge ?? bridge) === bridge &&
        (query.state ?? state) === state &&
        (query.after === undefined || id < query.after);
      return drops
        .filter(fits)
        .toSorted((one, other) => (one.id < other.id ? 1 : -1))
        .slice(0, query.limit);
    },
  } as unknown as Operations;
  return { operations, asked };
}

const screenOf = (address: string, language: "de" | "en" = "de"): Screen =>
  createScreen({ language, csrf: "", address });
const plain = (html: string): string => html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
const idsOf = (html: string): readonly string[] =>
  [...html.matchAll(/<a href="\/eingaenge\/(\w+)">/g)].map(([, id = ""]) => id);

async function listed(drops: readonly DropView[], address = "/eingaenge", letters: readonly DeadView[] = []) {
  const { operations, asked } = over(drops, letters);
  const facts = await createFacts(operations).read();
  asked.length = 0;
  const screen = screenOf(address);
  const { body } = await dropsPage(operations, facts, screen);
  return { html: body.html, text: plain(body.html), asked, screen };
}

describe("the list of what came", () => {
  const drops = Array.from({ length: 120 }, (_, at) =>
    dropView({
      id: String(1_000 + at),
      bridge: ["a", "b", "c"][at % 3] ?? "a",
      state: at % 40 === 0 ? "held" : "done",
      dead: 0,
    }),
  );

  it("is paged by id, newest first", async () => {
    const seen: string[] = [];
    let address: string | undefined = "/eingaenge";
    for (let pages = 0; address !== undefined && pages < 9; pages++) {
      const { html }: { html: string } = await listed(drops, address);
      seen.push(...idsOf(html));
      address = /href="(\/eingaenge\?nach=\d+)">ältere/.exec(html)?.[1];
    }
    expect(seen).toEqual(drops.map(({ id }) => id).toReversed());
  });

  it("asks for what the address says, and keeps it while turning pages", async () => {
    const { asked, html } = await listed(drops, "/eingaenge?stand=done&bruecke=a");
    expect(asked).toEqual([{ state: "done", bridge: "a", after: undefined, newestFirst: true, limit: 51 }]);
    expect(html).not.toContain("ältere");
    expect(html).toContain('<option value="a" selected>A</option>');
    expect(html).toContain('<option value="done" selected>fertig</option>');
    expect((await listed(drops, "/eingaenge?stand=held")).html.match(/data-row/g)).toHaveLength(3);
    const turned = await listed(drops, "/eingaenge?stand=done&nach=1100");
    expect(turned.html).toContain('href="/eingaenge?stand=done&amp;nach=1049">ältere');
    expect(turned.html).toContain('href="/eingaenge?stand=done">neueste');
  });

  it("puts the bridges of an owner together by id", async () => {
    const { html, asked } = await listed(drops, "/eingaenge?zustaendig=Stadtkasse");
    expect(asked.map(({ bridge }) => bridge)).toEqual(["a", "b"]);
    const own = drops.filter(({ bridge }) => bridge !== "c").map(({ id }) => id);
    expect(idsOf(html)).toEqual(own.toReversed().slice(0, 50));
    expect((await listed(drops, "/eingaenge?zustaendig=Stadtkasse&bruecke=c")).text).toContain(
      "Kein Eingang passt dazu.",
    );
    expect((await listed(drops, "/eingaenge?zustaendig=Niemand")).asked).toEqual([]);
  });

  it("takes a state that is none for all of them", async () => {
    const { asked } = await listed(drops, "/eingaenge?stand=constructor");
    expect(asked[0]).toMatchObject({ state: undefined, limit: 51 });
  });

  it("of an owner of too many bridges says whose are not shown", async () => {
    const many = Array.from({ length: 130 }, (_, at) => lifecycleRow({ bridge: `x${1_000 + at}`, owner: "Viele" }));
    const { operations, asked } = over(drops);
    const facts: Facts = {
      ...(await createFacts(operations).read()),
      lifecycle: { rows: many, alarm: null, now: NOW },
    };
    asked.length = 0;
    const { body } = await dropsPage(operations, facts, screenOf("/eingaenge?zustaendig=Viele"));
    expect(asked).toHaveLength(100);
    expect(plain(body.html)).toContain("Gezeigt sind die Eingänge von 100 der 130 Brücken");
  });

  it.each([
    [{ state: "open", records: 412, delivered: 200, skipped: 5, dead: 9 }, "wait", "in Arbeit, 214 von 412"],
    [{ state: "open", records: null, delivered: 1_214, dead: 0 }, "wait", "in Arbeit, bisher 1.214"],
    [{ state: "open", records: null, delivered: 0, dead: 0 }, "wait", "angenommen"],
    [{ state: "held", dead: 0 }, "held", "gehalten"],
    [{ state: "handed-over", dead: 0 }, "end", "übergeben"],
    [{ state: "refused", dead: 0 }, "no", "abgelehnt"],
    [{ state: "erased", dead: 0 }, "end", "gelöscht"],
    [{ state: "open", trouble: "ORDER_HELD" }, "danger", "Steckt fest ORDER_HELD"],
    [{ state: "done", dead: 0 }, undefined, "fertig"],
    [{ state: "duplicate", dead: 0 }, undefined, "doppelt"],
  ] as const)("%j is %s %s", async (changes, shape, word) => {
    const { html, text } = await listed([dropView({ bridge: "a", ...changes })]);
    expect(text).toContain(` ${word} `);
    expect(/#i-(\w+)/.exec(html)?.[1]).toBe(shape);
  });

  it("leads to the dead letters that wait, and to none that are closed", async () => {
    const dead = dropView({ bridge: "a", dead: 2 });
    const { text, html } = await listed([dead], "/eingaenge", [deadView({ drop: dead.id, record: 3, last: 4 })]);
    expect(text).toContain("fertig 2 Klärfälle");
    expect(html).toContain('<a href="/eingaenge/0193">2 Klärfälle</a>');
    expect((await listed([dead])).text).not.toMatch(/\d Klärf/);
  });

  it("of an open page changes words, and has another row where the shape would be another", async () => {
    const at = async (changes: Partial<DropView>): Promise<Screen> =>
      (await listed([dropView({ bridge: "a", dead: 0, ...changes })])).screen;
    const [some, more, done] = [
      await at({ state: "open", records: 412, delivered: 9 }),
      await at({ state: "open", records: 412, delivered: 214 }),
      await at({ state: "done", records: 412, delivered: 412 }),
    ];
    expect([some, more].map(({ figures }) => figures.get("0193/state"))).toEqual([
      "in Arbeit, 9 von 412",
      "in Arbeit, 214 von 412",
    ]);
    expect(more.rows).toEqual(some.rows);
    expect(done.rows).not.toEqual(some.rows);
  });

  it("links no bridge that is not loaded", async () => {
    const { html } = await listed([dropView({ bridge: "weg", name: "", dead: 0 })]);
    expect(html).not.toContain("/bruecken/weg");
    expect(html).toContain('<a href="/eingaenge/0193">0193</a>');
  });
});

const DUE = "2027-11-22T06:00:00+01:00";
const expected = (changes: Partial<ExpectedView>): ExpectedView => ({
  state: "here",
  by: DUE,
  next: "2027-11-23T06:00:00+01:00",
  first: "2027-11-22T05:41:00+01:00",
  drops: 1,
  records: 12,
  ...changes,
});
const missing = { state: "missing", first: null, drops: 0, records: 0 } as const;

describe("what is expected", () => {
  const all = [
    expected({}),
    expected({ state: "late" }),
    expected({ state: "small", records: 3 }),
    expected({ state: "large", records: 90_000 }),
    expected(missing),
    // Since Friday, and the next one is today at noon.
    expected({ ...missing, by: "2027-11-19T06:00:00+01:00", next: "2027-11-22T12:00:00+01:00" }),
    // Nobody has seen a turn of it yet.
    expected({ ...missing, state: "waiting", by: "2027-11-22T20:00:00+01:00", next: "2027-11-22T20:00:00+01:00" }),
    // Came yesterday; nothing is due today so far.
    expected({ by: "2027-11-21T22:00:00+01:00", next: "2027-11-22T22:00:00+01:00" }),
    // Elsewhere it is still the day before: its time is today all the same.
    expected({ by: "2027-11-21T22:00:00-04:00" }),
    null,
  ];
  const views = all.map((one, at) => bridgeView({ bridge: `b${at}`, title: `B${at}`, openDead: 0, expected: one }));

  it("is a sum that holds, with what is missing since earlier days", () => {
    expect(expectedToday(views, "2027-11-22")).toEqual({ due: 7, here: 5, missing: 2, small: 1, large: 1, later: 3 });
    expect(expectedToday([bridgeView({})], "2027-11-22")).toBeUndefined();
  });

  it("stands above what came, with what is missing or odd", async () => {
    const { operations } = over([], [], views);
    const facts = await createFacts(operations).read();
    const { body } = await dropsPage(operations, facts, screenOf("/eingaenge"));
    const text = plain(body.html);
    expect(text).toMatch(/erwartet 7 da 5 fehlen .*2 .*1 auffällig klein; 1 auffällig groß; 3 heute noch erwartet/);
    expect(text).toMatch(/B4 fehlt seit heute 06:00 – heute 06:00 23\.11\. 06:00/);
    expect(text).toMatch(/B5 fehlt seit 19\.11\. 06:00 – 19\.11\. 06:00 heute 12:00/);
    expect(text).toMatch(/B3 auffällig groß 90\.000/);
    const one = await dropsPage(operations, facts, screenOf("/eingaenge?bruecke=b0"));
    expect(plain(one.body.html)).toMatch(/erwartet 1 da 1 fehlen 0 .*Nichts fehlt, nichts fällt auf\./);
    const none = await dropsPage(operations, facts, screenOf("/eingaenge?bruecke=b9"));
    expect(plain(none.body.html)).not.toContain("fehlen");
    const english = await dropsPage(operations, facts, screenOf("/eingaenge", "en"));
    expect(plain(english.body.html)).toMatch(/expected 7 here 5 missing .*missing since today 06:00/);
  });

  it("stands in the first page, too, with the way to all that came", async () => {
    const lage = async (shown: readonly BridgeView[]): Promise<string> =>
      lagePage(await createFacts(over([], [], shown).operations).read(), screenOf("/")).body.html;
    const html = await lage(views);
    expect(plain(html)).toMatch(/Eingänge heute .*erwartet 7 da 5 fehlen .*Eingänge 0 fertig 0/);
    expect(html).toContain('<a href="/eingaenge">alle Eingänge</a>');
    expect(plain(await lage(bridges))).toMatch(/alle Eingänge da 0 fertig 0/);
  });
});

it("what came today is the sum of its parts, whatever became of it", async () => {
  const states = ["open", "done", "held", "handed-over", "duplicate", "refused", "erased"] as const;
  const drops = states.map((state, at) => dropView({ id: String(at), bridge: "a", state, dead: 0 }));
  const screen = screenOf("/");
  lagePage(await createFacts(over([...drops, ...drops]).operations).read(), screen);
  const figures = [...screen.figures].filter(([key]) => /^today\/(?!until)/.test(key));
  const { "today/all": all, ...parts } = Object.fromEntries(figures);
  expect(all).toBe("14");
  expect(parts).toEqual(Object.fromEntries(states.map((state) => [`today/${state}`, "2"])));
});

describe("one drop", () => {
  async function shown(changes: Partial<DropView>, letters: readonly DeadView[] = [], language: "de" | "en" = "de") {
    const { operations } = over([dropView({ bridge: "a", ...changes })], letters);
    const facts = await createFacts(operations).read();
    const { body } = await dropPage(operations, changes.id ?? "0193", facts, screenOf("/eingaenge/0193", language));
    return { html: body.html, text: plain(body.html) };
  }

  it("has its sum written out, its particulars and its letters", async () => {
    const letters = [
      deadView({ drop: "0193" }),
      deadView({ id: "dl-2", drop: "0193", record: 7, last: 9, state: "dismissed" }),
    ];
    const open = { records: 412, delivered: 200, skipped: 5, dead: 9, pending: 198, state: "open" } as const;
    const { text, html } = await shown(
      { ...open, size: 1_400_000, finished: null, answered: false, settled: false },
      letters,
    );
    expect(text).toMatch(
      /412 Sätze = 200 zugestellt \+ 5 übersprungen \+ 9 Klärfälle \(auch erledigte\) \+ 198 in Arbeit/,
    );
    expect(text).toMatch(/Eingang 22\.11\.2027 06:41:00 Beendet noch nicht Größe 1,3 MiB \(1\.400\.000 Bytes\)/);
    expect(text).toMatch(/Quittung folgt, wenn alle Sätze fertig sind Quelle nicht aufgeräumt/);
    expect(html).toContain('href="/klaerfaelle/dl-1-1"');
    expect(text).toMatch(/Satz 3 .*CODE_UNKNOWN offen .*Sätze 7–9 .*verworfen/);
    expect((await shown({ answered: false })).text).toContain("Quittung steht noch aus");
    expect((await shown({}, [], "en")).text).toMatch(/Receipt nothing is due Source cleaned up/);
  });

  it("claims no sum where nobody knows it", async () => {
    const unread = { records: null, pending: null, delivered: 0, dead: 0 } as const;
    expect((await shown({ ...unread, state: "held" })).text).toContain("Noch nicht gelesen.");
    const half = await shown({ ...unread, state: "open", delivered: 7 });
    expect(half.text).toMatch(/7 zugestellt \+ 0 übersprungen .* Noch nicht zu Ende gelesen\./);
    expect(half.text).not.toContain("Sätze =");
  });

  it("of bytes that came before leads to the first, and to no content that is gone", async () => {
    const again = await shown({ state: "duplicate", duplicateOf: "0192", sha256: "ab12", payload: "purged" });
    expect(again.html).toContain('<a href="/eingaenge/0192">');
    expect(again.text).toMatch(/SHA-256 ab12 .*Inhalt liegt nicht \(mehr\) hier/);
  });

  it.each(["done", "duplicate"] as const)("of what is erased (%s) calls no mask a hash", async (state) => {
    const gone = await shown({ state, name: "0f".repeat(32), sha256: "a1".repeat(32), payload: "purged" });
    expect(gone.text).toMatch(/Name und SHA-256 sind gelöscht.* Kennwert a1a1/);
    expect(gone.text).not.toContain("SHA-256 a1");
  });
});

it("sizes have one unit and the language's comma", () => {
  const shown = [0, 1, 1_023, 1_024, 1_536, 10_240, 1_048_575, 5_000_000_000];
  expect(shown.map((bytes) => size("de", bytes))).toEqual([
    "0 B",
    "1 B",
    "1.023 B",
    "1 KiB",
    "1,5 KiB",
    "10 KiB",
    "1.024 KiB",
    "4,7 GiB",
  ]);
  expect(size("en", 1_536)).toBe("1.5 KiB");
});

it("Lage leads from what stands out to the page of the drop, also where its name is gone", async () => {
  const drops = [
    dropView({ id: "d1", bridge: "a", name: "tag.csv", state: "held" }),
    dropView({ id: "d2", bridge: "b", name: "", trouble: "SUNSET_PASSED" }),
    dropView({ id: "d3", bridge: "c", name: "gut.csv", dead: 0 }),
  ];
  const { html } = lagePage(await createFacts(over(drops).operations).read(), screenOf("/")).body;
  expect(html).toContain('<small><a href="/eingaenge/d1">tag.csv</a></small>');
  expect(html).toContain('<small><a href="/eingaenge/d2">d2</a></small>');
  expect(idsOf(html)).toEqual(["d2", "d1"]);
});
