// map.pdf: forms filled in and sheets made, checked before there is a record, read again by ourselves, by qpdf and by poppler.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { PDFDocument } from "@cantoo/pdf-lib";
import { beforeAll, describe, expect, it } from "vitest";
import { pdfWriterOf } from "../../src/adapters/pdf/write/writer.ts";
import { FORMULA, type Sketch, type Value, type Writer } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { scopeOf } from "../core/template-support.ts";
import {
  pdfdetach,
  pdftotext,
  popplerMissing,
  qpdf,
  qpdfFindings,
  qpdfMissing,
  tcpdf,
  tcpdfMissing,
} from "../peers/pdf-programs.ts";
import { describeNeeding } from "../peers/required.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { fieldsOf, read } from "./pdf-codec.ts";
import { formFile } from "./pdf-files.ts";

const form = await sampleForm();
const scope = { ...scopeOf({}), received: Date.UTC(2027, 0, 15, 8) };

/** With everything that can be filled in. */
async function sampleForm(): Promise<Buffer> {
  const document = await PDFDocument.create();
  const fields = document.getForm();
  const page = document.addPage();
  let y = 0;
  const place = () => ({ x: 20, y: (y += 25), width: 150, height: 20 });
  const text = (name: string) => {
    const field = fields.createTextField(name);
    field.addToPage(page, place());
    return field;
  };
  text("halter.name").setMaxLength(30);
  text("halter.ort");
  text("bemerkung").enableMultiline();
  for (const name of ["gefaehrlich", "befreit"]) fields.createCheckBox(name).addToPage(page, place());
  const radio = fields.createRadioGroup("zahlung");
  for (const option of ["jährlich", "monatlich"]) radio.addOptionToPage(option, page, place());
  const rasse = fields.createDropdown("rasse");
  rasse.setOptions(["Dackel", "Pudel"]);
  rasse.addToPage(page, place());
  const merkmale = fields.createOptionList("merkmale");
  merkmale.enableMultiselect();
  merkmale.setOptions(["braun", "kurz", "lang"]);
  merkmale.addToPage(page, place());
  return Buffer.from(await document.save());
}

function writer(sketch: Sketch, files: Readonly<Record<string, Uint8Array>> = { "antrag.pdf": form }): Writer {
  return pdfWriterOf(sketch, (path) => {
    if (!Object.hasOwn(files, path)) throw new Error("there is no such file");
    return files[path]!;
  });
}

function problemsOf(sketch: Sketch, files?: Readonly<Record<string, Uint8Array>>): readonly string[] {
  return writer(sketch, files).problems.map(
    ({ path, message, hint }) => `${path} ${message}${hint ? ` | ${hint}` : ""}`,
  );
}

/** What is written for values, as the template of the same shape gives them. */
function written(value: Value, files?: Readonly<Record<string, Uint8Array>>): Buffer {
  const one = writer(sketchOf(value), files);
  expect(one.problems).toEqual([]);
  return Buffer.from(one.write(value, scope));
}

/** Formulas wherever there may be some. */
function sketchOf(value: Value, key = ""): Sketch {
  if (typeof value !== "object" || value === null)
    return ["form", "flatten"].includes(key) ? (value as string) : FORMULA;
  if (Array.isArray(value)) return FORMULA;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sketchOf(inner, name)]));
}

function failureOf(value: Value): string {
  try {
    written(value);
  } catch (cause) {
    const { code, message, facts } = cause as BridgeError;
    return `${code} ${String(facts?.["path"])} ${message}`;
  }
  return "nothing was thrown";
}

const FILLED = {
  halter: { name: "Änne Großkopf-Łukasz", ort: "Neustadt" },
  bemerkung: "erste Zeile\nzweite Zeile",
  gefaehrlich: true,
  befreit: false,
  zahlung: "jährlich",
  rasse: "Pudel",
  merkmale: ["braun", "lang"],
};

