// Messages against their types: where each segment belongs, what is told of those that fit nowhere, and how a segment becomes an object.

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { readNotation } from "../../src/adapters/edifact/directory/notation.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import type { MessageDef } from "../../src/adapters/edifact/directory/types.ts";
import { checkSegment } from "../../src/adapters/edifact/structure/check.ts";
import { compileMessage, MOST_FINDINGS } from "../../src/adapters/edifact/structure/match.ts";
import { isSound, planSegment } from "../../src/adapters/edifact/structure/segment.ts";
import type { Matched, MatchRules } from "../../src/adapters/edifact/structure/types.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { splitInterchange } from "./edifact-split.ts";

const directories = openDirectories();

function messageOf([
  type = "",
  version = "",
  release = "",
  agency = "",
  association = "",
]: readonly string[]): MessageDef {
  const def = directories.message({ type, version, release, agency, association });
  if (def === undefined) throw new Error(`${type} ${version} ${release} is not known`);
  return def;
}

const V3: MatchRules = { syntax: 3 };

/** Segments of an INVOIC D.96A between UNH and UNT. */
function invoice(segments: string, rules = V3): Matched {
  return match(`UNH+1+INVOIC:D:96A:UN'${segments}UNT+0+1'`, rules);
}

function match(text: string, rules = V3): Matched {
  const [message] = splitInterchange(text).messages;
  return compileMessage(messageOf(message!.name), rules).match(message!.segments);
}

function told({ findings }: Matched): string[] {
  return findings.map(
    ({ code0085, place, tag, position, element, component, occurrence }) =>
      `${code0085} ${place} ${tag} ${position}` +
      [element, component, occurrence].map((number) => (number === undefined ? "" : ` ${number}`)).join(""),
  );
}

const HEAD = "BGM+380+R1+9'DTM+137:20261101:102'";
const TAIL = "UNS+S'MOA+77:10'";

describe("a message as a record", () => {
  it("has lists where something may stand more than once, objects where not", () => {
    const { record, findings } = invoice(
      `${HEAD}PAI+::42'NAD+SU+4012345000009::9'LOC+1+DE'RFF+VA:DE123'DTM+171:20260101:102'CTA+IC'NAD+BY+++Stadt'` +
        `LIN+1'MOA+203:10'LIN+2'RFF+ON:4'${TAIL}`,
    );
    expect(findings).toEqual([]);
    expect(record).toEqual({
      UNH: { de0062: "1", S009: { de0065: "INVOIC", de0052: "D", de0054: "96A", de0051: "UN" } },
      BGM: { C002: { de1001: "380" }, de1004: "R1", de1225: "9" },
      DTM: [{ C507: { de2005: "137", de2380: "20261101", de2379: "102" } }],
      PAI: { C534: { de4461: "42" } },
      SG2: [
        {
          NAD: { de3035: "SU", C082: { de3039: "4012345000009", de3055: "9" } },
          LOC: [{ de3227: "1", C517: { de3225: "DE" } }],
          SG3: [
            {
              RFF: { C506: { de1153: "VA", de1154: "DE123" } },
              DTM: [{ C507: { de2005: "171", de2380: "20260101", de2379: "102" } }],
            },
          ],
          SG5: [{ CTA: { de3139: "IC" } }],
        },
        { NAD: { de3035: "BY", C080: { de3036: ["Stadt"] } } },
      ],
      SG25: [
        { LIN: { de1082: "1" }, SG26: [{ MOA: { C516: { de5025: "203", de5004: "10" } } }] },
        { LIN: { de1082: "2" }, SG29: [{ RFF: { C506: { de1153: "ON", de1154: "4" } } }] },
      ],
      UNS: { de0081: "S" },
      SG48: [{ MOA: { C516: { de5025: "77", de5004: "10" } } }],
      UNT: { de0074: "0", de0062: "1" },
    });
  });

  it("keeps the places of what is absent in front of something", () => {
    const { record } = invoice(`${HEAD}NAD+SU++::c'NAD+BY+++:b:::e:1'LIN+1'PIA+5+++4711:SA'${TAIL}`);
    expect(record).toMatchObject({
      SG2: [
        { NAD: { de3035: "SU", C058: { de3124: [null, null, "c"] } } },
        { NAD: { de3035: "BY", C080: { de3036: [null, "b", null, null, "e"], de3045: "1" } } },
      ],
      SG25: [{ PIA: [{ de4347: "5", C212: [null, null, { de7140: "4711", de7143: "SA" }] }] }],
    });
  });

  it("has what repeats by syntax 4 as a list, too", () => {
    const text = "UNH+1+CONTRL:4:1:UN'UCI+1+A+B+7'UCM+1+INVOIC:D:96A:UN+7++++P+7:a**9:c'UNT+4+1'";
    const { record, findings } = match(text.replace(/^/, "UNA:+.?*'"), { syntax: 4 });
    expect(findings).toEqual([]);
    expect(record).toMatchObject({
      SG1: [{ UCM: { S020: [{ de0813: "7", de0802: "a" }, null, { de0813: "9", de0802: "c" }] } }],
    });
  });
});

