// The receipt as a clerk reads it: words, sums that are always true, and a CSV that a spreadsheet shows and does not execute.

import { describe, expect, it } from "vitest";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { DeadLetter, DropRow } from "../../src/core/journal/types.ts";
import { receiptCsv, receiptFor, receiptJson, receiptName, type Receipt } from "../../src/core/pipeline/receipt.ts";

const bridge = { name: "gewerbe", title: "Gewerbeanmeldungen", timezone: "Europe/Berlin" } as LoadedBridge;
const NOON = Date.UTC(2027, 10, 19, 11, 4, 12);

function dropOf(changes: Partial<DropRow> = {}): DropRow {
  return {
    id: "0193",
    bridge: "gewerbe",
    name: "gewerbe_20271119.csv",
    size: 4_711,
    sha256: "6c1f",
    occurrence: 0,
    state: "done",
    received: NOON,
    finished: NOON + 60_000,
    bridgeVersion: "v",
    codecVersion: "c",
    pinned: undefined,
    duplicateOf: undefined,
    settled: true,
    answered: false,
    answerDue: true,
    arrivalDue: false,
    payload: "kept",
    complete: true,
    trouble: undefined,
    records: 412,
    delivered: 375,
    skipped: 0,
    dead: 37,
    ...changes,
  };
}

function letter(first: number, changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: `dl-0193-${first}`,
    bridge: "gewerbe",
    drop: "0193",
    first,
    last: first,
    line: first + 1,
    stage: "map",
    code: "CODE_UNKNOWN",
    message: "column RF is not in list rechtsform",
    attempts: 1,
    facts: { column: "RF", list: "rechtsform" },
    state: "open",
    created: NOON,
    generation: 0,
    closedBy: undefined,
    closedReason: undefined,
    ...changes,
  };
}

const journalOf = (letters: readonly DeadLetter[], earlier?: DropRow) => ({
  dead: async () => letters,
  drop: async () => earlier,
});
const lines = (receipt: Receipt): string[] => Buffer.from(receiptCsv(receipt)).toString("utf8").split("\r\n");

describe("the receipt of a drop", () => {
  it("says what became of every record, in the bridge's zone", async () => {
    const letters = [letter(118), letter(131, { state: "dismissed" }), letter(140, { state: "delivered" })];
    const receipt = await receiptFor(bridge, dropOf({ dead: 2, delivered: 410 }), journalOf(letters), () => [
      "Hinweis.",
    ]);
    expect(receipt).toEqual({
      quittung: 1,
      bruecke: "gewerbe",
      titel: "Gewerbeanmeldungen",
      datei: "gewerbe_20271119.csv",
      vorgang: "0193",
      groesse: 4_711,
      sha256: "6c1f",
      angenommen: "2027-11-19T12:04:12+01:00",
      abgeschlossen: "2027-11-19T12:05:12+01:00",
      stand: "erledigt",
      ersteLieferung: null,
      saetze: { gesamt: 412, zugestellt: 410, uebersprungen: 0, klaerfaelle: 2, inArbeit: 0 },
      klaerfaelle: [118, 131].map((satz) => ({
        satz,
        bisSatz: satz,
        zeile: satz + 1,
        stufe: "Übersetzen",
        code: "CODE_UNKNOWN",
        grund: "Spalte RF: Wert nicht in der Liste »rechtsform«.",
      })),
      weitereKlaerfaelle: 0,
      hinweise: ["Hinweis."],
    });
    expect(JSON.parse(Buffer.from(receiptJson(receipt)).toString())).toEqual(receipt);
  });

  it("counts the records behind letters, not the letters, and says how many it does not list", async () => {
    const receipt = await receiptFor(bridge, dropOf({ dead: 37 }), journalOf([letter(1, { last: 30 })]), () => []);
    expect(receipt.weitereKlaerfaelle).toBe(7);
    expect(lines(receipt)[3]).toBe("gewerbe_20271119.csv;0193;erledigt;;;;;;7 weitere Klärfälle");
  });

  it("names the line of what cannot be read on, though no record has it", async () => {
    const cut = letter(3, { line: 0, stage: "decode", code: "QUOTE_UNTERMINATED", facts: { line: 4 } });
    const receipt = await receiptFor(bridge, dropOf({ dead: 1 }), journalOf([cut]), () => []);
    expect(receipt.klaerfaelle[0]).toMatchObject({ satz: 3, zeile: 4 });
    expect(lines(receipt)[2]).toContain(";3;3;4;Lesen;QUOTE_UNTERMINATED;");
  });

  it("of a file that came twice says when it came first, and the sums are those of the first", async () => {
    const earlier = dropOf({ id: "0100", name: "erst.csv", received: NOON - 86_400_000, dead: 0, delivered: 412 });
    const again = dropOf({
      state: "duplicate",
      duplicateOf: "0100",
      records: 0,
      delivered: 0,
      dead: 0,
      payload: "purged",
    });
    const receipt = await receiptFor(bridge, again, journalOf([], earlier), () => []);
    expect(receipt).toMatchObject({
      stand: "doppelt",
      ersteLieferung: { vorgang: "0100", datei: "erst.csv", angenommen: "2027-11-18T12:04:12+01:00" },
      saetze: { gesamt: 412, zugestellt: 412, klaerfaelle: 0 },
    });
    expect(receipt.hinweise).toEqual([
      "doppelt: Eine Datei mit genau diesem Inhalt ist schon am 18.11.2027 um 12:04:12 unter dem Namen »erst.csv« angenommen worden (Vorgang 0100). Sie wird nicht noch einmal zugestellt; die Zahlen sind die der ersten Lieferung.",
    ]);
  });

  it("never shows the mask of a name that was erased", async () => {
    const earlier = dropOf({ id: "0100", name: "9f".repeat(32), payload: "purged" });
    const again = dropOf({ state: "duplicate", duplicateOf: "0100" });
    const receipt = await receiptFor(bridge, again, journalOf([], earlier), () => []);
    expect(JSON.stringify(receipt)).not.toContain("9f9f");
    expect(receipt.ersteLieferung).toMatchObject({ datei: null });
  });

  it("of a drop whose records nobody has counted says so instead of 0", async () => {
    const held = dropOf({ state: "held", complete: false, records: 0, delivered: 0, dead: 0, finished: undefined });
    const receipt = await receiptFor(bridge, held, journalOf([]), () => ["gehalten: …"]);
    expect(receipt).toMatchObject({
      stand: "gehalten",
      abgeschlossen: null,
      saetze: { gesamt: null, zugestellt: 0, inArbeit: null },
    });
    expect(lines(receipt).slice(1, 3)).toEqual([
      "gewerbe_20271119.csv;0193;gehalten;;;;;;Die Sätze der Datei sind noch nicht gezählt.",
      "gewerbe_20271119.csv;0193;gehalten;;;;;;gehalten: …",
    ]);
  });
});

