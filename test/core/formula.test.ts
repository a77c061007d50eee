// Formulas of bridge files: what they see, what the checker says of them, how they fail.

import { describe, expect, it } from "vitest";
import { compileExpression, formulaShape } from "../../src/core/mapping/formula/compile.ts";
import { compiled, failureOf, findings, firstColumn, scopeOf, valueOf } from "./formula-place.ts";

const fields = ["FIRMA", "PLZ", "ORT", "STATUS", "GP-ID", "A.B", "BETRAG"];

/** Code, column and hint of what is found, as one line each. */
function told(source: string, more: Parameters<typeof findings>[1] = { fields }): string[] {
  return findings(source, more).map(({ code, column, message, hint }) => `${column} ${code} ${message} | ${hint}`);
}

/** The fields that a formula reads, with their offsets. */
function names(source: string, more: Parameters<typeof compiled>[1] = {}): string[] {
  return compiled(source, more).names.map(({ name, at }) => `${name}@${at.column - firstColumn}`);
}

/** What a formula says that meets a bound. */
function limited(source: string): string {
  const { code, message } = failureOf(source);
  return `${code} ${message}`;
}

describe("what a formula sees", () => {
  const record = { FIRMA: "Muster GmbH", PLZ: "12345", LISTE: ["a", "b"], X: { Y: "tief" }, "GP-ID": "7" };

  it("reads fields, chains of fields and names in backticks", () => {
    expect(valueOf("FIRMA", record)).toBe("Muster GmbH");
    expect(valueOf("X.Y", record)).toBe("tief");
    expect(valueOf("`GP-ID`", record)).toBe("7");
    expect(valueOf("NICHTS", record)).toBeUndefined();
    expect(valueOf("X.Y.Z", record)).toBeUndefined();
    expect(valueOf("LISTE", record)).toBe(record.LISTE);
  });

  it("takes a blank cell, a field without a value, as absent wherever fields are walked", () => {
    const blank = { FIRMA: "Muster", PLZ: undefined, ORT: "Ort" };
    expect(valueOf("$join(*, ';')", blank)).toBe("Muster;Ort");
    expect(valueOf("$count(**)", blank)).toBe(3);
    expect(valueOf("$keys($)", blank)).toEqual(["FIRMA", "ORT"]);
    expect(valueOf("$each($, function($v, $k){ $k & '=' & $v })", blank)).toEqual(["FIRMA=Muster", "ORT=Ort"]);
    expect(valueOf("$keys($merge([{'PLZ': 'x'}, $]))", blank)).toEqual(["PLZ", "FIRMA", "ORT"]);
    expect(valueOf("$merge([{'PLZ': 'x'}, $]).PLZ", blank)).toBe("x");
    expect(valueOf("$count($spread($))", blank)).toBe(2);
    expect(valueOf("$keys($sift($, function($v){ $v != 'Ort' }))", blank)).toEqual("FIRMA");
    expect(valueOf("$boolean($)", { FIRMA: undefined })).toBe(false);
  });

  it("binds the scope", () => {
    const root = { NR: "1" };
    const group = [root, { NR: "2" }, { NR: "3" }];
    const formula = compiled(
      "$$.NR & $n & $index & $count($group) & $group[1].NR & $file.stem & $bridge & $parent.P & $batch.number",
    );
    const scope = scopeOf(root, { n: 2, group, parent: { P: "p" }, batch: { date: "2027-03-01", number: 4 } });
    expect(formula.evaluate("item", scope)).toBe("121732g_1gewerbep4");
    expect(compiled("$").evaluate("item", scope)).toBe("item");
    expect(compiled("$group[NR != '2'].NR").evaluate({}, scope)).toEqual(["1", "3"]);
  });

  it("takes lets by slot and the variables of its place", () => {
    const scope = scopeOf({}, { lets: ["eins", "zwei"], extra: { status: 409, reply: { code: "99" } } });
    const formula = compiled("$ort & $land & $status & $reply.code", {
      lets: ["ort", "land"],
      variables: ["reply", "status"],
    });
    expect(formula.evaluate({}, scope)).toBe("einszwei40999");
    expect(formula.evaluate({}, scopeOf({}))).toBe("");
  });

  it("lets a let hide a function, and a variable of its own hide both", () => {
    const scope = scopeOf({}, { lets: ["mein Text"] });
    expect(compiled("$string", { lets: ["string"] }).evaluate({}, scope)).toBe("mein Text");
    expect(compiled("($date := function($x){ $x & '!' }; $date('heute'))").evaluate({}, scope)).toBe("heute!");
  });

  it("gives the time of receipt as the time", () => {
    expect(valueOf("$now()")).toBe("2027-03-01T12:30:00.000Z");
    expect(valueOf("$now('[D01].[M01].[Y0001]')")).toBe("01.03.2027");
    expect(valueOf("$millis()")).toBe(Date.UTC(2027, 2, 1, 12, 30));
    expect(valueOf("$toMillis('08:15', '[H01]:[m01]')")).toBe(Date.UTC(2027, 2, 1, 8, 15));
  });

  it("takes an array as the item, as one item", () => {
    expect(compiled("$count($)").evaluate(["a", "b"], scopeOf({}))).toBe(2);
    expect(compiled("A").evaluate([{ A: "1" }, { A: "2" }], scopeOf({}))).toEqual(["1", "2"]);
  });

  it("knows which fields it reads", () => {
    expect(names("FIRMA & ' ' & ORT & FIRMA")).toEqual(["FIRMA@0", "ORT@14"]);
    expect(names("$$.A.B & LISTE[X = 'y'].Z & $map(L, function($v){ $v.M & N })")).toEqual([
      "A@3",
      "LISTE@9",
      "L@33",
      "N@57",
    ]);
    expect(names("$group[SA = 'P'].POS")).toEqual(["SA@7", "POS@17"]);
    expect(names("$group^(NR).X")).toEqual(["NR@8", "X@12"]);
    expect(names("`GP-ID` ? {'k': A} : [B]")).toEqual(["GP-ID@0", "A@16", "B@22"]);
    expect(names("A & $$.B", { itemIsRecord: false })).toEqual(["B@7"]);
    expect(names("$trim($) & $.C")).toEqual(["C@13"]);
  });
});