describe("what fits nowhere", () => {
  it("is told where it stands, and reading goes on", () => {
    const result = invoice(`${HEAD}XYZ+1'LIN+1'BGM+380'LIN+2'${TAIL}`);
    expect(told(result)).toEqual(["15 UCS XYZ 4", "15 UCS BGM 6"]);
    expect(result.findings.map(({ message }) => message)).toEqual([
      "XYZ is no segment of INVOIC D96A",
      "BGM does not stand at this position in INVOIC D96A",
    ]);
    expect(result.record["SG25"]).toHaveLength(2);
  });

  it("is told of the last one before it where something is missing", () => {
    expect(told(invoice(`${HEAD}LIN+1'`))).toEqual(["13 UCS UNS 4", "13 UCS MOA 4"]);
    expect(told(invoice(`BGM+380'LIN+1'${TAIL}`))).toEqual(["13 UCS DTM 2"]);
    expect(told(match("UNH+1+INVOIC:D:96A:UN'"))).toEqual([
      "13 UCS BGM 1",
      "13 UCS DTM 1",
      "13 UCS UNS 1",
      "13 UCS MOA 1",
      "13 UCS UNT 1",
    ]);
  });

  it("is one too many of a segment or of a group", () => {
    const dtm = "DTM+137:20261101:102'".repeat(35);
    const many = invoice(`BGM+380'${dtm}DTM+3:20261101:102'PAI+::1'PAI+::2'LIN+1'${TAIL}`);
    expect(told(many)).toEqual(["35 UCS DTM 38", "35 UCS PAI 40"]);
    expect(many.record["DTM"]).toHaveLength(36);
    const groups = invoice(`${HEAD}${"CUX+2:EUR:4'DTM+134:20261101:102'".repeat(6)}LIN+1'${TAIL}`);
    expect(told(groups)).toEqual(["36 UCS CUX 14"]);
    expect(groups.record["SG7"]).toHaveLength(6);
  });

  it("never goes back behind a section", () => {
    expect(told(invoice(`${HEAD}LIN+1'UNS+S'LIN+2'MOA+77:1'`))).toEqual(["15 UCS LIN 6"]);
  });

  it("is told a hundred times at most", () => {
    expect(invoice(`${HEAD}${"XYZ'".repeat(500)}LIN+1'${TAIL}`).findings).toHaveLength(MOST_FINDINGS);
  });
});

