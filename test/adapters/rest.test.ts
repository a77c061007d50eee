// receive.rest: which call a path means, and what its parameters hold.

import { describe, expect, it } from "vitest";
import type { Call } from "../../src/core/contract.ts";
import { calls, failed, faceOf, problemOf, refusal, request, useBridgeFolder } from "./rest-face.ts";

useBridgeFolder();

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
    ["art=c", "/query/art must be one of a, b"],
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
