// The command line itself: help, words it does not know, exit codes, and that a small command stays small.

import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/catalogue.ts";
import { parseArguments } from "../../src/commands/command.ts";
import { exitCode } from "../../src/commands/up-once.ts";
import { checkout } from "../program.ts";
import { createPlace } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
beforeAll(async () => {
  place = await createPlace();
});
afterAll(async () => await place.remove());

/** The words of the part of an example that is steg's, as a shell splits them. */
function wordsOf(example: string): readonly string[] {
  const own = example.replace(/^.*\| (?=steg )/, "").replace(/ [|>].*$/, "");
  return [...own.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word.replace(/^['"]|['"]$/g, ""));
}

describe("help", () => {
  it("lists every command, with and without --help", async () => {
    const ends = await Promise.all([place.steg([]), place.steg(["--help"]), place.steg(["help"])]);
    for (const end of ends) {
      expect(end).toMatchObject({ code: 0, stderr: "" });
      for (const { name, summary } of COMMANDS)
        expect(end.stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
      expect(Math.max(...end.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(96);
    }
  });

  it.each(COMMANDS.map((entry) => entry.name))(
    "of steg %s: it takes the options that all commands take, and says so",
    async (name) => {
      const command = await COMMANDS.find((one) => one.name === name)?.load();
      if (command === undefined) throw new Error("not in the catalogue");
      const words = Array.from({ length: command.words[0] }, () => "x");
      const args = parseArguments(name, command, [...words, "--dir", "d", "--state", "s", "--policy", "p", "--json"]);
      expect([args.text("dir"), args.text("state"), args.text("policy"), args.flag("json")]).toEqual([
        "d",
        "s",
        "p",
        true,
      ]);
      const { stdout } = await place.steg([name, "--help"]);
      for (const option of ["--dir DIR", "--state DIR", "--policy FILE", "--json"])
        expect(stdout).toMatch(new RegExp(`^  ${option} `, "m"));
    },
  );

  it("knows a file for every command that is listed, and lists every command there is", async () => {
    for (const entry of COMMANDS) expect((await entry.load()).examples).not.toEqual([]);
    const folder = fileURLToPath(new URL("../../src/commands/", import.meta.url));
    const files = readdirSync(folder).map((name) => name.replace(/\.ts$/, ""));
    for (const name of [
      "up",
      "check",
      "test",
      "try",
      "eval",
      "drops",
      "dead",
      "replay",
      "dismiss",
      "sunset",
      "audit",
      "schema",
      "token",
    ]) {
      expect(files).toContain(name);
      expect(COMMANDS.map((entry) => entry.name)).toContain(name);
    }
  });

  it.each(COMMANDS.map((entry) => entry.name))(
    "of steg %s names every option, and its examples can be typed",
    async (name) => {
      const command = await COMMANDS.find((one) => one.name === name)?.load();
      if (command === undefined) throw new Error("not in the catalogue");
      const text = command.usage + command.help + command.examples.join("\n");
      // Common to most commands and explained on the first page.
      const common = ["dir", "state", "policy", "json"];
      const unexplained = Object.keys(command.options).filter(
        (option) => !common.includes(option) && !text.includes(`--${option}`),
      );
      expect(unexplained).toEqual([]);
      const typed = command.examples.map(wordsOf).filter((words) => words[0] !== "npm");
      expect(typed.map((words) => words.slice(0, 2))).toEqual(typed.map(() => ["steg", name]));
      for (const words of typed) expect(() => parseArguments(name, command, words.slice(2))).not.toThrow();
    },
  );

  it("is the same by `help X` and `X --help`, and covers the settings", async () => {
    const [one, two, settings] = await Promise.all([
      place.steg(["help", "dead"]),
      place.steg(["dead", "--help"]),
      place.steg(["help", "settings"]),
    ]);
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).toContain("Examples:");
    for (const name of ["STEG_LISTEN", "STEG_STATE", "STEG_DATA", "STEG_KEY_FILE", "STEG_LOG", "STEG_TLS_CERT"])
      expect(settings.stdout).toContain(name);
  });
});

describe("what it does not know", () => {
  it.each([
    [["chekc"], "Did you mean steg check?"],
    [["frobnicate"], "there is no command frobnicate"],
    [["frobnicate"], "steg help lists them"],
    [["--dir", "x", "drops"], "the command comes first"],
    [["dismiss", "dl-1"], "steg help dismiss"],
    [["up", "--demo", "--state", "x"], "does not go with --demo"],
    [["up", "--demo", "--json"], "does not go with --demo"],
    [["dead", "--jsno"], "Did you mean --json?"],
    [["up", "--onec"], "Did you mean --once?"],
    [["help", "sunste"], "Did you mean steg sunset?"],
    [["dead", "--dir"], "--dir needs a value"],
    [["dead", "--dir", "--json"], "--dir needs a value"],
    [["dead", "--json=yes"], "--json takes no value"],
    [["try", "x"], "needs BRIDGE FILE"],
    [["sunset", "too", "many"], "takes no words"],
    [["try", "a", "b", "--record", "0"], "whole number from 1"],
    [["up", "--once", "--patience", "soon"], "a duration such as"],
    [["up", "--patience", "5s"], "belongs to --once"],
    [["audit", "verfy"], "Did you mean steg audit verify?"],
    [["token", "revok", "x"], "Did you mean steg token revoke?"],
    [["token", "new"], "needs a NAME"],
    [["token", "new", "x"], "--role is missing"],
    [["schema", "bridg"], "Did you mean steg schema bridge?"],
  ])("steg %j exits 1 and says what to do", async (words, text) => {
    const end = await place.steg(words);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(text);
    expect(end.stdout).toBe("");
    expect(end.stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
    expect(end.stderr).not.toMatch(/\n\s+at /);
  });

  it("names the bridge that is near", async () => {
    await place.bridge("gewerbe");
    await place.write("x.csv", "NAME;FARBE\n");
    const end = await place.steg(["try", "gewrbe", "x.csv"]);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain("Did you mean gewerbe?");
  });

  it("names the bridges that there are, where a state is asked, too", async () => {
    await place.steg(["up", "--once"]);
    for (const words of [["drops"], ["pause", "--ticket", "T"]]) {
      const near = await place.steg([words[0] ?? "", "gewrbe", ...words.slice(1)]);
      expect(near).toMatchObject({ code: 1, stderr: expect.stringContaining("Did you mean gewerbe?") as string });
      const far = await place.steg([words[0] ?? "", "x\x1b[2J", ...words.slice(1)]);
      expect(far.stderr).toContain("there is no bridge x\\x1b[2J\n  There are: gewerbe");
    }
  });

  it("says so where --dir holds no bridge, instead of having nothing to do in silence", async () => {
    await place.write("leer/readme.txt", "");
    const end = await place.steg(["up", "--once", "--dir", "leer", "--state", "leerer-state"]);
    expect(end.code).toBe(0);
    expect(end.stderr).toContain(`no bridge in ${place.path("leer")}`);
    // A check that looked at nothing has found nothing out.
    const checked = await place.steg(["check", "--dir", "leer"]);
    expect(checked).toMatchObject({ code: 1, stdout: "" });
    expect(checked.stderr).toContain(`BRIDGE_UNKNOWN  no bridge in ${place.path("leer")}`);
    expect(checked.stderr).toContain("--dir");
    expect(await place.steg(["check", "--dir", "leer", "--json"])).toMatchObject({ code: 1, stdout: "[]\n" });
  });

  it("does not leave out a bridge whose folder may not be looked into", async () => {
    await place.write("zu/mappings/leer/x", "");
    // A link to itself: nobody may look into it, not even root.
    await symlink("zu", place.path("zu/mappings/zu"));
    await symlink("fehlt", place.path("zu/mappings/weg"));
    const end = await place.json<{ file: string; code: string }[]>(["check", "--dir", "zu/mappings"]);
    expect(end.filter(({ code }) => code === "FILE_NOT_FOUND").map(({ file }) => file)).toEqual([
      "zu/mappings/zu/bridge.yaml",
    ]);
  });

  it("speaks of the policy where the policy is wrong", async () => {
    await place.write("falsch.yaml", "policy: 1\nlongestLive: P1Y\n");
    const end = await place.steg(["check", "--policy", "falsch.yaml"]);
    expect(end.stderr).toContain("POLICY_INVALID  the policy has no longestLive");
    expect(end.stderr).toContain("Did you mean longestLife?");
  });

  it("shows a stack only with STEG_LOG=debug", async () => {
    const quiet = await place.steg(["try", "gewerbe", "fehlt.csv"]);
    const loud = await place.steg(["try", "gewerbe", "fehlt.csv"], { env: { STEG_LOG: "debug" } });
    expect(quiet.code).toBe(3);
    expect(quiet.stderr).not.toMatch(/\n\s+at /);
    expect(loud.stderr).toMatch(/\n\s+at /);
  });
});

describe("settings", () => {
  it("say where a wrong value came from", async () => {
    const env = await place.steg(["drops"], { env: { STEG_LISTEN: "nonsense" } });
    expect(env.stderr).toContain("STEG_LISTEN");
    expect(env.code).toBe(1);
    const redis = await place.steg(["drops"], { env: { STEG_REDIS: "redis://x" } });
    expect(redis.stderr).toContain("STEG_KEY_FILE has to be");
  });
});

describe("steg eval", () => {
  it("shows examples that a shell leaves as they are", async () => {
    const { stdout } = await place.steg(["help", "eval"]);
    const example = /^ *(echo .*steg eval .*)$/m.exec(stdout)?.[1] ?? "";
    const { stdout: words } = await promisify(execFile)("sh", [
      "-c",
      `steg() { cat > /dev/null; printf '%s' "$2"; }; ${example}`,
    ]);
    const value = await place.steg(["eval", words], { input: '{"A":"01.03.2027"}' });
    expect(value).toMatchObject({ code: 0, stdout: '"2027-03-01"\n' });
  });

  it("shows no function as a value, ends one that never does, and gives hints that fit", async () => {
    const [func, loop, date, drop, none] = await Promise.all([
      place.steg(["eval", "$uppercase"], { input: "{}" }),
      place.steg(["eval", "($f := function($n){ $f($n + 1) }; $f(1))"], { input: "{}" }),
      place.steg(["eval", "$date(A, 'dd.MM.yyyy')"], { input: '{"A":"31.02.2027"}' }),
      place.steg(["eval", "$uuid('x')"], { input: "{}" }),
      place.steg(["eval", "="], { input: "{}" }),
    ]);
    expect(func).toMatchObject({ code: 1, stdout: "" });
    expect(func.stderr).toContain("gives a function, not a value");
    expect(loop.stderr).toMatch(/FORMULA_FAILED .*steps/);
    expect(date.stderr).toContain("The legacy system has to correct the date");
    expect(drop.stderr).toContain("steg try BRIDGE FILE --record N");
    expect(none.stderr).toContain("there is no formula");
  });

  it("prints the value as JSON, from stdin or a file, with and without =", async () => {
    await place.write("record.json", '{"A":"01.03.2027","P":[{"B":1.5},{"B":2}]}');
    const ends = await Promise.all([
      place.steg(["eval", "= $date(A, 'dd.MM.yyyy')", "--input", "record.json"]),
      place.steg(["eval", "$sum(P.B)"], { input: '{"P":[{"B":1.5},{"B":2}]}' }),
      place.steg(["eval", "$map([1,2],function($x){$x*2})"]),
      place.steg(["eval", "FEHLT"], { input: "{}" }),
      place.steg(["eval", '$eval("1+1")'], { input: "{}" }),
    ]);
    expect(ends.map((end) => [end.code, end.stdout])).toEqual([
      [0, '"2027-03-01"\n'],
      [0, "3.5\n"],
      [0, "[2,4]\n"],
      [0, ""],
      [0, "2\n"],
    ]);
  });

  it("exits 1 for a formula or a record that is none", async () => {
    const [formula, record] = await Promise.all([
      place.steg(["eval", "1 +"]),
      place.steg(["eval", "A"], { input: "{secret" }),
    ]);
    expect([formula.code, record.code]).toEqual([1, 1]);
    expect(formula.stderr).toContain("FORMULA_SYNTAX");
    expect(record.stderr).not.toContain("secret");
  });

  it("loads no server, no journal and no schemas", async () => {
    await place.write(
      "trace.mjs",
      `import { registerHooks } from "node:module";
       const seen = [];
       registerHooks({ resolve(name, context, next) { const found = next(name, context); seen.push(found.url); return found; } });
       process.on("exit", () => process.stderr.write(seen.join("\\n")));`,
    );
    const env = { NODE_OPTIONS: `--import=${place.path("trace.mjs")}` };
    const end = await place.steg(["eval", "1+1"], { env, main: checkout });
    expect(end).toMatchObject({ code: 0, stdout: "2\n" });
    expect(end.stderr).toContain("core/mapping/formula/compile.ts");
    expect(end.stderr).not.toMatch(
      /fastify|pino|libxml2|node:sqlite|core\/(?:journal|http|pipeline|validation)\/|src\/adapters/,
    );
  });
});

const one = (dead: number, pending: number, why?: string) => ({ dead, pending, why });

describe("exit codes of a run", () => {
  it.each([
    [[one(0, 0)], [], 0],
    [[one(1, 0)], [], 2],
    [[one(0, 1)], [], 3],
    [[one(1, 1)], [], 3],
    [[one(0, 0, "DECODE_CHANGED: x")], [], 3],
    [[one(1, 1)], [{ fault: "environment" as const }], 3],
    [[one(1, 1)], [{ fault: "input" as const }, { fault: "environment" as const }], 1],
  ])("%j with refused %j is %d", (figures, refused, code) => expect(exitCode(figures, refused)).toBe(code));
});
