import { describe, expect, it } from "vitest";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import { isEncoding } from "../../src/adapters/shared/encodings/names.ts";
import type { EncodeOptions, EncodeSurroundings } from "../../src/core/mapping/encode.ts";
import { makeEncode, planEncode } from "../../src/core/mapping/encode.ts";

function plan(format: EncodeSurroundings["format"], options?: EncodeOptions, decode?: EncodeSurroundings["decode"]) {
  return planEncode(options, { format, decode, encoderOf: (name) => (isEncoding(name) ? encoderOf(name) : undefined) });
}

function bodies(
  encode: ReturnType<typeof makeEncode>,
  messages: readonly string[],
): { readonly alone: string; readonly batch: string } {
  return {
    alone: encode.aloneHead + messages[0] + encode.aloneTail,
    batch: encode.head + messages.join(encode.between) + encode.tail,
  };
}

describe("json", () => {
  it("is a document alone, an array in a batch", () => {
    const encode = makeEncode(plan("json"), undefined);
    expect(bodies(encode, ['{"a":1}', '{"a":2}'])).toEqual({ alone: '{"a":1}', batch: '[{"a":1},{"a":2}]' });
    expect([encode.contentType, encode.batchContentType]).toEqual(["application/json", "application/json"]);
  });

  it("is an array also alone where that is asked for", () => {
    expect(bodies(makeEncode(plan("json", { json: "array" }), undefined), ["1", "2"])).toEqual({
      alone: "[1]",
      batch: "[1,2]",
    });
  });

  const asLines: readonly (readonly [EncodeOptions, EncodeSurroundings["decode"]])[] = [
    [{ json: { lines: true } }, undefined],
    [{ json: "lines" }, undefined],
    [undefined, { name: "json", options: { lines: true } }],
  ];
  it.each(asLines)("is lines where asked for or decoded so", (options, decode) => {
    const encode = makeEncode(plan("json", options, decode), undefined);
    expect(bodies(encode, ["1", "2"])).toEqual({ alone: "1\n", batch: "1\n2\n" });
    expect(encode.contentType).toBe("application/x-ndjson");
  });
});

describe("csv", () => {
  it("has a header line and CR LF, as RFC 4180 says", () => {
    const encode = makeEncode(plan("csv"), ["NAME", "A;B"]);
    expect(bodies(encode, ["x;1", "y;2"])).toEqual({
      alone: 'NAME;"A;B"\r\nx;1\r\n',
      batch: 'NAME;"A;B"\r\nx;1\r\ny;2\r\n',
    });
    expect(encode.contentType).toBe("text/csv; charset=utf-8; header=present");
  });

  it("keeps the dialect of decode", () => {
    const decode = {
      name: "csv",
      options: { delimiter: ",", quote: "'", encoding: "windows-1252", columns: ["A"], comment: "#" },
    };
    const made = plan("csv", undefined, decode);
    expect(made.lines.csv).toEqual({ delimiter: ",", quote: "'", quoting: "needed", comment: "#", lineEnd: "\r\n" });
    const encode = makeEncode(made, ["A"]);
    expect(encode.head).toBe("");
    expect(encode.contentType).toBe("text/csv; charset=windows-1252; header=absent");
    expect([...encode.toBytes("ä€")]).toEqual([0xe4, 0x80]);
  });

  it("lets options win over decode, and another codec says nothing", () => {
    const decode = { name: "csv", options: { delimiter: ",", encoding: "windows-1252", header: true } };
    const made = plan(
      "csv",
      { csv: { delimiter: "|", quote: "", quoting: "needed", encoding: "utf-8", header: false, lineEnd: "lf" } },
      decode,
    );
    expect(made).toMatchObject({
      header: false,
      encoding: "utf-8",
      lines: { csv: { delimiter: "|", quote: "", lineEnd: "\n" } },
    });
    expect(plan("csv", undefined, { name: "fixed", options: { encoding: "cp850" } })).toMatchObject({
      encoding: "utf-8",
      lines: { csv: { delimiter: ";" } },
    });
    expect(plan("csv", undefined, { name: "csv", options: { encoding: "detect" } }).encoding).toBe("utf-8");
  });

  it("has no header where the lines differ, and refuses one that was asked for", () => {
    expect(makeEncode(plan("csv"), undefined).head).toBe("");
    const asked = plan("csv", {
      csv: {
        delimiter: undefined,
        quote: undefined,
        quoting: "needed",
        encoding: undefined,
        header: true,
        lineEnd: "crlf",
      },
    });
    expect(() => makeEncode(asked, undefined)).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }));
  });

  it("says a character that the encoding lacks", () => {
    const encode = makeEncode(plan("csv", undefined, { name: "csv", options: { encoding: "iso-8859-1" } }), ["A"]);
    expect(() => encode.toBytes("Ł")).toThrow(
      expect.objectContaining({ code: "ENCODING_UNWRITABLE", stage: "encode" }),
    );
  });

  it("writes a byte order mark once per body", () => {
    const encode = makeEncode(
      plan("csv", {
        csv: {
          delimiter: undefined,
          quote: undefined,
          quoting: "needed",
          encoding: "utf-16",
          header: true,
          lineEnd: "lf",
        },
      }),
      ["A"],
    );
    expect([...encode.toBytes(encode.head)]).toEqual([0xff, 0xfe, 0x41, 0, 0x0a, 0]);
    expect([...encode.toBytes("x")]).toEqual([0x78, 0]);
  });
});