describe("a form that is filled in", () => {
  it("holds the values, by nested names or by names with dots", async () => {
    expect(await fieldsOf(written({ form: "antrag.pdf", fields: FILLED }))).toEqual(FILLED);
    const { halter: _, ...rest } = FILLED;
    const dotted = { ...rest, "halter.name": FILLED.halter.name, "halter.ort": FILLED.halter.ort };
    expect(await fieldsOf(written({ form: "antrag.pdf", fields: dotted }))).toEqual(FILLED);
  });

  it("keeps what nobody fills in, and empties what is given as nothing", async () => {
    const once = written({ form: "antrag.pdf", fields: FILLED });
    const fields = { "halter.ort": "", rasse: "", zahlung: "", merkmale: [], gefaehrlich: "false" };
    expect(await fieldsOf(written({ form: "antrag.pdf", fields }, { "antrag.pdf": once }))).toEqual({
      halter: { name: FILLED.halter.name },
      bemerkung: FILLED.bemerkung,
      gefaehrlich: false,
      befreit: false,
    });
    expect(await fieldsOf(written({ form: "antrag.pdf" }, { "antrag.pdf": once }))).toEqual(FILLED);
  });

  it("takes numbers and booleans for the texts that they are", async () => {
    const fields = { halter: { name: 17 }, befreit: true, gefaehrlich: "true" };
    expect(await fieldsOf(written({ form: "antrag.pdf", fields }))).toEqual({
      halter: { name: "17" },
      befreit: true,
      gefaehrlich: true,
    });
  });

  it("has the value of an option and shows its text; boxes of several values and states with umlauts", async () => {
    const states = (...names: string[]): string =>
      `/AP << /N << ${names.map((name) => `/${name} 30 0 R`).join(" ")} >> >>`;
    const own = formFile(
      [
        "<< /FT /Ch /Ff 131072 /T (rasse) /Opt [[(01) (Dackel)] [(02) (Pudel)]] /Rect [10 10 90 30] /DA (/Helv 10 Tf) /Subtype /Widget >>",
        `<< /FT /Btn /T (wahl) /Kids [<< /Subtype /Widget /Rect [0 0 9 9] ${states("A", "Off")} >> << /Subtype /Widget /Rect [0 0 9 9] ${states("B#E4")} >>] >>`,
        `<< /FT /Btn /Ff 32768 /T (radio) /Opt [(ja) (nein)] /Kids [<< /Subtype /Widget /Rect [0 0 9 9] ${states("0")} >> << /Subtype /Widget /Rect [0 0 9 9] ${states("1")} >>] >>`,
        "<< /FT /Tx /T (a[0]) /Rect [10 10 90 30] /DA (/Helv 0 Tf) /Subtype /Widget >>",
      ],
      { objects: { 30: { dict: "/Subtype /Form /BBox [0 0 9 9]", data: "0 0 9 9 re f" } } },
    );
    const fields = { rasse: "02", wahl: "Bä", radio: "nein", a: "x" };
    const bytes = written({ form: "antrag.pdf", fields }, { "antrag.pdf": own });
    expect(await fieldsOf(bytes)).toEqual(fields);
    const document = await PDFDocument.load(bytes);
    const drawn = document.getForm().getDropdown("rasse").acroField.getWidgets()[0]!.getNormalAppearance();
    expect(document.context.lookup(drawn)).toBeDefined();
    const flat = written({ form: "antrag.pdf", flatten: "true", fields }, { "antrag.pdf": own });
    expect(writer({ page: FORMULA }).show(flat)).toBe("PDF, 1 page\n");
  });

  it("says of a record which line is at fault, and never the value", () => {
    const failure = (fields: Value): string => failureOf({ form: "antrag.pdf", fields });
    expect(failure({ "halter.name": "x".repeat(31) })).toBe(
      "CELL_TOO_LONG /fields/halter.name the field takes 30 characters, and the text has 31",
    );
    expect(failure({ halter: { ort: "a\nb" } })).toBe(
      "CELL_CHARACTER /fields/halter/ort the field has one line, and the text a line break",
    );
    expect(failure({ halter: { ort: "漢" } })).toBe(
      "CELL_CHARACTER /fields/halter/ort the PDF's font has no sign for a character of the text (U+6F22)",
    );
    expect(failure({ rasse: "Mops" })).toBe("PDF_OPTION /fields/rasse the field takes Dackel, Pudel");
    expect(failure({ rasse: ["Dackel", "Pudel"] })).toBe(
      "VALUE_NOT_TEXT /fields/rasse the field takes one value, not several",
    );
    expect(failure({ zahlung: "nie" })).toBe("PDF_OPTION /fields/zahlung the field takes jährlich, monatlich");
    expect(failure({ befreit: "vielleicht" })).toBe("PDF_OPTION /fields/befreit the field takes true or false");
    expect(failure({ halter: { name: { a: "b" } } })).toBe(
      "VALUE_NOT_TEXT /fields/halter/name one text is needed here, the formula gives several values",
    );
    const open = writer({ form: "antrag.pdf", fields: FORMULA });
    expect(() => open.write({ form: "antrag.pdf", fields: { geheim: "x" } }, scope)).toThrow(
      expect.objectContaining({ code: "PDF_FIELD_UNKNOWN", detail: "geheim" }),
    );
  });
});

