// receive.rest: bodies, answers, and whatever else comes.

import fastCheck from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call, CallEnd, FaceRequest } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { failed, faceOf, problemOf, refusal, request, useBridgeFolder } from "./rest-face.ts";

useBridgeFolder();

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
    expect(performance.now() - since).toBeLessThan(10_000);
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
