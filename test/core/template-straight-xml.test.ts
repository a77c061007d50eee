// Rows written as XML, cell by cell, have the bytes that `render` gives of their records, or they are left to `render`: whatever the template
// asks for and whatever the cells hold.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutputSchema } from "../../src/core/mapping/types.ts";
import { xmlForm } from "../../src/core/mapping/template/text-forms.ts";
import { openSchemaModel } from "../../src/core/validation/model/output-schema.ts";
import { cell, cellsOf, COLUMNS, easy, planned } from "./cell-formulas.ts";
import { runsOf, writeBoth } from "./rows-of-cells.ts";
import { compile } from "./template-support.ts";
import { folderWith } from "./xsd-folder.ts";

/** A template as JSON, which YAML reads as well. */
type Json = string | { readonly [key: string]: Json } | readonly Json[];

const LITERALS = ["", "fest", " ", "ü€😀", "a&<b>", "]]>", "e\u0301", "\u0301", "a\rb", "\n", "1"];
const literal = fc.constantFrom(...LITERALS);
const formula = fc
  .oneof({ weight: 3, arbitrary: easy }, { weight: 1, arbitrary: planned })
  .map((source) => `= ${source}`);
const attributes = fc.dictionary(
  fc.constantFrom("@a", "@b", "@ä", "@xmlns:u", "@m:c"),
  fc.oneof({ weight: 2, arbitrary: fc.constantFrom("x", "", 'a"b', "&<>", "urn:u", "ü\n\t") }, formula),
  { maxKeys: 3 },
);
/** One that no bridge file may have. */
const isDeclaration = ([key, value]: readonly [string, string]): boolean =>
  key.startsWith("@xmlns") && (value === "" || value.startsWith("="));

/** Under which an element stands; hardly any has no plan. */
const CONDITIONS = ["= A = 'J'", "= B != '12'", "= C", "= A != ''", "= FEHLT = 'x'", "= D != 'x'"];
const condition = fc.oneof(
  { weight: 60, arbitrary: fc.constant(null) },
  { weight: 20, arbitrary: fc.constantFrom(...CONDITIONS) },
  { weight: 1, arbitrary: fc.constant("= A = 'J' and B = '12'") },
);
const underCondition = (given: Json, when: string | null): Json => {
  if (when === null || isList(given)) return given;
  return typeof given === "string" ? { "=when": when, "=text": given } : { "=when": when, ...given };
};

const leaf: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: formula },
  { weight: 1, arbitrary: literal },
  fc.tuple(attributes, fc.oneof(formula, literal)).map(([given, text]) => {
    const known = Object.entries(given).filter((one) => !isDeclaration(one));
    return { ...Object.fromEntries(known), "=text": text };
  }),
);
const NAMES = ["a", "b", "c", "d", "m:e", "m:f", "ä"];
const { element } = fc.letrec<{ element: Json }>((tie) => ({
  element: fc
    .tuple(
      fc.oneof(
        { maxDepth: 3, depthIdentifier: "xml" },
        { weight: 3, arbitrary: leaf },
        {
          weight: 2,
          arbitrary: fc
            .tuple(attributes, fc.dictionary(fc.constantFrom(...NAMES), tie("element"), { minKeys: 1, maxKeys: 4 }))
            .map(([given, children]) => {
              const known = Object.entries(given).filter((one) => !isDeclaration(one));
              return { ...Object.fromEntries(known), ...children };
            }),
        },
      ),
      condition,
    )
    .map(([given, when]) => underCondition(given, when)),
}));

type Path = readonly number[];

/** The element at the path, or as near to it as there is one, stands once per record. */
function withEach(node: Json, path: Path): Json {
  if (typeof node === "string") return { "=each": "= $group", "=text": node };
  if (isList(node)) return node;
  const children = Object.entries(node).filter(([key]) => !/^[@=]/.test(key));
  const [index = 0, ...rest] = path;
  const child = children[index % Math.max(1, children.length)];
  if (path.length === 0 || child === undefined) return { "=each": "= $group", ...node };
  return { ...node, [child[0]]: withEach(child[1], rest) };
}

function isList(node: Json): node is readonly Json[] {
  return Array.isArray(node);
}

const source = fc
  .record({
    children: fc.dictionary(fc.constantFrom(...NAMES), element, { minKeys: 1, maxKeys: 5 }),
    /** Deeper than the root. */
    each: fc.option(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), { freq: 4 }),
    twice: fc.boolean(),
  })
  .map(({ children, each, twice }): string => {
    const root = { "@xmlns:m": "urn:m", ...children };
    const made = each === null ? root : (withEach(root, each) as typeof root);
    // An element of which there are two, beside each other.
    const all = twice ? { ...made, z: [{ "=text": "= A" }, { "=text": "= B & C" }] } : made;
    return JSON.stringify({ "m:r": all });
  });

