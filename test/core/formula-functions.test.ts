// Steg's own functions, each with what it refuses.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { uuid5 } from "../../src/core/mapping/formula/extra/values.ts";
import { compiled, failureOf, scopeOf, valueOf } from "./formula-place.ts";

const literal = (text: string): string => `'${text}'`;

/** The same call with its arguments as literals, from fields, behind ~> and handed on. */
function everyWay(name: string, text: string, ...rest: string[]): unknown[] {
  const more = rest.map((arg) => `, ${arg}`).join("");
  const record = { T: text, ...Object.fromEntries(rest.map((arg, index) => [`R${index}`, arg.replaceAll("'", "")])) };
  const fromFields = rest.map((arg, index) => (arg.startsWith("'") ? `, R${index}` : `, ${arg}`)).join("");
  return [
    valueOf(`$${name}(T${more})`, record),
    valueOf(`$${name}(T${fromFields})`, record),
    valueOf(`T ~> $${name}(${rest.join(", ")})`, record),
    valueOf(`$map([T], function($t){ $${name}($t${more}) })`, record),
    valueOf(`($f := $${name}(?${more}); $f(T))`, record),
  ];
}

function year(text: string, received: number): unknown {
  return valueOf("$date(T, 'ddMMyy')", { T: `0101${text}` }, { received: Date.UTC(received, 5) });
}

function at(text: string): unknown {
  return valueOf("$datetime(T, 'dd.MM.yyyy HH:mm', 'Europe/Berlin')", { T: text });
}

function uuid(more: Parameters<typeof valueOf>[2] = {}, name = "a"): unknown {
  return valueOf(`$uuid('${name}')`, {}, more);
}

describe("absent in, absent out", () => {
  it.each([
    "$date(X, 'dd.MM.yyyy')",
    "$datetime(X, 'dd.MM.yyyy', 'Europe/Berlin')",
    "$decimal(X, '1.234,56')",
    "$decimal(X, 2)",
    "$total(X)",
    "$code('rechtsform', X)",
    "$code('rechtsform', X, 'sonst')",
    "$row('rechtsform', X).CODE",
    "$uuid(X)",
    "$hash(X)",
    "$slice(X, 1, 2)",
    "$latin(X, 'B')",
    "X ~> $date('dd.MM.yyyy')",
  ])("%s", (source) => {
    expect(valueOf(source, {})).toBeUndefined();
  });

  it("except where the function is about just that", () => {
    expect(valueOf("$orEmpty(X)")).toBe("");
    expect(valueOf("$orEmpty(X)", { X: "da" })).toBe("da");
    const error = failureOf("$required(X, 'der Name')");
    expect(error.code).toBe("VALUE_REQUIRED");
    expect(error.message).toContain("der Name is required and empty");
    expect(failureOf("$required(X)").message).toBe("column X is required and empty");
    expect(failureOf("$required(X, Y)", { X: "", Y: "Geheimnis" }).message).not.toContain("Geheimnis");
    expect(valueOf("$required(X, 'x')", { X: "da" })).toBe("da");
  });

  it("refuses what is no text", () => {
    for (const source of [
      "$date(1, 'yyyy')",
      "$decimal(1.5, '1234.56')",
      "$hash([1])",
      "$latin(true, 'A')",
      "$slice(1, 1)",
    ]) {
      expect(failureOf(source).message).toMatch(/^argument 1 of \$\w+ is (a number|a list|true or false)/);
    }
  });
});

