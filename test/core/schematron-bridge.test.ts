// validate.schematron in a bridge: which record becomes a dead letter, which line made it, what is only remarked on.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { dryRun, type DryMessage } from "../../src/core/pipeline/dry-run.ts";
import { reasonInGerman } from "../../src/core/pipeline/reasons.ts";
import { rules } from "./schematron-rules.ts";
import { folderWith } from "./xsd-folder.ts";

const data = mkdtempSync(join(tmpdir(), "steg-rules-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const YAML = `steg: 1
bridge: rechnungen
lifecycle:
  legacy: { system: Kasse 2, contact: hotline@kasse.example }
  owner: { name: Kämmerei, email: kasse@stadt.example }
  reason: Das Kassenverfahren kann nur CSV.
  personalData: none
  successor: { title: Neues Verfahren, url: https://neu.example/ }
  plan: [{ by: 2027-03-31, goal: Test }]
  started: 2026-11-01
  deprecated: 2027-04-01
  sunset: 2027-11-16
receive:
  folder: { path: drops, files: "*.csv" }
decode:
  csv: { delimiter: ";", header: true }
map:
  xml:
    i:invoice:
      "@xmlns:i": urn:example:invoice
      i:number: = NR
      i:net: = NETTO
      i:tax: = STEUER
      i:total: = SUMME
VALIDATE
deliver:
  folder: { path: out, name: "{$index}.xml" }
`;

const RULES = rules(`<pattern><rule context="/i:invoice">
  <assert id="R-1" flag="fatal" test="xs:decimal(i:total) = xs:decimal(i:net) + xs:decimal(i:tax)" subject="i:total">[R-1] Die Summe <value-of select="i:total"/> ist Betrag plus Steuer</assert>
  <assert id="R-2" flag="warning" test="starts-with(i:number, 'R-')">[R-2] Die Nummer beginnt mit R-.</assert></rule></pattern>`);
const OTHERS = rules(
  `<pattern><rule context="i:net"><assert id="O-1" test=". castable as xs:decimal and xs:decimal(.) ge 0">Nicht negativ.</assert></rule></pattern>`,
);
const CSV = "NR;NETTO;STEUER;SUMME\nR-1;0.1;0.2;0.3\n2;10;1.9;11.9\nR-3;10;1.9;12\nR-4;-10;-1.9;-11.9\n";

const deps = {
  adapters,
  policy: builtInPolicy(),
  now: Date.parse("2026-12-01T12:00:00Z"),
  dataDir: data,
  catalogDir: undefined,
  env: {},
  encoderOf: encoderNamed,
};

async function run(
  validate: string,
): Promise<{ readonly messages: readonly DryMessage[]; readonly findings: readonly string[] }> {
  const dir = folderWith({
    "bridge.yaml": YAML.replace("VALIDATE", validate),
    "rules/a.sch": RULES,
    "rules/b.sch": OTHERS,
  });
  const { bridge, findings } = await loadBridge(join(dir, "bridge.yaml"), deps);
  const shown = findings
    .filter(({ severity }) => severity === "error")
    .map(({ line, message, hint }) => `${line} ${message} ${hint}`.trim());
  if (!bridge) return { messages: [], findings: shown };
  const messages: DryMessage[] = [];
  const context = { dataDir: data, log: () => undefined, known: () => false } as unknown as Parameters<
    typeof dryRun
  >[3]["context"];
  for await (const message of dryRun(bridge, Buffer.from(CSV), "a.csv", {
    context,
    signal: new AbortController().signal,
  }))
    messages.push(message);
  return { messages, findings: shown };
}

describe("validate.schematron", () => {
  it("an error is a dead letter that names rule, place and line; a warning is a remark", async () => {
    const { messages, findings } = await run("validate: { schematron: rules/a.sch }");
    expect(findings).toEqual([]);
    const [good, remarked, bad, credit] = messages;
    expect(good).toMatchObject({ record: 1, body: expect.stringContaining("R-1") as string });
    expect(good?.notices).toBe(undefined);
    expect(remarked?.notices).toMatchObject([{ rule: "R-2", level: "warning", path: "/i:invoice" }]);
    expect(bad?.error).toMatchObject({
      code: "RULE_BROKEN",
      stage: "validate",
      position: { line: 24, column: 16 },
      facts: { path: "/i:invoice/i:total", rule: "R-1", column: "SUMME" },
      detail: "/i:invoice/i:total: R-1: Die Summe 12 ist Betrag plus Steuer",
    });
    expect(bad?.error?.message).toMatch(
      /^\/i:invoice\/i:total: R-1: Die Summe … ist Betrag plus Steuer \(made by .*bridge\.yaml:24:16 = SUMME\)$/,
    );
    expect(
      bad?.error && reasonInGerman({ code: bad.error.code, stage: "validate", facts: bad.error.facts ?? {} }),
    ).toBe(
      "Die Nachricht verletzt an der Stelle /i:invoice/i:total (aus Spalte SUMME) eine Regel des Standards: R-1: Die Summe … ist Betrag plus Steuer.",
    );
    expect(credit?.error).toBe(undefined);
  });

  it("several rule sets, levels, phases", async () => {
    const { messages } = await run(
      "validate: { schematron: [rules/b.sch, { rules: rules/a.sch, phase: '#ALL', levels: { R-1: information, R-2: error } }] }",
    );
    expect(
      messages.map(
        ({ error, notices }) => error?.facts?.["rule"] ?? notices?.map(({ rule, level }) => `${rule} ${level}`),
      ),
    ).toEqual([undefined, "R-2", ["R-1 information"], "O-1"]);
  });

  const refused: readonly [what: string, validate: string, finding: string][] = [
    [
      "a level for no rule",
      "validate: { schematron: { rules: rules/a.sch, levels: { R-11: error } } }",
      "25 rules/a.sch has no rule R-11 Did you mean R-1?",
    ],
    [
      "a level that is none",
      "validate: { schematron: { rules: rules/a.sch, levels: { R-1: fatal } } }",
      "25 R-1 must be one of error, warning, information",
    ],
    [
      "a phase that is not there",
      "validate: { schematron: { rules: rules/a.sch, phase: all } }",
      "25 rules/a.sch has no phase all It has no phases",
    ],
    [
      "a missing file",
      "validate: { schematron: rules/c.sch }",
      "25 schematron: there is no rules/c.sch in the bridge's folder, but there is rules/a.sch",
    ],
    ["no rules named", "validate: { schematron: { phase: x } }", "25 validate.schematron needs rules"],
  ];
  it.each(refused)("%s is refused", async (_, validate, finding) => {
    const { findings } = await run(validate);
    expect(findings.join("\n")).toContain(finding);
  });
});