describe("a form made flat", () => {
  const flat = (): Buffer => written({ form: "antrag.pdf", flatten: "true", fields: FILLED });

  it("shows the values and has no fields, nor what was in them", async () => {
    const bytes = flat();
    expect(await fieldsOf(bytes)).toBe("PDF_NO_FIELDS");
    const shown = writer({ page: FORMULA })
      .show(bytes)
      .split("\n")
      .map((line) => line.trim());
    for (const text of ["Änne Großkopf-Łukasz", "Neustadt", "erste Zeile", "zweite Zeile", "Pudel"])
      expect(shown).toContain(text);
    const document = await PDFDocument.load(bytes);
    expect(document.context.enumerateIndirectObjects().filter(([, object]) => String(object).includes("/FT "))).toEqual(
      [],
    );
  });

  it.runIf(popplerMissing === undefined)("shows them to poppler", () => {
    const text = pdftotext(flat()).normalize("NFC");
    for (const value of ["Änne Großkopf-Łukasz", "Neustadt", "erste Zeile", "Pudel"]) expect(text).toContain(value);
  });
});

const SHEET = {
  page: {
    title: "Anmeldung eines Hundes",
    lines: [
      { label: "Halterin", value: "Änne Großkopf" },
      { label: "Anschrift", value: "Große Allee 7\n12345 Neustadt" },
      "Die Angaben wurden elektronisch übermittelt.",
    ],
    footer: "Stadt Neustadt, Steueramt",
  },
};

describe("a sheet", () => {
  it("has its title, its lines and its footer", () => {
    expect(writer({ page: FORMULA }).show(written({ ...SHEET, title: "Anmeldung" }))).toBe(
      `PDF, 1 page: Anmeldung
  Anmeldung eines Hundes
  Halterin Änne Großkopf
  Anschrift Große Allee 7
  12345 Neustadt
  Die Angaben wurden elektronisch übermittelt.
  Stadt Neustadt, Steueramt 1/1
`,
    );
  });

  it("breaks long texts, long words and long sheets, and loses nothing", async () => {
    const words = Array.from({ length: 3_000 }, (_, at) => `Wort${at}`);
    const bytes = written({
      page: {
        lines: [
          { label: "Text", value: words.join(" ") },
          { label: "Eins", value: "M".repeat(500) },
        ],
      },
    });
    const lines = writer({ page: FORMULA }).show(bytes).split("\n");
    expect(lines[0]).toMatch(/^PDF, \d+ pages$/);
    const shown = lines
      .join(" ")
      .replaceAll(/page \d+|\d+\/\d+/g, "")
      .split(/\s+/);
    expect(shown.filter((word) => word.startsWith("Wort"))).toEqual(words);
    expect(shown.filter((word) => /^M+$/.test(word)).join("")).toHaveLength(500);
  });

  it("may be long, but not without end", () => {
    const lines = Array.from({ length: 12_000 }, () => ({ label: "a", value: "b" }));
    expect(failureOf({ page: { lines } })).toBe("OUTPUT_TOO_LARGE undefined the sheet would have more than 200 pages");
  });

  it("refuses what its font cannot show", () => {
    expect(failureOf({ page: { title: "漢" } })).toContain("CELL_CHARACTER /page/title");
    expect(failureOf({ page: { lines: [{ label: "a", value: "\u0007" }] } })).toContain(
      "CELL_CHARACTER /page/lines/0/value",
    );
  });

  describeWithData("letters of DIN 91379", () => {
    it("are all shown", () => {
      const { characters } = JSON.parse(
        readFileSync(sharedData("din91379/characters-DIN-SPEC-91379.json"), "utf8"),
      ) as { characters: { name: string }[] };
      const letters = characters.map(({ name }) => name).filter((name) => /\S/.test(name));
      expect(letters.length).toBeGreaterThan(800);
      const lines = letters.map((letter) => ({ label: "U", value: `${letter}.` }));
      const shown = writer({ page: FORMULA }).show(written({ page: { lines } }));
      const found = [...shown.matchAll(/^ {2}U (.*)\.$/gm)].map((match) => match[1]!.normalize("NFC"));
      expect(found).toEqual(letters.map((letter) => letter.normalize("NFC")));
    });
  });
});

