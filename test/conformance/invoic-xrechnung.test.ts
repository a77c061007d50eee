// INVOIC D.14B → XRechnung: the official examples of EN 16931's EDIFACT binding become UBL that UBL's schemas accept, and say the same.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addSchemas } from "../../src/commands/schema-add.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { openXsd } from "../../src/core/validation/xsd.ts";
import { describeWithData, hasSharedData, sharedData } from "../shared-data.ts";
import {
  amountsOfSegments,
  amountsOfUbl,
  elementPaths,
  LEITWEG,
  leitwegTable,
  SOURCE,
  TARGET,
  templatesOf,
  textsAt,
} from "./invoic.ts";
import { lenient, openShipped, type ShippedBridge, validating } from "./shipped-bridge.ts";

const bridgeDir = fileURLToPath(new URL("../../mappings/invoic-xrechnung/", import.meta.url));

function officialExamples(): readonly string[] {
  if (!hasSharedData) return [];
  const inFolder = (folder: string, fits: (name: string) => boolean): string[] =>
    readdirSync(sharedData(folder))
      .filter(fits)
      .map((name) => sharedData(`${folder}/${name}`));
  return [
    ...inFolder("en16931/edifact", (name) => name.endsWith(".TXT")),
    ...inFolder("edifact", (name) => name.startsWith("connectingeu__")),
  ];
}

function withoutZeros(texts: Readonly<Record<string, readonly string[]>>): unknown {
  const short = (text: string): string => (/^-?[0-9]+\.[0-9]+$/.test(text) ? text.replace(/\.?0+$/, "") : text);
  return Object.fromEntries(Object.entries(texts).map(([name, list]) => [name, list.map(short)]));
}

const examples = officialExamples();
const own = readdirSync(join(bridgeDir, "tests")).filter((name) => name !== "ohne-leitweg");
const ownFile = (name: string, file: string): string => join(bridgeDir, "tests", name, file);

