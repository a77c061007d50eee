import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encoderOf } from "../../src/adapters/shared/encodings/encoder.ts";
import { xmlCodec } from "../../src/adapters/xml/codec.ts";
import { xml } from "../../src/adapters/xml/index.ts";
import type { Options } from "../../src/adapters/xml/options.ts";
import type { AdapterContext, Rec } from "../../src/core/contract.ts";
import { chunked, codecConformance, decodeAll, decodeContext } from "../conformance/codec.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const DEFAULTS: Options = {
  record: "/antraege/antrag",
  namespaces: undefined,
  names: "local",
  lists: undefined,
  doctype: "refuse",
  encoding: undefined,
  most: 10 * 1024 * 1024,
};

function codec(options: Partial<Options> = {}, window?: number) {
  return xmlCodec({ ...DEFAULTS, ...options }, window);
}

function decode(text: string | Uint8Array, options: Partial<Options> = {}) {
  return decodeAll(codec(options), typeof text === "string" ? Buffer.from(text) : text);
}

function declared(label: string): string {
  return `<?xml version="1.0" encoding="${label}"?><antraege><antrag><a>Größe</a></antrag></antraege>`;
}

function deep(levels: number): string {
  return `<antraege><antrag>${"<a>".repeat(levels)}x${"</a>".repeat(levels)}</antrag></antraege>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const DOCUMENT = `<?xml version="1.0"?>\r
<!-- Bestand -->
<antraege stand="heute"><kopf><antrag>nicht dieser</antrag></kopf>
  <antrag id="1">
    <name>Müller &amp; Söhne &#x20AC;</name>
    <leer/><auch> \n </auch>
    <pos nr="1">eins</pos><pos/><pos nr="2"><![CDATA[<zwei>]]></pos>
    <kind>A</kind><kind> </kind><kind>C</kind>
    <adresse><plz>80331</plz><ort>Köln</ort></adresse>
  </antrag>
  <antrag/><?pi x?>
  <antrag>nur Text 😀</antrag><anders/>
</antraege>
<!-- Ende -->`;
const RECORDS = [
  {
    "@id": "1",
    name: "Müller & Söhne €",
    pos: [
      { "@nr": "1", "#text": "eins" },
      { "@nr": "2", "#text": "<zwei>" },
    ],
    kind: ["A", "C"],
    adresse: { plz: "80331", ort: "Köln" },
  },
  {},
  { "#text": "nur Text 😀" },
];

codecConformance({
  name: "xml with a DOCTYPE that is skipped",
  open: (window) => codec({ doctype: "ignore" }, window),
  samples: [
    {
      name: "an external DTD",
      bytes: Buffer.from(
        `<?xml version="1.0"?>\r\n<!DOCTYPE antraege\r\n  SYSTEM "http://dtd.example/1.2/a>b.dtd" >\r\n<antraege><antrag><a>ä</a></antrag></antraege>`,
      ),
      records: [{ a: "ä" }],
    },
  ],
});

codecConformance({
  name: "xml",
  open: (window) => codec({}, window),
  secrets: ["Geheim"],
  endless: {
    head: "<antraege>",
    record: (number) => `<antrag id="${number}"><name>Müller ${number}</name><ort plz="50667">Köln</ort></antrag>\r\n`,
  },
  samples: [
    { name: "a document", bytes: Buffer.from(DOCUMENT), records: RECORDS },
    { name: "a document with a byte order mark", bytes: Buffer.from(`\ufeff${DOCUMENT}`), records: RECORDS },
    { name: "an empty list", bytes: Buffer.from("<antraege></antraege>"), records: [] },
    {
      name: "a document that was cut",
      bytes: Buffer.from("<antraege><antrag><a>1</a></antrag><antrag><a>Geheim"),
      records: [{ a: "1" }],
      thrown: "XML_BROKEN",
    },
    {
      name: "a tag that closes another",
      bytes: Buffer.from("<antraege><antrag/><antrag>Geheim</a></antrag></antraege>"),
      records: [{}],
      thrown: "XML_BROKEN",
    },
    {
      name: "a byte that is no UTF-8 inside a record",
      bytes: Buffer.concat([
        Buffer.from("<antraege><antrag><a>ü</a></antrag><antrag><a>Geheim"),
        Buffer.from([0xfc]),
        Buffer.from("</a></antrag><antrag><a>ß</a></antrag></antraege>"),
      ]),
      records: [{ a: "ü" }, "ENCODING_INVALID", { a: "ß" }],
    },
    {
      name: "a byte that is no UTF-8 between records",
      bytes: Buffer.concat([
        Buffer.from("<antraege><antrag><a>ü</a></antrag>"),
        Buffer.from([0xfc]),
        Buffer.from("<antrag/></antraege>"),
      ]),
      records: [{ a: "ü" }],
      thrown: "ENCODING_INVALID",
    },
  ],
});

const NAMESPACES = `<a:antraege xmlns:a="urn:a" xmlns="urn:b" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<a:antrag a:x="1" x="2"/><a:antrag xsi:nil="true" nil="no" xml:lang="de" a:y="3"/><antrag><n>fremd</n></antrag>
<a:antrag><a:n>1</a:n><n>2</n></a:antrag><a:antrag><a:n>1</a:n><a:n>2</a:n></a:antrag>
</a:antraege>`;

codecConformance({
  name: "xml with namespaces",
  open: (window) => codec({}, window),
  samples: [
    {
      name: "local names, ambiguous ones refused",
      bytes: Buffer.from(NAMESPACES),
      records: [
        "XML_NAME_AMBIGUOUS",
        { "@xsi:nil": "true", "@nil": "no", "@xml:lang": "de", "@y": "3" },
        { n: "fremd" },
        "XML_NAME_AMBIGUOUS",
        { n: ["1", "2"] },
      ],
    },
  ],
});

codecConformance({
  name: "xml with prefixed names",
  open: (window) =>
    codec(
      { record: "/p:antraege/p:antrag", namespaces: { p: "urn:a" }, names: "prefixed", lists: ["p:n", "n"] },
      window,
    ),
  samples: [
    {
      name: "by the prefixes of the bridge",
      bytes: Buffer.from(NAMESPACES),
      records: [
        { "@p:x": "1", "@x": "2" },
        { "@xsi:nil": "true", "@nil": "no", "@xml:lang": "de", "@p:y": "3" },
        { "p:n": ["1"], n: ["2"] },
        { "p:n": ["1", "2"] },
      ],
    },
  ],
});

describe("xml", () => {
  it("names line and kind, and keeps the parser's words in the detail", async () => {
    const { messages } = await decode("<antraege>\n<antrag>&Geheim;</antrag></antraege>");
    expect(messages).toEqual(["line 2, column 17: not well-formed, undefined entity"]);
  });

  it("says which rule is broken, without the names that the document uses", async () => {
    const broken = {
      "": "document must contain a root element",
      "<antraege><antrag>": "unclosed tag",
      "<antraege></antrag>": "unexpected close tag",
      "<antraege/>Geheim": "text data outside of root node",
      '<antraege Geheim="1" Geheim="2"/>': "duplicate attribute",
      "<geheim:antraege/>": "unbound namespace prefix",
      '<antraege xmlns:xml="urn:geheim"/>': "xml prefix must be bound to http://www.w3.org/XML/1998/namespace",
      "<antraege>]]></antraege>": 'the string "]]>" is disallowed in char data',
    };
    for (const [text, rule] of Object.entries(broken)) {
      const { messages, thrown } = await decode(text);
      expect(thrown).toBe("XML_BROKEN");
      expect(messages[0]).toMatch(/^line 1, column \d+: not well-formed, /);
      expect(messages[0]).toContain(`, ${rule}`);
      expect(messages[0]).not.toMatch(/geheim/i);
    }
  });

  it("says on which line a record begins and where it ends", async () => {
    const { lines, ends } = await decode(DOCUMENT);
    const bytes = Buffer.from(DOCUMENT);
    expect(lines).toEqual([4, 12, 13]);
    expect(
      ends.map((end, at) =>
        bytes
          .toString("utf8", ends[at - 1] ?? 0, end)
          .trim()
          .slice(-9),
      ),
    ).toEqual(["</antrag>", "<antrag/>", "</antrag>"]);
  });

  it("makes lists of the elements that are named, also of one or none", async () => {
    const text =
      "<antraege><antrag><p><q>1</q></p><r/></antrag><antrag><p><q>1</q></p><p/><r>2</r><r/></antrag></antraege>";
    const { records } = await decode(text, { lists: ["p/q", "r"] });
    expect(records).toEqual([
      { p: { q: ["1"] }, r: [] },
      { p: [{ q: ["1"] }], r: ["2"] },
    ]);
  });

  it("joins text around children and keeps white space of texts as written", async () => {
    const { records } = await decode("<antraege><antrag><a> x\ty </a><b>vor<i>1</i>nach</b></antrag></antraege>");
    expect(records).toEqual([{ a: " x\ty ", b: { i: "1", "#text": "vornach" } }]);
  });

  it("takes the root as the record", async () => {
    expect((await decode("<antrag><a>1</a></antrag>", { record: "/antrag" })).records).toEqual([{ a: "1" }]);
    const second = await decode("<x><antrag/></x>", { record: "/antrag" });
    expect(second).toMatchObject({ records: [], thrown: "RECORD_NOT_FOUND" });
    expect((await decode("<antraege/>", { record: "/antraege/liste/antrag" })).thrown).toBe("RECORD_NOT_FOUND");
    expect(
      (await decode("<a:antraege xmlns:a='urn:x'/>", { record: "/p:antraege/p:antrag", namespaces: { p: "urn:a" } }))
        .thrown,
    ).toBe("RECORD_NOT_FOUND");
  });

  it("keeps names that JavaScript reserves as plain data", async () => {
    const text = `<antraege><antrag __proto__="1" constructor="2"><__proto__><toString>3</toString></__proto__><constructor>4</constructor><constructor>5</constructor><toJSON>6</toJSON></antrag></antraege>`;
    const { batches } = await decode(text);
    const record = batches[0]!.records[0] as Rec;
    expect(JSON.stringify(record)).toBe(
      '{"@__proto__":"1","@constructor":"2","__proto__":{"toString":"3"},"constructor":["4","5"],"toJSON":"6"}',
    );
    expect(record["valueOf"]).toBeUndefined();
    const namespaces = `<antraege xmlns:__proto__="urn:x" xmlns:constructor="urn:y"><__proto__:antrag constructor:a="1"/></antraege>`;
    expect((await decode(namespaces)).records).toEqual([{ "@a": "1" }]);
  });

  it("reads the encodings that documents declare, and none that it does not know", async () => {
    for (const [label, encoding] of [
      ["ISO-8859-1", "iso-8859-1"],
      ["windows-1252", "windows-1252"],
      ["UTF-8", "utf-8"],
      ["UTF-16", "utf-16"],
      ["UTF-16", "utf-16le"],
      ["UTF-16", "utf-16be"],
      ["IBM273", "ebcdic-273"],
      ["IBM500", "ebcdic-500"],
    ] as const) {
      const { records } = await decode(encoderOf(encoding)(declared(label)));
      expect({ label, records }).toEqual({ label, records: [{ a: "Größe" }] });
    }
    expect((await decode(declared("shift_jis"))).thrown).toBe("ENCODING_MISMATCH");
    expect((await decode(declared("UTF-16"))).thrown).toBe("ENCODING_MISMATCH");
    expect((await decode(declared("IBM273"))).thrown).toBe("ENCODING_MISMATCH");
    const overruled = await decode(Buffer.from(declared("US-ASCII"), "latin1"), { encoding: "iso-8859-1" });
    expect(overruled.records).toEqual([{ a: "Größe" }]);
  });

  it("bounds depth, attributes, nodes, records, texts and the prolog", async () => {
    expect((await decode(deep(254))).records).toHaveLength(1);
    expect((await decode(deep(255))).thrown).toBe("XML_LIMIT");
    expect((await decode("<a>".repeat(1_000_000))).thrown).toBe("XML_LIMIT");
    const attributes = Array.from({ length: 1_001 }, (_, at) => `a${at}="1"`).join(" ");
    expect((await decode(`<antraege><antrag ${attributes}/></antraege>`)).thrown).toBe("XML_LIMIT");
    expect((await decode(`<!--${"x".repeat(100_000)}--><antraege/>`)).thrown).toBe("XML_LIMIT");
    const nodes = `<antraege><antrag>${"<a/>".repeat(100_001)}</antrag><antrag><b>1</b></antrag></antraege>`;
    expect((await decode(nodes)).records).toEqual(["RECORD_TOO_LARGE", { b: "1" }]);
    const long = "<a>xx</a>".repeat(500);
    for (const window of [undefined, 100, 2_000]) {
      const small = codec({ most: 1_024 }, window);
      const mixed = await decodeAll(
        small,
        Buffer.from(`<antraege><antrag/><antrag>${long}</antrag><antrag/></antraege>`),
      );
      expect(mixed.records).toEqual([{}, "RECORD_TOO_LARGE", {}]);
    }
    const text = `<antraege><antrag>${"x".repeat(200_000)}</antrag></antraege>`;
    expect((await decodeAll(codec({ most: 1_024 }), Buffer.from(text))).thrown).toBe("XML_LIMIT");
  });

  it("skips a DOCTYPE that only names a DTD elsewhere, where the bridge says so", async () => {
    const of = async (doctype: string, inner = "x") =>
      await decode(`<?xml version="1.0"?>\n${doctype}\n<antraege><antrag>${inner}</antrag></antraege>`, {
        doctype: "ignore",
      });
    for (const external of [
      `SYSTEM "http://127.0.0.1:1/x.dtd"`,
      `SYSTEM 'file:///etc/passwd'`,
      `PUBLIC "-//X//Y//EN" "http://127.0.0.1:1/x.dtd"`,
      "",
    ]) {
      const { records, thrown } = await of(`<!DOCTYPE antraege ${external}>`);
      expect([records, thrown]).toEqual([[{ "#text": "x" }], undefined]);
    }
    for (const refused of [
      `<!DOCTYPE antraege [<!ENTITY x "y">]>`,
      `<!DOCTYPE antraege SYSTEM "a.dtd" [ ]>`,
      `<!DOCTYPE antraege SYSTEM "a.dtd" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>`,
      "<!DOCTYPE antraege SYSTEM>",
      "<!DOCTYPE antraege a.dtd>",
      `<!DOCTYPE antraege SYSTEM "${"a".repeat(100_000)}">`,
    ]) {
      expect((await of(refused)).thrown).toBe("XML_DOCTYPE");
    }
    // What the DTD would have declared is not there.
    expect((await of(`<!DOCTYPE antraege SYSTEM "x.dtd">`, "&nbsp;")).thrown).toBe("XML_BROKEN");
    expect((await of(`<!DOCTYPE antraege SYSTEM "x.dtd"><!DOCTYPE antraege>`)).thrown).toBe("XML_BROKEN");
  });

  it("refuses DOCTYPE and entities", async () => {
    expect((await decode(`<!DOCTYPE a [<!ENTITY x "y">]><antraege/>`)).thrown).toBe("XML_DOCTYPE");
    expect((await decode(`<!DOCTYPE antraege><antraege/>`)).thrown).toBe("XML_DOCTYPE");
    expect((await decode(`<!DOCTYPE a [${'<!ENTITY x "y">'.repeat(20_000)}`)).thrown).toBe("XML_DOCTYPE");
    expect((await decode("<antraege><antrag>&x;</antrag></antraege>")).thrown).toBe("XML_BROKEN");
    expect((await decode("<antraege><antrag>&#0;</antrag></antraege>")).thrown).toBe("XML_BROKEN");
  });

  it("checks the frame without giving records", async () => {
    const built = await xml.build(DEFAULTS, {} as AdapterContext);
    const check = (text: string) => built.checkFrame!(chunked(Buffer.from(text), [3, 1]), decodeContext());
    await expect(check(DOCUMENT)).resolves.toBeUndefined();
    await expect(check(NAMESPACES)).resolves.toBeUndefined();
    for (const broken of ["", " ", DOCUMENT.slice(0, -30), "<antraege>", "<antraege/><antraege/>", "<antraege/>x"]) {
      await expect(check(broken)).rejects.toMatchObject({ code: "XML_BROKEN" });
    }
    await expect(check("<x/>")).rejects.toMatchObject({ code: "RECORD_NOT_FOUND" });
  });

  it("refuses options that do not go together", () => {
    for (const options of [
      { record: "antrag" },
      { record: "/" },
      { record: "/a:antrag" },
      { names: "prefixed", namespaces: { a: "urn:x", b: "urn:x" } },
    ] as const) {
      expect(() => codec(options)).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }) as Error);
    }
  });

  it("gives back any text that can stand in a document", async () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "ß", "€", "😀", "<", ">", "&", '"', "]", " ", "\t"),
      maxLength: 12,
    });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(text, text), { maxLength: 6 }),
      fc.integer({ min: 1, max: 80 }),
      async (rows, window) => {
        const body = rows.map(([a, b]) => `<antrag x="${escape(a)}"><b>${escape(b)}</b></antrag>`).join("");
        const { records } = await decodeAll(codec({}, window), Buffer.from(`<antraege>${body}</antraege>`));
        expect(records).toEqual(rows.map(([a, b]) => ({ "@x": a, ...(/[^ \t]/.test(b) && { b }) })));
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});

describeWithData("xml from outside", () => {
  it("refuses every attack of defusedxml's corpus, and quickly", async () => {
    const folder = sharedData("hostile/defusedxml/xmltestdata");
    const files = readdirSync(folder).filter((file) => file.endsWith(".xml"));
    expect(files.length).toBeGreaterThanOrEqual(10);
    for (const file of files) {
      const started = performance.now();
      const { thrown, records } = await decode(readFileSync(`${folder}/${file}`), { record: "/root" });
      const harmless = file.startsWith("simple");
      expect([file, thrown, records.length]).toEqual([file, harmless ? undefined : "XML_DOCTYPE", harmless ? 1 : 0]);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });

  it("reads real invoices", async () => {
    const folder = sharedData("xrechnung/business-cases");
    for (const file of readdirSync(folder).slice(0, 5)) {
      const bytes = readFileSync(`${folder}/${file}`);
      const { records, thrown } = await decode(bytes, { record: "/Invoice", lists: ["InvoiceLine"] });
      expect(thrown).toBeUndefined();
      const [invoice] = records as Record<string, unknown>[];
      expect(invoice!["ID"]).toMatch(/./);
      const lines = bytes.toString().match(/<cac:InvoiceLine>/g)!;
      expect(invoice!["InvoiceLine"]).toHaveLength(lines.length);
    }
  });
});
