// decode.pdf: what forms and files inside mean, on PDFs made by hand; then what every codec keeps.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { options, STANDARD } from "../../src/adapters/pdf/options.ts";
import { pdf } from "../../src/adapters/pdf/index.ts";
import { xmlCodec } from "../../src/adapters/xml/codec.ts";
import { codecConformance, decodeAll } from "../conformance/codec.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { codecWith, FORM, fieldsOf, read } from "./pdf-codec.ts";
import { fileWithin, formFile, pdfFile } from "./pdf-files.ts";

const utf16 = (text: string): string => `<feff${Buffer.from(text, "utf16le").swap16().toString("hex")}>`;
const on = (...states: string[]): string => `/AP << /N << ${states.map((state) => `/${state} null`).join(" ")} >> >>`;

describe("fields", () => {
  it("reads texts in all three encodings, escaped and in hexadecimal digits", async () => {
    const fields = [
      "<< /FT /Tx /T (a) /V (plain \\(\\344\\) \\\\ (x) \\\r\nb) >>",
      `<< /FT /Tx /T (b) /V ${utf16("Łukasz 😀")} >>`,
      `<< /FT /Tx /T (c) /V <efbbbf${Buffer.from("ſüß").toString("hex")}> >>`,
      "<< /FT /Tx /T (d) /V (\\240 \\200 \\225 \\037) >>",
      `<< /FT /Tx /T ${utf16("straße")} /V (x) >>`,
      "<< /FT /Tx /T (leer) /V () >>",
      "<< /FT /Tx /T (ohne) >>",
      "<< /FT /Tx /T (zeilen) /V (eins\\rzwei\\r\\ndrei) >>",
    ];
    expect(await fieldsOf(formFile(fields))).toEqual({
      a: "plain (ä) \\ (x) b",
      b: "Łukasz 😀",
      c: "ſüß",
      d: "€ • Ł ˜",
      straße: "x",
      zeilen: "eins\nzwei\ndrei",
    });
  });

  it("reads a long text out of a stream", async () => {
    const bytes = formFile(["<< /FT /Tx /T (a) /V 30 0 R >>"], { objects: { 30: { data: "lang" } } });
    expect(await fieldsOf(bytes)).toEqual({ a: "lang" });
  });

  it("says true or false of a box, and which of several of one name is ticked", async () => {
    const fields = [
      `<< /FT /Btn /T (an) /V /Ja ${on("Ja", "Off")} >>`,
      `<< /FT /Btn /T (aus) /V /Off ${on("Ja")} >>`,
      "<< /FT /Btn /T (nie) >>",
      `<< /FT /Btn /T (gezeigt) /AS /Ja ${on("Ja")} >>`,
      `<< /FT /Btn /T (wahl) /V /B /Kids [<< ${on("A")} >> << ${on("B")} >>] >>`,
      `<< /FT /Btn /T (offen) /V /Off /Kids [<< ${on("A")} >> << ${on("B")} >>] >>`,
      "<< /FT /Btn /T (knopf) /Ff 65536 >>",
    ];
    expect(await fieldsOf(formFile(fields))).toEqual({ an: true, aus: false, nie: false, gezeigt: true, wahl: "B" });
  });

  it("says which radio button is chosen, by the value that the form exports", async () => {
    const fields = [
      `<< /FT /Btn /Ff 32768 /T (a) /V /viertelj#E4hrlich /Kids [<< ${on("x")} >>] >>`,
      `<< /FT /Btn /Ff 32768 /T (b) /V /1 /Opt [(ja, gern) ${utf16("nein, Łu")}] /Kids [<< ${on("0")} >> << ${on("1")} >>] >>`,
      "<< /FT /Btn /Ff 32768 /T (c) /V /Off >>",
      `<< /FT /Btn /Ff 32768 /T (d) /V /m#c3#bc >>`,
    ];
    expect(await fieldsOf(formFile(fields))).toEqual({ a: "vierteljährlich", b: "nein, Łu", d: "mü" });
  });

  it("says what was chosen of a list", async () => {
    const fields = [
      "<< /FT /Ch /T (eine) /V (02) /Opt [[(01) (Dackel)] [(02) (Pudel)]] >>",
      "<< /FT /Ch /T (mehrere) /Ff 2097152 /V [(A) (C)] >>",
      "<< /FT /Ch /T (davon) /Ff 2097152 /V (B) >>",
      "<< /FT /Ch /T (keine) /Ff 2097152 /V [] >>",
    ];
    expect(await fieldsOf(formFile(fields))).toEqual({ eine: "02", mehrere: ["A", "C"], davon: ["B"] });
  });

  it("nests names, inherits, and leaves out numbers that say nothing", async () => {
    const bytes = formFile(["<< /T (person) /FT /Tx /Kids [20 0 R 21 0 R] >>", "<< /FT /Tx /T (a.b.c) /V (tief) >>"], {
      objects: {
        20: "<< /T (name) /V (Muster) /Parent 10 0 R >>",
        21: "<< /T (ort) /Parent 10 0 R /V (Neustadt) /Kids [<< /Subtype /Widget >> << /Subtype /Widget >>] >>",
      },
    });
    expect(await fieldsOf(bytes)).toEqual({
      person: { name: "Muster", ort: "Neustadt" },
      a: { b: { c: "tief" } },
    });
    const designer = ["Antrag[0].Kind[0].Name[0]", "Antrag[0].Kind[1].Name[0]", "Antrag[0].#subform[0].x[0]"];
    expect(await fieldsOf(formFile(designer.map((name, at) => `<< /FT /Tx /T (${name}) /V (${at}) >>`)))).toEqual({
      Antrag: { "Kind[0]": { Name: "0" }, "Kind[1]": { Name: "1" }, "#subform": { x: "2" } },
    });
  });

  it("undoes what LibreOffice does to names, and nothing that others write", async () => {
    const names = ["gef#C3#A4hrlich", "Name#20des#20Hundes", "Nr#2", "50#25", "#C3", "a#00b", "a#c3#a4"];
    const fields = names.map((name) => `<< /FT /Tx /T (${name}) /V (x) >>`);
    const from = async (info: string): Promise<readonly string[]> => {
      const bytes = formFile(fields, { trailer: "/Info 30 0 R", objects: { 30: `<< ${info} >>` } });
      return Object.keys((await fieldsOf(bytes)) as object);
    };
    const meant = ["gefährlich", "Name des Hundes", "Nr#2", "50%", "#C3", "a#00b", "a#c3#a4"];
    expect(await from("/Producer (LibreOffice 24.2)")).toEqual(meant);
    // Filled in with another program.
    expect(await from("/Producer (Another) /Creator (Writer)")).toEqual(meant);
    expect(await from("/Producer (Another)")).toEqual(names);
  });

  it("keeps names that mean something to programs as data", async () => {
    const names = ["__proto__.x", "constructor", "a", "a.b", "toString"];
    const fields = names.map((name) => `<< /FT /Tx /T (${name}) /V (v) >>`);
    const { batches } = await read(formFile(fields));
    const record = (batches[0]!.records[0] as { fields: Record<string, unknown> }).fields;
    expect(Object.keys(record)).toEqual(["__proto__", "constructor", "a", "toString"]);
    expect(Object.getOwnPropertyDescriptor(record, "__proto__")!.value).toEqual({ x: "v" });
    expect(record["a"]).toEqual({ b: "v", "#text": "v" });
  });

  it("takes fields of one name for one, unless their values differ", async () => {
    const field = (value: string): string => `<< /FT /Tx /T (a) ${value} >>`;
    expect(await fieldsOf(formFile([field("/V (x)"), field("/V (x)"), field("")]))).toEqual({ a: "x" });
    expect(await fieldsOf(formFile([field("/V (x)"), field("/V (y)")]))).toBe("PDF_FIELD_TWICE");
  });

  it("counts signatures, says that there is XFA beside the fields, and refuses XFA alone", async () => {
    const text = "<< /FT /Tx /T (a) /V (x) >>";
    const { records } = await read(
      formFile([text, "<< /FT /Sig /T (s) /V << /Type /Sig >> >>", "<< /FT /Sig /T (t) >>"], { form: "/XFA (x)" }),
    );
    expect(records).toMatchObject([{ kind: "document", fields: { a: "x" }, signatures: 1, xfa: true, pages: 1 }]);
    expect(await fieldsOf(formFile([], { form: "/XFA (x)" }))).toBe("PDF_XFA");
    expect(await fieldsOf(formFile([text], { form: "/XFA (x)", catalog: "/NeedsRendering true" }))).toBe("PDF_XFA");
  });

  it("refuses a text with bytes that mean nothing, and says nothing of it", async () => {
    for (const value of ["(\\001)", "<fffe00d8>", "<feffd800>", "<efbbbfff>", "(\\235\\237)"]) {
      const { thrown, messages } = await read(formFile([`<< /FT /Tx /T (geheim) /V ${value} >>`]));
      expect(thrown).toBe("PDF_BROKEN");
      expect(messages.join()).not.toContain("geheim");
    }
  });

  it("refuses a PDF without fields where fields are wanted", async () => {
    expect(await fieldsOf(formFile([]))).toBe("PDF_NO_FIELDS");
    expect(await fieldsOf(formFile(["<< /FT /Btn /T (knopf) /Ff 65536 >>"]))).toBe("PDF_NO_FIELDS");
  });
});