describe("elements", () => {
  it.each([
    ["a required one that is absent", "NAD'", "13 UCD NAD 4 2"],
    ["a required component of a composite that is there", "NAD+SU+:1'", "13 UCD NAD 4 3 1"],
    ["a required composite that is absent", "RFF'", "13 UCD RFF 4 2"],
    ["one too many", "PAI+::42++x'", "16 UCD PAI 4 4"],
    ["a component too many", "PAI+::42::::x'", "16 UCD PAI 4 2 7"],
    ["a component of a simple element", "NAD+SU:x'", "16 UCD NAD 4 2 2"],
    ["a value that is too long", "NAD+SUSU'", "39 UCD NAD 4 2"],
  ])("%s", (_, segment, expected) => {
    expect(told(invoice(`${HEAD}${segment}LIN+1'${TAIL}`))).toEqual(expected === "" ? [] : [expected]);
  });

  it.each([
    ["12", ""],
    ["-12.5", ""],
    ["12.5", ""],
    ["12,5", "19"],
    ["12.", "19"],
    [".5", "38"],
    ["1.2.3", "37"],
    ["1e3", "37"],
    ["-", "37"],
    ["?+1", "37"],
    ["1234567890123456789", "39"],
    ["-123456789012345.678", ""],
  ])("a number %s", (value, code) => {
    const expected = code === "" ? [] : [`${code} UCD MOA 6 2 2`];
    const rules = { syntax: 3, decimal: "." };
    expect(told(invoice(`${HEAD}LIN+1'UNS+S'MOA+77:${value}'`, rules))).toEqual(expected);
  });

  it("of fixed length, and of letters only, in the service segments of the syntax", () => {
    const service = (tag: string) => directories.service(tag, 3);
    const { messages } = splitInterchange(`UNH+1+INVOIC:D:96A:UN:1::++9:1'${HEAD}LIN+1'UNS+SS'MOA+77:1'UNT+1+1+x'`);
    const matcher = compileMessage(messageOf(messages[0]!.name), V3, service);
    expect(told(matcher.match(messages[0]!.segments))).toEqual([
      "37 UCD UNH 1 5 2",
      "39 UCD UNS 5 2",
      "16 UCD UNT 7 4",
    ]);
  });

  it("that are empty at an end are told only where that is asked for", () => {
    const segments = `${HEAD}PAI+::42+'RFF+ON:1:'LIN+1'${TAIL}`;
    expect(told(invoice(segments))).toEqual([]);
    expect(told(invoice(segments, { syntax: 4, trailing: true }))).toEqual(["45 UCS PAI 4", "45 UCD RFF 5 2 3"]);
  });

  it("count a character outside the basic plane once", () => {
    expect(told(invoice(`${HEAD}NAD+SU+++${"𝄞".repeat(35)}'LIN+1'${TAIL}`))).toEqual([]);
    expect(told(invoice(`${HEAD}NAD+SU+++${"𝄞".repeat(36)}'LIN+1'${TAIL}`))).toEqual(["39 UCD NAD 4 5 1"]);
  });
});

