// steg try: what becomes of one file, or of one record of it, without delivering anything.

import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { LoadedBridge, NamedAttachment } from "../core/bridge/types.ts";
import type { Attachment } from "../core/contract.ts";
import { BridgeError, formatPosition } from "../core/errors.ts";
import type { DryMessage } from "../core/pipeline/dry-run.ts";
import { formatCount, formatNoun, formatSize } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import { cutEnd, cutPath, escapeControls, pad, widthOf } from "../core/terminal/text.ts";
import { attachmentsIn } from "./attachment-folder.ts";
import { DIR, FINE, INPUT_FAULT, JSON_OUTPUT, POLICY, positiveNumber, settingsOf, UNFINISHED } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { dryMessages } from "./dry-messages.ts";
import type { DryResult } from "./dry-messages.ts";
import { loadNamed } from "./load.ts";
import { prettyBody } from "./pretty-body.ts";
import { printRecord } from "./record-lines.ts";
import { unreadable } from "./unreadable.ts";
import { formulaRows } from "./try-formulas.ts";
import type { FormulaRow } from "./try-formulas.ts";

/** What people are shown without --record; the rest is a count. */
const SHOWN = 3;
const MOST_FILE = 512 << 20;
const MOST_BODY_LINES = 200;
const MOST_LINE = 2_000;
/** Column at most of what a line of a message means. */
const MEANING_AT = 56;
/** Lines of a record that is explained, and with --all. */
const RECORD_LINES = 60;
const MOST_RECORD_LINES = 5_000;

export const command: Command = {
  options: {
    ...DIR,
    ...POLICY,
    ...JSON_OUTPUT,
    record: { type: "string" },
    attach: { type: "string" },
    all: { type: "boolean" },
  },
  usage: "BRIDGE FILE [--record N] [--attach DIR] [--all] [--json]",
  help: `
Takes one file through decode, map, validate and encode and shows the messages and the errors; nothing is delivered and no state is
touched. With --record N it shows what each formula made of one record, and of EDIFACT, IDoc, X12 and PDF the record itself, with what
its tags and codes mean. Here values are shown: it is your own file. For a bridge with receive.attach the files of --attach DIR are
those that came beside it.
Exit code 2 where a record would become a dead letter, 1 where the file as a whole cannot be read.`,
  examples: [
    "steg try gewerbeanmeldung fixtures/gewerbe.csv",
    "steg try gewerbeanmeldung fixtures/gewerbe.csv --record 3",
    "steg try erzwingungshaft D.KVU.EZH --attach pdf",
  ],
  words: [2, 2],
  async run(args, program) {
    const [name = "", file = ""] = args.positionals;
    const settings = await settingsOf(args, program);
    const record = positiveNumber(args, "record");
    const bytes = readFile(resolve(program.cwd, file));
    const bridge = await loadNamed(settings, program, name);
    const attachments = await attachmentsOf(args, program, bridge);
    const result = await dryMessages(bridge, settings, bytes, basename(file), {
      signal: program.interrupt.signal,
      record,
      attachments,
    });
    if (record !== undefined && result.messages.length === 0 && result.fatal === undefined) {
      throw new BridgeError("REQUEST_INVALID", `the file has no record ${record}`, {
        hint: "Records are counted from 1.",
      });
    }
    if (args.flag("json")) program.console.json(tryJson(result));
    else print(program, args, bridge, file, result, record);
    if (result.fatal !== undefined) return INPUT_FAULT;
    return result.messages.some((message) => message.error !== undefined) ? UNFINISHED : FINE;
  },
};

/** Where a bridge waits for files and none are given, every message would lack some. */
async function attachmentsOf(
  args: Arguments,
  program: Program,
  bridge: LoadedBridge,
): Promise<readonly Attachment[] | undefined> {
  const folder = args.text("attach");
  if (folder !== undefined && !bridge.attach)
    throw new BridgeError("USAGE", `--attach: ${bridge.name} has no receive.attach`);
  return folder === undefined ? undefined : await attachmentsIn(resolve(program.cwd, folder), bridge);
}

function readFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (bytes.length > MOST_FILE)
    throw new BridgeError("REQUEST_INVALID", "the file is larger than 512 MiB: steg try is for samples");
  return bytes;
}

