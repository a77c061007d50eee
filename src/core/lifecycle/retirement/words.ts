// What stands against retiring a bridge, in the English of errors and terminals.

import type { RetirementView } from "./retirement.ts";

type One = RetirementView["against"][number];

const WORDS: Readonly<Record<One["what"], (one: One) => string>> = {
  state: () => "only a bridge that has begun, is not in Notbetrieb and was not retired can be retired",
  held: ({ count }) => `it holds ${counted(count, "drop")} (steg hand-over)`,
  "handing-over": () => "a hand-over was cut (steg hand-over goes on)",
  "in-work": () => "drops are in work",
  dead: ({ count }) => `${counted(count, "dead letter")} open (steg replay, steg dismiss)`,
  waiting: ({ count }) => `${counted(count, "file")} waiting for a record`,
  drop: (one) => `a drop came on ${dayOf(one.at)}, ${then(one)}`,
  call: (one) => `somebody called on ${dayOf(one.at)}, ${then(one)}`,
  "watched-since": (one) => `it is watched without a gap only since ${dayOf(one.at)}, ${then(one)}`,
  "not-watched": ({ at }) =>
    at === null ? "nobody has watched it yet (steg up)" : `nobody has watched it since ${dayOf(at)} (steg up)`,
};

export function againstInWords({ against }: Pick<RetirementView, "against">): string {
  return against.map((one) => WORDS[one.what](one)).join("; ");
}

function then({ until }: One): string {
  return `not before ${dayOf(until)}`;
}

function dayOf(time: string | null): string {
  return (time ?? "").slice(0, 10);
}

function counted(count: number | null, noun: string): string {
  return `${count ?? 0} ${noun}${count === 1 ? "" : "s"}`;
}
