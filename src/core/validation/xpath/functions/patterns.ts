// matches(), replace(), tokenize(). A pattern that stands in the rules is compiled with them, so that a bad one shows at
// once.

import { XPathFault } from "../fault.ts";
import { condition, neededText, sequence, textArgument, value } from "../expression.ts";
import { regexOf, replacementOf, type Match, type Regex } from "../regex.ts";
import type { Expression, Run } from "../run.ts";
import { EMPTY, type Sequence } from "../values.ts";
import { fn, type Library, type Made } from "./contract.ts";
import { normalizeSpace } from "./texts.ts";

type Reader = (run: Run) => string;

function reader({ args, mode, what }: Made, at: number): Reader | undefined {
  const arg = args[at];
  const read = arg && textArgument(arg, mode, what);
  return read && ((run) => read(run) ?? "");
}

function needed({ args, mode, what }: Made, at: number): Reader | undefined {
  const arg = args[at];
  return arg && neededText(arg, mode, what);
}

/** Steps that compiling takes for each state of a pattern. */
const COMPILING = 32;

/** The pattern of argument `at`, and the flags of a later one. */
function pattern(made: Made, at: number, flagsAt: number): (run: Run) => Regex {
  const source = needed(made, at) as Reader;
  const flags = needed(made, flagsAt);
  const [fixed, fixedFlags] = [made.args[at]?.fixed?.[0], made.args[flagsAt]?.fixed?.[0] ?? ""];
  if (typeof fixed === "string" && typeof fixedFlags === "string") {
    const once = regexOf(fixed, fixedFlags);
    return () => once;
  }
  return (run) => {
    const [text, options] = [source(run), flags?.(run) ?? ""];
    const id = `${options}/${text}`;
    const known = run.patterns.get(id);
    if (known) return known;
    const made = regexOf(text, options);
    // Whether others had compiled it before must not count.
    run.spend(made.size * COMPILING);
    run.patterns.set(id, made);
    return made;
  };
}

/** The matches, each paid for: the search of one may have gone to the end of the text. */
function* found(text: string, regex: Regex, run: Run): Iterable<Match> {
  run.spend(regex.cost(text.length));
  for (const match of regex.matches(text)) {
    run.spend(regex.matchCost(text.length - match.end));
    yield match;
  }
}

function matches(made: Made): Expression {
  const text = reader(made, 0) as Reader;
  const regex = pattern(made, 1, 2);
  return condition((run) => {
    const [subject, wanted] = [text(run), regex(run)];
    run.spend(wanted.cost(subject.length));
    return wanted.test(subject);
  });
}

function refuseEmpty(regex: Regex): void {
  if (regex.fitsEmpty) throw new XPathFault("FORX0003", "a pattern that fits the empty text");
}

function replace(made: Made): Expression {
  const text = reader(made, 0) as Reader;
  const regex = pattern(made, 1, 3);
  const replacement = needed(made, 2) as Reader;
  const flags = needed(made, 3);
  return value("text", (run) => {
    const [subject, wanted] = [text(run), regex(run)];
    refuseEmpty(wanted);
    const instead = replacementOf(replacement(run), flags?.(run) ?? "");
    const pieces: string[] = [];
    let [done, length] = [0, 0];
    for (const match of found(subject, wanted, run)) {
      run.text(instead.most(match));
      const piece = subject.slice(done, match.start) + instead.write(match);
      run.roomForText((length += piece.length));
      pieces.push(piece);
      done = match.end;
    }
    return pieces.join("") + subject.slice(done);
  });
}

function tokenize(made: Made): Expression {
  const text = reader(made, 0) as Reader;
  if (made.args.length === 1) {
    return sequence("any", (run) => {
      const normal = normalizeSpace(text(run));
      const tokens = normal === "" ? EMPTY : normal.split(" ");
      run.spend(tokens.length);
      run.room(tokens.length);
      return tokens;
    });
  }
  const regex = pattern(made, 1, 2);
  return sequence("any", (run): Sequence => {
    const [subject, wanted] = [text(run), regex(run)];
    refuseEmpty(wanted);
    if (subject === "") return EMPTY;
    const tokens: string[] = [];
    let done = 0;
    for (const match of found(subject, wanted, run)) {
      tokens.push(subject.slice(done, match.start));
      done = match.end;
    }
    tokens.push(subject.slice(done));
    run.room(tokens.length);
    return tokens;
  });
}

export const PATTERNS: Library = {
  matches: fn(2, 3, matches),
  replace: fn(3, 4, replace),
  tokenize: fn(1, 3, tokenize),
};
