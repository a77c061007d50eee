// What a bridge file can say about answers to X12 interchanges.

import { boolean, choice, either, type Infer, object, required } from "../../../core/options/shape.ts";

export const options = required(
  object({
    set: choice(
      ["997", "999"],
      "what answers a group: 997 (functional acknowledgement), or 999 (implementation acknowledgement, of version 005010)",
      { default: "997" },
    ),
    ta1: either(
      [
        boolean("true: of every interchange that is answered; false: of none"),
        choice(["requested"], "of those whose ISA14 is 1, and of those whose frame is broken"),
      ],
      "whether a TA1 answers for the interchange itself: true, false, or requested (ISA14 is 1, or its frame is broken)",
      { default: "requested" },
    ),
  }),
);
export type Options = Infer<typeof options>;