const XML = {
  namespaces: undefined,
  names: "local",
  lists: undefined,
  doctype: "refuse",
  encoding: undefined,
  most: 1 << 24,
} as const;
const INVOICE = '<r:Rechnung xmlns:r="urn:x" id="7"><Nr>4711</Nr><Pos><B>1</B></Pos></r:Rechnung>';

describe("files inside", () => {
  it("gives what is in the wanted ones as decode.xml would", async () => {
    const bytes = fileWithin([
      ["bild.png", "x"],
      ["Factur-X.XML", INVOICE],
    ]);
    const { records, ends } = await read(bytes, { attachments: ["factur-x.xml"] });
    expect(records).toEqual([{ "@id": "7", Nr: "4711", Pos: { B: "1" } }]);
    expect(ends).toEqual([bytes.length]);
    const xml = { lists: ["Pos"], names: "prefixed", namespaces: { r: "urn:x" } } as const;
    expect((await read(bytes, { attachments: ["*.xml"], xml })).records).toEqual([
      { "@id": "7", Nr: "4711", Pos: [{ B: "1" }] },
    ]);
  });

  it("makes a fault of a file that is no XML, and reads the others", async () => {
    const bytes = fileWithin([
      ["a.xml", "<a>geheim"],
      ["b.xml", "<b>1</b>"],
      ["c.xml", ""],
      ["d.xml", "<!DOCTYPE a><a/>"],
    ]);
    const { records, messages, ends } = await read(bytes, { attachments: ["*"] });
    expect(records).toEqual(["XML_BROKEN", { "#text": "1" }, "XML_BROKEN", "XML_DOCTYPE"]);
    expect(messages[0]).toBe("file 1 inside the PDF: line 1, column 10: not well-formed, unclosed tag");
    expect(ends).toEqual([bytes.length - 3, bytes.length - 2, bytes.length - 1, bytes.length]);
  });

  it("gives a record per file beside the form, with text, bytes and tree", async () => {
    const files = fileWithin([["a.xml", INVOICE]]);
    expect(await fieldsOf(files, { fields: true, attachments: ["*"] })).toBe("PDF_NO_FIELDS");
    const spec =
      "<< /Type /Filespec /F (x) /UF <feff00e4002e0078006d006c> /Desc (Daten) /AFRelationship /Alternative /EF << /F 31 0 R >> >>";
    const bytes = formFile(["<< /FT /Tx /T (a) /V (x) >>"], {
      catalog: "/AF [30 0 R] /Names << /EmbeddedFiles << /Kids [<< /Names [(k) 30 0 R] >>] >> >>",
      objects: { 30: spec, 31: { dict: "/Subtype /text#2Fxml", data: INVOICE } },
    });
    const { records } = await read(bytes, { fields: true, attachments: ["*"] });
    expect(records).toEqual([
      { kind: "document", fields: { a: "x" }, pages: 1, info: {}, signatures: 0, xfa: false, encrypted: false },
      {
        kind: "file",
        name: "ä.xml",
        mediaType: "text/xml",
        description: "Daten",
        relationship: "Alternative",
        size: INVOICE.length,
        text: INVOICE,
        base64: Buffer.from(INVOICE).toString("base64"),
        xml: { "@id": "7", Nr: "4711", Pos: { B: "1" } },
      },
    ]);
    expect((await read(bytes, { fields: true, attachments: ["nichts"] })).records).toHaveLength(1);
  });

  it("finds the document of a hybrid PDF, and nothing in what is none", async () => {
    const odt = "/application#2Fvnd#2Eoasis#2Eopendocument#2Etext";
    const bytes = formFile(["<< /FT /Tx /T (a) /V (x) >>"], {
      trailer: `/AdditionalStreams [${odt} 30 0 R /x 30 0 R 30 0 R ${odt} ${odt} 1 0 R /application#2Fx 31 0 R /lost]`,
      objects: { 30: { data: "PK" }, 31: { data: "1" } },
    });
    const { records } = await read(bytes, { fields: true, attachments: ["*"] });
    expect(records.slice(1)).toMatchObject([
      { name: "Original.odt", mediaType: "application/vnd.oasis.opendocument.text", text: "PK" },
      { name: "Original.bin", mediaType: "application/x", text: "1" },
    ]);
  });

  it("finds files that are pinned to pages", async () => {
    const bytes = pdfFile({
      objects: {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Kids [3 0 R] >>",
        3: "<< /Type /Page /Annots [<< /Subtype /FileAttachment /FS << /F (p.xml) /EF << /F 4 0 R >> >> >>] >>",
        4: { data: "<p/>" },
      },
    });
    expect((await read(bytes, { attachments: ["p.xml"] })).records).toEqual([{}]);
  });

  it("says which files there are where none fits", async () => {
    const { thrown, messages } = await read(fileWithin([["geheim.xml", "x"]]), { attachments: ["factur-x.xml"] });
    expect(thrown).toBe("PDF_NO_ATTACHMENT");
    expect(messages).toEqual(["the PDF holds 1 file, none of the names that decode.pdf.attachments has"]);
    expect((await read(formFile([]), { attachments: ["factur-x.xml"] })).thrown).toBe("PDF_NO_ATTACHMENT");
  });

  it("keeps bytes exactly, whatever they hold", async () => {
    const data = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) & 0xff));
    const { records } = await read(
      formFile(["<< /FT /Tx /T (a) >>"], {
        catalog: "/AF [<< /F (x) /EF << /F 30 0 R >> >>]",
        objects: { 30: { data: Buffer.concat([data, Buffer.from("\nendstream endobj stream Livestream\n")]) } },
      }),
      { fields: true, attachments: ["*"] },
    );
    const { base64, size, text } = records[1] as { base64: string; size: number; text: unknown };
    expect({ size, text }).toEqual({ size: 4096 + 36, text: undefined });
    expect(createHash("sha256").update(Buffer.from(base64, "base64").subarray(0, 4096)).digest("hex")).toBe(
      createHash("sha256").update(data).digest("hex"),
    );
  });
});

