// steg test: the mappings' own tests, with readable differences.

import type { Finding } from "../core/bridge/tree.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import { BridgeError, formatPosition } from "../core/errors.ts";
import { bridgeFiles } from "../core/operations/admission.ts";
import { formatCount, formatDuration, formatNoun } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import { cutEnd, escapeControls, pad } from "../core/terminal/text.ts";
import { DIR, FINE, INPUT_FAULT, JSON_OUTPUT, POLICY, settingsOf } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import type { Hunk } from "./difference.ts";
import { createLoader, loadNamed } from "./load.ts";
import { printRecord } from "./record-lines.ts";
import { caseNames, runCase } from "./test-cases.ts";
import type { CaseResult, Failure } from "./test-cases.ts";

const SHOWN_HUNKS = 3;
const SHOWN_LINES = 12;

export const command: Command = {
  options: { ...DIR, ...POLICY, ...JSON_OUTPUT, update: { type: "boolean" } },
  usage: "[BRIDGE…] [--update] [--json]",
  help: `
Runs mappings/<bridge>/tests/<case>/: one input file through decode, map and validate, compared with expected.xml,
expected.json, expected.txt or expected-error.txt. Files that came beside it lie in its folder attachments, what goes with the
messages is expected in expected-files.txt. White space between XML tags and the order of attributes and JSON names do
not matter. $now() is 2027-01-15 08:00 UTC in tests. --update writes what came out; look at the change before you commit it.`,
  examples: ["steg test", "steg test gewerbeanmeldung", "steg test gewerbeanmeldung --update"],
  words: [0, 10_000],
  async run(args, program) {
    const started = performance.now();
    const settings = await settingsOf(args, program);
    const { bridges, broken } = await bridgesFor(args, program);
    const suites: Suite[] = [];
    for (const bridge of bridges) {
      const begun = performance.now();
      const results: CaseResult[] = [];
      for (const name of await caseNames(bridge)) {
        results.push(await runCase(bridge, settings, name, args.flag("update"), program.interrupt.signal));
      }
      suites.push({ bridge, results, elapsed: performance.now() - begun });
    }
    if (args.flag("json")) program.console.json([...broken.map(brokenJson), ...suites.flatMap(suiteJson)]);
    else {
      const told = broken.map(({ file, error }) =>
        error === undefined ? file : `${formatPosition(error)} ${error.code} ${error.message}`,
      );
      print(program, suites, told, performance.now() - started);
    }
    const failed = suites.some(({ results }) => results.some(({ failures }) => failures.length > 0));
    return failed || broken.length > 0 ? INPUT_FAULT : FINE;
  },
};

interface Suite {
  readonly bridge: LoadedBridge;
  readonly results: readonly CaseResult[];
  readonly elapsed: number;
}

/** A bridge file that does not load, with its first error. */
interface Broken {
  readonly file: string;
  readonly error: Finding | undefined;
}

/** Named bridges must load; of all bridges those that do not are reported beside the others. */
async function bridgesFor(
  args: Arguments,
  program: Program,
): Promise<{ bridges: readonly LoadedBridge[]; broken: readonly Broken[] }> {
  const settings = await settingsOf(args, program);
  const bridges: LoadedBridge[] = [];
  const broken: Broken[] = [];
  if (args.positionals.length > 0) {
    for (const name of args.positionals) bridges.push(await loadNamed(settings, program, name));
    return { bridges, broken };
  }
  const { load } = await createLoader(settings, program);
  for (const file of await bridgeFiles(settings.dirAsGiven)) {
    const { bridge, findings } = await load(file);
    const error = findings.find(({ severity }) => severity === "error");
    if (bridge !== undefined) bridges.push(bridge);
    else broken.push({ file, error });
  }
  if (bridges.length + broken.length === 0)
    throw new BridgeError("BRIDGE_UNKNOWN", `there are no bridges in ${settings.dirAsGiven}`);
  return { bridges, broken };
}

/** In place of the cases that could not run. */
function brokenJson({ file, error }: Broken): object {
  const where = error === undefined ? file : formatPosition(error);
  const text = error === undefined ? null : `${error.code} ${error.message}`;
  const bridge = file.split(/[/\\]/).at(-2) ?? file;
  return { bridge, case: null, passed: false, updated: false, failures: [{ where, path: null, text }] };
}

function suiteJson({ bridge, results }: Suite): object[] {
  return results.map(({ name, failures, updated }) => ({
    bridge: bridge.name,
    case: name,
    passed: failures.length === 0,
    updated,
    failures: failures.map(({ where, hunks, text }) => ({ where, path: hunks[0]?.path ?? null, text: text ?? null })),
  }));
}