/** Wants elements of these names wherever they stand. */
function wanting(names: readonly string[]): OutputSchema {
  const child = (name: string, form: string): string =>
    `<xs:element name="${name}" type="m:t" form="${form}" minOccurs="${names.includes(name) ? 1 : 0}" maxOccurs="9"/>`;
  const children = ["a", "b", "c", "d", "ä", "z"].map((name) => child(name, "unqualified"));
  children.push(child("e", "qualified"), child("f", "qualified"));
  const text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:m="urn:m" targetNamespace="urn:m">
    <xs:element name="r" type="m:t"/>
    <xs:complexType name="t" mixed="true"><xs:sequence>${children.join("")}</xs:sequence></xs:complexType></xs:schema>`;
  return openSchemaModel({ schema: "m.xsd", bridgeDir: folderWith({ "m.xsd": text }), catalogDir: undefined });
}

const SCHEMAS = [["a"], ["b", "e"], ["z"], ["c", "f", "ä"]].map(wanting);

/** What most cells are like. */
const tame = fc.oneof(
  fc.constantFrom("", "J", "Müller & Söhne", "12", "x"),
  fc.stringMatching(/^[A-Za-z0-9 .,<>-]{0,8}$/),
);
const row = fc
  .oneof(fc.constant(tame), fc.constant(cell))
  .chain((some) => fc.array(some, { minLength: 4, maxLength: 4 }));
const rows = fc.array(row, { minLength: 1, maxLength: 12 });
const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });

const RUNS = 2 * Number(process.env["STEG_SURE_RUNS"] ?? 400);

describe("rows written as documents", () => {
  it(
    "are what render gives of their records, for any template of literals and formulas that have a plan",
    { timeout: 60_000 + 50 * RUNS },
    async () => {
      const tally = { valid: 0, written: 0, left: 0, thrown: 0 };
      let general = 0;
      const schemas = fc.constantFrom(undefined, ...SCHEMAS);
      const windows = fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined });
      const property = fc.asyncProperty(
        source,
        schemas,
        rows,
        sizes,
        windows,
        async (text, schema, given, counts, window) => {
          const { template: made, findings } = compile("xml", text, { schema });
          // An attribute under two prefixes, or a literal that no document can hold.
          fc.pre(made !== undefined && findings.length === 0);
          if (made.document === undefined) {
            general++;
            return;
          }
          const documents = runsOf(await cellsOf(COLUMNS, [...given, ["", "", "", ""]], window), counts);
          for (const { how } of writeBoth(made, documents, undefined)) tally[how]++;
        },
      );
      await fc.assert(property, { numRuns: RUNS });
      expect(tally.valid).toBe(0);
      expect(general).toBeLessThan(RUNS / 3);
      expect(tally.written).toBeGreaterThan(RUNS / 2);
      expect(tally.left).toBeGreaterThan(RUNS / 2);
    },
  );

  it("are where conditions keep what is around them, and hide what a schema wants", async () => {
    const flag = `{ "=when": "= A = 'J'", "=text": ja }`;
    const inside = (inner: string): string => `{ "m:r": { "@xmlns:m": urn:m, a: = C, d: { ${inner}, b: = B } } }`;
    const rowsOf = ["J", "N", ""].flatMap((a) => ["", "wert"].map((b) => [a, b, "1", ""]));
    const documents = runsOf(await cellsOf(COLUMNS, rowsOf), [1]);
    const { template: made } = compile("xml", inside(`a: ${flag}`), { schema: wanting(["a"]) });
    if (!made) throw new Error("it did not compile");
    const written = writeBoth(made, documents, undefined);
    // Who stands and misses a is refused by the general way; without a and b nobody misses it.
    expect(written.map(({ how }) => how)).toEqual(["written", "written", "written", "left", "written", "left"]);
    expect(written.map(({ rendered = "" }) => /<d>(.*)<\/d>/.exec(rendered)?.[1])).toEqual([
      "<a>ja</a>",
      "<a>ja</a><b>wert</b>",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    // Further inside, what a condition shows decides about more than its own surroundings.
    expect(compile("xml", inside(`c: { a: ${flag} }`)).template?.document).toBeUndefined();
  });

  it("have no literal of their own that could become one character with the text before it", () => {
    const written: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const [, ...behind] = String.fromCodePoint(point).normalize("NFD");
      written.push(...behind.filter((character) => xmlForm.literal(character) !== undefined));
    }
    expect(written).toEqual([]);
    expect(xmlForm.literal("ä")).toBeDefined();
  });

  it("are, where a row could become larger than a mebibyte, written from its record, among others that are not", async () => {
    const long = `${"x".repeat(250_000)}&`;
    const rowsOf = [
      ["K1", "a", "", ""],
      ["K1", long, "", ""],
      ["K1", "b", "", ""],
      ["K2", long, "", ""],
      ["K3", "<".repeat(150_000), "", ""],
    ];
    const text = `{ "m:r": { "@xmlns:m": urn:m, nr: = A, zeile: { =each: = $group, b: = B, "ü": "= B & '&'" } } }`;
    const { template: made } = compile("xml", text);
    if (!made) throw new Error("it did not compile");
    const written = writeBoth(made, runsOf(await cellsOf(COLUMNS, rowsOf), [3, 1, 1]), undefined);
    // What stands before the rows is the first row's, which is too large in the second.
    expect(written.map(({ how }) => how)).toEqual(["written", "left", "written"]);
    for (const { rendered } of written) expect(rendered?.length).toBeGreaterThan(500_000);
  });
});
