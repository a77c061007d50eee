// INVOIC D.96A → XRechnung: our own samples are valid UBL with the amounts of their source; real interchanges become UBL, or a dead
// letter that says what they lack.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addSchemas } from "../../src/commands/schema-add.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { amountsOfSegments, amountsOfUbl, templatesOf } from "./invoic.ts";
import { lenient, openShipped, type ShippedBridge, validating } from "./shipped-bridge.ts";

const bridgeDir = fileURLToPath(new URL("../../mappings/invoic-d96a-xrechnung/", import.meta.url));
const sample = (name: string): string => join(bridgeDir, "tests", name, "input.edi");

/** Why real files of INVOIC, whatever the version, are dead letters. */
const OUTCOMES: Readonly<Record<string, string>> = {
  "2_anatoli308__Invoice.txt": "Steuerbasis je Satz (MOA+125 unter TAX) is required and empty",
  "anatoli308__Invoice.txt": "decode.edifact.messages does not name this message",
  "hupe1980__d01b_invoic_conforming.edi": "decode.edifact.messages does not name this message",
  "hupe1980__d96a_invoic_malformed.edi": "no case of invoic-d96a-xrechnung fits this record",
  "nerdocs__invoice1.edi": "decode.edifact.messages does not name this message",
  "xlate__invoic_d93a_una.edi": "decode.edifact.messages does not name this message",
};

describeWithData("old EDIFACT invoices as XRechnung", () => {
  let catalogDir: string;
  let bridge: ShippedBridge;
  let known: ShippedBridge;

  beforeAll(async () => {
    catalogDir = mkdtempSync(join(tmpdir(), "steg-catalog-"));
    const { signal } = new AbortController();
    await addSchemas({ source: sharedData("ubl21"), catalogDir, signal, name: "ubl", version: "2.1" });
    bridge = await openShipped("invoic-d96a-xrechnung", { text: validating, catalogDir });
    const numbers = new Set<string>();
    for (const file of Object.keys(OUTCOMES)) {
      const text = readFileSync(sharedData(`edifact/${file}`), "latin1");
      for (const [, number] of text.matchAll(/NAD\+\w+\+([0-9]+):/g)) numbers.add(number!);
    }
    const list = (row: (number: string) => string): string => [...numbers].map(row).join("\n");
    known = await openShipped("invoic-d96a-xrechnung", {
      text: (text) => validating(lenient(text)),
      catalogDir,
      codes: {
        leitweg: `KENNUNG;LEITWEG\n${list((number) => `${number};04011000-12345-34`)}\n`,
        partner: `GLN;NAME;STRASSE;PLZ;ORT;LAND;USTID;KONTAKT;TELEFON;MAIL\n${list((number) => `${number};Muster ${number};Weg 1;54321;Musterstadt;DE;;;;`)}\n`,
      },
    });
  }, 60_000);
  afterAll(() => {
    bridge?.remove();
    known?.remove();
    rmSync(catalogDir, { recursive: true, force: true });
  });

  it.each(["rechnung", "gutschrift"])("our own sample %s is valid UBL with the amounts of its source", async (name) => {
    const { bodies, errors } = await bridge.run(sample(name));
    expect(errors).toEqual([]);
    const { all, has } = amountsOfSegments(readFileSync(sample(name), "latin1"));
    // The amount to pay is the whole one where nothing else is said.
    const expected = has("9") ? all : [...all, /MOA\+86:([^']*)/.exec(readFileSync(sample(name), "latin1"))![1]!];
    // One rate only: its base is the invoice's.
    if (name === "gutschrift") expected.push("20.00");
    expect(amountsOfUbl(bodies[0]!)).toEqual(expected.sort());
  });

  it.each(Object.entries(OUTCOMES))("%s: %s", async (name, outcome) => {
    const { bodies, errors } = await known.run(sharedData(`edifact/${name}`));
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining(outcome)]);
    expect(bodies).toEqual([]);
  });

  it("the real invoice becomes valid UBL as soon as it says what it lacks", async () => {
    const text = readFileSync(sharedData("edifact/2_anatoli308__Invoice.txt"), "latin1");
    const dir = mkdtempSync(join(tmpdir(), "steg-invoic-"));
    try {
      const file = join(dir, "input.edi");
      const complete = text
        .replace("MOA+124:503.50'", "$&MOA+125:2650'")
        .replace(/(MOA\+124:453\.60')(?!.*\1)/s, "$&MOA+125:2160'")
        .replace("PRI+AAB:60:CA'", "PRI+AAA:60:CA'")
        .replace("PCD+1:10'", "$&MOA+8:240'");
      writeFileSync(file, complete, "latin1");
      const { bodies, errors } = await known.run(file);
      expect(errors).toEqual([]);
      expect(bodies[0]).toContain('<cbc:PayableAmount currencyID="EUR">5767.10</cbc:PayableAmount>');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe("invoic-d96a-xrechnung", () => {
  it("has one template twice: the credit note's is the invoice's, but for what UBL has elsewhere", () => {
    const { invoice, creditNote } = templatesOf(join(bridgeDir, "bridge.yaml"));
    expect(invoice.length).toBeGreaterThan(110);
    expect(invoice.filter((leaf) => !creditNote.includes(leaf))).toEqual([
      "/@xmlns urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
      "/cbc:DueDate = $faellig",
    ]);
    expect(creditNote.filter((leaf) => !invoice.includes(leaf))).toEqual([
      "/@xmlns urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
      "/cac:PaymentMeans/cbc:PaymentDueDate = $faellig",
    ]);
  });

  it("ships a test for each way", () => expect(readdirSync(join(bridgeDir, "tests"))).toHaveLength(3));
});
