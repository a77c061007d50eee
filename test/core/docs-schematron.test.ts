// docs/schematron.md leaves out no function and no error, and names no function that is not there.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FUNCTION_NAMES } from "../../src/core/validation/xpath/functions/index.ts";
import { attempt, evaluate } from "./xpath-evaluate.ts";

const page = readFileSync(new URL("../../docs/schematron.md", import.meta.url), "utf8");

it("names every function, and no other", () => {
  const list = /^Functions: (.*)\.$/m.exec(page)?.[1] ?? "";
  expect(Array.from(list.matchAll(/`([^`]+)`/g), ([, name]) => name)).toEqual(FUNCTION_NAMES);
});

it("what it says is refused is refused", () => {
  const section = page.slice(page.indexOf("## What is not"), page.indexOf("## Limits"));
  const calls = Array.from(
    section.matchAll(/`((?:doc|document|collection|unparsed|environment|system|current|format)[a-zA-Z-]*)`/g),
  );
  expect(calls.length).toBeGreaterThan(8);
  for (const [, name = ""] of calls)
    expect([name, attempt(() => evaluate(`${name}('a', 'b')`, "<a/>").items)]).toEqual([name, "XPST0017"]);
  for (const type of ["xs:float", "xs:QName", "xs:duration", "xs:gYear"]) {
    expect([type, attempt(() => evaluate(`${type}('1')`, "<a/>").items)]).toEqual([type, "XPST0017"]);
  }
});
