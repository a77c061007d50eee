// The admin API's schemas are compiled with the first request: what is wrong with one would be found by whoever asks first.

import { describe, expect, it } from "vitest";
import { ROUTES } from "../../src/core/http/routes.ts";
import { createValidators, serializer } from "../../src/core/http/schema-compilers.ts";

const validators = createValidators();
const compile = (schema: unknown, httpPart: string) => validators({ schema, httpPart, method: "GET", url: "/" });

describe("schemas compiled with their first use", () => {
  it("are all sound: those of requests", () => {
    const asked = ROUTES.flatMap(({ query, body }) => [
      ...(query ? [compile({ type: "object", properties: query, additionalProperties: false }, "querystring")] : []),
      ...(body ? [compile(body, "body")] : []),
    ]);
    expect(asked.length).toBeGreaterThan(10);
    for (const validate of asked) expect(validate("no object")).toBe(false);
  });

  it("and those of answers", () => {
    const answers = ROUTES.filter(({ answer }) => answer["type"] !== "null");
    expect(answers.length).toBeGreaterThan(10);
    for (const { path, answer } of answers) {
      // An empty answer lacks what is required, and that is all that may be wrong.
      const written = (() => {
        try {
          return serializer(answer)({});
        } catch (cause) {
          return (cause as Error).message;
        }
      })();
      expect(written, path).toMatch(/^[{[]|is required!$/);
    }
  });

  it("say what is wrong, and refuse wrong types but in queries", () => {
    const number = { type: "object", properties: { limit: { type: "integer" } } };
    const [body, query] = [compile(number, "body"), compile(number, "querystring")];
    expect(body({ limit: "7" })).toBe(false);
    expect(body.errors).toMatchObject([{ instancePath: "/limit", keyword: "type" }]);
    expect(body({ limit: 7 })).toBe(true);
    expect(body.errors).toBeNull();
    const asked = { limit: "7" };
    expect(query(asked)).toBe(true);
    expect(asked).toEqual({ limit: 7 });
  });
});
