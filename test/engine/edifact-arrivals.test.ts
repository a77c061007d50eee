// A partner who hears at once that his interchange came, and later what became of it: through the real command line.

import { rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { isAccepted, middle } from "../adapters/edifact-contrl-support.ts";
import { interchange, order } from "../adapters/edifact-samples.ts";
import { eventually } from "../conformance/surroundings.ts";
import type { Receiver } from "../peers/receiver.ts";
import { endScenes, receiver as startReceiver, world, type Lines, type Surroundings } from "./edifact-scene.ts";
import { ENDED } from "./world.ts";

afterEach(endScenes);

const ANSWER = "{ edifact: { path: quittung, receipt: true }, folder: { path: quittungen } }";
const UCI = "UCI+REF1+4000001000005:14+4000002000004:14";
const good = interchange(order(1));
const second = interchange(order(2)).replaceAll("REF1", "REF2");

interface Away extends Surroundings {
  readonly receiver: Receiver;
  /** The target takes nothing until this is called. */
  comeBack(): void;
  /** `a.edi arrived UCI+…` in the order of their names. */
  heard(): readonly string[];
}

async function scene(lines: Lines = {}, isAway = true): Promise<Away> {
  const receiver = await startReceiver();
  if (isAway) receiver.rule = () => ({ instead: "reset", accept: false });
  const deliver = `{ http: { url: "${receiver.origin}/" }, retry: { first: 100ms, most: 200ms } }`;
  const given = { deliver, answer: ANSWER, ...lines };
  const made = world(given);
  return {
    ...made,
    file: (more = {}) => made.file({ ...given, ...more }),
    receiver,
    comeBack: () => void (receiver.rule = undefined),
    heard: () =>
      [...made.files("quittung")].map(([name, text]) => {
        const [, drop = "", number = "", arrived = ""] =
          /^(.*?)\.\w{16}(\.\d+)?(\.arrived)?\.contrl\.edi$/.exec(name) ?? [];
        return `${drop}${number}${arrived} ${middle(text).join(" ")}`;
      }),
  };
}

describe("a drop whose target is away", () => {
  it("has its receipt while it is open, and the end follows", async () => {
    const { put, start, heard, drops, receiver, comeBack, files, path } = await scene();
    put("a.edi", good);
    put("b.edi", second.replace("UNT+10", "UNT+11"));
    start(["up"]);
    const other = UCI.replace("REF1", "REF2");
    await eventually("both came, and the broken one has its end", () => heard().length === 3);
    await eventually("the other one is tried", () => receiver.heard.length > 1);
    const ofB = [`b.edi.arrived ${other}+8`, `b.edi ${other}+7 UCM+2+ORDERS:D:96A:UN+4+29+UNT+2`];
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`, ...ofB]);
    expect((await drops()).find(({ name }) => name === "a.edi")?.state).toBe("open");
    for (const [, text] of files("quittung")) await isAccepted(Buffer.from(text));
    const [name = ""] = files("quittung").keys();
    const written = statSync(path("data", "quittung", name)).mtimeMs;
    comeBack();
    await eventually("it has its end", () => heard().length === 4);
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`, `a.edi ${UCI}+7`, ...ofB]);
    expect(statSync(path("data", "quittung", name)).mtimeMs).toBe(written);
  });

  it("has it after one look of `up --once`, and hears it once", async () => {
    const { put, once, heard, files, path, comeBack } = await scene();
    put("a.edi", good + second);
    expect((await once("300ms")).code).toBe(3);
    expect(heard()).toEqual([`a.edi.1.arrived ${UCI}+8`, `a.edi.2.arrived ${UCI.replace("REF1", "REF2")}+8`]);
    for (const name of files("quittung").keys()) rmSync(path("data", "quittung", name));
    comeBack();
    expect((await once()).code).toBe(0);
    expect(heard()).toEqual([`a.edi.1 ${UCI}+7`, `a.edi.2 ${UCI.replace("REF1", "REF2")}+7`]);
  });

  it("has it once there is a place for it, whenever the process died", async () => {
    const { put, path, start, files, heard, comeBack, once, receiver } = await scene();
    writeFileSync(path("data", "quittung"), "");
    put("a.edi", good);
    const child = start(["up"]);
    const exit = new Promise((resolve) => void child.once("exit", resolve));
    await eventually("it is tried", () => receiver.heard.length > 2);
    child.kill("SIGKILL");
    await exit;
    const figures = await once("300ms");
    expect(figures.code).toBe(3);
    rmSync(path("data", "quittung"));
    expect((await once("300ms")).code).toBe(3);
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`]);
    const first = [...files("quittung")];
    comeBack();
    expect((await once()).code).toBe(0);
    expect([...files("quittung")].slice(0, 1)).toEqual(first);
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`, `a.edi ${UCI}+7`]);
  });

  it("hears it by the rules that it came under, and not where it came under others", async () => {
    const { put, path, once, heard, file } = await scene();
    writeFileSync(path("data", "quittung"), "");
    put("a.edi", good);
    await once("300ms");
    file({ answer: "{ edifact: { path: quittung }, folder: { path: quittungen } }" });
    put("b.edi", second);
    rmSync(path("data", "quittung"));
    await once("300ms");
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`]);
    file();
    await once("300ms");
    expect(heard()).toHaveLength(1);
  });
});

describe("with `up --once`", () => {
  it("both are there at the end, and what is owed is said", async () => {
    const { put, once, heard, path, steg } = await scene({}, false);
    writeFileSync(path("data", "quittung"), "");
    put("a.edi", good);
    const end = await steg(["up", "--once"]);
    expect(end.code).not.toBe(0);
    expect(end.stdout + end.stderr).toContain("a receipt could not be written");
    rmSync(path("data", "quittung"));
    expect((await once()).code).toBe(0);
    expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`, `a.edi ${UCI}+7`]);
    await once();
    expect(heard()).toHaveLength(2);
  });

  it("asks of each interchange whether it wants an answer, where the bridge says so", async () => {
    const answer = "{ edifact: { path: quittung, control: requested, receipt: true } }";
    const { put, once, heard } = await scene({ answer }, false);
    put("a.edi", good + second.replace("1200+REF2", "1200+REF2++++1"));
    await once();
    expect(heard()).toEqual(
      [`a.edi ${UCI.replace("REF1", "REF2")}+7`, `a.edi.arrived ${UCI.replace("REF1", "REF2")}+8`].toReversed(),
    );
  });
});

