// receive.rest: requests become calls, ends of calls become answers.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastCheck from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rest } from "../../src/adapters/rest/index.ts";
import type { AdapterContext, Call, CallEnd, Face, FaceReply, FaceRequest } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";

let bridgeDir = "";
beforeAll(() => {
  bridgeDir = mkdtempSync(join(tmpdir(), "steg-rest-"));
  mkdirSync(join(bridgeDir, "schemas"));
  const person = {
    type: "object",
    required: ["name", "toString"],
    properties: { name: { type: "string", minLength: 1 }, alter: { type: "integer" }, toString: { type: "string" } },
    additionalProperties: false,
  };
  writeFileSync(join(bridgeDir, "schemas/person.json"), JSON.stringify(person));
  writeFileSync(
    join(bridgeDir, "schemas/liste.json"),
    JSON.stringify({ type: "array", items: { $ref: "person.json" } }),
  );
});
afterAll(() => {
  rmSync(bridgeDir, { recursive: true });
});

type Options = Parameters<typeof rest.build>[0];
type CallOptions = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function contextOf(callOptions: CallOptions = new Map()): AdapterContext {
  const calls = [...callOptions.keys()];
  return {
    bridge: "einwohner",
    bridgeDir,
    dataDir: "",
    stateDir: "",
    timezone: "Europe/Berlin",
    calls,
    callOptions,
    readBridgeFile: () => new Uint8Array(),
    known: () => false,
    log: () => {},
  };
}

async function faceOf(options: object, callOptions?: CallOptions): Promise<Face> {
  return await rest.build({ deprecated: false, ...options } as Options, contextOf(callOptions));
}

const calls = (...names: string[]): CallOptions => new Map(names.map((name) => [name, {}]));

function request(method: string, target: string, body: string | Uint8Array = "", headers: object = {}): FaceRequest {
  const [path = "", query = ""] = target.split("?");
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const type = bytes.length > 0 ? { "content-type": "application/json" } : {};
  return { method, path, query, headers: { ...type, ...headers }, body: bytes, base: "https://steg.example/bridges/e" };
}

