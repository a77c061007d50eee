// `map.<name>` of a format that an adapter writes: what the writer is told of the template, what it is given of a record, and where
// its complaints stand in the bridge file.

import { describe, expect, it } from "vitest";
import { FORMULA, type Sketch, type Value, type Writer } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { makeEncode, planEncode } from "../../src/core/mapping/encode.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";
import { compileValues, sketchOf, writtenBy } from "../../src/core/mapping/template/written.ts";
import type { Template, TemplateEnvironment } from "../../src/core/mapping/types.ts";
import { scopeOf, yaml } from "./template-support.ts";

const TEMPLATE = `
kopf: { nummer: 007, art: 7.0, ja: true, name: = NAME }
posten:
  - =each: = POSTEN
    menge: = MENGE
  - { menge: fest }
leer: = FEHLT
"'=wort": "'=wort"
`;

const environment: TemplateEnvironment = {
  lets: [],
  tables: new Map(),
  variables: [],
  fields: undefined,
  optional: [],
  itemIsRecord: true,
  report: (finding) => {
    throw new Error(finding.message);
  },
  compileFormula,
  schema: undefined,
};

/** Writes the values as JSON in ISO 8859-1, so that the bytes can be looked at. */
function writer(more: Partial<Writer> = {}): Writer {
  const write = (value: Value): Uint8Array => Buffer.from(JSON.stringify(value), "latin1");
  const show = (bytes: Uint8Array): string => `${bytes.length} bytes`;
  return { contentType: "application/x-probe", problems: [], write, show, ...more };
}

function built(by: Writer, told: string[] = []): Template | undefined {
  const node = yaml(TEMPLATE);
  const values = compileValues(node, environment);
  if (!values) throw new Error("the template did not compile");
  return writtenBy(by, values, node, (at, message) => told.push(`${at.line}:${at.column} ${message}`));
}

const RECORD = { NAME: "Özgür", POSTEN: [{ MENGE: "1" }, { MENGE: "2" }] };

describe("a template for a writer", () => {
  it("is told to it before there is a record: literals as written, formulas as such", () => {
    const sketch: Sketch = {
      kopf: { nummer: "007", art: "7.0", ja: "true", name: FORMULA },
      posten: [{ menge: FORMULA }, { menge: "fest" }],
      leer: FORMULA,
      "=wort": "=wort",
    };
    expect(sketchOf(yaml(TEMPLATE))).toEqual(sketch);
  });

  it("gives it values whose literals are text as written, and the bytes go out as they are", () => {
    const body = built(writer())?.render(RECORD, scopeOf(RECORD)) ?? "";
    const plan = planEncode(undefined, { format: "bytes", decode: undefined, encoderOf: () => undefined });
    const bytes = makeEncode(plan, undefined).toBytes(body);
    expect(Buffer.from(bytes).includes(0xd6)).toBe(true);
    expect(JSON.parse(body)).toEqual({
      kopf: { nummer: "007", art: "7.0", ja: "true", name: "Özgür" },
      posten: [{ menge: "1" }, { menge: "2" }, { menge: "fest" }],
      "=wort": "=wort",
    });
  });

  it("says where the template is wrong, whatever the records say", () => {
    const told: string[] = [];
    const problems = [
      { path: "/kopf/art", message: "is unknown" },
      { path: "/posten/1/menge", message: "is too long" },
      { path: "", message: "lacks something" },
    ];
    expect(built(writer({ problems }), told)).toBeUndefined();
    expect(told).toEqual(["2:27 is unknown", "5:12 is too long", "2:1 lacks something"]);
  });

  it("says which line a record fails at", () => {
    const write = (): Uint8Array => {
      throw new BridgeError("VALUE_NOT_TEXT", "is too long", { stage: "map", facts: { path: "/kopf/name" } });
    };
    const template = built(writer({ write }));
    const position = { line: 2, column: 48 };
    expect(() => template?.render(RECORD, scopeOf(RECORD))).toThrow(
      expect.objectContaining({ code: "VALUE_NOT_TEXT", position: expect.objectContaining(position) as unknown }),
    );
  });

  it("lets messages share a body only where the format can", () => {
    const plan = planEncode(undefined, { format: "bytes", decode: undefined, encoderOf: () => undefined });
    const alone = makeEncode(plan, undefined, built(writer()));
    const joined = makeEncode(plan, undefined, built(writer({ joins: true })));
    expect([alone.single, alone.contentType]).toEqual([true, "application/x-probe"]);
    expect([joined.single, joined.head, joined.between, joined.tail]).toEqual([false, "", "", ""]);
  });

  it("shows what was written", () => {
    const template = built(writer());
    const body = template?.render(RECORD, scopeOf(RECORD)) ?? "";
    expect(template?.show?.(body)).toBe(`${body.length} bytes`);
  });
});
