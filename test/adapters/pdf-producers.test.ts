// decode.pdf on what programs of others write: ReportLab, TCPDF, pdf-lib, and qpdf, which writes the same PDF in all forms
// that the standard knows.

import { PDFDocument } from "@cantoo/pdf-lib";
import { describe, expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import {
  pdfdetach,
  popplerMissing,
  qpdf,
  qpdfMissing,
  reportlab,
  reportlabMissing,
  tcpdf,
  tcpdfMissing,
} from "../peers/pdf-programs.ts";
import { fieldsOf, read } from "./pdf-codec.ts";

const FILLED = {
  halter: { name: "Änne Großkopf" },
  bemerkung: "erste Zeile\nzweite Zeile",
  gefaehrlich: true,
  befreit: false,
  zahlung: "monatlich",
  rasse: "02",
  merkmale: ["braun", "kurz"],
};

describeNeeding("reportlab", reportlabMissing, "a form of ReportLab", () => {
  it("is read", async () => {
    const bytes = reportlab(`
from reportlab.pdfgen import canvas
c = canvas.Canvas("out.pdf")
f = c.acroForm
f.textfield(name="halter.name", value="Änne Großkopf", x=50, y=700, width=200, height=20)
f.textfield(name="leer", x=50, y=670, width=200, height=20)
f.textfield(name="bemerkung", value="erste Zeile\\nzweite Zeile", x=50, y=600, width=200, height=50, fieldFlags="multiline")
f.checkbox(name="gefaehrlich", checked=True, x=50, y=560)
f.checkbox(name="befreit", checked=False, x=80, y=560)
f.radio(name="zahlung", value="jaehrlich", selected=False, x=50, y=520)
f.radio(name="zahlung", value="monatlich", selected=True, x=80, y=520)
f.choice(name="rasse", value="Pudel", options=[("Dackel", "01"), ("Pudel", "02")], x=50, y=480, width=100, height=20)
f.listbox(name="merkmale", value=["braun", "kurz"], options=["braun", "kurz", "lang"], x=50, y=400, width=100, height=60, fieldFlags="multiSelect")
c.showPage()
c.save()
`);
    expect(await fieldsOf(bytes)).toEqual(FILLED);
  });
});

describeNeeding("tcpdf", tcpdfMissing, "a form of TCPDF", () => {
  it("is read, with the file that is pinned to its page", async () => {
    const bytes = tcpdf(`
$pdf->AddPage(); $pdf->SetFont('dejavusans', '', 10);
$pdf->TextField('halter.name', 50, 5, [], ['v' => 'Änne Großkopf']); $pdf->Ln(6);
$pdf->TextField('leer', 50, 5); $pdf->Ln(6);
$pdf->TextField('bemerkung', 60, 18, ['multiline' => true], ['v' => "erste Zeile\\nzweite Zeile"]); $pdf->Ln(19);
$pdf->CheckBox('gefaehrlich', 5, true, [], [], 'OK'); $pdf->CheckBox('befreit', 5, false, [], [], 'OK'); $pdf->Ln(6);
$pdf->RadioButton('zahlung', 5, [], [], 'jaehrlich'); $pdf->RadioButton('zahlung', 5, [], [], 'monatlich', true); $pdf->Ln(6);
$pdf->ComboBox('rasse', 30, 5, [['01', 'Dackel'], ['02', 'Pudel']], [], ['v' => '02']); $pdf->Ln(6);
file_put_contents('beleg.xml', '<beleg>7</beleg>');
$pdf->Annotation(10, 100, 5, 5, 'x', ['Subtype' => 'FileAttachment', 'Name' => 'PushPin', 'FS' => 'beleg.xml']);
`);
    const { merkmale: _, ...expected } = FILLED;
    const { records } = await read(bytes, { fields: true, attachments: ["*.xml"] });
    expect(records).toMatchObject([{ fields: expected }, { kind: "file", name: "beleg.xml", xml: { "#text": "7" } }]);
  });
});

/** A form with everything, as pdf-lib writes it, and what is in it. */
async function everything(): Promise<{ readonly bytes: Buffer; readonly fields: unknown }> {
  const document = await PDFDocument.create();
  const form = document.getForm();
  const page = document.addPage();
  let y = 0;
  const place = () => ({ x: 20, y: (y += 25), width: 150, height: 20 });
  const text = (name: string, value: string): void => {
    const field = form.createTextField(name);
    field.enableMultiline();
    field.setText(value);
    field.addToPage(page, place());
  };
  text("halter.name", "Änne Großkopf");
  text("bemerkung", "erste Zeile\nzweite Zeile");
  form.createTextField("leer").addToPage(page, place());
  for (const [name, on] of [
    ["gefaehrlich", true],
    ["befreit", false],
  ] as const) {
    const box = form.createCheckBox(name);
    box.addToPage(page, place());
    if (on) box.check();
  }
  const radio = form.createRadioGroup("zahlung");
  for (const option of ["jaehrlich", "monatlich"]) radio.addOptionToPage(option, page, place());
  radio.select("monatlich");
  const rasse = form.createDropdown("rasse");
  rasse.setOptions(["01", "02"]);
  rasse.select("02");
  rasse.addToPage(page, place());
  const merkmale = form.createOptionList("merkmale");
  merkmale.enableMultiselect();
  merkmale.setOptions(["braun", "kurz", "lang"]);
  merkmale.select(["braun", "kurz"]);
  merkmale.addToPage(page, place());
  await document.attach(Buffer.from("<a>Grüße</a>"), "a.xml", { mimeType: "text/xml", description: "Daten" });
  return { bytes: Buffer.from(await document.save({ useObjectStreams: false })), fields: FILLED };
}

const FORMS: readonly (readonly [name: string, ...args: string[]])[] = [
  ["object streams", "--object-streams=generate"],
  ["no object streams", "--object-streams=disable"],
  ["linearised", "--linearize"],
  ["linearised with object streams", "--linearize", "--object-streams=generate"],
  ["unpacked", "--qdf"],
  ["packed anew", "--recompress-flate", "--compression-level=9"],
  ["with tables of an older version", "--force-version=1.4", "--object-streams=disable"],
];
const CIPHERS: readonly (readonly [name: string, ...args: string[]])[] = [
  ["RC4 of 40 bits", "--encrypt", "", "owner", "40", "--"],
  ["RC4 of 128 bits", "--encrypt", "", "owner", "128", "--use-aes=n", "--"],
  ["RC4 of 128 bits by crypt filters", "--encrypt", "", "owner", "128", "--force-V4", "--"],
  ["AES of 128 bits", "--encrypt", "", "owner", "128", "--use-aes=y", "--"],
  ["AES of 128 bits but for metadata", "--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"],
  ["AES of 256 bits, first form", "--encrypt", "", "owner", "256", "--force-R5", "--"],
  ["AES of 256 bits", "--encrypt", "", "owner", "256", "--"],
  ["AES of 256 bits with object streams", "--object-streams=generate", "--encrypt", "", "owner", "256", "--"],
];

describe("a form of pdf-lib", () => {
  it("is read, as tables and as streams", async () => {
    const { bytes, fields } = await everything();
    expect(await fieldsOf(bytes)).toEqual(fields);
    const again = await (await PDFDocument.load(bytes)).save({ useObjectStreams: true });
    expect(await fieldsOf(again)).toEqual(fields);
  });
});

describeNeeding("qpdf", qpdfMissing, "the same form, written by qpdf", () => {
  it.each(FORMS)("%s", async (_name, ...args) => {
    const { bytes, fields } = await everything();
    const { records } = await read(qpdf(bytes, ...args), { fields: true, attachments: ["*"] });
    expect(records).toMatchObject([
      { fields, encrypted: false },
      { name: "a.xml", mediaType: "text/xml", description: "Daten", text: "<a>Grüße</a>" },
    ]);
  });

  it.each(CIPHERS)("encrypted without a password for opening: %s", async (_name, ...args) => {
    const { bytes, fields } = await everything();
    const { records } = await read(qpdf(bytes, ...args), { fields: true, attachments: ["*"] });
    expect(records).toMatchObject([
      { fields, encrypted: true },
      { name: "a.xml", text: "<a>Grüße</a>" },
    ]);
  });

  it.each(["40", "128", "256"])("encrypted with a password of %s bits it is refused", async (bits) => {
    const { bytes } = await everything();
    expect(await read(qpdf(bytes, "--encrypt", "kennwort", "owner", bits, "--"))).toMatchObject({
      thrown: "PDF_ENCRYPTED",
      messages: ["the PDF is encrypted with a password"],
    });
  });
});

describeNeeding("poppler", popplerMissing, "files inside", () => {
  it("are those that poppler finds", async () => {
    const { bytes } = await everything();
    const { records } = await read(bytes, { fields: true, attachments: ["*"] });
    const ours = Object.fromEntries(
      records.slice(1).map((record) => {
        const { name, base64 } = record as { name: string; base64: string };
        return [name, Buffer.from(base64, "base64")];
      }),
    );
    expect(ours).toEqual(pdfdetach(bytes));
  });
});
