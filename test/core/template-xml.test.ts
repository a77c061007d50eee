import { describe, expect, it } from "vitest";
import { compile, failure, findings, render, template, xml } from "./template-support.ts";

describe("a whole XML message", () => {
  const gewerbe = `
gw:gewerbeanmeldung:
  "@xmlns:gw": urn:example:gewerbe:2
  "@version": 2.0
  gw:betrieb:
    gw:name: = FIRMA
    gw:kapital: { "@waehrung": EUR, =text: = KAPITAL }
    gw:anschrift:
      gw:strasse: = STRASSE
      gw:ort: = PLZ & ' ' & ORT
    gw:taetigkeit:
      =each: = $split(TAETIGKEITEN, '|')
      gw:nr: = $n
      gw:text: = $trim($)
`;

  it("is written with declaration, namespaces and literals as they stand", () => {
    const record = {
      FIRMA: "Böhm & Söhne <GmbH>",
      KAPITAL: "25000.00",
      STRASSE: "Ratsweg 4",
      PLZ: "04109",
      ORT: "Leipzig",
      TAETIGKEITEN: "Einzelhandel| Lagerei",
    };
    expect(render(template("xml", gewerbe), record)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<gw:gewerbeanmeldung xmlns:gw="urn:example:gewerbe:2" version="2.0"><gw:betrieb>' +
        "<gw:name>Böhm &amp; Söhne &lt;GmbH&gt;</gw:name>" +
        '<gw:kapital waehrung="EUR">25000.00</gw:kapital>' +
        "<gw:anschrift><gw:strasse>Ratsweg 4</gw:strasse><gw:ort>04109 Leipzig</gw:ort></gw:anschrift>" +
        "<gw:taetigkeit><gw:nr>1</gw:nr><gw:text>Einzelhandel</gw:text></gw:taetigkeit>" +
        "<gw:taetigkeit><gw:nr>2</gw:nr><gw:text>Lagerei</gw:text></gw:taetigkeit>" +
        "</gw:betrieb></gw:gewerbeanmeldung>",
    );
  });

  it("keeps the form of literals: leading zeros, decimals, booleans, the apostrophe's =", () => {
    expect(xml(`a: { b: 026, c: 7.0, d: True, e: "'=x", f: "'tis", g: 2027-01-01, "@h": 1e3 }`, {})).toBe(
      '<a h="1e3"><b>026</b><c>7.0</c><d>True</d><e>=x</e><f>\'tis</f><g>2027-01-01</g></a>',
    );
  });

  it("writes numbers as JSONata's $string does, and booleans", () => {
    const record = { A: 12, B: 0.1 + 0.2, C: 123456789012345680000, D: 1e21, E: true, F: -0.5, G: 9007199254740991 };
    expect(xml("a: { a: = A, b: = B, c: = C, d: = D, e: = E, f: = F, g: = G }", record)).toBe(
      "<a><a>12</a><b>0.3</b><c>123456789012345680000</c><d>1e+21</d><e>true</e><f>-0.5</f><g>9007199254740991</g></a>",
    );
  });

  it("writes text in NFC", () => {
    expect(xml("a: { b: = X, '@c': = X }", { X: "Mu\u0308ller" })).toBe('<a c="M\u00fcller"><b>M\u00fcller</b></a>');
  });
});

