// OpenAPI of bridges that are called: by a validator that nobody here wrote, with examples that fit their schemas.

import { Ajv2020 } from "ajv/dist/2020.js";
import fastCheck from "fast-check";
import { describe, expect, it } from "vitest";
import type { Way } from "../../src/core/bridge/types.ts";
import { completed } from "../../src/core/calls/describe.ts";
import { createComponents } from "../../src/core/calls/openapi-components.ts";
import {
  openApiOfAppliance,
  openApiOfBridge,
  type DescribedBridge,
  type OpenApi,
} from "../../src/core/calls/openapi.ts";
import { sampleOfPattern } from "../../src/core/calls/sample-pattern.ts";
import { fits, sampleOf } from "../../src/core/calls/sample.ts";
import type { JsonSchema, Operation, OperationHttp } from "../../src/core/contract.ts";
import { openApi } from "../../src/core/http/openapi.ts";
import { ROUTES } from "../../src/core/http/routes.ts";
import { danglingReferences, nodesOf, openApiFaults, wrongExamples } from "./openapi-document.ts";

const person: JsonSchema = {
  type: "object",
  required: ["name", "adresse"],
  properties: {
    name: { type: "string", minLength: 6, maxLength: 60 },
    geburt: { type: "string", format: "date" },
    om: { type: "string", pattern: "^[0-9]{8}$" },
    betrag: { type: "string", pattern: "^-?\\d+(\\.\\d{1,2})?$" },
    adresse: { $ref: "#/$defs/adresse" },
    kinder: { type: "array", items: { $ref: "#" } },
    default: { $ref: "#/$defs/adresse" },
  },
  additionalProperties: false,
  $defs: {
    adresse: { type: "object", required: ["plz"], properties: { plz: { type: "string", pattern: "[0-9]{5}" } } },
  },
};

function http(method: string, path: string, more: Partial<OperationHttp> = {}): OperationHttp {
  const body = method === "GET" || method === "DELETE" ? "none" : "required";
  return { method, path, parameters: [], body, contentType: "application/json", deprecated: false, ...more };
}

const operations: readonly Operation[] = [
  {
    name: "GET /einwohner/{om}",
    summary: "Auskunft",
    input: {},
    output: person,
    http: http("GET", "/einwohner/{om}", {
      parameters: [
        { name: "om", in: "path", required: true, list: false, deprecated: false, schema: { type: "string" } },
        {
          name: "art",
          in: "query",
          required: false,
          list: true,
          deprecated: true,
          schema: { type: "string", enum: ["a", "b"], default: "a" },
        },
      ],
    }),
  },
  {
    name: "PUT /einwohner/{om}",
    input: person,
    output: {},
    http: http("PUT", "/einwohner/{om}", {
      status: 204,
      deprecated: true,
      parameters: [
        { name: "om", in: "path", required: true, list: false, deprecated: false, schema: { type: "string" } },
      ],
    }),
  },
  {
    name: "POST /",
    input: {},
    output: { type: "array", items: { type: "integer" } },
    http: http("POST", "/", { body: "optional", status: 201 }),
  },
  { name: "LesePerson", input: {}, output: {} },
];

function bridge(more: Partial<DescribedBridge> = {}): DescribedBridge {
  return {
    bridge: "einwohner",
    title: "Auskunft aus dem Altverfahren",
    version: "1f2e3d",
    owner: { name: "Bürgeramt", email: "buergeramt@stadt.example" },
    lifecycle: {
      state: "active",
      deprecated: "2027-04-01",
      sunset: "2027-11-16",
      successor: { title: "Neues Register", url: "https://neu.example/api", guide: "https://neu.example/umstieg" },
    },
    operations,
    security: {
      anyone: false,
      token: true,
      jwt: { issuer: "https://login.example", scopes: ["lesen"] },
      mutualTls: true,
    },
    limits: { body: 1 << 20, rate: 60, inFlight: 64 },
    deadline: 30_000,
    async: false,
    ...more,
  };
}

const BASE = "https://steg.example/bridges/einwohner";