describe("fixed", () => {
  it("ends every line, as decode has it", () => {
    expect(bodies(makeEncode(plan("fixed"), undefined), ["a", "b"])).toEqual({ alone: "a\r\n", batch: "a\r\nb\r\n" });
    const mirrored = plan("fixed", undefined, { name: "fixed", options: { encoding: "iso-8859-1", lineEnd: "none" } });
    expect(bodies(makeEncode(mirrored, undefined), ["a", "b"])).toEqual({ alone: "a", batch: "ab" });
    expect(makeEncode(mirrored, undefined).contentType).toBe("text/plain; charset=iso-8859-1");
    expect(makeEncode(plan("fixed", { fixed: { encoding: undefined, lineEnd: "lf" } }), undefined).tail).toBe("\n");
  });
});

describe("xml and bytes", () => {
  it("travel alone", () => {
    const xml = makeEncode(plan("xml"), undefined);
    expect(xml).toMatchObject({
      single: true,
      contentType: "application/xml; charset=utf-8",
      aloneHead: "",
      aloneTail: "",
    });
    expect(Buffer.from(xml.toBytes("<ä/>")).toString("utf8")).toBe("<ä/>");
    const bytes = makeEncode(plan("bytes"), undefined);
    expect(bytes).toMatchObject({ single: true, contentType: "application/octet-stream" });
    expect([...bytes.toBytes("\u0000\u00ff")]).toEqual([0, 255]);
  });
});

describe("options that do not go together", () => {
  const csv = {
    delimiter: undefined,
    quote: undefined,
    quoting: "needed",
    encoding: undefined,
    header: undefined,
    lineEnd: "crlf",
  } as const;
  it.each([
    ["encode.csv does not fit what the map makes, which is xml", "xml", { csv }],
    ["encode.csv.delimiter must be text without line breaks", "csv", { csv: { ...csv, delimiter: "\n" } }],
    [
      "encode.csv.quote must differ from the delimiter and be no line break",
      "csv",
      { csv: { ...csv, delimiter: '"', quote: '"' } },
    ],
    ["encode.csv.encoding: klingon is not known", "csv", { csv: { ...csv, encoding: "klingon" } }],
  ] as const)("%s", (message, format, options) => {
    expect(() => plan(format, options)).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE", message }));
  });
});