describe("what is empty", () => {
  // One line per sentence of the page: what the template says, the record, what is written.
  const cases: readonly (readonly [string, string, Record<string, unknown>, string | undefined])[] = [
    ["an absent value makes no node", "a: { b: = X, c: = Y }", { Y: "1" }, "<a><c>1</c></a>"],
    ["null makes no node", "a: { b: = X, c: = Y }", { X: null, Y: "1" }, "<a><c>1</c></a>"],
    ["an empty list makes no node", "a: { b: = X, c: = Y }", { X: [], Y: "1" }, "<a><c>1</c></a>"],
    ["a node without values vanishes", "a: { b: { c: = X, d: = Z }, e: = Y }", { Y: "1" }, "<a><e>1</e></a>"],
    ["literals inside do not keep it", "a: { b: { c: = X, d: fest }, e: = Y }", { Y: "1" }, "<a><e>1</e></a>"],
    [
      "one value keeps it with its literals",
      "a: { b: { c: = X, d: fest } }",
      { X: "1" },
      "<a><b><c>1</c><d>fest</d></b></a>",
    ],
    ["only literals always stand", "a: { b: { d: fest }, e: = Y }", { Y: "1" }, "<a><b><d>fest</d></b><e>1</e></a>"],
    ["but do not keep what is around", "a: { b: { d: fest }, e: = Y }", {}, undefined],
    [
      "an attribute keeps an element without content",
      "a: { b: { '@c': = X }, e: = Y }",
      { X: "1" },
      '<a><b c="1"/></a>',
    ],
    ["an absent attribute lets it vanish", "a: { b: { '@c': = X }, e: = Y }", { Y: "1" }, "<a><e>1</e></a>"],
    [
      "with text an attribute does not keep it",
      "a: { b: { '@c': = X, =text: = Z }, e: = Y }",
      { X: "1", Y: "1" },
      "<a><e>1</e></a>",
    ],
    ["with children neither", "a: { b: { '@c': = X, d: = Z }, e: = Y }", { X: "1", Y: "1" }, "<a><e>1</e></a>"],
    ["an absent attribute is left out", "a: { b: { '@c': = X, =text: = Z } }", { Z: "1" }, "<a><b>1</b></a>"],
    [
      "beside literal text the attribute's formula decides",
      "a: { b: { '@c': = X, =text: t }, e: = Y }",
      { Y: "1" },
      "<a><e>1</e></a>",
    ],
    ["and keeps it with a value", "a: { b: { '@c': = X, =text: t } }", { X: "1" }, '<a><b c="1">t</b></a>'],
    ['a literal "" is an empty element', "a: { b: '', e: = Y }", { Y: "1" }, "<a><b/><e>1</e></a>"],
    [
      "$orEmpty is an empty element and keeps what is around",
      "a: { b: { c: = $orEmpty(X) } }",
      {},
      "<a><b><c/></b></a>",
    ],
    ["an element without anything", "a: { b: {}, e: = Y }", { Y: "1" }, "<a><b/><e>1</e></a>"],
    ["a root without values is no message", "a: { b: = X, c: fest }", {}, undefined],
    ["a root of literals is one", "a: { c: fest }", {}, "<a><c>fest</c></a>"],
    ["=each over nothing", "a: { b: { =each: = X, c: fest }, e: = Y }", { Y: "1" }, "<a><e>1</e></a>"],
    [
      "=each makes a node per item, also of literals",
      "a: { b: { =each: = X, c: fest } }",
      { X: [1, 2] },
      "<a><b><c>fest</c></b><b><c>fest</c></b></a>",
    ],
    [
      "an item without values vanishes alone",
      "a: { b: { =each: = X, c: = V } }",
      { X: [{ V: "1" }, {}, { V: "3" }] },
      "<a><b><c>1</c></b><b><c>3</c></b></a>",
    ],
    ["=each over one thing", "a: { b: { =each: = X, c: = $ } }", { X: "1" }, "<a><b><c>1</c></b></a>"],
    [
      "=when hides",
      "a: { b: { =when: = F = 'J', =text: = X }, e: = Y }",
      { F: "N", X: "1", Y: "1" },
      "<a><e>1</e></a>",
    ],
    ["=when shows", "a: { b: { =when: = F = 'J', =text: = X } }", { F: "J", X: "1" }, "<a><b>1</b></a>"],
    [
      "a literal that =when shows keeps what is around",
      "a: { b: { =when: = F = 'J', =text: t }, e: = Y }",
      { F: "J" },
      "<a><b>t</b></a>",
    ],
    [
      "one that it hides does not empty it",
      "a: { k: fest, b: { =when: = F = 'J', =text: t } }",
      { F: "N" },
      "<a><k>fest</k></a>",
    ],
    [
      "what stands without values does not keep what is around",
      "a: { k: { l: fest, w: { =when: = F = 'J', =text: t } }, e: = Y }",
      { F: "N" },
      undefined,
    ],
    [
      "unless =when shows something in it",
      "a: { k: { l: fest, w: { =when: = F = 'J', =text: t } }, e: = Y }",
      { F: "J" },
      "<a><k><l>fest</l><w>t</w></k></a>",
    ],
    [
      "=when with =each asks every item",
      "a: { b: { =each: = X, =when: = $ > 1, =text: = $ } }",
      { X: [1, 2, 3] },
      "<a><b>2</b><b>3</b></a>",
    ],
    ["a list splices", "a: { b: [ = X ] }", { X: ["1", "2"] }, "<a><b>1</b><b>2</b></a>"],
    ["a spliced single value", "a: { b: [ = X ] }", { X: "1" }, "<a><b>1</b></a>"],
    ["a spliced nothing", "a: { b: [ = X ], e: = Y }", { Y: "1" }, "<a><e>1</e></a>"],
    [
      "a list of literals and formulas repeats",
      "a: { b: [ fest, = X, { '@c': 1, =text: = Y } ] }",
      { X: "1", Y: "2" },
      '<a><b>fest</b><b>1</b><b c="1">2</b></a>',
    ],
    [
      "a list without values leaves its literals",
      "a: { b: [ fest, = X ], e: = Y }",
      { Y: "1" },
      "<a><b>fest</b><e>1</e></a>",
    ],
  ];
  it.each(cases)("%s", (_name, text, record, expected) => {
    expect(xml(text, record as never)).toBe(expected);
  });
});

