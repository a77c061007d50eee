// UNB of an interchange as its answer has it: sender and recipient change places.

import type { Rec, Value } from "../../../core/contract.ts";
import { FORMULA } from "../../../core/contract.ts";
import { type Fields, type Given, isFields, isNothing } from "../writer/place.ts";

/** Of a sender (S002), and the same of a recipient (S003). The last one is of syntax 4. */
const SENDER = ["de0004", "de0007", "de0008", "de0042"] as const;
const RECIPIENT = ["de0010", "de0007", "de0014", "de0046"] as const;
const PARTS_3 = 3;

/** What the template says goes before. `unb` is that of the interchange that is answered, `syntax` the version of the answer. */
export function exchanged(unb: Rec, own: Given, syntax: number): Given {
  const { S002, S003, de0035 } = unb;
  return withOwn(
    {
      S002: renamed(S003, RECIPIENT, SENDER, syntax),
      S003: renamed(S002, SENDER, RECIPIENT, syntax),
      // A test is answered with a test.
      de0035,
    },
    own,
  );
}

/** The same for the check of a template, where there is nothing to answer yet. */
export function exchangedLater(own: Given): Given {
  return withOwn({ S002: FORMULA, S003: FORMULA }, own);
}

function withOwn(fields: Fields, own: Given): Given {
  if (isFields(own)) return { ...fields, ...own };
  return isNothing(own) ? fields : own;
}

function renamed(given: Value, from: readonly string[], to: readonly string[], syntax: number): Given {
  if (!isFields(given)) return undefined;
  const parts = from.slice(0, syntax < 4 ? PARTS_3 : from.length);
  return Object.fromEntries(parts.map((name, at) => [to[at]!, given[name]]));
}
