// What belongs to a message and which way it goes: per, cases, let, codes, raw bytes, one file per message, growing files.

import { afterEach, describe, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const OUT = `deliver:
  folder: { path: out, name: "{$file.stem}-{$index}.json" }
${RECEIPTS}`;

function world(rest: string, files: Readonly<Record<string, string>> = {}, decode = CSV): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge("bote", head("bote") + RECEIVE + decode + rest, files);
  return made;
}

const parsed = (texts: ReadonlyMap<string, string>): unknown[] => [...texts.values()].map((text) => JSON.parse(text));

describe("per", () => {
  it("file: one message with all records; with an undecodable one inside it is one dead letter that counts them all", async () => {
    const { put, once, dead, files, receipts } = world(
      `map:\n  per: file\n  json: { datei: = $file.name, namen: [ "= $group.NAME" ] }\n${OUT}`,
    );
    put("gut.csv", "ID;NAME\n1;a\n2;b\n3;c\n");
    put("krumm.csv", "ID;NAME\n1;d\n2;e;zuviel\n3;f\n");
    expect((await once()).bridges).toMatchObject([{ drops: 2, records: 6, delivered: 3, dead: 3, pending: 0 }]);
    expect(parsed(files("out"))).toEqual([{ datei: "gut.csv", namen: ["a", "b", "c"] }]);
    expect(await dead()).toMatchObject([{ record: 1, code: "GROUP_UNDECODABLE", stage: "decode" }]);
    expect(receipts()[1]).toMatchObject({
      saetze: { gesamt: 3, zugestellt: 0, klaerfaelle: 3 },
      klaerfaelle: [{ satz: 1, bisSatz: 3 }],
    });
    expect(receipts()[1]?.klaerfaelle[0]?.grund).toBe(
      "Satz 2 ist nicht lesbar; er gehört zu dieser Nachricht, deshalb wurde sie nicht zugestellt.",
    );
  });

  it("file: a rest that cannot be read makes the whole message a dead letter, never half a message", async () => {
    const { put, once, dead, files } = world(`map:\n  per: file\n  json: { n: = $count($group) }\n${OUT}`);
    put("halb.csv", 'ID;NAME\n1;a\n2;b\n3;"offen\n4;d\n');
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 0, dead: 3, pending: 0 }]);
    expect(files("out").size).toBe(0);
    expect(await dead()).toMatchObject([{ record: 1, code: "QUOTE_UNTERMINATED" }]);
  });

  it("group: consecutive records of one key; too large a group is a dead letter, its neighbours go out", async () => {
    const { put, once, dead, files } = world(
      `map:\n  per: { group: = KONTO, most: 1KiB }\n  json: { konto: = KONTO, summe: = $total($group.BETRAG) }\n${OUT}`,
    );
    const many = Array.from({ length: 300 }, (_, at) => `B;${at}\n`).join("");
    put("konten.csv", `KONTO;BETRAG\nA;1.50\nA;2.25\n${many}C;7\n`);
    expect((await once()).bridges).toMatchObject([{ records: 303, delivered: 3, dead: 300, pending: 0 }]);
    expect(parsed(files("out"))).toEqual([
      { konto: "A", summe: "3.75" },
      { konto: "C", summe: "7" },
    ]);
    expect(await dead()).toMatchObject([{ record: 3, code: "GROUP_TOO_LARGE" }]);
  });

  it("from: a message begins at each head; records before the first head are a dead letter", async () => {
    const decode =
      'decode:\n  csv: { delimiter: ";", encoding: utf-8, columns: { K: [SA, NR], P: [SA, POS, BETRAG] } }\n';
    const rest = `map:\n  per: { from: "= SA = 'K'" }\n  json: { nr: = NR, positionen: { =each: "= $group[SA='P']", pos: = POS } }\n${OUT}`;
    const { put, once, dead, files } = world(rest, {}, decode);
    put("rechnung.csv", "P;0;1,00\nK;4711\nP;1;2,00\nP;2;3,00\nK;4712\nX;unbekannt\nP;1;1,00\nK;4713\n");
    expect((await once()).bridges).toMatchObject([{ records: 8, delivered: 4, dead: 4, pending: 0 }]);
    expect(parsed(files("out"))).toEqual([
      { nr: "4711", positionen: [{ pos: "1" }, { pos: "2" }] },
      { nr: "4713", positionen: [] },
    ]);
    expect(await dead()).toMatchObject([
      { record: 1, code: "GROUP_WITHOUT_START" },
      { record: 5, code: "GROUP_UNDECODABLE" },
    ]);
  });
});