const FILES = [
  { name: "rechnung.xml", content: "<a>Grüße</a>", relationship: "Alternative", description: "Rechnung" },
  { name: "bild.png", base64: Buffer.from([0, 1, 2, 255]).toString("base64") },
];

describe("files inside", () => {
  it("are read again as they went in", async () => {
    const bytes = written({ form: "antrag.pdf", embed: FILES });
    const { records } = await read(bytes, { fields: true, attachments: ["*"] });
    expect(records.slice(1)).toMatchObject([
      { name: "bild.png", mediaType: "application/octet-stream", relationship: "Unspecified", base64: "AAEC/w==" },
      {
        name: "rechnung.xml",
        mediaType: "application/xml",
        relationship: "Alternative",
        description: "Rechnung",
        text: "<a>Grüße</a>",
      },
    ]);
    const sha256 = createHash("sha256").update("<a>Grüße</a>").digest("hex");
    expect(writer({ page: FORMULA }).show(bytes)).toContain(
      `file rechnung.xml  application/xml  Alternative  14 bytes  sha256 ${sha256}\n`,
    );
  });

  it("need a name of their own and one content", () => {
    const failure = (...embed: Value[]): string => failureOf({ ...SHEET, embed });
    expect(failure({ name: "a/b", content: "x" })).toMatch(/^ATTACHMENT_NAME \/embed\/0\/name the name of a file: /);
    expect(failure({ content: "x" })).toMatch(/^ATTACHMENT_NAME \/embed\/0\/name /);
    expect(failure({ name: "a", content: "x" }, { name: "a", content: "y" })).toMatch(
      /^ATTACHMENT_NAME \/embed two files/,
    );
    expect(failure({ name: "a" })).toMatch(/^VALUE_REQUIRED \/embed\/0 /);
    expect(failure({ name: "a", base64: "kein base64!" })).toMatch(/^CELL_CHARACTER \/embed\/0\/base64 /);
    expect(failure({ name: "a", content: "x", relationship: "Freund" })).toMatch(
      /^PDF_OPTION \/embed\/0\/relationship /,
    );
  });

  it.runIf(popplerMissing === undefined)("are those that poppler finds", () => {
    expect(pdfdetach(written({ ...SHEET, embed: FILES }))).toEqual({
      "rechnung.xml": Buffer.from("<a>Grüße</a>"),
      "bild.png": Buffer.from([0, 1, 2, 255]),
    });
  });
});

