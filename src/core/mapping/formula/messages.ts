// What JSONata's codes mean, for people. No message holds a value of the record: only kinds, names and literals of the
// formula; the values are the detail.

import { kindOf, type Fault } from "./runtime.ts";

type Describe = (fault: Fault) => string;

const token = (fault: Fault): string => fault.token ?? "?";
const note = (fault: Fault): string => fault.note ?? "?";
const given = (fault: Fault): string => kindOf(fault.value);
const named = (fault: Fault): string => (fault.token === undefined ? "the function" : `$${fault.token}`);

const messages: Readonly<Record<string, string | Describe>> = {
  // syntax
  S0101: "a text has no closing quote",
  S0102: (fault) => `the number ${token(fault)} is out of range`,
  S0103: (fault) => `\\${token(fault)} is no escape; in texts write \\\\ for a backslash`,
  S0104: "\\u must be followed by 4 hexadecimal digits",
  S0105: "a name in backticks has no closing backtick",
  S0106: "a comment has no closing */",
  S0201: (fault) => `${token(fault)} does not fit here`,
  S0202: (fault) => `${String(fault.value)} is expected, ${token(fault)} stands here`,
  S0203: (fault) => `the formula ends, but ${String(fault.value)} is missing`,
  S0204: (fault) => `${token(fault)} is no operator`,
  S0205: (fault) => `${token(fault)} is not expected here`,
  S0206: "this is no formula",
  S0207: "the formula ends too early",
  S0208: "parameters of a function begin with $",
  S0209: "a predicate cannot follow a grouping",
  S0210: "a step can have one grouping only",
  S0211: (fault) => `${token(fault)} needs something before it`,
  S0212: "the left side of := is a variable and begins with $",
  S0213: "a literal cannot be a step of a path",
  S0214: (fault) => `the right side of ${token(fault)} is a variable and begins with $`,
  S0215: "@ must stand before the predicates of its step",
  S0216: "@ must stand before the order-by of its step",
  S0217: "% has no parent here",
  S0301: "an empty regular expression",
  S0302: "a regular expression has no closing /",
  S0303: (fault) => `regular expressions are linear (RE2); ${note(fault)} cannot be had`,
  S0401: "only functions and lists have type parameters in a signature",
  S0402: "choices in a signature cannot hold type parameters",
  S0500: (fault) => `the formula cannot be read: ${note(fault)}`,
  // types
  T0410: (fault) => `argument ${fault.argument ?? "?"} of ${named(fault)} is ${given(fault)}, which it does not take`,
  T0411: (fault) => `${named(fault)} has no argument ${fault.argument ?? "?"}, and the context is ${given(fault)}`,
  T0412: (fault) => `argument ${fault.argument ?? "?"} of ${named(fault)} must be a list of ${note(fault)}`,
  T1003: (fault) => `a key of an object must be text, it is ${given(fault)}`,
  T1005: (fault) => `functions begin with $: write $${token(fault)}(`,
  T1006: (fault) => `what is called is ${given(fault)}, not a function`,
  T1007: (fault) => `functions begin with $: write $${token(fault)}(`,
  T1008: (fault) => `what is partially applied is ${given(fault)}, not a function`,
  T1010: "the matcher function does not return a match",
  T2001: (fault) => `the left side of ${token(fault)} must be a number, it is ${given(fault)}`,
  T2002: (fault) => `the right side of ${token(fault)} must be a number, it is ${given(fault)}`,
  T2003: (fault) => `the left side of .. must be a whole number, it is ${given(fault)}`,
  T2004: (fault) => `the right side of .. must be a whole number, it is ${given(fault)}`,
  T2006: (fault) => `the right side of ~> must be a function, it is ${given(fault)}`,
  T2007: "order-by compares texts with numbers",
  T2008: (fault) => `order-by needs texts or numbers, it found ${given(fault)}`,
  T2009: (fault) => `${token(fault)} compares text with a number`,
  T2010: (fault) => `${token(fault)} compares texts or numbers, one side is ${given(fault)}`,
  T2011: (fault) => `the update of a transform must be an object, it is ${given(fault)}`,
  T2012: (fault) => `the delete of a transform must be texts, it is ${given(fault)}`,
  T2013: "$clone is overridden by something that is no function",
  // evaluation
  D1000: "the formula failed",
  D1001: "a number is out of range",
  D1002: (fault) => `- needs a number, it found ${given(fault)}`,
  D1004: "the regular expression matches the empty text",
  D1009: "two keys of the object have the same name",
  D1011: "the functions of the formula call each other too deeply",
  D1012: (fault) => `the formula takes longer than ${note(fault)} ms`,
  D1013: "names beginning with _jsonata_ are reserved",
  D2014: "a range may have 10 million items at most",
  D2015: (fault) => `a list has more than ${note(fault)} items`,
  D3001: "$string cannot write an infinite number",
  D3010: "$replace cannot look for an empty text",
  D3011: "the limit of $replace is negative",
  D3012: (fault) => `the replacement must be text, it is ${given(fault)}`,
  D3020: "the limit of $split is negative",
  D3030: (fault) => `${given(fault)} cannot be read as a number`,
  D3040: "the limit of $match is negative",
  D3050: "the function of $reduce takes two arguments at least",
  D3060: "$sqrt of a negative number",
  D3061: "the result of $power is out of range",
  D3070: "$sort needs a list of texts or of numbers, or a function",
  D3100: "the base of $formatBase is between 2 and 36",
  D3110: "$toMillis needs an ISO 8601 time stamp",
  D3120: "the text given to $eval is no formula",
  D3121: "the formula given to $eval failed",
  D3130: "this numbering is not supported",
  D3131: "digits of different scripts in one picture",
  D3132: "an unknown component in a date picture",
  D3133: "only months and days have names",
  D3134: "a time zone has four digits at most",
  D3135: "a ] is missing in a date picture",
  D3136: "the date picture does not make a time stamp",
  D3137: (fault) => (fault.note === undefined ? "$error was called" : fault.note),
  D3138: "$single found more than one",
  D3139: "$single found none",
  D3140: (fault) => `$${note(fault)} was given a malformed text`,
  D3141: (fault) => (fault.note === undefined ? "$assert failed" : fault.note),
  LIMIT_STEPS: (fault) => `the formula takes more than ${note(fault)} steps`,
  LIMIT_TEXT: (fault) => `a text has more than ${note(fault)} characters`,
};

export function describeFault(fault: Fault): string {
  const message = Object.hasOwn(messages, fault.code) ? messages[fault.code] : undefined;
  if (message === undefined)
    return /^D30[89]/.test(fault.code) ? "the picture of $formatNumber is not valid" : "it failed";
  return typeof message === "string" ? message : message(fault);
}

/** These say that a bound was met, not that a value was wrong. */
export const limitCodes: ReadonlySet<string> = new Set([
  "D1011",
  "D1012",
  "D2014",
  "D2015",
  "LIMIT_STEPS",
  "LIMIT_TEXT",
]);
