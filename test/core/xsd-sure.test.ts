import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSureCheck, type SureCheck } from "../../src/core/validation/sure/sure-check.ts";
import { loadSchemaFiles } from "../../src/core/validation/xsd-files.ts";
import { compileSchema, type CompiledSchema } from "../../src/core/validation/xsd-libxml2.ts";
import { createXsdPool } from "../../src/core/validation/xsd.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const NS = "urn:example:sure";

interface Both {
  readonly sure: SureCheck;
  readonly libxml2: CompiledSchema;
}

function both(body: string, head = ""): Both {
  const text = schema(NS, body, head);
  const files = loadSchemaFiles({
    schema: "main.xsd",
    bridgeDir: folderWith({ "main.xsd": text }),
    catalogDir: undefined,
  });
  const libxml2 = compileSchema("steg:/0.xsd", new Map([["steg:/0.xsd", text]]));
  if (!("check" in libxml2)) throw new Error(libxml2[0]?.text);
  return { sure: createSureCheck(files, { beginBehind: 0, missesMost: Infinity }), libxml2 };
}

const isValid = ({ libxml2 }: Both, document: string): boolean => libxml2.check(document).faults.length === 0;

/** Types by what makes them different, each with literals of it and others that are nearly some. */
const TYPES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "xs:string",
    "",
    ["", "a", " a  b ", "ä€😀", "a\tb\nc", "]]&gt;", "a>b", "]]>", "&amp;&lt;&quot;", "&#9;", "&nbsp;", "\u0085\u00a0"],
  ],
  ["xs:token", "", ["a b", "a  b", " a", "a\n", "", "ä"]],
  [
    "xs:string",
    `<xs:minLength value="2"/><xs:maxLength value="4"/>`,
    ["ab", "a", "äöüß", "😀😀", "😀", "abcde", "&amp;&amp;", "&lt;", "&amp;abcd", "ab&gt;&quot;c"],
  ],
  ["xs:token", `<xs:length value="3"/>`, ["abc", "ab", "a  b", " abc", "äöü", "a&amp;b"]],
  [
    "xs:string",
    `<xs:enumeration value="aktiv"/><xs:enumeration value="ruhend"/>`,
    ["aktiv", "ruhend", "aktiv ", "Aktiv", "", "ruhen"],
  ],
  ["xs:string", `<xs:pattern value="[0-9]{5}"/>`, ["01234", "0123", "012345", "0123a", "０1234"]],
  ["xs:string", `<xs:pattern value="[A-Z]{1,2}-\\d{2,4}"/>`, ["AB-12", "A-1234", "A-1", "ABC-12", "A-12345"]],
  ["xs:string", `<xs:pattern value="A+"/><xs:pattern value="\\d*"/>`, ["AAA", "", "12", "A1", "a"]],
  ["xs:token", `<xs:pattern value="[a-z.-]{2}"/><xs:maxLength value="5"/>`, ["ab", "a.", "--", "abc", "A."]],
  ["xs:decimal", "", ["1", "-1.50", "0.5", ".5", "1.", "+1", "1e3", "", " 1", "1234567890123456", "--1", "-", "1.2.3"]],
  [
    "xs:decimal",
    `<xs:fractionDigits value="2"/><xs:totalDigits value="5"/>`,
    ["1.25", "123.45", "1.250", "1234.56", "0001.2", "123456"],
  ],
  [
    "xs:decimal",
    `<xs:minInclusive value="-1.5"/><xs:maxExclusive value="10"/>`,
    ["-1.5", "-1.51", "9.99999999999", "10", "10.0", "0"],
  ],
  ["xs:positiveInteger", "", ["1", "0", "-1", "007", "+1", "999999999999999", "1.0"]],
  ["xs:nonPositiveInteger", "", ["0", "-0", "-5", "1"]],
  ["xs:int", `<xs:minExclusive value="3"/>`, ["4", "3", "2147483647", "2147483648", "-4"]],
  ["xs:unsignedByte", "", ["0", "255", "256", "-0", "-1"]],
  ["xs:long", "", ["-999999999999999", "9223372036854775807", "9223372036854775808"]],
  ["xs:boolean", "", ["true", "false", "1", "0", "TRUE", " true"]],
  [
    "xs:date",
    "",
    [
      "2026-11-22",
      "2024-02-29",
      "2023-02-29",
      "1900-02-29",
      "2000-02-29",
      "2026-04-31",
      "0000-01-01",
      "0001-01-01",
      "2026-13-01",
      "2026-00-10",
      "2026-1-1",
      "2026-11-22Z",
      "12026-01-01",
      "2026-11-2x",
    ],
  ],
  [
    "xs:dateTime",
    "",
    [
      "2026-11-22T10:30:00",
      "2026-11-22T10:30:00Z",
      "2026-11-22T24:00:00",
      "2026-11-22T23:60:00",
      "2026-11-22T10:30:00.5",
      "2026-11-22 10:30:00",
      "2026-02-30T10:30:00",
    ],
  ],
  ["xs:anyURI", "", ["http://a.example/", "%", ""]],
  ["xs:NMTOKENS", "", ["a b", ""]],
];