describe("cases, let, codes", () => {
  it("the first case that fits decides, skips are counted, what it does not say is inherited, no match is a dead letter", async () => {
    const { put, once, dead, files, receipts } = world(`cases:
  - { when: "= STATUS = 'X'", skip: storniert }
  - when: = STATUS = 'N'
    deliver: { folder: { path: "neu/{ORT}", name: "{ID}.json" } }
  - when: = STATUS = 'A'
    map: { json: { alt: = ID } }
map:
  let: { anzeige: "= $join([ID, NAME], ' ')" }
  json: { satz: = $anzeige, lang: = $length($anzeige) }
deliver:
  folder: { path: out, name: "{ID}.json" }
${RECEIPTS}`);
    put("faelle.csv", "ID;NAME;ORT;STATUS\n1;a;Ulm;N\n2;b;;X\n3;c;;A\n4;d;;?\n5;e;Hof;N\n");
    expect((await once()).bridges).toMatchObject([{ records: 5, delivered: 3, skipped: 1, dead: 1, pending: 0 }]);
    expect(parsed(files("neu/Ulm"))).toEqual([{ satz: "1 a", lang: 3 }]);
    expect(parsed(files("neu/Hof"))).toEqual([{ satz: "5 e", lang: 3 }]);
    expect(parsed(files("out"))).toEqual([{ alt: "3" }]);
    expect(await dead()).toMatchObject([{ record: 4, code: "CASE_NONE" }]);
    expect(receipts()[0]).toMatchObject({ saetze: { gesamt: 5, zugestellt: 3, uebersprungen: 1, klaerfaelle: 1 } });
  });

  it("a code table that changed between two drops is used for the second, and a replay of the first uses it too", async () => {
    const yaml = `map:\n  codes: { art: codes/art.csv }\n  json: { id: = ID, art: "= $code('art', ART)" }\n${OUT}`;
    const { put, once, steg, dead, files, receipts, write } = world(yaml, { "codes/art.csv": "ART;WERT\nA;alt-a\n" });
    put("eins.csv", "ID;ART\n1;A\n2;B\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 1, dead: 1 }]);
    expect(receipts()[0]?.klaerfaelle[0]?.grund).toBe("Spalte ART: Wert nicht in der Liste »art«.");
    write("mappings/bote/codes/art.csv", "ART;WERT\nA;neu-a\nB;neu-b\n");
    put("zwei.csv", "ID;ART\n3;A\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 1, dead: 0 }]);
    const shown = await steg(["replay", "bote"]);
    expect(shown.stdout).toContain("changed   bote/codes/art.csv");
    expect(shown.stdout).toContain("1 of 1 would be delivered");
    expect((await steg(["replay", "bote", "--yes"])).code).toBe(0);
    expect(parsed(files("out"))).toEqual([
      { id: "1", art: "alt-a" },
      { id: "2", art: "neu-b" },
      { id: "3", art: "neu-a" },
    ]);
    expect(await dead()).toEqual([]);
    expect(receipts()[0]).toMatchObject({ saetze: { zugestellt: 2, klaerfaelle: 0 }, klaerfaelle: [] });
  });

  it("a replay decodes as the drop was decoded, also where decode changed since", async () => {
    const rest = `map:\n  json: { id: = ID, wert: "= $decimal(WERT, '1234,56')" }\n${OUT}`;
    const { put, once, steg, files, bridge } = world(rest);
    put("a.csv", "ID;WERT\n1;1,00\n2;2.00\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 1, dead: 1 }]);
    const comma = CSV.replace('delimiter: ";"', 'delimiter: "|"');
    bridge("bote", head("bote") + RECEIVE + comma + rest.replace("'1234,56'", "'1234.56'"));
    expect((await steg(["replay", "bote", "--yes"])).code).toBe(0);
    expect(parsed(files("out"))).toEqual([
      { id: "1", wert: "1.00" },
      { id: "2", wert: "2.00" },
    ]);
  });
});

describe("bytes and files", () => {
  it("without decode the bytes go through as they are, one message per drop", async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256));
    const { put, once, path, receipts } = world(
      `deliver:\n  folder: { path: out, name: "{$file.name}" }\n${RECEIPTS}`,
      {},
      "",
    );
    put("roh.bin", bytes);
    expect((await once()).bridges).toMatchObject([{ records: 1, delivered: 1 }]);
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(path("data", "out", "roh.bin")).equals(bytes)).toBe(true);
    expect(receipts()).toMatchObject([{ saetze: { gesamt: 1, zugestellt: 1 } }]);
  });

  const GROWING = `map:
  csv: { NR: = ID, TEXT: = NAME }
encode:
  csv: { delimiter: ";", encoding: windows-1252, header: true }
deliver:
  batch: { drop: true }
  folder: { path: out, name: "{$file.stem}-{ORT}.csv" }
${RECEIPTS}`;

  it("a growing file: one per drop and destination, a header once, under its name only when it is whole", async () => {
    const { put, once, files } = world(GROWING);
    put("tag.csv", "ID;NAME;ORT\n1;a;Ulm\n2;b;Hof\n3;c;Ulm\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 3 }]);
    expect([...files("out")]).toEqual([
      ["tag-Hof.csv", "NR;TEXT\r\n2;b\r\n"],
      ["tag-Ulm.csv", "NR;TEXT\r\n1;a\r\n3;c\r\n"],
    ]);
  });

  it("a growing file: what its encoding cannot write, or what makes no name, is a dead letter; the rest is written", async () => {
    const { put, once, files, dead, receipts } = world(GROWING);
    put("tag.csv", "ID;NAME;ORT\n1;a;Ulm\n2;Łódź;Ulm\n3;c;Ulm\n4;d;../Hof\n5;e;\n6;f;Ulm\n");
    expect((await once()).bridges).toMatchObject([{ records: 6, delivered: 3, dead: 3, pending: 0 }]);
    expect([...files("out")]).toEqual([["tag-Ulm.csv", "NR;TEXT\r\n1;a\r\n3;c\r\n6;f\r\n"]]);
    expect(await dead()).toMatchObject([
      { record: 2, code: "ENCODING_UNWRITABLE", stage: "encode" },
      { record: 4, code: "PATTERN_VALUE" },
      { record: 5, code: "PATTERN_VALUE" },
    ]);
    expect(receipts()[0]?.klaerfaelle.map(({ grund }) => grund)).toEqual([
      "Die Nachricht enthält ein Zeichen, das es in der Zeichenkodierung des Ziels (windows-1252) nicht gibt.",
      "Ein Wert des Satzes darf nicht in der Adresse oder im Dateinamen stehen.",
      "Ein Wert des Satzes darf nicht in der Adresse oder im Dateinamen stehen.",
    ]);
  });

  it("one file per message; a name that is taken by another content is a dead letter, nothing is overwritten", async () => {
    const { put, once, files, dead, write } = world(
      `map:\n  json: { id: = ID }\ndeliver:\n  folder: { path: out, name: "{ID}.json" }\n${RECEIPTS}`,
    );
    write("data/out/2.json", "schon da");
    put("a.csv", "ID;NAME\n1;a\n2;b\n3;c\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 2, dead: 1 }]);
    expect([...files("out")]).toEqual([
      ["1.json", '{"id":"1"}'],
      ["2.json", "schon da"],
      ["3.json", '{"id":"3"}'],
    ]);
    expect(await dead()).toMatchObject([{ record: 2, code: "TARGET_EXISTS", stage: "deliver" }]);
  });
});
