import { describe, expect, it } from "vitest";
import { idocCodec } from "../../src/adapters/idoc/codec.ts";
import type { Options } from "../../src/adapters/idoc/options.ts";
import { shippedDictionary } from "../../src/adapters/idoc/shipped.ts";
import type { Codec } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { codecConformance, decodeAll } from "../conformance/codec.ts";
import { control, data, DOCNUM, fields, order, ordered, VALUES } from "./idoc-sample.ts";

const DEFAULTS: Options = {
  form: "flat",
  dictionary: undefined,
  strict: true,
  encoding: undefined,
  optional: undefined,
  empty: undefined,
  most: 64 * 1024 * 1024,
};

/** The codec is made asynchronously and the suite wants it at once. */
function codec(options: Partial<Options>, window?: number, files: Readonly<Record<string, string>> = {}): Codec {
  const made = idocCodec({ ...DEFAULTS, ...options }, (path) => Buffer.from(files[path]!), window);
  const open = { ...DEFAULTS, ...options };
  return {
    version: open.form,
    fields: undefined,
    async *decode(bytes, context) {
      yield* (await made).decode(bytes, context);
    },
  };
}

async function read(text: string | Uint8Array, options: Partial<Options> = {}, files?: Record<string, string>) {
  return await decodeAll(codec(options, undefined, files), typeof text === "string" ? Buffer.from(text) : text);
}

const OTHER = "0000000000471101";
const ROWS = order();
const CUT = ROWS.map((row) => row.trimEnd());
/** Ten bytes per character are enough for what the suite tries at every place. */
const SHORT = [control(), data("E2EDK01005", 1, 0, 1, "001"), data("E2EDK14", 2, 0, 2, "014Geheim")];
const SHORT_RECORD = {
  EDI_DC40: VALUES,
  E1EDK01: { ACTION: "001" },
  E1EDK14: [{ QUALF: "014", ORGID: "Geheim" }],
};
const trimmed = (rows: readonly string[]): string => rows.map((row) => `${row.trimEnd()}\r\n`).join("");

codecConformance({
  name: "idoc with line ends",
  open: (window) => codec({}, window),
  secrets: ["Geheim", DOCNUM],
  endless: { head: "", record: () => trimmed(SHORT) },
  samples: [
    { name: "nothing at all", bytes: Buffer.alloc(0), records: [] },
    { name: "an order, blanks cut", bytes: Buffer.from(trimmed(order())), records: [ordered()] },
    {
      name: "two IDocs, CR LF, LF, blank lines, nothing at the end",
      bytes: Buffer.from(`${trimmed(SHORT)}\n\n${SHORT.map((row) => row.trimEnd()).join("\n")}`),
      records: [SHORT_RECORD, SHORT_RECORD],
    },
    {
      name: "the end-of-file mark of DOS",
      bytes: Buffer.from(`${trimmed(SHORT)}\u001a`),
      records: [SHORT_RECORD],
    },
    {
      name: "an IDoc with a gap between two that are right",
      bytes: Buffer.from(trimmed(SHORT) + trimmed([SHORT[0]!, data("E2EDK01005", 2, 0, 1, "Geheim")]) + trimmed(SHORT)),
      records: [SHORT_RECORD, "IDOC_SEGNUM", SHORT_RECORD],
    },
    {
      name: "a byte that does not exist",
      bytes: Buffer.concat([Buffer.from(trimmed(SHORT)), Buffer.from(trimmed(order()), "latin1")]),
      records: [SHORT_RECORD, "ENCODING_INVALID"],
    },
    {
      name: "no control record at the beginning",
      bytes: Buffer.from(trimmed(SHORT.slice(1))),
      records: [],
      thrown: "IDOC_CONTROL",
    },
    {
      name: "another one of a release before 4",
      bytes: Buffer.from(`${trimmed(SHORT)}EDI_DC    100Geheim\n`),
      records: [SHORT_RECORD],
      thrown: "IDOC_CONTROL",
    },
  ],
});

