// What the inputs of tests tell the checker: fields that formulas read and no record has.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";

const valid = readFileSync(fileURLToPath(new URL("../bridge-file/valid.yaml", import.meta.url)), "utf8");
const root = mkdtempSync(join(tmpdir(), "steg-samples-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;

/** `CODE severity line message | hint` for a bridge with this decode section and these test inputs. */
async function told(decode: string, inputs: Readonly<Record<string, string>>): Promise<string[]> {
  const dir = join(root, `b${(count += 1)}`);
  const yaml = valid
    .replace(/decode:\n.*\n/, `decode: ${decode}\n`)
    .replace(/ {2}codes:\n.*\n/, "")
    .replace("{AGS}", "neu");
  for (const [name, text] of Object.entries({ "bridge.yaml": yaml, ...inputs })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const { findings } = await loadBridge(join(dir, "bridge.yaml"), {
    adapters,
    policy: builtInPolicy(),
    now: Date.parse("2026-12-01T12:00:00Z"),
    dataDir: join(root, "data"),
    catalogDir: undefined,
    env: {},
    encoderOf: encoderNamed,
  });
  return findings.map(({ code, severity, message, hint }) => `${code} ${severity} ${message} | ${hint}`);
}

describe("fields that no input of a test has", () => {
  const seen = "FIELD_UNSEEN warning no record of the tests has ORT | Did you mean ORTE?";

  it("are a warning where the format does not list its names", async () => {
    const json = { "tests/a/in.json": '{"FIRMA":"x"}\n{"ORTE":"y"}\n' };
    expect(await told("{ json: { lines: true } }", json)).toEqual([seen]);
    const xml = { "tests/a/in.xml": "<a><b><FIRMA>x</FIRMA><ORTE>y</ORTE></b></a>" };
    expect(await told("{ xml: { record: /a/b } }", xml)).toEqual([seen]);
  });

  it("are none where one record of any test has them, or they may lack", async () => {
    const two = { "tests/a/in.json": '{"FIRMA":"x"}\n', "tests/b/in.json": '{"ORT":"y"}\n' };
    expect(await told("{ json: { lines: true } }", two)).toEqual([]);
    const one = { "tests/a/in.json": '{"FIRMA":"x"}\n' };
    expect(await told("{ json: { lines: true }, optional: [ORT] }", one)).toEqual([]);
    expect(await told("{ json: { lines: true } }", one)).toHaveLength(1);
  });

  it("are errors where header lines list the names", async () => {
    const found = await told("{ csv: { header: true } }", { "tests/a/in.csv": "FIRMA;ORTE\nx;y\n" });
    expect(found).toEqual(["FIELD_UNKNOWN error ORT is no column | Did you mean ORTE?"]);
  });
});
