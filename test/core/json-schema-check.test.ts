// A json template against the target's JSON Schema, before any data comes.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { FormulaLookups } from "../../src/core/validation/formula-results.ts";
import { checkJsonTemplate } from "../../src/core/validation/json-schema-check.ts";
import type { JsonSchema } from "../../src/core/validation/json-schema.ts";
import { openJsonSchema } from "../../src/core/validation/json-schema.ts";
import { yaml } from "./template-support.ts";

const bridgeDir = mkdtempSync(join(tmpdir(), "steg-json-check-"));
afterAll(() => rmSync(bridgeDir, { recursive: true }));

function open(schema: unknown): JsonSchema {
  mkdirSync(join(bridgeDir, "schemas"), { recursive: true });
  writeFileSync(join(bridgeDir, "schemas/main.json"), JSON.stringify(schema));
  return openJsonSchema({ schema: "schemas/main.json", bridgeDir, catalogDir: undefined });
}

describe("the static check of a template", () => {
  const { shape } = open({
    type: "object",
    required: ["art", "name", "version"],
    additionalProperties: false,
    properties: {
      art: { enum: ["NEU", "ENDE"] },
      version: { const: "1.0" },
      name: { type: "string", maxLength: 5 },
      strasse: { type: "string" },
      liste: { type: "array", items: { type: "object", required: ["x"], properties: { x: { type: "integer" } } } },
      offen: { type: "object" },
    },
  });
  const findings = (text: string, lookups: FormulaLookups = {}): string[] =>
    checkJsonTemplate(yaml(text), shape, lookups).map(
      ({ code, line, column, message, hint }) => `${code} ${line}:${column} ${message}${hint && ` | ${hint}`}`,
    );

  it("finds nothing in what fits", () => {
    expect(findings("{ art: NEU, version: '1.0', name: = N, liste: { =each: = L, x: = $ }, offen: { a: b } }")).toEqual(
      [],
    );
    expect(findings("{ art: = A, version: 1.0, name: = N, liste: [ = L, { x: 1 }, { =each: = M, x: = $ } ] }")).toEqual(
      [],
    );
  });

  const cases: readonly (readonly [string, string, string])[] = [
    [
      "missing",
      "{ art: NEU, name: = N }",
      'SCHEMA_MISSING 1:1 the schema requires version, nothing is mapped to it | version: "1.0"',
    ],
    [
      "unknown",
      "{ art: NEU, version: '1.0', name: = N, strase: = S }",
      "SCHEMA_UNKNOWN 1:40 the schema does not know strase | Did you mean strasse?",
    ],
    [
      "a constant not in the list",
      "{ art: NEUE, version: '1.0', name: = N }",
      "SCHEMA_CONSTANT 1:8 art: the constant value is not in the list of 2 allowed | Did you mean NEU?",
    ],
    [
      "a constant too long",
      "{ art: NEU, version: '1.0', name: Bartholomäus }",
      "SCHEMA_CONSTANT 1:35 name: the constant is longer than 5",
    ],
    [
      "a constant of another type",
      "{ art: NEU, version: '1.0', name: = N, liste: [ { x: 1.5 } ] }",
      "SCHEMA_CONSTANT 1:54 liste/x: the constant must be a whole number",
    ],
    [
      "a formula that is a constant",
      "{ art: \"= 'ENDEE'\", version: '1.0', name: = N }",
      "SCHEMA_CONSTANT 1:8 art: the constant value is not in the list of 2 allowed | Did you mean ENDE?",
    ],
    [
      "missing in items",
      "{ art: NEU, version: '1.0', name: = N, liste: { =each: = L, y: = $ } }",
      "SCHEMA_MISSING 1:40 liste requires x, nothing is mapped to it | x: = …",
    ],
    [
      "a list where there is none",
      "{ art: NEU, version: '1.0', name: [ = N ] }",
      "SCHEMA_TYPE 1:29 name must be a text, and the map makes a list",
    ],
    [
      "an object where there is none",
      "{ art: NEU, version: '1.0', name: { a: = N } }",
      "SCHEMA_TYPE 1:29 name must be a text, and the map makes an object",
    ],
    [
      "=each where there is no list",
      "{ art: NEU, version: '1.0', name: = N, offen: { =each: = L, y: = $ } }",
      "SCHEMA_TYPE 1:40 offen must be an object, and the map makes a list (=each)",
    ],
  ];
  it.each(cases)("%s", (_name, text, expected) => {
    expect(findings(text)).toEqual([expected]);
  });

  it("finds values of code tables that the list does not have, also behind names and conditions", () => {
    const lookups: FormulaLookups = {
      tableValues: (table, column) =>
        table !== "arten" ? undefined : column === "kurz" ? ["NEU"] : ["NEU", "ALT", "ENDE", "ALT"],
      letText: (name) => ({ a: "= $code('arten', A)" })[name],
    };
    const found = (formula: string): string[] => findings(`{ art: "${formula}", version: '1.0', name: = N }`, lookups);
    const list =
      "SCHEMA_LIST 1:8 1 of 3 values of the code table arten are not allowed in art: ALT | Allowed: NEU, ENDE";
    expect(found("= $code('arten', A)")).toEqual([list]);
    expect(found("= $a")).toEqual([list]);
    expect(found("= B ? $code('arten', A) : 'NEU'")).toEqual([list]);
    expect(found("= $row('arten', A).lang")).toEqual([list]);
    expect(found("= $row('arten', A).kurz")).toEqual([]);
    expect(found("= $code('andere', A)")).toEqual([]);
    expect(found("= B ? 'NEU' : 'WEG'")).toEqual([
      "SCHEMA_CONSTANT 1:8 art: the constant value is not in the list of 2 allowed | Allowed: NEU, ENDE",
    ]);
    expect(found("= $code('arten', A, 'WEG')")).toHaveLength(2);
    const inList = "{ art: NEU, version: '1.0', name: = N, liste: [ { x: \"= $code('arten', A)\" } ] }";
    expect(findings(inList, lookups)).toEqual([
      "SCHEMA_LIST 1:54 3 of 3 values of the code table arten are not allowed in liste/x: NEU, ALT, ENDE | must be a whole number",
    ]);
  });
});
