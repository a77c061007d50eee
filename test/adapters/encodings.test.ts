import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { decoderOf } from "../../src/adapters/shared/encodings/decoder.ts";
import { detectEncoding } from "../../src/adapters/shared/encodings/detect.ts";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import { type Encoding, encodingOfLabel, ENCODINGS } from "../../src/adapters/shared/encodings/names.ts";
import { type Declared, textWindows } from "../../src/adapters/shared/encodings/windows.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Text of every byte, bad ones as U+FFFD. */
function tableText(encoding: Exclude<Encoding, "utf-16">): string {
  return decoderOf(encoding)(ALL_BYTES, true).text;
}

interface Read {
  readonly text: string;
  /** Character index and byte offset, from the beginning. */
  readonly bad: readonly (readonly [number, number])[];
  /** Byte offset of each character. */
  readonly offsets: readonly number[];
}

/** Reads through windows of a size, taking `step` characters less than it could each time. */
async function read(bytes: AsyncIterable<Uint8Array>, declared: Declared, size?: number, step = 0): Promise<Read> {
  let text = "";
  const bad: [number, number][] = [];
  const offsets: number[] = [];
  for await (const window of textWindows(bytes, declared, decodeContext(), size)) {
    window.consumed = window.last ? window.text.length : Math.max(0, window.text.length - step);
    if (isLow(window.text, window.consumed)) window.consumed--;
    for (let at = 0; at < window.consumed; at++) {
      if (isLow(window.text, at)) {
        offsets.push(NaN);
        continue;
      }
      const found = window.badBetween(at, at + 1);
      if (found) bad.push([text.length + at, found.offset]);
      offsets.push(window.offsetAt(at));
    }
    text += window.text.slice(0, window.consumed);
  }
  return { text, bad, offsets };
}

/** The second half of a character of two units: no place of its own. */
function isLow(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

function hex(text: string, encoding: Encoding): string {
  return Buffer.from(encoderOf(encoding)(text)).toString("hex");
}

function detect(bytes: Buffer, whole = true): string {
  return detectEncoding(bytes, whole);
}

function encode(text: string, encoding: Encoding): Buffer {
  return Buffer.from(encoderOf(encoding)(text));
}

async function* hundredChunks(): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 100; chunk++) yield Buffer.alloc(10, 0x61);
}

