// What folder, SFTP and FTP share: patterns, names, stillness, files that are whole or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, constantFrom, property, string, uint8Array, type Arbitrary } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createTemporary, joinPath, publish, replaceFile, syncFolder } from "../../src/adapters/shared/atomic.ts";
import { compileGlobs } from "../../src/core/options/glob.ts";
import {
  bytesOf,
  exactName,
  LONGEST_NAME,
  nameFault,
  pathFault,
  shownName,
  withAddition,
  writableName,
} from "../../src/adapters/shared/names.ts";
import { createStillness } from "../../src/adapters/shared/settle.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-shared-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function textOf(...alphabet: string[]): Arbitrary<string> {
  return string({ unit: constantFrom(...alphabet), minLength: 1, maxLength: 9 });
}

describe("patterns for names", () => {
  const cases: [pattern: string, fits: string[], not: string[]][] = [
    ["*.csv", ["a.csv", "ä ö.csv", "a\nb.csv", "a.b.csv"], ["a.CSV", ".a.csv", "a.csv.done", "csv"]],
    ["*", ["a", "a.b"], [".a", ".steg-x.part"]],
    [".*", [".a"], ["a"]],
    ["a?c", ["abc", "a🎉c"], ["ac", "abbc"]],
    ["[a-cx]1", ["a1", "c1", "x1"], ["d1", "-1"]],
    ["[!0-9]*", ["ab"], ["1b", ""]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[a-]x", ["ax", "-x"], ["bx"]],
    ["{a,b{1,2}}.txt", ["a.txt", "b1.txt", "b2.txt"], ["b.txt", "a1.txt"]],
    ["\\*.csv", ["*.csv"], ["a.csv"]],
    ["\\{a,b\\}", ["{a,b}"], ["a"]],
    ["gewerbe_*.csv", ["gewerbe_.csv", "gewerbe_2026.csv"], ["gewerbe.csv"]],
    ["*a*b*", ["ab", "xaxbx"], ["ba"]],
    ["**", ["x", ""], [".x"]],
    ["{,x}a", ["a", "xa"], ["ya"]],
  ];
  it.each(cases)("%s", (pattern, fits, not) => {
    const match = compileGlobs([pattern]);
    for (const name of fits) expect([name, match(name)]).toEqual([name, true]);
    for (const name of not) expect([name, match(name)]).toEqual([name, false]);
  });

  it.each(["", "a/b", "[a", "[", "{a,b", "a}", "{a}", "x\\", "[z-a]", "x".repeat(513), "{a,b}".repeat(7)])(
    "refuses %s",
    (pattern) => {
      expect(() => compileGlobs([pattern])).toThrow(expect.objectContaining({ code: "OPTION_UNUSABLE" }));
    },
  );

  it("matches umlauts however name and pattern compose them", () => {
    const [one, two] = ["Größe_*.csv", "Größe_?.csv"].map((pattern) => compileGlobs([pattern.normalize("NFC")]));
    const apart = compileGlobs(["Größe_[ä-ü].csv".normalize("NFD")]);
    for (const form of ["NFC", "NFD"] as const) {
      expect(one?.("Größe_1.csv".normalize(form))).toBe(true);
      expect(two?.("Größe_ü.csv".normalize(form))).toBe(true);
      expect(apart("Größe_ö.csv".normalize(form))).toBe(true);
    }
  });

  it("agrees with the definition of * and ?", () => {
    const slow = (pattern: string, name: string): boolean => {
      if (pattern === "") return name === "";
      if (pattern[0] === "*") return slow(pattern.slice(1), name) || (name !== "" && slow(pattern, name.slice(1)));
      return name !== "" && (pattern[0] === "?" || pattern[0] === name[0]) && slow(pattern.slice(1), name.slice(1));
    };
    expect(
      check(
        property(
          textOf("a", "b", "*", "?"),
          textOf("a", "b"),
          (pattern, name) => compileGlobs([pattern])(name) === slow(pattern, name),
        ),
        { numRuns: 3_000 },
      ),
    ).toMatchObject({ failed: false });
  });

  it("stays quick where others go back for ever", () => {
    const match = compileGlobs([`${"*a".repeat(200)}*b`]);
    const since = performance.now();
    expect(match("a".repeat(4_000))).toBe(false);
    expect(performance.now() - since).toBeLessThan(2_000);
  });
});

describe("names", () => {
  it("shows bytes and characters that act on a screen escaped", () => {
    expect(shownName(Buffer.from("a.csv"))).toBe("a.csv");
    expect(shownName(Buffer.from("zwei\nzeilen\u001b[2J"))).toBe("zwei%0azeilen%1b[2J");
    expect(shownName(Buffer.from("a\u202eb"))).toBe("a%e2%80%aeb");
    expect(shownName(Buffer.from([0x6d, 0xfc, 0x6c]))).toBe("m%fcl");
  });

  it("shows no name that a formula could not make a file of, but for what its writer chose", () => {
    const bytes = uint8Array({ minLength: 1, maxLength: 60 }).filter(
      (each) => each[0] !== 0x2e && !each.includes(0x2f) && !each.includes(0x5c),
    );
    expect(check(property(bytes, (each) => nameFault(shownName(each)) === undefined))).toMatchObject({ failed: false });
  });

  it("keeps bytes exactly in hints", () => {
    expect(
      check(
        property(uint8Array({ maxLength: 300 }), (bytes) => {
          const exact = exactName(bytes);
          return /^[\u0021-\u007e]*$/u.test(exact) && bytesOf(exact).equals(Buffer.from(bytes));
        }),
      ),
    ).toMatchObject({ failed: false });
  });

  it.each([
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    ".versteckt",
    "a\u0000b",
    "a\nb",
    "a\u202eb",
    "\ud800",
    "l".repeat(256),
    "ü".repeat(128),
  ])("does not let formulas make %j", (name) => expect(nameFault(name)).toBeTypeOf("string"));
  it("lets them make ordinary names and folders", () => {
    for (const name of ["a", "Bescheid 1.xml", "ä".repeat(127), "a..b", "日本"])
      expect(nameFault(name)).toBeUndefined();
    for (const path of ["out", "out/09162000", "/mnt/a b", "./x"]) expect(pathFault(path)).toBeUndefined();
    for (const path of ["out/../..", "a//b", "a/.ssh", "a/"]) expect(pathFault(path)).toBeTypeOf("string");
  });

  it("makes a writable name of any name, and different ones of different ones", () => {
    expect(
      check(
        property(string({ unit: "binary", maxLength: 400 }), (name) => nameFault(writableName(name)) === undefined),
      ),
    ).toMatchObject({ failed: false });
    expect(writableName("a.csv.json")).toBe("a.csv.json");
    expect(writableName("../x.json")).not.toBe(writableName("..\\x.json"));
    expect(writableName("../x.json")).toMatch(/\.json$/u);
  });

  it("adds to a name before its ending, within its length", () => {
    expect(withAddition(Buffer.from("a.csv"), "d1").toString()).toBe("a-d1.csv");
    expect(withAddition(Buffer.from("a"), "d1").toString()).toBe("a-d1");
    expect(withAddition(Buffer.from(`${"l".repeat(251)}.csv`), "d1").length).toBe(LONGEST_NAME);
  });
});

describe("stillness", () => {
  it("needs the same signature over the whole time, on its own clock", () => {
    let time = 0;
    const stillness = createStillness(10_000, () => time);
    const seen = (signature: string): boolean => {
      stillness.begin();
      const still = stillness.still("a", signature);
      stillness.end();
      return still;
    };
    expect(seen("1")).toBe(false);
    expect(stillness.next()).toBe(10_000);
    time = 9_999;
    expect(seen("1")).toBe(false);
    expect(stillness.next()).toBe(1);
    time = 10_000;
    expect(seen("2")).toBe(false);
    time = 19_999;
    expect(seen("2")).toBe(false);
    time = 20_000;
    expect(seen("2")).toBe(true);
    expect(stillness.next()).toBeUndefined();
  });

  it("judges all files of a look by one moment, however long the look is held up: the second is not taken before the first", () => {
    let time = 0;
    const stillness = createStillness(10, () => time);
    const seen = (held: number): readonly boolean[] => {
      stillness.begin();
      const b = stillness.still("b", "1");
      time += held;
      const a = stillness.still("a", "1");
      stillness.end();
      return [a, b];
    };
    expect(seen(5)).toEqual([false, false]);
    time = 9;
    expect(seen(5)).toEqual([false, false]);
    time = 10;
    expect(seen(0)).toEqual([true, true]);
  });

  it("forgets what a look no longer mentions", () => {
    let time = 0;
    const stillness = createStillness(10, () => time);
    stillness.begin();
    stillness.still("a", "1");
    stillness.end();
    stillness.begin();
    stillness.end();
    time = 50;
    stillness.begin();
    expect(stillness.still("a", "1")).toBe(false);
  });
});

describe("whole files", () => {
  it("never publishes over another file, link or folder", async () => {
    writeFileSync(join(folder, "da"), "alt");
    symlinkSync("/nirgends", join(folder, "link"));
    for (const name of ["da", "link"]) {
      const temporary = joinPath(folder, `.${name}.part`);
      await (await createTemporary(temporary)).close();
      expect(await publish(temporary, joinPath(folder, name))).toBe("exists");
    }
    expect(readFileSync(join(folder, "da"), "utf8")).toBe("alt");
  });

  it("does not write through a link that lies at the temporary name", async () => {
    const outside = join(folder, "draussen");
    writeFileSync(outside, "unberührt");
    symlinkSync(outside, join(folder, ".x.part"));
    const handle = await createTemporary(joinPath(folder, ".x.part"));
    await handle.write("neu");
    await handle.close();
    expect(readFileSync(outside, "utf8")).toBe("unberührt");
  });

  it("replaces a file whole and leaves no remains", async () => {
    for (const body of ["eins", "zwei"]) await replaceFile(folder, "beleg.json", Buffer.from(body));
    expect(readFileSync(join(folder, "beleg.json"), "utf8")).toBe("zwei");
    expect(readdirSync(folder).filter((name) => name.startsWith(".steg-"))).toEqual([]);
    await expect(replaceFile(join(folder, "fehlt"), "b", Buffer.from("x"))).rejects.toThrow("ENOENT");
    expect(readdirSync(folder)).not.toContain("fehlt");
  });

  it("answers every fsync of a folder, many at once and after a failure", async () => {
    await Promise.all(Array.from({ length: 200 }, () => syncFolder(folder)));
    await expect(syncFolder(join(folder, "fehlt"))).rejects.toThrow("ENOENT");
    await syncFolder(folder);
  });
});
