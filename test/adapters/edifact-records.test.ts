// What a record is: a message, an interchange, a segment group; objects behind UNO; and what its characters are.

import { describe, expect, it } from "vitest";
import type { Options } from "../../src/adapters/edifact/options.ts";
import { openCodec } from "../../src/adapters/edifact/open.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { decodeAll, decodeContext } from "../conformance/codec.ts";
import { DEFAULTS, edifact, interchange, order, orderRecord, UNB, unb } from "./edifact-samples.ts";

type Plain = Readonly<Record<string, any>>;

async function read(
  bytes: string | Uint8Array,
  options: Partial<Options> = {},
  pinned?: Readonly<Record<string, string>>,
) {
  const notices: BridgeError[] = [];
  const context = { ...decodeContext(pinned), notice: (what: BridgeError) => void notices.push(what) };
  const given = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  const outcome = await decodeAll(edifact(options), given, context);
  return { ...outcome, records: outcome.records as readonly Plain[], notices };
}

describe("records", () => {
  it("are interchanges with all their messages", async () => {
    const text = interchange(order(1), order(2)) + interchange(order(3)).replaceAll("REF1", "REF2");
    const { records, ends } = await read(text, { record: "interchange" });
    const bare = (number: number): unknown => {
      const { UNB: _, ...record } = orderRecord(number) as Plain;
      return record;
    };
    expect(records).toEqual([
      { UNB: unb, messages: [bare(1), bare(2)], UNZ: { de0036: "2", de0020: "REF1" } },
      { UNB: { ...unb, de0020: "REF2" }, messages: [bare(3)], UNZ: { de0036: "1", de0020: "REF2" } },
    ]);
    expect(ends).toEqual([interchange(order(1), order(2)).length, text.length]);
  });

  it("are dead letters as interchanges where one of their messages is bad, or where they are too large", async () => {
    const bad = interchange(order(1), order(2).replace("UNT+10", "UNT+11"));
    expect((await read(bad, { record: "interchange" })).records).toEqual(["EDIFACT_ENVELOPE"]);
    const large = interchange(order(1, 20), order(2, 20));
    expect((await read(large, { record: "interchange", most: 1024 })).records).toEqual(["RECORD_TOO_LARGE"]);
  });

  it("are groups with the rest of their message", async () => {
    const text = interchange(
      order(1, 2),
      order(2)
        .replace(/LIN.*(?=UNS)/, "")
        .replace("UNT+10", "UNT+8"),
      order(3),
    );
    const { records, ends } = await read(text, { record: "SG25", strict: false });
    const { SG25: lines, ...rest } = orderRecord(1, 2) as Plain;
    const {
      SG25: [last],
      ...third
    } = orderRecord(3) as Plain;
    expect(records).toEqual([
      { ...lines[0], message: rest },
      { ...lines[1], message: rest },
      { ...last, message: third },
    ]);
    const second = text.indexOf("LIN+2");
    expect(ends).toEqual([second, text.indexOf("UNH+2"), text.indexOf("UNZ")]);
  });

  it("are no groups of messages that nobody knows", async () => {
    const text = interchange("UNH+1+XORDER:D:96A:UN'UNT+2+1'");
    expect((await read(text, { record: "SG25" })).records).toEqual(["EDIFACT_MESSAGE_UNKNOWN"]);
  });

  it("have names that are known before any data where the bridge names its messages", () => {
    expect(edifact({ messages: ["ORDERS D 96A"] }).fields).toEqual(
      expect.arrayContaining(["UNB", "UNG", "UNO", "UNH", "BGM", "SG25", "UNT"]),
    );
    expect(edifact({ messages: ["ORDERS D 96A"], record: "SG25" }).fields).toEqual(
      expect.arrayContaining(["message", "LIN", "QTY", "SG26"]),
    );
    expect(edifact({ messages: ["ORDERS"] }).fields).toBeUndefined();
    expect(edifact({ record: "interchange" }).fields).toEqual(["UNB", "messages", "UNZ"]);
  });

  it("are refused at the check where no directory knows the message, or it has no such group", () => {
    const files = { readBridgeFile: () => Buffer.alloc(0) };
    const open = (options: Partial<Options>) => () => openCodec({ ...DEFAULTS, ...options }, files);
    expect(open({ messages: ["ORDERS D 93A"] })).toThrow("no directory knows ORDERS D 93A");
    expect(open({ messages: ["ORDERS D 93A"], strict: false })).not.toThrow();
    expect(open({ messages: ["ORDERS D 96A"], record: "SG99" })).toThrow("has no group SG99");
    expect(open({ messages: ["ORDERS D 96A UN EAN008"], record: "SG25" })).not.toThrow();
  });
});