describeWithData("official EDIFACT invoices as XRechnung", () => {
  let catalogDir: string;
  let bridge: ShippedBridge;
  let strict: ShippedBridge;

  beforeAll(async () => {
    catalogDir = mkdtempSync(join(tmpdir(), "steg-catalog-"));
    const { signal } = new AbortController();
    await addSchemas({ source: sharedData("ubl21"), catalogDir, signal, name: "ubl", version: "2.1" });
    const codes = { leitweg: leitwegTable(examples) };
    bridge = await openShipped("invoic-xrechnung", { text: (text) => validating(lenient(text)), codes, catalogDir });
    strict = await openShipped("invoic-xrechnung", { codes });
  }, 60_000);
  afterAll(() => {
    bridge?.remove();
    strict?.remove();
    rmSync(catalogDir, { recursive: true, force: true });
  });

  it("are there", () => expect(examples.length).toBeGreaterThanOrEqual(13));

  it.each(examples.map((file) => [basename(file), file]))(
    "%s: valid UBL with every amount of its own",
    async (_, file) => {
      const { bodies, errors } = await bridge.run(file);
      expect(errors).toEqual([]);
      expect(bodies).toHaveLength(1);
      const [body = ""] = bodies;
      const { all, has } = amountsOfSegments(readFileSync(file, "latin1"));
      const expected = [...all];
      const leave = (value: string): void => void expected.splice(expected.indexOf(value), 1);
      const text = readFileSync(file, "latin1");
      // BT-111 without BT-6 has no currency; BT-148 without BT-147 no place; BT-110 is BT-117 where there is one breakdown.
      if (has("2") && !text.includes("CUX+6")) leave(/MOA\+2:([^:']*)/.exec(text)![1]!);
      for (const [, value] of text.matchAll(/PRI\+AAB:([^:']*)/g)) if (!has("509")) leave(value!);
      if (!has("176")) expected.push(/MOA\+124:([^:']*)/.exec(text)![1]!);
      expect(amountsOfUbl(body)).toEqual(expected.sort());
      expect(body).toContain(`<cbc:BuyerReference>${LEITWEG}</cbc:BuyerReference>`);
    },
  );

  const twins = examples.filter((file) => readdirSync(join(file, "..")).includes(basename(file).replace("TXT", "xml")));
  it.each(twins.map((file) => [basename(file), file]))("%s: says what its XML twin says", async (_, file) => {
    const { bodies } = await bridge.run(file);
    const said = textsAt(readFileSync(file.replace(/TXT$/, "xml"), "utf8"), SOURCE);
    // The twins write some amounts with other zeros behind the point than the interchanges.
    expect(withoutZeros(textsAt(bodies[0]!, TARGET))).toEqual(withoutZeros(said));
    expect(said["BT-131"]!.length).toBeGreaterThan(0);
  });

  it("need strict: false, because their envelopes do not count right", async () => {
    const codes = new Map<string, BridgeError>();
    for (const file of examples) {
      const fault = await strict.run(file).then(
        ({ errors }) => errors[0],
        (cause: unknown) => cause as BridgeError,
      );
      expect(fault, file).toBeInstanceOf(BridgeError);
      codes.set(basename(file), fault!);
    }
    expect(new Set([...codes.values()].map(({ code }) => code))).toEqual(
      new Set(["EDIFACT_ENVELOPE", "EDIFACT_BROKEN"]),
    );
    const error = codes.get("EDIFACT_EXAMPLE0.TXT");
    expect(error?.message).toContain("the count of segments is 171, but there are 37");
    expect(error?.facts).toMatchObject({ error0085: "29", level: "UCM", segment: "UNT" });
  });

  it.each(own)("our own sample %s is valid UBL", async (name) => {
    const root = name === "gutschrift" ? "CreditNote" : "Invoice";
    const validator = await openXsd({
      bridgeDir: sharedData("ubl21"),
      schema: `maindoc/UBL-${root}-2.1.xsd`,
      catalogDir: undefined,
    });
    const documents = readFileSync(ownFile(name, "expected.xml"), "utf8").split(/^(?=<\?xml)/m);
    for (const document of documents) expect(validator.validate(document)).toEqual([]);
  });

  it("write every element that XRechnung's business cases have, and two more", () => {
    const folder = sharedData("xrechnung/business-cases");
    const known = new Set<string>();
    for (const file of readdirSync(folder)) {
      for (const path of elementPaths(readFileSync(join(folder, file), "utf8"))) known.add(path);
    }
    const ours = new Set<string>();
    for (const name of own.filter((one) => one !== "gutschrift")) {
      const documents = readFileSync(ownFile(name, "expected.xml"), "utf8").split(/^(?=<\?xml)/m);
      for (const document of documents) for (const path of elementPaths(document)) ours.add(path);
    }
    expect([...ours].filter((path) => !known.has(path)).sort()).toEqual([
      "InvoiceLine/Item/OriginCountry",
      "InvoiceLine/Item/OriginCountry/IdentificationCode",
      "PayeeParty/PartyLegalEntity",
      "PayeeParty/PartyLegalEntity/CompanyID",
    ]);
    expect([...known].filter((path) => !ours.has(path)).sort()).toEqual([]);
  });
});

describe("invoic-xrechnung", () => {
  it("has one template twice: the credit note's is the invoice's, but for what UBL has elsewhere", () => {
    const { invoice, creditNote } = templatesOf(join(bridgeDir, "bridge.yaml"));
    expect(invoice.length).toBeGreaterThan(180);
    expect(invoice.filter((leaf) => !creditNote.includes(leaf))).toEqual([
      "/@xmlns urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
      "/cbc:DueDate = $faellig",
      "/cac:ProjectReference/cbc:ID = $bezug.AEP",
    ]);
    expect(creditNote.filter((leaf) => !invoice.includes(leaf))).toEqual([
      "/@xmlns urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
      "/cac:AdditionalDocumentReference/cbc:ID = $bezug.AEP",
      "/cac:AdditionalDocumentReference/cbc:DocumentTypeCode 50",
      "/cac:PaymentMeans/cbc:PaymentDueDate = $faellig",
    ]);
  });

  it("gives documents to the invoice before them only: a bad invoice takes its own along, and no other", async () => {
    const bridge = await openShipped("invoic-xrechnung");
    const dir = mkdtempSync(join(tmpdir(), "steg-invoic-"));
    try {
      const [head, withDocument, plain] = readFileSync(ownFile("anlagen", "input.edi"), "utf8").split(/^(?=UNH)/m);
      const before = plain!
        .replace(/UNZ.*/s, "")
        .replace("UNH+2", "UNH+0")
        .replace(/(UNT\+[0-9]+)\+2/, "$1+0");
      const bad = withDocument!.replace("LIN+1'", "XYZ+1'");
      const file = join(dir, "input.edi");
      writeFileSync(file, `${head}${before}${bad}${plain!.replace("UNZ+3", "UNZ+4")}`);
      const { bodies, errors } = await bridge.run(file);
      expect(errors.map(({ code }) => code)).toEqual(["EDIFACT_STRUCTURE"]);
      expect(bodies).toHaveLength(2);
      expect(bodies.join("")).not.toContain("EmbeddedDocumentBinaryObject");
    } finally {
      bridge.remove();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
