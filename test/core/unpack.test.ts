// Packed drops: gzip and ZIP read forward, whatever the borders of the pieces, and nothing believed that an archive says of itself.

import { createHash } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { csv } from "../../src/adapters/csv/index.ts";
import { json } from "../../src/adapters/json/index.ts";
import type { AdapterContext, Batch, DecodeContext } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { decodeName } from "../../src/core/unpack/member-name.ts";
import { UNPACK_LIMITS } from "../../src/core/unpack/limits.ts";
import { unpacking } from "../../src/core/unpack/unpacking.ts";
import { decodeUnits } from "../../src/core/pipeline/units.ts";
import type { Scope } from "../../src/core/contract.ts";
import { zip, type ZipEntry } from "./catalog-zip-writer.ts";

const plainCsv = await csv.build(
  { delimiter: ";", quote: '"', encoding: "detect", header: true, optional: [], empty: [] } as never,
  {} as AdapterContext,
);
const codec = unpacking(plainCsv);

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  // The buffer of a piece may be used again, and is.
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = Buffer.from(bytes).copy(buffer, 0, at, at + size);
    yield buffer.subarray(0, length);
  }
}

const context = (detected: DecodeContext["detected"] = () => undefined): DecodeContext => ({
  signal: new AbortController().signal,
  pinned: undefined,
  detected,
});

async function decoded(bytes: Uint8Array, size?: number, by = codec): Promise<readonly Batch[]> {
  await by.checkFrame?.(pieces(bytes, size), context());
  const batches: Batch[] = [];
  for await (const batch of by.decode(pieces(bytes, size), context())) {
    batches.push({ ...batch, ends: Array.from(batch.ends), lines: Array.from(batch.lines) });
  }
  return batches;
}

/** What the checking pass says, or decoding where that finds nothing. */
async function refusal(bytes: Uint8Array, by = codec): Promise<BridgeError> {
  const drain = async (): Promise<void> => {
    for await (const _ of by.decode(pieces(bytes), context()));
  };
  try {
    await by.checkFrame?.(pieces(bytes), context());
    await drain();
  } catch (cause) {
    if (cause instanceof BridgeError && cause.stage === "decode") return cause;
    throw cause;
  }
  throw new Error("it was not refused");
}

const recordsOf = (batches: readonly Batch[]) => batches.flatMap(({ records }) => records);
const A = "NAME;FARBE\nAnna;rot\nBert;blau\n";
const B = "NAME;FARBE\nCarl;grün\n";
const people = [
  { NAME: "Anna", FARBE: "rot" },
  { NAME: "Bert", FARBE: "blau" },
  { NAME: "Carl", FARBE: "grün" },
];

const forms: readonly [string, Partial<ZipEntry>][] = [
  ["deflated", {}],
  ["stored", { stored: true }],
  ["with its numbers behind it", { streamed: "signed" }],
  ["with its numbers behind it, without signature", { streamed: "unsigned" }],
];

