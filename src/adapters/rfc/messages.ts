// BAPIRET2: how BAPIs say what became of a call. A structure or a table, in a parameter that is mostly called RETURN; E, A and X mean
// that nothing may be committed, everything else that it may.

import type { Attempt, Value } from "../../core/contract.ts";
import type { Failure } from "./ends.ts";
import type { Values } from "./results.ts";

type Line = { readonly [name: string]: Value };

function linesOf(value: Value): readonly Line[] {
  const list: readonly Value[] = Array.isArray(value) ? value : [value];
  return list.filter((line): line is Line => typeof line === "object" && line !== null && !Array.isArray(line));
}

function textOf(line: Line, name: string): string {
  const value = Object.hasOwn(line, name) ? line[name] : undefined;
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}

const BAD = ["X", "A", "E"];

/** The worst message, the first of its kind; undefined = the function succeeded. All of them are the fault's detail. */
export function refusalIn(values: Values, parameter: string): { failure: Failure; all: Value } | undefined {
  const value = Object.hasOwn(values, parameter) ? values[parameter] : undefined;
  const lines = linesOf(value);
  const worst = BAD.flatMap((type) => lines.filter((line) => textOf(line, "TYPE") === type))[0];
  if (!worst) return undefined;
  // BAPIRETURN, the older form, has class and number in one field.
  const [, oldId, oldNumber] = /^(.*?)(\d{3})$/u.exec(textOf(worst, "CODE")) ?? [];
  const id = textOf(worst, "ID") || (oldId ?? "");
  const number = textOf(worst, "NUMBER") || (oldNumber ?? "");
  const variables = ["MESSAGE_V1", "MESSAGE_V2", "MESSAGE_V3", "MESSAGE_V4"].map((name) => textOf(worst, name));
  while (variables.at(-1) === "") variables.pop();
  const type = textOf(worst, "TYPE");
  return {
    failure: {
      kind: "message",
      key: `${id} ${number}`.trim() || "BAPIRET2",
      text: textOf(worst, "MESSAGE"),
      // The function itself reported it and went to its end: E and A are both a no to this message.
      message: { type: type === "A" ? "E" : type, id, number, variables },
    },
    all: value,
  };
}

/** All messages of the BAPI are the fault's detail. */
export function withMessages(attempt: Attempt, messages: Value): Attempt {
  if (attempt.end !== "refused" || !attempt.reply?.fault) return attempt;
  return { ...attempt, reply: { ...attempt.reply, fault: { ...attempt.reply.fault, detail: messages } } };
}
