// Function signatures of JSONata (`<s-nn?:s>`): checks the arguments of a call, takes a missing one from the context and
// makes lists of single values. The rules are the package's, its error codes too.

import { Fault, isFunction, type Data } from "./runtime.ts";

export interface Parameter {
  /** `s`, `n`, `a`, `x`, `(sf)` … */
  readonly type: string;
  readonly regex: string;
  readonly context: RegExp | undefined;
  readonly subtype: string | undefined;
  readonly optional: boolean;
}

export interface Signature {
  readonly definition: string;
  readonly parameters: readonly Parameter[];
  /** Some argument may come from the context. */
  readonly contextual: boolean;
  validate(args: readonly Data[], context: Data): readonly Data[];
}

const plural: Readonly<Record<string, string>> = {
  a: "arrays",
  b: "booleans",
  f: "functions",
  n: "numbers",
  o: "objects",
  s: "strings",
};

function symbolOf(value: Data): string {
  if (isFunction(value)) return "f";
  switch (typeof value) {
    case "string":
      return "s";
    case "number":
      return "n";
    case "boolean":
      return "b";
    case "object":
      if (value === null) return "l";
      return Array.isArray(value) ? "a" : "o";
    default:
      return "m";
  }
}

interface Draft {
  type: string;
  regex: string;
  context?: RegExp;
  subtype?: string;
}

/** Offset of the bracket that closes the one at `start`. */
function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  let at = start;
  while (at < text.length) {
    at += 1;
    if (text[at] === close) {
      depth -= 1;
      if (depth === 0) break;
    } else if (text[at] === open) depth += 1;
  }
  return at;
}

function choice(definition: string, at: number, end: number): Draft {
  const types = definition.slice(at + 1, end);
  if (types.includes("<")) throw new Fault("S0402", { note: types, position: at });
  return { type: `(${types})`, regex: `[${types}m]` };
}

function parse(definition: string): Draft[] {
  const drafts: Draft[] = [];
  for (let at = 1; at < definition.length && definition[at] !== ":"; at += 1) {
    const symbol = definition[at] ?? "";
    const last = drafts.at(-1);
    if ("snblo".includes(symbol)) drafts.push({ type: symbol, regex: `[${symbol}m]` });
    else if (symbol === "a" || symbol === "x") drafts.push({ type: symbol, regex: "[asnblfom]" });
    else if (symbol === "f") drafts.push({ type: symbol, regex: "f" });
    else if (symbol === "j") drafts.push({ type: symbol, regex: "[asnblom]" });
    else if (symbol === "(") {
      const end = closing(definition, at, "(", ")");
      drafts.push(choice(definition, at, end));
      at = end;
    } else if (last === undefined) continue;
    else if (symbol === "-") {
      last.context = new RegExp(last.regex);
      last.regex += "?";
    } else if (symbol === "?" || symbol === "+") last.regex += symbol;
    else if (symbol === "<") {
      if (last.type !== "a" && last.type !== "f") throw new Fault("S0401", { note: last.type, position: at });
      const end = closing(definition, at, "<", ">");
      last.subtype = definition.slice(at + 1, end);
      at = end;
    }
  }
  return drafts;
}

/** One argument that an `a` parameter took: its items are checked, a single value becomes a list. */
function asList(parameter: Parameter, single: string, matched: string, value: Data, index: number): Data {
  if (single === "m") return undefined;
  const { subtype } = parameter;
  if (subtype !== undefined) {
    let fits = true;
    if (single !== "a") fits = matched === subtype;
    else if (value.length > 0) {
      const first = symbolOf(value[0]);
      fits = first === subtype.charAt(0) && value.every((item: Data) => symbolOf(item) === first);
    }
    if (!fits) throw new Fault("T0412", { value, argument: index + 1, note: plural[subtype] ?? subtype });
  }
  return single === "a" ? value : [value];
}

export function parseSignature(definition: string): Signature {
  const parameters: Parameter[] = parse(definition).map((draft) => ({
    type: draft.type,
    regex: draft.regex,
    context: draft.context,
    subtype: draft.subtype,
    optional: draft.regex.endsWith("?") && draft.context === undefined,
  }));
  const whole = new RegExp(`^${parameters.map((parameter) => `(${parameter.regex})`).join("")}$`);

  function refuse(args: readonly Data[], symbols: string): never {
    let partial = "^";
    let good = 0;
    for (const parameter of parameters) {
      partial += parameter.regex;
      const match = new RegExp(partial).exec(symbols);
      if (match === null) break;
      good = match[0].length;
    }
    throw new Fault("T0410", { value: args[good], argument: good + 1 });
  }

  function validate(args: readonly Data[], context: Data): readonly Data[] {
    let symbols = "";
    for (const arg of args) symbols += symbolOf(arg);
    const match = whole.exec(symbols);
    if (match === null) return refuse(args, symbols);
    const valid: Data[] = [];
    let next = 0;
    // What was not given at the end stays so: a function may ask whether there was a default, though it gave nothing.
    let given = 0;
    parameters.forEach((parameter, index) => {
      const matched = match[index + 1] ?? "";
      if (matched === "") {
        if (parameter.context === undefined) {
          valid.push(args[next]);
          next += 1;
          if (next > args.length) return;
        } else if (parameter.context.test(symbolOf(context))) valid.push(context);
        else throw new Fault("T0411", { value: context, argument: next + 1 });
        given = valid.length;
        return;
      }
      for (const single of matched) {
        const value = args[next];
        valid.push(parameter.type === "a" ? asList(parameter, single, matched, value, next) : value);
        next += 1;
      }
      given = valid.length;
    });
    return valid.slice(0, given);
  }

  return {
    definition,
    parameters,
    contextual: parameters.some((parameter) => parameter.context !== undefined),
    validate,
  };
}

/** The same without a context: where all arguments are given, a wrong one must not be taken for a later one. */
export function withoutContext({ definition }: Signature): Signature {
  return parseSignature(definition.replaceAll("-", ""));
}
