// A drop of EDIFACT interchanges and the CONTRL that lies in the folder for answers afterwards: through the real command line.

import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { middle } from "../adapters/edifact-contrl-support.ts";
import { interchange, order } from "../adapters/edifact-samples.ts";
import { endScenes, type Lines, receiver as startReceiver, world } from "./edifact-scene.ts";
import { ENDED } from "./world.ts";

afterEach(endScenes);

const UCI = "UCI+REF1+4000001000005:14+4000002000004:14";
const bad = (number: number): string => order(number).replace("UNT+10", "UNT+11");

describe("a drop that is answered in its own format", () => {
  it("finds its CONTRL in the folder of the source, beside its receipt", async () => {
    const { put, once, files, answers, receipts } = world();
    put("gut.edi", interchange(order(1), order(2)));
    put("halb.edi", interchange(order(3), bad(4)));
    put("kaputt.edi", interchange(order(5)).replace("UNZ+1", "UNZ+2"));
    put("gepackt.edi.gz", gzipSync(interchange(order(6))));
    expect((await once()).code).toBe(2);
    expect([...files("out").keys()]).toEqual(["B1.json", "B2.json", "B3.json", "B6.json"]);
    expect(answers()).toEqual([
      ["gepackt.edi.gz", `${UCI}+7`],
      ["gut.edi", `${UCI}+7`],
      ["halb.edi", `${UCI}+7`, "UCM+4+ORDERS:D:96A:UN+4+29+UNT+2"],
      ["kaputt.edi", `${UCI}+4+29+UNZ+2`],
    ]);
    expect([...files("quittung").keys()].every((name) => name.endsWith(".contrl.edi"))).toBe(true);
    expect(receipts()).toHaveLength(4);
  });

  it("with several interchanges has one for each, in their order", async () => {
    const { put, once, files } = world({ answer: "{ edifact: { path: quittung } }" });
    put("zwei.edi", interchange(order(1)) + interchange(bad(2)).replaceAll("REF1", "REF2"));
    expect((await once()).code).toBe(2);
    const found = [...files("quittung")];
    expect(found.map(([name]) => /\.(\d)\.contrl\.edi$/.exec(name)?.[1])).toEqual(["1", "2"]);
    expect(found.map(([, text]) => middle(text)[0]?.slice(0, 8))).toEqual(["UCI+REF1", "UCI+REF2"]);
  });

  it("says in its receipt why it has none, also after a replay", async () => {
    const { put, once, steg, files, answers, receipts, file } = world({
      map: '{ json: { nr: "= $error(BGM.de1004)" } }',
    });
    put("ohne.edi", interchange(order(1)).replace("+4000001000005:14", "+"));
    put("spaeter.edi", interchange(order(2)));
    await once();
    expect(answers()).toEqual([["spaeter.edi", `${UCI}+7`]]);
    const hints = (): unknown => receipts().find(({ datei }) => datei === "ohne.edi")?.hinweise;
    expect(hints()).toEqual([
      expect.stringContaining("Eine CONTRL ist nicht möglich: Absender, Empfänger oder Referenz"),
    ]);
    file({});
    await steg(["replay", "bestellungen", "--yes"]);
    expect(files("out").size).toBe(1);
    expect(hints()).toHaveLength(1);
  });

  it("that came before hears that it is a duplicate, and nothing of it is delivered again", async () => {
    const { put, once, files, answers, receipts, drops, path } = world();
    put("montag.edi", interchange(order(1)));
    await once();
    rmSync(path("data", "out", "B1.json"));
    put("dienstag.edi", interchange(order(1)));
    expect((await once()).code).toBe(0);
    expect(files("out").size).toBe(0);
    expect(answers()).toEqual([
      ["dienstag.edi", `${UCI}+4+26+UNB+6:1`],
      ["montag.edi", `${UCI}+7`],
    ]);
    expect(receipts().map(({ stand }) => stand)).toEqual(["erledigt", "doppelt"]);
    expect(await drops()).toMatchObject([{ state: "done" }, { state: "duplicate" }]);
  });

  it("is answered by the rules that it was read by, although the bridge has others now", async () => {
    const receiver = await startReceiver();
    const deliver = `{ http: { url: "${receiver.origin}/" } }`;
    const { put, once, answers, file } = world({ deliver });
    receiver.rule = () => ({ instead: "reset", accept: false });
    put("halb.edi", interchange(order(1), bad(2)));
    expect((await once("300ms")).code).toBe(3);
    expect(answers()).toEqual([]);
    receiver.rule = undefined;
    file({ deliver, decode: "{ strict: false }", answer: "{ edifact: { path: quittung, control: true } }" });
    expect((await once()).code).toBe(2);
    expect(receiver.accepted.size).toBe(1);
    expect(answers()).toEqual([["halb.edi", `${UCI}+7`, "UCM+2+ORDERS:D:96A:UN+4+29+UNT+2"]]);
  });

  it("is not answered while it is held after the sunset", async () => {
    const { put, once, answers, receipts } = world({ dates: ENDED });
    put("spaet.edi", interchange(order(1)));
    await once();
    expect(answers()).toEqual([]);
    expect(receipts()).toMatchObject([{ stand: "gehalten" }]);
  });
});

