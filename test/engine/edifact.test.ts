// EDIFACT through the whole engine: bad messages are dead letters, a broken interchange delivers nothing, and what a lenient bridge read
// all the same stands in the receipt.

import { afterEach, describe, expect, it } from "vitest";
import { interchange, order } from "../adapters/edifact-samples.ts";
import { createWorld, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

function world(options: string): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "bestellungen",
    `${head("bestellungen")}${RECEIVE}decode:
  edifact: ${options}
map:
  json: { nummer: = BGM.de1004, von: "= SG2.NAD[de3035='BY'].C082.de3039", zeilen: = $count(SG25) }
deliver:
  folder: { path: ausgang, name: "{BGM.de1004}.json" }
${RECEIPTS}`,
  );
  return made;
}

const BAD = interchange(order(1, 2), order(2).replace("UNT+10", "UNT+11"), order(3).replace("QTY+21:1", "QTY+21:x"));

describe("an EDIFACT bridge", () => {
  it("delivers the good messages, and says of the bad ones where and why", async () => {
    const { put, once, receipts, dead } = world("{ messages: [ORDERS D 96A] }");
    put("a.txt", BAD);
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 1, dead: 2 }]);
    expect(await dead()).toMatchObject([
      { record: 2, code: "EDIFACT_ENVELOPE", stage: "decode" },
      { record: 3, code: "EDIFACT_ELEMENT", stage: "decode" },
    ]);
    expect(receipts()[0]).toMatchObject({
      klaerfaelle: [
        { satz: 2, grund: "Segment 10 (UNT), Datenelement 1: die angegebene Anzahl stimmt nicht." },
        { satz: 3, grund: "Segment 7 (QTY), Datenelement 1.2: der Wert hat Zeichen, die dort nicht zulässig sind." },
      ],
      hinweise: [],
    });
  });

  it("delivers nothing of an interchange that is cut", async () => {
    const { put, once, receipts } = world("{ messages: [ORDERS D 96A] }");
    put("a.txt", interchange(order(1), order(2)).slice(0, -20));
    expect((await once()).bridges).toMatchObject([{ delivered: 0, dead: 1 }]);
    expect(receipts()[0]?.klaerfaelle).toMatchObject([
      { grund: "Die Übertragungsdatei ist nicht vollständig: Segment UNZ fehlt oder ist abgeschnitten." },
    ]);
  });

  it("that reads leniently delivers all of them, and the receipt says what was wrong", async () => {
    const { put, once, receipts } = world("{ strict: false }");
    put("a.txt", BAD);
    expect((await once()).bridges).toMatchObject([{ records: 3, delivered: 3, dead: 0 }]);
    expect(receipts()[0]).toMatchObject({
      klaerfaelle: [],
      hinweise: [
        "Zeile 1: Segment 10 (UNT), Datenelement 1: die angegebene Anzahl stimmt nicht.",
        "Zeile 1: Segment 7 (QTY), Datenelement 1.2: der Wert hat Zeichen, die dort nicht zulässig sind.",
      ],
    });
  });
});