describe("=each", () => {
  it("binds $, $parent and $n, nested", () => {
    const text = `
a:
  b:
    =each: = GRUPPEN
    n: = $n
    name: = NAME
    c:
      =each: = TEILE
      n: = $n
      teil: = $
      von: = $parent.NAME
      satz: = $$.ID
`;
    const record = {
      ID: "7",
      GRUPPEN: [
        { NAME: "x", TEILE: ["p", "q"] },
        { NAME: "y", TEILE: ["r"] },
      ],
    };
    expect(xml(text, record)).toBe(
      "<a><b><n>1</n><name>x</name><c><n>1</n><teil>p</teil><von>x</von><satz>7</satz></c><c><n>2</n><teil>q</teil><von>x</von><satz>7</satz></c></b>" +
        "<b><n>2</n><name>y</name><c><n>1</n><teil>r</teil><von>y</von><satz>7</satz></c></b></a>",
    );
  });

  it("gives $parent as the record at the first level", () => {
    expect(xml("a: { b: { =each: = L, c: = $parent.ID } }", { ID: "7", L: ["x"] })).toBe("<a><b><c>7</c></b></a>");
  });
});

describe("errors of a record", () => {
  it("names place, kind and formula where text is needed", () => {
    const made = template("xml", "a: { b: { c: = X } }");
    expect(failure(made, { X: ["geheim", "auch"] })).toBe(
      "VALUE_NOT_TEXT record 3, a/b/c: the formula gives a list of 2 items of type text, text is needed here",
    );
    expect(failure(made, { X: { geheim: 1 } })).toBe(
      "VALUE_NOT_TEXT record 3, a/b/c: the formula gives an object with 1 names, text is needed here",
    );
  });

  it("refuses characters that XML 1.0 forbids, in text and attributes, without saying the text", () => {
    const made = template("xml", "a: { '@b': = X, c: = Y }");
    expect(failure(made, { Y: "Meier\u0001" })).toBe(
      "XML_CHARACTER record 3, a/c: character 6 of the text is U+0001, which XML 1.0 forbids",
    );
    for (const bad of ["\u0000", "\u001f", "\ufffe", "\uffff", "a\ud800", "\udc00b"]) {
      expect(failure(made, { X: bad, Y: "1" })).toMatch(/^XML_CHARACTER record 3, a\/@b: /);
    }
  });

  it("has the position of the formula", () => {
    const made = template("xml", "a:\n  b: = X\n");
    expect(() => render(made, { X: {} })).toThrow(
      expect.objectContaining({ stage: "map", position: { file: "bridge.yaml", line: 2, column: 6 } }),
    );
  });
});

