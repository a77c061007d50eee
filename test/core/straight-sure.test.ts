// Where rows written as XML are said to be surely valid, libxml2 finds nothing against them: for any schema of plain types, and templates that
// fit it or nearly do.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Inside } from "../../src/core/mapping/surely.ts";
import { createSureCheck } from "../../src/core/validation/sure/sure-check.ts";
import { openSchemaModel } from "../../src/core/validation/model/output-schema.ts";
import { loadSchemaFiles, type SchemaSource } from "../../src/core/validation/xsd-files.ts";
import { compileSchema, type CompiledSchema } from "../../src/core/validation/xsd-libxml2.ts";
import { cellsOf } from "./cell-formulas.ts";
import { runsOf, writeBoth } from "./rows-of-cells.ts";
import { compile } from "./template-support.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const NS = "urn:example:sure";
const COLUMNS = ["TEXT", "WORT", "ZAHL", "BETRAG", "TAG", "ISO"];

// ── types ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What most values of a column are like. */
const FORMULAS = {
  text: [
    "TEXT",
    "WORT",
    "WORT & ', ' & TEXT",
    "$substring(WORT, 0, 3)",
    "$substring(WORT, 1, $length(WORT) - 2)",
    "$substring(WORT, 2)",
    "WORT = 'J' ? 'aktiv' : 'ruhend'",
    "WORT = 'J' ? 'a&b'",
    "'a&' & WORT",
    "'\\r' & WORT",
    "WORT & '\\r'",
    "'A&amp;' & WORT",
    "' ' & WORT",
    "'fest'",
    "$date(TAG, 'dd.MM.yyyy')",
  ],
  whole: ["ZAHL", "$substring(ZAHL, 0, 2)", "'1' & ZAHL", "$decimal(ZAHL, '1234')", "WORT = 'J' ? '1' : '0'"],
  amount: ["$decimal(BETRAG, '1.234,56')", "ZAHL", "ZAHL & '.5'", "$substring(ISO, 5, 2)"],
  day: ["$date(TAG, 'dd.MM.yyyy')", "ISO", "$substring(ISO, 0, 10)"],
  moment: ["ISO & 'T10:30:00'", "ISO & 'T10:30:00Z'", "$date(TAG, 'dd.MM.yyyy')"],
  truth: ["WORT = 'J'", "WORT != 'J'", "WORT = 'J' ? '1' : '0'", "WORT = 'J' ? 'true'"],
} as const;
type Kind = keyof typeof FORMULAS;
const LITERALS: Readonly<Record<Kind, readonly string[]>> = {
  text: ["fest", "a&b", "aktiv", " a", "a\rb", "ü€😀", "", "abc"],
  whole: ["1", "-0", "007", "+1", "255"],
  amount: ["1.50", "-1", "1.", "0.123"],
  day: ["2024-02-29", "2023-02-29", "2026-11-22Z"],
  moment: ["2026-11-22T10:30:00", "2026-11-22T24:00:00"],
  truth: ["true", "0", "TRUE"],
};

interface Type {
  readonly kind: Kind;
  readonly text: string;
}