describe("$date", () => {
  it.each([
    ["01.03.2027", "dd.MM.yyyy", "2027-03-01"],
    ["20270301", "yyyyMMdd", "2027-03-01"],
    ["29.02.2028", "dd.MM.yyyy", "2028-02-29"],
    ["29.02.2000", "dd.MM.yyyy", "2000-02-29"],
    ["0001-01-01", "yyyy-MM-dd", "0001-01-01"],
    ["01.03.27 08:05", "dd.MM.yy HH:mm", "2027-03-01T08:05:00"],
    ["2027-03-01T23:59:59", "yyyy-MM-ddTHH:mm:ss", "2027-03-01T23:59:59"],
    ["03/2027", "MM/yyyy", "2027-03"],
    ["2027", "yyyy", "2027"],
    ["081530", "HHmmss", "08:15:30"],
  ])("%s by %s is %s", (text, pattern, iso) => {
    for (const value of everyWay("date", text, literal(pattern))) expect(value).toBe(iso);
  });

  it("takes letters in quotes as they are", () => {
    expect(valueOf(`$date(T, "yyyy'J'MM")`, { T: "2027J03" })).toBe("2027-03");
    expect(valueOf(`$date(T, "HH''mm")`, { T: "08'15" })).toBe("08:15:00");
  });

  it.each([
    ["29.02.2027", "dd.MM.yyyy"],
    ["29.02.2100", "dd.MM.yyyy"],
    ["31.04.2027", "dd.MM.yyyy"],
    ["00.01.2027", "dd.MM.yyyy"],
    ["01.00.2027", "dd.MM.yyyy"],
    ["01.13.2027", "dd.MM.yyyy"],
    ["01.01.0000", "dd.MM.yyyy"],
    ["24:00", "HH:mm"],
    ["12:60", "HH:mm"],
    ["12:00:60", "HH:mm:ss"],
  ])("%s by %s does not exist", (text, pattern) => {
    const error = failureOf(`$date(GEB, '${pattern}')`, { GEB: text });
    expect(error.code).toBe("DATE_INVALID");
    expect(error.message).toBe(`column GEB matches ${pattern}, but there is no such date or time`);
    expect(error.detail).toContain(text);
  });

  it.each([
    "1.3.2027",
    "01.03.27",
    "01.03.2027 ",
    " 1.03.2027",
    "01-03-2027",
    "01.03.2o27",
    "٠١.٠٣.٢٠٢٧",
    "+1.03.2027",
    "",
  ])("%s does not match dd.MM.yyyy", (text) => {
    const error = failureOf("$date(GEB, 'dd.MM.yyyy')", { GEB: text });
    expect(error.message).toBe("column GEB does not match dd.MM.yyyy");
    expect(error.message.includes(text) && text !== "").toBe(false);
  });

  it("puts two-digit years into a window around the receipt", () => {
    expect(year("47", 2027)).toBe("2047-01-01");
    expect(year("48", 2027)).toBe("1948-01-01");
    expect(year("00", 2027)).toBe("2000-01-01");
    expect(year("99", 2027)).toBe("1999-01-01");
    expect(year("10", 2095)).toBe("2110-01-01");
    expect(year("16", 2095)).toBe("2016-01-01");
    // Every two digits have exactly one year, within a hundred of them.
    for (const received of [1999, 2000, 2027, 2080, 2100]) {
      for (let short = 0; short < 100; short += 1) {
        const found = Number(String(year(String(short).padStart(2, "0"), received)).slice(0, 4));
        expect(found % 100).toBe(short);
        expect(found).toBeGreaterThanOrEqual(received - 79);
        expect(found).toBeLessThanOrEqual(received + 20);
      }
    }
  });

  it("writes the offset where a zone is given", () => {
    expect(valueOf("$date('01.03.2027', 'dd.MM.yyyy', 'Europe/Berlin')")).toBe("2027-03-01+01:00");
    expect(valueOf("$date('01.07.2027 12:00', 'dd.MM.yyyy HH:mm', 'Europe/Berlin')")).toBe("2027-07-01T12:00:00+02:00");
    expect(valueOf("$date('01.07.2027', 'dd.MM.yyyy', 'Z')")).toBe("2027-07-01Z");
    expect(valueOf("$date('01.07.2027', 'dd.MM.yyyy', '-03:30')")).toBe("2027-07-01-03:30");
    expect(valueOf("$date('01.07.2027', 'dd.MM.yyyy', Z)", { Z: "Asia/Kolkata" })).toBe("2027-07-01+05:30");
    expect(failureOf("$date('01.07.2027', 'dd.MM.yyyy', Z)", { Z: "Mars/Olymp" }).code).toBe("ZONE_UNKNOWN");
  });
});

describe("$datetime", () => {
  it("gives date, time and offset, in the bridge's zone if none is named", () => {
    expect(valueOf("$datetime('01.03.2027', 'dd.MM.yyyy')")).toBe("2027-03-01T00:00:00+01:00");
    expect(valueOf("$datetime('01.03.2027', 'dd.MM.yyyy')", {}, { timezone: "America/New_York" })).toBe(
      "2027-03-01T00:00:00-05:00",
    );
    expect(valueOf("$datetime(D & T, 'yyyyMMddHHmmss', 'Europe/Berlin')", { D: "20270701", T: "235959" })).toBe(
      "2027-07-01T23:59:59+02:00",
    );
  });

  it("knows the hours that are left out and repeated", () => {
    // 28.03.2027, 02:00 → 03:00
    expect(at("28.03.2027 01:59")).toBe("2027-03-28T01:59:00+01:00");
    expect(at("28.03.2027 03:00")).toBe("2027-03-28T03:00:00+02:00");
    const gap = failureOf("$datetime(T, 'dd.MM.yyyy HH:mm', 'Europe/Berlin')", { T: "28.03.2027 02:30" });
    expect(gap.code).toBe("DATE_INVALID");
    expect(gap.message).toContain("a local time that Europe/Berlin does not have");
    // 31.10.2027, 03:00 → 02:00: the first of the two hours.
    expect(at("31.10.2027 01:59")).toBe("2027-10-31T01:59:00+02:00");
    expect(at("31.10.2027 02:30")).toBe("2027-10-31T02:30:00+02:00");
    expect(at("31.10.2027 03:00")).toBe("2027-10-31T03:00:00+01:00");
  });

  it("agrees with Intl on every hour of a year, in zones with odd changes", () => {
    for (const zone of ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]) {
      const formula = compiled(`$datetime(T, 'yyyyMMddHHmmss', '${zone}')`);
      const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
      for (let hour = 0; hour < 365 * 24; hour += 5) {
        const local = format.format(Date.UTC(2027, 0, 1, hour)).replaceAll(/\D/g, "");
        const iso = formula.evaluate({ T: local }, scopeOf({ T: local })) as string;
        expect(format.format(new Date(iso)).replaceAll(/\D/g, "")).toBe(local);
      }
    }
  });

  it("refuses local mean time with seconds", () => {
    const old = failureOf("$datetime('01.01.1880', 'dd.MM.yyyy', 'Europe/Berlin')");
    expect(old.code).toBe("DATE_INVALID");
  });
});

