// What partners hear of messages that were read and then went one way or the other: APERAKs in the folder for answers, through the real
// command line.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Rec } from "../../src/core/contract.ts";
import { edifact, interchange, order, unb } from "../adapters/edifact-samples.ts";
import { decodeAll } from "../conformance/codec.ts";
import { endScenes, receiver, type Surroundings, world } from "./edifact-scene.ts";

afterEach(endScenes);

const MAP = "{ json: { nr: \"= BGM.de1004 = 'B2' ? $error('nein') : BGM.de1004\" } }";

function answer(more = "", message = "APERAK D 96A UN"): string {
  return `
  edifact:
    path: quittung
    aperak:${more}
      template:
        message: ${message}
        BGM: { C002: { de1001: "= $errors ? '313' : '312'" }, de1004: = BGM.de1004 }
        SG1: [ { RFF: { C506: { de1153: AGO, de1154: = UNB.de0020 } } }, { RFF: { C506: { de1153: ACW, de1154: = UNH.de0062 } } } ]
        SG3:
          - =each: = $errors
            ERC: { C901: { de9321: = stage } }
            FTX: { de4451: AAO, C108: { de4440: = lines } }
  folder: { path: quittungen }`;
}

const ACCEPTED = "\n      accepted: true";
const bad = (number: number): string => order(number).replace("UNT+10", "UNT+11");
const second = (text: string): string => text.replaceAll("REF1", "REF2");

/** APERAKs by name of the drop and number, without the id. */
function told({ files, path }: Surroundings): readonly (readonly [name: string, ...segments: string[]])[] {
  return [...files("quittung")]
    .filter(([name]) => name.endsWith(".aperak.edi"))
    .map(([name]) => {
      const text = readFileSync(path("data", "quittung", name), "latin1");
      return [name.replace(/\.\w{16}|\.aperak\.edi/g, ""), ...text.split("'").slice(2, -2)] as const;
    });
}

describe("messages that were read", () => {
  it("and are dead letters of mapping or target are told by their references, and why; others only if asked", async () => {
    const target = await receiver();
    target.rule = ({ body }) => (String(body).includes("B3") ? { status: 400 } : undefined);
    const lines = { map: MAP, deliver: `{ http: { url: "${target.origin}/" } }` };
    for (const accepted of [false, true]) {
      const one = world({ ...lines, answer: answer(accepted ? ACCEPTED : "") });
      one.put("a.edi", interchange(order(1), order(2), order(3), bad(4)));
      expect((await one.once()).code).toBe(2);
      const failed = (number: string, stage: string, text: string): string[] => [
        `BGM+313+B${number}`,
        "RFF+AGO:REF1",
        `RFF+ACW:${number}`,
        `ERC+${stage}`,
        `FTX+AAO+++${text}`,
      ];
      const second = failed("2", "map", "Eine Formel der Brücke passt nicht zu den Werten dieses Satzes.");
      const third = failed("3", "deliver", "Das Ziel hat die Nachricht abgelehnt.");
      const expected = accepted
        ? [
            ["UNH+1+APERAK:D:96A:UN", "BGM+312+B1", "RFF+AGO:REF1", "RFF+ACW:1", "UNT+5+1"],
            ["UNH+2+APERAK:D:96A:UN", ...second, "UNT+7+2"],
            ["UNH+3+APERAK:D:96A:UN", ...third, "UNT+7+3"],
          ]
        : [
            ["UNH+1+APERAK:D:96A:UN", ...second, "UNT+7+1"],
            ["UNH+2+APERAK:D:96A:UN", ...third, "UNT+7+2"],
          ];
      expect(told(one)).toEqual([["a.edi", ...expected.flat()]]);
    }
  });

  it("are answered by what is sound EDIFACT, with sender and recipient exchanged, once for each interchange", async () => {
    const one = world({ map: MAP, answer: answer(ACCEPTED) });
    one.put("zwei.edi", interchange(order(1)).replace("REF1'", "REF1++++++1'") + second(interchange(order(2))));
    await one.once();
    const files = [...one.files("quittung")].filter(([name]) => name.endsWith(".aperak.edi"));
    expect(files.map(([name]) => /\.(\d)\.aperak\.edi$/.exec(name)?.[1])).toEqual(["1", "2"]);
    const heads: unknown[] = [];
    for (const [, text] of files) {
      const { messages, records } = await decodeAll(edifact({ messages: ["APERAK"] }), Buffer.from(text, "latin1"));
      expect(messages).toEqual([]);
      heads.push((records[0] as Rec | undefined)?.["UNB"]);
    }
    const exchanged = {
      S001: unb.S001,
      S002: { de0004: "4000002000004", de0007: "14" },
      S003: { de0010: "4000001000005", de0007: "14" },
    };
    expect(heads).toMatchObject([{ ...exchanged, de0035: "1" }, exchanged]);
    expect(heads[1]).not.toHaveProperty("de0035");
    expect(new Set(heads.map((head) => (head as typeof unb).de0020)).size).toBe(2);
  });

  it("are told once though several records were made of each", async () => {
    const one = world({
      decode: "{ record: SG25, messages: [ORDERS D 96A] }",
      map: "{ json: { nr: \"= LIN.de1082 = '1' ? LIN.de1082 : $required(LIN.de1229, 'Anlass') \" } }",
      deliver: '{ folder: { path: out, name: "{message.BGM.de1004}-{LIN.de1082}.json" } }',
      answer: `
  edifact:
    path: quittung
    control: false
    aperak:
      template:
        message: APERAK D 96A UN
        BGM: { de1004: = message.BGM.de1004, de1225: "= $string($count($group))" }
        SG3: [ { =each: = $errors, ERC: { C901: { de9321: "= 'R' & $string(record)" } }, FTX: { de4451: AAO, C108: { de4440: [ = text ] } } } ]`,
    });
    one.put("a.edi", interchange(order(1, 3), order(2)));
    await one.once();
    const reason = "FTX+AAO+++Pflichtangabe fehlt?: Anlass.";
    expect(told(one)).toEqual([
      ["a.edi", "UNH+1+APERAK:D:96A:UN", "BGM++B1+2", "ERC+R2", reason, "ERC+R3", reason, "UNT+7+1"],
    ]);
    expect(one.files("quittung").size).toBe(1);
  });

  it("and skipped are not accepted, and answers are not answered", async () => {
    const more = "cases: [ { when: \"= BGM.de1004 = 'B2'\", skip: alt }, { when: = true } ]\n";
    const one = world({ answer: answer(ACCEPTED), more });
    const aperak = "UNH+3+APERAK:D:96A:UN'BGM+313+B3'UNT+3+3'";
    one.put("a.edi", interchange(order(1), order(2), aperak));
    await one.once();
    expect(told(one)).toEqual([
      ["a.edi", "UNH+1+APERAK:D:96A:UN", "BGM+312+B1", "RFF+AGO:REF1", "RFF+ACW:1", "UNT+5+1"],
    ]);
  });
});