function tryJson({ messages, fatal }: DryResult): object {
  const errors = messages.flatMap((message) =>
    message.error === undefined
      ? []
      : [
          {
            record: message.record,
            stage: message.stage ?? "map",
            code: message.error.code,
            message: message.error.message,
          },
        ],
  );
  const notices = messages.flatMap((message) =>
    (message.notices ?? []).map(({ rule, level, path, message: text }) => ({
      record: message.record,
      rule,
      level,
      path,
      message: text,
    })),
  );
  const whole =
    fatal === undefined
      ? []
      : [{ record: 0, stage: fatal.stage ?? "decode", code: fatal.code, message: fatal.message }];
  return {
    messages: messages.flatMap(({ record, contentType, body, enclosures }) =>
      body === undefined
        ? []
        : [{ record, contentType, body, ...(enclosures && { attachments: filesJson(enclosures) }) }],
    ),
    errors: [...errors, ...whole],
    ...(notices.length > 0 && { notices }),
  };
}

function filesJson(enclosures: readonly NamedAttachment[]): object[] {
  return enclosures.map(({ name, attachment: { size, sha256, mediaType, name: from } }) => ({
    name,
    from,
    size,
    sha256,
    mediaType,
  }));
}

function print(
  program: Program,
  args: Arguments,
  bridge: LoadedBridge,
  file: string,
  result: DryResult,
  record: number | undefined,
): void {
  const { console } = program;
  const look = console.out;
  const { messages, fatal, detected } = result;
  const first = messages[0];
  const codec = [bridge.codec?.name ?? "as it is", ...Object.values(detected)].map(escapeControls).join(" ");
  const place =
    record === undefined || first === undefined
      ? ""
      : `   record ${record}${first.line > 0 ? ` = line ${first.line}` : ""}`;
  console.line(`${cutPath(look, escapeControls(file), 60)}   ${codec}${place}`);
  console.line();
  if (record !== undefined && first !== undefined) {
    printExplained(program, result, first, record, args.flag("all"));
    printFormulas(program, formulaRows(bridge, first));
  }
  const good = messages.filter((message) => message.body !== undefined);
  const bad = messages.filter((message) => message.error !== undefined);
  const most = args.flag("all") ? Infinity : SHOWN;
  for (const message of good.slice(0, most)) printBody(program, message, record === undefined);
  for (const message of bad.slice(0, args.flag("all") ? Infinity : SHOWN * 2)) printError(program, message);
  printNotices(program, result, args.flag("all"));
  if (fatal !== undefined) {
    console.line(`${mark(look, "✗")} ${fatal.stage ?? "decode"}   ${fatal.code}   ${escapeControls(fatal.message)}`);
    console.line(`  ${paint(look, "dim", escapeControls(fatal.hint))}`);
    return;
  }
  printVerdict(program, args, bridge, result, good.length > most);
}

