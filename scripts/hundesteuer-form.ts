// node scripts/hundesteuer-form.ts: the form of the shipped example mappings/pdf-antrag, filled in as its test has it, and printed without
// fields. An invented town, invented people; made by a library, so that everybody can see how.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PDFDocument, PDFHexString, type PDFFont, type PDFPage, StandardFonts } from "@cantoo/pdf-lib";

const tests = new URL("../mappings/pdf-antrag/tests/", import.meta.url);
const DATE = new Date("2026-11-02T08:00:00Z");

interface Sheet {
  readonly document: PDFDocument;
  readonly page: PDFPage;
  readonly font: PDFFont;
  y: number;
}

const BOX = { x: 180, width: 320, height: 18, borderWidth: 0.5 };

function label(sheet: Sheet, text: string): number {
  sheet.y -= 28;
  sheet.page.drawText(text, { x: 60, y: sheet.y + 5, size: 10, font: sheet.font });
  return sheet.y;
}

function text(
  sheet: Sheet,
  name: string,
  words: string,
  value = "",
  more: { most?: number; lines?: number } = {},
): void {
  const y = label(sheet, words);
  const field = sheet.document.getForm().createTextField(name);
  const lines = more.lines ?? 1;
  if (lines > 1) field.enableMultiline();
  if (more.most !== undefined) {
    field.setMaxLength(more.most);
    field.enableCombing();
  }
  sheet.y -= (lines - 1) * 14;
  field.addToPage(sheet.page, {
    ...BOX,
    y: y - (lines - 1) * 14,
    height: BOX.height + (lines - 1) * 14,
    font: sheet.font,
  });
  if (value !== "") field.setText(value);
  field.setFontSize(10);
}

function box(sheet: Sheet, name: string, words: string, isTicked: boolean): void {
  const y = label(sheet, words);
  const field = sheet.document.getForm().createCheckBox(name);
  field.addToPage(sheet.page, { x: BOX.x, y, width: 14, height: 14, borderWidth: 0.5 });
  if (isTicked) field.check();
}

function radio(sheet: Sheet, name: string, words: string, options: readonly string[], chosen: string): void {
  const y = label(sheet, words);
  const field = sheet.document.getForm().createRadioGroup(name);
  options.forEach((option, at) => {
    const x = BOX.x + at * 130;
    field.addOptionToPage(option, sheet.page, { x, y, width: 14, height: 14, borderWidth: 0.5 });
    sheet.page.drawText(option, { x: x + 20, y: y + 4, size: 10, font: sheet.font });
  });
  field.select(chosen);
}

function choice(sheet: Sheet, name: string, words: string, options: readonly string[], chosen: string): void {
  const y = label(sheet, words);
  const field = sheet.document.getForm().createDropdown(name);
  field.setOptions([...options]);
  field.addToPage(sheet.page, { ...BOX, y, font: sheet.font });
  field.select(chosen);
  field.setFontSize(10);
}

/** `flat` = as somebody prints it instead of saving it. */
async function make(flat: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false });
  const font = await document.embedFont(StandardFonts.Helvetica);
  const page = document.addPage([595, 842]);
  const sheet: Sheet = { document, page, font, y: 770 };
  page.drawText("Stadt Musterstadt · Steueramt", { x: 60, y: 800, size: 9, font });
  page.drawText("Anmeldung zur Hundesteuer", { x: 60, y: 774, size: 16, font });
  text(sheet, "halter.nachname", "Familienname", "Größler");
  text(sheet, "halter.vorname", "Vorname", "Änne");
  text(sheet, "halter.geburtsdatum", "Geburtsdatum", "29.02.1984");
  text(sheet, "halter.strasse", "Straße, Hausnummer", "Große Allee 7 b");
  text(sheet, "halter.plz", "Postleitzahl", "01234");
  text(sheet, "halter.ort", "Ort", "Musterstadt");
  text(sheet, "halter.telefon", "Telefon");
  text(sheet, "hund.rufname", "Rufname des Hundes", "Flöckchen");
  choice(sheet, "hund.rasse", "Rasse", ["Dackel", "Mischling", "Pudel"], "Dackel");
  text(sheet, "hund.chip", "Chipnummer", "276098100123456", { most: 15 });
  box(sheet, "hund.gefaehrlich", "Gefährlicher Hund", false);
  text(sheet, "gehalten.seit", "Gehalten seit", "15.10.2026");
  radio(sheet, "zahlweise", "Zahlweise", ["jährlich", "vierteljährlich"], "vierteljährlich");
  box(sheet, "einzug", "Einzugsermächtigung", true);
  text(sheet, "bemerkung", "Bemerkung", "Der Hund kommt aus dem Tierheim.\nBitte um Ermäßigung.", { lines: 3 });
  document.setTitle("Anmeldung zur Hundesteuer");
  document.setProducer("Beispiel");
  document.setCreationDate(DATE);
  document.setModificationDate(DATE);
  const id = PDFHexString.of("0".repeat(32));
  document.context.trailerInfo.ID = document.context.obj([id, id]);
  if (flat) document.getForm().flatten();
  return await document.save();
}

for (const [name, flat] of [
  ["ausgefuellt/input.pdf", false],
  ["gedruckt/input.pdf", true],
] as const) {
  writeFileSync(fileURLToPath(new URL(name, tests)), await make(flat));
}
