// Forms read per second, one PDF of 30 text fields each; the floor is the library that people take for it, in this process.
//
//   pdf-tables    a form with a cross-reference table
//   pdf-streams   the same with object streams

import { PDFDocument, PDFTextField } from "@cantoo/pdf-lib";
import { pdfCodec } from "../src/adapters/pdf/codec.ts";
import type { Bench, Measured } from "./measure.ts";

const FIELDS = 30;

async function form(useObjectStreams: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const page = document.addPage();
  for (let at = 0; at < FIELDS; at++) {
    const field = document.getForm().createTextField(`antrag.feld${at}`);
    field.setText(`Wert ${at} äöü`);
    field.addToPage(page, { x: 20, y: 20 + at * 20, width: 200, height: 15 });
  }
  return document.save({ useObjectStreams });
}

/** Per second, after a warm-up. */
async function rate(count: number, read: () => Promise<number>): Promise<number> {
  let started = 0;
  for (let round = -Math.ceil(count / 5); round < count; round++) {
    if (round === 0) started = performance.now();
    const found = await read();
    if (found !== FIELDS) throw new Error(`${found} fields were read instead of ${FIELDS}`);
  }
  return Math.round((count / (performance.now() - started)) * 1000);
}

async function ours(bytes: Uint8Array): Promise<number> {
  const codec = pdfCodec({ fields: true, attachments: undefined, text: undefined, xml: undefined, most: undefined });
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
  for await (const { records } of codec.decode(whole(), context)) {
    const { fields } = records[0] as unknown as { fields: { antrag: object } };
    return Object.keys(fields.antrag).length;
  }
  return 0;
}

async function theirs(bytes: Uint8Array): Promise<number> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false, parseSpeed: Infinity });
  const texts = document
    .getForm()
    .getFields()
    .map((field) => (field instanceof PDFTextField ? field.getText() : ""));
  return texts.length;
}

const run: Bench = async ({ quick }) => {
  const count = quick ? 300 : 2_000;
  const rows: Measured[] = [];
  for (const kind of ["tables", "streams"] as const) {
    const bytes = await form(kind === "streams");
    rows.push({
      name: `pdf-${kind}`,
      ours: await rate(count, () => ours(bytes)),
      floor: await rate(count, () => theirs(bytes)),
      floorName: "@cantoo/pdf-lib alone",
      unit: "forms/s",
    });
  }
  return rows;
};
export default run;
