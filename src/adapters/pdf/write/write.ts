// One PDF written: the same job gives the same bytes, on every machine and at every time.

import { AFRelationship, PDFDocument, PDFHexString } from "@cantoo/pdf-lib";
import { BridgeError } from "../../../core/errors.ts";
import { budgetOf } from "../read/budget.ts";
import { openPdf } from "../read/document.ts";
import { readForm, stepsOf } from "../read/fields.ts";
import { partialNames } from "../read/partial-names.ts";
import { fillForm } from "./fill.ts";
import { flattenForm } from "./flatten.ts";
import { fontsOf } from "./fonts.ts";
import type { Filling, WriteJob } from "./protocol.ts";
import { drawSheet } from "./sheet.ts";

/** Of what is read again: it was written here. */
const LIMITS = { pages: 100_000, objects: 200_000, inflated: 512 * 1024 * 1024 };

export async function writePdf(job: WriteJob): Promise<Uint8Array> {
  const { form, sheet, title, received, id } = job;
  const document = form
    ? // Shared memory is no memory that the library knows.
      await PDFDocument.load(Uint8Array.from(form.bytes), { updateMetadata: false, parseSpeed: Infinity })
    : await PDFDocument.create({ updateMetadata: false });
  const fonts = fontsOf(document);
  if (form) {
    await fillForm(document, fonts, form.fillings);
    if (form.flatten) flattenForm(document);
  }
  if (sheet) await drawSheet(document, fonts, sheet);
  await embed(document, job);
  const date = new Date(received);
  document.setCreationDate(date);
  document.setModificationDate(date);
  document.setProducer("Steg");
  if (title !== undefined) document.setTitle(title);
  const same = PDFHexString.of(id);
  document.context.trailerInfo.ID = document.context.obj([same, same]);
  const bytes = await document.save({ updateFieldAppearances: false, addDefaultPage: false, objectsPerTick: Infinity });
  if (form && !form.flatten) verify(bytes, form.fillings);
  return bytes;
}

async function embed(document: PDFDocument, { embed, received }: WriteJob): Promise<void> {
  const date = new Date(received);
  for (const { name, bytes, mediaType, description, relationship } of embed) {
    await document.attach(bytes, name, {
      mimeType: mediaType,
      afRelationship: AFRelationship[relationship],
      creationDate: date,
      modificationDate: date,
      ...(description !== undefined && { description }),
    });
  }
}

/** What was written is read again: a value that a library lost would be nobody's fault and everybody's damage. */
function verify(bytes: Uint8Array, fillings: readonly Filling[]): void {
  const document = openPdf(bytes, budgetOf(LIMITS));
  const { fields } = readForm(document);
  const meant = partialNames(document);
  const read = new Map(fields.map(({ path, value }) => [path.join("."), value]));
  for (const { name, path, expected } of fillings) {
    const key = stepsOf(name, meant).join(".");
    if (JSON.stringify(read.get(key)) === JSON.stringify(expected)) continue;
    throw new BridgeError("INTERNAL", "the PDF does not hold the value that was written into it", {
      stage: "map",
      facts: { path },
    });
  }
}