describe("what cannot be said", () => {
  it("stands in the receipt, and the others are told all the same", async () => {
    const one = world({
      map: "{ json: { nr: = $error('nein') } }",
      answer: answer().replace("= BGM.de1004 }", "\"= BGM.de1004 = 'B1' ? $pad('', 40, 'x') : BGM.de1004\" }"),
    });
    one.put("a.edi", interchange(order(1), order(2)));
    await one.once();
    expect(told(one).map(([name, header, bgm]) => [name, header, bgm])).toEqual([
      ["a.edi", "UNH+1+APERAK:D:96A:UN", "BGM+313+B2"],
    ]);
    expect(one.receipts()[0]?.hinweise).toEqual([
      "Eine APERAK ist nicht möglich: was die Brücke zu Satz 1 sagen soll, ergibt keine gültige Nachricht (Stelle /BGM/de1004). Der Absender muss auf anderem Weg erfahren, was daraus geworden ist.",
    ]);
  });

  it("in the letters of the answer's repertoire is said with others", async () => {
    const one = world({
      map: "{ json: { nr: = $error('nein') } }",
      answer: answer("", "APERAK D 96A UN\n        syntax: UNOA 2").replace("= stage", "M1"),
    });
    one.put("a.edi", interchange(order(1)));
    await one.once();
    expect(told(one)[0]?.at(-2)).toBe("FTX+AAO+++EINE FORMEL DER BRUECKE PASST NICHT ZU DEN WERTEN DIESES SATZES.");
  });

  it("is nothing: of what the CONTRL refused as a whole, and of what came twice", async () => {
    const one = world({ map: MAP, decode: "{ duplicates: 90d }", answer: answer(ACCEPTED) });
    one.put("kaputt.edi", second(interchange(order(1))).replace("UNZ+1", "UNZ+2"));
    one.put("gut.edi", interchange(order(3)));
    await one.once();
    one.put("nochmal.edi", interchange(order(3)));
    one.put("anders.edi", interchange(order(5)));
    await one.once();
    expect(told(one).map(([name]) => name)).toEqual(["gut.edi"]);
    expect(one.files("quittung").size).toBe(5);
  });
});

describe("an APERAK", () => {
  it("that was written before the process died is the same afterwards; once it is out, a replay writes none", async () => {
    const one = world({ map: MAP, answer: answer(ACCEPTED) });
    const { path, put, start, files, once, file, steg } = one;
    // Its receipt cannot be written, so the drop stays unanswered.
    writeFileSync(path("data", "quittungen"), "");
    put("bestellung.edi", interchange(order(1), order(2)));
    const child = start(["up"]);
    const exit = new Promise((resolve) => void child.once("exit", resolve));
    while (files("quittung").size < 2) await sleep(50);
    child.kill("SIGKILL");
    await exit;
    const first = [...files("quittung")];
    expect(told(one)).toHaveLength(1);
    for (const [name] of first) rmSync(path("data", "quittung", name));
    rmSync(path("data", "quittungen"));
    await once();
    expect([...files("quittung")]).toEqual(first);
    for (const [name] of first) rmSync(path("data", "quittung", name));
    file({ answer: answer(ACCEPTED) });
    await steg(["replay", "bestellungen", "--yes"]);
    await once();
    expect(files("out").size).toBe(2);
    expect(files("quittung").size).toBe(0);
  });

  it("says of a message what became of it, where a replay came before the answer", async () => {
    const one = world({ map: MAP, answer: answer(ACCEPTED) });
    const { path, put, once, file, steg } = one;
    writeFileSync(path("data", "quittung"), "");
    put("bestellung.edi", interchange(order(2)));
    await once();
    file({ answer: answer(ACCEPTED) });
    await steg(["replay", "bestellungen", "--yes"]);
    rmSync(path("data", "quittung"));
    await once();
    expect(told(one).map(([, , bgm]) => bgm)).toEqual(["BGM+312+B2"]);
  });
});