describe("the checker", () => {
  it("names the nearest column", () => {
    expect(told("FIRMEN")).toEqual([`${firstColumn} FIELD_UNKNOWN FIRMEN is no column | Did you mean FIRMA?`]);
    expect(told("$trim(Firma) & $$.ORTE")).toEqual([
      `${firstColumn + 6} FIELD_UNKNOWN Firma is no column | Did you mean FIRMA?`,
      `${firstColumn + 18} FIELD_UNKNOWN ORTE is no column | Did you mean ORT?`,
    ]);
    expect(told("XYZXYZ")[0]).toContain("There are: FIRMA, PLZ, ORT, STATUS, `GP-ID`");
    expect(told("NEU", { fields, optional: ["NEU"] })).toEqual([]);
    expect(told("FIRMEN", { fields, itemIsRecord: false })).toEqual([]);
    expect(told("FIRMEN", {})).toEqual([]);
  });

  it("sees a name that reads as an operation", () => {
    expect(told("GP-ID")).toEqual([
      `${firstColumn} FIELD_UNKNOWN GP and ID are no columns, but \`GP-ID\` is; this reads "GP minus ID" | = \`GP-ID\``,
    ]);
    expect(told("$trim(A.B)")).toEqual([
      `${firstColumn + 6} FIELD_UNKNOWN A is no column, but \`A.B\` is; this reads "B of A" | = \`A.B\``,
    ]);
    expect(findings("GP-ID", { fields })[0]?.length).toBe(5);
    // If both sides are columns, minus is what was meant.
    expect(told("GP-ID", { fields: ["GP", "ID", "GP-ID"] })).toEqual([]);
  });

  it("knows variables and functions", () => {
    expect(told("$ortt", { lets: ["ort"] })).toEqual([
      `${firstColumn} VARIABLE_UNKNOWN $ortt is bound nowhere | Did you mean $ort?`,
    ]);
    expect(told("$FIRMA")).toEqual([
      `${firstColumn} VARIABLE_UNKNOWN $FIRMA is bound nowhere, but FIRMA is a column | = FIRMA`,
    ]);
    expect(told("$uppercas(FIRMA)")).toEqual([
      `${firstColumn} FUNCTION_UNKNOWN $uppercas is no function | Did you mean $uppercase?`,
    ]);
    expect(told("uppercase(FIRMA)")).toEqual([
      `${firstColumn} FUNCTION_UNKNOWN uppercase(…) is no function; functions begin with $ | Write $uppercase(…)`,
    ]);
    expect(told("($x := FIRMA; function($y){ $x & $y })('1')")).toEqual([]);
    expect(told("$decimal(BETRAG)")).toEqual([
      `${firstColumn} ARGUMENTS_WRONG $decimal takes 2 arguments, here is 1 | `,
    ]);
    expect(told("BETRAG ~> $decimal('1.234,56')")).toEqual([]);
  });

  it("knows what a value of map.let hides, where names are bound, and what they hold", () => {
    expect(told("$sum([1])", { lets: ["sum"] })).toEqual([
      `${firstColumn} FUNCTION_UNKNOWN $sum is a value of map.let, so it cannot be called | Rename it under map.let: it hides the function $sum`,
    ]);
    expect(told("$ort('x')", { lets: ["ort"] })[0]).toContain("$ort is a value of map.let, so it cannot be called | ");
    expect(told("$sum & ($date := function($x){ $x }; $date('1'))", { lets: ["sum", "date"] })).toEqual([]);
    expect(told("$reply.x")[0]).toContain(
      "$reply is not bound here; it is bound in deliver.outcomes, and in the answer to a caller",
    );
    expect(told("$reply.x", { variables: ["reply"] })).toEqual([]);
    expect(told("$file.stm")).toEqual([`${firstColumn + 6} FIELD_UNKNOWN $file has no stm | Did you mean $file.stem?`]);
    expect(told("$batch.nummer & $file.sha256")).toEqual([
      `${firstColumn + 7} FIELD_UNKNOWN $batch has no nummer | Did you mean $batch.number?`,
    ]);
    expect(told("FIRMA", { fields: [] })[0]).toContain("FIRMA is no column: nothing is decoded");
  });

  it("refuses what would differ on a replay", () => {
    for (const name of ["eval", "random", "shuffle"]) {
      expect(told(`$${name}(FIRMA)`)[0]).toContain("FUNCTION_REFUSED");
      expect(told(`[FIRMA] ~> $${name}`)[0]).toContain("FUNCTION_REFUSED");
    }
  });

  it("knows lists, tables and their columns", () => {
    expect(told("$code('rechtsfrom', FIRMA)")).toEqual([
      `${firstColumn + 6} TABLE_UNKNOWN map.codes has no rechtsfrom | Did you mean 'rechtsform'?`,
    ]);
    expect(told("$row('rechtsform', FIRMA).TITLE")).toEqual([
      `${firstColumn + 26} COLUMN_UNKNOWN TITLE is no column of rechtsform | Did you mean TITEL?`,
    ]);
    expect(told("$row('rechtsform', FIRMA).TITEL")).toEqual([]);
  });

  it("knows that cells are text", () => {
    const text = { fields, textFields: true };
    expect(told("STATUS = 1", text)).toEqual([
      `${firstColumn} TEXT_NOT_NUMBER STATUS is text; STATUS = 1 is never true | Write '1'`,
    ]);
    expect(told("0 != STATUS", text)[0]).toContain("is always true");
    expect(told("BETRAG > 100", text)[0]).toContain("$number(BETRAG) > 100");
    expect(told("STATUS in [1, 2]", text)[0]).toContain("STATUS in ['1', '2']");
    expect(told("BETRAG * 2", text)[0]).toContain("$number(BETRAG)");
    expect(told("STATUS = '1' and $number(BETRAG) > 100", text)).toEqual([]);
    expect(told("STATUS = 1")).toEqual([]);
    expect(told("PLZ + ORT", text)).toEqual([
      `${firstColumn} PLUS_ON_TEXT + adds numbers; join texts with & or $join | PLZ & ORT, or $number(PLZ) + $number(ORT)`,
    ]);
    expect(told("PLZ + ' '")[0]).toContain("PLUS_ON_TEXT");
  });

  it("reads literal patterns at load", () => {
    expect(told("$date(FIRMA, 'DD.MM.YYYY')")[0]).toContain("PATTERN_INVALID");
    expect(told("$date(FIRMA, 'dd.MM.yyyy', 'Europe/Berlni')")[0]).toContain("ZONE_UNKNOWN");
    expect(told("$decimal(BETRAG, '#.##0,00')")[0]).toContain("PATTERN_INVALID");
    expect(told("$latin(FIRMA, 'F')")[0]).toContain("PATTERN_INVALID");
    expect(told("$date(FIRMA, 5)")[0]).toContain("FORMULA_SYNTAX argument 2 of $date is a number");
  });

  it("explains syntax", () => {
    expect(told("FIRMA &")).toEqual([`${firstColumn + 7} FORMULA_SYNTAX the formula ends too early | `]);
    expect(told("'Text")[0]).toContain("a text has no closing quote");
    expect(told("FIRMA ORT")[0]).toBe(`${firstColumn + 6} FORMULA_SYNTAX ORT does not fit here | `);
    expect(told("A B", { fields: ["A B"] })[0]).toContain("= `A B`");
    expect(told("")[0]).toContain("nothing stands behind =");
    expect(told(`${"(".repeat(20_000)}1`)[0]).toContain("FORMULA_SYNTAX");
    expect(told(`'${"x".repeat(70_000)}'`)[0]).toContain("more than 65536 characters");
    expect(told(`${"(".repeat(40)}FIRMA${" ?: 1)".repeat(40)}`)[0]).toContain("?: and ?? are nested too deeply");
    expect(told(`FIRMA${" ?? ORT".repeat(200)}`)).toEqual([]);
    expect(told("$match(FIRMA, /(?=a)/)")[0]).toContain("look-ahead and look-behind cannot be had");
    expect(told("$match(FIRMA, /(a)\\1/)")[0]).toContain("back references cannot be had");
    expect(told("$match(FIRMA, /[/)")[0]).toContain("FORMULA_SYNTAX");
  });

  it("says what a formula amounts to", () => {
    expect(formulaShape("FLAG")).toEqual({ kind: "field", name: "FLAG" });
    expect(formulaShape("`GP-ID`")).toEqual({ kind: "field", name: "GP-ID" });
    expect(formulaShape("$$.FLAG")).toEqual({ kind: "field", name: "FLAG" });
    expect(formulaShape("'N'")).toEqual({ kind: "constant", value: "N" });
    expect(formulaShape("-1")).toEqual({ kind: "constant", value: -1 });
    expect(formulaShape("FLAG = 'J'")).toEqual({ kind: "other" });
    expect(formulaShape("A.B")).toEqual({ kind: "other" });
    expect(formulaShape("(")).toEqual({ kind: "other" });
  });
});

