// The tests of a mapping: mappings/<bridge>/tests/<case>/ with one input and what is expected of it.
//
//   expected.xml        the messages, one document after another
//   expected.json       the message, or a list of the messages
//   expected.txt        messages that are lines of text (CSV, fixed)
//   expected-error.txt  the errors, one per line, as far as one cares: a line that begins so, or the code alone

import { existsSync, readFileSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedBridge } from "../core/bridge/types.ts";
import type { DryMessage } from "../core/pipeline/dry-run.ts";
import type { Settings } from "../core/settings.ts";
import { attachmentsIn } from "./attachment-folder.ts";
import { canonicalJson, canonicalText, canonicalXml } from "./canonical.ts";
import type { Canonical } from "./canonical.ts";
import { differences } from "./difference.ts";
import type { Hunk } from "./difference.ts";
import { dryMessages } from "./dry-messages.ts";
import type { DryResult } from "./dry-messages.ts";
import { prettyBody } from "./pretty-body.ts";

/** $now() in tests: a fixed time, so that what was expected yesterday is right today. */
export const TEST_TIME = Date.parse("2027-01-15T08:00:00Z");

/** Folder of a case: files that came beside its input (`receive.attach`). */
const ATTACHMENTS = "attachments";
/** What goes with the messages, where the bridge sends files along. */
const EXPECTED_FILES = "expected-files.txt";

/** What a case is about: neither what is expected nor what lies beside. */
function isInput(name: string): boolean {
  return !name.startsWith("expected") && !name.startsWith(".") && name !== ATTACHMENTS;
}

export interface Failure {
  /** `record 2 of 3`, or what else it is about. */
  readonly where: string;
  readonly hunks: readonly Hunk[];
  /** In place of hunks. */
  readonly text: string | undefined;
  readonly message: DryMessage | undefined;
  /** Of the codec, where it has one. */
  readonly explain?: DryResult["explain"];
}

export interface CaseResult {
  readonly name: string;
  readonly failures: readonly Failure[];
  readonly updated: boolean;
}

export async function caseNames(bridge: LoadedBridge): Promise<readonly string[]> {
  const folder = join(bridge.dir, "tests");
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

export async function runCase(
  bridge: LoadedBridge,
  settings: Settings,
  name: string,
  update: boolean,
  signal: AbortSignal,
): Promise<CaseResult> {
  const folder = join(bridge.dir, "tests", name);
  const inputs = (await readdir(folder)).filter(isInput);
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    return {
      name,
      failures: [saying("the case", `needs one input file beside what is expected, there are ${inputs.length}`)],
      updated: false,
    };
  }
  const beside = join(folder, ATTACHMENTS);
  const result = await dryMessages(bridge, settings, readFileSync(join(folder, input)), input, {
    signal,
    received: TEST_TIME,
    attachments: bridge.attach && existsSync(beside) ? await attachmentsIn(beside, bridge) : undefined,
  });
  if (update) {
    await writeExpected(folder, result);
    return { name, failures: [], updated: true };
  }
  return { name, failures: compareAll(folder, result), updated: false };
}

function saying(where: string, text: string): Failure {
  return { where, hunks: [], text, message: undefined };
}

// ── comparing ───────────────────────────────────────────────────────────────────────────────────────────────────

function compareAll(folder: string, result: DryResult): readonly Failure[] {
  const read = (name: string): string | undefined => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  };
  const errors = read("expected-error.txt");
  const messages = (["xml", "json", "txt"] as const).flatMap((form) => {
    const text = read(`expected.${form}`);
    return text === undefined ? [] : [{ form, text }];
  });
  const [expected] = messages;
  if (expected === undefined && errors === undefined)
    return [saying("the case", "nothing is expected yet: --update writes what came out")];
  const failures = [...compareErrors(errors ?? "", result), ...compareFiles(read(EXPECTED_FILES) ?? "", result)];
  return expected === undefined ? failures : [...failures, ...compareMessages(expected.form, expected.text, result)];
}

/** `record 2  map  CODE_UNKNOWN  column RF is not in list rechtsform` */
function errorLines({ messages, fatal }: DryResult): readonly string[] {
  const lines = messages.flatMap(({ record, stage, error }) =>
    error === undefined ? [] : [`record ${record}  ${stage ?? "map"}  ${error.code}  ${error.message}`],
  );
  return fatal === undefined ? lines : [...lines, `drop  ${fatal.stage ?? "decode"}  ${fatal.code}  ${fatal.message}`];
}

/** `record 2  antrag.pdf  application/pdf  sha256 6c1f…` */
function fileLines({ messages }: DryResult): readonly string[] {
  return messages.flatMap(({ record, enclosures = [] }) =>
    enclosures.map(
      ({ name, attachment: { mediaType, sha256 } }) => `record ${record}  ${name}  ${mediaType}  sha256 ${sha256}`,
    ),
  );
}

