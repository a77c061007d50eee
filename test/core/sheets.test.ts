// Memory of documents that are on their way: bounded by its bytes, used again, and never so bounded that nothing goes on.

import { describe, expect, it } from "vitest";
import { createSheets, type Sheet, type Sheets } from "../../src/core/pipeline/sheets.ts";

const MEBIBYTE = 1 << 20;
const never = new AbortController().signal;

/** Writes so many bytes there. */
function fill({ out }: Sheet, bytes: number): void {
  out.reserve(bytes);
  out.at += bytes;
}

/** Whether it had to wait. */
async function taken(sheets: Sheets): Promise<{ readonly sheet: Promise<Sheet>; readonly waits: boolean }> {
  const sheet = sheets.takeWithin(never);
  let waits = true;
  void sheet.then(() => (waits = false));
  await new Promise((resolve) => setImmediate(resolve));
  return { sheet, waits };
}

/** As many as there is room for, each with so many bytes. */
async function fillAll(
  sheets: Sheets,
  bytes: number,
): Promise<{ readonly held: Sheet[]; readonly next: Promise<Sheet> }> {
  const held: Sheet[] = [];
  for (;;) {
    const { sheet, waits } = await taken(sheets);
    if (waits) return { held, next: sheet };
    const one = await sheet;
    fill(one, bytes);
    held.push(one);
  }
}

describe("documents on their way", () => {
  it.each([
    [10_000, 60, 90],
    [400_000, 4, 12],
    [800_000, 4, 6],
  ])("of %i bytes are some mebibytes together, and the next one waits for one of them", async (bytes, least, most) => {
    const { held, next } = await fillAll(createSheets(true), bytes);
    expect(held.length).toBeGreaterThanOrEqual(least);
    expect(held.length).toBeLessThanOrEqual(most);
    expect(held.reduce((sum, { out }) => sum + out.bytes.length, 0)).toBeLessThan(7 * MEBIBYTE);
    for (const one of held) one.drop();
    expect((await next).out.at).toBe(0);
  });

  it("are four where each is larger than all together may be, so that one never stops the rest", async () => {
    const sheets = createSheets(true);
    const { held, next } = await fillAll(sheets, 20 * MEBIBYTE);
    expect(held.length).toBe(4);
    held[0]?.drop();
    fill(await next, 20 * MEBIBYTE);
    expect((await taken(sheets)).waits).toBe(true);
  });

  it("wait for none that a chunk has written, as those may stand behind them", async () => {
    const sheets = createSheets(true);
    for (let count = 0; count < 3; count++) fill(sheets.take(), 20 * MEBIBYTE);
    expect((await taken(sheets)).waits).toBe(false);
  });

  it("lie where others lay that the target is done with, as soon as the last that looks at them has let go", async () => {
    const sheets = createSheets(true);
    const first = sheets.take();
    fill(first, 100_000);
    first.hold();
    first.drop();
    const { bytes } = first.out;
    expect(sheets.take().out.bytes.buffer).not.toBe(bytes.buffer);
    first.drop();
    expect(sheets.take().out.bytes.buffer).toBe(bytes.buffer);
  });

  it("never lie where others lay of which the target does not say that it is done", () => {
    const sheets = createSheets(false);
    const first = sheets.take();
    first.drop();
    expect(sheets.take().out.bytes.buffer).not.toBe(first.out.bytes.buffer);
  });

  it("stop waiting when the run ends, and who waits behind them goes on", async () => {
    const sheets = createSheets(true);
    const { held, next } = await fillAll(sheets, 20 * MEBIBYTE);
    const stop = new AbortController();
    const stopped = sheets.takeWithin(stop.signal);
    const behind = sheets.takeWithin(never);
    stop.abort(new Error("asked to stop"));
    await expect(stopped).rejects.toThrow("asked to stop");
    await expect(sheets.takeWithin(stop.signal)).rejects.toThrow("asked to stop");
    for (const one of held) one.drop();
    const { out } = await next;
    expect(out.at).toBe(0);
    expect((await behind).out).not.toBe(out);
  });
});