const typeOf = ([base, facets]: (typeof TYPES)[number]): string =>
  `<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;

const LEAVES = TYPES.map((type, i) => `<xs:element name="v${i}">${typeOf(type)}</xs:element>`).join("");
const E = (name: string, more = ""): string => `<xs:element name="${name}" type="xs:token" ${more}/>`;
const ONE_OF_EACH = both(
  `<xs:element name="r"><xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded">${LEAVES}</xs:choice></xs:complexType></xs:element>`,
);

/** Sequences, choices, counts, references, groups, extension, and what the quick way does not follow. */
const SHAPES = both(`
  <xs:element name="r"><xs:complexType><xs:sequence>
    ${E("a")}${E("b", `minOccurs="0"`)}${E("c", `minOccurs="2" maxOccurs="3"`)}
    <xs:choice minOccurs="0" maxOccurs="2">${E("d")}<xs:sequence>${E("e")}${E("f", `minOccurs="0"`)}</xs:sequence></xs:choice>
    <xs:group ref="t:g" minOccurs="0"/><xs:element ref="t:more" minOccurs="0" maxOccurs="unbounded"/>
    <xs:element name="empty" minOccurs="0"><xs:complexType/></xs:element>
    <xs:element name="mixed" minOccurs="0"><xs:complexType mixed="true"><xs:sequence>${E("a", `minOccurs="0"`)}</xs:sequence></xs:complexType></xs:element>
    <xs:element name="fixed" type="xs:token" fixed="x" minOccurs="0"/><xs:element name="preset" type="xs:int" default="7" minOccurs="0"/>
    <xs:element ref="t:r" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:group name="g"><xs:sequence>${E("g1")}${E("g2")}</xs:sequence></xs:group>
  <xs:complexType name="base"><xs:sequence>${E("h")}</xs:sequence></xs:complexType>
  <xs:element name="more" type="t:more"/><xs:element name="other" substitutionGroup="t:more"/>
  <xs:complexType name="more"><xs:complexContent><xs:extension base="t:base"><xs:sequence>${E("i", `minOccurs="0"`)}</xs:sequence><xs:attribute name="p"/></xs:extension></xs:complexContent></xs:complexType>`);

