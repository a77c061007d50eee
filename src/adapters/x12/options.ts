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
    structure: choice(
      ["refuse", "notice"],
      "what becomes of a transaction set (850, 810, 997, 999 of 004010 and 005010) whose segments or elements are not as the standard has them: refuse = a dead letter; notice = it is delivered, and the receipt says what was wrong. Without it refuse where strict, else notice",
    ),
    encoding: encodingOption(),
    optional: list(text("name of a segment"), "segments that may lack although formulas read them"),
    empty: list(text("value"), "values of elements that mean nothing: absent", { example: '["00000000"]' }),
    most: size("longest record, in characters", { default: "64MiB", least: 1024, most: 256 * 1024 * 1024 }),
  }),
);
export type Options = Infer<typeof options>;

/** What becomes of transaction sets whose segments or elements are wrong. */
export function structureOf({ strict, structure }: Options): "refuse" | "notice" {
  return structure ?? (strict ? "refuse" : "notice");
}
