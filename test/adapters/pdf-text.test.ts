// decode.pdf.text: what stands on a page, as programs of others print it and as poppler reads it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PDFDocument, StandardFonts } from "@cantoo/pdf-lib";
import { describe, expect, it } from "vitest";
import type { Options } from "../../src/adapters/pdf/options.ts";
import { pdf } from "../../src/adapters/pdf/index.ts";
import {
  chromium,
  chromiumMissing,
  libreoffice,
  libreofficeMissing,
  pdftotext,
  popplerMissing,
  qpdf,
  qpdfMissing,
  reportlab,
  reportlabMissing,
  tcpdf,
  tcpdfMissing,
} from "../peers/pdf-programs.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { describeNeeding } from "../peers/required.ts";
import { read } from "./pdf-codec.ts";
import { flate, pdfFile, type PdfObject } from "./pdf-files.ts";

type Regions = Record<string, { page?: number; after?: string; until?: string; box?: number[] }>;

async function textsOf(bytes: Uint8Array, regions: Regions): Promise<unknown> {
  const text = Object.fromEntries(Object.entries(regions).map(([name, region]) => [name, { page: 1, ...region }]));
  const { records, thrown, messages } = await read(bytes, { fields: false, text: text as Options["text"] });
  return thrown ? [thrown, messages[0]] : (records[0] as { text: unknown }).text;
}

/** One page of 200 by 100 points with this content. */
function page(content: string, fonts: string, objects: Record<number, PdfObject> = {}, more = ""): Buffer {
  return pdfFile({
    objects: {
      1: "<< /Type /Catalog /Pages 2 0 R >>",
      2: `<< /Type /Pages /Kids [3 0 R] /MediaBox [0 0 200 100] /Resources << /Font << ${fonts} >> /XObject << /X 5 0 R >> >> >>`,
      3: `<< /Type /Page /Parent 2 0 R /Contents 4 0 R ${more} >>`,
      4: flate(content),
      ...objects,
    },
  });
}
const HELVETICA = "/F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";
const whole = { alles: { box: [0, 0, 1000, 1000] } };
const allOf = async (bytes: Buffer): Promise<unknown> => ((await textsOf(bytes, whole)) as { alles?: unknown }).alles;

describe("labels", () => {
  const bytes = page(
    "BT /F 10 Tf 1 0 0 1 10 80 Tm (Vorname: Erika  Name: ) Tj (Muster) Tj 0 -20 Td (Aktenzeichen :   47/11  ) Tj 0 -20 Td (Leer:) Tj ET",
    HELVETICA,
  );

  it("have the rest of their line behind them, up to the next label", async () => {
    const texts = await textsOf(bytes, {
      name: { after: "Name:" },
      vorname: { after: "Vorname:", until: "Name:" },
      akte: { after: "Aktenzeichen  :" },
      leer: { after: "Leer:" },
    });
    expect(texts).toEqual({ name: "Muster", vorname: "Erika", akte: "47/11" });
  });

  it("have to be there exactly once, on a page that exists and has text", async () => {
    const wrong = async (region: Regions[string], of = bytes): Promise<unknown> => textsOf(of, { x: region });
    expect(await wrong({ after: "Ort:" })).toEqual(["PDF_LABEL", "decode.pdf.text.x: the label is not on page 1"]);
    expect(await wrong({ after: "e" })).toEqual(["PDF_LABEL", expect.any(String)]);
    const twice = page("BT /F 10 Tf 1 0 0 1 10 80 Tm (Ort: A) Tj 90 0 Td (Ort: B) Tj ET", HELVETICA);
    expect(await wrong({ after: "Ort:" }, twice)).toEqual([
      "PDF_LABEL",
      "decode.pdf.text.x: the label stands 2 times on page 1",
    ]);
    expect(await wrong({ after: "Ort:", page: 3 })).toEqual([
      "PDF_LABEL",
      "decode.pdf.text.x: there is no page 3; the PDF has 1",
    ]);
    expect(await wrong({ after: "Ort:" }, page("0 0 m", HELVETICA))).toEqual([
      "PDF_LABEL",
      "decode.pdf.text.x: page 1 has no upright text; it was probably scanned",
    ]);
  });
});

