// docs/pdf.md: its examples are bridges that load without a finding, and its table of codes is the one of the errors.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import { CODES } from "../../src/core/errors.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";

const page = readFileSync(new URL("../../docs/pdf.md", import.meta.url), "utf8");
const valid = readFileSync(new URL("../bridge-file/valid.yaml", import.meta.url), "utf8");
const support = fileURLToPath(new URL("../bridge-file/support/full", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "steg-docs-pdf-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
/** Of examples that only map. */
const CSV = "decode:\n  csv: { delimiter: ';', columns: [NR, NAME, PLZ, ORT, LISTE, HINWEISE, XML] }\n\n";

describe("docs/pdf.md", () => {
  it("has examples", () => expect(examples).toHaveLength(6));

  it.each(examples.map((text, at) => [at + 1, text] as const))("example %i is a bridge", async (number, text) => {
    const dir = join(root, String(number));
    cpSync(support, dir, { recursive: true });
    const head = valid.slice(0, valid.indexOf("decode:"));
    const deliver = 'deliver:\n  folder: { path: "out/{$file.stem}", name: "{$index}.out" }\n';
    writeFileSync(join(dir, "bridge.yaml"), `${head}${text.startsWith("decode:") ? "" : CSV}${text}\n${deliver}`);
    rmSync(join(dir, "tests"), { recursive: true });
    const { findings } = await loadBridge(join(dir, "bridge.yaml"), {
      adapters,
      policy: builtInPolicy(),
      now: Date.parse("2026-12-01T12:00:00Z"),
      dataDir: join(root, "data"),
      catalogDir: undefined,
      env: { TOKEN: "x" },
      encoderOf: encoderNamed,
    });
    expect(
      findings.filter(({ code }) => code !== "NO_TEST").map(({ line, code, message }) => `${line} ${code} ${message}`),
    ).toEqual([]);
  });

  it("names every code of reading", () => {
    const reading = Object.keys(CODES).filter((code) => code.startsWith("PDF_") && !/OPTION|FIELD_UNKNOWN/.test(code));
    expect(
      [...page.matchAll(/^\| (`PDF_.*?) \|/gm)].flatMap(([, cell = ""]) => cell.match(/PDF_\w+/g) ?? []).sort(),
    ).toEqual(reading.sort());
  });
});
