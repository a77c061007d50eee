// What a bridge file can say about a file of fixed-width records.

import { BridgeError } from "../../core/errors.ts";
import {
  bridgeFile,
  choice,
  either,
  type Infer,
  integer,
  list,
  map,
  object,
  required,
  text,
} from "../../core/options/shape.ts";
import { encodingOption } from "../shared/encodings/names.ts";

const place = list(integer("start from 1, then length", { least: 1, most: 1_000_000 }), "start (from 1) and length", {
  most: 2,
});

export const options = required(
  object({
    encoding: encodingOption(),
    length: integer(
      "characters of a record without its line end, counted after decoding; without it the end of the last field",
      { least: 1, most: 1_000_000, example: "3546" },
    ),
    lineEnd: choice(
      ["auto", "none", "lf", "crlf"],
      "what ends a record: none = only its length; auto looks at what follows the first record and takes LF and CR LF alike",
      { default: "auto" },
    ),
    layout: bridgeFile(
      "CSV with the columns name;start;length, start from 1, dotted names nest; with a column type in front, one layout per record type",
      { example: "layout.csv" },
    ),
    fields: map(
      either(
        [place, map(place, "fields of one record type by name")],
        "start and length, or the fields of a record type",
      ),
      "the layout in place: { NAME: [1, 30] }, or by record type: { K: { SA: [1, 1], NR: [2, 8] } }; a record's type is the value of the first field",
    ),
    optional: list(text("name of a field"), "fields that may lack although formulas read them"),
    empty: list(text("value"), "values, after trimming, that mean the same as a blank field: absent", {
      example: '["00000000"]',
    }),
  }),
);
export type Options = Infer<typeof options>;

export function unusable(message: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `decode.fixed: ${message}`);
}