describe("a ZIP archive", () => {
  it.each(forms)("of many files, %s, is read in any pieces, records numbered on", async (_, form) => {
    const bytes = zip([
      { name: "a.csv", content: A, ...form },
      { name: "leer/", content: "", stored: true },
      { name: "__MACOSX/._a.csv", content: "\u0000resource", ...form },
      { name: "unter/b.csv", content: B, ...form },
    ]);
    const whole = await decoded(bytes);
    expect(recordsOf(whole)).toEqual(people);
    expect(whole.map(({ first, member }) => [first, member?.name])).toEqual([
      [1, "a.csv"],
      [3, "unter/b.csv"],
    ]);
    const ends = whole.flatMap((batch) => Array.from(batch.ends));
    expect(ends).toEqual([20, 30, 31 + Buffer.byteLength(B)]);
    for (const size of [1, 2, 3, 7, 64]) {
      const again = await decoded(bytes, size);
      expect(recordsOf(again)).toEqual(people);
      expect(again.flatMap((batch) => Array.from(batch.ends))).toEqual(ends);
    }
  });

  it("without files has no records", async () => {
    expect(await decoded(zip([]))).toEqual([]);
    expect(await decoded(zip([{ name: "leer/", content: "", stored: true }]))).toEqual([]);
  });

  it("gives messages of several records no file of their neighbour, and $file the name inside", async () => {
    const bytes = zip([
      { name: "a.csv", content: A },
      { name: "unter/b.csv", content: B },
    ]);
    const units = [];
    const per = { by: "file", most: 1 << 20 } as const;
    for await (const batch of decodeUnits(codec, pieces(bytes), context(), per, () => ({}) as Scope))
      units.push(...batch.units.map(({ first, last, member }) => [first, last, member?.name]));
    expect(units).toEqual([
      [1, 2, "a.csv"],
      [3, 3, "unter/b.csv"],
    ]);
  });

  it("with a file that cannot be read to its end loses only that file's rest", async () => {
    const broken = 'NAME;FARBE\nDora;gelb\nEmil;"ohne Ende\n';
    const bytes = zip([
      { name: "a.csv", content: A },
      { name: "kaputt.csv", content: broken },
      { name: "b.csv", content: B },
    ]);
    for (const size of [65_536, 5]) {
      const records = recordsOf(await decoded(bytes, size));
      expect(
        records.map((record) => ("fault" in record ? (record.fault as BridgeError).code : record["NAME"])),
      ).toEqual(["Anna", "Bert", "Dora", "QUOTE_UNTERMINATED", "Carl"]);
    }
  });

  it("pins what was detected in its first file for the others", async () => {
    const latin = (text: string): Buffer => Buffer.from(text, "latin1");
    const bytes = zip([
      { name: "a.csv", content: latin("NAME;FARBE\nJörg;grün\n") },
      { name: "b.csv", content: latin("NAME;FARBE\nÄnne;weiß\n") },
    ]);
    const found: [string, string][] = [];
    const names = [];
    for await (const batch of codec.decode(
      pieces(bytes),
      context((...one) => void found.push(one)),
    )) {
      names.push(...batch.records.map((record) => (record as { NAME: string }).NAME));
    }
    expect(names).toEqual(["Jörg", "Änne"]);
    expect(found).toEqual([["encoding", "windows-1252"]]);
  });

  it("whose documents are broken delivers nothing", async () => {
    const documents = unpacking(
      await json.build(
        { record: "items", lines: false, encoding: "utf-8", optional: [] } as never,
        {} as AdapterContext,
      ),
    );
    const good = '{"items":[{"A":1}]}';
    const packed = zip([
      { name: "a.json", content: good },
      { name: "b.json", content: '{"items":[{"A":2}' },
    ]);
    await expect(documents.checkFrame?.(pieces(packed), context())).rejects.toMatchObject({ stage: "decode" });
    expect(recordsOf(await decoded(zip([{ name: "a.json", content: good }]), undefined, documents))).toEqual([
      { A: 1 },
    ]);
  });

  const refused: readonly [string, Buffer, RegExp][] = [
    ["a name that climbs out", zip([{ name: "../../etc/passwd", content: A }]), /leaves its folder/],
    ["a name that climbs out by backslashes", zip([{ name: "..\\..\\a.csv", content: A }]), /leaves its folder/],
    ["an absolute name", zip([{ name: "/etc/passwd", content: A }]), /absolute/],
    ["a drive", zip([{ name: "C:\\a.csv", content: A }]), /absolute/],
    ["control characters in a name", zip([{ name: "a\nb.csv", content: A }]), /control characters/],
    ["a name that is no UTF-8", zip([{ name: Buffer.from([0xff, 0x2e]), content: A }]), /no UTF-8/],
    [
      "a name twice",
      zip([
        { name: "a.csv", content: A },
        { name: "A.CSV", content: B },
      ]),
      /twice/,
    ],
    ["a password", zip([{ name: "a.csv", content: A, flags: 0x801 }]), /encrypted/],
    ["another packing", zip([{ name: "a.csv", content: A, method: 12 }]), /bzip2/],
    ["a symbolic link", zip([{ name: "a.csv", content: "/etc/passwd", attributes: 0xa1ff0000 }]), /symbolic link/],
    ["a wrong checksum", zip([{ name: "a.csv", content: A, crc: 1 }]), /checksum/],
    ["a wrong length", zip([{ name: "a.csv", content: A, size: 3 }]), /length/],
    [
      "another name in its directory",
      zip([{ name: "a.csv", content: A, localName: "b.csv" }]),
      /does not say the same/,
    ],
    ["an archive inside", zip([{ name: "b.zip", content: zip([{ name: "a.csv", content: A }]) }]), /another archive/],
    ["a packed file inside", zip([{ name: "b.csv.gz", content: gzipSync(A), stored: true }]), /another archive/],
    ["bytes that are no Deflate", zip([{ name: "a.csv", content: A, raw: Buffer.alloc(30, 0xff) }]), /damaged/],
    ["something behind its end", Buffer.concat([zip([{ name: "a.csv", content: A }]), Buffer.from("more")]), /behind/],
  ];
  it.each(refused)("with %s is refused", async (_, bytes, says) => {
    const error = await refusal(bytes);
    expect(error.code).toBe("ARCHIVE_REFUSED");
    expect(error.message).toMatch(says);
  });

  it("cut anywhere is refused before anything of it is delivered", async () => {
    const bytes = zip([
      { name: "a.csv", content: A },
      { name: "b.csv", content: B, streamed: "signed" },
    ]);
    for (let length = 5; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      await expect(codec.checkFrame?.(pieces(cut), context()), `${length} bytes`).rejects.toMatchObject({
        code: "ARCHIVE_REFUSED",
      });
    }
  });

  it("with any byte changed is refused, or says the same", async () => {
    const bytes = zip([
      { name: "a.csv", content: A },
      { name: "b.csv", content: B, streamed: "unsigned" },
    ]);
    for (let at = 4; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0xff;
      const read = decoded(changed).then(recordsOf, (cause: BridgeError) => cause.stage);
      expect(["decode", people], `byte ${at}`).toContainEqual(await read);
    }
  });
});