describe("the bytes", () => {
  const jobs: Record<string, Value> = {
    "a form": { form: "antrag.pdf", fields: FILLED, embed: FILES, title: "Antrag" },
    "a flat form": { form: "antrag.pdf", fields: FILLED, flatten: "true" },
    "a sheet": { ...SHEET, embed: FILES },
  };

  it.each(Object.entries(jobs))("of %s are the same each time, and in another process", (_name, job) => {
    const bytes = written(job);
    expect(written(job).equals(bytes)).toBe(true);
    const program = `
      import { pdfWriterOf } from ${JSON.stringify(new URL("../../src/adapters/pdf/write/writer.ts", import.meta.url).href)};
      import { createHash } from "node:crypto";
      const { job, form, scope } = JSON.parse(process.argv[1]);
      const writer = pdfWriterOf({ ...(job.form ? { form: job.form, flatten: job.flatten } : { page: {} }) }, () => Buffer.from(form, "base64"));
      process.stdout.write(createHash("sha256").update(writer.write(job, scope)).digest("hex"));`;
    const { tables: _, ...plain } = scope;
    const input = JSON.stringify({ job, form: form.toString("base64"), scope: plain });
    const hash = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", program, input], {
      encoding: "utf8",
    });
    expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  describeNeeding("qpdf", qpdfMissing, "qpdf", () => {
    it.each(Object.entries(jobs))("has nothing against %s", (_name, job) => {
      expect(qpdfFindings(written(job))).toBe("");
    });
  });
});

describe("before there is a record", () => {
  it("finds fields that the form has not, with the nearest name", () => {
    const fields: Sketch = { halter: { nmae: FORMULA, ort: "x" }, rase: FORMULA, "halter.name": FORMULA, quatsch: "x" };
    expect(problemsOf({ form: "antrag.pdf", fields })).toEqual([
      "/fields/halter/nmae map.pdf.fields.halter.nmae names no field of the form | Did you mean halter.name?",
      "/fields/rase map.pdf.fields.rase names no field of the form | Did you mean rasse?",
      "/fields/quatsch map.pdf.fields.quatsch names no field of the form | There are halter.name, halter.ort, bemerkung, gefaehrlich, befreit, zahlung, rasse, merkmale",
    ]);
  });

  it("finds literals that a field does not take", () => {
    const fields = {
      halter: { name: "x".repeat(31) },
      rasse: "Pudl",
      zahlung: "nie",
      befreit: "ja",
      merkmale: ["braun", "bunt"],
      bemerkung: ["a", "b"],
    };
    expect(problemsOf({ form: "antrag.pdf", fields })).toEqual([
      "/fields/halter/name map.pdf.fields.halter.name takes 30 characters, and the text has 31",
      "/fields/rasse map.pdf.fields.rasse takes Dackel, Pudel | Did you mean Pudel?",
      "/fields/zahlung map.pdf.fields.zahlung takes jährlich, monatlich",
      "/fields/befreit map.pdf.fields.befreit takes true or false",
      "/fields/merkmale map.pdf.fields.merkmale takes braun, kurz, lang",
      "/fields/bemerkung map.pdf.fields.bemerkung takes one value, not several",
    ]);
    expect(problemsOf({ form: "antrag.pdf", fields: { merkmale: ["braun", FORMULA], rasse: "Pudel" } })).toEqual([]);
  });

  it("finds what stands where it does not belong", () => {
    expect(problemsOf({ form: "antrag.pdf", page: {} })).toEqual([" map.pdf needs either form or page"]);
    expect(problemsOf({})).toEqual([" map.pdf needs either form or page"]);
    expect(problemsOf({ page: {}, flatten: "true", fields: FORMULA })).toEqual([
      "/fields map.pdf.fields goes with form only",
      "/flatten map.pdf.flatten goes with form only",
    ]);
    expect(problemsOf({ form: FORMULA })).toEqual([
      "/form map.pdf.form is the name of a file beside the bridge file, not a formula",
    ]);
    expect(problemsOf({ form: "antrag.pdf", flatten: FORMULA, felder: {} })).toEqual([
      "/felder map.pdf.felder is unknown here; there are form, fields, flatten, page, embed, title",
      "/flatten map.pdf.flatten is true or false, not a formula",
    ]);
    const page: Sketch = { titel: "x", lines: [{ label: "a", wert: FORMULA }], footer: ["a"] };
    expect(problemsOf({ page, title: { a: "b" } })).toEqual([
      "/page/titel map.pdf.page.titel is unknown here; there are title, lines, footer | Did you mean title?",
      "/page/footer map.pdf.page.footer is one text or formula",
      "/page/lines/0/wert map.pdf.page.lines[1].wert is unknown here; there are label, value",
      "/title map.pdf.title is one text or formula",
    ]);
    expect(
      problemsOf({ page: {}, embed: [{ inhalt: "x" }, { name: "a", content: "b", relationship: "Freund" }] }),
    ).toEqual([
      "/embed/0/inhalt map.pdf.embed[1].inhalt is unknown here; there are name, content, base64, mediaType, description, relationship",
      "/embed/0 map.pdf.embed[1] needs a name",
      "/embed/0 map.pdf.embed[1] needs either content or base64",
      "/embed/1/relationship map.pdf.embed[2].relationship is one of Alternative, Data, Source, Supplement, Unspecified",
    ]);
  });

  it("refuses a form that cannot be filled in", () => {
    const text = "<< /FT /Tx /T (a) >>";
    const problem = (bytes: Buffer): string => problemsOf({ form: "antrag.pdf" }, { "antrag.pdf": bytes })[0]!;
    expect(problem(Buffer.from("<html>"))).toContain(
      "/form map.pdf.form cannot be used: the file is no PDF: it begins as a web page",
    );
    expect(problem(formFile([]))).toContain("/form map.pdf.form cannot be used: the form has no fields");
    expect(problem(form.subarray(0, 2000))).toContain("/form map.pdf.form cannot be used: the PDF is damaged");
    expect(problem(formFile([text, "<< /FT /Sig /T (s) /V << /Type /Sig >> >>"]))).toContain(
      "/form map.pdf.form cannot be used: the form is signed | Take the form as it was before",
    );
    expect(problem(formFile([], { form: "/XFA (x)" }))).toContain(
      "/form map.pdf.form cannot be used: the PDF holds an XFA form only",
    );
  });

  it.runIf(qpdfMissing === undefined)("refuses an encrypted form", () => {
    const locked = qpdf(form, "--encrypt", "", "owner", "256", "--");
    expect(problemsOf({ form: "antrag.pdf" }, { "antrag.pdf": locked })[0]).toContain(
      "/form map.pdf.form cannot be used: the form is encrypted",
    );
  });
});

