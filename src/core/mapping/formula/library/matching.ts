// $match, $contains, $replace, $split: with a text, a regular expression, or any function that keeps JSONata's matcher
// protocol (a match with start, end, groups and a `next`).

import { apply } from "../apply.ts";
import { Fault, grown, isFunction, sequence, tick, checkItems, type Data, type Pattern, type Run } from "../runtime.ts";

interface Match {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

function ask(matching: Data, text: Data, run: Run): Data {
  tick(run, 1);
  const match = apply(matching, [text], null, run);
  const fits =
    !match ||
    typeof match.start === "number" ||
    typeof match.end === "number" ||
    Array.isArray(match.groups) ||
    isFunction(match.next);
  if (!fits) throw new Fault("T1010");
  return match;
}

function weigh(text: string, run: Run): void {
  if (text.length > 64) tick(run, text.length >> 4);
}

/** Matches one after the other. A pattern of our own is asked directly; anything else through the protocol. */
function* matches(text: string, matching: Data, run: Run): Generator<Match> {
  const pattern: Pattern | undefined = isFunction(matching) ? matching.info.pattern : undefined;
  if (pattern === undefined) {
    let match = ask(matching, text, run);
    while (match !== undefined) {
      yield match;
      match = ask(match.next, undefined, run);
    }
    return;
  }
  weigh(text, run);
  let found = pattern.find(text, 0);
  while (found !== undefined) {
    tick(run, 1);
    yield { match: text.slice(found.start, found.end), start: found.start, end: found.end, groups: found.groups };
    if (found.end >= text.length) return;
    found = pattern.find(text, found.end);
    if (found !== undefined && found.start === found.end) throw new Fault("D1004", { note: pattern.source });
  }
}

export function contains(run: Run, text: Data, token: Data): Data {
  if (text === undefined || token === undefined) return undefined;
  if (typeof token === "string") return text.includes(token);
  const pattern = isFunction(token) ? token.info.pattern : undefined;
  if (pattern === undefined) return ask(token, text, run) !== undefined;
  weigh(text, run);
  return pattern.find(text, 0) !== undefined;
}

export function match(run: Run, text: Data, matching: Data, limit: Data): Data {
  if (text === undefined) return undefined;
  if (limit < 0) throw new Fault("D3040", { value: limit, argument: 3 });
  const list = sequence();
  if (limit === undefined || limit > 0) {
    let count = 0;
    for (const found of matches(text, matching, run)) {
      list.push({ match: found.match, index: found.start, groups: found.groups });
      checkItems(list.length, run);
      count += 1;
      if (limit !== undefined && count >= limit) break;
    }
  }
  return list;
}

/** `$1` in a replacement: as many digits as there can be groups, one fewer where that group does not exist. */
function substitute(replacement: string, found: Match): string {
  const { groups } = found;
  let text = "";
  let position = 0;
  let index = replacement.indexOf("$", position);
  while (index !== -1 && position < replacement.length) {
    text += replacement.slice(position, index);
    position = index + 1;
    const symbol = replacement.charAt(position);
    if (symbol === "$") {
      text += "$";
      position += 1;
    } else if (symbol === "0") {
      text += found.match;
      position += 1;
    } else {
      const digits = groups.length === 0 ? 1 : Math.floor(Math.log(groups.length) * Math.LOG10E) + 1;
      let group = Number.parseInt(replacement.slice(position, position + digits), 10);
      if (digits > 1 && group > groups.length) {
        group = Number.parseInt(replacement.slice(position, position + digits - 1), 10);
      }
      if (Number.isNaN(group)) text += "$";
      else {
        text += groups[group - 1] ?? "";
        position += String(group).length;
      }
    }
    index = replacement.indexOf("$", position);
  }
  return text + replacement.slice(position);
}

function replaceText(run: Run, text: string, token: string, replacement: Data, limit: Data): string {
  if (typeof replacement !== "string") throw new Fault("D3012", { value: replacement });
  let result = "";
  let position = 0;
  let count = 0;
  let index = text.indexOf(token, position);
  while (index !== -1 && (limit === undefined || count < limit)) {
    tick(run, 1);
    result = grown(result + text.slice(position, index) + replacement, run);
    position = index + token.length;
    count += 1;
    index = text.indexOf(token, position);
  }
  return grown(result + text.slice(position), run);
}

export function replace(run: Run, text: Data, token: Data, replacement: Data, limit: Data): Data {
  if (text === undefined) return undefined;
  if (token === "") throw new Fault("D3010", { value: token, argument: 2 });
  if (limit < 0) throw new Fault("D3011", { value: limit, argument: 4 });
  if (limit !== undefined && !(limit > 0)) return text;
  if (typeof token === "string") return replaceText(run, text, token, replacement, limit);
  let result = "";
  let position = 0;
  let count = 0;
  for (const found of matches(text, token, run)) {
    const by =
      typeof replacement === "string" ? substitute(replacement, found) : apply(replacement, [found], null, run);
    if (typeof by !== "string") throw new Fault("D3012", { value: by });
    result = grown(result + text.slice(position, found.start) + by, run);
    position = found.start + found.match.length;
    count += 1;
    if (limit !== undefined && count >= limit) break;
  }
  return grown(result + text.slice(position), run);
}

export function split(run: Run, text: Data, separator: Data, limit: Data): Data {
  if (text === undefined) return undefined;
  if (limit < 0) throw new Fault("D3020", { value: limit, argument: 3 });
  if (limit !== undefined && !(limit > 0)) return [];
  weigh(text, run);
  if (typeof separator === "string") {
    const parts = text.split(separator, limit);
    checkItems(parts.length, run);
    return parts;
  }
  const parts: string[] = [];
  let start = 0;
  for (const found of matches(text, separator, run)) {
    parts.push(text.slice(start, found.start));
    checkItems(parts.length, run);
    start = found.end;
    if (limit !== undefined && parts.length >= limit) return parts;
  }
  parts.push(text.slice(start));
  return parts;
}
