// The encode stage: how the text of one or several messages becomes the bytes of one body.
//
// Where the bridge file says nothing, what goes out looks like what came in: csv keeps the dialect of decode.csv, JSON lines
// stay lines. Two steps, because a csv template has to know its dialect before it is compiled:
//
//   const plan = planEncode(options, { format: "csv", decode, encoderOf });   // templateCompiler("csv", plan.lines)
//   const encode = makeEncode(plan, template.columns);
//
// XML documents cannot be joined: each message is a body of its own (`single`), also where deliver.batch is set.

import { BridgeError } from "../errors.ts";
import type { Encode } from "../bridge/types.ts";
import type { Infer } from "../options/shape.ts";
import { boolean, choice, either, object, oneKey, text } from "../options/shape.ts";
import type { LineOptions } from "./template/compile.ts";
import type { CsvDialect } from "./template/csv.ts";
import { cellWriter } from "./template/csv.ts";

const encodingDoc =
  "the target's encoding; a character that it lacks is an error, never a question mark. As decode has it, else utf-8";

/** `encode:` of a bridge file. */
export const encodeOptions = oneKey(
  {
    json: either(
      [
        choice(["array", "lines"], "an array around the messages, also around a single one; or one message per line"),
        object({ lines: boolean("one message per line (NDJSON); as decode has it, else false") }),
      ],
      "JSON; batches are arrays unless they are lines",
    ),
    csv: object(
      {
        delimiter: text("what stands between cells; as decode has it, else ;", { most: 8 }),
        quote: text(
          'what encloses cells that need it, doubled inside; "" = nothing is quoted. As decode has it, else "',
          { most: 1 },
        ),
        quoting: choice(["needed", "always"], "which cells are quoted", { default: "needed" }),
        encoding: text(encodingDoc, { example: "windows-1252" }),
        header: boolean("the first line of a body names the columns; as decode has it, else true"),
        lineEnd: choice(["crlf", "lf"], "what ends a line", { default: "crlf" }),
      },
      "lines of cells (RFC 4180)",
    ),
    fixed: object(
      {
        encoding: text(encodingDoc, { example: "iso-8859-1" }),
        lineEnd: choice(["crlf", "lf", "none"], "what ends a line; as decode has it, else crlf"),
      },
      "lines of fixed length",
    ),
    xml: object({}, "one document per body, UTF-8"),
  },
  "how several messages become bytes",
);
export type EncodeOptions = Infer<typeof encodeOptions>;

export type MessageFormat = Encode["format"];

export interface EncodeSurroundings {
  /** What the map makes. */
  readonly format: MessageFormat;
  /** The codec of the bridge with its checked options, whose dialect is the default. */
  readonly decode: { readonly name: string; readonly options: unknown } | undefined;
  /** Throws or gives undefined for encodings that are not known. */
  readonly encoderOf: (encoding: string) => ((text: string) => Uint8Array) | undefined;
}

/** Everything decided but the names of the columns. */
export interface EncodePlan {
  readonly format: MessageFormat;
  /** For the compilers of csv and fixed templates. */
  readonly lines: LineOptions;
  readonly json: "plain" | "array" | "lines";
  /** undefined = where the template has columns. */
  readonly header: boolean | undefined;
  readonly encoding: string;
  readonly toBytes: (text: string) => Uint8Array;
}

const LINE_ENDS = { crlf: "\r\n", lf: "\n", none: "" } as const;

/** Throws OPTION_UNUSABLE where options do not fit the map, each other or the known encodings. */
export function planEncode(options: EncodeOptions, surroundings: EncodeSurroundings): EncodePlan {
  const { format, decode } = surroundings;
  const key = options && Object.keys(options)[0];
  if (key !== undefined && key !== format) {
    throw unusable(`encode.${key} does not fit what the map makes, which is ${format}`);
  }
  const mirror = (decode?.name === format ? decode.options : undefined) as Mirror | undefined;
  const csv = options?.csv;
  const fixed = options?.fixed;
  const encoding = csv?.encoding ?? fixed?.encoding ?? mirroredEncoding(format, mirror);
  const dialect: CsvDialect = {
    delimiter: csv?.delimiter ?? mirror?.delimiter ?? ";",
    quote: csv?.quote ?? mirror?.quote ?? '"',
    quoting: csv?.quoting ?? "needed",
    comment: mirror?.comment,
    lineEnd: LINE_ENDS[csv?.lineEnd ?? "crlf"],
  };
  if (format === "csv") checkDialect(dialect);
  return {
    format,
    lines: { csv: dialect, lineEnd: LINE_ENDS[fixed?.lineEnd ?? mirroredLineEnd(mirror)] },
    json: jsonForm(options?.json, mirror),
    header: csv?.header ?? mirroredHeader(mirror),
    encoding,
    toBytes: bytesOf(format, encoding, surroundings),
  };
}

/** What of decode's options has a meaning for encode. */
interface Mirror {
  readonly delimiter?: string;
  readonly quote?: string;
  readonly comment?: string;
  readonly encoding?: string;
  readonly header?: boolean;
  readonly columns?: unknown;
  readonly lines?: boolean;
  readonly lineEnd?: string;
}

