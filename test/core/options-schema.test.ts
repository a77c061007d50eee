// JSON Schema, reference pages: made from the shapes, valid, and in step with what is checked in.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { adapters } from "../../src/adapters/registry.ts";
import { bridgeSchema, policySchema, referencePages } from "../../src/core/bridge/reference-pages.ts";
import { sectionShapes } from "../../src/core/bridge/sections.ts";
import { CODES } from "../../src/core/errors.ts";
import type { AnyShape } from "../../src/core/options/shape.ts";

const golden = fileURLToPath(new URL("../bridge-file/", import.meta.url));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
const validate = ajv.compile(bridgeSchema(adapters));
const read = (name: string): unknown => parse(readFileSync(join(golden, `${name}.yaml`), "utf8"));

describe("the JSON Schema of bridge files", () => {
  it("is a schema that strict mode takes", () => {
    expect(ajv.validateSchema(bridgeSchema(adapters))).toBe(true);
    expect(ajv.validateSchema(policySchema())).toBe(true);
  });

  it("accepts what the check accepts", () => {
    // Never stricter than the check: an editor must not mark what runs.
    const accepted = readdirSync(golden)
      .filter((name) => name.endsWith(".expected.txt"))
      .filter((name) => !/^ {2}\d/m.test(readFileSync(join(golden, name), "utf8")))
      .map((name) => name.replace(".expected.txt", ""));
    expect(accepted).toContain("valid");
    for (const name of accepted) expect([name, validate(read(name)), validate.errors]).toEqual([name, true, null]);
  });

  it("accepts a rich file", () => {
    const file = parse(`
steg: 1
bridge: kasse
lifecycle:
  legacy: { system: Kasse 3, vendor: Firma, endOfSupport: 2028-06-30 }
  owner: { name: Kasse, email: kasse@stadt.example, deputy: it@stadt.example }
  reason: Nur feste Breite
  personalData: none
  legalBasis: ["GemKVO § 1"]
  successor: none
  noSuccessorReason: Das Amt wird geschlossen
  plan: [{ by: 2027-03-31, goal: Test, measure: { successorShare: 0.5 } }]
  started: 2026-11-01
  deprecated: 2027-04-01
  sunset: 2027-11-16
  brownouts: [{ from: 2027-10-05T10:00, to: 2027-10-05T11:00 }]
  cycles: [{ name: Jahr, period: P1Y }]
  extensions: []
receive: { folder: { path: "\${env:DROPS}", files: ["*.dat", "*.txt"], settle: 10s, after: keep } }
decode: { fixed: { encoding: cp850, fields: { SA: [1, 1], NR: [2, 8] } }, optional: [NR] }
cases:
  - { when: "= SA = 'X'", skip: storniert }
  - { deliver: { folder: { path: "out/{NR}", name: "{$index}.csv" }, batch: { drop: true } } }
map:
  codes: { a: codes/a.csv, b: { file: codes/b.csv, key: X } }
  let: { x: "= NR" }
  per: { from: "= SA = 'K'", most: 10MiB }
  csv: { NR: = NR, TEXT: 007 }
encode: { csv: { delimiter: ";" } }
deliver: { inFlight: 4, retry: { first: 1s, most: 5m }, outcomes: [{ when: "= $status = 404", as: refused }] }
answer: { folder: { path: quittung, format: csv } }
order: { by: = NR }
onDead: hold
retention: { payload: 1d }
spool: { most: 1GiB }
`);
    expect([validate(file), validate.errors]).toEqual([true, null]);
  });

  it.each([
    "key-unknown-near",
    "key-unknown-elsewhere",
    "key-missing-path",
    "key-missing-bridge",
    "key-missing-lifecycle",
    "key-two-targets",
    "later-rfc",
    "type-duration-without-unit",
    "type-size",
    "type-boolean-yes",
    "type-number-too-large",
    "choice-near",
    "bridge-name",
    "lifecycle-no-sunset",
    "lifecycle-no-owner",
    "lifecycle-state-key",
    "exception-incomplete",
  ])("marks %s", (name) => {
    expect(validate(read(name))).toBe(false);
  });
});

describe("the JSON Schema of the policy", () => {
  it("accepts the shipped one and marks mistakes", () => {
    const check = ajv.compile(policySchema());
    expect(check(parse(readFileSync(new URL("../../sunset/policy.yaml", import.meta.url), "utf8")))).toBe(true);
    expect(check({ policy: 1, land: "XX" })).toBe(false);
    expect(check({ policy: 1, longestLive: "P1Y" })).toBe(false);
  });
});

describe("the reference", () => {
  const pages = referencePages(adapters);

  it("names every option with its doc", () => {
    const page = pages.get("bridge-file.md") ?? "";
    const visit = (shape: AnyShape): void => {
      const { kind } = shape;
      const named: Readonly<Record<string, AnyShape>> =
        kind.type === "object" ? kind.properties : kind.type === "oneKey" ? { ...kind.properties, ...kind.beside } : {};
      for (const [name, inner] of Object.entries(named)) {
        expect(page).toContain(`| \`${name}\` |`);
        visit(inner);
      }
      if (kind.type === "list") visit(kind.item);
      if (kind.type === "either") kind.of.forEach(visit);
    };
    for (const shape of Object.values(sectionShapes(adapters))) visit(shape);
  });

  it("has no empty description and no full stop in one", () => {
    const visit = (shape: AnyShape, path: string): void => {
      const { kind } = shape;
      const named: Readonly<Record<string, AnyShape>> =
        kind.type === "object" ? kind.properties : kind.type === "oneKey" ? { ...kind.properties, ...kind.beside } : {};
      for (const [name, inner] of Object.entries(named)) {
        expect([`${path}.${name}`, inner.doc.length > 2, inner.doc.endsWith(".")]).toEqual([
          `${path}.${name}`,
          true,
          false,
        ]);
        visit(inner, `${path}.${name}`);
      }
      if (kind.type === "list") visit(kind.item, path);
    };
    for (const [name, shape] of Object.entries(sectionShapes(adapters))) visit(shape, name);
  });

  it("lists every code with what to do", () => {
    const page = pages.get("errors.md") ?? "";
    for (const [code, { hint }] of Object.entries(CODES)) {
      expect(page).toContain(`| \`${code}\` |`);
      expect(hint.length).toBeGreaterThan(5);
    }
  });
});