/** Attributes: needed and not, fixed, of types that are not followed, with a namespace, on the root and on a text. */
const ATTRIBUTES = both(`
  <xs:attribute name="global" type="xs:token"/>
  <xs:element name="r"><xs:complexType>
    <xs:sequence><xs:element name="a" minOccurs="0" maxOccurs="9"><xs:complexType><xs:simpleContent><xs:extension base="xs:token">
      <xs:attribute name="n" type="xs:int" use="required"/><xs:attribute name="uri" type="xs:anyURI"/><xs:attribute name="list" type="xs:anyURI" fixed="urn:list:1"/>
      <xs:attribute name="text"><xs:simpleType><xs:restriction base="xs:string"><xs:minLength value="2"/></xs:restriction></xs:simpleType></xs:attribute><xs:attribute ref="t:global"/>
    </xs:extension></xs:simpleContent></xs:complexType></xs:element></xs:sequence>
    <xs:attribute name="v" use="required"><xs:simpleType><xs:restriction base="xs:token"><xs:pattern value="\\d\\.\\d"/></xs:restriction></xs:simpleType></xs:attribute>
    <xs:attribute name="at" type="xs:dateTime"/><xs:attribute name="xmlnsx" type="xs:int"/>
  </xs:complexType></xs:element>`);

const ROOT_ATTRIBUTES = [
  ` v="1.2"`,
  ` v="1"`,
  ` at="2026-11-22T10:30:00Z"`,
  ` at="gestern"`,
  ` xmlnsx="1"`,
  ` xmlnsx="x"`,
  ` xmlns:u="urn:u"`,
  ` xmlns:t="urn:u"`,
  ` w="1"`,
  ` v='1.2'`,
];
const OWN_ATTRIBUTES = [
  ` n="1"`,
  ` n="x"`,
  ` uri="urn:a"`,
  ` list="urn:list:1"`,
  ` list="urn:list:2"`,
  ` text="ä&amp;"`,
  ` text="a"`,
  ` text="a>b"`,
  ` text="a\tb"`,
  ` text="a<b"`,
  ` t:global="x"`,
  ` N="1"`,
  `  n="2"`,
  ` n = "3"`,
];
const withAttributes = fc
  .tuple(fc.subarray(ROOT_ATTRIBUTES), fc.array(fc.tuple(fc.subarray(OWN_ATTRIBUTES), fc.boolean()), { maxLength: 3 }))
  .map(([root, all]) => {
    const inner = all.map(([own, first]) => `<t:a${first ? ` n="7"` : ""}${own.join("")}>x</t:a>`).join("");
    return `<?xml version="1.0" encoding="UTF-8"?><t:r xmlns:t="${NS}"${root.join("")}>${inner}</t:r>`;
  });