describe("an answer", () => {
  it("that was written before the process died is the same afterwards; once it is out, a replay writes none", async () => {
    const { put, path, start, files, answers, once, file, steg } = world({
      map: "{ json: { nr: \"= BGM.de1004 = 'B2' ? $error('nein') : BGM.de1004\" } }",
    });
    // Its receipt cannot be written, so the drop stays unanswered.
    writeFileSync(path("data", "quittungen"), "");
    put("bestellung.edi", interchange(order(1), order(2)));
    const child = start(["up"]);
    const exit = new Promise((resolve) => void child.once("exit", resolve));
    while (files("quittung").size === 0) await sleep(50);
    child.kill("SIGKILL");
    await exit;
    const first = [...files("quittung")];
    expect(first).toHaveLength(1);
    for (const [name] of first) rmSync(path("data", "quittung", name));
    rmSync(path("data", "quittungen"));
    await once();
    expect([...files("quittung")]).toEqual(first);
    expect(answers()).toEqual([["bestellung.edi", `${UCI}+7`]]);
    for (const [name] of first) rmSync(path("data", "quittung", name));
    file({});
    await steg(["replay", "bestellungen", "--yes"]);
    await once();
    expect(files("out").size).toBe(2);
    expect(answers()).toEqual([]);
  });
});

describe("an interchange that came before with other bytes", () => {
  const remembering = (target = ""): Lines => ({
    decode: "{ duplicates: 90d }",
    ...(target && { deliver: `{ http: { url: "${target}/" } }` }),
  });

  it("is refused with its drop, hears so, and is delivered if a person wants it", async () => {
    const { put, once, files, answers, dead, drops, steg, receipts } = world(remembering());
    put("a.edi", interchange(order(1)));
    await once();
    put("b.edi", interchange(order(2)).replaceAll("REF1", "REF2") + interchange(order(3)));
    put("c.edi", interchange(order(4)).replaceAll("REF1", "REF3"));
    expect((await once()).code).toBe(2);
    expect([...files("out").keys()]).toEqual(["B1.json", "B4.json"]);
    expect(answers().map(([name, uci]) => [name, uci?.replace(/\+4000001000005:14\+4000002000004:14/, "")])).toEqual([
      ["a.edi", "UCI+REF1+7"],
      ["b.edi", "UCI+REF2+4+18"],
      ["b.edi", "UCI+REF1+4+26+UNB+6:1"],
      ["c.edi", "UCI+REF3+7"],
    ]);
    expect(await dead()).toMatchObject([{ code: "EDIFACT_DUPLICATE" }]);
    expect(receipts()[1]?.klaerfaelle[0]?.grund).toContain("derselben Referenz");
    // What is refused for it stays refused: asked for, or sent once more.
    await steg(["replay", "bestellungen", "--yes"]);
    put("b-nochmal.edi", interchange(order(2)).replaceAll("REF1", "REF2") + interchange(order(3)));
    await once();
    expect(files("out").size).toBe(2);
    const [, refused] = await drops();
    expect((await steg(["replay", "--drop", refused?.id ?? "", "--as-new", "--yes"])).code).toBe(0);
    await once();
    expect([...files("out").keys()]).toEqual(["B1.json", "B2.json", "B3.json", "B4.json"]);
  });

  it("is remembered from before the process was killed, and the first one is delivered once", async () => {
    const receiver = await startReceiver();
    const { put, start, once, answers, dead } = world(remembering(receiver.origin));
    receiver.rule = () => ({ instead: "hang", accept: true });
    put("a.edi", interchange(order(1)));
    const child = start(["up"]);
    const exit = new Promise((resolve) => void child.once("exit", resolve));
    while (receiver.heard.length === 0) await sleep(50);
    child.kill("SIGKILL");
    await exit;
    receiver.rule = undefined;
    put("b.edi", interchange(order(2)));
    expect((await once()).code).toBe(2);
    expect([...receiver.accepted.values()].map(String)).toEqual(['{"nr":"B1"}']);
    expect(receiver.doubled).toEqual([]);
    expect(await dead()).toMatchObject([{ code: "EDIFACT_DUPLICATE" }]);
    expect(answers()).toEqual([
      ["a.edi", `${UCI}+7`],
      ["b.edi", `${UCI}+4+26+UNB+6:1`],
    ]);
  });

  it("is another one where its first coming was broken, or the bridge does not remember", async () => {
    const { put, once, files, file } = world(remembering());
    put("a.edi", interchange(order(1)).replace("UNZ+1", "UNZ+2"));
    await once();
    put("b.edi", interchange(order(2)));
    await once();
    file({});
    put("c.edi", interchange(order(3)));
    await once();
    expect([...files("out").keys()]).toEqual(["B2.json", "B3.json"]);
  });
});