describe("boxes", () => {
  it("hold the letters whose middle is in them, line by line", async () => {
    const bytes = page("BT /F 10 Tf 1 0 0 1 100 50 Tm (in) Tj 0 -12 Td (und) Tj 0 -30 Td (aus) Tj ET", HELVETICA);
    const mm = (points: number): number => (points * 25.4) / 72;
    expect(await textsOf(bytes, { x: { box: [mm(95), mm(38), mm(50), mm(30)] } })).toEqual({ x: "in\nund" });
    expect(await textsOf(bytes, { x: { box: [0, 0, 10, 10] } })).toEqual({});
  });

  it.each([
    ["90", "1 0 0 1 20 30 Tm"],
    ["180", "1 0 0 1 20 30 Tm"],
  ])("count from the corner that a viewer shows, and leave out what stands across (turned by %s)", async (turn, at) => {
    const bytes = page(`BT /F 10 Tf ${at} (quer) Tj ET`, HELVETICA, {}, `/Rotate ${turn}`);
    expect(await textsOf(bytes, whole)).toEqual(["PDF_LABEL", expect.any(String)]);
  });

  it("of a turned page whose text was turned with it", async () => {
    // 30 points from the left and 20 from above on a page that is shown upright.
    const bytes = page("BT /F 10 Tf 0 1 -1 0 20 30 Tm (hoch) Tj ET", HELVETICA, {}, "/Rotate 90");
    expect(await textsOf(bytes, { x: { box: [10, 4, 10, 4] } })).toEqual({ x: "hoch" });
    const offset = page("BT /F 10 Tf 1 0 0 1 130 70 Tm (x) Tj ET", HELVETICA, {}, "/CropBox [100 20 200 100]");
    expect(await textsOf(offset, { x: { box: [10, 8, 4, 4] } })).toEqual({ x: "x" });
  });
});

