// Broken and hostile PDFs: an error each, soon, and without the memory of the machine. Wherever a file is cut, nothing of it is taken.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PDFDocument } from "@cantoo/pdf-lib";
import { beforeAll, describe, expect, it } from "vitest";
import { measureProcess } from "../../bench/measure.ts";
import { STANDARD } from "../../src/adapters/pdf/options.ts";
import { FORM, fieldsOf, read } from "./pdf-codec.ts";
import { flate, formFile, pdfFile } from "./pdf-files.ts";
import { BOMBS } from "./pdf-bombs.ts";

const BOTH = { fields: true, attachments: ["*"] };
/** No file may take longer, whatever is in it. */
const SLOWEST = 10_000;

/** A form as a library writes it, with tables or with streams. */
async function form(useObjectStreams: boolean): Promise<Buffer> {
  const document = await PDFDocument.create();
  const page = document.addPage();
  for (let at = 0; at < 12; at++) {
    const field = document.getForm().createTextField(`person.feld${at}`);
    field.setText(`Wert ${at} äöü`);
    field.addToPage(page, { x: 20, y: 40 * at, width: 200, height: 20 });
  }
  await document.attach(Buffer.from("<a>1</a>"), "a.xml", { mimeType: "text/xml" });
  return Buffer.from(await document.save({ useObjectStreams }));
}

