// What codecs say of their records' tags, numbers and codes, and how one record looks with it.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openWriter } from "../../src/adapters/edifact/writer/writer.ts";
import { idocCodec } from "../../src/adapters/idoc/codec.ts";
import { shippedDictionary, SHIPPED_TYPES } from "../../src/adapters/idoc/shipped.ts";
import { CONTROL, CONTROL_FIELDS } from "../../src/adapters/idoc/control.ts";
import { readNames } from "../../src/adapters/shared/names/names.ts";
import { x12Writer } from "../../src/adapters/x12/writer.ts";
import { x12Codec } from "../../src/adapters/x12/codec.ts";
import { type Loop, PROFILED, profileOf } from "../../src/adapters/x12/profiles.ts";
import { printRecord } from "../../src/commands/record-lines.ts";
import type { Codec, Rec } from "../../src/core/contract.ts";
import type { Console } from "../../src/core/terminal/console.ts";
import type { Look } from "../../src/core/terminal/look.ts";
import { decodeAll } from "../conformance/codec.ts";
import { edifact, interchange as edifactInterchange, order } from "./edifact-samples.ts";
import * as idocs from "./idoc-sample.ts";
import { interchange, ORDER, OPTIONS } from "./x12-sample.ts";

/** Of the only record: what is said of each place. */
async function said(codec: Codec, text: string): Promise<Readonly<Record<string, string>>> {
  const { records } = await decodeAll(codec, Buffer.from(text));
  expect(records).toHaveLength(1);
  return Object.fromEntries([...codec.explain!(records[0] as Rec)].map(({ path, says }) => [path.join("."), says]));
}

describe("EDIFACT", () => {
  it("groups, segments, elements and qualifiers by the message's directory", async () => {
    expect(await said(edifact(), edifactInterchange(order(1)))).toMatchObject({
      UNB: "Interchange header",
      "UNH.S009.de0065": "Message type: Order",
      "DTM.0": "Date/time/period: Document",
      "DTM.0.C507.de2005": "Date/time/period qualifier: Document",
      "SG2.0": "group NAD, Name and address: Buyer",
      "SG2.0.NAD.de3035": "Party qualifier: Buyer",
      "SG2.0.NAD.C080.de3036.0": "Party name",
      "SG25.0": "group LIN, Line item",
      "SG25.0.QTY.0": "Quantity: Ordered",
    });
  });

  it("the same where a record is a group, or an interchange", async () => {
    expect(await said(edifact({ record: "SG25" }), edifactInterchange(order(1)))).toMatchObject({
      LIN: "Line item",
      "QTY.0.C186.de6063": "Quantity qualifier: Ordered",
      "message.UNB": "Interchange header",
      "message.SG2.1.NAD": "Name and address: Supplier",
    });
    expect(await said(edifact({ record: "interchange" }), edifactInterchange(order(1)))).toMatchObject({
      UNZ: "Interchange trailer",
      "messages.0.SG2.1.NAD": "Name and address: Supplier",
    });
  });

  it("of a message that no directory knows only the envelope", async () => {
    const names = await said(edifact({ strict: false }), edifactInterchange("UNH+1+XXXXXX:D:96A:UN'BGM+220'UNT+3+1'"));
    expect(Object.keys(names).filter((path) => !/^UN[BH]/.test(path))).toEqual([]);
  });
});

describe("an interchange that was written", () => {
  it("of EDIFACT has what each segment means", () => {
    const sketch = { message: "ORDERS D 96A UN" } as const;
    const { explain } = openWriter(sketch, { readBridgeFile: () => Buffer.from("") });
    const text = `UNA:+.? '\n${edifactInterchange(order(1)).replaceAll("'", "'\n")}`.replace(
      "Blumen Muster",
      "Blumen ?+ Söhne??",
    );
    expect(explain!(text)).toEqual([
      "",
      "Interchange header",
      "Message header: Order",
      "Beginning of message: Order",
      "Date/time/period: Document",
      "Name and address: Buyer",
      "Name and address: Supplier",
      "Line item",
      "Quantity: Ordered",
      "Section control: Details end, summary follows",
      "Control total: Lines",
      "Message trailer",
      "Interchange trailer",
      "",
    ]);
  });

  it("of X12, too", () => {
    const { explain } = x12Writer({ ST: { ST01: "850" } });
    const shown = interchange([ORDER]).replaceAll("~", "~\n");
    const said = explain!(shown);
    expect(said).toHaveLength(shown.split("\n").length);
    expect(said).toEqual(
      expect.arrayContaining(["Interchange: Mutually agreed", "Party: Ship to", "Description: Free", ""]),
    );
  });
});

