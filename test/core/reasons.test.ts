// Every code that a record can end with has a German sentence for the clerk, and none of them says a value.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CODES, type Code, type Stage } from "../../src/core/errors.ts";
import { REASONS, reasonInGerman, stageInGerman } from "../../src/core/pipeline/reasons.ts";
import { ruleInGerman } from "../../src/core/pipeline/reasons-schema.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Where records are decoded, mapped, written and delivered. What is only checked when a bridge is loaded is thrown elsewhere, or listed. */
const ROOMS = [
  "src/adapters",
  "src/core/mapping/formula",
  "src/core/mapping/template",
  "src/core/pipeline",
  "src/core/unpack",
];

/** Codes that stand in these rooms and never in a dead letter. */
const NO_RECORD: Readonly<Record<string, readonly string[]>> = {
  // callers hear of these at once
  calls: "CALL_INVALID CALL_METHOD CALL_TYPE CALL_UNKNOWN".split(" "),
  // a description of a service that cannot be used: the bridge does not start
  descriptions: "FILE_NOT_FOUND FILE_UNREADABLE SCHEMA_FILE_INVALID WSDL_INVALID".split(" "),
  // findings of `steg check` about formulas and templates
  loading: `ARGUMENTS_WRONG ATTRIBUTE_NOT_SCALAR ATTRIBUTE_TWICE CELL_NOT_SCALAR COLUMN_UNKNOWN DIRECTIVE_NOT_FORMULA
    DIRECTIVE_ON_ROOT DIRECTIVE_UNKNOWN EACH_WITHOUT_NAMES FIELDS_MISSING FIELD_INCOMPLETE FIELD_OUTSIDE FIELD_OVERLAPS
    ATTACHMENT_PLACE FIELD_UNKNOWN FORMULA_SYNTAX FUNCTION_REFUSED FUNCTION_UNKNOWN LEADING_ZERO LINES_MISSING LIST_IN_LIST
    LITERAL_IS_COLUMN LITERAL_IS_FORMULA NAMESPACE_INVALID NAMESPACE_NOT_LITERAL NAME_INVALID NUMBER_NOT_JSON OUTSIDE_REFUSED PLUS_ON_TEXT
    PREFIX_UNDECLARED ROOT_MISSING ROOT_TWICE TEMPLATE_NOT_FORMULA TEXT_AND_CHILDREN TEXT_NOT_NUMBER TEXT_NOT_SCALAR
    UNKNOWN_KEY VALUE_MISSING VARIABLE_UNKNOWN WHEN_ALWAYS WRONG_TYPE WRONG_VALUE`.split(/\s+/),
  // probes have no records
  probes: ["PROBE_FAILED"],
  // the bridge does not start, or the drop waits
  starting:
    "CLAIMED_TWICE EDIFACT_DIRECTORY FILE_UNREADABLE IDOC_DICTIONARY LAYOUT_INVALID OPTION_UNUSABLE SCHEMA_FILE_INVALID VERSION_MISSING WSDL_INVALID".split(
      " ",
    ),
  waiting: [
    "ATTACHMENTS_AWAITED",
    "DECODE_CHANGED",
    "DISK_LOW",
    "JOURNAL_FAILED",
    "ORDER_HELD",
    "SUNSET_PASSED",
    "TARGETS_AWAY",
    "TARGET_BUSY",
    "TARGET_UNREACHABLE",
  ],
  // the file stays at the source
  source: [
    "INBOX_ADDRESS",
    "INBOX_HOST_KEY",
    "SOURCE_CHANGED",
    "SOURCE_CLEANUP_FAILED",
    "SOURCE_SHARED",
    "SOURCE_UNREACHABLE",
  ],
  // people who ask for something
  asking: [
    "BRIDGE_UNKNOWN",
    "DEAD_LETTER_UNKNOWN",
    "DROP_UNKNOWN",
    "DROP_HANDED_OVER",
    "DROP_HELD",
    "DROP_REFUSED",
    "PAYLOAD_PURGED",
  ],
};