describe("objects", () => {
  const uno = "UNO+1+AID:1+OBJ:TXT+11:4'";

  it("in a message are bytes of their stated length, whatever stands in them", async () => {
    const object = Buffer.from([0, 0xff, 0x27, 0x2b, 0x3a, 0x3f, 0x0d, 0x0a, 0x55, 0x4e, 0x54]);
    const bytes = Buffer.concat([
      Buffer.from(`${UNB}UNH+1+XMED:1:1:ZZ'${uno}`),
      object,
      Buffer.from(`UNP+11+1'UNT+4+1'UNZ+1+REF1'`),
    ]);
    const { records, thrown } = await read(bytes);
    expect(thrown).toBeUndefined();
    expect(records[0]?.["UNO"]).toMatchObject([{ object: object.toString("base64") }]);
    expect(records[0]?.["segments"][0]).toMatchObject({ tag: "UNO", object: object.toString("base64") });
    // A border of a window anywhere in it makes no difference.
    for (let window = 4; window < bytes.length; window++) {
      expect((await decodeAll(edifact({}, window), bytes)).records).toEqual(records);
    }
  });

  it("are packages where they stand in the place of a message", async () => {
    const { records } = await read(`${UNB}${uno}Hello WorldUNP+11+1'${order(2)}UNZ+2+REF1'`);
    expect(records).toMatchObject([
      { UNB: unb, UNO: [{ object: Buffer.from("Hello World").toString("base64") }] },
      { UNH: {} },
    ]);
  });

  it("whose trailer says another length are bad", async () => {
    const { records, messages } = await read(`${UNB}${uno}Hello WorldUNP+12+1'${order(2)}UNZ+2+REF1'`);
    expect(records[0]).toBe("EDIFACT_ENVELOPE");
    expect(messages[0]).toContain("the count of bytes is 12, but there are 11");
  });
});

const NAME = "SG2.1.NAD.C080.de3036.0";
const nameIn = (record: Plain | undefined): unknown => NAME.split(".").reduce<any>((at, key) => at?.[key], record);
const withName = (name: Buffer, syntax: string): Buffer => {
  const [before, behind] = interchange(order(1)).replace("UNOC:3", syntax).split("Blumen Muster") as [string, string];
  return Buffer.concat([Buffer.from(before), name, Buffer.from(behind)]);
};

