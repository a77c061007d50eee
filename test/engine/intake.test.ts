// What legacy writers do: slowly, by renaming, the same name again, the same content again, nothing at all, half of it in another
// encoding, a quote that never ends.

import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const REST = `map:
  json: { id: = ID, name: = NAME }
deliver:
  folder: { path: out, name: "{$file.stem}-{ID}.json" }
${RECEIPTS}`;

function world(receive = RECEIVE, decode = CSV): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge("annahme", head("annahme") + receive + decode + REST);
  return made;
}

const SETTLING = `receive:
  folder: { path: in, files: "*.csv", settle: 700ms, archive: archiv }
`;

describe("a writer", () => {
  it("that is slow is waited for: its file is taken whole, and not by a run that comes too early", async () => {
    const { path, once, ...rest } = world(SETTLING);
    const file = path("data", "in", "langsam.csv");
    writeFileSync(file, "ID;NAME\n1;eins\n");
    let written = 1;
    let writing = true;
    const writer = (async () => {
      while (writing) {
        await sleep(150);
        appendFileSync(file, `${++written};Satz\n`);
      }
    })();
    const early = await once();
    writing = false;
    expect(early.code).toBe(0);
    expect(early.bridges).toMatchObject([{ drops: 0, records: 0 }]);
    await writer;
    expect((await once()).bridges).toMatchObject([{ drops: 1, records: written, delivered: written }]);
    expect(rest.files("out").size).toBe(written);
    expect(rest.receipts()).toMatchObject([{ datei: "langsam.csv", stand: "erledigt", saetze: { gesamt: written } }]);
  });

  it("that renames a finished file into place is taken at once where settle is 0s, and its temporary file never", async () => {
    const { path, once, drops, write } = world(SETTLING.replace("settle: 700ms", "settle: 0s"));
    write("data/in/.teil.csv.tmp", "ID;NAME\n1;halb");
    expect((await once()).bridges).toMatchObject([{ drops: 0 }]);
    write("data/in/.teil.csv.tmp", "ID;NAME\n1;ganz\n2;fertig\n");
    renameSync(path("data", "in", ".teil.csv.tmp"), path("data", "in", "fertig.csv"));
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 2, dead: 0 }]);
    expect(await drops()).toMatchObject([{ name: "fertig.csv", state: "done", records: 2, delivered: 2, pending: 0 }]);
  });
});