function printVerdict(
  program: Program,
  args: Arguments,
  bridge: LoadedBridge,
  { messages }: DryResult,
  folded: boolean,
): void {
  const { console } = program;
  const count = (test: (message: DryMessage) => boolean): number => messages.filter(test).length;
  const good = count((message) => message.body !== undefined);
  const bad = count((message) => message.error !== undefined);
  const skipped = count((message) => message.skipped !== undefined);
  const checked = bridge.ways.some((way) => way.validators.length > 0) ? " valid" : "";
  const parts = [
    ...(good > 0 ? [formatNoun(good, `message`) + checked] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
    ...(bad > 0 ? [`${formatCount(bad)} would be ${bad === 1 ? "a dead letter" : "dead letters"}`] : []),
  ];
  const more = folded ? " (--all shows every one)" : "";
  if (bridge.attach && args.text("attach") === undefined)
    console.line(`${mark(console.out, "!")} no file came beside it: --attach DIR names a folder of some`);
  console.line(
    `${mark(console.out, bad > 0 ? "✗" : "✓")} ${parts.join(", ") || "no records"}${more}; nothing was delivered`,
  );
}

function printBody(program: Program, message: DryMessage, titled: boolean): void {
  const { console } = program;
  if (titled) console.line(paint(console.out, "dim", `record ${recordsOf(message)}   ${message.contentType}`));
  printLines(program, message, !titled);
  for (const { name, attachment } of message.enclosures ?? []) {
    const from = attachment.name === name ? "" : `   from ${attachment.name}`;
    const text = `+ ${name}   ${attachment.mediaType}   ${formatSize(attachment.size)}${from}`;
    console.line(cutEnd(console.out, escapeControls(text), console.out.width));
  }
  for (const { level, path, detail } of message.notices ?? [])
    console.line(`${mark(console.out, "!")} ${level ?? ""}   ${escapeControls(path)}: ${escapeControls(detail)}`);
  console.line();
}

/** Of one message with what its lines mean; of several so that it can be copied as it is. */
function printLines({ console }: Program, { body = "", contentType, way }: DryMessage, explained: boolean): void {
  const look = console.out;
  const text = prettyBody(body, contentType);
  const lines = text.split("\n").map(shownLine);
  const meanings = (explained ? way?.template.explain?.(text) : undefined) ?? [];
  const width = Math.min(MEANING_AT, Math.max(0, ...lines.filter((_, at) => meanings[at]).map(widthOf)));
  for (const [at, line] of lines.slice(0, MOST_BODY_LINES).entries()) {
    const meaning = meanings[at] ?? "";
    console.line(meaning === "" ? line : `${pad(line, width)}  ${paint(look, "dim", escapeControls(meaning))}`);
  }
  if (lines.length > MOST_BODY_LINES) console.line(sign(look, "…"));
}

/** A file as base64 is no use on a screen; with --json it is whole. */
function shownLine(line: string): string {
  if (line.length <= MOST_LINE) return escapeControls(line);
  const more = formatNoun(line.length - MOST_LINE, "more character");
  return `${escapeControls(line.slice(0, MOST_LINE))} … ${more}`;
}

function recordsOf(message: DryMessage): string {
  return message.last > message.record ? `${message.record} to ${message.last}` : String(message.record);
}

function printError(program: Program, message: DryMessage): void {
  const { error } = message;
  if (error === undefined) return;
  const { console } = program;
  const look = console.out;
  const line = message.line > 0 ? ` (line ${message.line})` : "";
  console.line(
    `${mark(look, "✗")} record ${recordsOf(message)}${line}   ${message.stage ?? "map"}   ${error.code}   ${escapeControls(error.message)}`,
  );
  if (error.position !== undefined) console.line(`  ${escapeControls(formatPosition(error.position))}`);
  // The file is the caller's own, so the values may stand here.
  for (const detail of (error.detail ?? "").split("\n").slice(0, 3))
    if (detail !== "") console.line(`  ${cutEnd(look, escapeControls(detail), look.width - 2)}`);
  console.line(`  ${paint(look, "dim", escapeControls(error.hint))}`);
  console.line();
}

/** What the receipt will say of the drop, though it cost no record. */
function printNotices({ console }: Program, { notices, noticed }: DryResult, all: boolean): void {
  const look = console.out;
  const shown = notices.slice(0, all ? Infinity : SHOWN * 2);
  for (const { code, message } of shown)
    console.line(`${mark(look, "!")} ${code}   ${cutEnd(look, escapeControls(message), look.width - code.length - 5)}`);
  if (noticed > shown.length) console.line(`  and ${noticed - shown.length} more of these notices`);
  if (shown.length > 0) console.line();
}

/** Where tags and codes need words: the record itself, with what its codec says of it. */
function printExplained(
  { console }: Program,
  { explain }: DryResult,
  message: DryMessage,
  record: number,
  all: boolean,
): void {
  const shown = message.records[record - message.record];
  if (explain === undefined || shown === undefined) return;
  printRecord(console, shown, explain(shown), { most: all ? MOST_RECORD_LINES : RECORD_LINES, margin: 2 });
  console.line();
}

function printFormulas(program: Program, rows: readonly FormulaRow[]): void {
  const { console } = program;
  const look = console.out;
  if (rows.length === 0) return;
  const place = Math.max(...rows.map((row) => row.place.length));
  const name = Math.min(24, Math.max(...rows.map((row) => row.name.length)));
  const formula = Math.min(36, Math.max(...rows.map((row) => row.formula.length + 2)));
  for (const row of rows) {
    const start = `  ${paint(look, "dim", pad(row.place, place))}  ${pad(cutEnd(look, escapeControls(row.name), name), name)} ${pad(cutEnd(look, `= ${escapeControls(row.formula)}`, formula), formula)}  `;
    const room = Math.max(12, look.width - 2 - place - 2 - name - 1 - formula - 2);
    const value = row.failed
      ? paint(look, "red", cutEnd(look, escapeControls(row.value), room))
      : cutEnd(look, escapeControls(row.value.replace("→", sign(look, "→"))), room);
    console.line(start + value);
  }
  console.line();
}
