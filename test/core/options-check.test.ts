// Nodes against shapes: values, findings, exceptions; and what an adapter is given in the end.

import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/core/bridge/read-yaml.ts";
import type { Finding, Node } from "../../src/core/bridge/tree.ts";
import type { Scope, Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { bindOptions } from "../../src/core/options/bind.ts";
import type { Outside } from "../../src/core/options/bind.ts";
import { checkOption } from "../../src/core/options/check.ts";
import type { CheckEnvironment, GrantedException } from "../../src/core/options/checked.ts";
import {
  boolean,
  bridgeFile,
  choice,
  date,
  duration,
  either,
  formula,
  integer,
  list,
  map,
  number,
  object,
  oneKey,
  oneKeyBeside,
  outside,
  pattern,
  required,
  secret,
  size,
  text,
} from "../../src/core/options/shape.ts";
import type { AnyShape, Pattern } from "../../src/core/options/shape.ts";

function parse(yaml: string): Node {
  const node = readYaml("bridge.yaml", new TextEncoder().encode(yaml), (each) => {
    throw new Error(each.message);
  });
  if (!node) throw new Error("no node");
  return node;
}

const VALUES: Outside = {
  variable: (name) => ({ TOKEN: "canary-4711", EMPTY: "" })[name],
  file: (path) => {
    if (path === "/run/secrets/key") return "canary-4712\n";
    throw Object.assign(new Error("nothing there"), { code: "ENOENT" });
  },
};

interface Checked {
  readonly findings: readonly Finding[];
  readonly codes: readonly string[];
  readonly exceptions: readonly GrantedException[];
  readonly value: () => any;
}

/** Formulas here read one field. */
function check(shape: AnyShape, yaml: string, more: Partial<CheckEnvironment> = {}): Checked {
  const findings: Finding[] = [];
  const exceptions: GrantedException[] = [];
  const environment: CheckEnvironment = {
    report: (each) => findings.push(each),
    today: "2026-12-01",
    outside: true,
    compile: (node) => {
      const name = node.text.slice(1).trim();
      const evaluate = (item: Value): Value => (item as Record<string, Value>)[name];
      return { source: name, at: node.at, names: [{ name, at: node.at }], evaluate };
    },
    refuseFile: (path) => (path === "there.csv" ? undefined : `there is no ${path}`),
    elsewhere: (key) => (key === "settle" ? ["receive.folder"] : []),
    unavailable: (path) => (path === "x.sftp" ? "sftp is for later" : undefined),
    granted: (exception) => exceptions.push(exception),
    ...more,
  };
  const checked = checkOption(parse(yaml), shape, "x", environment);
  const value = (): unknown => {
    if (!checked) throw new Error("nothing checked");
    return bindOptions(checked, VALUES);
  };
  return { findings, codes: findings.map(({ code }) => code), exceptions, value };
}

const scopeOf = (root: Record<string, Value>): Scope => ({ root }) as unknown as Scope;

describe("values", () => {
  const shape = object({
    name: required(text("name")),
    count: integer("count", { default: 3, least: 1, most: 9 }),
    share: number("share"),
    on: boolean("on", { default: false }),
    wait: duration("wait", { default: "10s", least: 1_000 }),
    most: size("most"),
    day: date("day"),
    moment: date("moment", { time: true }),
    kind: choice(["a", "b"], "kind", { default: "a" }),
    tags: list(text("tag"), "tags", { single: true, most: 3 }),
    headers: map(text("value"), "headers", { key: /^[a-z_]+$/ }),
  });

  it("fills defaults and converts units", () => {
    const { findings, value } = check(
      shape,
      "name: 007x\nshare: 0.5\nwait: 2m\nmost: 10MiB\nday: 2028-02-29\nmoment: 2027-10-05T10:00\ntags: x\nheaders: { __proto__: p, a: b }",
    );
    expect(findings).toEqual([]);
    const { headers, ...rest } = value();
    expect(rest).toEqual({
      name: "007x",
      count: 3,
      share: 0.5,
      on: false,
      wait: 120_000,
      most: 10 * 1024 * 1024,
      day: "2028-02-29",
      moment: "2027-10-05T10:00",
      kind: "a",
      tags: ["x"],
    });
    // A name of the prototype is data like any other.
    expect(Object.keys(headers)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  it.each([
    ["count: 2.5", "WRONG_TYPE"],
    ["count: 10", "WRONG_VALUE"],
    ["count: 0x1", "WRONG_TYPE"],
    ["count: 1e1", "WRONG_TYPE"],
    ["share: .inf", "WRONG_TYPE"],
    ["on: yes", "WRONG_TYPE"],
    ["on: 'true'", "WRONG_TYPE"],
    ["wait: 10", "WRONG_TYPE"],
    ["wait: 1ms", "WRONG_VALUE"],
    ["wait: 1.5s", "WRONG_TYPE"],
    ["most: 10MB", "WRONG_TYPE"],
    ["day: 2027-02-29", "WRONG_TYPE"],
    ["day: 2027-2-3", "WRONG_TYPE"],
    ["moment: 2027-10-05T24:00", "WRONG_TYPE"],
    ["kind: c", "WRONG_VALUE"],
    ["tags: [a, b, c, d]", "TOO_MANY"],
    ["tags: { a: b }", "WRONG_TYPE"],
    ["headers: { X: y }", "WRONG_VALUE"],
    ["headers: [a]", "WRONG_TYPE"],
    ["nam: x", "UNKNOWN_KEY"],
    ["settle: 1s", "UNKNOWN_KEY"],
    ["sftp: {}", "NOT_AVAILABLE"],
  ])("refuses %s", (line, code) => {
    expect(check(shape, `name: n\n${line}`).codes).toEqual([code]);
  });

  it("says what is near, and where a key belongs", () => {
    const { findings } = check(shape, "name: n\nsettle: 1s\nheadrs: {}\nCOUNT: 2");
    expect(findings.map(({ hint }) => hint)).toEqual([
      "settle belongs under receive.folder",
      "Did you mean headers?",
      "Did you mean count?",
    ]);
  });

  it("reports a misspelt required key once", () => {
    expect(check(shape, "nmae: n").codes).toEqual(["UNKNOWN_KEY"]);
  });

  it("reports everything at once", () => {
    expect(check(shape, "count: x\nwait: 10\nkind: z\nfarbe: blau").codes).toEqual([
      "WRONG_TYPE",
      "WRONG_TYPE",
      "WRONG_VALUE",
      "UNKNOWN_KEY",
      "MISSING_KEY",
    ]);
  });

  it("takes = for itself where it stands alone, and '= for text", () => {
    expect(check(object({ d: text("d") }), 'd: "="').value()).toEqual({ d: "=" });
    expect(check(object({ d: text("d") }), `d: "'=x"`).value()).toEqual({ d: "=x" });
    expect(check(object({ d: text("d") }), "d: = x").codes).toEqual(["WRONG_TYPE"]);
  });
});

describe("alternatives", () => {
  it("takes exactly one of several keys, and fixed ones beside it", () => {
    const shape = oneKeyBeside({ a: text("a"), b: text("b") }, { c: integer("c", { default: 1 }) }, "one");
    expect(check(shape, "a: x").value()).toEqual({ a: "x", c: 1 });
    expect(check(shape, "a: x\nb: y").codes).toEqual(["WRONG_VALUE"]);
    expect(check(shape, "c: 2").codes).toEqual(["MISSING_KEY"]);
    expect(check(shape, "aa: 2").findings[0]?.hint).toBe("Did you mean a?");
    expect(check(oneKey({ a: text("a") }, "one"), "a: [x]").codes).toEqual(["WRONG_TYPE"]);
  });

  it("chooses by what fits without a finding", () => {
    const shape = object({
      o: either([choice(["none"], "none"), object({ by: formula("by") }), integer("n")], "order"),
    });
    expect(check(shape, "o: none").value()).toEqual({ o: "none" });
    expect(check(shape, "o: 7").value()).toEqual({ o: 7 });
    expect(check(shape, "o: { by: = K }").value().o.by({ K: 5 })).toBe(5);
    expect(check(shape, "o: { by: K }").findings.map(({ hint }) => hint)).toEqual(["= K"]);
    expect(check(shape, "o: non").findings).toMatchObject([{ code: "WRONG_VALUE", hint: "o: none" }]);
  });
});

describe("values from outside", () => {
  const shape = object({
    token: secret("token"),
    url: pattern("url", "url"),
    user: outside("user"),
    path: text("path", { pattern: /^[a-z0-9-]+$/ }),
    n: integer("n"),
  });

  it("resolves them when it is bound", () => {
    const { findings, value } = check(
      shape,
      'token: "Bearer ${env:TOKEN}"\nuser: ${file:/run/secrets/key}\npath: ${env:TOKEN}',
    );
    expect(findings).toEqual([]);
    expect(value()).toEqual({ token: "Bearer canary-4711", user: "canary-4712", path: "canary-4711" });
  });

  it.each([
    ["token: ${env:MISSING}", "SECRET_MISSING", /environment variable MISSING, which is not set/],
    ["token: ${env:EMPTY}", "SECRET_MISSING", /environment variable EMPTY, which is empty/],
    [
      "token: ${file:/run/secrets/none}",
      "SECRET_MISSING",
      /file \/run\/secrets\/none, which cannot be read \(ENOENT\)/,
    ],
    ["path: ${env:TOKEN}X", "OPTION_UNUSABLE", /path: the value from outside must be/],
  ])("fails for %s without saying a value", (yaml, code, message) => {
    let error: unknown;
    try {
      check(shape, yaml).value();
    } catch (cause) {
      error = cause;
    }
    expect(error).toBeInstanceOf(BridgeError);
    expect((error as BridgeError).code).toBe(code);
    expect((error as BridgeError).message).toMatch(message);
    expect(`${(error as BridgeError).message} ${(error as BridgeError).detail}`).not.toContain("canary");
  });

  it("refuses them where they must not stand", () => {
    expect(check(shape, "token: ${env:TOKEN}", { outside: false }).codes).toEqual(["OUTSIDE_REFUSED"]);
    expect(check(shape, "n: ${env:N}").codes).toEqual(["OUTSIDE_REFUSED"]);
  });

  it("warns of secrets in clear text, but not of every header", () => {
    const headers = object({ headers: map(secret("value"), "headers") });
    expect(check(shape, "token: abc").codes).toEqual(["SECRET_IN_FILE"]);
    expect(check(shape, "token: abc").findings[0]?.message).not.toContain("abc");
    expect(check(headers, "headers: { Accept: application/json }").codes).toEqual([]);
    expect(check(headers, "headers: { Authorization: Basic abc }").codes).toEqual(["SECRET_IN_FILE"]);
  });
});

const render = (place: "url" | "path" | "name" | "text", source: string, root: Record<string, Value>): string => {
  const { findings, value } = check(object({ p: pattern(place, "p") }), `p: ${JSON.stringify(source)}`);
  if (findings.length > 0) throw new Error(findings[0]?.message);
  return (value().p as Pattern)(scopeOf(root));
};

const refused = (place: "url" | "path" | "name" | "text", value: Value): string => {
  try {
    return `gave ${render(place, place === "url" ? "https://x.example/{A}" : "x-{A}", { A: value })}`;
  } catch (cause) {
    const error = cause as BridgeError;
    if (typeof value === "string" && value.length > 3) expect(error.message).not.toContain(value);
    return error.code;
  }
};

describe("patterns", () => {
  it("encodes each value in a URL", () => {
    expect(render("url", "https://x.example/{A}/b?q={B}", { A: "a/b ü?#", B: "1&2" })).toBe(
      "https://x.example/a%2Fb%20%C3%BC%3F%23/b?q=1%262",
    );
    expect(render("url", "${env:TOKEN}/{A}", { A: 7 })).toBe("canary-4711/7");
  });

  it.each<["url" | "path" | "name" | "text", Value, string]>([
    ["url", "..", "PATTERN_VALUE"],
    ["url", ".", "PATTERN_VALUE"],
    ["url", "a\nb", "PATTERN_VALUE"],
    ["url", "\ud800", "PATTERN_VALUE"],
    ["url", undefined, "PATTERN_VALUE"],
    ["url", { a: 1 }, "PATTERN_VALUE"],
    ["url", ["a"], "PATTERN_VALUE"],
    ["name", "a/b.xml", "PATTERN_VALUE"],
    ["name", "a\\b.xml", "PATTERN_VALUE"],
    ["name", "..secret", "PATTERN_VALUE"],
    ["name", "a\u0000b", "PATTERN_VALUE"],
    ["name", "a\u0085b", "PATTERN_VALUE"],
    ["name", "x".repeat(255), "PATTERN_VALUE"],
    ["name", "Müller & Söhne", "gave x-Müller & Söhne"],
    ["path", "../../etc", "PATTERN_VALUE"],
    ["path", "/etc", "PATTERN_VALUE"],
    ["path", "01067000", "gave x-01067000"],
    ["text", "a\r\nX-Evil: 1", "PATTERN_VALUE"],
    ["text", "a/../b", "gave x-a/../b"],
    ["text", undefined, "gave x-"],
    ["text", true, "gave x-true"],
  ])("in a %s, %j is refused or taken", (place, value, expected) => {
    expect(refused(place, value)).toBe(expected);
  });

  it("refuses names that are empty or dots as a whole", () => {
    expect(() => render("name", "{A}", { A: "" })).toThrow(/empty name/);
    expect(() => render("name", "{A}", { A: "." })).toThrow(/dots/);
  });

  it("knows braces, strings and objects inside formulas", () => {
    const { findings } = check(object({ p: pattern("text", "p") }), `p: "{ {'a': '}'}.a }-{X}"`);
    expect(findings).toEqual([]);
  });

  it.each([
    ["ftp://x.example", /must begin with https/],
    ["{HOST}/x", /fixed text/],
    ["https://user:pw@x.example/", /user or a password/],
    ["https://", /names no host/],
  ])("refuses the URL %s", (url, message) => {
    const { findings } = check(object({ p: pattern("url", "p") }), `p: ${JSON.stringify(url)}`);
    expect(findings.map(({ code }) => code)).toEqual(["WRONG_VALUE"]);
    expect(findings[0]?.message).toMatch(message);
  });
});

describe("files of the bridge", () => {
  const shape = object({ file: bridgeFile("file") });
  it("must exist", () => {
    expect(check(shape, "file: there.csv").value()).toEqual({ file: "there.csv" });
    expect(check(shape, "file: missing.csv").codes).toEqual(["FILE_NOT_FOUND"]);
    expect(check(shape, "file: 7").codes).toEqual(["WRONG_TYPE"]);
  });
});

const until = (day: string): string =>
  `tls: "1.1"\nexception: { reason: alt, approvedBy: it@stadt.example, until: ${day} }`;

describe("exceptions", () => {
  const shape = object({
    tls: choice(["1.3", "1.1"], "tls", { default: "1.3", needsException: (value) => value === "1.1" }),
  });
  it("are needed for what is weaker", () => {
    expect(check(shape, 'tls: "1.3"').codes).toEqual([]);
    expect(check(shape, 'tls: "1.1"').codes).toEqual(["EXCEPTION_MISSING"]);
  });

  it("hold until their last day and are passed on", () => {
    const { codes, exceptions } = check(shape, until("2026-12-01"));
    expect(codes).toEqual([]);
    expect(exceptions).toMatchObject([
      { option: "x.tls", reason: "alt", approvedBy: "it@stadt.example", until: "2026-12-01" },
    ]);
    expect(check(shape, until("2026-11-30")).codes).toEqual(["EXCEPTION_EXPIRED"]);
  });

  it("must not stand where nothing needs them", () => {
    expect(check(shape, "exception: { reason: alt, approvedBy: x, until: 2027-01-01 }").codes).toEqual([
      "EXCEPTION_UNUSED",
    ]);
    expect(
      check(object({ a: text("a") }), "exception: { reason: alt, approvedBy: x, until: 2027-01-01 }").codes,
    ).toEqual(["UNKNOWN_KEY"]);
  });
});