describeNeeding("tcpdf", tcpdfMissing, "a form of another program", () => {
  let theirs: Buffer;
  beforeAll(() => {
    theirs = tcpdf(`
$pdf->AddPage(); $pdf->SetFont('dejavusans', '', 10);
$pdf->TextField('halter.name', 50, 5); $pdf->Ln(6);
$pdf->CheckBox('gefaehrlich', 5, false, [], [], 'OK'); $pdf->Ln(6);
$pdf->RadioButton('zahlung', 5, [], [], 'jaehrlich'); $pdf->RadioButton('zahlung', 5, [], [], 'monatlich', true); $pdf->Ln(6);
$pdf->ComboBox('rasse', 30, 5, [['01', 'Dackel'], ['02', 'Pudel']]);
`);
  });
  const fields = { halter: { name: "Łukasz Änne" }, gefaehrlich: true, zahlung: "jaehrlich", rasse: "02" };

  it("is filled in", async () => {
    const bytes = written({ form: "antrag.pdf", fields }, { "antrag.pdf": theirs });
    expect(await fieldsOf(bytes)).toEqual(fields);
    expect(qpdfMissing ?? qpdfFindings(bytes)).toBe(qpdfMissing ?? "");
  });

  it("is made flat, with the text of the option and the box ticked", () => {
    const bytes = written({ form: "antrag.pdf", flatten: "true", fields }, { "antrag.pdf": theirs });
    const shown = writer({ page: FORMULA })
      .show(bytes)
      .split("\n")
      .map((line) => line.trim());
    expect(shown).toEqual(expect.arrayContaining(["Łukasz Änne", "Pudel"]));
    expect(shown.join("\n")).toMatch(/[✔●✓]/u);
  });
});