describe("characters", () => {
  it.each([
    ["UNOA:3", Buffer.from("BLUMEN (1)"), "BLUMEN (1)"],
    ["UNOB:3", Buffer.from("Blumen"), "Blumen"],
    ["UNOC:3", Buffer.from([0xc4, 0xdf, 0xa4]), "Äß¤"],
    ["UNOD:3", Buffer.from([0xa1, 0xb3]), "Ął"],
    ["UNOE:3", Buffer.from([0xb1, 0xef]), "Бя"],
    ["UNOF:3", Buffer.from([0xc1, 0xf9]), "Αω"],
    ["UNOG:3", Buffer.from([0xa1, 0xe6]), "Ħĉ"],
    ["UNOH:3", Buffer.from([0xa2, 0xbf]), "ĸŋ"],
    ["UNOI:3", Buffer.from([0xc7, 0xe3]), "\u0627\u0643"],
    ["UNOJ:3", Buffer.from([0xe0, 0xfa]), "את"],
    ["UNOK:3", Buffer.from([0xd0, 0xdd, 0xe4]), "Ğİä"],
    ["UNOL:4", Buffer.from([0xa4, 0xbe]), "€Ÿ"],
    ["UNOW:4", Buffer.from("Łódź €"), "Łódź €"],
    ["UNOY:4::7", Buffer.from("Łódź 𝄞"), "Łódź 𝄞"],
  ])("of %s", async (syntax, bytes, text) => {
    let drop = withName(bytes, syntax);
    if (syntax === "UNOA:3") drop = Buffer.from(drop.toString().toUpperCase());
    const { records, notices } = await read(drop);
    expect(nameIn(records[0])).toBe(text);
    expect(notices).toEqual([]);
  });

  it.each([
    ["UNOA:3", Buffer.from("blumen")],
    ["UNOB:3", Buffer.from("Blumen {1}")],
    ["UNOB:3", Buffer.from("Bl\u00fcten")],
    ["UNOC:3", Buffer.from([0x80])],
    ["UNOC:3", Buffer.from("a\tb")],
    ["UNOW:4", Buffer.from([0xfc])],
    ["UNOX:4", Buffer.from("\u001b$B")],
  ])("that %s does not have", async (syntax, bytes) => {
    const drop = withName(bytes, syntax);
    const plain = syntax === "UNOA:3" ? Buffer.from(drop.toString().toUpperCase().replace("BLUMEN", "blumen")) : drop;
    expect((await read(plain)).records).toEqual(["EDIFACT_CHARACTER"]);
    const { records, notices } = await read(plain, { strict: false });
    expect(nameIn(records[0])).toEqual(expect.any(String));
    expect(notices).toMatchObject([{ code: "EDIFACT_CHARACTER", facts: { error0085: "21", segment: "NAD" } }]);
  });

  it("are told by the bridge where the partner says one thing and writes another", async () => {
    const utf8 = withName(Buffer.from("Blüten"), "UNOA:3");
    expect(nameIn((await read(utf8, { charset: "UNOW" })).records[0])).toBe("Blüten");
    const windows = withName(Buffer.from([0x80, 0xfc]), "ABCD:3");
    expect(nameIn((await read(windows, { charset: "windows-1252" })).records[0])).toBe("€ü");
  });

  it("that are UTF-8 under a name of one byte each are told", async () => {
    const { records, notices } = await read(withName(Buffer.from("Blüten"), "UNOC:3"));
    expect(nameIn(records[0])).toBe("BlÃ¼ten");
    expect(notices).toMatchObject([{ code: "EDIFACT_CHARACTER", message: expect.stringContaining("look like UTF-8") }]);
  });

  it("are sniffed once and pinned", async () => {
    const utf8 = withName(Buffer.from("Blüten"), "UNOC:3");
    const sniffed = await read(utf8, { charset: "detect" });
    expect(nameIn(sniffed.records[0])).toBe("Blüten");
    expect(sniffed.detected).toEqual({ charset: "UNOW" });
    expect(sniffed.notices).toMatchObject([
      { message: "line 1, byte 0, UNB: read as UNOW, because it looks so, whatever UNB says" },
    ]);
    const pinned = await read(utf8, { charset: "detect" }, { charset: "declared" });
    expect(nameIn(pinned.records[0])).toBe("BlÃ¼ten");
    expect(pinned.detected).toEqual({});
    const latin = withName(Buffer.from([0xfc]), "UNOC:3");
    expect((await read(latin, { charset: "detect" })).detected).toEqual({ charset: "declared" });
    const windows = withName(Buffer.from([0x84, 0xfc]), "UNOC:3");
    expect((await read(windows, { charset: "detect" })).detected).toEqual({ charset: "windows-1252" });
    expect(nameIn((await read(withName(Buffer.from([0xfc]), "UNOB:3"), { charset: "detect" })).records[0])).toBe("ü");
  });

  it("of the whole drop may be UTF-16", async () => {
    const text = interchange(order(1)).replace("UNOC:3", "UNOY:4::8").replace("Blumen", "Łódź 𝄞");
    const little = Buffer.from(`\ufeff${text}`, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16(), little.subarray(2)]) {
      const { records, ends } = await read(bytes);
      expect(nameIn(records[0])).toBe("Łódź 𝄞 Muster");
      expect(ends).toEqual([bytes.length - 2 * "UNZ+1+REF1'".length]);
      for (const window of [4, 5, 7, 64]) {
        expect((await decodeAll(edifact({}, window), bytes)).records).toEqual(records);
      }
    }
  });
});

describe("service characters", () => {
  it("are those of each interchange", async () => {
    const other = interchange(order(1)).replaceAll("REF1", "REF2").replaceAll("+", "|").replaceAll("'", "~");
    const text = `\r\n${interchange(order(1))}\r\nUNA:|.? ~\r\n${other}`;
    const { records } = await read(text);
    expect(records.map(({ SG2 }) => SG2)).toEqual([(orderRecord(1) as Plain)["SG2"], (orderRecord(1) as Plain)["SG2"]]);
  });

  it("of level B may be separators of information", async () => {
    const text = interchange(order(1)).replace("UNOC", "UNOB");
    const bytes = text.replaceAll("+", "\u001d").replaceAll(":", "\u001f").replaceAll("'", "\u001c");
    const { records } = await read(bytes);
    expect(records[0]).toEqual({
      ...(orderRecord(1) as object),
      UNB: { ...unb, S001: { de0001: "UNOB", de0002: "3" } },
    });
  });

  it("repeat elements in syntax 4, and are text before it", async () => {
    const text = interchange("UNH+1+X:1:1:ZZ'FTX+a*b:c*?**d'UNT+3+1'");
    const elementsOf = async (given: string) => (await read(given)).records[0]?.["segments"][0].elements;
    expect(await elementsOf(text)).toEqual([["a*b", "c***d"]]);
    expect(await elementsOf(text.replace("UNOC:3", "UNOC:4"))).toEqual([[["a"], ["b", "c"], ["*"], ["d"]]]);
    expect(await elementsOf(`UNA:+.? '${text.replace("UNOC:3", "UNOC:4")}`)).toEqual([["a*b", "c***d"]]);
  });

  it("may release nothing", async () => {
    const { records } = await read(`UNA:+.  '${interchange("UNH+1+X:1:1:ZZ'FTX+a??'UNT+3+1'")}`);
    expect(records[0]?.["segments"][0].elements).toEqual([["a??"]]);
  });
});
