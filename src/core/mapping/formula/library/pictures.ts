// $formatNumber, $formatInteger, $parseInteger, $fromMillis and $toMillis are the package's own functions: their pictures
// are intricate (XPath F&O 4.7 and 9.8), synchronous and free of side effects. They are taken from the package once, at
// load, by evaluating their names.
//
// What they lack is guarded here: an infinite number sends two of them into endless loops, a picture may ask for a
// width of a thousand million, and the expression that a date picture becomes may backtrack on long input.

import jsonata from "jsonata";
import { Fault, type Data, type Run } from "../runtime.ts";
import { finite } from "./numbers.ts";

interface Definition {
  readonly implementation: (this: unknown, ...args: unknown[]) => unknown;
}

const names = ["formatNumber", "formatInteger", "parseInteger", "fromMillis", "toMillis"] as const;
const definitions = (await jsonata(`{ ${names.map((name) => `"${name}": $${name}`).join(", ")} }`).evaluate(
  null,
)) as Record<(typeof names)[number], Definition>;

const mostPicture = 256;
const mostTimestamp = 256;

/** A width modifier of four digits or more (`[Y,1000000000]`) would be written out. */
const wide = /\[[^\]]*,[^\]]*\d{4}/;

function checkPicture(picture: Data, dates = false): void {
  if (picture === undefined) return;
  if (picture.length > mostPicture || (dates && wide.test(picture))) {
    throw new Fault("LIMIT_TEXT", { note: String(mostPicture) });
  }
}

/** Foreign code throws plain objects with a code, or JavaScript's own errors on nonsense. */
function call(name: (typeof names)[number], run: Run, args: readonly unknown[]): Data {
  const focus = { environment: { timestamp: new Date(run.received) } };
  try {
    return definitions[name].implementation.apply(focus, [...args]);
  } catch (error) {
    const { code, value } = error as { code?: unknown; value?: unknown };
    if (typeof code === "string" && !(error instanceof Error)) throw new Fault(code, { value });
    throw error instanceof RangeError ? new Fault("D1011") : new Fault("T0410", { argument: 2 });
  }
}

export function formatNumber(run: Run, value: Data, picture: Data, options: Data): Data {
  if (value === undefined) return undefined;
  finite(value);
  checkPicture(picture);
  return call("formatNumber", run, options === undefined ? [value, picture] : [value, picture, options]);
}

export function formatInteger(run: Run, value: Data, picture: Data): Data {
  if (value === undefined) return undefined;
  finite(value);
  checkPicture(picture);
  return call("formatInteger", run, [value, picture]);
}

export function parseInteger(run: Run, text: Data, picture: Data): Data {
  if (text === undefined) return undefined;
  checkPicture(picture);
  if (text.length > run.limits.text) throw new Fault("LIMIT_TEXT");
  return call("parseInteger", run, [text, picture]);
}

export function fromMillis(run: Run, millis: Data, picture: Data, timezone: Data): Data {
  if (millis === undefined) return undefined;
  finite(millis);
  checkPicture(picture, true);
  return call("fromMillis", run, [millis, picture, timezone]);
}

export function toMillis(run: Run, text: Data, picture: Data): Data {
  if (text === undefined) return undefined;
  checkPicture(picture, true);
  if (text.length > mostTimestamp) throw new Fault("D3110", { value: text });
  return call("toMillis", run, picture === undefined ? [text] : [text, picture]);
}
