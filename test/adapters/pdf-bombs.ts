// Small files that unpack to much. Run as a program, it reads the files of a folder one after the other and says how each ended, so that
// the memory of this process can be measured.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createDeflate, deflateSync } from "node:zlib";
import { fieldsOf } from "./pdf-codec.ts";
import { flate, formFile, pdfFile, type PdfObject } from "./pdf-files.ts";

interface Bomb {
  readonly make: () => Buffer | Promise<Buffer>;
  /** The code that it ends with. */
  readonly end: string;
}

/** Packed piece by piece, without the memory of all of them. */
async function zeros(mebibytes: number): Promise<Buffer> {
  const deflate = createDeflate();
  const piece = Buffer.alloc(1 << 20);
  const out: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => out.push(chunk));
  for (let at = 0; at < mebibytes; at++)
    if (!deflate.write(piece)) await new Promise((done) => deflate.once("drain", done));
  await new Promise<void>((done) => deflate.on("end", done).end());
  return Buffer.concat(out);
}
const valued = (object: PdfObject): Buffer => formFile(["<< /FT /Tx /T (a) /V 30 0 R >>"], { objects: { 30: object } });

/** An object stream as the place of the catalogue; the cross-reference is a stream, too. */
function packed(pack: Buffer, dict: string): Buffer {
  const head = "%PDF-1.7\n";
  const first = `2 0 obj\n<< /Type /ObjStm ${dict} /Filter /FlateDecode /Length ${pack.length} >>\nstream\n`;
  const at = head.length + first.length + pack.length + "\nendstream\nendobj\n".length;
  const rows = deflateSync(Buffer.from([0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 1, 0, 9, 0, 0].slice(0, 15)));
  const xref = `3 0 obj\n<< /Type /XRef /W [1 2 2] /Size 3 /Root 1 0 R /Filter /FlateDecode /Length ${rows.length} >>\nstream\n`;
  return Buffer.concat([
    Buffer.from(head + first),
    pack,
    Buffer.from(`\nendstream\nendobj\n${xref}`),
    rows,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`),
  ]);
}

function xrefStream(rows: Buffer, dict: string): Buffer {
  const head = "%PDF-1.7\n";
  const xref = `3 0 obj\n<< /Type /XRef /Root 1 0 R /Filter /FlateDecode /Length ${rows.length} ${dict} >>\nstream\n`;
  return Buffer.concat([
    Buffer.from(head + xref),
    rows,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${head.length}\n%%EOF\n`),
  ]);
}

const many = (count: number, one: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => one(at)).join("");