describe("nobody hears that it came", () => {
  it("where the same came before, by its bytes or by its reference; nor again where a person wants it", async () => {
    const { put, once, heard, drops, steg } = await scene({ decode: "{ duplicates: 90d }" }, false);
    put("a.edi", good);
    await once();
    put("b.edi", good);
    put("c.edi", interchange(order(3)));
    await once();
    const all = [`a.edi.arrived ${UCI}+8`, `a.edi ${UCI}+7`, `b.edi ${UCI}+4+26+UNB+6:1`, `c.edi ${UCI}+4+26+UNB+6:1`];
    expect(heard()).toEqual(all);
    const refused = (await drops()).find(({ name }) => name === "c.edi");
    expect((await steg(["replay", "--drop", refused?.id ?? "", "--as-new", "--yes"])).code).toBe(0);
    await once();
    expect(heard()).toEqual([...all, `c.edi ${UCI}+7`]);
  });

  it("of a CONTRL, or of what names no sender; the receipt for people says so", async () => {
    const { put, once, heard, receipts } = await scene({}, false);
    const control = good.replace(/UNH.*(?=UNZ)/, "UNH+1+CONTRL:D:3:UN'UCI+X1+A+B+7'UNT+3+1'");
    put("antwort.edi", control);
    put("ohne.edi", second.replace("+4000001000005:14", "+"));
    await once();
    expect(heard()).toEqual([]);
    expect(receipts().find(({ datei }) => datei === "ohne.edi")?.hinweise).toEqual([
      expect.stringContaining("Eine CONTRL ist nicht möglich"),
    ]);
    expect(receipts().find(({ datei }) => datei === "antwort.edi")?.hinweise).toEqual([]);
  });
});

it("what is held after the sunset was received all the same", async () => {
  const { put, once, heard, receipts } = await scene({ dates: ENDED }, false);
  put("a.edi", good);
  await once();
  await once();
  expect(receipts()).toMatchObject([{ stand: "gehalten" }]);
  expect(heard()).toEqual([`a.edi.arrived ${UCI}+8`]);
});