describeWithData("invoices of others, inside a PDF", () => {
  const folder = sharedData("xrechnung");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".xml"));

  it("give what decode.xml gives of them alone", async () => {
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const xml = readFileSync(join(folder, name));
      const root = /<(?:\w+:)?([A-Z]\w+)[\s>]/.exec(xml.toString())![1]!;
      const alone = xmlCodec({ ...XML, record: `/${root}` });
      const bytes = fileWithin([["xrechnung.xml", xml]]);
      const { records } = await read(bytes, { attachments: ["xrechnung.xml"] });
      expect(records).toEqual((await decodeAll(alone, xml)).records);
      expect(records).toHaveLength(1);
    }
  });
});

describe("the file itself", () => {
  const form = formFile(["<< /FT /Tx /T (a) /V (x) >>"]);

  it("may have lines before its header and white space behind its end", async () => {
    const bytes = Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), form, Buffer.from("\r\n\0\u001a")]);
    expect(await fieldsOf(bytes)).toEqual({ a: "x" });
  });

  it("is refused where it is something else, by what it is", async () => {
    const cases: [string | Buffer, string][] = [
      ["", "it is empty"],
      ["<html><body>Login", "it begins as a web page"],
      ["<?xml version='1.0'?>", "it begins as XML"],
      ["PK\u0003\u0004", "it begins as a ZIP archive or an office document"],
      [Buffer.from([0xff, 0xd8, 0xff]), "it begins as a JPEG image"],
      ["NR;NAME", "it begins as something else"],
    ];
    for (const [bytes, found] of cases) {
      const outcome = await read(Buffer.from(bytes as string));
      expect(outcome).toMatchObject({ thrown: "PDF_NOT_PDF", messages: [`the file is no PDF: ${found}`] });
    }
  });

  it("of several states of one form gives the newest, and nothing where that was cut off", async () => {
    const start = form.length;
    const at = String(start).padStart(10, "0");
    const update = `10 0 obj\n<< /FT /Tx /T (a) /V (neu) >>\nendobj\nxref\n10 1\n${at} 00000 n \ntrailer\n<< /Size 11 /Root 1 0 R /Prev ${/startxref\n(\d+)/.exec(form.toString("latin1"))![1]} >>\nstartxref\n${start + 46}\n%%EOF\n`;
    const bytes = Buffer.concat([form, Buffer.from(update)]);
    expect(update.indexOf("xref")).toBe(46);
    expect(await fieldsOf(bytes)).toEqual({ a: "neu" });
    for (let cut = 1; cut < update.length - 6; cut += 3) {
      expect(await fieldsOf(bytes.subarray(0, start + cut))).toBe("PDF_BROKEN");
    }
  });

  it("may be a hybrid one, with objects that only its stream names", async () => {
    // The table says of the field that it is free; the stream (type, offset, generation) says where it lies.
    const text = form.toString("latin1");
    const at = text.indexOf("10 0 obj");
    const xref = text.indexOf("xref\n0");
    const row = Buffer.from([1, at >> 8, at & 0xff, 0]).toString("latin1");
    const stream = `30 0 obj\n<< /Type /XRef /W [1 2 1] /Size 31 /Index [10 1] /Length 4 >>\nstream\n${row}\nendstream\nendobj\n`;
    const hybrid = text
      .slice(xref)
      .replace(`${String(at).padStart(10, "0")} 00000 n`, "0000000000 65535 f")
      .replace("/Root", `/XRefStm ${xref} /Root`)
      .replace(/startxref\n\d+/, `startxref\n${xref + stream.length}`);
    expect(await fieldsOf(Buffer.from(text.slice(0, xref) + stream + hybrid, "latin1"))).toEqual({ a: "x" });
    const without = hybrid.replace(`/XRefStm ${xref} `, "");
    expect(await fieldsOf(Buffer.from(text.slice(0, xref) + stream + without, "latin1"))).toBe("PDF_NO_FIELDS");
  });

  it("knows a table that begins at 1 with the entry of 0", async () => {
    const text = form.toString("latin1").replace(/xref\n0 /, "xref\n1 ");
    expect(await fieldsOf(Buffer.from(text, "latin1"))).toEqual({ a: "x" });
  });
});

