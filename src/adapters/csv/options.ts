// What a bridge file can say about a CSV file, and what the tokenizer makes of it.

import { BridgeError } from "../../core/errors.ts";
import {
  boolean,
  either,
  type Infer,
  integer,
  list,
  map,
  object,
  required,
  size,
  text,
} from "../../core/options/shape.ts";
import { encoderOf } from "../shared/encodings/encoder.ts";
import { type Encoding, encodingOption } from "../shared/encodings/names.ts";

export const options = required(
  object({
    delimiter: text("what stands between cells, one character or more", { default: ";", most: 8 }),
    quote: text('what encloses cells that hold delimiters or line breaks, doubled inside; "" where nothing is quoted', {
      default: '"',
      most: 1,
    }),
    encoding: encodingOption(),
    header: boolean(
      "the first row names the columns, as written and without trimming; true unless columns are given. Duplicate names refuse the drop",
    ),
    columns: either(
      [list(text("name of a column"), "names"), map(list(text("name of a column"), "names"), "names by record type")],
      "names where there is no header row: a list, or one list per record type, chosen by the value of the first column",
      { example: "[KUNDE, BETRAG]" },
    ),
    skip: integer("lines passed over at the beginning", { default: 0, least: 0, most: 100_000 }),
    comment: text("lines that begin with this are passed over", { example: "#", most: 8 }),
    optional: list(text("name of a column"), "columns that may lack although formulas read them"),
    empty: list(text("value"), "values that mean the same as a blank cell: absent", { example: '["-", "00000000"]' }),
    most: size("longest record, in characters; bounds what an unterminated quote can swallow", {
      default: "1MiB",
      least: 1024,
      most: 64 * 1024 * 1024,
    }),
  }),
);
export type Options = Infer<typeof options>;

/** The names of the cells: read from the first row, one list, or a list per record type. */
export type Columns =
  | { readonly from: "header" }
  | { readonly from: "list"; readonly names: readonly string[] }
  | { readonly from: "types"; readonly types: ReadonlyMap<string, readonly string[]> };

export interface Dialect {
  readonly delimiter: string;
  /** "" = none. */
  readonly quote: string;
  readonly encoding: Encoding | "detect";
  readonly columns: Columns;
  readonly skip: number;
  readonly comment: string | undefined;
  readonly empty: ReadonlySet<string>;
  readonly most: number;
}

/** Options that each are right but do not go together: OPTION_UNUSABLE. */
export function dialectOf(options: Options): Dialect {
  const { delimiter, quote, comment, encoding } = options;
  if (delimiter === "" || /[\r\n]/.test(delimiter)) throw unusable("delimiter must be text without line breaks");
  if (/[\r\n]/.test(quote) || quote.length > 1) throw unusable("quote must be one character or empty");
  if (quote !== "" && delimiter.includes(quote)) throw unusable("delimiter and quote must differ");
  if (comment !== undefined && (comment === "" || /[\r\n]/.test(comment))) {
    throw unusable("comment must be text without line breaks");
  }
  if (encoding !== "detect") {
    try {
      encoderOf(encoding)(delimiter + quote + (comment ?? ""));
    } catch (cause) {
      throw unusable(`delimiter, quote or comment holds a character that does not exist in ${encoding}`, cause);
    }
  }
  return {
    delimiter,
    quote,
    encoding,
    columns: columnsOf(options),
    skip: options.skip,
    comment,
    empty: new Set(options.empty ?? []),
    most: options.most,
  };
}

function columnsOf({ header, columns }: Options): Columns {
  if (columns === undefined) {
    if (header === false) throw unusable("header: false needs columns, else the cells have no names");
    return { from: "header" };
  }
  if (header === true) {
    throw unusable("columns and header: true exclude each other; to replace a header row, write skip: 1 and no header");
  }
  if (isList(columns)) {
    closed(columns, "columns");
    return { from: "list", names: columns };
  }
  const types = new Map<string, readonly string[]>();
  for (const [type, names] of Object.entries(columns)) {
    closed(names, `columns.${type}`);
    types.set(type, names);
  }
  if (types.size === 0) throw unusable("columns names no record type");
  return { from: "types", types };
}

function isList(columns: NonNullable<Options["columns"]>): columns is readonly string[] {
  return Array.isArray(columns);
}

function closed(names: readonly string[], option: string): void {
  if (names.length === 0) throw unusable(`${option} names no column`);
  if (new Set(names).size < names.length) throw unusable(`${option} names a column twice`);
}

function unusable(message: string, cause?: unknown): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.csv: ${message}`, { cause });
}

/** A `columns` list, an empty one included, is never a header. */
export function knownFields(columns: Columns): readonly string[] | undefined {
  if (columns.from === "header") return undefined;
  if (columns.from === "list") return columns.names;
  return [...new Set([...columns.types.values()].flat())];
}
