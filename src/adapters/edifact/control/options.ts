// What a bridge file can say about answers to EDIFACT interchanges.

import { boolean, choice, either, type Infer, node, object, required } from "../../../core/options/shape.ts";

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
    receipt: boolean(
      "with control: a CONTRL that says that the interchange was received (0083 is 8), written as soon as its drop is kept",
      { default: false },
    ),
    aperak: object(
      {
        template: required(
          node(
            "one APERAK as map.edifact has it: { message: APERAK D 96A UN, BGM: { … }, SG3: [ … ] }; formulas see the record that is answered, and $errors, a list of { code, stage, text, lines, place, record }",
          ),
        ),
        accepted: boolean("messages that were delivered are answered, too; then $errors is empty", { default: false }),
      },
      "messages that were read and became dead letters are answered with an APERAK, one file for each interchange",
    ),
  }),
);
export type Options = Infer<typeof options>;
