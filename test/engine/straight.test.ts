// A bridge whose rows go cell by cell into a growing file ends like one that makes a record and a message of each: the same file, dead
// letters, skipped records and figures.

import { afterEach, describe, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const MEMBERS = `    id: = ID
    name: "= NAME & ', ' & ORT"
    tag: = $date(TAG, 'dd.MM.yyyy')
    betrag: "= $decimal(BETRAG, '1.234,56')"
    aktiv: = ORT = 'J'
`;

/** `more` keeps the rows from going straight. */
function bridge(world: World, more: string, lines: "lines" | "array"): void {
  world.bridge(
    "zeilen",
    `${head("zeilen")}${RECEIVE}${CSV}map:
${more}  json:
${MEMBERS}encode:
  json: ${lines}
deliver:
  batch: { drop: true }
  folder: { path: out, name: "{$file.stem}.json" }
${RECEIPTS}`,
  );
}

/** Good rows, and among them everything that is none. */
function drop(): string {
  const odd = [
    'x;"zwei\nZeilen";Ort;01.02.2003;1,5',
    "zu;kurz",
    "zu;lang;Ort;01.02.2003;1,5;x",
    "kein;Tag;Ort;31.02.2003;1,5",
    "kein;Betrag;Ort;01.02.2003;eins",
    'q;"er sagte ""ja"" \\ ";Ort;;',
    "\u0000;\t;\u001f;;",
    'm;"a"b;Ort;;',
    "",
    ";;;;",
    "😀;Ä;ß;29.02.2024;-1.234,50",
  ];
  const rows = Array.from({ length: 1_700 }, (_, at) =>
    at % 97 === 5 ? odd[Math.floor(at / 97) % odd.length] : `${at};Müller;J;01.02.2003;${at},50`,
  );
  return `ID;NAME;ORT;TAG;BETRAG\n${rows.join("\n")}`;
}

async function run(more: string, lines: "lines" | "array"): Promise<unknown> {
  const world = createWorld();
  worlds.push(world);
  bridge(world, more, lines);
  world.put("a.csv", drop());
  world.put("b.csv", "ID;NAME;ORT;TAG;BETRAG\n1;ohne;;;");
  const { bridges } = await world.once();
  const dead = await world.dead();
  return {
    bridges,
    files: [...world.files("out")],
    dead: dead.map(({ record, stage, code, message }) => ({ record, stage, code, message })),
    receipts: world.receipts().map(({ saetze, klaerfaelle }) => ({ saetze, klaerfaelle })),
  };
}

describe("rows that go straight into the file", () => {
  it.each(["lines", "array"] as const)("give the same %s, dead letters and figures as records do", async (lines) => {
    const straight = await run("", lines);
    const general = await run("  let: { unbenutzt: = ID }\n", lines);
    expect(straight).toEqual(general);
    expect(straight).toMatchObject({ bridges: [{ drops: 2, pending: 0 }] });
  });
});
