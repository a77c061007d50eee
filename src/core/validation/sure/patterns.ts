// Patterns of the plainest kind, which are most of them: characters and classes of ASCII, each so and so often. Each takes as many characters
// as it can and nothing is tried twice, so a match is one, and what does not match this way may still. Every other pattern is libxml2's.

import type { PatternStep } from "../../mapping/sure-texts.ts";

const STEP = /^(?:\[([^\]\\^[]+)\]|\\([d.-])|([A-Za-z0-9 _/:,;@#=-]))(?:\{(\d{1,3})(?:(,)(\d{0,3}))?\}|([?*+]))?/;

/** undefined where the pattern is not of that kind. */
export function patternSteps(source: string): readonly PatternStep[] | undefined {
  const steps: PatternStep[] = [];
  for (let rest = source; rest !== "";) {
    const match = STEP.exec(rest);
    const step = match === null ? undefined : stepOf(match);
    if (match === null || step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(match[0].length);
  }
  return steps.length === 0 ? undefined : steps;
}

function stepOf(match: RegExpExecArray): PatternStep | undefined {
  const [, group, escaped, plain, least, comma, most, sign] = match;
  const allowed =
    group !== undefined ? classOf(group) : escaped === "d" ? classOf("0-9") : only(escaped ?? plain ?? "");
  if (allowed === undefined) return undefined;
  if (sign !== undefined) return { allowed, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Infinity };
  const from = Number(least ?? 1);
  const to = comma === undefined ? from : most === "" || most === undefined ? Infinity : Number(most);
  return to < from ? undefined : { allowed, least: from, most: to };
}

function only(char: string): Uint8Array {
  const allowed = new Uint8Array(256);
  allowed[char.charCodeAt(0)] = 1;
  return allowed;
}

/** The inside of brackets: letters, digits and ranges of them, or a blank or hyphen at an end. */
function classOf(group: string): Uint8Array | undefined {
  if (!/^(?:[A-Z]-[A-Z]|[a-z]-[a-z]|[0-9]-[0-9]|[A-Za-z0-9 _/:,;.])+-?$/.test(group)) return undefined;
  const allowed = new Uint8Array(256);
  for (const [range] of group.matchAll(/.-.|./g)) {
    const first = range.charCodeAt(0);
    const last = range.charCodeAt(range.length - 1);
    if (last < first) return undefined;
    for (let code = first; code <= last; code++) allowed[code] = 1;
  }
  return allowed;
}