describe("a name in an archive", () => {
  const refuse = (why: string): Error => new Error(why);

  it("that is no UTF-8 is in code page 437, letter by letter as iconv-lite has them", () => {
    for (let byte = 0x80; byte < 0x100; byte++) {
      const name = Buffer.from([0x61, byte, 0x2e]);
      expect(decodeName(name, false, refuse)).toBe(iconv.decode(name, "cp437"));
    }
  });

  it("that says it is UTF-8, and is not, is refused", () => {
    expect(() => decodeName(Buffer.from([0x81]), true, refuse)).toThrow("no UTF-8");
    expect(decodeName(Buffer.from("ü.csv"), false, refuse)).toBe("ü.csv");
  });
});

describe("a gzip file", () => {
  it("is read in any pieces, several streams one after the other included", async () => {
    const bytes = Buffer.concat([gzipSync(A), gzipSync("Carl;grün\n")]);
    for (const size of [65_536, 1, 2, 11]) {
      const batches = await decoded(bytes, size);
      expect(recordsOf(batches)).toEqual(people);
      expect(new Set(batches.map(({ member }) => member))).toHaveLength(1);
      expect(batches[0]?.member).toEqual({ name: undefined });
    }
  });

  it("that is cut, damaged or no single file is refused", async () => {
    const bytes = gzipSync(A);
    for (let length = 4; length < bytes.length; length++)
      expect((await refusal(bytes.subarray(0, length))).code).toBe("ARCHIVE_REFUSED");
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 6] = (damaged[bytes.length - 6] as number) ^ 1;
    expect((await refusal(damaged)).message).toMatch(/damaged/);
    expect((await refusal(gzipSync(gzipSync(A)))).message).toMatch(/another archive/);
    const tar = Buffer.alloc(1024);
    tar.write("ustar", 257);
    expect((await refusal(gzipSync(tar))).message).toMatch(/tar/);
  });
});

describe("a bomb", () => {
  it("is noticed while it unpacks, as gzip and as ZIP, whatever it says of itself", async () => {
    const many = Buffer.alloc(64 << 20);
    const bombs = [
      gzipSync(many),
      zip([{ name: "a.csv", content: many }]),
      zip([{ name: "a.csv", content: "", raw: deflateRawSync(many), size: 3 }]),
    ];
    for (const bomb of bombs) {
      expect(bomb.length).toBeLessThan(100_000);
      const before = process.memoryUsage().rss;
      const error = await refusal(bomb);
      expect(error.message).toMatch(/packed more than 200 to 1/);
      expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    }
  });

  it("of many files, or beyond the largest size, is refused", async () => {
    const few = unpacking(plainCsv, { ...UNPACK_LIMITS, members: 2, total: 100 });
    const files = ["a", "b", "c"].map((name) => ({ name, content: A }));
    expect((await refusal(zip(files), few)).message).toMatch(/more than 2 files/);
    const large = zip([{ name: "a", content: A.repeat(5) }]);
    expect((await refusal(large, few)).message).toMatch(/larger than 100B/);
  });

  it("is none where records are padded with blanks", async () => {
    const row = (_: unknown, at: number): string =>
      `${createHash("md5").update(String(at)).digest("hex").slice(0, 6).padEnd(200)};${" ".repeat(1_000)}\n`;
    const padded = `NAME;FARBE\n${Array.from({ length: 20_000 }, row).join("")}`;
    const bytes = gzipSync(padded);
    expect(padded.length / bytes.length).toBeGreaterThan(60);
    expect(recordsOf(await decoded(bytes))).toHaveLength(20_000);
  });
});

it("plain drops go through as they are", async () => {
  for (const size of [1, 3, 65_536]) expect(recordsOf(await decoded(Buffer.from(A), size))).toEqual(people.slice(0, 2));
  expect(await decoded(Buffer.from(""))).toEqual(
    await (async () => {
      const batches = [];
      for await (const batch of plainCsv.decode(pieces(Buffer.from("")), context())) batches.push(batch);
      return batches;
    })(),
  );
});