describe("$decimal", () => {
  it.each([
    ["25.000,00", "'1.234,56'", "25000.00"],
    ["25000,00", "'1.234,56'", "25000.00"],
    ["1.234", "'1.234,56'", "1234"],
    ["-1.234.567,8", "'1.234,56'", "-1234567.8"],
    ["+12,50", "'1.234,56'", "12.50"],
    [",50", "'1.234,56'", "0.50"],
    ["-0,00", "'1.234,56'", "0.00"],
    ["0012,50", "'1.234,56'", "12.50"],
    ["1,234.56", "'1,234.56'", "1234.56"],
    ["1 234,56", "'1 234,56'", "1234.56"],
    ["1234.56", "'1234.56'", "1234.56"],
    ["1234,56", "'1234,56'", "1234.56"],
    ["1.234", "'1.234'", "1234"],
    ["42", "'1234'", "42"],
    ["12,50-", "'1.234,56-'", "-12.50"],
    ["12345678901234567890,12", "'1234,56'", "12345678901234567890.12"],
    ["0001250", "2", "12.50"],
    ["5", "2", "0.05"],
    ["-5", "2", "-0.05"],
    ["0000125-", "2", "-1.25"],
    ["125", "0", "125"],
  ])("%s by %s is %s", (text, picture, exact) => {
    for (const value of everyWay("decimal", text, picture)) expect(value).toBe(exact);
  });

  it.each([
    ["12.50", "'1.234,56'"],
    ["1.2345,00", "'1.234,56'"],
    ["1234.567,00", "'1.234,56'"],
    [".123,00", "'1.234,56'"],
    ["1..234", "'1.234,56'"],
    ["12,", "'1.234,56'"],
    ["1,2,3", "'1.234,56'"],
    ["1,234.567", "'1.234,56'"],
    ["", "'1.234,56'"],
    ["-", "'1.234,56'"],
    ["--1", "'1.234,56'"],
    ["12,50 EUR", "'1.234,56'"],
    ["12,50-", "'1.234,56'"],
    ["25.000,00", "'1.234'"],
    ["1e5", "'1234.56'"],
    ["NaN", "'1234.56'"],
    ["٣", "'1234.56'"],
    ["12.5", "2"],
    ["", "2"],
    ["9".repeat(500), "'1234'"],
  ])("%s does not match %s", (text, picture) => {
    const error = failureOf(`$decimal(KAPITAL, ${picture})`, { KAPITAL: text });
    expect(error.code).toBe("DECIMAL_INVALID");
    expect(error.message).toMatch(/^column KAPITAL does not match /);
  });
});

describe("$total", () => {
  it("adds exactly", () => {
    expect(valueOf("$total(['0.1', '0.2'])")).toBe("0.3");
    expect(valueOf("$total(['12345678901234567890.12', '0.880', '-1'])")).toBe("12345678901234567890.000");
    expect(valueOf("$total(['-1.5', '1.50'])")).toBe("0.00");
    expect(valueOf("$total('7.10')")).toBe("7.10");
    expect(valueOf("$total([1, 2.5])")).toBe("3.5");
    expect(valueOf("$total([])")).toBeUndefined();
    const group = [{ B: "1.000,10" }, { B: "2,05" }, {}];
    expect(valueOf("$total($group.$decimal(B, '1.234,56'))", {}, { group })).toBe("1002.15");
  });

  it("refuses what is no decimal", () => {
    for (const item of ["'1,50'", "''", "'x'", "true", "1e30", "0.1 / 0"]) {
      expect({ item, code: failureOf(`$total(['1.00', ${item}])`).code }).toEqual({ item, code: "DECIMAL_INVALID" });
    }
  });
});