describe("findings at load", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "two roots",
      "a: = X\nb: = Y",
      "ROOT_TWICE 2:1 a document has one root; a is already there | Indent b under a, or put an element around both",
    ],
    ["no root", "{}", "ROOT_MISSING 1:1 xml needs one element at the top"],
    ["a list as root", "a: [ = X ]", "ROOT_TWICE 1:4 a list repeats an element, and a document has one root"],
    [
      "=when on the root",
      "a:\n  =when: = X\n  b: = Y",
      "DIRECTIVE_ON_ROOT 2:3 =when cannot stand on the root: one map makes one message | Leave records out by a case: cases: [ { when: = …, skip: reason }, … ]",
    ],
    [
      "=each on the root",
      "a:\n  =each: = X\n  b: = Y",
      "DIRECTIVE_ON_ROOT 2:3 =each cannot stand on the root: one map makes one message | Several records in one message: map.per; several messages per record do not exist",
    ],
    [
      "an unknown directive",
      "a: { b: { =whne: = X, c: = Y } }",
      "DIRECTIVE_UNKNOWN 1:11 =whne is no directive here; there are =when, =each, =text | Did you mean =when?",
    ],
    [
      "=text beside an element",
      "a: { =text: = X, b: = Y }",
      "TEXT_AND_CHILDREN 1:6 =text stands beside the element b; text and elements do not mix",
    ],
    [
      "an attribute with parts",
      "a: { '@b': { c: = X }, d: = Y }",
      "ATTRIBUTE_NOT_SCALAR 1:12 @b is an attribute: a text or a formula, not a map",
    ],
    [
      "a name with a space",
      "a: { 'b c': = X }",
      'NAME_INVALID 1:6 "b c" cannot be the name of an element | Names have no spaces',
    ],
    [
      "a name that begins with a digit",
      "a: { '1b': = X }",
      'NAME_INVALID 1:6 "1b" cannot be the name of an element | Names begin with a letter or _',
    ],
    [
      "an undeclared prefix",
      "a: { gw:b: = X }",
      'PREFIX_UNDECLARED 1:6 no prefix gw is declared here | Add to this element or one around it: "@xmlns:gw": urn:…',
    ],
    [
      "an undeclared attribute prefix",
      "a: { '@gw:b': = X }",
      'PREFIX_UNDECLARED 1:6 no prefix gw is declared here | Add to this element or one around it: "@xmlns:gw": urn:…',
    ],
    [
      "a namespace by formula",
      "a: { '@xmlns:p': = X, b: = Y }",
      "NAMESPACE_NOT_LITERAL 1:18 @xmlns:p must be a fixed namespace name",
    ],
    [
      "a reserved prefix",
      "a: { '@xmlns:xmlns': urn:x, b: = Y }",
      "NAMESPACE_INVALID 1:6 @xmlns:xmlns: xmlns is reserved",
    ],
    [
      "one attribute under two prefixes",
      "a: { '@xmlns:p': 'urn:x', '@xmlns:q': 'urn:x', '@p:b': 1, '@q:b': 2 }",
      "ATTRIBUTE_TWICE 1:59 @q:b is there under another prefix already",
    ],
    [
      "nothing behind a key",
      "a:\n  b:\n  c: = X",
      'VALUE_MISSING 2:5 nothing stands behind the key | An empty element is written ""',
    ],
    [
      "a directive without =",
      "a: { b: { =when: J, c: = X } }",
      "DIRECTIVE_NOT_FORMULA 1:18 =when needs a formula | Write: =when: = J",
    ],
    ["a list in a list", "a: { b: [ [ = X ] ] }", "LIST_IN_LIST 1:11 a list inside a list has no meaning in XML"],
  ];
  it.each(cases)("%s", (_name, text, expected) => {
    const all = findings("xml", text);
    expect(all).toContain(expected);
    expect(compile("xml", text).template).toBeUndefined();
  });

  it("a literal that is a column, unless it is quoted", () => {
    const fields = ["FIRMA", "GP-ID"];
    expect(findings("xml", "a: { b: FIRMA, '@c': GP-ID }", { fields })).toEqual([
      'LITERAL_IS_COLUMN 1:22 every message will say "GP-ID" | The column? Write: = `GP-ID`   The text? Put it in quotes.',
      'LITERAL_IS_COLUMN 1:9 every message will say "FIRMA" | The column? Write: = FIRMA   The text? Put it in quotes.',
    ]);
    expect(findings("xml", 'a: { b: "FIRMA", c: = FIRMA }', { fields })).toEqual([]);
  });

  it("a column as a condition", () => {
    const text = "a: { b: { =when: = FLAG, c: = X } }";
    expect(findings("xml", text, { fields: ["FLAG", "X"] })).toEqual([
      "WHEN_ALWAYS 1:18 FLAG is true wherever it is there: 'N' and '0' are not empty | Write: = FLAG = 'J'   Only whether it is there: = $exists(FLAG)",
    ]);
    expect(findings("xml", text)).toEqual([]);
    expect(findings("xml", "a: { b: { =when: = $exists(FLAG), c: = X } }", { fields: ["FLAG", "X"] })).toEqual([]);
  });
});