describe("what is sound", () => {
  const def = messageOf(["DESADV", "D", "96A", "UN"]);
  const plans = ["NAD", "GIN", "QTY", "DTM", "MEA", "UNB"].map((tag) =>
    planSegment(def.segment(tag) ?? directories.service(tag, 3)!),
  );
  const value = fc.oneof(
    fc.constantFrom("", "", "1", "12.5", "1,5", ".5", "-", "a1", "x".repeat(40)),
    fc.string({ maxLength: 4 }),
  );
  const components = fc.array(value, { minLength: 1, maxLength: 7 });
  const elements = fc.array(fc.array(components, { minLength: 1, maxLength: 2 }), { maxLength: 10 });

  it("has nothing to tell, and what has nothing to tell is sound", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...plans),
        elements,
        fc.constantFrom<MatchRules>(V3, { syntax: 4 }, { syntax: 3, decimal: "." }),
        (plan, given, rules) => {
          const findings: unknown[] = [];
          const segment = { tag: plan.definition.tag, position: 1, elements: () => given };
          checkSegment(plan.definition, segment, given, rules, (finding) => findings.push(finding));
          const sound = isSound(plan, given, rules);
          expect(sound && findings.length > 0).toBe(false);
          // Empty ones behind the last make it look again; nothing more.
          const longest = Math.max(0, ...given.map((one) => Math.max(...one.map(({ length }) => length))));
          const longer = given.length > plan.places.length || longest > 1;
          expect(sound || findings.length > 0 || longer).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("types of messages whose levels name a segment twice", () => {
  const text = `release X1
elements
  1000 an..3 Code
segments
  AAA First: 1000!
  BBB Second: 1000
messages
  PROBES
    UNH! AAA! 2 BBB AAA 3
    SG1 0..9: BBB! AAA 2
      SG2 0..2: AAA!
    UNT!
`;
  const release = readNotation(text, "x.txt", (tag) => directories.service(tag, 4));
  const def: MessageDef = {
    type: "PROBES",
    release: "X1",
    children: release.messages.get("PROBES")!,
    segment: (tag) => release.segments.get(tag),
  };
  const run = (segments: string): Matched =>
    compileMessage(def, V3).match(splitInterchange(`UNH+1+PROBES:X:1:ZZ'${segments}UNT+1+1'`).messages[0]!.segments);

  it("put them into one list, and prefer the nearest place", () => {
    const { record, findings } = run("AAA+1'AAA+2'AAA+3'BBB+4'AAA+5'AAA+6'AAA+7'BBB+8'");
    expect(findings).toEqual([]);
    expect(record).toMatchObject({
      AAA: [{ de1000: "1" }, { de1000: "2" }, { de1000: "3" }],
      SG1: [
        { BBB: { de1000: "4" }, AAA: [{ de1000: "5" }, { de1000: "6" }], SG2: [{ AAA: { de1000: "7" } }] },
        { BBB: { de1000: "8" } },
      ],
    });
  });
});

// ── real ones ───────────────────────────────────────────────────────────────────────────────────────────────────

type Tree = { [name: string]: (string | Tree)[] };

/** `S_NAD` → NAD, `D_3035` → de3035, `G_SG2` → SG2; all in lists, in their order. */
function twinOf(xml: string): Tree {
  const parser = new SaxesParser();
  const root: Tree = {};
  const open: Tree[] = [root];
  let text = "";
  parser.on("opentag", ({ name }) => {
    const tree: Tree = {};
    const key = name
      .replace(/^D_/, "de")
      .replace(/^[SCGM]_/, "")
      .replace(/_\d+$/, "");
    (open.at(-1)![key] ??= []).push(tree);
    open.push(tree);
    text = "";
  });
  parser.on("text", (piece) => {
    text += piece;
  });
  parser.on("closetag", () => {
    const tree = open.pop()!;
    if (Object.keys(tree).length > 0) return;
    const [key, list] = Object.entries(open.at(-1)!).find(([, one]) => one.at(-1) === tree)!;
    // The twins have empty composites where the interchange has nothing.
    if (text.trim() !== "") list[list.length - 1] = squeezed(text);
    else if (list.length > 1) list.pop();
    else delete open.at(-1)![key];
  });
  parser.write(xml).close();
  return root["INVOIC"]?.[0] as Tree;
}

/** Line breaks in the middle of values became something else in the twins, and some amounts lost their zeros. */
function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, "").replace(/^(\d+)\.0+$/, "$1");
}

/** The twins leave 0110 out. */
function listed(value: unknown): Tree {
  const entries = Object.entries(value as Record<string, unknown>).filter(([key]) => key !== "de0110");
  return Object.fromEntries(
    entries.map(([key, one]) => {
      const items = (Array.isArray(one) ? (one as unknown[]) : [one]).filter((item) => item !== null);
      return [key, items.map((item) => (typeof item === "string" ? squeezed(item) : listed(item)))];
    }),
  );
}

describeWithData("official examples of INVOIC D.14B", () => {
  const folder = sharedData("en16931/edifact/");
  const names = readdirSync(folder).filter((name) => name.endsWith(".xml"));

  it.each(names)("%s is the same tree as its twin in XML", (name) => {
    const text = readFileSync(folder + name.replace(/xml$/, "TXT"), "utf8");
    const { messages, syntax } = splitInterchange(text);
    const { record, findings } = compileMessage(messageOf(messages[0]!.name), { syntax }).match(messages[0]!.segments);
    expect(listed(record)).toEqual(twinOf(readFileSync(folder + name, "utf8")));
    expect(findings).toEqual([]);
  });
});
