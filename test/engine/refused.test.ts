// What is dropped on the inbox of a bridge that has ended: refused in the format that it came in, never delivered; or held where nobody can
// be told.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSeenCallers } from "../../src/core/calls/seen-callers.ts";
import { openState } from "../../src/core/journal/open.ts";
import { middle } from "../adapters/edifact-contrl-support.ts";
import { interchange as edifact, order } from "../adapters/edifact-samples.ts";
import { interchange as x12, ORDER } from "../adapters/x12-sample.ts";
import { eventually } from "../conformance/surroundings.ts";
import { makeKey } from "../peers/inbox.ts";
import { connectTo, put } from "../peers/inbox-client.ts";
import { freePort } from "../peers/openssh.ts";
import { createWorld, ENDED, head, type ReceiptText, type World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.remove());

interface Running {
  drop(name: string, text: string): Promise<void>;
  kill(): Promise<void>;
  /** As people end it: what is known is written down. */
  end(): Promise<void>;
}

/** A bridge that has ended, and its inbox. */
async function ended(format: "edifact" | "x12", answer: string): Promise<Running> {
  const port = await freePort();
  const key = world.path("key");
  makeKey(key);
  world.bridge(
    "bestellungen",
    `${head("bestellungen", ENDED)}receive:
  inbox: { sftp: { listen: "127.0.0.1:${port}", users: { kasse: { publicKeys: [kasse.pub] } } } }
decode: { ${format}: {} }
map: { json: { nr: "1" } }
deliver: { folder: { path: out, name: "{$index}.json" } }
answer: { ${answer} folder: { path: quittungen } }
`,
    { "kasse.pub": readFileSync(`${key}.pub`, "utf8") },
  );
  const child = world.start(["up"]);
  const exit = new Promise((resolve) => void child.once("exit", resolve));
  const file = world.path("state", "inbox", "host_key.pub");
  await eventually("there is a host key", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  const blob = Buffer.from(readFileSync(file, "utf8").split(" ")[1] ?? "", "base64");
  const hostKey = `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/u, "")}`;
  return {
    async drop(name, text) {
      await eventually("it listens", () =>
        connectTo({ port, user: "kasse", key, hostKey }).then(
          async ({ session, close }) => {
            await put(session, name, Buffer.from(text));
            await close();
            return true;
          },
          () => false,
        ),
      );
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async end() {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

function answers(kind: string): readonly string[] {
  return [...world.files("quittungen")].filter(([name]) => name.includes(`.${kind}.`)).map(([, text]) => text);
}

function receipts(): readonly ReceiptText[] {
  return answers("quittung").map((text) => JSON.parse(text) as ReceiptText);
}

const state = async (): Promise<readonly string[]> => (await world.drops()).map((drop) => drop.state);

it("an interchange hears UCI 4 17, every time it comes, also after the process died", async () => {
  // Nothing can be answered at first.
  world.write("data/quittungen", "");
  const { drop, kill } = await ended("edifact", "edifact: { control: requested, receipt: true },");
  await drop("a.edi", edifact(order(1)));
  await eventually("it is taken", async () => (await state()).length === 1);
  await kill();
  expect(await state()).toEqual(["refused"]);
  rmSync(world.path("data", "quittungen"));
  const figures = await world.once();
  expect(figures.bridges).toMatchObject([{ records: 0, delivered: 0, dead: 0, pending: 0 }]);
  expect(answers("contrl").map(middle)).toEqual([["UCI+REF1+4000001000005:14+4000002000004:14+4+17"]]);
  expect(receipts()).toMatchObject([{ stand: "abgelehnt", saetze: { gesamt: null, zugestellt: 0 } }]);
  expect(receipts()[0]?.hinweise[0]).toMatch(/^abgelehnt: .*nicht übernommen.* Nachfolger: https:\/\/neu\.example/);
  const [refused] = await world.drops();
  const again = await world.steg(["replay", "--drop", refused!.id, "--as-new", "--yes"]);
  expect(again.code).not.toBe(0);
  expect(again.stdout + again.stderr).toContain("DROP_REFUSED");
  expect(world.files("out").size).toBe(0);
});

it("each time that the same comes, and each interchange of it, is answered anew", async () => {
  const { drop, end } = await ended("edifact", "edifact: { receipt: true },");
  const two = edifact(order(1)) + edifact(order(2)).replaceAll("REF1", "REF2");
  await drop("a.edi", two);
  await eventually("it is answered", () => answers("contrl").length === 2);
  await drop("b.edi", two);
  await eventually("it is answered again", () => answers("contrl").length === 4);
  expect(answers("contrl").every((text) => middle(text)[0]?.endsWith("+4+17"))).toBe(true);
  expect(new Set(answers("contrl").map((text) => /UNZ\+1\+(\w+)/.exec(text)?.[1])).size).toBe(4);
  expect(await state()).toEqual(["refused", "refused"]);
  expect(world.files("out").size).toBe(0);
  // Both knocked: who dropped it, and whom its interchanges name.
  await end();
  const opened = await openState({ dir: world.state, log: () => undefined });
  const seen = await createSeenCallers({ journal: opened.journal }).list({});
  await opened.close();
  expect(seen.map(({ id, calls }) => [id, calls])).toEqual([
    ["partner:4000001000005:14", 4],
    ["sftp:kasse", 2],
  ]);
});

it("X12 hears AK9 R 1", async () => {
  const { drop } = await ended("x12", "x12: {},");
  await drop("a.x12", x12([ORDER]));
  await eventually("it is answered", () => answers("997").length === 1);
  expect(answers("997")[0]).toContain("~AK1*PO*7~AK2*850*0001~AK5*R~AK9*R*1*1*0*1~");
  expect(await state()).toEqual(["refused"]);
});

it.each([
  ["a bridge without such an answer", ""],
  ["one that says nothing in CONTRLs", "edifact: { control: false },"],
])("%s holds what comes", async (_, answer) => {
  const { drop } = await ended("edifact", answer);
  await drop("a.edi", edifact(order(1)));
  await eventually("it has its receipt", () => receipts().length === 1);
  expect(receipts()).toMatchObject([{ stand: "gehalten" }]);
  expect(await state()).toEqual(["held"]);
});

it("what comes while people have opened the bridge is processed, and what was refused before stays refused", async () => {
  const { drop } = await ended("edifact", "edifact: { receipt: true },");
  await drop("a.edi", edifact(order(1)));
  await eventually("it is refused", async () => (await state()).join() === "refused");
  const opened = await world.steg(["notbetrieb", "bestellungen", "--reason", "frist", "--ticket", "T-1"]);
  expect(opened.code).toBe(0);
  await drop("b.edi", edifact(order(2)).replaceAll("REF1", "REF2"));
  await eventually("it is delivered", async () => (await state()).join() === "refused,done");
  await eventually("it is answered", () => receipts().some(({ stand }) => stand === "erledigt"));
  expect(world.files("out").size).toBe(1);
  const contrl = answers("contrl").map((text) => middle(text)[0]);
  expect(contrl.filter((text) => text?.endsWith("+4+17"))).toHaveLength(1);
});
