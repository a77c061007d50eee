// What a bridge file can say about answers to EDIFACT interchanges.

import { boolean, choice, either, type Infer, object, required } from "../../../core/options/shape.ts";

export const options = required(
  object({
    control: either(
      [
        boolean("true: to every interchange but those that hold a CONTRL; false: to none"),
        choice(["requested"], "to those whose UNB asks for it (0031 is 1)"),
      ],
      "whether an interchange is answered with a CONTRL, which says what of it was taken: true, false, or requested (where UNB 0031 is 1)",
      { default: true },
    ),
  }),
);
export type Options = Infer<typeof options>;
