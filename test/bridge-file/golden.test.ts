// Golden diagnostics: every <case>.yaml here is a bridge file, <case>.expected.txt what `steg check` says about it on a
// terminal. UPDATE=1 writes what comes out; read it aloud before committing it.
//
// A case is loaded as bridge.yaml in a folder that holds support/full beside it, or what its first line names
// (`# folder: bare`).

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import { renderFindings } from "../../src/core/bridge/render.ts";
import { CODES } from "../../src/core/errors.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "steg-golden-"));
const LOOK = { tty: true, color: false, unicode: true, width: 100 };

afterAll(() => rmSync(work, { recursive: true, force: true }));

const deps = {
  adapters,
  policy: builtInPolicy(),
  now: Date.parse("2026-12-01T12:00:00Z"),
  dataDir: join(work, "data"),
  catalogDir: undefined,
  env: {},
  encoderOf: encoderNamed,
};

async function check(name: string) {
  const yaml = readFileSync(join(here, `${name}.yaml`), "utf8");
  const folder = /^# folder: (\w+)/.exec(yaml)?.[1] ?? "full";
  const dir = join(work, name);
  cpSync(join(here, "support", folder), dir, { recursive: true });
  const file = join(dir, "bridge.yaml");
  writeFileSync(file, yaml);
  const result = await loadBridge(file, deps);
  const findings = result.findings.map((finding) => ({ ...finding, file: finding.file.replace(`${dir}/`, "") }));
  const text = renderFindings(findings, LOOK, (each) => (each === "bridge.yaml" ? yaml : undefined));
  return { ...result, findings, text: text === "" ? "nothing to mend\n" : text };
}

const cases = readdirSync(here)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.slice(0, -".yaml".length))
  .sort();

describe("diagnostics of bridge files", () => {
  it.each(cases)("%s", async (name) => {
    const { bridge, findings, text } = await check(name);
    const expected = join(here, `${name}.expected.txt`);
    if (process.env["UPDATE"] === "1") writeFileSync(expected, text);
    expect(text).toBe(
      existsSync(expected) ? readFileSync(expected, "utf8") : "there is no expected text yet; UPDATE=1 writes it",
    );
    expect(bridge === undefined).toBe(findings.some(({ severity }) => severity === "error"));
  });

  it("has a case for each expected text, and no other", () => {
    const expected = readdirSync(here).filter((name) => name.endsWith(".expected.txt"));
    expect(expected.map((name) => name.slice(0, -".expected.txt".length)).sort()).toEqual(cases);
    expect(cases.length).toBeGreaterThan(60);
  });

  it("documents every code that a finding carries", async () => {
    const results = await Promise.all(cases.map((name) => check(name)));
    const codes = new Set(results.flatMap(({ findings }) => findings.map(({ code }) => code)));
    expect([...codes].filter((code) => !Object.hasOwn(CODES, code))).toEqual([]);
    expect(codes.size).toBeGreaterThan(30);
  });
});