async function refusal(face: Face, asked: FaceRequest): Promise<BridgeError> {
  try {
    await face.read(asked);
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
  throw new Error("it was taken");
}

function failed(code: BridgeError["code"], status: number, more: object = {}): CallEnd {
  const base = {
    end: "failed",
    status,
    code,
    title: "Not possible",
    detail: "why",
    sender: true,
    headers: {},
  } as const;
  return { ...base, ...more };
}

const problemOf = (reply: FaceReply): Record<string, unknown> =>
  JSON.parse(String(reply.body)) as Record<string, unknown>;

describe("paths", () => {
  it("finds the call by method and path, the literal before the brace", async () => {
    const face = await faceOf({}, calls("GET /einwohner/{om}", "PUT /einwohner/{om}", "GET /einwohner/neu", "GET /"));
    const names = async (method: string, path: string): Promise<string> =>
      (await face.read(request(method, path))).name;
    expect(await names("GET", "/einwohner/7")).toBe("GET /einwohner/{om}");
    expect(await names("HEAD", "/einwohner/7")).toBe("GET /einwohner/{om}");
    expect(await names("PUT", "/einwohner/7")).toBe("PUT /einwohner/{om}");
    expect(await names("GET", "/einwohner/neu")).toBe("GET /einwohner/neu");
    expect(await names("GET", "/einwohner/n%65u")).toBe("GET /einwohner/neu");
    expect(await names("GET", "/")).toBe("GET /");
  });

  it("goes back to the brace where the literal leads nowhere", async () => {
    const face = await faceOf({}, calls("GET /a/b", "GET /{x}/c"));
    expect((await face.read(request("GET", "/a/c"))).path).toEqual({ x: "a" });
    expect((await face.read(request("GET", "/a/b"))).path).toEqual({});
  });

  it("decodes what stands for a brace, slashes too", async () => {
    const face = await faceOf({ method: "GET", path: "/akten/{zeichen}" });
    expect((await face.read(request("GET", "/akten/12%2F34%20%C3%9F"))).path).toEqual({ zeichen: "12/34 ß" });
    expect((await face.read(request("GET", "/akten/__proto__"))).path).toEqual({ zeichen: "__proto__" });
  });

  it.each(["/akten", "/akten/", "/akten/1/", "//akten/1", "/akten/%ff", "/akten/%", "/Akten/1", "/", ""])(
    "knows nothing at %s",
    async (path) => {
      const face = await faceOf({ method: "GET", path: "/akten/{zeichen}" });
      expect((await refusal(face, request("GET", path))).code).toBe("CALL_UNKNOWN");
    },
  );

  it.each(["/akten/%2e%2e", "/akten/.", "/akten/a%00b", "/akten/a%0d%0aX: y"])(
    "refuses %s as a value",
    async (path) => {
      const face = await faceOf({ method: "GET", path: "/akten/{zeichen}" });
      const error = await refusal(face, request("GET", path));
      expect([error.code, error.message]).toEqual([
        "CALL_INVALID",
        "/path/zeichen must not be dots, nor hold control characters",
      ]);
    },
  );

  it("names the methods of a path", async () => {
    const face = await faceOf({}, calls("GET /einwohner/{om}", "PUT /einwohner/{om}"));
    const asked = request("POST", "/einwohner/7");
    const error = await refusal(face, asked);
    expect([error.code, error.facts]).toEqual(["CALL_METHOD", { allow: "GET, HEAD, PUT, OPTIONS" }]);
    expect(face.write(undefined, failed("CALL_METHOD", 405), asked).headers["allow"]).toBe("GET, HEAD, PUT, OPTIONS");
    const options = face.document?.(request("OPTIONS", "/einwohner/7"));
    expect(options).toEqual({ status: 204, headers: { allow: "GET, HEAD, PUT, OPTIONS" }, body: "" });
    expect(face.document?.(request("OPTIONS", "/nichts"))).toBeUndefined();
    expect(face.document?.(request("GET", "/einwohner/7"))).toBeUndefined();
  });

  it.each([
    [["GET /a/{x}", "PUT /a/{y}"], "/a/{x} and /a/{y} are the same path under other names"],
    [["GET /a/{x}/c", "GET /a/b/{y}"], "both fit some paths"],
    [["GET /a/{x}/{x}"], "has {x} twice"],
    [["GET /docs"], "is the appliance's own"],
    [["GET /a/../b"], "segment of dots"],
    [["GET /a/x{y}"], "braces that do not stand for a whole segment"],
    [["GET a"], "must begin with /"],
    [["LesePerson"], "must be a method and a path"],
    [["TRACE /a"], "must begin with GET, POST"],
    [[], "names no call"],
  ])("refuses the calls %j", async (names, message) => {
    await expect(faceOf({}, calls(...names))).rejects.toThrow(message);
  });

  it("refuses a path of its own beside calls of cases", async () => {
    await expect(faceOf({ method: "GET", path: "/a" }, calls("GET /b"))).rejects.toThrow("cases name calls");
  });
});

describe("parameters", () => {
  const query = {
    seite: { type: "integer", default: "1", least: 1, most: 1000 },
    art: { type: "string", enum: ["a", "b"], list: true },
    plz: { type: "string", pattern: "[0-9]{5}" },
    aktiv: "boolean",
    betrag: "number",
    stichtag: { type: "date" },
    constructor: "string",
  };
  const search = async (text: string): Promise<Call> => {
    const face = await faceOf({ method: "GET", path: "/suche", query });
    return await face.read(request("GET", `/suche?${text}`));
  };

  it("reads types, defaults and lists", async () => {
    expect((await search("art=a&art=b&plz=01067&aktiv=true&betrag=12.50&stichtag=2024-02-29")).query).toEqual({
      seite: 1,
      art: ["a", "b"],
      plz: "01067",
      aktiv: true,
      betrag: 12.5,
      stichtag: "2024-02-29",
    });
    expect((await search("")).query).toEqual({ seite: 1 });
    expect((await search("constructor=a+b%2Bc")).query).toEqual({ seite: 1, constructor: "a b+c" });
  });

  it.each([
    ["seite=01", "/query/seite must be a whole number"],
    ["seite=1.0", "/query/seite must be a whole number"],
    ["seite=", "/query/seite must be a whole number"],
    ["seite=0", "/query/seite must be at least 1"],
    ["seite=1001", "/query/seite must be at most 1000"],
    ["seite=9007199254740993", "/query/seite must be a whole number"],
    ["seite=1&seite=2", "/query/seite stands there more than once"],
    ["art=c", "/query/art is none of the 2 values that are allowed"],
    ["plz=1067", "/query/plz does not match the pattern [0-9]{5}"],
    ["plz=010670", "/query/plz does not match the pattern [0-9]{5}"],
    ["aktiv=1", "/query/aktiv must be true or false"],
    ["betrag=1e3", "/query/betrag must be a number, such as 12.5"],
    ["betrag=0.1234567890123456789", "/query/betrag has more digits than a number keeps"],
    ["stichtag=2026-02-29", "/query/stichtag must be a day, such as 2026-11-21"],
    ["geheim=1", "/query has a parameter that this call does not know; it knows seite, art, plz"],
    ["__proto__=1", "/query has a parameter that this call does not know"],
    ["plz=%ff", "/query is no percent-encoded UTF-8"],
    ["constructor=a%00", "/query/constructor holds a control character"],
    [`constructor=${"x".repeat(1001)}`, "/query/constructor is longer than 1000 characters"],
  ])("refuses %s", async (text, message) => {
    await expect(search(text)).rejects.toThrow(message);
  });

  it("tells all that is wrong at once, without values", async () => {
    const face = await faceOf({
      method: "POST",
      path: "/einwohner/{om}",
      params: { om: { type: "integer" } },
      query: { seite: "integer", jahr: { type: "integer", required: true } },
      request: { schema: "schemas/person.json", contentType: "application/json", required: true },
    });
    const asked = request("POST", "/einwohner/x?seite=y", '{"name":"","alter":"zehn","Geheimnis":1}');
    const error = await refusal(face, asked);
    expect(error.message).toBe(
      "/path/om must be a whole number; /query/seite must be a whole number; /query/jahr is missing; " +
        "/body toString is missing; /body a name stands here that the schema does not know; " +
        "/body/name is shorter than 1; /body/alter must be a whole number",
    );
    const reply = face.write(undefined, failed("CALL_INVALID", 400, { detail: error.message }), asked);
    expect(problemOf(reply)["errors"]).toHaveLength(7);
    expect(JSON.stringify(reply)).not.toContain("Geheimnis");
  });

  it.each([
    [{ params: { nr: "string" } }, "has params.nr, but no {nr} in its path"],
    [
      { query: { a: { type: "integer", default: "x" } } },
      "query.a has a value under default that must be a whole number",
    ],
    [{ query: { a: { pattern: "(?=x)" } } }, "query.a has a pattern that cannot be used"],
    [{ query: { a: { required: true, default: "x" } } }, "query.a has default, but it is required"],
    [{ params: { om: { list: true } } }, "params.om has list, but"],
    [{ request: { contentType: "application/json", required: true } }, "GET has no body"],
  ])("refuses the options %j", async (options, message) => {
    await expect(faceOf({}, new Map([["GET /e/{om}", options]]))).rejects.toThrow(message);
  });
});

describe("bodies", () => {
  const given = { schema: "schemas/person.json", contentType: "application/json", required: true };
  const post = async (body: string | Uint8Array, headers: object = {}, more: object = {}): Promise<Call> => {
    const face = await faceOf({ method: "POST", path: "/p", request: { ...given, ...more } });
    return await face.read(request("POST", "/p", body, headers));
  };
  const good = '{"name":"Ute","toString":"x"}';

  it("takes JSON that fits the schema", async () => {
    expect((await post(good)).body).toEqual({ name: "Ute", toString: "x" });
    expect((await post(good, { "content-type": 'Application/JSON; charset="utf-8"' })).body).toEqual(JSON.parse(good));
    expect((await post(good, { "content-type": "application/vnd.person+json" })).body).toEqual(JSON.parse(good));
  });

  it.each([
    ["", "/body is missing"],
    ["{", "is no JSON: it ends too early"],
    ['{"name":1e400}', "has a number with more digits"],
    ['{"name":12345678901234567.10}', "has a number with more digits"],
    ['{"name":"a","name":"b","toString":"x"}', "has an object with a key twice"],
    ['{"name":"a\\ud800","toString":"x"}', "half a character"],
    [Buffer.from('{"name":"\xff","toString":"x"}', "latin1"), "is not in UTF-8"],
    ["[".repeat(100_000), "is nested too deep"],
    ['{"name":"a"}', "/body toString is missing"],
    ['{"name":"a","toString":"x","__proto__":{"alter":1}}', "a name stands here that the schema does not know"],
  ])("refuses %.60s", async (body, message) => {
    await expect(post(body)).rejects.toThrow(message);
  });

  it.each([
    [{ "content-type": "text/xml" }],
    [{ "content-type": "application/json; charset=iso-8859-1" }],
    [{ "content-type": undefined }],
    [{ "content-encoding": "gzip" }],
  ])("takes no %j", async (headers) => {
    await expect(post(good, headers)).rejects.toMatchObject({ code: "CALL_TYPE" });
  });

  it("takes forms and texts where the call says so", async () => {
    const form = await post(
      "a=1&b=2&b=3&__proto__=x",
      { "content-type": "application/x-www-form-urlencoded" },
      {
        schema: undefined,
        contentType: "application/x-www-form-urlencoded",
      },
    );
    expect(Object.entries(form.body as object)).toEqual([
      ["a", "1"],
      ["b", ["2", "3"]],
      ["__proto__", "x"],
    ]);
    const text = await post(
      "Grüße",
      { "content-type": "text/plain" },
      { schema: undefined, contentType: "text/plain" },
    );
    expect(text.body).toBe("Grüße");
  });

  it("refuses a body where there is none", async () => {
    const face = await faceOf({ method: "GET", path: "/p" });
    await expect(async () => face.read(request("GET", "/p", "{}"))).rejects.toThrow(
      "/body must be empty: GET has none",
    );
  });

  it("pollutes no prototype", async () => {
    const face = await faceOf({ method: "POST", path: "/p" });
    const call = await face.read(
      request("POST", "/p", '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.keys(call.body as object)).toEqual(["__proto__", "constructor"]);
  });

  it("shows formulas no header that opens something", async () => {
    const face = await faceOf({ method: "GET", path: "/p" });
    const headers = { authorization: "Bearer x", cookie: "a=b", "x-request-id": "7", "accept-language": "de" };
    expect((await face.read(request("GET", "/p", "", headers))).headers).toEqual({
      "x-request-id": "7",
      "accept-language": "de",
    });
  });
});

describe("whatever comes", () => {
  const options = new Map([
    [
      "POST /a/{x}",
      {
        params: { x: { pattern: "[a-z]{3}" } },
        query: { n: { type: "integer" }, l: { list: true } },
        request: { schema: "schemas/person.json", contentType: "application/json", required: true },
      },
    ],
    ["GET /a/{x}/{y}", {}],
  ]);
  const mark = "Geheimwort";

  it("is a call, or refused in words that hold nothing of it", async () => {
    const face = await faceOf({}, options);
    const text = fastCheck.oneof(
      fastCheck.string({ unit: "binary" }),
      fastCheck.webQueryParameters(),
      fastCheck.constantFrom(mark, `%${mark}`, `n=${mark}`, `${mark}=1&${mark}`, "__proto__", "%2e", "n=1&n=2"),
    );
    const body = fastCheck.oneof(
      fastCheck.uint8Array(),
      fastCheck.json().map((json) => Buffer.from(json)),
      fastCheck
        .constantFrom(`{"name":{"${mark}":1}}`, `{"${mark}":"${mark}"}`, `"${mark}"`, `[${mark}`)
        .map((json) => Buffer.from(json)),
    );
    const path = fastCheck.array(text, { maxLength: 3 }).map((parts) => `/a/${parts.join("/")}`);
    const method = fastCheck.constantFrom("GET", "POST", "HEAD", "PUT", mark);
    await fastCheck.assert(
      fastCheck.asyncProperty(method, path, text, body, async (asked, at, query, bytes) => {
        const given: FaceRequest = { ...request(asked, at, bytes), query };
        try {
          const call = await face.read(given);
          return options.has(call.name);
        } catch (cause) {
          if (!(cause instanceof BridgeError)) throw cause;
          const reply = face.write(undefined, failed(cause.code, 400, { detail: cause.message }), given);
          return (
            !cause.message.includes(mark) &&
            !String(reply.body).includes(mark) &&
            problemOf(reply)["code"] === cause.code
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it("takes its time in proportion", async () => {
    const face = await faceOf({}, options);
    const since = performance.now();
    const many = Array.from({ length: 900 }, (_each, n) => `l=${n}`).join("&");
    const keys = JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_each, n) => [`feld${n}`, n])));
    await refusal(face, request("POST", `/a/abc?${many}`, keys));
    await refusal(face, request("POST", "/a/abc", `[${"[],".repeat(200_000)}1]`));
    await refusal(face, request("POST", `/a/${"a".repeat(8_000)}`, "{}"));
    await refusal(face, request("GET", `/a${"/b".repeat(4_000)}`));
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});

describe("answers", () => {
  it("gives what the service answered", async () => {
    const face = await faceOf({ method: "GET", path: "/p" });
    const end: CallEnd = {
      end: "answered",
      status: 200,
      headers: { sunset: "x" },
      contentType: "application/json",
      body: "{}",
    };
    expect(face.write(undefined, end, request("GET", "/p"))).toEqual({
      status: 200,
      headers: { "content-type": "application/json", sunset: "x" },
      body: "{}",
    });
    expect(face.write(undefined, { ...end, status: 204 }, request("GET", "/p")).body).toBe("");
  });

  it("tells failures as problem+json", async () => {
    const face = await faceOf({ method: "GET", path: "/p" });
    const end = failed("CALLS_TOO_MANY", 503, { after: 1.2, headers: { link: "<https://neu.example>" } });
    const reply = face.write(undefined, end, request("GET", "/p"));
    expect(reply.headers).toEqual({
      "content-type": "application/problem+json",
      link: "<https://neu.example>",
      "retry-after": "2",
    });
    expect(problemOf(reply)).toEqual({
      type: "urn:steg:error:calls-too-many",
      title: "Not possible",
      status: 503,
      detail: "why",
      code: "CALLS_TOO_MANY",
    });
  });

  it("finds answers that are not as described", async () => {
    const face = await faceOf({ method: "GET", path: "/p", reply: { schema: "schemas/liste.json" } });
    const call = await face.read(request("GET", "/p"));
    const answer = (body: string): BridgeError | undefined =>
      face.answerFault?.(call, { end: "answered", status: 200, headers: {}, contentType: "application/json", body });
    expect(answer('[{"name":"Ute","toString":"x"}]')).toBeUndefined();
    expect(answer('[{"name":"Ute"}]')).toMatchObject({
      code: "REPLY_INVALID",
      message: "the answer does not fit reply.schema: /0 toString is missing",
    });
    expect(answer("<html>")?.code).toBe("REPLY_INVALID");
  });

  it("describes its calls", async () => {
    const options = new Map([
      ["GET /p/{id}", { reply: { schema: "schemas/liste.json", status: 200 }, summary: "Liste" }],
    ]);
    const [operation] = await faceOf({}, options).then(({ operations }) => operations);
    expect(operation).toMatchObject({
      name: "GET /p/{id}",
      summary: "Liste",
      output: { type: "array", items: { $ref: "#/$defs/person" }, $defs: { person: { type: "object" } } },
      http: { method: "GET", path: "/p/{id}", body: "none", parameters: [{ name: "id", in: "path", required: true }] },
    });
  });
});
