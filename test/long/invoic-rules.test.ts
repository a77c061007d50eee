// What the shipped bridges make of EDIFACT invoices keeps the rules of EN 16931 and XRechnung.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import { sharedData } from "../shared-data.ts";
import { leitwegTable } from "../conformance/invoic.ts";
import { broken, noOfficialRules, openEn16931, openXRechnung } from "../conformance/official-rules.ts";
import { lenient, openShipped, type ShippedBridge } from "../conformance/shipped-bridge.ts";

const mappings = fileURLToPath(new URL("../../mappings/", import.meta.url));

function samples(): readonly (readonly [name: string, file: string])[] {
  return ["invoic-xrechnung", "invoic-d96a-xrechnung"].flatMap((bridge) =>
    readdirSync(join(mappings, bridge, "tests"))
      .map((name) => [`${bridge}/${name}`, join(mappings, bridge, "tests", name, "expected.xml")] as const)
      .filter(([, file]) => readdirSync(join(file, "..")).includes("expected.xml")),
  );
}

describeNeeding("official-rules", noOfficialRules, "EDIFACT invoices as XRechnung, by the rules", () => {
  const rules = [openEn16931("ubl"), openXRechnung("ubl")];
  const folder = sharedData("en16931/edifact");
  const examples = readdirSync(folder).filter((name) => name.endsWith(".TXT"));
  let bridge: ShippedBridge;
  beforeAll(async () => {
    const codes = { leitweg: leitwegTable(examples.map((name) => join(folder, name))) };
    bridge = await openShipped("invoic-xrechnung", { text: lenient, codes });
  });
  afterAll(() => bridge?.remove());

  it.each(samples())("our own sample %s keeps all of them", (_, file) => {
    for (const document of readFileSync(file, "utf8").split(/^(?=<\?xml)/m)) {
      // That a date of delivery should be said, where it is not, is information.
      const found = rules.flatMap((one) => broken(one, document));
      expect(found.filter((one) => one !== "information BR-DE-TMP-32")).toEqual([]);
    }
  });

  /** What the examples themselves leave out: an account (BR-61), the name and the type of a file, and what only Germany asks for. */
  const LACKING: Readonly<Record<string, readonly [en16931: string, xrechnung: string]>> = {
    "EDIFACT_EXAMPLE0.TXT": ["", "BR-DE-2"],
    "EDIFACT_EXAMPLE0a.TXT": ["", "BR-DE-2"],
    "EDIFACT_EXAMPLE1.TXT": ["", "BR-DE-2"],
    "EDIFACT_EXAMPLE3.TXT": ["", "BR-DE-5 BR-DE-6"],
    "EDIFACT_EXAMPLE5.TXT": ["BR-61 UBL-DT-07 BR-CL-24", "BR-DE-23-a"],
    "EDIFACT_EXAMPLE7.TXT": ["", "BR-DE-14"],
    "EDIFACT_EXAMPLE9.TXT": ["", "BR-DE-5"],
  };

  it.each(examples)("%s breaks what it leaves out, and nothing else", async (name) => {
    const { bodies } = await bridge.run(join(folder, name));
    expect(bodies).toHaveLength(1);
    const errors = rules.map((one) => broken(one, bodies[0] ?? "").filter((found) => found.startsWith("error ")));
    expect(errors.map((found) => found.join(" ").replaceAll("error ", ""))).toEqual(LACKING[name] ?? ["", ""]);
  });
});