describe("namespaces", () => {
  it("are declared where they are used or around it, prefixed or as default", () => {
    expect(
      xml(
        `a: { "@xmlns": urn:a, b: { "@xmlns:p": urn:p, p:c: = X }, "p:d": { "@xmlns:p": urn:q, "@xml:lang": de, "@p:e": 1, =text: = X } }`,
        { X: "1" },
      ),
    ).toBe(
      '<a xmlns="urn:a"><b xmlns:p="urn:p"><p:c>1</p:c></b><p:d xmlns:p="urn:q" xml:lang="de" p:e="1">1</p:d></a>',
    );
  });
  it("may be declared by the items of a list", () => {
    expect(xml(`a: { p:b: [ { "@xmlns:p": urn:p, =text: = X } ] }`, { X: "1" })).toBe(
      '<a><p:b xmlns:p="urn:p">1</p:b></a>',
    );
  });
});

describe("locate", () => {
  const made = template(
    "xml",
    `gw:a:\n  "@xmlns:gw": urn:a\n  "@v": = V\n  gw:b:\n    =each: = L\n    gw:c: { "@d": = $.D, =text: = $.T }\n  gw:e: fest\n`,
  );
  it.each([
    ["/gw:a/gw:b[2]/gw:c/@d", { line: 6, column: 19, formula: "$.D" }],
    ["/gw:a[1]/gw:b[1]/gw:c[1]", { line: 6, column: 33, formula: "$.T" }],
    ["/gw:a/gw:b[2]/gw:c/text()", { line: 6, column: 33, formula: "$.T" }],
    ["/gw:a/@v", { line: 3, column: 9, formula: "V" }],
    ["/gw:a/gw:e", { line: 7, column: 9, formula: undefined }],
    ["/gw:a/gw:b/gw:unbekannt", { line: 5, column: 12, formula: "L" }],
    ["/gw:a", { line: 1, column: 1, formula: undefined }],
    ["/*/*[2]/*", { line: 6, column: 33, formula: "$.T" }],
  ])("%s", (path, { line, column, formula }) => {
    expect(made.locate(path)).toEqual({ at: { file: "bridge.yaml", line, column }, formula });
  });
  it("knows nothing of other documents", () => {
    expect(made.locate("/x/y")).toBeUndefined();
  });
});
