// What a bridge file can say about X12 interchanges.

import { boolean, choice, type Infer, list, object, required, size, text } from "../../core/options/shape.ts";
import { encodingOption } from "../shared/encodings/names.ts";

export const options = required(
  object({
    record: choice(
      ["transaction", "interchange"],
      "what a record is: a transaction set (ST to SE) with the ISA and GS around it, or a whole interchange (ISA to IEA)",
      { default: "transaction" },
    ),
    strict: boolean(
      "counts and control numbers of SE, GE and IEA must fit, and an ISA has its 106 characters; false = what is wrong with them is a notice in the receipt, and a trailer may lack",
      { default: true },
    ),
    encoding: encodingOption(),
    optional: list(text("name of a segment"), "segments that may lack although formulas read them"),
    empty: list(text("value"), "values of elements that mean nothing: absent", { example: '["00000000"]' }),
    most: size("longest record, in characters", { default: "64MiB", least: 1024, most: 256 * 1024 * 1024 }),
  }),
);
export type Options = Infer<typeof options>;