describe("failures", () => {
  const secret = "Geheimnis";

  it("carry code, stage, place, kinds and the formula, values in the detail only", () => {
    const error = failureOf("1 + $length(A) + B", { A: "x", B: secret });
    expect(error.code).toBe("FORMULA_FAILED");
    expect(error.stage).toBe("map");
    expect(error.position).toEqual({ file: "bridge.yaml", line: 12, column: firstColumn + 15 });
    expect(error.message).toBe("the right side of + must be a number, it is text: = 1 + $length(A) + B");
    expect(error.detail).toBe(`record 17: "${secret}"`);
    expect(error.message).not.toContain(secret);
  });

  it("never show a computed message", () => {
    expect(failureOf("$error('Kennzeichen fehlt')").message).toContain("Kennzeichen fehlt");
    const computed = failureOf("$error('falsch: ' & A)", { A: secret });
    expect(computed.message).not.toContain(secret);
    expect(computed.detail).toContain(secret);
    expect(failureOf("$assert(A = 'x', 'A muss x sein')", { A: secret }).message).toContain("A muss x sein");
  });

  it("refuse a function as the value", () => {
    expect(failureOf("$uppercase").message).toContain("gives a function");
  });

  it("are the same for the same cause, whatever the record", () => {
    const first = failureOf("$number(A)", { A: "x" }, { index: 1 });
    const second = failureOf("$number(A)", { A: "y" }, { index: 2 });
    expect(first.message).toBe(second.message);
    expect(first.detail).not.toBe(second.detail);
  });
});