describe("operators", () => {
  it.each([
    [
      "words by gaps, not by how they were cut",
      "BT /F 10 Tf 1 0 0 1 10 50 Tm [(Mu) -20 (ster) -300 (Ort)] TJ ET",
      "Muster Ort",
    ],
    [
      "a line that is drawn in any order",
      "BT /F 10 Tf 1 0 0 1 60 50 Tm (zwei) Tj 1 0 0 1 10 50 Tm (eins) Tj ET",
      "eins zwei",
    ],
    [
      "bold letters that are drawn twice",
      "BT /F 10 Tf 1 0 0 1 10 50 Tm (ott) Tj 1 0 0 1 10.3 50 Tm (ott) Tj ET",
      "ott",
    ],
    ["next lines", "BT /F 10 Tf 12 TL 1 0 0 1 10 50 Tm (a) Tj (b) ' 1 0 (c) \" T* (d) Tj ET", "a\nb\nc\nd"],
    [
      "saved states and matrices",
      "q .5 0 0 .5 0 0 cm BT /F 20 Tf 20 90 Td (a) Tj ET Q BT /F 10 Tf 80 45 Td (b) Tj ET",
      "a b",
    ],
    ["spacing and scale", "BT /F 10 Tf 50 Tz 5 Tw 1 Tc 10 50 Td (a b) Tj ET", "a b"],
    [
      "images in place",
      "BT /F 10 Tf 10 50 Td (a) Tj ET BI /W 1 /H 1 ID \0EIx(\xff EI BT /F 10 Tf 20 50 Td (b) Tj ET",
      "a b",
    ],
    ["unknown operators", "/P <</MCID 0>> BDC BT /F 10 Tf 10 50 Td (a) Tj ET EMC sh 1 w", "a"],
    ["a text without a font", "BT 10 50 Td (a) Tj /F 10 Tf (b) Tj ET", "b"],
  ])("%s", async (_name, content, expected) => {
    expect(await allOf(page(content, HELVETICA))).toBe(expected);
  });

  it("forms inside forms, but not without end", async () => {
    const form = (content: string): PdfObject => flate(content, "/Subtype /Form /Matrix [1 0 0 1 0 20]");
    const once = page("/X Do", HELVETICA, { 5: form("BT /F 10 Tf 10 50 Td (a) Tj ET") });
    expect(await textsOf(once, { x: { box: [0, 8, 100, 3] } })).toEqual({ x: "a" });
    expect(await textsOf(page("/X Do", HELVETICA, { 5: form("/X Do") }), whole)).toEqual([
      "PDF_BROKEN",
      expect.any(String),
    ]);
    const many = page("/X Do ".repeat(10), HELVETICA, { 5: form("/X Do ".repeat(10)) });
    expect(await textsOf(many, whole)).toEqual(["PDF_BROKEN", expect.any(String)]);
    const wide = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        5 + at,
        flate("/X Do ".repeat(20), `/Subtype /Form /Resources << /XObject << /X ${6 + at} 0 R >> >>`),
      ]),
    );
    const started = performance.now();
    expect(await textsOf(page("/X Do", HELVETICA, { ...wide, 17: form("") }), whole)).toEqual([
      "PDF_LIMIT",
      expect.any(String),
    ]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("fonts", () => {
  const shows = (string: string): string => `BT /F 10 Tf 10 50 Td ${string} Tj ET`;
  const cmap = (body: string): PdfObject => flate(`/CIDInit /ProcSet findresource begin begincmap ${body} endcmap`);

  it.each([
    ["of Windows", "/Encoding /WinAnsiEncoding", "(\\304\\200\\237)", "Ä€Ÿ"],
    ["of the Macintosh", "/Encoding /MacRomanEncoding", "(\\200\\237)", "Äü"],
    ["of Adobe", "/Encoding /StandardEncoding", "(\\341'\\370\\373)", "Æ’łß"],
    ["none at all", "", "(a\\373)", "aß"],
    [
      "names of their own",
      "/Encoding << /Differences [1 /Adieresis /scaron /uni0141 /u1F600 /germandbls.alt /aogonek /dotlessi /fi /space /commaaccent] >>",
      "<0102030405060708>",
      "Äšß".replace("šß", "šŁ😀ßąıfi"),
    ],
  ])("with an encoding: %s", async (_name, encoding, string, expected) => {
    const font = `/F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica ${encoding} >>`;
    expect(await allOf(page(shows(string), font))).toBe(expected);
  });

  it("with a map to Unicode: single codes, ranges, lists, pairs", async () => {
    const font = "/F << /Type /Font /Subtype /TrueType /BaseFont /X /ToUnicode 9 0 R >>";
    const body =
      "2 beginbfchar <01> <0141> <02> <D83DDE00> endbfchar 2 beginbfrange <03> <05> <00E4> <06> <07> [<00660066> <0069>] endbfrange";
    expect(await allOf(page(shows("<01020304050607>"), font, { 9: cmap(body) }))).toBe("Ł😀äåæffi");
  });

  it("of two bytes per character, with widths that make words", async () => {
    const font =
      "/F << /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 9 0 R /DescendantFonts [<< /DW 500 /W [1 [600 600] 3 4 200] >>] >>";
    const objects = { 9: cmap("1 beginbfrange <0001> <0004> <0061> endbfrange") };
    const content =
      "BT /F 10 Tf 1 0 0 1 10 50 Tm <00010002> Tj 1 0 0 1 22 50 Tm <0003> Tj 1 0 0 1 27 50 Tm <0004> Tj ET";
    expect(await allOf(page(content, font, objects))).toBe("abc d");
  });

  it("that do not say which characters they show are refused", async () => {
    const fonts = [
      "/F << /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< >>] >>",
      "/F << /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
      "/F << /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor << /Flags 4 >> >>",
    ];
    for (const font of fonts) {
      expect(await textsOf(page(shows("(ab)"), font), whole)).toEqual([
        "PDF_TEXT_UNREADABLE",
        "decode.pdf.text.alles: the font does not say which characters it shows",
      ]);
    }
  });
});

const LINES = [
  "Bescheid über die Hundesteuer",
  "Aktenzeichen: 47/11-Ł",
  "Betrag: 1.234,50 €   fällig: 15.02.2027",
  "Straße: Große Allee 7",
];
const REGIONS = {
  akte: { after: "Aktenzeichen:" },
  betrag: { after: "Betrag:", until: "fällig:" },
  faellig: { after: "fällig:" },
  strasse: { after: "Straße:" },
};
const FOUND = { akte: "47/11-Ł", betrag: "1.234,50 €", faellig: "15.02.2027", strasse: "Große Allee 7" };

describeNeeding("libreoffice", libreofficeMissing, "printed by LibreOffice", () => {
  const NAMES = ["office", "text"].map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`);
  const body = LINES.map((line) => `<text:p>${line}</text:p>`).join("");
  const fodt = `<?xml version="1.0"?><office:document ${NAMES.join(" ")} office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>${body}</office:text></office:body></office:document>`;

  it("is read", async () => {
    expect(await textsOf(libreoffice(fodt), REGIONS)).toEqual(FOUND);
  });
});

describeNeeding("chromium", chromiumMissing, "printed by Chromium", () => {
  it("is read", async () => {
    const html = `<meta charset=utf-8>${LINES.map((line) => `<p>${line}</p>`).join("")}`;
    expect(await textsOf(chromium(html), REGIONS)).toEqual(FOUND);
  });
});

describeNeeding("tcpdf", tcpdfMissing, "printed by TCPDF", () => {
  it("is read", async () => {
    const cells = LINES.map((line) => `$pdf->Cell(0, 6, '${line}'); $pdf->Ln();`).join("");
    expect(await textsOf(tcpdf(`$pdf->AddPage(); $pdf->SetFont('dejavusans', '', 11); ${cells}`), REGIONS)).toEqual(
      FOUND,
    );
  });
});

describeNeeding("reportlab", reportlabMissing, "printed by ReportLab with a font that is not in it", () => {
  const bytes = (): Buffer =>
    reportlab(`
from reportlab.pdfgen import canvas
c = canvas.Canvas("out.pdf")
for at, line in enumerate(${JSON.stringify(LINES.map((line) => line.replace("-Ł", "")))}):
    c.drawString(50, 780 - 20 * at, line)
c.showPage()
c.save()
`);

  it("is read", async () => {
    expect(await textsOf(bytes(), REGIONS)).toEqual({ ...FOUND, akte: "47/11" });
  });

  it.runIf(qpdfMissing === undefined)("in all forms that qpdf writes", async () => {
    for (const form of ["--object-streams=generate", "--qdf", "--linearize"]) {
      expect(await textsOf(qpdf(bytes(), form), { akte: REGIONS.akte })).toEqual({ akte: "47/11" });
    }
  });
});

describeNeeding("poppler", popplerMissing, "lines", () => {
  it("are those that poppler sees", async () => {
    const document = await PDFDocument.create();
    const sheet = document.addPage([595, 842]);
    const fonts = [
      StandardFonts.Helvetica,
      StandardFonts.TimesRoman,
      StandardFonts.Courier,
      StandardFonts.HelveticaBold,
    ];
    for (const [at, name] of fonts.entries()) {
      const font = await document.embedFont(name);
      for (let line = 0; line < 8; line++) {
        const words = `Zeile ${at}.${line}: Übung macht den Meister, Größe ${line * 7} m²`;
        sheet.drawText(words, { x: 40, y: 800 - 180 * at - 18 * line, size: 8 + line, font });
      }
    }
    const bytes = Buffer.from(await document.save());
    const theirs = pdftotext(bytes, "-layout")
      .split("\n")
      .map((line) => line.replaceAll(/\s+/g, " ").trim());
    expect(((await allOf(bytes)) as string).split("\n")).toEqual(theirs.filter((line) => line !== "" && line !== "\f"));
  });
});

describeWithData("letters of a town", () => {
  const folder = sharedData("muenchen-erzwingungshaft/testdata/in/pdf");

  it.runIf(popplerMissing === undefined)("have the lines that poppler sees", async () => {
    const names = readdirSync(folder).filter((name) => name.endsWith(".pdf"));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const bytes = readFileSync(join(folder, name));
      const theirs = pdftotext(bytes, "-layout", "-l", "1").split(/[\n\f]/);
      const lines = theirs.map((line) => line.replaceAll(/\s+/g, " ").trim()).filter((line) => line !== "");
      expect(((await allOf(bytes)) as string).split("\n")).toEqual(lines);
    }
  });
});

describe("options", () => {
  it("say where each text stands", () => {
    const refused = (region: object): string[] => {
      const found: string[] = [];
      const text = { x: region } as never;
      pdf.check!({ fields: true, attachments: undefined, text, xml: undefined, most: undefined }, (option, what) =>
        found.push(`${option} ${what}`),
      );
      return found;
    };
    expect(refused({ page: 1, after: "a" })).toEqual([]);
    expect(refused({ page: 1, box: [1, 2, 3, 4] })).toEqual([]);
    expect(refused({ page: 1 })).toEqual(["text.x needs either after or box"]);
    expect(refused({ page: 1, after: "a", box: [1, 2, 3, 4] })).toEqual(["text.x needs either after or box"]);
    expect(refused({ page: 1, box: [1, 2, 3] })).toEqual(["text.x.box is not four numbers"]);
    expect(refused({ page: 1, box: [1, 2, 3, 4], until: "x" })).toEqual(["text.x.until goes with after only"]);
  });
});
