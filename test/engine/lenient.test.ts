// IDocs and X12 that are read leniently: what was wrong stands in the receipt.

import { afterEach, describe, expect, it } from "vitest";
import { control, data } from "../adapters/idoc-sample.ts";
import { interchange, ORDER } from "../adapters/x12-sample.ts";
import { createWorld, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

function world(decode: string, name: string): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "bestellungen",
    `${head("bestellungen")}${RECEIVE}decode:
  ${decode}
map:
  json: { nummer: = $index }
deliver:
  folder: { path: ausgang, name: "${name}-{$index}.json" }
${RECEIPTS}`,
  );
  return made;
}

describe("a bridge that reads leniently", () => {
  it("delivers IDocs, and the receipt says what was wrong with how many", async () => {
    const { put, once, receipts } = world("idoc: { strict: false }", "idoc");
    const rows = [
      control(),
      data("E2EDK01005", 1, 0, 1, "001"),
      data("E2EDP01011", 7, 0, 2, "000010"),
      data("E2EDP19003", 8, 0, 3, "001"),
    ];
    put("a.txt", [...rows, ...rows].join("\n"));
    expect((await once()).bridges).toMatchObject([{ records: 2, delivered: 2, dead: 0 }]);
    expect(receipts()[0]).toMatchObject({
      klaerfaelle: [],
      hinweise: [
        "Zeile 3: Die Segmente des IDocs sind nicht lückenlos nummeriert; vermutlich fehlt eines. (Das war 2-mal so.)",
        "Zeile 4: Das IDoc sagt nicht richtig, welches Segment zu welchem gehört (PSGNUM); es wurde nach der hinterlegten Beschreibung gelesen. (Das war 2-mal so.)",
      ],
    });
  });

  it("delivers transaction sets, and the receipt tells a wrong count from a trailer that lacks", async () => {
    const { put, once, receipts } = world("x12: { strict: false }", "x12");
    const text = interchange([ORDER, ORDER, ORDER]).replace("SE*17*0001", "SE*99*0001").replace("SE*17*0002~", "");
    put("a.txt", text);
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 3, dead: 0 }]);
    const at = (piece: string): number => Buffer.from(text.slice(0, text.indexOf(piece))).length;
    expect(receipts()[0]).toMatchObject({
      klaerfaelle: [],
      hinweise: [
        `Ab Byte ${at("SE*99")}: Zähler oder Kontrollnummer am Ende der Nachricht passen nicht zu ihrem Anfang.`,
        `Ab Byte ${at("ST*850*0002")}: Der Nachricht fehlt ihr Ende, das Segment SE.`,
      ],
    });
  });

  it("delivers transaction sets that break the standard, with counts that are strict all the same", async () => {
    const { put, once, receipts } = world("x12: { structure: notice }", "x12");
    const wrong = ORDER.map((line) => line.replace("BEG*00*SA", "BEG*00*").replace("CUR*BY", "TDS*1"));
    const text = interchange([wrong, ORDER, ORDER]).replace("SE*17*0003", "SE*16*0003");
    put("a.txt", text);
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 2, dead: 1 }]);
    expect(receipts()[0]).toMatchObject({
      klaerfaelle: [{ grund: "Zähler oder Kontrollnummer am Ende der Nachricht passen nicht zu ihrem Anfang." }],
      hinweise: [`Ab Byte ${text.indexOf("BEG*")}: Segment 2 (BEG), Element BEG02: der vorgeschriebene Wert fehlt.`],
    });
  });
});
