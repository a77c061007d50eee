// Documents that another thread writes are those that this one would have written; whatever becomes of the thread, none is lost.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Cells } from "../../src/core/contract.ts";
import type { RowRun } from "../../src/core/mapping/rows.ts";
import { ByteSink, sharedBytes } from "../../src/core/mapping/template/byte-sink.ts";
import type { DocumentPlan } from "../../src/core/mapping/template/straight-plan.ts";
import { openThreadPlan, readyThread } from "../../src/core/pipeline/document-desk.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { plainCodec } from "./cell-formulas.ts";
import { scopeOf } from "./formula-place.ts";
import { template } from "./template-support.ts";

const codec = plainCodec(["NR", "NAME", "TAG", "BETRAG"]);

const SOURCE = `
liste:
  stand: = $date(TAG, 'dd.MM.yyyy')
  posten:
    =each: = $group
    nr: = $substring(NR, 1)
    name: "= NAME & ', ' & NR"
    tag: = $date(TAG, 'dd.MM.yyyy')
    betrag: = $decimal(BETRAG, '1.234,56')
    art: "= NAME = 'Bäcker' ? 'laden' : 'haus'"
`;

/** Many batches, so that a message has rows of several of them. */
async function rowsOf(
  count: number,
  name = (n: number): string => (n % 3 === 0 ? "Bäcker" : "A & B"),
): Promise<RowRun[]> {
  const lines = Array.from(
    { length: count },
    (_, n) => `${1000 + n};"${name(n)}";0${(n % 9) + 1}.04.2024;${n % 999}.000,50`,
  );
  const runs: RowRun[] = [];
  const context = { ...decodeContext(), cells: true };
  for await (const { cells, ends } of codec.decode(chunked(Buffer.from(lines.join("\n")), []), context)) {
    const known = cells as Cells;
    runs.push({ cells: known, from: 0, to: ends.length });
  }
  return runs;
}

const { document } = template("xml", SOURCE);
if (!document) throw new Error("the template needs more than cells");
const plan = document.plan(undefined);

function namesOf(runs: readonly RowRun[]): readonly string[] {
  return (runs[0] as RowRun).cells.names;
}

function here(runs: readonly RowRun[]): string {
  const out = new ByteSink(16, sharedBytes);
  expect(document?.bind(namesOf(runs), plan)(runs, scopeOf({}), out)).toBe("written");
  return Buffer.from(out.taken()).toString();
}

async function there(runs: readonly RowRun[], made: DocumentPlan = plan): Promise<string | undefined> {
  const out = new ByteSink(16, sharedBytes);
  const thread = openThreadPlan(made, namesOf(runs));
  const outcome = await thread.write(runs, out);
  thread.close();
  return outcome === "left" ? undefined : Buffer.from(out.taken()).toString();
}

describe("documents of another thread", () => {
  it("have the bytes of this one's, however large they grow", async () => {
    for (const count of [1, 7, 2_000]) {
      const runs = await rowsOf(count);
      const text = await there(runs);
      expect(text).toBe(here(runs));
      expect(text?.match(/<posten>/g)).toHaveLength(count);
    }
  });

  it("may be under way together, each with its own rows", async () => {
    const lists = await Promise.all(Array.from({ length: 20 }, (_, n) => rowsOf(50 + n, (row) => `${n}/${row}`)));
    const texts = await Promise.all(lists.map((runs) => there(runs)));
    expect(texts).toEqual(lists.map(here));
  });

  it("are left where a row needs more than its cells", async () => {
    expect(await there(await rowsOf(20, (n) => (n === 11 ? "e\u0301" : "Haus")))).toBeUndefined();
  });

  it("are left when the thread dies, and the next ones have a new thread", async () => {
    const runs = await rowsOf(30);
    const broken = { ...plan, root: { ...plan.root, content: undefined } } as unknown as DocumentPlan;
    const [dead, beside] = await Promise.all([there(runs, broken), there(runs)]);
    expect(dead).toBeUndefined();
    expect([undefined, here(runs)]).toContain(beside);
    expect(await there(runs)).toBe(here(runs));
  });

  it("may come to a thread that was started for them, and one that nobody needs holds no process", async () => {
    const runs = await rowsOf(30);
    readyThread();
    readyThread();
    expect(await there(runs)).toBe(here(runs));
    const desk = new URL("../../src/core/pipeline/document-desk.ts", import.meta.url).href;
    const code = `import { readyThread } from ${JSON.stringify(desk)}; readyThread();`;
    const began = performance.now();
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it("are left where there is no thread to be had", async () => {
    const runs = await rowsOf(3);
    const unsendable = { ...plan, head: () => "" } as unknown as DocumentPlan;
    expect(await there(runs, unsendable)).toBeUndefined();
  });
});
