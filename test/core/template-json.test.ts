import { describe, expect, it } from "vitest";
import { recordTemplate } from "../../src/core/mapping/template/compile.ts";
import { failure, findings, json, render, template } from "./template-support.ts";

describe("a whole JSON message", () => {
  it("keeps types of formulas and literals", () => {
    const text = `
satz: = ID
name: = NAME
"'=zeichen": fest
betrag: 7.0
gross: 12345678901234567890
an: true
leer: ""
nichts: null
zahl: = N
liste: = L
objekt: = O
positionen:
  =each: = P
  nr: = $n
  wert: = W
tags: [ a, = T, 3, [ = T ] ]
`;
    const record = {
      ID: "026",
      NAME: 'Zoë "A\\B"\n',
      N: 1.5,
      L: [1, "x"],
      O: { k: null },
      P: [{ W: 1 }, {}],
      T: ["p", "q"],
    };
    const body = json(text, record);
    expect(body).toBe(
      '{"satz":"026","name":"Zoë \\"A\\\\B\\"\\n","=zeichen":"fest","betrag":7.0,"gross":12345678901234567890,"an":true,"leer":"","nichts":null,' +
        '"zahl":1.5,"liste":[1,"x"],"objekt":{"k":null},"positionen":[{"nr":1,"wert":1},{"nr":2}],"tags":["a","p","q",3,["p","q"]]}',
    );
  });

  it("a formula alone and no map at all", () => {
    const made = template("formula", "\"= { 'a': X, 'b': [Y] }\"");
    expect(render(made, { X: 1, Y: "2" })).toBe('{"a":1,"b":["2"]}');
    expect(render(template("formula", "= X"), {})).toBeUndefined();
    const at = { file: "bridge.yaml", line: 1, column: 1 };
    expect(render(recordTemplate(at), { A: "1", B: undefined, C: [1] })).toBe('{"A":"1","C":[1]}');
    expect(render(recordTemplate(at), { A: undefined })).toBeUndefined();
  });
});

describe("what is empty", () => {
  const cases: readonly (readonly [string, string, Record<string, unknown>, string | undefined])[] = [
    ["an absent value makes no name", "{ a: = X, b: = Y }", { Y: 1 }, '{"b":1}'],
    ["null is a value of JSON", "{ a: = X }", { X: null }, '{"a":null}'],
    [
      "an object without values vanishes, its literals with it",
      "{ a: { b: = X, c: fest }, d: = Y }",
      { Y: 1 },
      '{"d":1}',
    ],
    ["only literals always stand", "{ a: { c: fest }, d: = Y }", { Y: 1 }, '{"a":{"c":"fest"},"d":1}'],
    ["but do not keep what is around", "{ a: { c: fest }, d: = Y }", {}, undefined],
    ["=each over nothing is an empty list", "{ a: { =each: = X, b: = $ }, d: = Y }", { Y: 1 }, '{"a":[],"d":1}'],
    ["which keeps nothing", "{ a: { =each: = X, b: = $ }, d: = Y }", {}, undefined],
    ["=each over one thing is a list of one", "{ a: { =each: = X, b: = $ } }", { X: "1" }, '{"a":[{"b":"1"}]}'],
    ["a spliced nothing is an empty list", "{ a: [ = X ], d: = Y }", { Y: 1 }, '{"a":[],"d":1}'],
    ["=when hides", "{ a: { =when: = F = 'J', b: = X }, d: = Y }", { F: "N", X: 1, Y: 1 }, '{"d":1}'],
    [
      "=when shows, and keeps what is around",
      "{ a: { =when: = F = 'J', b: fest }, d: = Y }",
      { F: "J" },
      '{"a":{"b":"fest"}}',
    ],
    [
      "=when that hides a literal does not empty what is around",
      "{ k: fest, a: { =when: = F = 'J', b: fest } }",
      { F: "N" },
      '{"k":"fest"}',
    ],
    [
      "what stands without values does not keep what is around",
      "{ k: { l: fest, w: { =when: = F = 'J', b: t } }, e: = Y }",
      { F: "N" },
      undefined,
    ],
    [
      "unless =when shows something in it",
      "{ k: { l: fest, w: { =when: = F = 'J', b: t } }, e: = Y }",
      { F: "J" },
      '{"k":{"l":"fest","w":{"b":"t"}}}',
    ],
    [
      "=each in a list splices",
      "{ a: [ { =each: = X, b: = $ }, { b: fest } ] }",
      { X: [1, 2] },
      '{"a":[{"b":1},{"b":2},{"b":"fest"}]}',
    ],
    ["a list at the top", "[ = X ]", { X: [1, 2] }, "[1,2]"],
    ["a list at the top without items is no message", "[ = X ]", {}, undefined],
  ];
  it.each(cases)("%s", (_name, text, record, expected) => {
    expect(json(text, record as never)).toBe(expected);
  });
});

describe("findings at load", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a leading zero", "{ a: 007, b: = X }", 'LEADING_ZERO 1:6 007 becomes the number 7 | Write: "007"'],
    ["a number JSON has not", "{ a: .inf, b: = X }", 'NUMBER_NOT_JSON 1:6 JSON has no number .inf | Write: ".inf"'],
    [
      "=each on the root",
      "{ =each: = X, b: = $ }",
      "DIRECTIVE_ON_ROOT 1:3 =each cannot stand on the root: one map makes one message | Several records in one message: map.per; several messages per record do not exist",
    ],
    [
      "=text",
      "{ a: { =text: = X } }",
      "DIRECTIVE_UNKNOWN 1:8 =text is for XML elements; here the value itself stands behind the key",
    ],
    [
      "=each without names",
      "{ a: { =each: = X } }",
      'EACH_WITHOUT_NAMES 1:6 =each makes an object per item, and it has no names | Items as they are: [ "= X" ]',
    ],
    [
      "nothing behind a name",
      "a:\nb: = X",
      'VALUE_MISSING 1:3 nothing stands behind the name | An empty text is written "", no value null',
    ],
  ];
  it.each(cases)("%s", (_name, text, expected) => {
    expect(findings("json", text).some((finding) => finding.startsWith(expected))).toBe(true);
  });

  it("numbers that only YAML knows are rewritten", () => {
    expect(json("{ a: 0x1F, b: .5, c: +3 }", {})).toBe('{"a":31,"b":0.5,"c":3}');
  });
});

describe("locate", () => {
  const made = template(
    "json",
    "a:\n  b: = X\n  l: { =each: = L, c: = $.C }\n  '=/~': fest\n".replace("'=/~'", "'x/~y'"),
  );
  it.each([
    ["/a/b", 2, "X"],
    ["/a/b/tief/er", 2, "X"],
    ["/a/l/0/c", 3, "$.C"],
    ["/a/x~1~0y", 4, undefined],
    ["", 1, undefined],
  ])("%s", (pointer, line, formula) => {
    expect(made.locate(pointer)).toMatchObject({ at: { line }, formula });
  });
});

it("a number that is not finite is an error, not null", () => {
  expect(failure(template("json", "{ a: = X }"), { X: Number.POSITIVE_INFINITY })).toMatch(
    /^VALUE_NOT_TEXT record 3, a: /,
  );
});
