// docs/mapping.md: its examples give what it says, and it leaves out nothing that a formula can use.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Rec } from "../../src/core/contract.ts";
import { scopeVariables } from "../../src/core/mapping/formula/check.ts";
import { extras } from "../../src/core/mapping/formula/extra/index.ts";
import { valueOf } from "./formula-place.ts";

const page = readFileSync(new URL("../../docs/mapping.md", import.meta.url), "utf8");
const written = JSON.parse(/```json\n(.*)\n```/.exec(page)?.[1] ?? "") as Record<string, Rec[string] | null>;
/** JSON has no word for a blank cell. */
const record = Object.fromEntries(Object.entries(written).map(([name, value]) => [name, value ?? undefined]));

const rows = Array.from(page.matchAll(/^\| `(\$[^`]+)` \| (?:`(.*)`|nothing) \|$/gm), ([, formula = "", value]) => ({
  formula,
  value: value === undefined ? undefined : (JSON.parse(value) as unknown),
}));

it.each(rows)("$formula", ({ formula, value }) => expect(valueOf(formula, record)).toEqual(value));

it("shows every function and every variable", () => {
  expect(rows.length).toBeGreaterThan(12);
  for (const name of [...extras.keys(), ...scopeVariables]) expect(page).toContain(`\`$${name}`);
  for (const directive of ["=each", "=when", "=text"]) expect(page).toContain(directive);
});