/** The same on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe("a form that was damaged on its way", () => {
  const forms: Buffer[] = [];
  beforeAll(async () => {
    forms.push(await form(false), await form(true));
  });

  it("is refused wherever it was cut", async () => {
    for (const whole of forms) {
      for (let end = 0; end < whole.length - 2; end += Math.max(1, Math.floor(whole.length / 400))) {
        const { thrown } = await read(whole.subarray(0, end), BOTH);
        expect(`${end} ${thrown}`).toMatch(/^\d+ PDF_(?:BROKEN|NOT_PDF)$/);
      }
    }
  });

  it("never hangs and never fails in a way of its own, whichever bits are flipped", async () => {
    const next = random(7);
    const ends = new Map<string, number>();
    for (let round = 0; round < 1_500; round++) {
      const bytes = Buffer.from(forms[round % 2]!);
      for (let flip = 0; flip < 1 + (round % 8); flip++) {
        bytes[Math.floor(next() * bytes.length)]! ^= 1 << Math.floor(next() * 8);
      }
      const { thrown = "read" } = await read(bytes, BOTH);
      expect(thrown).toMatch(/^(?:read|PDF_(?:BROKEN|NOT_PDF|ENCRYPTED|LIMIT|NO_FIELDS|FIELD_TWICE|XFA))$/);
      ends.set(thrown, (ends.get(thrown) ?? 0) + 1);
    }
    expect(ends.get("PDF_BROKEN")).toBeGreaterThan(200);
  });

  it("is refused where lines of text were changed, as FTP does it in the wrong mode", async () => {
    for (const whole of forms) {
      const changed = whole.toString("latin1").replaceAll("\n", "\r\n");
      expect(await fieldsOf(Buffer.from(changed, "latin1"))).toBe("PDF_BROKEN");
    }
  });
});

describe("structures that are meant to do harm", () => {
  const page = "<< /Type /Page >>";

  it("circles", async () => {
    const catalog = "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> /AF [5 0 R] >>";
    const field = "<< /FT /Tx /T (a) /V (x) >>";
    const circles: Record<string, Buffer> = {
      "of pages": pdfFile({ objects: { 1: catalog, 2: "<< /Type /Pages /Kids [2 0 R] >>", 4: field } }),
      "of references": pdfFile({ objects: { 1: catalog, 2: "3 0 R", 3: "2 0 R", 4: field } }),
      "of lengths": pdfFile({
        objects: {
          1: catalog,
          2: page,
          4: "<< /FT /Tx /T (a) /V 6 0 R >>",
          6: "<< /Length 6 0 R >>\nstream\nx\nendstream",
        },
      }),
    };
    for (const [name, bytes] of Object.entries(circles)) {
      expect([name, (await read(bytes, BOTH)).thrown]).toEqual([name, "PDF_BROKEN"]);
    }
    const ofFields = pdfFile({
      objects: { 1: catalog, 2: page, 4: "<< /T (a) /FT /Tx /V (x) /Kids [4 0 R << /T (b) >>] >>" },
    });
    expect(await fieldsOf(ofFields)).toEqual({ a: { b: "x" } });
  });

  it("cross-reference sections that lead to each other, or nowhere", async () => {
    const form = formFile(["<< /FT /Tx /T (a) >>"]).toString("latin1");
    const at = /startxref\n(\d+)/.exec(form)![1]!;
    for (const [from, to] of [
      ["/Root 1 0 R", `/Root 1 0 R /Prev ${at}`],
      ["/Root 1 0 R", "/Root 1 0 R /Prev 99999999"],
      ["/Root 1 0 R", "/Root 1 0 R /Prev -1"],
      ["/Root 1 0 R", "/Root 1 0 R /XRefStm 3"],
      [`startxref\n${at}`, "startxref\n0"],
      [`startxref\n${at}`, "startxref\n99999999999999999999"],
      ["/Root 1 0 R", ""],
      ["/Root 1 0 R", "/Root 77 0 R"],
      ["xref\n0 ", "xref\n0 99999999 "],
    ] as const) {
      const { thrown } = await read(Buffer.from(form.replace(from, to), "latin1"));
      expect([to, thrown]).toEqual([to, to.includes("99999999 ") ? "PDF_LIMIT" : "PDF_BROKEN"]);
    }
  });

  it("depth without end", async () => {
    const deep = (open: string, close: string): Buffer =>
      formFile([`<< /FT /Tx /T (a) /V ${open.repeat(100_000)}${close.repeat(100_000)} >>`]);
    expect(await fieldsOf(deep("[", "]"))).toBe("PDF_BROKEN");
    expect(await fieldsOf(deep("<< /a ", ">>"))).toBe("PDF_BROKEN");
    const chain = (count: number, node: (at: number) => string): Record<number, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [100 + at, node(100 + at)]));
    const pages = chain(5_000, (at) => `<< /Type /Pages /Kids [${at + 1} 0 R] >>`);
    const fields = chain(5_000, (at) => `<< /T (a) /FT /Tx /Kids [${at + 1} 0 R] >>`);
    const lengths = chain(5_000, (at) => `<< /Length ${at + 1} 0 R >>\nstream\n\nendstream`);
    const root = (rest: string): string => `<< /Type /Catalog ${rest} >>`;
    expect((await read(pdfFile({ objects: { 1: root("/Pages 100 0 R"), ...pages } }))).thrown).toBe("PDF_BROKEN");
    const form = "/Pages 2 0 R /AcroForm << /Fields [100 0 R] >>";
    expect((await read(pdfFile({ objects: { 1: root(form), 2: page, ...fields } }))).thrown).toBe("PDF_BROKEN");
    const value = "/Pages 2 0 R /AcroForm << /Fields [<< /T (a) /FT /Tx /V 100 0 R >>] >>";
    expect((await read(pdfFile({ objects: { 1: root(value), 2: page, ...lengths } }))).thrown).toBe("PDF_BROKEN");
  });

  it("a file that takes too long is ended, and the next one is read", async () => {
    const slow = formFile(["<< /FT /Tx /T (a) /V 30 0 R >>"], { objects: { 30: flate(Buffer.alloc(48 << 20, "a")) } });
    const started = performance.now();
    const { thrown } = await read(slow, { ...FORM, most: { ...STANDARD, time: 100 } });
    expect(thrown).toBe("PDF_TIMEOUT");
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await fieldsOf(formFile(["<< /FT /Tx /T (a) /V (x) >>"]))).toEqual({ a: "x" });
  });

  it("hears the signal while it waits for its turn and while it is read", async () => {
    const { codecWith } = await import("./pdf-codec.ts");
    const { chunked, decodeAll, decodeContext } = await import("../conformance/codec.ts");
    const slow = formFile(["<< /FT /Tx /T (a) /V 30 0 R >>"], { objects: { 30: flate(Buffer.alloc(48 << 20, "a")) } });
    const stop = new AbortController();
    const reason = new Error("stop");
    const ends = [1, 2].map(() =>
      decodeAll(codecWith(FORM), chunked(slow, []), decodeContext(undefined, stop.signal)).catch(
        (cause: unknown) => cause,
      ),
    );
    setTimeout(() => stop.abort(reason), 50);
    expect(await Promise.all(ends)).toEqual([reason, reason]);
  });
});

describe("bombs", () => {
  it("are refused each, soon, and all together within 640 MiB", async () => {
    const folder = mkdtempSync(join(tmpdir(), "steg-bombs-"));
    try {
      for (const [name, { make }] of Object.entries(BOMBS)) writeFileSync(join(folder, name), await make());
      const child = fileURLToPath(new URL("pdf-bombs.ts", import.meta.url));
      const { stdout, peakRssMiB, code } = await measureProcess([process.execPath, child, folder], {});
      const results = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as [string, string, number]);
      expect(code).toBe(0);
      expect(Object.fromEntries(results.map(([name, end]) => [name, end]))).toEqual(
        Object.fromEntries(Object.entries(BOMBS).map(([name, { end }]) => [name, end])),
      );
      for (const [name, , time] of results) expect([name, time < SLOWEST]).toEqual([name, true]);
      expect(peakRssMiB).toBeLessThan(640);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
