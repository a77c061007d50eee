// No accepted plan serves after its end, Notbetrieb included; no drop is lost, or leaves twice; no clock revives or kills a bridge.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createDrops, REAL, runPlan } from "./lifecycle-plans.ts";

/** The long run does a hundred thousand. */
const PLANS = 500;

it(`holds for ${PLANS} random lives of bridges`, async () => {
  const store = createDrops();
  const sum: Record<string, number> = {};
  for (let seed = 1; seed <= PLANS; seed++) {
    for (const [name, count] of Object.entries(await runPlan(seed, store)))
      sum[name] = (sum[name] ?? 0) + Number(count);
  }
  // What is never met proves nothing.
  for (const [name, count] of Object.entries(sum)) expect(count, name).toBeGreaterThan(100);
}, 120_000);

// A test that cannot fail proves nothing: each of these small changes of the code has to be noticed.
const MUTANTS: Readonly<Record<"state" | "notbetrieb" | "clock", readonly (readonly [string, string])[]>> = {
  state: [
    ["step.at <= now", "step.at < now"],
    ['current?.state !== "sunset"', "current?.state === undefined"],
    ["now < until) {", "now <= until) {"],
    ["retired === undefined && from <= now", "from <= now"],
    ["Math.max(current.at, until) : current.at", "current.at : current.at"],
    ["Math.min(closedAt, retired)", "closedAt"],
    ["extension.to > end ? extension.to : end", "end"],
    ["retiredAt <= now ? retiredAt : undefined", "false ? retiredAt : undefined"],
    ['state === "sunset" || state === "retired" ? "hold"', 'state === "sunset" ? "hold"'],
    ['if (state === "planned") return "leave";', ""],
    ["now < closedAt + FINISHES_WITHIN", "now <= closedAt + FINISHES_WITHIN * 2"],
    ["14 * 86_400_000", "13 * 86_400_000"],
  ],
  notbetrieb: [
    ['standing.state !== "sunset"', 'standing.state === "planned"'],
    ["uses >= policy.most", "uses > policy.most"],
    ["now < earliest", "now < earliest - 72_000_000"],
    ["uses: uses + 1", "uses"],
    ["until: now + STAGE_ONE", "until: now + 2 * STAGE_ONE"],
    ['!approver.roles.includes("approver")', "false"],
    ["isSamePerson(last.by, approver.actor)", "false"],
    ["last.stage === 2", "false"],
    ["last.from + STAGE_TWO", "last.until + STAGE_TWO"],
    ["STAGE_TWO = 14 * DAY", "STAGE_TWO = 15 * DAY"],
    ["last: { ...book.last, until: now }", "last: { ...book.last }"],
  ],
  clock: [
    ["return Math.max(now, shown.latest);", "return now;"],
    ['=== "ahead" ? known.latest', '=== "behind" ? known.latest'],
    ["if (ahead > MOST_JUMP)", "if (ahead > 1_000 * MOST_JUMP)"],
    ["latest: Math.max(reading.wall, least)", "latest: reading.wall"],
    ["uptime - suspicion.uptime >= SETTLES_AFTER", "uptime - suspicion.uptime >= 0"],
    ["Math.max(0, reading.uptime - memory.uptime)", "365 * 24 * MOST_JUMP"],
  ],
};
/** A change that is noticed is noticed soon. */
const TRIES = 600;

describe("a change of the code is noticed", () => {
  const folder = mkdtempSync(join(tmpdir(), "steg-mutants-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const cases = Object.entries(MUTANTS).flatMap(([file, changes]) => changes.map(([from, to]) => ({ file, from, to })));
  it.each(cases)(
    "$file: $from → $to",
    async ({ file, from, to }) => {
      const source = fileURLToPath(new URL(`../../src/core/lifecycle/${file}.ts`, import.meta.url));
      const text = readFileSync(source, "utf8");
      expect(text, "the code says it otherwise by now").toContain(from);
      // Its neighbours are the real ones.
      const moved = text
        .replace(from, () => to)
        .replaceAll(/from "(\.[^"]+)"/g, (_all, path: string) => {
          return `from "${pathToFileURL(join(dirname(source), path)).href}"`;
        });
      const path = join(folder, `${file}-${cases.findIndex((one) => one.from === from && one.to === to)}.mjs`);
      writeFileSync(path, stripTypeScriptTypes(moved));
      const changed = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as never;
      const modules = { ...REAL, [{ state: "states", notbetrieb: "rules", clock: "clocks" }[file] ?? ""]: changed };
      const store = createDrops();
      let noticed = "";
      for (let seed = 1; seed <= TRIES && noticed === ""; seed++) {
        await runPlan(seed, store, modules).catch((cause: Error) => void (noticed = cause.message));
      }
      expect(noticed).toMatch(/^plan \d+: /);
    },
    60_000,
  );
});