describe("$code and $row", () => {
  it("look up", () => {
    const record = { L: "rechtsform", RF: "GmbH" };
    for (const source of [
      "$code('rechtsform', RF)",
      "$code(L, RF)",
      "L ~> $code(RF)",
      "$map([RF], $code('rechtsform', ?))",
    ]) {
      expect({ source, value: valueOf(source, record) }).toEqual({ source, value: "351" });
    }
    expect(valueOf("$row('rechtsform', RF).TITEL", { RF: "GmbH" })).toBe("Gesellschaft mbH");
    expect(valueOf("$row('rechtsform', RF).TITEL", { RF: "AG" })).toBeUndefined();
    expect(valueOf("$code('rechtsform', 'leer')")).toBeUndefined();
    expect(valueOf("$code('rechtsform', 'constructor')")).toBe("999");
  });

  it("name list and column where the key is unknown", () => {
    const error = failureOf("$code('rechtsform', RF)", { RF: "Geheim KG" });
    expect(error.code).toBe("CODE_UNKNOWN");
    expect(error.message).toBe("column RF is not in list rechtsform");
    expect(error.detail).toContain("Geheim KG");
    expect(failureOf("$row('rechtsform', RF).TITEL", { RF: "x" }).code).toBe("CODE_UNKNOWN");
    expect(failureOf("$code('rechtsform', $trim(RF))", { RF: "x" }).message).toContain("the value is not in list");
    expect(failureOf("$code(L, 'x')", { L: "fehlt" }).code).toBe("TABLE_UNKNOWN");
    expect(failureOf("$code('rechtsform', [1])").code).toBe("FORMULA_FAILED");
  });

  it("take a default, also an absent one", () => {
    expect(valueOf("$code('rechtsform', RF, 'sonst')", { RF: "KG" })).toBe("sonst");
    expect(valueOf("$code('rechtsform', RF, ANDERE)", { RF: "KG" })).toBeUndefined();
    const record = { RF: "KG", L: "rechtsform" };
    for (const name of ["code", "row"])
      for (const [call, found] of waysOf(name, "RF")) {
        expect([call("ANDERE"), valueOf(call("ANDERE"), record)]).toEqual([call("ANDERE"), undefined]);
        expect([call("{}"), valueOf(call("{}"), record)]).toEqual([call("{}"), {}]);
        expect([found, failureOf(found, record).code]).toEqual([found, "CODE_UNKNOWN"]);
      }
    expect(valueOf("$row('rechtsform', RF, {}).TITEL", { RF: "KG" })).toBeUndefined();
  });
});

/** The list as a literal and as a value, called by name, piped into, through a variable and in part: with a default, and without. */
function waysOf(name: string, key: string): readonly (readonly [(otherwise: string) => string, string])[] {
  return [
    [(otherwise) => `$${name}('rechtsform', ${key}, ${otherwise})`, `$${name}('rechtsform', ${key})`],
    [(otherwise) => `$${name}(L, ${key}, ${otherwise})`, `$${name}(L, ${key})`],
    [(otherwise) => `L ~> $${name}(${key}, ${otherwise})`, `L ~> $${name}(${key})`],
    [(otherwise) => `($f := $${name}; $f(L, ${key}, ${otherwise}))`, `($f := $${name}; $f(L, ${key}))`],
    [(otherwise) => `($f := $${name}(?, ${key}, ${otherwise}); $f(L))`, `($f := $${name}(?, ${key}); $f(L))`],
  ];
}

describe("$uuid and $hash", () => {
  it("are the same on every replay and differ in every part", () => {
    expect(uuid()).toBe(uuid());
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const others = [uuid({ bridge: "b" }), uuid({ dropIdentity: "x" }), uuid({ index: 18 }), uuid({}, "b"), uuid()];
    expect(new Set(others).size).toBe(5);
    expect(uuid5("x")).not.toBe(uuid5("y"));
  });

  it("hash as SHA-256", () => {
    for (const text of ["", "abc", "Zoë 😀"]) {
      expect(valueOf("$hash(T)", { T: text })).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
    }
  });
});

describe("$slice", () => {
  it("counts characters from 1", () => {
    for (const value of everyWay("slice", "ABCDE", "2", "3")) expect(value).toBe("BCD");
    expect(valueOf("$slice('ABCDE', 4)")).toBe("DE");
    expect(valueOf("$slice('ABC', 2, 9)")).toBe("BC");
    expect(valueOf("$slice('A😀C', 2, 1)")).toBe("😀");
    expect(valueOf("$slice('ABC', 4)")).toBeUndefined();
  });

  it("refuses other places", () => {
    for (const source of ["$slice('A', 0)", "$slice('A', -1)", "$slice('A', 1.5)", "$slice('A', 1, 0)"]) {
      expect(failureOf(source).code).toBe("SLICE_INVALID");
    }
  });
});
