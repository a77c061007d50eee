// Generates JSONata expressions over a small document, for comparing the compiler with the package.

import * as fc from "fast-check";

/** Nested lists, objects in lists, empty lists, null, a name that needs backticks. */
export const document = {
  a: "alpha",
  b: 2,
  c: true,
  list: [
    { a: "x", b: 1, nums: [1, 2] },
    { a: "y", b: 2 },
    { a: "x", b: 3, nums: [] },
  ],
  deep: { a: { b: [1, [2, 3]] }, list: [[{ a: 1 }], [{ a: 2 }, { a: 3 }]] },
  nums: [3, 1, 2],
  "x y": null,
  one: [7],
  obj: {},
};

const names = ["a", "b", "c", "list", "deep", "nums", "nope", "`x y`", "one", "obj"];
const literals = ["1", "0", "2.5", "-1", "'x'", "''", "'alpha'", "true", "false", "null", "[]", "{}"];
const unary =
  "string count sum max min average exists boolean not keys spread merge reverse distinct sort type length uppercase lowercase trim number floor ceil round abs join zip lookup append clone";
const binary =
  "substring append lookup contains split join pad substringBefore substringAfter round power formatBase zip string formatNumber";
const operators = "+ - * / % & = != < <= > >= and or in ?: ??".split(" ");
const pipes = [
  "$count()",
  "$string",
  "$string()",
  "$map($string)",
  "$substring(1)",
  "|list|{'q':1}|",
  "|$|{'b':5},'a'|",
  "$sort()",
  "($string ~> $length)",
  "$join(',')",
];
const wholePaths = ["list.nums.%.a", "deep.list.{'p': %.%}", "list@$v.nums", "list#$i.{'i': $i, 'a': a}", "list{a: b}"];

/** Parts in places: `fill("$1 + $2")`. */
function fill(pattern: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(...parts)
    .map((texts) => pattern.replaceAll(/§(\d)/g, (_, digit: string) => texts[Number(digit)] ?? ""));
}

const words = (list: string): fc.Arbitrary<string> => fc.constantFrom(...list.split(" "));

export const expressions: fc.Arbitrary<string> = fc.letrec<{
  expr: string;
  path: string;
  step: string;
  call: string;
  lambda: string;
}>((tie) => {
  const expr = tie("expr");
  const path = tie("path");
  const name = fc.constantFrom(...names);
  return {
    path: fc.oneof(
      { maxDepth: 3 },
      name,
      fc.constantFrom("$", "$$", "$v", "$w", ...wholePaths),
      fill("§0.§1", path, tie("step")),
      fill("§0[§1]", path, expr),
      fill("§0[]", path),
      fill("§0^(§1)", path, name),
      fill("§0^(>§1, b)", path, name),
      fill("§0.*", path),
      fill("§0.**", path),
      fill("§0#$i", path),
      fill("§0@$v", path),
    ),
    step: fc.oneof(
      { maxDepth: 3 },
      name,
      fill("(§0)", expr),
      fill("[§0]", expr),
      fill("{'z': §0}", expr),
      fc.constantFrom("$string()", "$uppercase()", "$length(a)", "$", "*"),
    ),
    call: fc.oneof(
      { maxDepth: 3 },
      fill("$§0(§1)", words(unary), expr),
      fill("$§0(§1, §2)", words(binary), expr, expr),
      fill("$§0(§1, §2)", words("map filter sort single each sift reduce"), expr, tie("lambda")),
      fill("$§0(§1, $§2)", words("map filter"), expr, words("string uppercase not sum count exists")),
      fill("(§0) ~> §1", expr, fc.constantFrom(...pipes)),
      fill("(§0)(§1)", tie("lambda"), expr),
    ),
    lambda: fc.oneof(
      fill("function($v){§0}", expr),
      fill("function($v,$w){§0}", expr),
      fill("λ($v,$w,$i){(§0)}", expr),
      fill("function($v)<x-:x>{§0}", expr),
    ),
    expr: fc.oneof(
      { maxDepth: 4, depthIdentifier: "expr" },
      fc.constantFrom(...literals),
      path,
      tie("call"),
      fill("(§0 §1 §2)", expr, fc.constantFrom(...operators), expr),
      fill("(§0 ? §1 : §2)", expr, expr, expr),
      fill("[§0, §1]", expr, expr),
      fill("($v := §0; §1)", expr, expr),
      fill("{'k': §0, 'l': §1}", expr, expr),
      fill("-§0", expr),
      fill("[§0][]", expr),
      fc.constantFrom("[1..3]", "[3..1]", "[0..b]", "(1..2)"),
    ),
  };
}).expr;