describe("names and contents", () => {
  it("the same name with new content is a new drop; the archive keeps both files", async () => {
    const { put, once, drops, files } = world();
    put("tag.csv", "ID;NAME\n1;alt\n");
    await once();
    put("tag.csv", "ID;NAME\n2;neu\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 1 }]);
    expect((await drops()).map(({ name, state, delivered }) => [name, state, delivered])).toEqual([
      ["tag.csv", "done", 1],
      ["tag.csv", "done", 1],
    ]);
    expect([...files("out").keys()]).toEqual(["tag-1.json", "tag-2.json"]);
    expect(files("in/archiv").size).toBe(2);
  });

  it("the same content under a new name is seen, not delivered again, and told to the sender", async () => {
    const { put, once, drops, files, receipts } = world();
    put("erst.csv", "ID;NAME\n1;eins\n2;zwei\n");
    await once();
    put("nochmal.csv", "ID;NAME\n1;eins\n2;zwei\n");
    const second = await once();
    expect(second.code).toBe(0);
    expect(second.bridges).toMatchObject([{ drops: 1, records: 0, delivered: 0 }]);
    expect(await drops()).toMatchObject([
      { name: "erst.csv", state: "done", delivered: 2 },
      { name: "nochmal.csv", state: "duplicate", delivered: 0 },
    ]);
    expect([...files("out").keys()]).toEqual(["erst-1.json", "erst-2.json"]);
    expect(files("in").size).toBe(0);
    const [first, receipt] = receipts();
    expect(first).toMatchObject({ stand: "erledigt", hinweise: [] });
    expect(receipt).toMatchObject({ datei: "nochmal.csv", stand: "doppelt", saetze: { gesamt: 2, zugestellt: 2 } });
    expect(receipt?.ersteLieferung).toEqual({
      vorgang: first?.vorgang,
      datei: "erst.csv",
      angenommen: first?.angenommen,
    });
    expect(receipt?.hinweise[0]).toMatch(
      /^doppelt: .* schon am \d\d\.\d\d\.\d{4} um \d\d:\d\d:\d\d unter dem Namen »erst\.csv« angenommen worden/,
    );
  });
});

describe("contents that are not what they should be", () => {
  it("0 bytes: a drop without records, done, with a receipt", async () => {
    const { put, once, drops, receipts, files } = world();
    put("leer.csv", "");
    const run = await once();
    expect(run.code).toBe(0);
    expect(run.bridges).toMatchObject([{ drops: 1, records: 0, delivered: 0, dead: 0, pending: 0 }]);
    expect(await drops()).toMatchObject([{ name: "leer.csv", size: 0, state: "done", records: 0 }]);
    expect(receipts()).toMatchObject([{ stand: "erledigt", saetze: { gesamt: 0, inArbeit: 0 }, klaerfaelle: [] }]);
    expect(files("out").size).toBe(0);
  });

  it("an encoding that changes in the middle: the records it spoils are dead letters with their lines, the others go out", async () => {
    const { put, once, dead, receipts, files } = world();
    const latin = Buffer.from("3;Jäger\n4;Größe\n", "latin1");
    put("wechsel.csv", Buffer.concat([Buffer.from("ID;NAME\n1;Müller\n2;Weiß\n"), latin, Buffer.from("5;Öhler\n")]));
    const run = await once();
    expect(run.code).toBe(2);
    expect(run.bridges).toMatchObject([{ records: 5, delivered: 3, dead: 2 }]);
    expect(await dead()).toMatchObject([
      { record: 3, stage: "decode", code: "ENCODING_INVALID" },
      { record: 4, stage: "decode", code: "ENCODING_INVALID" },
    ]);
    expect([...files("out")].map(([, text]) => (JSON.parse(text) as { name: string }).name)).toEqual([
      "Müller",
      "Weiß",
      "Öhler",
    ]);
    expect(receipts()[0]?.klaerfaelle).toMatchObject([
      { satz: 3, zeile: 4, stufe: "Lesen", grund: expect.stringContaining("Zeichenkodierung utf-8") },
      { satz: 4, zeile: 5 },
    ]);
  });

  it("an unterminated quote: what stands before it goes out, the rest is one dead letter that says where the quote opens", async () => {
    const { put, once, dead, receipts, files } = world();
    put("quote.csv", 'ID;NAME\n1;eins\n2;zwei\n3;"drei\n4;vier\n5;fünf\n');
    const run = await once();
    expect(run.code).toBe(2);
    expect(run.bridges).toMatchObject([{ records: 3, delivered: 2, dead: 1, pending: 0 }]);
    expect(await dead()).toMatchObject([
      { record: 3, code: "QUOTE_UNTERMINATED", message: expect.stringContaining("line 4") },
    ]);
    expect([...files("out").keys()]).toEqual(["quote-1.json", "quote-2.json"]);
    expect(receipts()[0]?.klaerfaelle[0]?.grund).toBe(
      "Ein Anführungszeichen in Zeile 4 wird nicht geschlossen. Was dahinter steht, ist nicht lesbar; die Sätze davor sind nicht betroffen.",
    );
  });

  it("a header that lacks a column: all records are one dead letter that counts them", async () => {
    const { put, once, dead, receipts, files } = world();
    put("kopf.csv", "ID;NACHNAME\n1;eins\n2;zwei\n3;drei\n");
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 0, dead: 3, pending: 0 }]);
    expect(await dead()).toMatchObject([{ record: 1, code: "NAMES_MISSING" }]);
    expect(receipts()[0]?.klaerfaelle).toMatchObject([
      { satz: 1, bisSatz: 3, grund: "Der Datei fehlt die Spalte NAME." },
    ]);
    expect(files("out").size).toBe(0);
  });

  it("XML that was cut off delivers nothing at all: its frame is looked at first", async () => {
    const { put, once, dead, receipts, files, steg } = world(RECEIVE, "decode:\n  xml: { record: /liste/satz }\n");
    put("ganz.xml", "<liste><satz><ID>1</ID><NAME>a</NAME></satz></liste>");
    put("halb.xml", "<liste><satz><ID>2</ID><NAME>b</NAME></satz><satz><ID>3</ID>");
    expect((await once()).bridges).toMatchObject([{ drops: 2, delivered: 1, dead: 1, pending: 0 }]);
    expect([...files("out").keys()]).toEqual(["ganz-1.json"]);
    expect(await dead()).toMatchObject([{ code: "XML_BROKEN" }]);
    expect(receipts()[1]?.klaerfaelle[0]?.grund).toBe(
      "Die Datei ist kein vollständiges XML; vermutlich wurde sie abgeschnitten.",
    );
    // A replay is no way around: the frame is still broken.
    expect((await steg(["replay", "annahme", "--yes"])).stdout).toContain("0 of 1 would be delivered");
    expect([...files("out").keys()]).toEqual(["ganz-1.json"]);
  });
});
