// Logs: one JSON object per line on stderr, or one short line for people where stderr is a terminal.
//
// Only listed fields are written, and only texts, numbers and booleans: an error object, a record or a header cannot
// get into a log by accident. Texts have their control characters escaped.

import { pino } from "pino";
import { asBridgeError, formatPosition } from "./errors.ts";
import { DEFAULT_ZONE } from "./lifecycle/dates.ts";
import type { LogLevel } from "./log-levels.ts";
import { formatTime } from "./terminal/format.ts";
import { paint, sign } from "./terminal/look.ts";
import type { Look, OutputStream, Paint } from "./terminal/look.ts";
import { escapeControls } from "./terminal/text.ts";

type Level = Exclude<LogLevel, "silent">;

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: Level, event: string, fields?: LogFields) => void;

/** Every field that may stand in a log. What is not here is dropped, and its name is counted in `dropped`. */
const LISTED: ReadonlySet<string> = new Set([
  "actor",
  "by",
  "until",
  "uses",
  "error",
  "every",
  "files",
  "hostKey",
  "publicKey",
  "request",
  "upload",
  "user",
  "letters",
  "next",
  "wait",
  "watermark",
  "offset",
  "adapter",
  "name",
  "key",
  "closed",
  "most",
  "size",
  "replaced",
  "rule",
  "outcome",
  "letter",
  "address",
  "after",
  "alarm",
  "appliance",
  "appliances",
  "attachment",
  "attempts",
  "bridge",
  "bridges",
  "call",
  "bytes",
  "chunks",
  "code",
  "count",
  "dead",
  "delivered",
  "drop",
  "drops",
  "duplicate",
  "end",
  "expired",
  "file",
  "first",
  "free",
  "from",
  "growing",
  "hint",
  "host",
  "id",
  "kind",
  "last",
  "line",
  "listen",
  "message",
  "method",
  "milliseconds",
  "ms",
  "open",
  "option",
  "path",
  "pending",
  "pid",
  "port",
  "position",
  "reason",
  "record",
  "records",
  "role",
  "route",
  "seconds",
  "setting",
  "skipped",
  "stack",
  "stage",
  "state",
  "status",
  "target",
  "ticket",
  "to",
  "token",
  "trace",
  "url",
  "version",
  "why",
]);
const MOST_TEXT = 2_000;

export interface LogOptions {
  readonly level: LogLevel;
  readonly stream: OutputStream;
  /** Set where the stream is a terminal: lines for people instead of JSON. */
  readonly look?: Look | undefined;
}

export function createLog(options: LogOptions): Log {
  const write = options.look === undefined ? options.stream : prettyStream(options.stream, options.look);
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    { write: (line: string) => void write.write(line) },
  );
  return (level, event, fields) => logger[level](listed(fields), escapeControls(event));
}

function listed(fields: LogFields | undefined): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  let dropped = 0;
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value === undefined) continue;
    const simple = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (!LISTED.has(name) || !simple) dropped += 1;
    else result[name] = typeof value === "string" ? escapeControls(value.slice(0, MOST_TEXT)) : value;
  }
  if (dropped > 0) result["dropped"] = dropped;
  return result;
}

/**
 * An error as log fields: code, message, place, hint. Never its detail, never a foreign text. With `stack` (STEG_LOG=debug)
 * also where in the code it arose, without the error's own words.
 */
export function errorFields(cause: unknown, stack = false): LogFields {
  const error = asBridgeError(cause);
  const origin = error.cause instanceof Error ? error.cause : error;
  const frames = (origin.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    code: error.code,
    message: error.message,
    stage: error.stage,
    position: error.position === undefined ? undefined : formatPosition(error.position),
    hint: error.hint,
    stack: stack ? frames.map((line) => line.trim()).join(" | ") : undefined,
  };
}

const LEVEL_PAINTS: Readonly<Record<string, Paint>> = { debug: "dim", warn: "yellow", error: "red" };

function prettyStream(stream: OutputStream, look: Look): Pick<OutputStream, "write"> {
  return {
    write(line) {
      const { level, time, event, ...fields } = JSON.parse(line) as Record<string, string | number | boolean>;
      // The zone in which commands show when a drop came, so that both can be compared.
      const clock = formatTime(Date.parse(String(time)), DEFAULT_ZONE);
      const rest = Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`);
      const start = paint(look, "dim", clock);
      const mark = level === "error" ? sign(look, "✗") : level === "warn" ? "!" : " ";
      const said = paint(look, LEVEL_PAINTS[String(level)], `${mark} ${String(event)}`);
      stream.write(`${[start, said].join(" ")}${rest.length > 0 ? `  ${rest.join(" ")}` : ""}\n`);
    },
  };
}

function quoted(value: string | number | boolean | undefined): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