const NAMES = ["a", "b", "c", "c", "d", "e", "f", "g1", "g2", "empty", "mixed", "fixed", "preset"];
const leaf = (name: string, text: string): string => `<t:${name}>${text}</t:${name}>`;
const document = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<t:r xmlns:t="${NS}">${content}</t:r>`;

/** One of the listed literals or any text in one of the elements. */
const value = fc.integer({ min: 0, max: TYPES.length - 1 }).chain((i) => {
  const literals = TYPES[i]?.[2] ?? [];
  const some = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...literals) },
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.stringMatching(/^[-+0-9.eT:Z]{0,12}$/),
  );
  return some.map((text) => leaf(`v${i}`, text));
});

const element: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(...NAMES)
      .map((name) => leaf(name, name === "empty" ? "" : name === "fixed" ? "x" : name === "preset" ? "" : "x")),
  },
  fc.constantFrom(
    leaf("more", leaf("h", "x")),
    leaf("other", leaf("h", "x") + leaf("i", "x")),
    leaf("more", leaf("i", "x")),
    " ",
    "\n",
    "x",
    "<!-- x -->",
    "<t:a/>",
    `<t:a q="1">x</t:a>`,
    "<a>x</a>",
    "<![CDATA[x]]>",
  ),
);

/** In the order of the schema, each so often as it may, with something taken out, doubled or put elsewhere. */
const ordered = fc
  .tuple(
    fc.subarray([
      leaf("b", "x"),
      leaf("d", "x"),
      leaf("e", "x") + leaf("f", "x"),
      leaf("g1", "x") + leaf("g2", "x"),
      leaf("more", leaf("h", "x")),
      leaf("other", leaf("h", "x")),
      leaf("preset", ""),
      leaf("empty", ""),
    ]),
    fc.option(fc.tuple(fc.nat(12), element), { nil: undefined, freq: 2 }),
  )
  .map(([some, intruder]) => {
    const all = [
      leaf("a", "x"),
      ...some.filter((one) => one.startsWith("<t:b")),
      leaf("c", "x"),
      leaf("c", "y"),
      ...some.filter((one) => !one.startsWith("<t:b")),
    ];
    if (intruder !== undefined) all.splice(Math.min(intruder[0], all.length), intruder[0] % 2, intruder[1]);
    return all.join("");
  });

/** A letter of the document changed, taken away or put in between. */
const damaged = (given: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      given,
      fc.nat(),
      fc.constantFrom(0, 1),
      fc.oneof(
        fc.constantFrom("<", ">", "&", "/", " ", "x", '"', "=", "]", "\n", "\r", "\t", ":", ";", "-"),
        fc.string({ unit: "binary", maxLength: 1 }),
      ),
    )
    .map(([text, at, gone, put]) => {
      const place = at % text.length;
      return text.slice(0, place) + put + text.slice(place + gone);
    });

describe("a sure yes", () => {
  it.each(TYPES.map((type, i) => [`${type[0]} ${type[1]}`, i, type[2]] as const))("%s", (_type, i, literals) => {
    for (const literal of literals) {
      const text = document(leaf(`v${i}`, literal));
      expect([literal, ONE_OF_EACH.sure.isValid(text) && !isValid(ONE_OF_EACH, text)]).toEqual([literal, false]);
    }
  });

  it("is said of the usual", () => {
    const usual = [
      "a",
      "a b",
      "ab",
      "abc",
      "aktiv",
      "01234",
      "AB-12",
      "AAA",
      "ab",
      "-1.50",
      "1.25",
      "-1.5",
      "1",
      "0",
      "4",
      "255",
      "-999999999999999",
      "true",
      "2024-02-29",
      "2026-11-22T10:30:00Z",
    ];
    for (const [i, text] of usual.entries())
      expect([i, ONE_OF_EACH.sure.isValid(document(leaf(`v${i}`, text)))]).toEqual([i, true]);
    expect(ONE_OF_EACH.sure.isValid(document(leaf("v2", "ä&amp;😀\n")))).toBe(true);
    const whole = [
      leaf("a", "x"),
      leaf("c", "x"),
      leaf("c", "x"),
      leaf("e", "x"),
      leaf("d", ""),
      leaf("g1", "x"),
      leaf("g2", "x"),
      leaf("other", leaf("h", "x")),
      leaf("empty", ""),
    ];
    expect(SHAPES.sure.isValid(document(whole.join("\n  ")))).toBe(true);
    expect(
      SHAPES.sure.isValid(
        `<r xmlns="${NS}" xmlns:t="urn:other"><a>x</a><c>x</c><c>x</c><r><a>x</a><c>x</c><c>x</c></r></r>\n`,
      ),
    ).toBe(true);
  });

  it("is said of attributes", () => {
    const r = (root: string, own: string): string => `<t:r${root}><t:a${own}>x</t:a></t:r>`;
    const plain = ` xmlns:t="${NS}" v="1.2"`;
    const fine = [
      r(` v="1.2" xmlns:t="${NS}" at="2026-11-22T10:30:00" xmlnsx="4"`, ` n="1" list="urn:list:1" text="ä&amp;>"`),
      r(plain, ` text="ab" n="1"`),
    ];
    expect(fine.map((one) => [ATTRIBUTES.sure.isValid(one), isValid(ATTRIBUTES, one)])).toEqual(
      fine.map(() => [true, true]),
    );
    const not = [
      r(` xmlns:t="${NS}"`, ` n="1"`),
      r(plain, ""),
      r(plain, ` n="1" n="1"`),
      r(plain, ` n="1" list="urn:list:2"`),
      r(`${plain} xmlnsx="x"`, ` n="1"`),
    ];
    expect(not.map((one) => [ATTRIBUTES.sure.isValid(one), isValid(ATTRIBUTES, one)])).toEqual(
      not.map(() => [false, false]),
    );
    const asked = [r(plain, ` n="1" uri="urn:a"`), r(plain, ` n="1" t:global="x"`)];
    expect(asked.map((one) => [ATTRIBUTES.sure.isValid(one), isValid(ATTRIBUTES, one)])).toEqual(
      asked.map(() => [false, true]),
    );
  });

  it.each([
    ["an unknown attribute", `<t:a q="1">x</t:a>`],
    ["a comment", "<t:a>x<!-- --></t:a>"],
    ["a reference", "<t:a>&#65;</t:a>"],
    ["an empty tag", "<t:a/>"],
    ["a character section", "<t:a><![CDATA[x]]></t:a>"],
    ["another prefix", `<u:a xmlns:u="${NS}">x</u:a>`],
  ])("is not said of %s", (_what, first) => {
    expect(SHAPES.sure.isValid(document(`${first}<t:c>x</t:c><t:c>x</t:c>`))).toBe(false);
  });

  it("is not said where values have to be unique, or of a schema that only libxml2 reads", () => {
    const inner = `<xs:complexType><xs:sequence><xs:element name="a" type="xs:token" maxOccurs="9"/></xs:sequence></xs:complexType>`;
    const plain = both(`<xs:element name="r">${inner}</xs:element>`);
    const unique = both(
      `<xs:element name="r">${inner}<xs:unique name="u"><xs:selector xpath="t:a"/><xs:field xpath="."/></xs:unique></xs:element>`,
    );
    const twice = document("<t:a>x</t:a><t:a>x</t:a>");
    expect([plain.sure.isValid(twice), isValid(plain, twice)]).toEqual([true, true]);
    expect([unique.sure.isValid(twice), isValid(unique, twice)]).toEqual([false, false]);
  });

  it("is never said of what libxml2 finds fault with", () => {
    let yes = 0;
    let no = 0;
    const agree = (given: Both) => (content: string) => {
      const text = content.startsWith("<?xml") ? content : document(content);
      const isSure = given.sure.isValid(text);
      if (isSure) yes++;
      else no++;
      expect([text, isSure && !isValid(given, text)]).toEqual([text, false]);
    };
    const numRuns = Number(process.env["STEG_SURE_RUNS"] ?? 400);
    const values = fc.array(value, { maxLength: 3 }).map((all) => all.join(""));
    fc.assert(fc.property(values, agree(ONE_OF_EACH)), { numRuns });
    fc.assert(fc.property(damaged(values.map(document)), agree(ONE_OF_EACH)), { numRuns });
    fc.assert(fc.property(withAttributes, agree(ATTRIBUTES)), { numRuns });
    fc.assert(fc.property(damaged(withAttributes), agree(ATTRIBUTES)), { numRuns });
    fc.assert(fc.property(ordered, agree(SHAPES)), { numRuns });
    fc.assert(fc.property(damaged(ordered.map(document)), agree(SHAPES)), { numRuns });
    expect(yes).toBeGreaterThan(numRuns / 10);
    expect(no).toBeGreaterThan(numRuns / 10);
  });

  it("changes no finding, however many messages came before", async () => {
    const text = schema(
      NS,
      `<xs:element name="r"><xs:complexType><xs:sequence>${E("a")}<xs:element name="n" type="xs:int"/></xs:sequence></xs:complexType></xs:element>`,
    );
    const validator = await createXsdPool().open({
      schema: "main.xsd",
      bridgeDir: folderWith({ "main.xsd": text }),
      catalogDir: undefined,
    });
    const good = document(`<t:a>${"x".repeat(20_000)}</t:a><t:n>1</t:n>`);
    const bad = document("<t:a>x</t:a><t:n>one</t:n>");
    const before = validator.validate(bad);
    expect(before.map(({ path }) => path)).toEqual(["/t:r/t:n"]);
    for (let i = 0; i < 30; i++) expect(validator.validate(good)).toEqual([]);
    expect(validator.validate(bad)).toEqual(before);
    validator.dispose();
  });
});
