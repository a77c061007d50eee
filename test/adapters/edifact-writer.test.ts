// map.edifact: what a template may hold, and what is written of it.

import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { openWriter } from "../../src/adapters/edifact/writer/writer.ts";
import { FORMULA, type Scope, type Sketch, type Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { ORDER, PARTIES, SCOPE, writer } from "./edifact-writing.ts";

function problems(sketch: Sketch): string[] {
  return writer(sketch).problems.map(
    ({ path, message, hint }) => `${path} ${message}${hint === undefined ? "" : ` | ${hint}`}`,
  );
}

function write(template: Value, sketch: Sketch = template as Sketch, scope = SCOPE): string {
  return Buffer.from(writer(sketch).write(template, scope)).toString("latin1");
}

function refusal(template: Value, sketch: Sketch = { ...ORDER }): string {
  try {
    return write(template, sketch);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    const { code, message, stage, facts, detail } = error;
    return `${code} ${stage} ${String(facts?.["path"])} ${String(facts?.["error0085"])} ${message}${detail === undefined ? "" : ` [${detail}]`}`;
  }
}

describe("an interchange", () => {
  it("has its envelope, segments in the order of their type, counts and references", () => {
    const { SG25, SG2, DTM, BGM, ...head } = ORDER;
    expect(write({ ...head, SG25, SG2, DTM, BGM }).split("'")).toEqual([
      "UNA:+.? ",
      expect.stringMatching(/^UNB\+UNOC:3\+4012345000009:14\+4098765000003:14\+261101:1230\+[0-9A-Z]{14}$/),
      "UNH+1+ORDERS:D:96A:UN:EAN008",
      "BGM+220+B-1+9",
      "DTM+137:20261101:102",
      "NAD+BY+4012345000009::9",
      "LIN+1++4712345000001:EN",
      "QTY+21:5",
      "UNS+S",
      "UNT+8+1",
      expect.stringMatching(/^UNZ\+1\+[0-9A-Z]{14}$/),
      "",
    ]);
  });

  it("has a reference that is the same on every replay and another for every record, drop and bridge", () => {
    const reference = (more: Partial<Scope>): string =>
      /UNZ\+1\+(\w+)'/.exec(write(ORDER, ORDER, { ...SCOPE, ...more }))![1]!;
    const one = reference({});
    expect(reference({})).toBe(one);
    const others = [{ index: 4 }, { dropIdentity: "other" }, { bridge: "other" }].map(reference);
    expect(new Set([one, ...others]).size).toBe(4);
    expect(reference({ received: 0 })).toBe(one);
  });

  it("repeats references in its trailers, whatever they are", () => {
    const values: Value = { ...ORDER, UNB: { ...PARTIES, de0020: 17 }, UNH: { de0062: 4 } };
    const sketch: Sketch = { ...ORDER, UNB: { ...PARTIES, de0020: FORMULA }, UNH: { de0062: FORMULA } };
    expect(write(values, sketch)).toMatch(/\+17'UNH\+4\+.*UNT\+8\+4'UNZ\+1\+17'$/);
    expect(write({ ...ORDER, UNB: { ...PARTIES, de0020: "A+'B" } }, sketch)).toMatch(/UNZ\+1\+A\?\+\?'B'$/);
  });

  it("takes what the template says of its envelope", () => {
    const template = {
      ...ORDER,
      syntax: "UNOW 4",
      UNB: {
        ...PARTIES,
        S001: { de0133: "7" },
        S004: { de0017: "20270101", de0019: "0815" },
        de0020: "R?1",
        de0026: "ORDERS",
        de0035: "1",
      },
      UNH: { de0062: "M'1", S009: { de0110: "X1" }, de0068: "A" },
    };
    const text = write(template);
    expect(text).toContain("UNA:+.?*'UNB+UNOW:4::7+4012345000009:14+4098765000003:14+20270101:0815+R??1++ORDERS++++1'");
    expect(text).toContain("'UNH+M?'1+ORDERS:D:96A:UN:EAN008:X1+A'");
    expect(text).toMatch(/'UNT\+8\+M\?'1'UNZ\+1\+R\?\?1'$/);
  });

  it("has several messages where the template lists them", () => {
    const { message, UNB, ...body } = ORDER;
    const aperak = {
      message: "APERAK D 96A UN",
      BGM: { de1004: "A1" },
      SG3: [{ ERC: { C901: { de9321: "Z1" } }, FTX: { de4451: "AAO", C108: { de4440: ["zu spät", "a+b"] } } }],
    };
    const text = write({ message, UNB, messages: [body, aperak] });
    expect(text).toContain("'UNT+8+1'UNH+2+APERAK:D:96A:UN'BGM++A1'ERC+Z1'FTX+AAO+++zu sp\u00e4t:a?+b'UNT+5+2'UNZ+2+");
    expect(problems({ message, UNB, messages: [body, { ...aperak, BMG: {} }], BGM: body.BGM })).toEqual([
      "/BGM BGM stands beside messages; segments stand in each of them",
      "/messages/1/BMG APERAK D96A has no segment BMG here | Did you mean BGM?",
    ]);
  });

  it("leaves out what is absent, and keeps the places in front of what is there", () => {
    const template = {
      ...ORDER,
      FTX: [{ de4451: "AAI", C107: undefined, C108: { de4440: ["eins", null, "drei", ""] }, de3453: "" }, {}],
      SG2: [
        { NAD: { de3035: "BY", C080: { de3036: "Stadt" }, C059: { de3042: ["Hof 2", null] } } },
        { NAD: {}, LOC: [] },
      ],
      SG25: [{ LIN: { de1082: 1 }, IMD: [{ C273: { de7008: [null, "B"] } }] }],
    };
    expect(
      write(template as Value)
        .split("'")
        .slice(5, 9),
    ).toEqual(["FTX+AAI+++eins::drei", "NAD+BY+++Stadt+Hof 2", "LIN+1", "IMD+++::::B"]);
  });

  it("is shown one segment per line", () => {
    const one = writer(ORDER);
    const template = { ...ORDER, FTX: [{ de4451: "AAI", C108: { de4440: ["Stra\u00dfe'", "?"] } }] };
    const bytes = Buffer.concat([one.write(template, SCOPE), one.write(ORDER, SCOPE)]);
    const lines = one.show(bytes).split("\n");
    expect(lines).toHaveLength(24);
    expect(lines[0]).toBe("UNA:+.? '");
    expect(lines[5]).toBe("FTX+AAI+++Stra\u00dfe?':??'");
    expect(lines[12]).toBe("UNA:+.? '");
  });
});

describe("characters", () => {
  const named = (syntax: string, name: string | typeof FORMULA): Sketch => ({
    ...ORDER,
    syntax,
    SG2: [{ NAD: { de3035: "BY", C080: { de3036: name } } }],
  });

  it.each([
    ["UNOA 2", "STADT"],
    ["UNOB 2", "Stadt"],
    ["UNOC 3", "Stra\u00dfe"],
    ["UNOD 3", "\u0141\u00f3d\u017a"],
    ["UNOL 3", "10 \u20ac"],
    ["UNOW 4", "10 \u20ac \ud834\udd1e"],
  ])("%s has %j", (syntax, name) => {
    expect(problems(named(syntax, name))).toEqual([]);
    expect(() => write(named(syntax, name) as Value, named(syntax, FORMULA))).not.toThrow();
  });

  it.each([
    ["UNOA 2", "Stadt", 2, "U+0074"],
    ["UNOB 2", "Stra\u00dfe", 5, "U+00DF"],
    ["UNOC 3", "10 \u20ac", 4, "U+20AC"],
    ["UNOC 3", "a\u0085", 2, "U+0085"],
    ["UNOC 3", "a\nb", 2, "U+000A"],
    ["UNOW 4", "a\u0085", 2, "U+0085"],
    ["UNOW 4", "a\ud800", 2, "U+D800"],
  ])("%s lacks what is in %j", (syntax, name, at, code) => {
    const message = `NAD 3036 (Party name): character ${at} does not exist in the repertoire that syntax names`;
    expect(problems(named(syntax, name))).toEqual([expect.stringContaining(message)]);
    expect(refusal(named(syntax, name) as Value, named(syntax, FORMULA))).toBe(
      `EDIFACT_UNWRITABLE map /SG2/0/NAD/C080/de3036 21 ${message} [${code}]`,
    );
  });

  it("become the bytes of the repertoire", () => {
    const bytes = (syntax: string, name: string): Buffer => {
      const message: Sketch & Value = { ...ORDER, syntax, SG2: [{ NAD: { de3035: "BY", C080: { de3036: name } } }] };
      return Buffer.from(writer(message).write(message, SCOPE));
    };
    expect(bytes("UNOL 3", "\u20ac").includes(0xa4)).toBe(true);
    expect(bytes("UNOD 3", "\u0141").includes(0xa3)).toBe(true);
    expect(bytes("UNOW 4", "\u20ac").includes(Buffer.from("\u20ac"))).toBe(true);
    expect(writer({ ...ORDER, syntax: "UNOD 3" }).show(bytes("UNOD 3", "\u0141"))).toContain("NAD+BY+++\u0141'");
  });
});

describe("the check of a template", () => {
  it("has nothing to say of formulas wherever they stand", () => {
    expect(
      problems({
        ...ORDER,
        BGM: FORMULA,
        SG2: FORMULA,
        DTM: [FORMULA],
        SG25: [{ LIN: { de1082: FORMULA, C212: FORMULA }, PIA: FORMULA }],
      }),
    ).toEqual([]);
    expect(problems({ ...ORDER, UNB: { S002: FORMULA, S003: { de0010: FORMULA } } })).toEqual([]);
  });

  const nad = (fields: Sketch): Sketch => ({ ...ORDER, SG2: [{ NAD: fields }] });
  it.each<[string, Sketch, string[]]>([
    [
      "a formula for all",
      FORMULA,
      [
        " an interchange is an object of its segments, written out | edifact: { message: INVOIC D 96A UN EAN008, UNB: { … }, BGM: { … } }",
      ],
    ],
    ["no message", { UNB: PARTIES }, ["/message message is missing | message: INVOIC D 96A UN EAN008"]],
    [
      "a message by formula",
      { ...ORDER, message: FORMULA },
      ["/message message is written out, no formula | message: INVOIC D 96A UN EAN008"],
    ],
    [
      "a message in words",
      { ...ORDER, message: "Bestellung" },
      [
        "/message message does not name a type | Type, version, release and agency as in UNH, and what the association gave: message: INVOIC D 96A UN EAN008",
      ],
    ],
    [
      "an unknown release",
      { ...ORDER, message: "ORDERS D 96B UN" },
      [
        "/message no directory knows ORDERS D 96B UN | docs/edifact-directories.md lists what is shipped; steg directory import adds others, which directory: [ … ] then names.",
      ],
    ],
    [
      "a syntax",
      { ...ORDER, syntax: "UNOC:3" },
      ["/syntax syntax is a repertoire and a version, written out | syntax: UNOC 3, or UNOW 4 for UTF-8"],
    ],
    [
      "an escaping repertoire",
      { ...ORDER, syntax: "UNOX 4" },
      ["/syntax UNOX cannot be written | UNOA to UNOL, or UNOW for UTF-8."],
    ],
    ["no parties", { ...ORDER, UNB: { S002: PARTIES.S002 } }, ["/UNB UNB lacks S003"]],
    [
      "what syntax says",
      { ...ORDER, UNB: { ...PARTIES, S001: { de0001: "UNOA" } } },
      ["/UNB/S001/de0001 de0001 is what syntax says; leave it out here"],
    ],
    ["a trailer", { ...ORDER, UNT: { de0074: "5" } }, ["/UNT UNT is written by itself, with its counts"]],
    [
      "a segment of a group",
      { ...ORDER, LIN: { de1082: "1" } },
      ["/LIN ORDERS D96A has no segment LIN here | It begins a group: SG25: [ { LIN: … } ]"],
    ],
    [
      "a segment further in",
      { ...ORDER, COM: {} },
      ["/COM ORDERS D96A has no segment COM here | It stands in SG2 › SG5"],
    ],
    ["an unknown group", { ...ORDER, SG99: [] }, ["/SG99 ORDERS D96A has no group SG99 here | Did you mean SG9?"]],
    [
      "no required segment",
      { ...ORDER, DTM: undefined },
      ["/ ORDERS D96A lacks DTM, which it must have".replace("/ ", " ")],
    ],
    ["no trigger", { ...ORDER, SG2: [{ LOC: [{ de3227: "7" }] }] }, ["/SG2/0 SG2 lacks NAD, which it must have"]],
    ["too many", { ...ORDER, BGM: [ORDER.BGM, ORDER.BGM] }, ["/BGM BGM stands in ORDERS D96A once at most"]],
    ["a text for a segment", { ...ORDER, BGM: "220" }, ["/BGM BGM is an object of its elements | BGM: { C002: … }"]],
    [
      "an unknown element",
      nad({ de3035: "BY", de3036: "Stadt" }),
      [
        "/SG2/0/NAD/de3036 NAD has no element de3036 | Did you mean de3035? NAD has de3035, C082, C058, C080, C059, de3164, de3229, de3251, de3207",
      ],
    ],
    [
      "an unknown component",
      nad({ de3035: "BY", C082: { de3039: "1", de9999: "x" } }),
      ["/SG2/0/NAD/C082/de9999 NAD C082 has no element de9999 | NAD C082 has de3039, de1131, de3055"],
    ],
    ["a required element", nad({ C082: { de3039: "1" } }), ["/SG2/0/NAD NAD lacks de3035 (Party qualifier)"]],
    [
      "a required component",
      nad({ de3035: "BY", C082: { de3055: "9" } }),
      ["/SG2/0/NAD/C082 NAD C082 lacks de3039 (Party id. identification)"],
    ],
    [
      "a text for a composite",
      nad({ de3035: "BY", C080: "Stadt" }),
      ["/SG2/0/NAD/C080 NAD C080 is a composite, an object of its elements | C080: { de3036: … }"],
    ],
    [
      "an object for an element",
      nad({ de3035: { x: "BY" } }),
      [
        "/SG2/0/NAD/de3035 NAD 3035 (Party qualifier) is a text or a number",
        "/SG2/0/NAD NAD lacks de3035 (Party qualifier)",
      ],
    ],
    [
      "too long",
      nad({ de3035: "BUYER" }),
      ["/SG2/0/NAD/de3035 NAD 3035 (Party qualifier) is longer than 3 characters"],
    ],
    [
      "too many components",
      nad({ de3035: "BY", C080: { de3036: ["1", "2", "3", "4", "5", "6"] } }),
      ["/SG2/0/NAD/C080/de3036 NAD C080 has at most 5 of de3036"],
    ],
    [
      "a number with a comma",
      { ...ORDER, SG25: [{ LIN: { de1082: "1" }, QTY: [{ C186: { de6063: "21", de6060: "1,5" } }] }] },
      ["/SG25/0/QTY/0/C186/de6060 QTY 6060 (Quantity) has a wrong decimal mark; it is a point, with digits behind it"],
    ],
  ])("tells of %s", (_, sketch, expected) => {
    expect(problems(sketch)).toEqual(expected);
  });

  it("reads directories that the bridge brings along", () => {
    const text =
      "release X1\nelements\n  1000 an..3 Code\nsegments\n  AAA First: 1000! 2\nmessages\n  PROBES\n    UNH! AAA! 2 UNT!\n";
    const files = { readBridgeFile: (name: string) => Buffer.from(name === "x.directory" ? text : "") };
    const own = {
      message: "PROBES X 1 ZZ",
      syntax: "UNOB 4",
      directory: "x.directory",
      UNB: PARTIES,
      AAA: [{ de1000: ["1*", "2"] }, { de1000: "3" }],
    };
    const made = openWriter(own, files);
    expect(made.problems).toEqual([]);
    expect(Buffer.from(made.write(own, SCOPE)).toString()).toContain("'AAA+1?**2'AAA+3'UNT+4+1'");
    const old = openWriter({ ...own, syntax: "UNOB 2" }, files);
    expect(old.problems.map(({ message }) => message)).toEqual([
      "AAA de1000 repeats, which syntax version 2 cannot write",
    ]);
    expect(() => openWriter({ ...own, directory: "catalog:edifact/none.directory" }, files)).toThrow(
      /is not in the catalogue/,
    );
    expect(() => openWriter({ ...own, directory: "catalog:../x" }, files)).toThrow(/is no directory of the catalogue/);
  });
});

describe("a record that does not fit", () => {
  const sketch: Sketch = { ...ORDER, BGM: FORMULA, SG2: [{ NAD: FORMULA }], DTM: FORMULA, FTX: FORMULA };

  it.each<[string, Record<string, Value>, string]>([
    [
      "a value too long",
      { BGM: { de1004: "x".repeat(36) } },
      `/BGM/de1004 39 BGM 1004 (Document/message number) is longer than 35 characters [${"x".repeat(36)}]`,
    ],
    [
      "a required one absent",
      { SG2: [{ NAD: { C082: { de3039: "1" } } }] },
      "/SG2/0/NAD 13 NAD lacks de3035 (Party qualifier)",
    ],
    [
      "a number without form",
      { BGM: { de1004: 1e30 } },
      "/BGM/de1004 undefined BGM 1004 (Document/message number) is a text or a number",
    ],
    [
      "a truth",
      { BGM: { de1004: true } },
      "/BGM/de1004 undefined BGM 1004 (Document/message number) is a text or a number",
    ],
    ["a key out of a formula", { BGM: { geheim: "1" } }, "/BGM/geheim undefined BGM has no element geheim"],
    ["no segment that must be there", { DTM: [] }, " 13 ORDERS D96A lacks DTM, which it must have"],
    [
      "too many of one",
      { FTX: Array.from({ length: 100 }, () => ({ de4451: "AAI" })) },
      "/FTX undefined FTX stands in ORDERS D96A 99 times at most",
    ],
  ])("%s", (_, change, expected) => {
    expect(refusal({ ...ORDER, ...change }, sketch)).toBe(`EDIFACT_UNWRITABLE map ${expected}`);
  });
});
