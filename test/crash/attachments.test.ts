// Files beside the records in a running appliance: they wake what waits for them, their time runs out, their server may be away.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { startAppliance } from "./appliance.ts";
import { lettersIn } from "./ends.ts";
import { createWorld, httpTarget, putDrop, receiptsOf, waitFor, type World } from "./world.ts";

let world: World;
let receiver: Receiver | undefined;
afterEach(async () => {
  world.remove();
  await receiver?.close();
  receiver = undefined;
});

const attach = (more: string): string =>
  `  attach: { folder: { path: pdf, settle: 0s, every: 100ms, archive: archiv }, files: "{ID}_*", ${more} }`;
const MAP = `  json: { id: = ID, files: "= $attachment().name" }`;

function putFile(name: string, folder = "pdf"): void {
  mkdirSync(join(world.data, folder), { recursive: true });
  writeFileSync(join(world.data, name), `%PDF-1.7 ${name}`);
  renameSync(join(world.data, name), join(world.data, folder, name));
}

const out = (): readonly string[] => {
  try {
    return readdirSync(join(world.data, "out")).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
};

describe("a running appliance", () => {
  it("wakes a record when its files are there, tells who waits, and reports what belongs to nobody", async () => {
    world = createWorld({
      beside: attach("least: 2, wait: 3s"),
      map: MAP,
      target: '  folder: { path: out, name: "{ID}.json" }',
    });
    const steg = await startAppliance(world);
    for (const name of ["1_a.pdf", "2_a.pdf", "2_b.pdf", "9_a.pdf"]) putFile(name);
    putDrop(world, "a.csv", 3);
    await waitFor("the record that has its files", () => out().length === 1);
    await steg.says("ATTACHMENTS_AWAITED");
    expect(await steg.metrics()).toContain('steg_attachments{bridge="crash",state="waiting"} 2');
    putFile("1_b.pdf");
    await waitFor("the record whose second file came", () => out().length === 2, 2_000);
    expect(JSON.parse(readFileSync(join(world.data, "out", "1.json"), "utf8"))).toEqual({
      id: "1",
      files: ["1_a.pdf", "1_b.pdf"],
    });
    // Record 3 has none: its time runs out, and the drop ends with a receipt.
    await waitFor("the receipt", () => existsSync(world.receipts) && receiptsOf(world).length === 1, 6_000);
    await steg.says("attachment.unassigned", 6_000);
    expect(await steg.metrics()).toMatch(
      /steg_attachments\{bridge="crash",state="waiting"\} 0\n.*state="joined"\} 4\n.*state="unassigned"\} 1\n/,
    );
    expect(await steg.trouble()).toBe(null);
    expect(await steg.api("attachments?bridge=crash&state=unassigned")).toMatchObject({
      items: [{ bridge: "crash", name: "9_a.pdf", mediaType: "application/pdf", messages: 0, settled: true }],
      next: null,
    });
    const page = await steg.api<{ items: { name: string }[]; next: string }>("attachments?limit=2");
    const more = await steg.api<{ items: { name: string }[] }>(`attachments?limit=100&after=${page.next}`);
    expect([...page.items, ...more.items].map(({ name }) => name).toSorted()).toEqual([
      "1_a.pdf",
      "1_b.pdf",
      "2_a.pdf",
      "2_b.pdf",
      "9_a.pdf",
    ]);
    expect(await steg.api("bridges")).toMatchObject({
      items: [{ attachments: { waiting: 0, joined: 4, unassigned: 1 } }],
    });
    steg.child.kill("SIGTERM");
    await steg.ended;
    expect(await lettersIn(world)).toMatchObject([{ first: 3, code: "ATTACHMENT_MISSING", attempts: 1 }]);
  });

  it("takes drops and serves those that need no file while the source of the files is away", async () => {
    receiver = await startReceiver();
    world = createWorld({ target: httpTarget(receiver.origin) });
    const away = join(world.dir, "mount");
    world.bridge({
      beside: `  attach: { folder: { path: ${away}, settle: 0s, every: 100ms }, files: "{ID}_*", wait: 1s }`,
      map: MAP,
      more: "cases:\n  - { when: = ID = '1', skip: ohne Akte }\n  - when: = true\n",
    });
    const steg = await startAppliance(world);
    putDrop(world, "a.csv", 2);
    await steg.says("drop.taken");
    await steg.says("ATTACHMENTS_AWAITED");
    await waitFor("its trouble", async () => (await steg.trouble())?.includes("SOURCE_UNREACHABLE") === true);
    // Longer than its wait: nobody could look for the file.
    await waitFor("the end of its time", () => Date.now() > receivedAt(steg.log()) + 1_500, 4_000);
    expect(receiver.heard).toHaveLength(0);
    mkdirSync(away);
    writeFileSync(join(away, "2_a.pdf"), "da");
    await waitFor("the message", () => receiver?.heard.length === 1);
    await waitFor("no trouble", async () => (await steg.trouble()) === null);
    steg.child.kill("SIGTERM");
    await steg.ended;
    expect(await lettersIn(world)).toEqual([]);
  });
});

function receivedAt(log: string): number {
  const line = log.split("\n").find((each) => each.includes("drop.taken")) ?? "";
  return Date.parse((JSON.parse(line) as { time: string }).time);
}