codecConformance({
  name: "idoc without line ends",
  open: (window) => codec({ encoding: "iso-8859-1" }, window),
  secrets: ["Geheim", DOCNUM],
  samples: [
    {
      name: "two IDocs and a line end behind them",
      bytes: Buffer.from(`${SHORT.join("")}${SHORT.join("")}\r\n`, "latin1"),
      records: [SHORT_RECORD, SHORT_RECORD],
    },
    {
      name: "an IDoc that is cut",
      bytes: Buffer.from((SHORT.join("") + SHORT.join("")).slice(0, 2 * 2650 - 1100), "latin1"),
      records: [SHORT_RECORD, "IDOC_TRUNCATED"],
    },
    {
      name: "a lost character, which makes the rest unreadable",
      bytes: Buffer.from(SHORT.join("") + SHORT.join("").replace("Geheim", "Gehei") + SHORT.join(""), "latin1"),
      records: [SHORT_RECORD],
      thrown: "IDOC_RECORD",
    },
  ],
});

const XML_CONTROL = Object.entries(VALUES)
  .map(([name, value]) => `<${name}>${value}</${name}>`)
  .join("");
const XML_IDOC =
  `<IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">${XML_CONTROL}</EDI_DC40><E1EDK01 SEGMENT="1"><ACTION>001</ACTION><CURCY/></E1EDK01>` +
  `<E1EDK14 SEGMENT="1"><QUALF>014</QUALF><ORGID>Geheim  </ORGID></E1EDK14></IDOC>`;

codecConformance({
  name: "idoc as XML",
  open: (window) => codec({ form: "xml" }, window),
  secrets: ["Geheim", DOCNUM],
  endless: { head: "<ORDERS05>", record: () => XML_IDOC.repeat(5) },
  samples: [
    {
      name: "two IDocs",
      bytes: Buffer.from(`<?xml version="1.0"?>\n<ORDERS05>\n${XML_IDOC}\n${XML_IDOC}\n</ORDERS05>`),
      records: [SHORT_RECORD, SHORT_RECORD],
    },
    {
      name: "an IDoc without control record",
      bytes: Buffer.from(
        `<ORDERS05><IDOC><E1EDK01 SEGMENT="1"><ACTION>Geheim</ACTION></E1EDK01></IDOC>${XML_IDOC}<IDOC/></ORDERS05>`,
      ),
      records: ["IDOC_CONTROL", SHORT_RECORD, "IDOC_CONTROL"],
    },
    { name: "another document", bytes: Buffer.from("<html><body/></html>"), records: [], thrown: "IDOC_CONTROL" },
    {
      name: "a document that is cut",
      bytes: Buffer.from(`<ORDERS05>${XML_IDOC}<IDOC><EDI_DC40>`),
      records: [SHORT_RECORD],
      thrown: "XML_BROKEN",
    },
  ],
});