describe("tables", () => {
  it("agree with iconv-lite in every byte, but for the control characters that IANA puts into ISO 8859", () => {
    const pages = ["windows-1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "cp437", "cp850", "cp858"] as const;
    const theirs = (page: string): string => {
      const text = iconv.decode(ALL_BYTES, page);
      return page.startsWith("iso") ? text.replace(/[\u0080-\u009f]/gu, "\ufffd") : text;
    };
    const ours = pages.map((page) => [page, tableText(page)]);
    expect(ours).toEqual(pages.map((page) => [page, theirs(page)]));
  });

  it("keep ISO-8859-1 apart from windows-1252, which TextDecoder calls latin1", () => {
    const byte = Buffer.from([0x80]);
    // Else a euro sign of windows-1252 would be delivered as a control character.
    expect(decoderOf("iso-8859-1")(byte, true).bad).toMatchObject([{ offset: 0, byte: 0x80 }]);
    expect(decoderOf("windows-1252")(byte, true).text).toBe("€");
    const gaps = decoderOf("windows-1252")(ALL_BYTES, true).bad.map((bad) => bad.byte);
    expect(gaps).toEqual([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
  });

  it("hold EBCDIC as mainframes write it", () => {
    // CCSID 273: Ä 4A, Ö E0, Ü 5A, ä C0, ö 6A, ü D0, ß A1, § 7C, @ B5; CCSID 500 has them elsewhere.
    expect(hex("ÄÖÜäöüß§@", "ebcdic-273")).toBe("4ae05ac06ad0a17cb5");
    expect(hex("{}[]~|@", "ebcdic-273")).toBe("43dc63fc59bbb5");
    expect(hex("ÄÖÜäöüß§@", "ebcdic-500")).toBe("63ecfc43ccdc59b57c");
    expect(hex("{}[]~|!", "ebcdic-500")).toBe("c0d04a5aa1bb4f");
    expect(hex("Straße 12, 80331 A-Z", "ebcdic-273")).toBe("e2a39981a18540f1f26b40f8f0f3f3f140c160e9");
    expect(hex("€", "ebcdic-1141")).toBe("9f");
    expect(hex("¤", "ebcdic-273")).toBe("9f");
    expect(() => encoderOf("ebcdic-273")("€")).toThrow("does not exist in ebcdic-273");
    for (const page of ["ebcdic-273", "ebcdic-500", "ebcdic-1141"] as const) {
      const text = tableText(page);
      // Both line ends of EBCDIC (NL 0x15, LF 0x25) are a line feed; every other byte has a character of its own.
      expect([text[0x15], text[0x25]]).toEqual(["\n", "\n"]);
      expect(new Set(text).size).toBe(255);
      expect(hex("\n", page)).toBe("15");
    }
  });

  it("hold DIN 66003, seven bits with umlauts in the place of brackets", () => {
    expect(decoderOf("din-66003")(Buffer.from("@[\\]{|}~", "latin1"), true).text).toBe("§ÄÖÜäöüß");
    expect(decoderOf("din-66003")(ALL_BYTES, true).bad.length).toBe(128);
    expect(decoderOf("us-ascii")(ALL_BYTES, true).bad.length).toBe(128);
  });

  it("find encodings by their other names, and no unknown ones", () => {
    expect(encodingOfLabel("ISO-8859-1")).toBe("iso-8859-1");
    expect(encodingOfLabel("IBM01141")).toBe("ebcdic-1141");
    expect(encodingOfLabel("shift_jis")).toBeUndefined();
    expect(encodingOfLabel("__proto__")).toBeUndefined();
  });
});

describe("encoder", () => {
  it("writes what the decoder reads", () => {
    for (const encoding of ENCODINGS) {
      if (encoding === "utf-16") continue;
      const all = encoding.startsWith("utf") ? "Aß€😀\u0000\uffff" : tableText(encoding).replaceAll("\ufffd", "");
      const { text, bad } = decoderOf(encoding)(Buffer.from(encoderOf(encoding)(all)), true);
      expect({ encoding, text, bad }).toEqual({ encoding, text: all, bad: [] });
    }
  });

  it("refuses what the encoding lacks, and names it only in the detail", () => {
    for (const [encoding, text] of [
      ["iso-8859-1", "ab€"],
      ["windows-1252", "ab\u0081"],
      ["din-66003", "ab{"],
      ["us-ascii", "abä"],
      ["cp850", "ab€"],
      ["ebcdic-500", "ab€"],
      ["utf-8", "ab\ud800"],
      ["utf-16le", "ab\udc00"],
      ["iso-8859-15", "ab😀"],
    ] as const) {
      const message = `character 3 of the text does not exist in ${encoding}`;
      expect(() => encoderOf(encoding)(text)).toThrow(
        expect.objectContaining({ code: "ENCODING_UNWRITABLE", stage: "encode", message }) as Error,
      );
    }
  });
});

describe("decoding", () => {
  it("agrees with a fatal TextDecoder on what is UTF-8, however it is cut", async () => {
    const pieces = fc.array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 4 }).map((text) => Buffer.from(text.toWellFormed())),
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
        fc
          .constantFrom([0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82])
          .map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 8 },
    );
    const property = fc.asyncProperty(
      pieces,
      fc.integer({ min: 1, max: 20 }),
      fc.nat(6),
      async (pieces, size, step) => {
        // A mark at the beginning is another matter.
        const bytes = Buffer.concat([Buffer.from("x"), ...pieces]);
        const { text, bad, offsets } = await read(chunked(bytes, [1, 2, 3, 1, 1]), "utf-8", size, step);
        expect(text).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
        let valid = true;
        try {
          new TextDecoder("utf-8", { fatal: true }).decode(bytes);
        } catch {
          valid = false;
        }
        expect(bad.length === 0).toBe(valid);
        // Offsets cut the bytes where the characters are.
        const whole = await read(chunked(bytes, []), "utf-8");
        expect(offsets).toEqual(whole.offsets);
        expect(bad).toEqual(whole.bad);
        for (const [at, offset] of bad) expect(offsets[at]).toBe(offset);
        for (const [at, offset] of offsets.entries()) {
          const isBad = bad.some(([index]) => index === at);
          const character = text.slice(at, at + 1);
          if (isBad || /[\ud800-\udfff]/.test(character)) continue;
          expect(bytes.toString("utf8", offset, offset + Buffer.byteLength(character))).toBe(character);
        }
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it("reports halves of surrogate pairs and a lost byte in UTF-16", async () => {
    const bytes = Buffer.concat([Buffer.from("a\ud800b😀\udc00", "utf16le"), Buffer.from([0x41])]);
    for (const size of [1, 3, 4, 5, 64]) {
      const le = await read(chunked(bytes, [1, 1, 1]), "utf-16le", size);
      expect(le.text).toBe("a\ufffdb😀\ufffd\ufffd");
      expect(le.bad).toEqual([
        [1, 2],
        [5, 10],
        [6, 12],
      ]);
    }
    const swapped = Buffer.from("aü€😀", "utf16le").swap16();
    expect((await read(chunked(swapped, [3]), "utf-16be", 3)).text).toBe("aü€😀");
  });

  it("never shows U+FFFD where it was not written, and shows it where it was", async () => {
    const written = await read(chunked(Buffer.from("a\ufffdb"), []), "utf-8");
    expect(written).toMatchObject({ text: "a\ufffdb", bad: [] });
    const bad = await read(chunked(Buffer.from([0x61, 0xff, 0x62]), []), "utf-8");
    expect(bad).toMatchObject({ text: "a\ufffdb", bad: [[1, 1]], offsets: [0, 1, 2] });
  });

  it("takes the byte order mark away and counts its bytes", async () => {
    const utf8 = await read(chunked(Buffer.from("\ufeffä\ufeff"), []), "utf-8");
    expect(utf8).toMatchObject({ text: "ä\ufeff", offsets: [3, 5] });
    const utf16 = await read(chunked(Buffer.from("\ufeffab", "utf16le"), [1]), "utf-16", 2);
    expect(utf16).toMatchObject({ text: "ab", offsets: [2, 4] });
  });

  it("grows its window only while the reader takes nothing", async () => {
    const sizes: number[] = [];
    for await (const window of textWindows(hundredChunks(), "utf-8", decodeContext(), 10)) {
      sizes.push(window.text.length);
      window.consumed = sizes.length < 5 ? 0 : window.text.length;
    }
    expect(sizes.slice(0, 7)).toEqual([10, 20, 40, 80, 160, 10, 10]);
  });
});

describe("detect", () => {
  it("follows its rule", () => {
    expect(detect(Buffer.alloc(0))).toBe("utf-8");
    expect(detect(Buffer.from("Mueller"))).toBe("utf-8");
    expect(detect(Buffer.from("Müller"))).toBe("utf-8");
    expect(detect(encode("Müller", "windows-1252"))).toBe("windows-1252");
    expect(detect(encode("Müller „Groß“ – 5 €", "windows-1252"))).toBe("windows-1252");
    expect(detect(encode("O’Neill Škoda Miloš Žižek Gál álmos Produkt™ 2 5…6", "windows-1252"))).toBe("windows-1252");
    expect(detect(encode("Müller 5 €", "iso-8859-15"))).toBe("iso-8859-15");
    expect(detect(Buffer.from("\ufeffA"))).toBe("utf-8");
    expect(detect(encode("A", "utf-16"))).toBe("utf-16le");
    expect(detect(encode("\ufeffA", "utf-16be"))).toBe("utf-16be");
  });

  it("refuses what it would have to guess", () => {
    for (const text of [
      "Müller",
      "Bäcker",
      "Köln",
      "MÜLLER",
      "ÜBER",
      "KÖLN",
      "Özdemir",
      "BÄCKER",
      "Ratsstraße",
      "GROßE",
    ]) {
      for (const page of ["cp850", "cp437"] as const) {
        expect(() => detect(encode(text, page))).toThrow(
          expect.objectContaining({ code: "ENCODING_UNDETECTED" }) as Error,
        );
      }
    }
  });

  it("refuses UTF-16 without its mark and UTF-32, which others would read with a NUL in every place", async () => {
    const utf16 = encode("KUNDE;ORT", "utf-16le");
    const utf32 = Buffer.concat(
      Array.from("\ufeffKUNDE", (each) => Buffer.from([each.charCodeAt(0) & 0xff, each.charCodeAt(0) >> 8, 0, 0])),
    );
    const strange = [utf16, Buffer.from(utf16).swap16(), utf32, Buffer.from(utf32).swap32(), utf32.subarray(4)];
    for (const bytes of strange) {
      expect(() => detect(bytes)).toThrow(expect.objectContaining({ code: "ENCODING_UNDETECTED" }) as Error);
    }
    expect(() => detect(utf16)).toThrow("byte 0x00 at offset 1 is neither UTF-8 nor windows-1252 text");
    for (const encoding of ["utf-16", "utf-16le"] as const) {
      await expect(read(chunked(utf32, []), encoding)).rejects.toMatchObject({ code: "ENCODING_MISMATCH" });
    }
  });

  it("lets the prefix end inside a character, the drop not", () => {
    const cut = Buffer.from("Müller €").subarray(0, -1);
    expect(detect(cut, false)).toBe("utf-8");
    expect(detect(cut, true)).toBe("windows-1252");
  });

  it("looks at a bounded prefix and is strict behind it", async () => {
    const long = Buffer.concat([Buffer.alloc(1024 * 1024, 0x61), Buffer.from([0xfc])]);
    const { bad } = await read(chunked(long, []), "detect");
    expect(bad).toEqual([[1024 * 1024, 1024 * 1024]]);
  });
});

describeWithData("detect on a corpus of encodings", () => {
  it("is right where it may decide", () => {
    const folder = sharedData("hostile/chardet/src/test/data/encodings");
    const found: Record<string, string> = {};
    for (const file of readdirSync(folder)) {
      try {
        found[file] = detectEncoding(readFileSync(`${folder}/${file}`), true);
      } catch (cause) {
        found[file] = (cause as { code: string }).code;
      }
    }
    expect(found).toMatchObject({
      ascii: "utf-8",
      utf8: "utf-8",
      utf16le: "utf-16le",
      utf16be: "utf-16be",
      windows_1252: "windows-1252",
      iso88591_en: "utf-8",
      utf32le: "ENCODING_UNDETECTED",
      utf32be: "ENCODING_UNDETECTED",
    });
    const beyondAscii = Object.keys(found).filter(
      (file) => found[file] === "utf-8" && readFileSync(`${folder}/${file}`).some((byte) => byte > 0x7f),
    );
    expect(beyondAscii.filter((file) => !/^(?:utf8$|lang_)/.test(file))).toEqual([]);
  });
});
