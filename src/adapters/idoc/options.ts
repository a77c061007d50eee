// What a bridge file can say about a file of IDocs.

import {
  bridgeFile,
  boolean,
  choice,
  type Infer,
  list,
  object,
  required,
  size,
  text,
} from "../../core/options/shape.ts";
import { ENCODING_CHOICES } from "../shared/encodings/names.ts";

export const options = required(
  object({
    form: choice(
      ["flat", "xml"],
      "flat = the file of a file port: control records of 524 characters, data records of 63 and up to 1000, with line ends or without any; xml = IDoc-XML",
      { default: "flat" },
    ),
    dictionary: bridgeFile(
      "segments and their fields: a CSV (segment;definition;parent;least;most;field;start;length) or what SAP writes in WE60 as Parser; without it the shipped one of the basic type (ORDERS05, INVOIC02)",
      { example: "segments.csv" },
    ),
    strict: boolean(
      "unknown segments, gaps in SEGNUM, parents that are not there and segments too few or too many make a dead letter of the IDoc; false = it is read as far as it can be, with a notice in the receipt: an unknown segment as { SDATA: … }, the tree by the dictionary where PSGNUM does not give it",
      { default: true },
    ),
    encoding: choice(
      ENCODING_CHOICES,
      "how bytes become characters, as for fixed; without it utf-8 for flat, and for xml what the document declares",
    ),
    optional: list(text("name of a segment"), "segments that may lack although formulas read them"),
    empty: list(text("value"), "values, after trimming, that mean the same as a blank field: absent", {
      example: '["00000000"]',
    }),
    most: size("longest IDoc, in characters as they stand in the file", {
      default: "64MiB",
      least: 1024,
      most: 256 * 1024 * 1024,
    }),
  }),
);
export type Options = Infer<typeof options>;
