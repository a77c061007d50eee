// Schematron in a running appliance: what breaks a rule is a dead letter that a clerk can read about; what is only remarked
// on is delivered and counted in the log.

import { afterEach, expect, it } from "vitest";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const RULES = `<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
  <pattern><rule context="/rechnung">
    <assert id="RG-1" flag="fatal" test="number(summe) = number(netto) + number(steuer)">Die Summe ist Netto plus Steuer, nicht <value-of select="summe"/>.</assert>
    <assert id="RG-2" flag="warning" test="starts-with(nr, 'R-')">Die Nummer beginnt mit R-.</assert>
  </rule></pattern>
</schema>`;

/** The appliance as a process, until its log says this; then it is ended. Its whole log. */
async function runUntil(world: World, event: string): Promise<string> {
  const child = world.start(["up"], { STEG_LOG: "info" });
  let stderr = "";
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} in 30 s: ${stderr}`)), 30_000);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (!stderr.includes(event)) return;
      clearTimeout(late);
      child.kill("SIGTERM");
    });
    child.on("close", () => resolve());
  });
  return stderr;
}

it("errors are dead letters, remarks are counted in the log, values are in neither", async () => {
  const world = createWorld();
  worlds.push(world);
  const map = "map:\n  xml:\n    rechnung: { nr: = NR, netto: = NETTO, steuer: = STEUER, summe: = SUMME }\n";
  const out = `validate: { schematron: rules/rg.sch }\ndeliver:\n  folder: { path: out, name: "{$index}.xml" }\n${RECEIPTS}`;
  world.bridge("rechnung", head("rechnung") + RECEIVE + CSV + map + out, { "rules/rg.sch": RULES });
  world.put("a.csv", "NR;NETTO;STEUER;SUMME\nR-1;10;1;11\n2;10;1;11\n3;20;2;22\nR-4;10;1;4711\n");
  const stderr = await runUntil(world, "drop.noticed");
  expect([...world.files("out").keys()]).toEqual(["1.xml", "2.xml", "3.xml"]);
  const [letter] = await world.dead();
  expect(letter).toMatchObject({ record: 4, code: "RULE_BROKEN", stage: "validate" });
  expect(letter?.message).toMatch(/^\/rechnung: RG-1: Die Summe ist Netto plus Steuer, nicht …\. \(made by /);
  expect(world.receipts()[0]?.klaerfaelle[0]?.grund).toBe(
    "Die Nachricht verletzt an der Stelle /rechnung eine Regel des Standards: RG-1: Die Summe ist Netto plus Steuer, nicht ….",
  );
  const noticed = stderr.split("\n").filter((line) => line.includes("drop.noticed"));
  expect(noticed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { bridge: "rechnung", rule: "RG-2", count: 2 },
  ]);
  expect(JSON.stringify([letter, world.receipts(), stderr])).not.toContain("4711");
});