/** Files that go with the messages: all of them, or none where none are expected. */
function compareFiles(expected: string, result: DryResult): Failure[] {
  const [wanted, got] = [canonicalText(expected), canonicalText(fileLines(result).join("\n"))];
  const hunks = differences(wanted, got);
  return hunks.length === 0 ? [] : [{ where: EXPECTED_FILES, hunks, text: undefined, message: undefined }];
}

const squeeze = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

function matches(want: string, have: string): boolean {
  // Without its place, so that `CODE_UNKNOWN column RF …` and `CODE_UNKNOWN` alone are enough.
  const short = have.replace(/^(?:record \d+|drop) \w+ /, "");
  return have.startsWith(want) || short.startsWith(want);
}

function compareErrors(expected: string, result: DryResult): Failure[] {
  const wanted = expected
    .split(/\r?\n/)
    .map(squeeze)
    .filter((line) => line !== "" && !line.startsWith("#"));
  const got = errorLines(result).map(squeeze);
  const fine = wanted.length === got.length && wanted.every((want, at) => matches(want, got[at] ?? ""));
  if (fine) return [];
  const expectedLines = wanted.map((line, at) => (matches(line, got[at] ?? "") ? (got[at] ?? line) : line));
  const hunks = differences(canonicalText(expectedLines.join("\n")), canonicalText(got.join("\n")));
  return [
    {
      where: wanted.length === 0 ? "errors that nobody expects" : "errors",
      hunks,
      text: undefined,
      message: undefined,
    },
  ];
}

function compareMessages(form: "xml" | "json" | "txt", text: string, result: DryResult): readonly Failure[] {
  const sent = result.messages.filter((message) => message.body !== undefined);
  let expected: readonly Canonical[];
  try {
    expected = readExpected(form, text, sent.length);
  } catch (cause) {
    return [saying(`expected.${form}`, `cannot be read: ${(cause as Error).message}`)];
  }
  const failures: Failure[] = [];
  const records = result.messages.at(-1)?.last ?? 0;
  for (const [at, message] of sent.entries()) {
    const want = expected[at];
    if (want === undefined) break;
    const hunks = differences(want, readMessage(form, message));
    if (hunks.length > 0)
      failures.push({
        where: `record ${message.record} of ${records}`,
        hunks,
        text: undefined,
        message,
        explain: result.explain,
      });
  }
  if (expected.length !== sent.length)
    failures.push(saying("messages", `${expected.length} expected, ${sent.length} came out`));
  return failures;
}

function readExpected(form: "xml" | "json" | "txt", text: string, count: number): readonly Canonical[] {
  if (form === "xml") return canonicalXml(text);
  if (form === "txt") return [canonicalText(text)].filter((lines) => lines.length > 0 || count > 0);
  const value = JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
  // One message stands for itself; several are a list of them.
  if (count !== 1) return Array.isArray(value) ? value.map((item) => canonicalJson(item)) : [canonicalJson(value)];
  return [canonicalJson(value)];
}

function readMessage(form: "xml" | "json" | "txt", message: DryMessage): Canonical {
  const body = message.body ?? "";
  try {
    if (form === "xml") return canonicalXml(body)[0] ?? [];
    if (form === "json") return canonicalJson(JSON.parse(body));
  } catch {
    // Not of the expected kind at all: the difference shows it as it is.
  }
  return canonicalText(body);
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function writeExpected(folder: string, result: DryResult): Promise<void> {
  const bodies = result.messages.flatMap(({ body, contentType }) =>
    body === undefined ? [] : [{ body, contentType }],
  );
  const errors = errorLines(result);
  for (const name of ["expected.xml", "expected.json", "expected.txt", "expected-error.txt", EXPECTED_FILES])
    await rm(join(folder, name), { force: true });
  const files = fileLines(result);
  if (files.length > 0) await writeFile(join(folder, EXPECTED_FILES), `${files.join("\n")}\n`);
  // Where the bridge file lies, and on which line, is not what a test is about: up to there is enough.
  const lines = errors.map((error) => error.replace(/ \(made by .*$/s, ""));
  if (lines.length > 0) await writeFile(join(folder, "expected-error.txt"), `${lines.join("\n")}\n`);
  const [first] = bodies;
  if (first === undefined) {
    // A drop of which nothing is to be delivered is expected, too.
    if (errors.length === 0) await writeFile(join(folder, "expected.json"), "[]\n");
    return;
  }
  const form = /xml/.test(first.contentType) ? "xml" : /json/.test(first.contentType) ? "json" : "txt";
  const text =
    form === "json"
      ? jsonText(bodies.map((one) => one.body))
      : `${bodies.map((one) => prettyBody(one.body, one.contentType).replace(/\r?\n$/, "")).join("\n")}\n`;
  await writeFile(join(folder, `expected.${form}`), text);
}

function jsonText(bodies: readonly string[]): string {
  const values = bodies.map((body) => JSON.parse(body) as unknown);
  return `${JSON.stringify(values.length === 1 ? values[0] : values, undefined, 2)}\n`;
}
