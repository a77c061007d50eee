// Files beside the records while the process is killed: taken, joined, waited for, sent with their message. Some lie there before the
// records, the others come between the kills.

import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { startReceiver, type Heard, type Receiver } from "../peers/receiver.ts";
import { expectSettled, range } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { createWorld, putDrop, type World } from "./world.ts";

/** Two of each record; some are too large to lie in the journal itself. */
const filesOf = (id: number): readonly string[] => [`${id}_antrag.pdf`, `${id}_bescheid.pdf`];
const contentOf = (name: string): Buffer =>
  Buffer.alloc(Number.parseInt(name, 10) % 5 === 0 ? 70_000 : 300, `%PDF-1.7 ${name} `);

const RECEIVE =
  '  attach: { folder: { path: pdf, settle: 0s, archive: archiv, every: 100ms }, files: "{ID}_*", least: 2, wait: 30d }';
const MAP = `  attach: "= $attachment()"
  json: { id: = ID, files: "= $attachment().sha256" }`;

function putFile(world: World, name: string): void {
  mkdirSync(join(world.data, "pdf"), { recursive: true });
  const path = join(world.data, `.${name}`);
  writeFileSync(path, contentOf(name));
  renameSync(path, join(world.data, "pdf", name));
}

/** `more`: more of the bridge file, as an order. */
export function attached(records: number, more = ""): KillPlan {
  return {
    name: `attachments${more === "" ? "" : `, ${more.trim()}`}`,
    async begin(kills): Promise<Scene> {
      const receiver = await startReceiver();
      receiver.rule = ({ key }) => {
        const dice = Math.random();
        const accept = !receiver.accepted.has(key);
        if (dice < 0.05) return { accept, status: 500, delay: 4 };
        if (dice < 0.07) return { accept, instead: "reset" };
        return { accept, status: 200, delay: 4, body: '{"ok":true}' };
      };
      const world = createWorld({
        url: `${receiver.origin}/eingang`,
        beside: RECEIVE,
        map: MAP,
        more,
      });
      const names = range(1, records).flatMap((id) => filesOf(id).toReversed());
      const share = Math.ceil(names.length / (kills + 2));
      let put = 0;
      const putSome = (count: number): void => {
        for (const end = Math.min(names.length, put + count); put < end; put++) putFile(world, names[put] as string);
      };
      putSome(share);
      putDrop(world, "a.csv", records / 2, 1);
      putDrop(world, "b.csv", records / 2, records / 2 + 1);
      return {
        world,
        moved: () => receiver.heard.length,
        next: (kill) => putSome(kill === kills - 1 ? names.length : share),
        async end() {
          const figures = await check(receiver, records);
          await expectSettled(world, { records, delivered: records, dead: 0, drops: 2 });
          await checkJournal(world, names.length);
          expect(readdirSync(join(world.data, "pdf"))).toEqual(["archiv"]);
          expect(readdirSync(join(world.data, "pdf", "archiv"))).toHaveLength(names.length);
          return { records, files: names.length, ...figures };
        },
        close: () => receiver.close(),
      };
    },
  };
}

/** Every record once, with its own files whole; and what was sent again was the same to the byte. */
async function check(receiver: Receiver, records: number): Promise<Readonly<Record<string, number>>> {
  expect(receiver.doubled).toEqual([]);
  const bodies = new Map<string, Buffer>();
  let repeated = 0;
  const seen: number[] = [];
  for (const heard of receiver.heard) {
    const before = bodies.get(heard.key);
    if (before) {
      repeated++;
      expect(before.equals(heard.body), `another body for the key of record ${await idOf(heard)}`).toBe(true);
      continue;
    }
    bodies.set(heard.key, heard.body);
    seen.push(await idOf(heard));
  }
  expect(seen.toSorted((a, b) => a - b)).toEqual(range(1, records));
  expect(receiver.accepted.size).toBe(records);
  return { repeated, lost: 0, twice: 0 };
}

async function idOf({ body, headers }: Heard): Promise<number> {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": headers["content-type"] ?? "" },
  }).formData();
  const message = form.get("message") as File;
  const { id } = JSON.parse(await message.text()) as { id: string };
  const files = form.getAll("attachment") as File[];
  expect(files.map(({ name }) => name)).toEqual(filesOf(Number(id)));
  for (const file of files) {
    expect(file.type).toBe("application/pdf");
    expect(Buffer.from(await file.arrayBuffer()).equals(contentOf(file.name)), file.name).toBe(true);
  }
  return Number(id);
}

/** Each file once in the journal, with its record; none twice, none left over. */
async function checkJournal(world: World, files: number): Promise<void> {
  const state = await openState({ dir: world.state, log: () => undefined });
  try {
    const rows = await state.journal.attachments({ limit: 100_000 });
    const joined = rows.filter((row) => row.state === "joined");
    expect(joined).toHaveLength(files);
    expect(new Set(joined.map(({ name }) => name)).size).toBe(files);
    for (const row of joined) expect(row).toMatchObject({ messages: 1, settled: true, payload: "kept" });
    // A file that was entered, and whose removal the kill cut off, may have been read once more.
    expect(rows.filter(({ state: is }) => is !== "joined" && is !== "duplicate")).toEqual([]);
  } finally {
    await state.close();
  }
}