describe("options", () => {
  it("ask for something", () => {
    const found: string[] = [];
    const refuse = (option: string, what: string): void => void found.push(`${option} ${what}`);
    pdf.check!({ fields: false, attachments: undefined, text: undefined, xml: undefined, most: undefined }, refuse);
    expect(found.splice(0)).toEqual(["fields asks for nothing, and neither do attachments and text"]);
    pdf.check!(
      { fields: false, attachments: ["*.xml", "[a"], text: undefined, xml: undefined, most: undefined },
      refuse,
    );
    expect(found).toEqual([expect.stringMatching(/^attachments\[2\] /)]);
  });

  it("have the same limits whether `most` stands there or not", () => {
    const { most } = (
      options.kind as unknown as {
        properties: { most: { kind: { properties: Record<string, { default: string | number }> } } };
      }
    ).properties;
    const units: Record<string, number> = { MiB: 1024 * 1024, s: 1000, "": 1 };
    const written = Object.entries(most.kind.properties).map(([name, shape]) => {
      const [, number, unit] = /^(\d+)(\w*)$/.exec(String(shape.default))!;
      return [name, Number(number) * units[unit!]!];
    });
    expect(Object.fromEntries(written)).toEqual(STANDARD);
  });

  it("limit what a file may cost", async () => {
    const limits = async (bytes: Buffer, most: Partial<typeof STANDARD>): Promise<unknown> => {
      const outcome = await read(bytes, { fields: true, attachments: ["*"], most: { ...STANDARD, ...most } });
      return outcome.thrown === undefined ? "read" : [outcome.thrown, outcome.messages[0]];
    };
    const form = formFile(["<< /FT /Tx /T (a) >>"], {
      catalog: "/AF [<< /F (x) /EF << /F 30 0 R >> >>]",
      objects: { 30: { data: "x".repeat(5000) } },
    });
    expect(await limits(form, {})).toBe("read");
    expect(await limits(form, { size: 2000 })).toEqual(["PDF_LIMIT", "the PDF is larger than 2000 bytes"]);
    expect(await limits(form, { file: 4999 })).toEqual(["PDF_LIMIT", "the PDF holds a file of more than 4999 bytes"]);
    expect(await limits(form, { objects: 10 })).toEqual(["PDF_LIMIT", "the PDF has more than 10 objects"]);
    expect(await limits(form, { pages: 0 })).toEqual(["PDF_LIMIT", "the PDF has more than 0 pages"]);
  });
});

codecConformance({
  name: "pdf",
  open: () => codecWith({ ...FORM, attachments: ["*"] }),
  samples: [
    {
      name: "a form",
      bytes: formFile(["<< /FT /Tx /T (a) /V (x) >>"]),
      records: [
        { kind: "document", fields: { a: "x" }, pages: 1, info: {}, signatures: 0, xfa: false, encrypted: false },
      ],
    },
    { name: "no form", bytes: formFile([]), records: [], thrown: "PDF_NO_FIELDS" },
    {
      name: "a cut form",
      bytes: formFile(["<< /FT /Tx /T (streng-geheim) >>"]).subarray(0, 300),
      records: [],
      thrown: "PDF_BROKEN",
    },
    { name: "nothing", bytes: Buffer.alloc(0), records: [], thrown: "PDF_NOT_PDF" },
  ],
  secrets: ["streng-geheim"],
});