describe("bounds", () => {
  it("name what was too much", () => {
    expect(limited("($f := function($n){ $n + $f($n + 1) }; $f(1))")).toMatch(/^FORMULA_LIMIT .*too deeply/);
    expect(limited("($f := function($n){ $f($n + 1) }; $f(1))")).toMatch(/^FORMULA_LIMIT .*(?:steps|ms)/);
    expect(limited("[1..100000000]")).toMatch(/^FORMULA_LIMIT .*10 million/);
    expect(limited("[1..5000000]")).toMatch(/^FORMULA_LIMIT .*items/);
    expect(limited("$pad('x', 100000000)")).toMatch(/^FORMULA_LIMIT .*characters/);
    expect(limited("$reduce([1..60], function($a, $b){ $a & $a }, 'xxxx')")).toMatch(/^FORMULA_LIMIT .*characters/);
    expect(limited("$reduce([1..60], function($a, $b){ $append($a, $a) }, [1])")).toMatch(/^FORMULA_LIMIT .*items/);
    expect(limited("$map([1..3000], function($a){ $map([1..3000], function($b){ $a * $b }) })")).toMatch(
      /^FORMULA_LIMIT .*(?:steps|ms)/,
    );
    expect(limited("$formatNumber(1, $pad('0', 300, '0'))")).toMatch(/^FORMULA_LIMIT .*characters/);
    expect(limited("$fromMillis(0, '[Y,1000000000]')")).toMatch(/^FORMULA_LIMIT .*characters/);
  });

  it("stay linear with hostile patterns and texts", () => {
    const started = performance.now();
    expect(valueOf("$contains(A, /^(a+)+$/)", { A: `${"a".repeat(50_000)}!` })).toBe(false);
    expect(failureOf("$toMillis(A, '[Y][M][D]')", { A: "1".repeat(100_000) }).code).toBe("FORMULA_FAILED");
    expect(failureOf("$formatNumber(1e308 * 10, '0e0')").code).toBe("FORMULA_FAILED");
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("hold for every record anew", () => {
    const formula = compiled("$sum([1..200000])");
    for (let turn = 0; turn < 12; turn += 1) expect(formula.evaluate({}, scopeOf({}))).toBe(20_000_100_000);
  });
});

describe("nothing but the record is within reach", () => {
  it("treats inherited names as absent and own ones as data", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
      expect(valueOf(name, { A: "1" })).toBeUndefined();
      expect(valueOf(`A.${name}`, { A: {} })).toBeUndefined();
      expect(valueOf(`$lookup($, '${name}')`, { A: "1" })).toBeUndefined();
      const own = JSON.parse(`{"${name}": "eigen"}`) as Record<string, string>;
      expect(valueOf(name, own)).toBe("eigen");
      expect(valueOf(`{ '${name}': 'x' }.${name}`)).toBe("x");
    }
    expect(valueOf("$string(1).constructor('return 1')()".replace(/\(.*/, "(1)"))).toBe("1");
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("does not take the package's own marks from records", () => {
    const record = JSON.parse(
      '{"_jsonata_lambda": true, "sequence": true, "outerWrapper": true, "tupleStream": true, "cons": true, "then": "t"}',
    ) as Record<string, string>;
    expect(valueOf("$", record)).toBe(record);
    expect(valueOf("$type($)", record)).toBe("object");
    expect(valueOf("$keys($)[0]", record)).toBe("_jsonata_lambda");
    expect(valueOf("$string(toJSON)", { toJSON: "text" })).toBe("text");
  });

  it("never changes the record", () => {
    const record = { L: [{ A: "1" }], E: [] };
    const frozen = JSON.stringify(record);
    expect(valueOf("$ ~> |L|{'A': '2'}|", record)).toEqual({ L: [{ A: "2" }], E: [] });
    valueOf("$ ~> |$$.L|{'A': '3'}|", record);
    valueOf("E{'k': $$}", record);
    valueOf("L[]", record);
    expect(JSON.stringify(record)).toBe(frozen);
    Object.freeze(record.L);
    expect(valueOf("L[]", record)).toEqual([{ A: "1" }]);
  });
});

describe("steg eval's expressions", () => {
  it("take bindings, also over library functions, and $eval", () => {
    expect(compileExpression("$a + $eval('$a * 2')").evaluate({}, { a: 3 })).toBe(9);
    const shadowing = compileExpression("$sum([1, 2])");
    expect(shadowing.evaluate({})).toBe(3);
    expect(shadowing.evaluate({}, { sum: (list: number[]) => list.length })).toBe(2);
    expect(shadowing.evaluate({})).toBe(3);
    expect(compileExpression("$random() < 1").evaluate({})).toBe(true);
  });

  it("throw JSONata's codes with a message that people understand", () => {
    expect(() => compileExpression("1 +")).toThrowError(expect.objectContaining({ code: "S0207" }));
    expect(() => compileExpression("1 + 'a'").evaluate({})).toThrowError(
      expect.objectContaining({
        code: "T2002",
        message: "the right side of + must be a number, it is text",
        token: "+",
      }),
    );
  });

  it("know Steg's functions where they are asked for", () => {
    const date = compileExpression("$date(D, 'dd.MM.yyyy')", { extras: true });
    expect(date.evaluate({ D: "29.02.2028" })).toBe("2028-02-29");
    expect(compileExpression("$date").evaluate({})).toBeUndefined();
  });
});