describe("X12", () => {
  const codec = x12Codec(OPTIONS);

  it("segments, elements, codes and the first component of composites", async () => {
    expect(await said(codec, interchange([ORDER]))).toMatchObject({
      "ISA.ISA15": "Use: Production",
      "GS.GS01": "Kind of messages: Purchase orders",
      "BEG.BEG02": "Kind of order: Stand-alone order",
      "REF.0": "Reference: Department number",
      "N1.0": "Party: Ship to",
      "N1.0.N103": "Number given by: Buyer",
      "N1.0.N4.0": "Town",
      "PO1.0.PO106": "Kind of item number: Vendor's item number",
      "PO1.0.PID.0": "Description: Free",
    });
  });

  it("by the tag where there is no profile", async () => {
    expect(await said(codec, interchange([["940", "N1*SF*Lager"]]))).toMatchObject({
      "segments.0": "Party: Ship from",
      "segments.0.N101": "Who it is: Ship from",
    });
  });

  it("the list has nothing that the profiles do not know", () => {
    const known = new Set(["ISA", "GS", "ST", "SE"]);
    const add = ({ parts }: Loop): void => {
      for (const [tag, { loop }] of parts) {
        known.add(tag);
        if (loop) add(loop);
      }
    };
    for (const set of PROFILED) for (const release of ["004010", "005010"] as const) add(profileOf(set, release)!);
    const fields = fieldsOf("x12");
    expect(fields.length).toBeGreaterThan(100);
    expect(fields.filter((field) => !known.has(field) && !known.has(field.slice(0, -2)))).toEqual([]);
  });
});

describe("IDoc", () => {
  it("segments, fields and qualifiers, flat and as XML", async () => {
    const readFile = (): Uint8Array => Buffer.from("");
    const options = { strict: true, optional: undefined, empty: undefined, most: 1 << 20, dictionary: undefined };
    const text = idocs
      .order()
      .map((line) => `${line}\n`)
      .join("");
    const flat = await idocCodec({ ...options, form: "flat", encoding: "utf-8" }, readFile);
    expect(await said(flat, text)).toMatchObject({
      EDI_DC40: "Control record: From SAP",
      "EDI_DC40.MESTYP": "Message: Order",
    });
    const xml = await idocCodec({ ...options, form: "xml", encoding: undefined }, readFile);
    const document = `<ORDERS05><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><DIRECT>2</DIRECT></EDI_DC40><E1EDKA1 SEGMENT="1"><PARVW>AG</PARVW></E1EDKA1></IDOC></ORDERS05>`;
    expect(await said(xml, document)).toEqual({
      EDI_DC40: "Control record: To SAP",
      "EDI_DC40.DIRECT": "Direction: To SAP",
      "E1EDKA1.0": "Partner, header: Sold-to party (Auftraggeber)",
      "E1EDKA1.0.PARVW": "Who it is: Sold-to party (Auftraggeber)",
    });
  });

  it("the list has nothing that the shipped dictionaries do not know", () => {
    const known = new Set([CONTROL, ...CONTROL_FIELDS.map(({ name }) => `${CONTROL}.${name}`)]);
    for (const type of SHIPPED_TYPES) {
      for (const { type: segment, fields } of shippedDictionary(type)!.segments.values())
        for (const name of [segment, ...fields.map((field) => `${segment}.${field.name}`)]) known.add(name);
    }
    const fields = fieldsOf("idoc");
    expect(fields.length).toBeGreaterThan(60);
    expect(fields.filter((field) => !known.has(field))).toEqual([]);
  });
});

function fieldsOf(adapter: "idoc" | "x12"): readonly string[] {
  const text = readFileSync(new URL(`../../src/adapters/${adapter}/names.txt`, import.meta.url), "utf8");
  const fields = text.split("\n").flatMap((line) => (/^[A-Z]/.test(line) ? line.split(" ")[0]!.split(",") : []));
  const names = readNames(text);
  for (const field of fields) expect(names.title(field), field).toBeDefined();
  return fields;
}

describe("one record for people", () => {
  const plain: Look = { tty: false, color: false, unicode: true, width: 80 };

  function printed(record: Rec, remarks: Parameters<typeof printRecord>[2], most = 10, look = plain): string[] {
    const lines: string[] = [];
    const console = { out: look, line: (text = "") => void lines.push(text) } as unknown as Console;
    printRecord(console, record, remarks, { most, margin: 2 });
    return lines;
  }

  it("has a line per value, under names as formulas write them", () => {
    const record = { A: { a1: "x", C: { "c-1": "y" } }, B: [{ b1: "1" }, { b1: "2" }], n: null };
    const remarks = [
      { path: ["A"], says: "Kopf" },
      { path: ["B", 1, "b1"], says: "Nummer" },
    ];
    expect(printed(record, remarks)).toEqual([
      "  A             Kopf",
      "    a1       x",
      "    C.`c-1`  y",
      "  B[0].b1    1",
      "  B[1].b1    2  Nummer",
    ]);
  });

  it("counts what is not shown, and lets nothing steer the terminal", () => {
    const record = { a: "\u001b[2Jx", b: "2", c: "3" };
    expect(printed(record, [], 1)).toEqual(["  a  \\x1b[2Jx", "  … 2 more lines"]);
    expect(printed({ a: "1" }, [{ path: ["a"], says: "x" }], 1, { ...plain, color: true })).toEqual([
      "  a  1  \u001b[2mx\u001b[22m",
    ]);
  });

  it("cuts what is long to the width of the terminal", () => {
    const [line = ""] = printed({ name: "w ".repeat(200) }, [{ path: ["name"], says: "s ".repeat(200) }]);
    expect(line.length).toBeLessThanOrEqual(80);
    expect(line).toMatch(/w….*s…$/);
  });
});