describe("the receipt as CSV", () => {
  it("has a byte order mark, a line for the file, one for each record and one for each notice", async () => {
    const letters = [letter(118), letter(120, { last: 122, line: 0, code: "GROUP_TOO_LARGE", facts: {} })];
    const receipt = await receiptFor(bridge, dropOf({ dead: 4, delivered: 408 }), journalOf(letters), () => [
      "Ende naht.",
    ]);
    expect(lines(receipt)).toEqual([
      "\uFEFFDatei;Vorgang;Stand;Satz;bis Satz;Zeile;Stufe;Code;Grund",
      "gewerbe_20271119.csv;0193;erledigt;;;;;;408 von 412 Sätzen zugestellt, 4 Klärfälle",
      "gewerbe_20271119.csv;0193;erledigt;118;118;119;Übersetzen;CODE_UNKNOWN;Spalte RF: Wert nicht in der Liste »rechtsform«.",
      "gewerbe_20271119.csv;0193;erledigt;120;122;;Übersetzen;GROUP_TOO_LARGE;Die Sätze einer Nachricht sind zusammen zu groß.",
      "gewerbe_20271119.csv;0193;erledigt;;;;;;Ende naht.",
      "",
    ]);
  });

  it.each([
    ["=cmd|' /C calc'!A0.csv", "'=cmd|' /C calc'!A0.csv"],
    ["+1.csv", "'+1.csv"],
    ["-1.csv", "'-1.csv"],
    ["@SUM(A1).csv", "'@SUM(A1).csv"],
    ["a;b.csv", '"a;b.csv"'],
    ['a"b.csv', '"a""b.csv"'],
    ["a\nb.csv", '"a\nb.csv"'],
  ])("a file called %j executes nothing and breaks no cell", async (name, cell) => {
    const receipt = await receiptFor(bridge, dropOf({ name, dead: 0 }), journalOf([]), () => []);
    expect(Buffer.from(receiptCsv(receipt)).toString("utf8")).toContain(`\r\n${cell};0193;`);
  });

  it("the file's name leads nowhere", () => {
    expect(receiptName(dropOf({ name: "../../etc/passwd" }), "json")).toBe("__.._etc_passwd.0193.quittung.json");
    expect(receiptName(dropOf({ name: "Müller & Söhne.csv" }), "csv")).toBe("Müller___Söhne.csv.0193.quittung.csv");
    expect(receiptName(dropOf({ name: "Große Übung.csv".normalize("NFD") }), "csv")).toBe(
      "Große_Übung.csv.0193.quittung.csv",
    );
    expect(receiptName(dropOf({ name: "x".repeat(500) }), "csv").length).toBeLessThan(160);
  });
});