describe("OpenAPI documents", () => {
  const documents: [string, OpenApi][] = [
    ["a bridge", openApiOfBridge(bridge(), BASE)],
    [
      "a deprecated bridge",
      openApiOfBridge(bridge({ lifecycle: { ...bridge().lifecycle, state: "deprecated" } }), BASE),
    ],
    [
      "a bridge for anyone, without successor",
      openApiOfBridge(
        bridge({
          security: { anyone: true, token: false, mutualTls: false },
          lifecycle: { ...bridge().lifecycle, successor: undefined },
        }),
        BASE,
      ),
    ],
    ["an asynchronous bridge", openApiOfBridge(bridge({ async: true }), BASE)],
    [
      "an appliance",
      openApiOfAppliance([bridge(), bridge({ bridge: "gewerbe", async: true })], "1.0.0", "https://steg.example"),
    ],
    ["an appliance without calls", openApiOfAppliance([], "1.0.0", "https://steg.example")],
    ["the admin API", openApi(ROUTES, "1.0.0")],
  ];

  it.each(documents)("of %s is valid", async (_name, document) => {
    expect(await openApiFaults(document)).toEqual([]);
  });

  it.each(documents)("of %s has no reference that leads nowhere, and no operation twice", (_name, document) => {
    const nodes = [...nodesOf(document)];
    const ids = nodes.flatMap(({ operationId }) => operationId ?? []);
    expect(danglingReferences(document)).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(documents)("of %s has examples that fit", (_name, document) => {
    expect(wrongExamples(document).wrong).toEqual([]);
  });

  it("shows a request and an answer", () => {
    const { seen } = wrongExamples(openApiOfBridge(bridge(), BASE));
    // Two schemas of a person, one of a list, one per kind of problem, and the headers.
    expect(seen).toBeGreaterThan(15);
    const document = openApiOfBridge(bridge(), BASE) as any;
    const content = document.paths["/einwohner/{om}"].put.requestBody.content["application/json"];
    expect(content.example).toMatchObject({ name: "Textxx", om: "00000000", adresse: { plz: "00000" } });
  });

  // The validator would be of no use if it took everything.
  it.each<[string, (document: any) => void]>([
    ["no title", (document) => delete document.info.title],
    ["a parameter nowhere", (document) => (document.paths["/einwohner/{om}"].get.parameters[0].in = "body")],
    ["no responses", (document) => (document.paths["/"].post.responses = [])],
    ["another version", (document) => (document.openapi = "3.7")],
    ["a security scheme of no type", (document) => (document.components.securitySchemes.token = { scheme: "bearer" })],
    ["a body without content", (document) => (document.paths["/"].post.requestBody = { required: true })],
  ])("are refused with %s", async (_what, spoil) => {
    const document = structuredClone(openApiOfBridge(bridge(), BASE));
    spoil(document);
    expect(await openApiFaults(document)).not.toEqual([]);
  });

  it("say when it ends", () => {
    const document = openApiOfBridge(
      bridge({ lifecycle: { ...bridge().lifecycle, state: "deprecated" } }),
      BASE,
    ) as any;
    const get = document.paths["/einwohner/{om}"].get;
    expect([get.deprecated, get["x-sunset"], document.info["x-sunset"]]).toEqual([true, "2027-11-16", "2027-11-16"]);
    expect(Object.keys(get.responses["200"].headers)).toEqual(["Deprecation", "Sunset", "Link"]);
    expect(document.externalDocs.url).toBe("https://neu.example/umstieg");
    const active = openApiOfBridge(bridge(), BASE) as any;
    expect([active.paths["/einwohner/{om}"].get.deprecated, active.paths["/einwohner/{om}"].put.deprecated]).toEqual([
      undefined,
      true,
    ]);
  });

  it("say who may call, and what can go wrong", () => {
    const document = openApiOfBridge(bridge(), BASE) as any;
    expect(Object.keys(document.components.securitySchemes)).toEqual(["token", "jwt", "mutualTls"]);
    const { get, put } = document.paths["/einwohner/{om}"];
    expect(get.security).toEqual([{ token: [] }, { jwt: ["lesen"] }, { mutualTls: [] }]);
    expect(Object.keys(get.responses)).toEqual([
      "200",
      "400",
      "401",
      "403",
      "404",
      "410",
      "422",
      "429",
      "502",
      "503",
      "504",
      "default",
    ]);
    expect(Object.keys(put.responses)).toContain("413");
    const open = openApiOfBridge(bridge({ security: { anyone: true, token: true, mutualTls: false } }), BASE) as any;
    expect(open.paths["/"].post.security).toEqual([{}]);
    expect(Object.keys(open.paths["/"].post.responses)).not.toContain("401");
  });

  it("say what follows where a call is accepted first", () => {
    const document = openApiOfBridge(bridge({ async: true }), BASE) as any;
    const answer = document.paths["/"].post.responses;
    expect(Object.keys(answer).slice(0, 2)).toEqual(["200", "202"]);
    expect(Object.keys(answer["202"].headers)).toContain("Location");
    expect(Object.keys(document.paths)).toEqual(["/einwohner/{om}", "/", "/calls/{id}", "/calls/{id}/result"]);
  });

  it("keep bridges of one appliance apart", () => {
    const other: JsonSchema = { ...person, $defs: { adresse: { type: "string" } } };
    const [first] = operations as readonly [Operation];
    const gewerbe = bridge({ bridge: "gewerbe", operations: [{ ...first, output: other }] });
    const document = openApiOfAppliance([bridge(), gewerbe], "1.0.0", "https://steg.example") as any;
    expect(Object.keys(document.paths)).toContain("/bridges/gewerbe/einwohner/{om}");
    expect(document.components.schemas["einwohner.adresse"].type).toBe("object");
    expect(document.components.schemas["gewerbe.adresse"].type).toBe("string");
  });
});

describe("what the service's description adds", () => {
  const way = (more: object): Way => ({ isPlain: true, deliver: { operation: service }, ...more }) as unknown as Way;
  const service: Operation = { name: "LesePerson", summary: "Liest", input: person, output: { type: "array" } };
  const [, , bare] = operations as readonly [Operation, Operation, Operation];
  const open: Operation = { ...bare, output: {} };

  it("is its types, where nothing is mapped and the answer passed on", () => {
    expect(completed(open, [way({})])).toMatchObject({
      summary: "Liest",
      input: person,
      output: { type: "array" },
      http: { body: "required" },
    });
    expect(completed(bare, [way({})]).output).toBe(bare.output);
  });

  it("is nothing where the bridge file says otherwise, or the ways differ", () => {
    expect(completed(open, [way({ isPlain: undefined })]).input).toEqual({});
    expect(completed(open, [way({ answer: { template: {} } })]).output).toEqual({});
    expect(completed(open, [way({}), way({ deliver: {} })])).toMatchObject({ input: {}, output: {} });
    expect(completed(open, [])).toMatchObject({ input: {}, output: {} });
  });

  it("is the status of the answer", () => {
    expect(completed({ ...open, http: http("POST", "/") }, [way({ answer: { status: 202 } })]).http?.status).toBe(202);
    expect(completed(open, [way({ answer: { status: 202 } })]).http?.status).toBe(202);
    expect(completed(open, [way({ answer: {} })]).http?.status).toBe(201);
  });
});

describe("components", () => {
  it("stand there once where they are the same, and apart where they are not", () => {
    const components = createComponents();
    const of = (name: string, plz: string): JsonSchema => ({
      type: "object",
      properties: { [name]: { $ref: "#/$defs/adresse" } },
      $defs: { adresse: { properties: { plz: { $ref: "#/$defs/plz" } } }, plz: { type: plz } },
    });
    components.enter("A", of("a", "string"));
    components.enter("B", of("b", "string"));
    components.enter("C", of("c", "integer"));
    expect(Object.keys(components.schemas)).toEqual(["adresse", "plz", "A", "B", "adresse_2", "plz_2", "C"]);
    expect(components.schemas["adresse_2"]).toEqual({ properties: { plz: { $ref: "#/components/schemas/plz_2" } } });
    expect(components.enter("A", of("a", "string"))).toEqual({ $ref: "#/components/schemas/A" });
  });

  it("find definitions however their names are written", () => {
    const components = createComponents();
    const schema = { items: { $ref: "#/%24defs/a~1b%20c" }, $defs: { "a/b c": { type: "string" } } };
    components.enter("A", schema);
    expect(components.schemas).toEqual({
      a_b_c: { type: "string" },
      A: { items: { $ref: "#/components/schemas/a_b_c" } },
    });
  });

  it("leave data alone", () => {
    const components = createComponents();
    components.enter("A", {
      const: { $ref: "#/$defs/x" },
      properties: { enum: { $ref: "#" }, examples: { $ref: "#/properties/enum" } },
    });
    expect(components.schemas["A"]).toEqual({
      const: { $ref: "#/$defs/x" },
      properties: {
        enum: { $ref: "#/components/schemas/A" },
        examples: { $ref: "#/components/schemas/A/properties/enum" },
      },
    });
  });
});

describe("samples", () => {
  it.each([
    "^[0-9]{5}$",
    "[A-ZÄÖÜ][a-zäöü]+(-[A-Z][a-z]*)?",
    "^\\d{2}\\.\\d{2}\\.\\d{4}$",
    "^(DE|AT)\\d{9}$",
    "[^0-9]+",
    "\\p{Lu}\\p{L}{2,}",
    "^-?(0|[1-9]\\d*)(\\.\\d{1,2})?$",
    "(?:a|b){3}",
  ])("match %s", (pattern) => {
    const text = sampleOfPattern(pattern);
    expect(text).toMatch(new RegExp(pattern, "u"));
  });

  it.each(["(?=a)b", "(a", "[a", "a{1", "\\1", "*", "(((((a{99}){99}){99}){99}){99})"])(
    "are not made for %s",
    (pattern) => {
      expect(sampleOfPattern(pattern)).toBeUndefined();
    },
  );

  it.each<[string, JsonSchema]>([
    [
      "the shape",
      { type: "object", required: ["a"], properties: { a: { type: "array", items: { type: "number" }, minItems: 2 } } },
    ],
    [
      "allOf",
      {
        allOf: [
          { type: "object", required: ["a"], properties: { a: { const: 7 } } },
          { required: ["b"], properties: { b: { type: "null" } } },
        ],
      },
    ],
    ["oneOf", { oneOf: [{ type: "null" }, { type: "integer", minimum: 5, maximum: 6 }] }],
    ["a length", { type: "string", minLength: 12, pattern: "^[a-z]+$" }],
    ["a list of types", { type: ["null", "string"], maxLength: 2 }],
    ["bounds", { type: "number", exclusiveMinimum: 1, maximum: 1.5 }],
    ["multiples", { type: "integer", multipleOf: 7, minimum: 7 }],
    ["itself", { type: "object", properties: { next: { $ref: "#" }, all: { type: "array", items: { $ref: "#" } } } }],
    ["formats", { type: "string", format: "date-time" }],
  ])("fit %s", (_name, schema) => {
    const value = sampleOf(schema);
    expect(value).not.toBeUndefined();
    expect(fits(schema, schema, value)).toBe(true);
  });

  it("are not made where nothing fits", () => {
    expect(sampleOf({ type: "string", minLength: 3, maxLength: 2 })).toBeUndefined();
    expect(sampleOf({ allOf: [{ type: "string" }, { type: "integer" }] })).toBeUndefined();
    expect(sampleOf({ type: "object", required: ["a"], properties: { a: { $ref: "#" } } })).toBeUndefined();
  });

  it("fit whatever the schema is, or are none", () => {
    const leaf = fastCheck.oneof(
      fastCheck.record(
        { type: fastCheck.constant("string"), minLength: fastCheck.nat(5), maxLength: fastCheck.nat(9) },
        { requiredKeys: ["type"] },
      ),
      fastCheck.record(
        { type: fastCheck.constant("integer"), minimum: fastCheck.integer(), maximum: fastCheck.integer() },
        { requiredKeys: ["type"] },
      ),
      fastCheck.record({ enum: fastCheck.array(fastCheck.string(), { minLength: 1 }) }),
    );
    const { schema } = fastCheck.letrec((tie) => ({
      schema: fastCheck.oneof({ maxDepth: 3 }, leaf, tie("list"), tie("object"), tie("either")),
      list: fastCheck.record({ type: fastCheck.constant("array"), items: tie("schema"), minItems: fastCheck.nat(3) }),
      object: fastCheck.record({
        type: fastCheck.constant("object"),
        required: fastCheck.constantFrom([], ["a"], ["a", "b"]),
        properties: fastCheck.dictionary(fastCheck.constantFrom("a", "b", "c"), tie("schema")),
      }),
      either: fastCheck.record({ anyOf: fastCheck.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    }));
    fastCheck.assert(
      fastCheck.property(schema, (made) => {
        const value = sampleOf(made as JsonSchema);
        return value === undefined || new Ajv2020({ strict: false }).validate(made as object, value);
      }),
      { numRuns: 60 },
    );
  });
});
