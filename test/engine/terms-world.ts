// A bridge whose batches end by time, what it hands over, and drops for it.

import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];

/** After each test. */
export async function removeAll(): Promise<void> {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
}

export async function receiver(): Promise<Receiver> {
  const made = await startReceiver();
  receivers.push(made);
  return made;
}

export const NAME = '"BU_{$batch.date}_{$batch.number}.csv"';
export const MAP = `map:
  csv: { NR: = ID, LAUF: "= $batch.number" }
`;

export interface Terms extends World {
  /** Files by number of the term, as they lie there: of each the records in order, and what stands in the column LAUF. */
  handed(): ReadonlyMap<string, { readonly ids: readonly number[]; readonly numbers: readonly string[] }>;
  growing(): readonly string[];
  say(batch: string, more?: string): void;
}

export function terms(batch: string, more = ""): Terms {
  const made = createWorld();
  worlds.push(made);
  const say = (how: string, rest = more): void =>
    made.bridge(
      "sammeln",
      `${head("sammeln")}${RECEIVE.replace("archive: archiv", "archive: archiv, every: 200ms")}${CSV}${MAP}deliver:
  batch: ${how}
  retry: { first: 20ms, most: 100ms, attempts: 3 }
  folder: { path: out, name: ${NAME} }
${rest}${RECEIPTS}`,
    );
  say(batch);
  return {
    ...made,
    say,
    growing() {
      try {
        return readdirSync(made.path("data", "out")).filter((name) => name.startsWith(".steg"));
      } catch {
        return [];
      }
    },
    handed: () =>
      new Map(
        [...made.files("out")].map(([name, text]) => {
          const [first, ...lines] = text.trimEnd().split("\r\n");
          expect(first).toBe("NR;LAUF");
          expect(text.endsWith("\r\n")).toBe(true);
          const cells = lines.map((line) => line.split(";"));
          const numbers = [...new Set(cells.map((cell) => cell[1] ?? ""))];
          return [name, { ids: cells.map((cell) => Number(cell[0])), numbers }] as const;
        }),
      ),
  };
}

export const drop = (from: number, count: number): string =>
  `ID\n${Array.from({ length: count }, (_each, at) => from + at).join("\n")}\n`;
export const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_each, at) => from + at);

/** A time of day that is hours away, whenever the test runs. */
export function farAway(): string {
  const hour = Number(wallTime(Date.now(), "Europe/Berlin").time.slice(0, 2));
  return `"${String((hour + 6) % 24).padStart(2, "0")}:30"`;
}

/** Messages that go over HTTP when their term ends; `bodies` are the ids of each call. */
export async function calls(batch: string): Promise<World & { readonly bodies: () => readonly (readonly number[])[] }> {
  const { accepted, origin } = await receiver();
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "warten",
    `${head("warten")}${RECEIVE.replace("archive: archiv", "archive: archiv, every: 200ms")}${CSV}map:
  json: { id: "= $number(ID)" }
deliver:
  batch: ${batch}
  http: { url: "${origin}/eingang" }
${RECEIPTS}`,
  );
  const bodies = (): readonly (readonly number[])[] =>
    [...accepted.values()].map((body) => (JSON.parse(String(body)) as { id: number }[]).map(({ id }) => id));
  return { ...made, bodies };
}
