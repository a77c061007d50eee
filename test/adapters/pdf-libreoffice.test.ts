// decode.pdf on what LibreOffice's Writer exports: forms, tagged and archivable PDFs, hybrid ones, encrypted ones.

import { expect, it } from "vitest";
import { pdfWriterOf } from "../../src/adapters/pdf/write/writer.ts";
import { FORMULA } from "../../src/core/contract.ts";
import { scopeOf } from "../core/template-support.ts";
import { libreoffice, libreofficeMissing } from "../peers/pdf-programs.ts";
import { describeNeeding } from "../peers/required.ts";
import { fieldsOf, read } from "./pdf-codec.ts";

const NAMES = ["office", "text", "form"]
  .map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`)
  .join(" ");
const MORE = `xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:ooo="http://openoffice.org/2004/office"`;

interface Control {
  /** Element in the name space of forms, and the control that shows it. */
  readonly kind: readonly [element: string, component: string];
  readonly name: string;
  /** More attributes, and what stands inside. */
  readonly more?: string;
  readonly inside?: string;
}

const TEXT = ["text", "TextField"] as const;
const CHECK = ["checkbox", "CheckBox"] as const;
const RADIO = ["radio", "RadioButton"] as const;
const LIST = ["listbox", "ListBox"] as const;

/** Flat OpenDocument: a paragraph, and each control in one of its own. */
function document(controls: readonly Control[]): string {
  const elements = controls.map(({ kind: [element, component], name, more = "", inside = "" }, at) => {
    const id = `c${at}`;
    return `<form:${element} form:name="${name}" form:control-implementation="ooo:com.sun.star.form.component.${component}" xml:id="${id}" form:id="${id}" ${more}>${inside}</form:${element}>`;
  });
  const shapes = controls.map(
    (_, at) =>
      `<text:p><draw:control text:anchor-type="as-char" svg:width="6cm" svg:height="1.2cm" draw:control="c${at}"/></text:p>`,
  );
  const form = `<form:form form:name="Antrag" form:control-implementation="ooo:com.sun.star.form.component.Form">${elements.join("")}</form:form>`;
  const forms = controls.length === 0 ? "" : `<office:forms>${form}</office:forms>`;
  // Without automatic styles Writer passes over the forms of a flat document.
  return `<?xml version="1.0" encoding="UTF-8"?><office:document ${NAMES} ${MORE} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text"><office:automatic-styles/><office:body><office:text>${forms}<text:p>Antrag für Änne Großkopf, 12 €</text:p>${shapes.join("")}</office:text></office:body></office:document>`;
}

const MULTILINE = `<form:properties><form:property form:property-name="MultiLine" office:value-type="boolean" office:boolean-value="true"/></form:properties>`;
const option = (label: string, isChosen = false): string =>
  `<form:option form:label="${label}" form:value="${label}"${isChosen ? ' form:current-selected="true"' : ""}/>`;

const CONTROLS: readonly Control[] = [
  { kind: TEXT, name: "halter.name", more: 'form:current-value="Änne Großkopf, 12 €"' },
  {
    kind: ["textarea", "TextField"],
    name: "bemerkung",
    more: 'form:current-value="erste Zeile&#10;zweite Zeile"',
    inside: MULTILINE,
  },
  { kind: TEXT, name: "leer" },
  { kind: CHECK, name: "gefährlich", more: 'form:current-state="checked" form:label="gefährlich" form:value="ja"' },
  { kind: CHECK, name: "von Steuer befreit", more: 'form:label="befreit"' },
  { kind: RADIO, name: "zahlung", more: 'form:label="jährlich" form:value="jährlich"' },
  { kind: RADIO, name: "zahlung", more: 'form:label="monatlich" form:value="monatlich" form:current-selected="true"' },
  { kind: LIST, name: "rasse", more: 'form:dropdown="true"', inside: option("Dackel") + option("Pudel", true) },
  {
    kind: LIST,
    name: "merkmale",
    more: 'form:multiple="true" form:size="3"',
    inside: option("braun", true) + option("kurzhaarig, süß", true) + option("lang"),
  },
  {
    kind: ["combobox", "ComboBox"],
    name: "farbe",
    more: 'form:dropdown="true" form:current-value="grün"',
    inside: '<form:item form:label="grün"/><form:item form:label="rot"/>',
  },
  { kind: ["button", "CommandButton"], name: "drucken", more: 'form:label="Drucken"' },
];
const FILLED = {
  halter: { name: "Änne Großkopf, 12 €" },
  bemerkung: "erste Zeile\nzweite Zeile",
  gefährlich: true,
  "von Steuer befreit": false,
  zahlung: "monatlich",
  rasse: "Pudel",
  merkmale: ["braun", "kurzhaarig, süß"],
  farbe: "grün",
};
const FORM = { ExportFormFields: true };