const restricted = (base: string, facets: string): string =>
  `<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
const facet = (name: string, value: number | string | undefined | null): string =>
  value === undefined || value === null ? "" : `<xs:${name} value="${value}"/>`;
const perhaps = <T>(given: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: given });

const PATTERNS = [
  "[A-Za-z0-9]{1,8}",
  "\\d{2}",
  "[A-Z]*",
  "J|N",
  "[a-z ,&amp;]+",
  "[^x]*",
  "[A-Za-z ]{2,}",
  ".*",
  "[0-9.-]+",
];
const WORDS = ["aktiv", "ruhend", "J", "a&amp;b", "a&amp;amp;b", "A&amp;amp;", "Ja", "fest", "2026-11-22", "ü"];
const textType = fc
  .tuple(
    fc.constantFrom("xs:string", "xs:token", "xs:normalizedString"),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant("") },
      { weight: 4, arbitrary: fc.integer({ min: 12, max: 40 }).map((most) => facet("maxLength", most)) },
      fc.nat(4).map((size) => facet("length", size)),
      fc
        .tuple(perhaps(fc.nat(3)), perhaps(fc.integer({ min: 3, max: 30 })))
        .map(([least, most]) => facet("minLength", least) + facet("maxLength", most)),
      fc.subarray(WORDS, { minLength: 1 }).map((words) => words.map((word) => facet("enumeration", word)).join("")),
      fc
        .subarray(PATTERNS, { minLength: 1, maxLength: 2 })
        .map((all) => all.map((one) => facet("pattern", one)).join("")),
    ),
    perhaps(fc.constantFrom("preserve", "collapse")),
  )
  .map(([base, facets, white]): Type => {
    const collapses = white !== undefined && (base !== "xs:token" || white === "collapse");
    const allowed = collapses && !(base === "xs:normalizedString" && white === "preserve");
    return { kind: "text", text: restricted(base, facets + (allowed ? facet("whiteSpace", white) : "")) };
  });
const WHOLES = [
  "integer",
  "nonNegativeInteger",
  "positiveInteger",
  "nonPositiveInteger",
  "long",
  "int",
  "short",
  "byte",
  "unsignedByte",
  "unsignedInt",
];
const wholeType = fc
  .tuple(
    fc.constantFrom(...WHOLES),
    perhaps(fc.nat(9)),
    perhaps(fc.integer({ min: 10, max: 100 })),
    perhaps(fc.integer({ min: 1, max: 5 })),
    fc.boolean(),
  )
  .map(([base, least, most, digits, exclusive]): Type => {
    const below = base === "nonPositiveInteger" ? undefined : most;
    const above = base === "nonPositiveInteger" || (base === "positiveInteger" && least === 0) ? undefined : least;
    const facets =
      facet(exclusive ? "minExclusive" : "minInclusive", above) +
      facet(exclusive ? "maxExclusive" : "maxInclusive", below);
    return { kind: "whole", text: restricted(`xs:${base}`, facets + facet("totalDigits", digits)) };
  });
const amountType = fc
  .tuple(
    perhaps(fc.integer({ min: 3, max: 9 })),
    perhaps(fc.nat(2)),
    perhaps(fc.constantFrom("-1.5", "0", "-100")),
    perhaps(fc.constantFrom("1000", "99.5")),
  )
  .map(([digits, fraction, least, most]): Type => {
    const facets =
      facet("totalDigits", digits) +
      facet("fractionDigits", fraction) +
      facet("minInclusive", least) +
      facet("maxExclusive", most);
    return { kind: "amount", text: restricted("xs:decimal", facets) };
  });
const plainType = fc.constantFrom<Type>(
  { kind: "day", text: restricted("xs:date", "") },
  { kind: "day", text: restricted("xs:date", facet("minInclusive", "2000-01-01")) },
  { kind: "day", text: restricted("xs:date", facet("pattern", "20[0-9]{2}-[0-9]{2}-[0-9]{2}")) },
  { kind: "day", text: restricted("xs:date", facet("enumeration", "2024-02-29")) },
  { kind: "moment", text: restricted("xs:dateTime", "") },
  { kind: "truth", text: restricted("xs:boolean", "") },
  { kind: "truth", text: restricted("xs:boolean", facet("pattern", "true|0")) },
  { kind: "text", text: restricted("xs:anyURI", "") },
);
const type = fc.oneof({ weight: 4, arbitrary: textType }, wholeType, amountType, plainType);

// ── schemas and templates ───────────────────────────────────────────────────────────────────────────────────────

type Gen = fc.GeneratorValue;
type Json = string | { readonly [key: string]: Json } | readonly Json[];

interface Attribute {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
}
interface Element {
  readonly name: string;
  readonly occurs: string;
  readonly fixed: string | undefined;
  readonly attributes: readonly Attribute[];
  readonly content: Type | { readonly choice: boolean; readonly items: readonly Item[] };
}
type Item = Element | { readonly choice: readonly Element[]; readonly occurs: string };

const OCCURS = [
  "",
  "",
  "",
  ` minOccurs="0"`,
  ` maxOccurs="unbounded"`,
  ` minOccurs="0" maxOccurs="3"`,
  ` minOccurs="2" maxOccurs="4"`,
];
const occurs = fc.constantFrom(...OCCURS);
const often = (percent: number): fc.Arbitrary<boolean> => fc.nat(99).map((value) => value < percent);

/** Names are told apart by their numbers, so every schema is unambiguous. */
function elementOf(g: Gen, depth: number, next: () => string): Element {
  const isLeaf = depth > 0 && (depth > 2 || g(often, 80));
  const attributes = g(often, 25)
    ? [
        { name: "a", type: g(() => type), required: g(fc.boolean) },
        { name: "b", type: g(() => type), required: false },
      ]
    : [];
  const name = next();
  if (isLeaf || (depth === 0 && g(often, 4))) {
    const fixed = g(often, 3) ? "fest" : undefined;
    return { name, occurs: g(() => occurs), fixed, attributes, content: fixed ? TOKEN : g(() => type) };
  }
  const items = Array.from({ length: g(fc.integer, { min: 1, max: 3 }) }, (): Item => {
    if (!g(often, 20)) return elementOf(g, depth + 1, next);
    return { choice: [elementOf(g, depth + 1, next), elementOf(g, depth + 1, next)], occurs: g(() => occurs) };
  });
  return { name, occurs: g(() => occurs), fixed: undefined, attributes, content: { choice: g(often, 15), items } };
}

const TOKEN: Type = { kind: "text", text: restricted("xs:token", "") };

function schemaText(root: Element): string {
  const types: string[] = [];
  const named = ({ text }: Type): string => {
    types.push(text.replace("<xs:simpleType>", `<xs:simpleType name="T${types.length}">`));
    return `t:T${types.length - 1}`;
  };
  const attribute = ({ name, type: of, required }: Attribute): string =>
    `<xs:attribute name="${name}" type="${named(of)}"${required ? ` use="required"` : ""}/>`;
  const item = (one: Item): string =>
    "choice" in one
      ? `<xs:choice${one.occurs}>${one.choice.map((inner) => written(inner)).join("")}</xs:choice>`
      : written(one);
  const written = ({ name, occurs: so, fixed, attributes, content }: Element, isRoot = false): string => {
    const start = `<xs:element name="${name}"${isRoot ? "" : so}${fixed === undefined ? "" : ` fixed="${fixed}"`}`;
    const own = attributes.map(attribute).join("");
    if ("items" in content) {
      const kind = content.choice ? "choice" : "sequence";
      return `${start}><xs:complexType><xs:${kind}>${content.items.map(item).join("")}</xs:${kind}>${own}</xs:complexType></xs:element>`;
    }
    if (own === "") return `${start} type="${named(content)}"/>`;
    return `${start}><xs:complexType><xs:simpleContent><xs:extension base="${named(content)}">${own}</xs:extension></xs:simpleContent></xs:complexType></xs:element>`;
  };
  const body = written(root, true);
  return schema(NS, types.join("\n") + body);
}

const CONDITIONS = ["= WORT = 'J'", "= WORT != 'N'", "= TEXT", "= WORT = 'abc'"];

/** A template that fits the schema, or would but for something here and there. */
function templateOf(g: Gen, root: Element): string {
  let eaches = g(often, 60) ? 1 : 0;
  const sane = (): boolean => g(often, 98);
  const text = ({ kind }: Pick<Type, "kind">): string => {
    const of = sane() ? kind : g(() => fc.constantFrom<Kind>(...(Object.keys(FORMULAS) as Kind[])));
    const usual = g(often, 60) ? FORMULAS[of].slice(0, 1) : FORMULAS[of];
    return g(often, 90) ? `= ${g(() => fc.constantFrom(...usual))}` : g(() => fc.constantFrom(...LITERALS[of]));
  };
  const element = ({ attributes, content, fixed }: Element, each: boolean, mayBeAway = false): Json => {
    const own: [string, Json][] = attributes.flatMap(({ name, type: { kind }, required }): [string, Json][] =>
      (required && sane()) || g(fc.boolean)
        ? [
            [
              `@${name}`,
              g(often, 50) ? text({ kind }) : g(() => fc.constantFrom(...LITERALS[kind].slice(0, sane() ? 1 : 9))),
            ],
          ]
        : [],
    );
    if (!sane()) own.push(["@c", "x"]);
    if (each) own.push(["=each", "= $group"]);
    // Mostly where the schema lets it be away.
    if (mayBeAway ? g(often, 30) : !sane()) own.push(["=when", g(() => fc.constantFrom(...CONDITIONS))]);
    if (!("items" in content)) {
      const value = fixed !== undefined && g(fc.boolean) ? fixed : text(content);
      return own.length === 0 ? value : Object.fromEntries([...own, ["=text", value]]);
    }
    const items = content.choice ? [g(() => fc.constantFrom(...content.items))] : content.items;
    const inner = items.flatMap((item): [string, Json][] => {
      const one = "choice" in item ? g(() => fc.constantFrom(...item.choice)) : item;
      if (item.occurs.includes(`minOccurs="0"`) ? g(often, 40) : !sane()) return [];
      const isMany = /maxOccurs/.test(item.occurs) || !sane();
      if (isMany && !each && eaches > 0 && g(often, 70)) {
        eaches--;
        return [[`t:${one.name}`, element(one, true, item.occurs.includes(`minOccurs="0"`))]];
      }
      const isTwice = item.occurs.includes(`minOccurs="2"`) || (isMany && g(often, 30));
      const mayBeAwayHere = item.occurs.includes(`minOccurs="0"`);
      if (!isTwice) return [[`t:${one.name}`, element(one, each && false, mayBeAwayHere)]];
      const twice = [element(one, false), element(one, false)];
      return [[`t:${one.name}`, twice.map((value) => (typeof value === "string" ? { "=text": value } : value))]];
    });
    if (!sane()) inner.reverse();
    return Object.fromEntries([...own, ...inner]);
  };
  const made = element(root, false);
  const all = typeof made === "string" ? { "=text": made } : made;
  return JSON.stringify({ [`t:${root.name}`]: { "@xmlns:t": NS, ...(all as { [key: string]: Json }) } });
}

// ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

const twoDigits = (value: number): string => String(value).padStart(2, "0");
const row = fc
  .record({
    text: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("Müller & Söhne", "a b", "abc", "fest", "aktiv", "a<b>c", "ü") },
      fc.constantFrom("", " a", "a  b", "x\ty", "A&amp;", "zwei\u00a0w"),
    ),
    word: fc.constantFrom("J", "N", "Ja", "abc", "Haus12", "J", "a", "b", "c", ""),
    whole: fc.oneof({ weight: 8, arbitrary: fc.nat(20) }, fc.nat(300), fc.integer()).map(String),
    amount: fc
      .tuple(fc.integer({ min: -200, max: 2000 }), fc.nat(99))
      .map(([all, cents]) => `${all},${twoDigits(cents)}`),
    day: fc.tuple(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1990, max: 2030 }),
    ),
    odd: fc.nat(150),
    nasty: fc.constantFrom("", "-0", "\u0301", "\r", "1.2.3", "e\u0308", "x\u0000", "]]>", "ſ", "0099", "2024-02-29"),
  })
  .map(({ text, word, whole, amount, day: [day, month, year], odd, nasty }) => {
    const cells = [
      text,
      word,
      whole,
      amount,
      `${twoDigits(day)}.${twoDigits(month)}.${year}`,
      `${year}-${twoDigits(month)}-${twoDigits(day)}`,
    ];
    return odd < cells.length ? cells.with(odd, nasty) : cells;
  });

const RUNS = Number(process.env["STEG_SURE_RUNS"] ?? 400);

interface Opened {
  readonly compiled: CompiledSchema;
  readonly source: SchemaSource;
  readonly inside: Inside | undefined;
}

const folder = folderWith();

function opened(text: string, root: string): Opened {
  writeFileSync(join(folder, "main.xsd"), text);
  const source = { schema: "main.xsd", bridgeDir: folder, catalogDir: undefined };
  const compiled = compileSchema("steg:/0.xsd", new Map([["steg:/0.xsd", text]]));
  if (!("check" in compiled)) throw new Error(compiled[0]?.text);
  const sure = createSureCheck(loadSchemaFiles(source), { beginBehind: 0 });
  return { compiled, source, inside: sure.inside({ namespace: NS, local: root }) };
}

const faultsOf = ({ compiled }: Opened, text: string | undefined): readonly string[] =>
  compiled.check(text ?? "").faults.map((fault) => fault.text);

describe("rows that are said to be surely valid", () => {
  it("are, as libxml2 sees it", { timeout: 60_000 + 50 * RUNS }, async () => {
    const tally = { valid: 0, written: 0, left: 0, thrown: 0 };
    const rows = fc.array(row, { minLength: 10, maxLength: 40 });
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(fc.gen(), rows, sizes, async (g, given, counts) => {
      let names = 0;
      const root = elementOf(g, 0, () => `e${names++}`);
      const text = schemaText(root);
      const made = opened(text, root.name);
      try {
        const batches = await cellsOf(COLUMNS, given, 300);
        for (let turn = 0; turn < 4; turn++) {
          const ordered = g(often, 70) ? { schema: openSchemaModel(made.source) } : {};
          const { template, findings } = compile("xml", templateOf(g, root), ordered);
          if (template?.document === undefined || findings.length > 0) continue;
          for (const { how, rendered } of writeBoth(template, runsOf(batches, counts), made.inside)) {
            tally[how]++;
            const faults = how === "valid" ? faultsOf(made, rendered) : [];
            expect([text, rendered, faults]).toEqual([text, rendered, []]);
          }
        }
      } finally {
        made.compiled.dispose();
      }
    });
    // What is generated step by step shrinks for hours.
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    expect(tally.valid).toBeGreaterThan(2 * RUNS);
    expect(tally.written).toBeGreaterThan(3 * RUNS);
  });

  it.each([
    ["a root that is fixed", `<xs:element name="e" type="xs:token" fixed="fest"/>`, `{ =text: = WORT }`],
    [
      "an entity of the bridge file, where a list of values has its letters",
      `<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="a">${restricted("xs:string", facet("enumeration", "a&amp;amp;b"))}</xs:element></xs:sequence></xs:complexType></xs:element>`,
      `{ t:a: "= 'a&' & WORT" }`,
    ],
    [
      "a carriage return of the bridge file, which a token does not keep",
      `<xs:element name="e"><xs:complexType><xs:sequence><xs:element name="a">${restricted("xs:token", facet("length", 2))}</xs:element></xs:sequence></xs:complexType></xs:element>`,
      `{ t:a: "= WORT & '\\r'" }`,
    ],
    [
      "an element in whose place others have to stand, of which there are none",
      `<xs:element name="h" type="xs:string" abstract="true"/><xs:element name="e"><xs:complexType><xs:sequence><xs:element ref="t:h"/></xs:sequence></xs:complexType></xs:element>`,
      `{ t:h: = WORT }`,
    ],
  ])("are not: %s", async (_what, body, content) => {
    const made = opened(schema(NS, body), "e");
    const { template } = compile("xml", `t:e: { "@xmlns:t": "${NS}", ${content.slice(1)}`);
    if (!template) throw new Error("it did not compile");
    const [document] = writeBoth(template, runsOf(await cellsOf(["WORT"], [["b"]]), [1]), made.inside);
    expect(faultsOf(made, document?.rendered)).toHaveLength(1);
    expect(document?.how).not.toBe("valid");
    made.compiled.dispose();
  });
});