function print(program: Program, suites: readonly Suite[], broken: readonly string[], elapsed: number): void {
  const { console } = program;
  const look = console.out;
  const width = Math.max(0, ...suites.map(({ bridge }) => bridge.name.length));
  for (const why of broken) console.line(`${mark(look, "✗")} ${escapeControls(why)}`);
  for (const suite of suites) {
    const failed = suite.results.filter(({ failures }) => failures.length > 0);
    const total = suite.results.length;
    const name = pad(suite.bridge.name, width);
    if (failed.length > 0)
      console.line(`${mark(look, "✗")} ${name}  ${failed.length} of ${formatNoun(total, "test")} failed`);
    else if (total === 0)
      console.line(`${mark(look, "!")} ${name}  no tests: put an input file into ${suite.bridge.name}/tests/<case>/`);
    else
      console.line(
        `${mark(look, "✓")} ${name}  ${pad(formatNoun(total, "test"), 10)} ${pad(formatDuration(suite.elapsed), 7, "right")}${updatedText(suite)}`,
      );
  }
  for (const { bridge, results } of suites) {
    for (const result of results)
      for (const failure of result.failures) printFailure(program, bridge, result.name, failure);
  }
  const all = suites.flatMap(({ results }) => results);
  const passed = all.filter(({ failures }) => failures.length === 0).length;
  const first = suites.find(({ results }) => results.some(({ failures }) => failures.length > 0));
  const next = first === undefined ? "" : `   If this is right now: steg test ${first.bridge.name} --update`;
  console.line();
  console.line(
    `${formatCount(passed)} of ${formatNoun(all.length, "test")} passed   (${formatDuration(elapsed)})${next}`,
  );
}

function updatedText({ results }: Suite): string {
  return results.some(({ updated }) => updated) ? "   written; look at the change before you commit it" : "";
}

function printFailure(program: Program, bridge: LoadedBridge, name: string, failure: Failure): void {
  const { console } = program;
  const path = failure.hunks[0]?.path ?? "";
  console.line();
  console.line(
    `  ${bridge.name}/${escapeControls(name)}   ${escapeControls(failure.where)}${path === "" ? "" : `   ${escapeControls(path)}`}`,
  );
  console.line();
  if (failure.text !== undefined) console.line(`      ${escapeControls(failure.text)}`);
  for (const hunk of failure.hunks.slice(0, SHOWN_HUNKS)) {
    printHunk(program, hunk);
    printOrigin(program, bridge, failure, hunk);
  }
  const more = failure.hunks.length - SHOWN_HUNKS;
  if (more > 0)
    console.line(
      `      ${paint(console.out, "dim", `${sign(console.out, "…")} ${formatNoun(more, "more difference")}`)}`,
    );
}

function printHunk(program: Program, hunk: Hunk): void {
  const { console } = program;
  const look = console.out;
  const indent = Math.min(...hunk.lines.map(({ line }) => line.text.length - line.text.trimStart().length));
  let [toldExpected, toldGot] = [false, false];
  for (const { kind, line } of hunk.lines.slice(0, SHOWN_LINES)) {
    const text = escapeControls(line.text.slice(indent));
    if (kind === "same") {
      console.line(`      ${cutEnd(look, text, look.width - 6)}`);
      continue;
    }
    const word = kind === "expected" ? (toldExpected ? "" : "expected") : toldGot ? "" : "got";
    if (kind === "expected") toldExpected = true;
    else toldGot = true;
    const body = pad(cutEnd(look, text, look.width - 18), word === "" ? 0 : 56);
    console.line(
      `    ${paint(look, kind === "expected" ? "red" : "green", `${kind === "expected" ? "-" : "+"} ${body}`)}${word === "" ? "" : `  ${word}`}`,
    );
  }
  if (hunk.lines.length > SHOWN_LINES) console.line(`      ${sign(look, "…")}`);
}

/** `from bridge.yaml:46:40   = $decimal(KAPITAL, '1.234')     KAPITAL = "25.000,00"` */
function printOrigin(program: Program, bridge: LoadedBridge, { message, explain }: Failure, hunk: Hunk): void {
  const made = message?.way?.template.locate(hunk.path) ?? bridge.ways[0]?.template.locate(hunk.path);
  if (made === undefined || message === undefined) return;
  const { console } = program;
  const place = formatPosition(made.at).replace(/^.*[/\\]/, "");
  const formula = made.formula === undefined ? "" : `   = ${made.formula.replace(/^=\s*/, "")}`;
  const record = message.records[0] ?? {};
  const used = Object.keys(record)
    .filter((field) => made.formula !== undefined && mentions(made.formula, field))
    .slice(0, 3);
  const explained = explain ? used.filter((field) => typeof record[field] === "object") : [];
  const inputs = used
    .filter((field) => !explained.includes(field))
    .map((field) => `${field} = ${JSON.stringify(record[field]) ?? "absent"}`);
  console.line();
  console.line(
    cutEnd(
      console.out,
      `      from ${place}${escapeControls(formula)}${inputs.length === 0 ? "" : `     ${escapeControls(inputs.join("  "))}`}`,
      console.out.width,
    ),
  );
  if (explain && explained.length > 0) {
    const shown = Object.fromEntries(explained.map((field) => [field, record[field]]));
    printRecord(console, shown, explain(record), { most: SHOWN_LINES, margin: 6 });
  }
}

function mentions(formula: string, field: string): boolean {
  const at = formula.indexOf(field);
  if (at === -1) return false;
  const around = `${formula[at - 1] ?? " "}${formula[at + field.length] ?? " "}`;
  return !/[\p{L}\p{N}_]/u.test(around);
}