describe("an IDoc in a flat file", () => {
  it("is the same with line ends, without, with blanks and with blanks cut off", async () => {
    for (const text of [ROWS.join(""), ROWS.join("\n"), ROWS.join("\r\n"), CUT.join("\n"), `${CUT.join("\r\n")}\r\n`]) {
      const { records, thrown } = await read(text);
      expect(thrown).toBeUndefined();
      expect(records).toEqual([ordered()]);
    }
  });

  it("counts characters, not bytes, and not halves of pairs", async () => {
    const customer = "Ruß 𝄞 & Söhne 😀";
    for (const text of [order(DOCNUM, customer).join(""), order(DOCNUM, customer).join("\n")]) {
      expect((await read(text)).records).toEqual([ordered(DOCNUM, customer)]);
    }
  });

  it("may say EDI_DC40_U, and control records may be padded to the length of the others", async () => {
    const [head, ...rows] = SHORT;
    const unicode = [head!.replace("EDI_DC40  ", "EDI_DC40_U").padEnd(1063), ...rows].join("\n");
    const record = { ...SHORT_RECORD, EDI_DC40: { ...VALUES, TABNAM: "EDI_DC40_U" } };
    expect((await read(unicode)).records).toEqual([record]);
  });

  it("knows segments whatever version their names have", async () => {
    const dictionary = shippedDictionary("ORDERS05")!;
    for (const name of ["E2EDP01", "E2EDP01009", "E2EDP01011", "E1EDP01"]) {
      expect(dictionary.typeOf(name)?.type).toBe("E1EDP01");
    }
    expect(dictionary.typeOf("E2EDX01009")).toBeUndefined();
  });

  it("has its customer's segments where a dictionary has them", async () => {
    const file = [
      "segment;definition;parent;least;most;field;start;length;name",
      "# our own",
      "E1EDK01;;;1;1;;;;Kopf",
      "E1EDK01;;;;;ACTION;1;3;Aktion",
      'ZE1WERK;;E1EDK01;0;1;;;;"unser Segment"',
      "ZE1WERK;;;;;WERK;;4;",
      "ZE1WERK;;;;;HALLE;;6;",
    ].join("\n");
    const rows = [
      control({ IDOCTYP: "ZORDERS" }),
      data("E2EDK01005", 1, 0, 1, "001"),
      data("ZE1WERK000", 2, 1, 2, "1000H7"),
    ];
    const { records } = await read(rows.join("\n"), { dictionary: "z.csv" }, { "z.csv": file });
    const head = { EDI_DC40: { ...VALUES, IDOCTYP: "ZORDERS" } };
    expect(records).toEqual([{ ...head, E1EDK01: { ACTION: "001", ZE1WERK: { WERK: "1000", HALLE: "H7" } } }]);
  });

  it("leaves out values that mean empty", async () => {
    const rows = [control(), data("E2EDK01005", 1, 0, 1, "001"), data("E2EDK03", 2, 0, 2, "01200000000")];
    const { records } = await read(rows.join("\n"), { empty: ["00000000"] });
    expect(records).toEqual([{ EDI_DC40: VALUES, E1EDK01: { ACTION: "001" }, E1EDK03: [{ IDDAT: "012" }] }]);
  });

  const item = (number: number, parent: number): string => data("E2EDP01011", number, parent, 2, "000010");
  const object = (number: number, parent: number): string => data("E2EDP19003", number, parent, 3, "001A-100");
  const head = data("E2EDK01005", 1, 0, 1, "001");
  const wrong: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ["a segment that nobody knows", [head, data("E2EDX99", 2, 0, 2, "x")], "IDOC_SEGMENT_UNKNOWN", /^line 3: /],
    ["a gap in SEGNUM", [head, item(3, 0)], "IDOC_SEGNUM", /line 3: SEGNUM 3 found, 2 expected/],
    ["a parent that does not come before", [head, object(2, 7)], "IDOC_HIERARCHY", /line 3: PSGNUM 7 is no segment/],
    [
      "a parent that is none of it",
      [head, item(2, 0), object(3, 0)],
      "IDOC_HIERARCHY",
      /line 4: E1EDP19 stands directly in the IDoc, .* below E1EDP01/,
    ],
    ["a segment of another IDoc", [head, data("E2EDK14", 2, 0, 2, "014", OTHER)], "IDOC_DOCNUM", /^line 3: /],
    [
      "a segment that must be there",
      [data("E2EDK14", 1, 0, 2, "014")],
      "IDOC_OCCURRENCES",
      /the IDoc has E1EDK01 0 times/,
    ],
    [
      "a segment twice that is there once",
      [head, head.replace("000001000000", "000002000000")],
      "IDOC_OCCURRENCES",
      /2 times/,
    ],
    ["a control record and nothing else", [], "IDOC_TRUNCATED", /^line 1: /],
    ["a record that is too long", [head, `${item(2, 0).padEnd(1063, "x")}y`], "IDOC_RECORD", /1064 characters found/],
    ["a record that is too short", [head, "E2EDP01011"], "IDOC_RECORD", /10 characters found, at least 63/],
    ["a record that is none", [head, "Sehr geehrte Damen und Herren,"], "IDOC_RECORD", /^line 3: /],
    ["numbers that are none", [head, item(2, 0).replace("000002", "00000x")], "IDOC_RECORD", /^line 3: /],
  ];
  it.each(wrong)("is a dead letter with %s, and the next one is read", async (_, rows, code, message) => {
    const { records, messages, thrown } = await read([control(), ...rows, ...SHORT].join("\n"));
    expect(thrown).toBeUndefined();
    expect(records).toEqual([code, SHORT_RECORD]);
    expect(messages[0]).toMatch(message);
  });

  it("is read as far as it can be where nothing must be strict", async () => {
    const rows = [
      control(),
      head,
      data("E2EDX99000", 5, 0, 2, "  was auch immer"),
      item(9, 0),
      object(9, 0),
      data("E2EDP19003", 0, 99, 3, "002", ""),
      "E2EDS01",
    ];
    const { records } = await read(rows.join("\n"), { strict: false });
    expect(records).toEqual([
      {
        EDI_DC40: VALUES,
        E1EDK01: { ACTION: "001" },
        E2EDX99000: [{ SDATA: "  was auch immer" }],
        E1EDP01: [{ POSEX: "000010", E1EDP19: [{ QUALF: "001", IDTNR: "A-100" }, { QUALF: "002" }] }],
        E1EDS01: [{}],
      },
    ]);
  });

  it("of a type without dictionary is a dead letter, or its segments as they stand", async () => {
    const rows = [
      control({ IDOCTYP: "MATMAS05" }),
      data("E2MARAM009", 1, 0, 2, "005Geheim"),
      data("E2MAKTM001", 2, 1, 3, "D"),
    ];
    const strict = await read(rows.join("\n"));
    expect(strict.records).toEqual(["IDOC_TYPE_UNKNOWN"]);
    const { records } = await read(rows.join("\n"), { strict: false });
    const kopf = { EDI_DC40: { ...VALUES, IDOCTYP: "MATMAS05" } };
    expect(records).toEqual([{ ...kopf, E2MARAM009: [{ SDATA: "005Geheim", E2MAKTM001: [{ SDATA: "D" }] }] }]);
  });

  it("is bounded in characters and in segments", async () => {
    const many = Array.from({ length: 40 }, (_, at) => data("E2EDK14", at + 2, 0, 2, "014"));
    const big = [control(), head, ...many, ...SHORT].join("\n");
    expect((await read(big, { most: 8 * 1024 })).records).toEqual(["RECORD_TOO_LARGE", SHORT_RECORD]);
    const rows = Array.from({ length: 100_001 }, (_, at) => data("E2EDK14", at + 2, 0, 2, "014").trimEnd());
    const crowd = [control(), head, ...rows, ...SHORT].join("\n");
    expect((await read(crowd)).records).toEqual(["RECORD_TOO_LARGE", SHORT_RECORD]);
  });

  it("ends its memory where a line never ends", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${[control(), head].join("\n")}\n`);
      for (let chunk = 0; chunk < 512; chunk++) yield Buffer.alloc(64 * 1024, 0x41);
      yield Buffer.from(`\n${SHORT.join("\n")}`);
    }
    const { records } = await decodeAll(codec({}), endless());
    expect(records).toEqual(["IDOC_RECORD", SHORT_RECORD]);
  });

  it("is refused in another encoding, with NUL, and where it is something else", async () => {
    const text = trimmed(SHORT);
    expect((await read(Buffer.from(text, "utf16le"))).thrown).toBe("IDOC_CONTROL");
    expect((await read("\0".repeat(5000))).thrown).toBe("IDOC_CONTROL");
    expect((await read("<ORDERS05/>")).thrown).toBe("IDOC_CONTROL");
    expect((await read(text, { form: "xml" })).thrown).toBe("XML_BROKEN");
    const { records } = await read(trimmed([SHORT[0]!, data("E2EDK01005", 1, 0, 1, "\0\0\0EUR")]));
    expect(records).toEqual([{ EDI_DC40: VALUES, E1EDK01: { KZABS: "E", CURCY: "UR" } }]);
  });
});

describe("an IDoc as XML", () => {
  it("nests, keeps segments as lists where no dictionary says more, and trims at the right", async () => {
    const text = `<ZTYP01><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1"><TABNAM>EDI_DC40</TABNAM><IDOCTYP>ZTYP01</IDOCTYP></EDI_DC40>
      <Z1KOPF SEGMENT="1"><A>  x  </A><Z1POS SEGMENT="1"><B>1</B></Z1POS><Z1POS SEGMENT="1"><B>2</B><C> </C></Z1POS></Z1KOPF>
      <Z1LEER SEGMENT="1"/></IDOC></ZTYP01>`;
    const { records } = await read(text, { form: "xml" });
    expect(records).toEqual([
      {
        EDI_DC40: { TABNAM: "EDI_DC40", IDOCTYP: "ZTYP01" },
        Z1KOPF: [{ A: "  x", Z1POS: [{ B: "1" }, { B: "2" }] }],
        Z1LEER: [{}],
      },
    ]);
  });

  it("must agree with the dictionary that the bridge names", async () => {
    const files = { "z.csv": "segment;most;least;field;length\nZ1KOPF;1;1;;\nZ1KOPF;;;A;3\n" };
    const idoc = (inner: string): string =>
      `<Z><IDOC><EDI_DC40 SEGMENT="1"><IDOCTYP>Z</IDOCTYP></EDI_DC40>${inner}</IDOC></Z>`;
    const kopf = '<Z1KOPF SEGMENT="1"><A>1</A></Z1KOPF>';
    const of = async (inner: string) => (await read(idoc(inner), { form: "xml", dictionary: "z.csv" }, files)).records;
    expect(await of(kopf)).toEqual([{ EDI_DC40: { IDOCTYP: "Z" }, Z1KOPF: { A: "1" } }]);
    expect(await of(kopf + kopf)).toEqual(["IDOC_OCCURRENCES"]);
    expect(await of('<Z1X SEGMENT="1"/>')).toEqual(["IDOC_SEGMENT_UNKNOWN"]);
    expect(await of(`<Z1KOPF SEGMENT="1">${kopf}</Z1KOPF>`)).toEqual(["IDOC_HIERARCHY"]);
    expect(await of('<Z1KOPF SEGMENT="1"><A>1</A><A>2</A></Z1KOPF>')).toEqual(["IDOC_RECORD"]);
    expect(await of('<Z1KOPF SEGMENT="1"><A>1</A>Text</Z1KOPF>')).toEqual(["IDOC_RECORD"]);
  });

  it("refuses a DOCTYPE, and an encoding to be detected", async () => {
    expect((await read(`<!DOCTYPE x><ORDERS05>${XML_IDOC}</ORDERS05>`, { form: "xml" })).thrown).toBe("XML_DOCTYPE");
    await expect(
      idocCodec({ ...DEFAULTS, form: "xml", encoding: "detect" }, () => Buffer.alloc(0)),
    ).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
  });

  it("is proved by its end before anything is delivered", async () => {
    const made = await idocCodec({ ...DEFAULTS, form: "xml" }, () => Buffer.alloc(0));
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`<ORDERS05>${XML_IDOC}`);
    }
    const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
    await expect(made.checkFrame!(cut(), context)).rejects.toMatchObject({ code: "XML_BROKEN" });
  });
});

describe("dictionaries", () => {
  async function refused(file: string): Promise<string> {
    try {
      await idocCodec({ ...DEFAULTS, dictionary: "d.csv" }, () => Buffer.from(file));
    } catch (cause) {
      const { code, position, message } = cause as BridgeError;
      return `${code} ${position?.line}: ${message}`;
    }
    return "taken";
  }
  const HEAD = "segment;parent;least;most;field;start;length\n";

  it.each([
    ["", /IDOC_DICTIONARY 1: .*no segments/],
    ["a;b\n", /1: .*lacks the column segment/],
    [`${HEAD}E1A;;;;;;\nE1A;;;;A;1;1001\n`, /3: .*ends at 1001/],
    [`${HEAD}E1A;;;;;;\nE1A;;;;A;1;5\nE1A;;;;B;5;5\n`, /4: .*inside the field before/],
    [`${HEAD}E1A;;;;;;\nE1A;;;;A;1;5\nE1A;;;;A;6;5\n`, /4: .*two fields A/],
    [`${HEAD}E1A;;;;A;1;5\n`, /2: .*before the line/],
    [`${HEAD}E1A;;;;;;\nE1B;E1X;;;;;\n`, /3: .*E1X is no segment/],
    [`${HEAD}E1A;E1B;;;;;\nE1B;E1A;;;;;\n`, /E1A stands below itself/],
    [`${HEAD}E1A;;;;;;\nE1B;E1A;;;;;\nE1A;E1B;;;;;\n`, /deeper than 30/],
    [`${HEAD}E1A;;2;1;;;\n`, /2: .*at least 2 times and at most 1/],
    [`${HEAD}E1A;;;;;;\nE1A;;;;;;\n`, /3: .*already/],
    [`${HEAD}E1A;;x;;;;\n`, /2: .*least must be a whole number/],
    [`${HEAD}e1a;;;;;;\n`, /2: .*capital letters/],
    [`${HEAD}E1A;;;;;;\nE1A;;;;A;0;5\n`, /3: .*start must be a whole number from 1/],
  ])("are refused: %j", async (file, message) => {
    expect(await refused(file)).toMatch(message);
  });

  it("are read in a moment, however many ways lead to a segment", async () => {
    const lines = Array.from({ length: 29 }, (_, level) =>
      ["A", "B"].flatMap((one) =>
        level === 0 ? [`E1${one}0;;;;;;`] : ["A", "B"].map((above) => `E1${one}${level};E1${above}${level - 1};;;;;`),
      ),
    ).flat();
    expect(await refused(`${HEAD}${lines.join("\n")}\n`)).toBe("taken");
  });

  it("may be what SAP's parser report writes", async () => {
    const segment = (definition: string, type: string, loop: string, ...names: readonly string[]): string =>
      [
        `    BEGIN_SEGMENT              ${definition}`,
        `      SEGMENTTYPE              ${type}`,
        "      QUALIFIED",
        "      LEVEL                    02",
        loop,
        "      BEGIN_FIELDS",
        ...names.flatMap((name, at) => [
          `        NAME                   ${name}`,
          "        TEXT                   LOOPMAX END_SEGMENT und anderer Text",
          "        TYPE                   CHARACTER",
          "        LENGTH                 000003",
          `        FIELD_POS              000${at + 1}`,
          `        CHARACTER_FIRST        ${String(64 + 3 * at).padStart(6, "0")}`,
          `        CHARACTER_LAST         ${String(66 + 3 * at).padStart(6, "0")}`,
        ]),
        "      END_FIELDS",
        "    END_SEGMENT",
      ].join("\r\n");
    const one = "      STATUS MANDATORY\r\n      LOOPMIN 0000000001\r\n      LOOPMAX 0000000001";
    const many = "      STATUS OPTIONAL\r\n      LOOPMIN 0000000001\r\n      LOOPMAX 0000000003";
    const file = [
      "BEGIN_RECORD_SECTION",
      "  BEGIN_CONTROL_RECORD",
      "    BEGIN_FIELDS",
      "      NAME TABNAM",
      "    END_FIELDS",
      "  END_CONTROL_RECORD",
      "END_RECORD_SECTION",
      "BEGIN_SEGMENT_SECTION",
      "  BEGIN_IDOC                   ZTYP01",
      segment("Z2KOPF000", "Z1KOPF", one, "ART", "NR"),
      "    BEGIN_GROUP                1",
      "      LEVEL 02",
      many,
      segment("Z2POS001", "Z1POS", one, "NR"),
      segment("Z2TEXT000", "Z1TEXT", many, "ZEILE"),
      "    END_GROUP",
      "  END_IDOC",
      "END_SEGMENT_SECTION",
    ].join("\r\n");
    const rows = [
      control({ IDOCTYP: "ZTYP01" }),
      data("Z2KOPF000", 1, 0, 1, "A  B"),
      data("Z2POS001", 2, 0, 2, "010"),
      data("Z2TEXT000", 3, 2, 3, "Ja"),
      data("Z2POS001", 4, 0, 2, "020"),
    ];
    const { records, messages } = await read(rows.join("\n"), { dictionary: "z.txt" }, { "z.txt": file });
    expect(messages).toEqual([]);
    expect(records).toEqual([
      {
        EDI_DC40: { ...VALUES, IDOCTYP: "ZTYP01" },
        Z1KOPF: { ART: "A", NR: "B" },
        Z1POS: [{ NR: "010", Z1TEXT: [{ ZEILE: "Ja" }] }, { NR: "020" }],
      },
    ]);
    const more = [...rows, data("Z2POS001", 5, 0, 2, "030"), data("Z2POS001", 6, 0, 2, "040")];
    const crowd = await read(more.join("\n"), { dictionary: "z.txt" }, { "z.txt": file });
    expect(crowd.messages).toEqual(["line 1: the IDoc has Z1POS 4 times, at most 3 expected"]);
  });

  it("that are shipped know no field behind SDATA and no segment without a place", () => {
    for (const type of ["ORDERS05", "INVOIC02"]) {
      const { segments, places } = shippedDictionary(type)!;
      expect(segments.size).toBeGreaterThan(20);
      const placed = new Set([...places.values()].flatMap((children) => [...children.keys()]));
      expect([...segments.keys()].filter((name) => !placed.has(name))).toEqual([]);
      for (const segment of segments.values()) expect(segment.fields.length).toBeGreaterThan(1);
    }
    expect(fields(["x", 3])).toBe("x  ");
  });
});