/** `detect` is known only when a drop is there; what goes out does not depend on it. */
function mirroredEncoding(format: MessageFormat, mirror: Mirror | undefined): string {
  const lines = format === "csv" || format === "fixed";
  return lines && mirror?.encoding !== undefined && mirror.encoding !== "detect" ? mirror.encoding : "utf-8";
}

function mirroredHeader(mirror: Mirror | undefined): boolean | undefined {
  return mirror === undefined ? undefined : mirror.header !== false && mirror.columns === undefined;
}

function mirroredLineEnd(mirror: Mirror | undefined): keyof typeof LINE_ENDS {
  return mirror?.lineEnd === "none" || mirror?.lineEnd === "lf" ? mirror.lineEnd : "crlf";
}

function jsonForm(option: NonNullable<EncodeOptions>["json"], mirror: Mirror | undefined): EncodePlan["json"] {
  if (typeof option === "string") return option;
  return (option?.lines ?? mirror?.lines ?? false) ? "lines" : "plain";
}

function checkDialect({ delimiter, quote }: CsvDialect): void {
  if (delimiter === "" || /[\r\n]/.test(delimiter))
    throw unusable("encode.csv.delimiter must be text without line breaks");
  if (quote !== "" && (delimiter.includes(quote) || /[\r\n]/.test(quote))) {
    throw unusable("encode.csv.quote must differ from the delimiter and be no line break");
  }
}

function bytesOf(format: MessageFormat, encoding: string, { encoderOf }: EncodeSurroundings): EncodePlan["toBytes"] {
  // Bytes that nothing decoded travel as one character per byte.
  if (format === "bytes") return (body) => Buffer.from(body, "latin1");
  // A byte order mark stands once at the beginning of a body (makeEncode), not before each piece of a growing file.
  const name = encoding === "utf-16" ? "utf-16le" : encoding;
  let encoder: EncodePlan["toBytes"] | undefined;
  try {
    encoder = encoderOf(name);
  } catch (cause) {
    throw unusable(`encode.${format}.encoding: ${encoding} is not known`, cause);
  }
  if (!encoder) throw unusable(`encode.${format}.encoding: ${encoding} is not known`);
  return encoder;
}

function unusable(message: string, cause?: unknown): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", message, { stage: "encode", cause });
}

/** `columns` are those of the template; undefined where its lines differ. `written`: what a writer of an adapter makes. */
export function makeEncode(
  plan: EncodePlan,
  columns: readonly string[] | undefined,
  written?: { readonly contentType: string; readonly joins?: boolean },
): Encode {
  const { format, toBytes } = plan;
  const frame = frameOf(plan, columns);
  return { format, toBytes, ...frame, ...(written && { ...sameType(written.contentType), single: !written.joins }) };
}

function frameOf(plan: EncodePlan, columns: readonly string[] | undefined): Frame {
  const { format } = plan;
  if (format === "json") return jsonFrame(plan.json);
  if (format === "csv") return csvFrame(plan, columns);
  if (format === "fixed") {
    return lineFrame(byteOrderMark(plan), plan.lines.lineEnd, `text/plain; charset=${plan.encoding}`);
  }
  const type = format === "xml" ? "application/xml; charset=utf-8" : "application/octet-stream";
  return { head: "", between: "", tail: "", aloneHead: "", aloneTail: "", single: true, ...sameType(type) };
}

type Frame = Omit<Encode, "format" | "toBytes">;

function sameType(contentType: string): Pick<Frame, "contentType" | "batchContentType"> {
  return { contentType, batchContentType: contentType };
}

function jsonFrame(form: EncodePlan["json"]): Frame {
  if (form === "lines") return lineFrame("", "\n", "application/x-ndjson");
  const alone = form === "array" ? { aloneHead: "[", aloneTail: "]" } : { aloneHead: "", aloneTail: "" };
  return { head: "[", between: ",", tail: "]", ...alone, ...sameType("application/json") };
}

function csvFrame(plan: EncodePlan, columns: readonly string[] | undefined): Frame {
  const header = plan.header ?? columns !== undefined;
  if (header && !columns) {
    throw unusable("encode.csv.header: the lines of the map have different columns, so no header can name them");
  }
  const { csv } = plan.lines;
  const presence = header ? "present" : "absent";
  // RFC 4180, section 3: charset and header are parameters of text/csv.
  const type = `text/csv; charset=${plan.encoding}; header=${presence}`;
  const names = header && columns ? headerLine(columns, csv) + csv.lineEnd : "";
  return lineFrame(byteOrderMark(plan) + names, csv.lineEnd, type);
}

function headerLine(columns: readonly string[], dialect: CsvDialect): string {
  const write = cellWriter(dialect, { only: columns.length === 1, first: false });
  const cells = columns.map((name) => {
    const cell = write(name);
    if (typeof cell === "string") return cell;
    throw unusable(`encode.csv.header: the name of a column holds a delimiter, and the format has no quotes`);
  });
  return cells.join(dialect.delimiter);
}

function lineFrame(head: string, lineEnd: string, contentType: string): Frame {
  return { head, between: lineEnd, tail: lineEnd, aloneHead: head, aloneTail: lineEnd, ...sameType(contentType) };
}

function byteOrderMark(plan: EncodePlan): string {
  return plan.encoding === "utf-16" ? "\ufeff" : "";
}