function codesIn(rooms: readonly string[]): ReadonlySet<Code> {
  const found = new Set<Code>();
  for (const room of rooms) {
    for (const name of readdirSync(join(root, room), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts") || /(?:^|\/)reasons/.test(name)) continue;
      const text = readFileSync(join(root, room, name), "utf8");
      for (const [, code = ""] of text.matchAll(/"([A-Z][A-Z0-9_]+)"/g)) {
        if (Object.hasOwn(CODES, code)) found.add(code as Code);
      }
    }
  }
  return found;
}

const FACTS = {
  column: "RF",
  list: "rechtsform",
  pattern: "dd.MM.yyyy",
  path: "gw:betrieb/gw:beginn",
  encoding: "utf-8",
  found: 5,
  expected: 4,
  line: 7,
  cell: 2,
  earlier: 1,
  record: 3,
  what: "Name des Betriebs",
  rule: "value is not in the list",
  position: 4,
};

describe("German reasons", () => {
  it("exist for every code that a record can end with", () => {
    const listed = new Set(Object.values(NO_RECORD).flat());
    const without = [...codesIn(ROOMS)].filter((code) => !listed.has(code) && !Object.hasOwn(REASONS, code));
    expect(without, "give these a sentence in reasons.ts, or say here why no record ends with them").toEqual([]);
  });

  it("exist for no code that a record never ends with, and the list above holds nothing that is gone", () => {
    const thrown = codesIn(ROOMS);
    const listed = Object.values(NO_RECORD).flat();
    expect(listed.filter((code) => Object.hasOwn(REASONS, code))).toEqual([]);
    expect(Object.keys(REASONS).filter((code) => !thrown.has(code as Code))).toEqual([]);
    expect(
      listed.filter((code) => !thrown.has(code as Code) && code !== "VERSION_MISSING" && code !== "DROP_UNKNOWN"),
    ).toEqual([]);
  });

  it.each(Object.keys(REASONS) as Code[])("%s is a whole German sentence, with and without its names", (code) => {
    for (const facts of [{}, FACTS]) {
      const text = reasonInGerman({ code, stage: "map", facts });
      expect(text).toMatch(/^[\p{Lu}»].*[.!]$/su);
      expect(text).not.toMatch(/undefined|\bnull\b|NaN|: \.|\.\./);
      expect(text.length).toBeLessThan(240);
      // The legacy side's clerk reads it: no code, no English of ours.
      expect(text).not.toMatch(/[A-Z]{2,}_[A-Z]/);
      expect(text).not.toMatch(/\b(?:the|not|record|value|is)\b/);
    }
  });

  it.each([
    ["CODE_UNKNOWN", { column: "RF", list: "rechtsform" }, "Spalte RF: Wert nicht in der Liste »rechtsform«."],
    [
      "DATE_INVALID",
      { column: "BEGINN", pattern: "dd.MM.yyyy" },
      "Spalte BEGINN: kein gültiges Datum nach dem Muster TT.MM.JJJJ.",
    ],
    ["DATE_INVALID", { pattern: "yyyy'J'MM" }, "Kein gültiges Datum nach dem Muster JJJJJMM."],
    [
      "DATE_INVALID",
      { column: "ZEIT", zone: "Europe/Berlin" },
      "Spalte ZEIT: diese Uhrzeit gibt es wegen der Zeitumstellung nicht.",
    ],
    [
      "DATE_INVALID",
      { column: "BEGINN", pattern: "dd.MM.yyyy", calendar: 1 },
      "Spalte BEGINN: dieses Datum oder diese Uhrzeit gibt es nicht.",
    ],
    [
      "DECIMAL_INVALID",
      { column: "KAPITAL", pattern: "1.234,56" },
      "Spalte KAPITAL: kein gültiger Betrag nach dem Muster 1.234,56.",
    ],
    [
      "DECIMAL_INVALID",
      { column: "BETRAG", pattern: "2 implied places" },
      "Spalte BETRAG: kein gültiger Betrag (Ziffern mit 2 gedachten Nachkommastellen).",
    ],
    ["ROW_RAGGED", { found: 1, expected: 4 }, "Die Zeile hat 1 Spalte statt 4."],
    ["HEADER_DUPLICATE", { earlier: 1, cell: 3 }, "In der Kopfzeile heißen die Spalten Nummer 1 und 3 gleich."],
    [
      "HEADER_DUPLICATE",
      { earlier: 2, cell: 3, unnamed: 1 },
      "In der Kopfzeile haben die Spalten Nummer 2 und 3 keinen Namen; nur eine darf ohne Namen sein.",
    ],
    ["VALUE_REQUIRED", { column: "NAME" }, "Spalte NAME: Pflichtangabe fehlt."],
    ["VALUE_REQUIRED", { column: "NAME", what: "Name des Betriebs" }, "Pflichtangabe fehlt: Name des Betriebs."],
    [
      "SCHEMA_INVALID",
      { path: "/g:a/g:b", rule: "value is not in the list", column: "RF" },
      "Die Nachricht entspricht an der Stelle /g:a/g:b (aus Spalte RF) nicht den Vorgaben des Ziels: der Wert steht nicht in der zulässigen Liste.",
    ],
    [
      "SCHEMA_INVALID",
      { path: "/a", rule: "a rule that has no German" },
      "Die Nachricht entspricht an der Stelle /a nicht den Vorgaben des Ziels.",
    ],
    [
      "RULE_BROKEN",
      { path: "/a/b", rule: "BR-1", says: "BR-1: Summe ist falsch.", column: "SUMME" },
      "Die Nachricht verletzt an der Stelle /a/b (aus Spalte SUMME) eine Regel des Standards: BR-1: Summe ist falsch.",
    ],
    [
      "RULE_BROKEN",
      { path: "/a", rule: "BR-1", undecided: "yes" },
      "Die Regel BR-1 des Standards lässt sich an der Stelle /a nicht prüfen: Ein Wert hat nicht die Form, die sie braucht.",
    ],
    ["RULE_BROKEN", { path: "/", rule: "BR-1" }, "Die Nachricht verletzt eine Regel des Standards."],
    ["ROW_RAGGED", { found: 5, expected: 4 }, "Die Zeile hat 5 Spalten statt 4."],
    ["REQUIRED_EMPTY", { path: "gw:name" }, "Nachricht, gw:name: eine Pflichtangabe fehlt."],
    ["IDOC_DOCNUM", { blank: 1 }, "In Sätzen des IDocs fehlt seine Nummer (DOCNUM)."],
    ["X12_TRANSACTION", { transaction: "6" }, "Im Segment ST steht nicht, was für eine Nachricht es ist."],
    [
      "EDIFACT_CHARACTER",
      { error0085: "21", level: "UCS", why: "lineBreak", segment: "FTX", position: 4 },
      "Segment 4 (FTX): im Segment steht ein Zeilenumbruch, der dort nicht stehen darf.",
    ],
  ] as const)("%s %j: %s", (code, facts, text) => {
    expect(reasonInGerman({ code, stage: "map", facts })).toBe(text);
  });

  it("a code of another version falls back to the stage and shows the code", () => {
    expect(reasonInGerman({ code: "GONE_CODE" as Code, stage: "deliver" })).toBe(
      "Die Nachricht konnte nicht zugestellt werden (GONE_CODE).",
    );
    for (const stage of ["receive", "decode", "map", "validate", "encode", "deliver", "answer"] as Stage[]) {
      expect(stageInGerman(stage)).toMatch(/^\p{Lu}\p{Ll}+$/u);
    }
  });
});

describe("rules of schemas in German", () => {
  it("are known for most of what the validators say, and left out where they are not", () => {
    const said = ["src/core/validation/xsd-findings.ts", "src/core/validation/json-schema-messages.ts"]
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join("\n");
    const rules = [...said.matchAll(/=> "([a-z][^"]+)"|: "(value [^"]+)"/g)].map(([, a, b]) => (a ?? b) as string);
    expect(rules.length).toBeGreaterThan(20);
    const known = rules.filter((rule) => ruleInGerman(rule) !== undefined);
    expect(known.length / rules.length).toBeGreaterThan(0.5);
    expect(ruleInGerman("breaks the rule foo of the schema")).toBeUndefined();
  });

  it.each([
    [
      "a required child element is missing; possible next: gw:a or gw:b",
      "ein vorgeschriebenes Element fehlt, etwa gw:a oder gw:b",
    ],
    ["the required attribute art is missing", "art fehlt"],
    ["betrag is missing", "betrag fehlt"],
    ["is shorter than 3", "der Wert ist zu kurz"],
    ["value is no xs:date", "der Wert ist kein Datum"],
    ["value is no gw:nummerType", "der Wert hat nicht die vorgeschriebene Art"],
    ['must be "EUR"', "hier ist ein bestimmter Wert vorgeschrieben"],
  ])("%s: %s", (rule, german) => {
    expect(ruleInGerman(rule)).toBe(german);
  });
});