/** By name. */
export const BOMBS: Readonly<Record<string, Bomb>> = {
  "zeros and nothing else": {
    make: async () => valued({ dict: "/Filter /FlateDecode", data: await zeros(256) }),
    end: "PDF_LIMIT",
  },
  "packed three times": {
    make: async () =>
      valued({
        dict: "/Filter [/FlateDecode /FlateDecode /FlateDecode]",
        data: deflateSync(deflateSync(await zeros(512))),
      }),
    end: "PDF_LIMIT",
  },
  "ten thousand filters": {
    make: async () => valued({ dict: `/Filter [${"/FlateDecode ".repeat(10_000)}]`, data: await zeros(1) }),
    end: "PDF_BROKEN",
  },
  "zeros in ASCII85": {
    make: () => valued({ dict: "/Filter /ASCII85Decode", data: "z".repeat(40 << 20) }),
    end: "PDF_LIMIT",
  },
  "runs of runs": {
    make: () => valued({ dict: "/Filter [/RunLengthDecode /RunLengthDecode]", data: Buffer.alloc(2 << 20, 129) }),
    end: "PDF_LIMIT",
  },
  "LZW of one letter": {
    make: () => valued({ dict: "/Filter /LZWDecode", data: lzwOfOneLetter(600_000) }),
    end: "PDF_LIMIT",
  },
  "predictors without end": {
    make: async () =>
      valued({
        dict: "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 999999999 >>",
        data: await zeros(1),
      }),
    end: "PDF_BROKEN",
  },
  "many streams that each fit": {
    make: () =>
      formFile(
        Array.from({ length: 40 }, (_, at) => `<< /FT /Tx /T (f${at}) /V ${100 + at} 0 R >>`),
        {
          objects: Object.fromEntries(
            Array.from({ length: 40 }, (_, at) => [100 + at, flate(Buffer.alloc(8 << 20, "x"))]),
          ),
        },
      ),
    end: "PDF_LIMIT",
  },
  "an object stream of zeros": { make: async () => packed(await zeros(256), "/N 1 /First 4"), end: "PDF_LIMIT" },
  "an object stream of many": {
    make: () => packed(deflateSync("1 0 ".repeat(4 << 20)), `/N ${4 << 20} /First 9`),
    end: "PDF_LIMIT",
  },
  "a cross-reference stream of many": {
    make: () => xrefStream(deflateSync(Buffer.alloc(60 << 20, 1)), "/W [1 2 1] /Size 9 /Index [0 15000000]"),
    end: "PDF_LIMIT",
  },
  "a cross-reference stream of zeros": {
    make: async () => xrefStream(await zeros(256), "/W [1 2 1] /Size 1000"),
    end: "PDF_LIMIT",
  },
  "a million fields in place": {
    make: () =>
      pdfFile({
        objects: {
          1: `<< /Pages 2 0 R /AcroForm << /Fields [${many(1_000_000, (at) => `<</T(${at})/FT/Tx/V(x)>>`)}] >> >>`,
          2: "<< /Type /Page >>",
        },
      }),
    end: "PDF_LIMIT",
  },
  "a million objects": {
    make: () => pdfFile({ objects: { 1: "<< /Pages 2 0 R >>", 2: "<< /Type /Page >>", 1_000_000: "null" } }),
    end: "PDF_LIMIT",
  },
  "pages without end": {
    make: () =>
      pdfFile({
        objects: {
          1: "<< /Pages 2 0 R >>",
          2: `<< /Type /Pages /Kids [${many(30_000, () => "<< /Type /Page >> ")}] >>`,
        },
      }),
    end: "PDF_LIMIT",
  },
  "a million names for files": {
    make: () =>
      pdfFile({
        objects: {
          1: `<< /Pages 2 0 R /AcroForm << /Fields [<< /FT /Tx /T (a) >>] >> /AF [${"<</F(a)/EF<</F 3 0 R>>>>".repeat(300_000)}] >>`,
          2: "<< /Type /Page >>",
          3: { data: "x" },
        },
      }),
    end: "PDF_LIMIT",
  },
  "a string of the whole file": {
    make: () => formFile([`<< /FT /Tx /T (a) /V (${"(".repeat(30 << 20)} >>`]),
    end: "PDF_BROKEN",
  },
  "a comment of the whole file": { make: () => Buffer.from(`%PDF-1.7\n${"%".repeat(60 << 20)}`), end: "PDF_BROKEN" },
  "a file beyond the limit": {
    make: () => Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.alloc(65 << 20)]),
    end: "PDF_LIMIT",
  },
};

/** Each code repeats the piece before and one letter more, until the table is full. */
function lzwOfOneLetter(codes: number): Buffer {
  const bits: number[] = [];
  let width = 9;
  let next = 258;
  const out = Buffer.alloc(codes * 2);
  let length = 0;
  const put = (code: number): void => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((code >> bit) & 1);
    while (bits.length >= 8) out[length++] = parseInt(bits.splice(0, 8).join(""), 2);
  };
  put(256);
  put(97);
  for (let at = 0; at < codes; at++) {
    put(Math.min(next, 4095));
    if (next < 4095) next++;
    width = next + 1 >= 2048 ? 12 : next + 1 >= 1024 ? 11 : next + 1 >= 512 ? 10 : 9;
  }
  return out.subarray(0, length);
}

if (process.argv[1]?.endsWith("pdf-bombs.ts")) {
  const folder = process.argv[2]!;
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    const started = performance.now();
    const end = await fieldsOf(bytes, { fields: true, attachments: ["*"] });
    process.stdout.write(`${JSON.stringify([name, end, Math.round(performance.now() - started)])}\n`);
  }
}
