// Which function a call means: of the library, a constructor of a type, one of the rule set's own. What is missing is
// refused when the rules are read, with the reason where it is missing on purpose.

import { FN, XS, type Ast } from "../ast.ts";
import type { Compile, CompileScope, UserFunction } from "../compile.ts";
import { UnsupportedFault, XPathFault } from "../fault.ts";
import { append, oneOf, sequence } from "../expression.ts";
import type { Expression, Run } from "../run.ts";
import { keyOf, type XNode } from "../tree.ts";
import { cast, convert, requireType } from "../types.ts";
import { atomOf, EMPTY, inOrder, stringOf } from "../values.ts";
import type { Library } from "./contract.ts";
import { NUMBERS } from "./numbers.ts";
import { PATTERNS } from "./patterns.ts";
import { SEQUENCES } from "./sequences.ts";
import { TEXTS } from "./texts.ts";
import { TIMES } from "./times.ts";

const LIBRARY: Library = { ...TEXTS, ...PATTERNS, ...NUMBERS, ...SEQUENCES, ...TIMES };

const OUTSIDE = "rules see the message and nothing else: no files, no network, no environment";
const CLOCK = "the same message must get the same answer on every attempt, so rules have no clock";

/** Missing on purpose. */
const REFUSED: Readonly<Record<string, string>> = {
  doc: OUTSIDE,
  "doc-available": OUTSIDE,
  document: OUTSIDE,
  collection: OUTSIDE,
  "uri-collection": OUTSIDE,
  "unparsed-text": OUTSIDE,
  "unparsed-text-lines": OUTSIDE,
  "unparsed-text-available": OUTSIDE,
  "unparsed-entity-uri": OUTSIDE,
  "json-doc": OUTSIDE,
  "environment-variable": OUTSIDE,
  "available-environment-variables": OUTSIDE,
  "system-property": OUTSIDE,
  "base-uri": OUTSIDE,
  "document-uri": OUTSIDE,
  "static-base-uri": OUTSIDE,
  transform: OUTSIDE,
  "load-xquery-module": OUTSIDE,
  "current-date": CLOCK,
  "current-time": CLOCK,
  "current-dateTime": CLOCK,
};

export function compileCall(ast: Ast & { readonly kind: "call" }, scope: CompileScope, compile: Compile): Expression {
  const args = ast.args.map((arg) => compile(arg, scope));
  const { statics } = scope;
  const own = statics.function(ast.key, args.length);
  if (own) return callOwn(own, args);
  const [namespace, local] = split(ast.key);
  if (namespace === XS) return constructor(`xs:${local}`, args, ast.at, scope);
  if (namespace !== FN)
    throw new XPathFault(
      "XPST0017",
      `there is no function ${local}() with ${args.length} arguments in the namespace ${namespace || "(none)"}`,
      ast.at,
    );
  if (local === "key") return keyCall(args, ast.at, scope);
  const refused = Object.hasOwn(REFUSED, local) ? REFUSED[local] : undefined;
  if (refused !== undefined) throw new UnsupportedFault(`${local}() is refused`, ast.at, refused);
  const found = Object.hasOwn(LIBRARY, local) ? LIBRARY[local] : undefined;
  if (!found) throw new UnsupportedFault(`the function ${local}() is not supported`, ast.at);
  if (args.length < found.least || args.length > found.most) {
    throw new XPathFault("XPST0017", `${local}() does not take ${args.length} arguments`, ast.at);
  }
  try {
    return found.make({ args, mode: statics, what: `${local}()` });
  } catch (cause) {
    // What only a look at fixed arguments shows has a place here.
    if (cause instanceof XPathFault && cause.at === undefined) {
      throw cause instanceof UnsupportedFault
        ? new UnsupportedFault(cause.message, ast.at, cause.hint)
        : new XPathFault(cause.code, cause.message, ast.at);
    }
    throw cause;
  }
}

function split(key: string): readonly [string, string] {
  const match = /^\{([^}]*)\}(.*)$/s.exec(key);
  return match === null ? ["", key] : [match[1] as string, match[2] as string];
}

/** `xs:decimal(x)` is `x cast as xs:decimal?`. */
function constructor(type: string, args: readonly Expression[], at: number, { statics }: CompileScope): Expression {
  requireType(type, at);
  const [only] = args;
  if (!only || args.length > 1 || type === "xs:numeric" || type === "xs:anyAtomicType") {
    throw new XPathFault("XPST0017", `${type}() takes one value`, at);
  }
  const kind = type === "xs:boolean" ? "boolean" : type === "xs:string" ? "text" : "any";
  const numeric = /^xs:(?:decimal|double|.*[iI]nt.*|.*[lL]ong|.*[sS]hort|.*[bB]yte)$/.test(type);
  return sequence(numeric ? "number" : kind, (run) => {
    const item = oneOf(only.items(run), statics, `${type}()`);
    return item === undefined ? EMPTY : [cast(atomOf(item), type)];
  });
}

function callOwn(own: UserFunction, args: readonly Expression[]): Expression {
  const { item, occurs } = own.result;
  const kind = item?.name === "xs:boolean" && (occurs === "one" || occurs === "optional") ? "boolean" : "any";
  return sequence(kind, (run) => {
    const given = args.map((arg, at) => {
      const parameter = own.parameters[at] as UserFunction["parameters"][number];
      return convert(arg.items(run), parameter.type, `$${parameter.name} of ${own.name}()`);
    });
    const locals: Run["locals"] = Array.from({ length: own.slots });
    own.parameters.forEach(({ slot }, at) => {
      locals[slot] = given[at];
    });
    run.spend(1);
    const made = run.called(locals, () => (own.body as Expression).items(run));
    return convert(made, own.result, `the result of ${own.name}()`);
  });
}

/** XSLT 2.0, 16.3: nodes whose xsl:key has one of these values. */
function keyCall(args: readonly Expression[], at: number, { statics }: CompileScope): Expression {
  const [named, values] = args;
  if (!named || !values || args.length > 2) throw new UnsupportedFault("key() takes a name and values", at);
  const name = named.fixed?.[0];
  if (typeof name !== "string") throw new UnsupportedFault("key() with a name that is computed is not supported", at);
  const key = name.includes(":") ? name : keyOf("", name);
  if (!statics.hasKey(key)) throw new XPathFault("XTDE1260", `there is no xsl:key ${name}`, at);
  return sequence("nodes", (run) => {
    const found: XNode[] = [];
    for (const item of values.items(run)) append(found, statics.lookUp(key, stringOf(item), run), run);
    return inOrder(found);
  });
}

/** Names of all that is supported, for the documentation. */
export const FUNCTION_NAMES: readonly string[] = [...Object.keys(LIBRARY), "key"].sort();
