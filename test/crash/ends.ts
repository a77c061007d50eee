// What must hold at the end of every crash run, whatever happened on the way.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Receiver } from "../peers/receiver.ts";
import { openState } from "../../src/core/journal/open.ts";
import type { DeadLetter, DropRow } from "../../src/core/journal/types.ts";
import { leftovers, receiptsOf, type World } from "./world.ts";

export interface Totals {
  readonly records: number;
  readonly delivered: number;
  readonly dead: number;
  readonly drops: number;
}

/** Sums, receipts, audit trail; nothing half-done lies about here. */
export async function expectDrops(world: World, totals: Totals): Promise<void> {
  const drops = await dropsIn(world);
  const sum = (key: "records" | "delivered" | "dead"): number => drops.reduce((all, drop) => all + drop[key], 0);
  expect({
    drops: drops.length,
    records: sum("records"),
    delivered: sum("delivered"),
    dead: sum("dead"),
  }).toEqual(totals);
  for (const drop of drops) {
    expect(drop).toMatchObject({ state: "done", complete: true, settled: true, answered: true });
    expect(drop.delivered + drop.skipped + drop.dead).toBe(drop.records);
  }
  const receipts = receiptsOf(world);
  expect(receipts.map(({ vorgang }) => vorgang).toSorted()).toEqual(drops.map(({ id }) => id).toSorted());
  for (const receipt of receipts) {
    const drop = drops.find(({ id }) => id === receipt.vorgang);
    expect(receipt).toMatchObject({
      stand: "erledigt",
      saetze: { gesamt: drop?.records, zugestellt: drop?.delivered, klaerfaelle: drop?.dead },
    });
  }
  expect(leftovers(world.data)).toEqual([]);
  expect(readdirSync(join(world.state, "spool")).filter((name) => !name.endsWith(".spool"))).toEqual([]);
}

/** The same, and nothing waits at the source. */
export async function expectSettled(world: World, totals: Totals): Promise<void> {
  await expectDrops(world, totals);
  expect(readdirSync(world.drops)).toEqual(["archiv"]);
  expect(readdirSync(join(world.drops, "archiv"))).toHaveLength(totals.drops);
}

/** Every drop at its end, however many there are. */
export async function expectSettledDrops(world: World): Promise<void> {
  for (const drop of await dropsIn(world)) {
    expect(drop).toMatchObject({ settled: true, answered: true });
    expect(["done", "duplicate"]).toContain(drop.state);
    expect(drop.delivered + drop.skipped + drop.dead).toBe(drop.records);
  }
  expect(leftovers(world.data)).toEqual([]);
}

/** The journal as it lies there, opened after the process has gone; its trail must be whole. */
export async function dropsIn(world: World): Promise<readonly DropRow[]> {
  const state = await openState({ dir: world.state, keyFile: process.env["STEG_KEY_FILE"], log: () => undefined });
  try {
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
    return await state.journal.drops({ limit: 10_000 });
  } finally {
    await state.close();
  }
}

export async function lettersIn(world: World): Promise<readonly DeadLetter[]> {
  const state = await openState({ dir: world.state, keyFile: process.env["STEG_KEY_FILE"], log: () => undefined });
  try {
    return await state.journal.dead({ limit: 100_000 });
  } finally {
    await state.close();
  }
}

interface Message {
  readonly id: string;
  readonly name: string;
}

/** All messages that took effect at the receiver, in that order; a body is one of them or a list. */
export function messagesAt(receiver: Receiver): Message[] {
  return [...receiver.accepted.values()].flatMap((body) => JSON.parse(body.toString()) as Message | Message[]);
}

export function idsAt(receiver: Receiver): number[] {
  return messagesAt(receiver).map(({ id }) => Number(id));
}

/** Each of these ids took effect once, no other did. */
export function expectOnce(receiver: Receiver, ids: readonly number[]): void {
  expect(receiver.doubled).toEqual([]);
  const seen = idsAt(receiver);
  const once = new Set(seen);
  expect({ lost: ids.filter((id) => !once.has(id)).slice(0, 20), twice: seen.length - once.size }).toEqual({
    lost: [],
    twice: 0,
  });
  expect(seen.length).toBe(ids.length);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