describeNeeding("libreoffice", libreofficeMissing, "a document of LibreOffice", () => {
  it("has no form where it has no controls, or where they are printed", async () => {
    expect(await fieldsOf(libreoffice(document([])))).toBe("PDF_NO_FIELDS");
    expect(await fieldsOf(libreoffice(document(CONTROLS), { ExportFormFields: false }))).toBe("PDF_NO_FIELDS");
  });

  it.each<readonly [name: string, options: Record<string, boolean | number>, proof: RegExp]>([
    ["as it is", {}, /^%PDF-1/],
    ["tagged", { UseTaggedPDF: true }, /\/StructTreeRoot/],
    ["tagged for everyone (PDF/UA)", { PDFUACompliance: true }, /pdfuaid:part>1</],
    ["to be kept (PDF/A-2b)", { SelectPdfVersion: 2 }, /pdfaid:part>2</],
    ["to be kept (PDF/A-3b)", { SelectPdfVersion: 3 }, /pdfaid:part>3</],
    ["of version 1.5", { SelectPdfVersion: 15 }, /^%PDF-1\.5/],
  ])("with a form, %s", async (_, options, proof) => {
    const bytes = libreoffice(document(CONTROLS), { ...FORM, ...options });
    expect(bytes.toString("latin1")).toMatch(proof);
    expect(await fieldsOf(bytes)).toEqual(FILLED);
  });

  it("is filled in by the names that its fields were given", async () => {
    const form = libreoffice(document(CONTROLS), FORM);
    const fields = {
      halter: { name: "Jürgen Blümchen" },
      gefährlich: false,
      "von Steuer befreit": true,
      zahlung: "jährlich",
    };
    const sketch = { ...fields, gefährlich: FORMULA, "von Steuer befreit": FORMULA } as const;
    const writer = pdfWriterOf({ form: "antrag.pdf", fields: sketch }, () => form);
    expect(writer.problems).toEqual([]);
    const bytes = writer.write({ form: "antrag.pdf", fields }, { ...scopeOf({}), received: Date.UTC(2027, 0, 15) });
    expect(await fieldsOf(bytes)).toEqual({ ...FILLED, ...fields });
  });

  it("of two forms whose fields are called alike has one field each", async () => {
    const twice = [...CONTROLS.slice(0, 1), { kind: TEXT, name: "halter.name", more: 'form:current-value="Jürgen"' }];
    const fields = await fieldsOf(libreoffice(document(twice), { ...FORM, AllowDuplicateFieldNames: false }));
    expect(fields).toMatchObject({ halter: { name: "Änne Großkopf, 12 €" } });
    expect(JSON.stringify(fields)).toContain("Jürgen");
  });

  it("that is hybrid has the document itself inside", async () => {
    const bytes = libreoffice(document(CONTROLS), { ...FORM, IsAddStream: true });
    const { records } = await read(bytes, { fields: true, attachments: ["*.odt"] });
    const mediaType = "application/vnd.oasis.opendocument.text";
    expect(records).toMatchObject([
      { kind: "document", fields: FILLED },
      { kind: "file", name: "Original.odt", mediaType },
    ]);
    // An OpenDocument file is an archive that begins with its type.
    const odt = Buffer.from((records[1] as { base64: string }).base64, "base64");
    expect(odt.toString("latin1", 0, 90)).toMatch(new RegExp(`^PK.*mimetype${mediaType}`, "su"));
  });

  it("encrypted with a password is refused, and says so", async () => {
    const bytes = libreoffice(document(CONTROLS), { ...FORM, EncryptFile: true, DocumentOpenPassword: "kennwort" });
    expect(await read(bytes)).toMatchObject({
      thrown: "PDF_ENCRYPTED",
      messages: ["the PDF is encrypted with a password"],
    });
  });

  it("that only may not be changed is read", async () => {
    const bytes = libreoffice(document(CONTROLS), {
      ...FORM,
      RestrictPermissions: true,
      PermissionPassword: "geheim",
      Changes: 0,
    });
    expect(await fieldsOf(bytes)).toEqual(FILLED);
  });
});
