// A drop of X12 interchanges and the 997s that lie in the folder for answers afterwards: through the real command line.

import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { interchange, ORDER } from "../adapters/x12-sample.ts";
import { createWorld, head, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

interface Surroundings extends World {
  /** ISA13 and what stands between GS and GE, by the name of the drop. */
  told(): readonly (readonly [name: string, number: string, ...segments: string[]])[];
}

function world(answer = "{ x12: { path: quittung }, folder: { path: quittungen } }"): Surroundings {
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "bestellungen",
    `${head("bestellungen")}receive:
  folder: { path: in, files: "*.x12", marker: "{name}.fertig", archive: archiv }
decode: { x12: {} }
map: { json: { nr: = BEG.BEG03 } }
deliver: { folder: { path: out, name: "{BEG.BEG03}.json" } }
answer: ${answer}
`,
  );
  return {
    ...made,
    told: () =>
      [...made.files("quittung")].map(([name, text]) => {
        const segments = text.split("~").filter((one) => /^(?:TA1|AK)/.test(one));
        return [name.replace(/\.\w{16}/, ""), text.slice(90, 99), ...segments] as const;
      }),
  };
}

/** An order of this number in an interchange of its own. */
function order(number: number): string {
  return interchange([ORDER.map((line) => line.replace("4500017", `45${number}`))], {
    control: String(number).padStart(9, "0"),
  });
}

const ACCEPTED = ["AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"];

it("a drop finds its 997s in the folder of the source, with numbers of one sequence", async () => {
  const { put, once, files, told, receipts } = world();
  put("a.x12", order(1) + order(2).replace("SE*17", "SE*16"));
  await once();
  put("b.x12", order(3).replace("IEA*1", "IEA*2"));
  await once();
  put("c.x12", order(1) + order(2).replace("SE*17", "SE*16"));
  await once();
  expect([...files("out").keys()]).toEqual(["451.json"]);
  expect(told()).toEqual([
    ["a.x12.1.997.x12", "000000001", ...ACCEPTED],
    ["a.x12.2.997.x12", "000000002", "AK1*PO*7", "AK2*850*0001", "AK5*R*4", "AK9*R*1*1*0"],
    ["b.x12.ta1.x12", "000000003", "TA1*000000003*261102*0815*R*021"],
    ["c.x12.1.ta1.x12", "000000004", "TA1*000000001*261102*0815*R*025"],
    ["c.x12.2.ta1.x12", "000000005", "TA1*000000002*261102*0815*R*025"],
  ]);
  expect(receipts()).toHaveLength(3);
});

it("a transaction set that breaks the standard is a dead letter, and its sender hears where", async () => {
  const { put, once, files, told } = world();
  put("a.x12", order(1).replace("CUR*BY*EUR", "SLN*1**I").replace("REF*DP*038", "REF*DP"));
  expect((await once()).bridges).toMatchObject([{ records: 1, delivered: 0, dead: 1 }]);
  expect(files("out").size).toBe(0);
  const findings = ["AK3*SLN*3**2", "AK3*REF*4**8", "AK4*2*127*2"];
  expect(told()).toEqual([
    ["a.x12.997.x12", "000000001", "AK1*PO*7", "AK2*850*0001", ...findings, "AK5*R*5", "AK9*R*1*1*0"],
  ]);
});

it("an answer that was written before the process died is the same afterwards; a replay writes none", async () => {
  const { put, path, start, files, told, once, steg } = world();
  // Its receipt cannot be written, so the drop stays unanswered.
  writeFileSync(path("data", "quittungen"), "");
  put("a.x12", order(1) + order(2).replace("SE*17", "SE*16"));
  const child = start(["up"]);
  const exit = new Promise((resolve) => void child.once("exit", resolve));
  while (files("quittung").size < 2) await sleep(50);
  child.kill("SIGKILL");
  await exit;
  const first = [...files("quittung")];
  for (const [name] of first) rmSync(path("data", "quittung", name));
  put("b.x12", order(3));
  rmSync(path("data", "quittungen"));
  await once();
  expect([...files("quittung")].slice(0, 2)).toEqual(first);
  expect(told().at(-1)).toEqual(["b.x12.997.x12", "000000003", ...ACCEPTED]);
  for (const [name] of files("quittung")) rmSync(path("data", "quittung", name));
  await steg(["replay", "bestellungen", "--yes"]);
  await once();
  expect(told()).toEqual([]);
});

it("an interchange that nobody can answer stands in the receipt", async () => {
  const { put, once, told, receipts } = world();
  put("a.x12", order(1).replace("WERKNORD       *ZZ", "               *ZZ"));
  await once();
  expect(told()).toEqual([]);
  expect(receipts()[0]?.hinweise).toEqual([
    "Eine Empfangsbestätigung (997, 999, TA1) ist nicht möglich: Absender, Empfänger oder Kontrollnummer der Übertragung fehlen. Der Absender muss auf anderem Weg erfahren, was daraus geworden ist.",
  ]);
});
