// The lexical forms of the built-in types (XSD part 2, chapter 3) and what is needed to compare their values.

export type Primitive =
  | "string"
  | "boolean"
  | "decimal"
  | "float"
  | "duration"
  | "dateTime"
  | "time"
  | "date"
  | "gYearMonth"
  | "gYear"
  | "gMonthDay"
  | "gDay"
  | "gMonth"
  | "hexBinary"
  | "base64Binary"
  | "anyURI"
  | "QName";

export interface Builtin {
  readonly primitive: Primitive;
  readonly whiteSpace: "preserve" | "replace" | "collapse";
  /** Whether the text, whitespace already normalised, is a literal of the type. */
  accepts(text: string): boolean;
  /** Item type of the three built-in lists. */
  readonly listOf?: string;
}

// XML 1.0 (5th edition), productions 4 and 4a; a colon only in Name.
const START =
  "A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const REST = `${START}.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}\\-`;
const ncName = new RegExp(`^[${START}][${REST}]*$`, "u");
const qName = new RegExp(`^(?:[${START}][${REST}]*:)?[${START}][${REST}]*$`, "u");
const anyName = new RegExp(`^[:${START}][:${REST}]*$`, "u");
const nmtoken = new RegExp(`^[:${REST}]+$`, "u");

const integerForm = /^[+-]?\d+$/;
const decimalForm = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const floatForm = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN)$/;
const durationForm = /^-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;
const hexForm = /^(?:[0-9a-fA-F]{2})*$/;
/** Blanks between the characters are allowed (XSD part 2, 3.2.16) and taken out before. */
const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function integer(least?: bigint, most?: bigint): Builtin {
  return {
    primitive: "decimal",
    whiteSpace: "collapse",
    accepts: (text) => {
      if (!integerForm.test(text)) return false;
      const value = BigInt(text.replace(/^\+/, ""));
      return (least === undefined || value >= least) && (most === undefined || value <= most);
    },
  };
}

function form(primitive: Primitive, pattern: RegExp, whiteSpace: Builtin["whiteSpace"] = "collapse"): Builtin {
  return { primitive, whiteSpace, accepts: (text) => pattern.test(text) };
}

function moment(primitive: Primitive): Builtin {
  return { primitive, whiteSpace: "collapse", accepts: (text) => momentOf(primitive, text) !== undefined };
}

function listOf(item: string): Builtin {
  return { primitive: "string", whiteSpace: "collapse", accepts: (text) => text !== "", listOf: item };
}

/**
 * Nearly any text is an anyURI, because what a URI cannot hold is escaped by whoever uses it (XSD part 2, 3.2.17). Not
 * so a broken percent escape, or a colon in the first segment behind what is no scheme (RFC 2396, 3.1 and 5).
 */
const uriForm = /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|(?![^/?#]*:))(?:[^%]|%[\da-fA-F]{2})*$/;

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ["anySimpleType", form("string", /^/, "preserve")],
  ["anyAtomicType", form("string", /^/, "preserve")],
  ["string", form("string", /^/, "preserve")],
  ["normalizedString", form("string", /^/, "replace")],
  ["token", form("string", /^/)],
  ["language", form("string", /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/)],
  ["NMTOKEN", form("string", nmtoken)],
  ["NMTOKENS", listOf("NMTOKEN")],
  ["Name", form("string", anyName)],
  ["NCName", form("string", ncName)],
  ["ID", form("string", ncName)],
  ["IDREF", form("string", ncName)],
  ["IDREFS", listOf("IDREF")],
  ["ENTITY", form("string", ncName)],
  ["ENTITIES", listOf("ENTITY")],
  ["QName", form("QName", qName)],
  ["NOTATION", form("QName", qName)],
  ["anyURI", form("anyURI", uriForm)],
  ["boolean", form("boolean", /^(?:true|false|1|0)$/)],
  ["decimal", form("decimal", decimalForm)],
  ["integer", integer()],
  ["nonPositiveInteger", integer(undefined, 0n)],
  ["negativeInteger", integer(undefined, -1n)],
  ["nonNegativeInteger", integer(0n)],
  ["positiveInteger", integer(1n)],
  ["long", integer(-(2n ** 63n), 2n ** 63n - 1n)],
  ["int", integer(-(2n ** 31n), 2n ** 31n - 1n)],
  ["short", integer(-32768n, 32767n)],
  ["byte", integer(-128n, 127n)],
  ["unsignedLong", integer(0n, 2n ** 64n - 1n)],
  ["unsignedInt", integer(0n, 2n ** 32n - 1n)],
  ["unsignedShort", integer(0n, 65535n)],
  ["unsignedByte", integer(0n, 255n)],
  ["float", form("float", floatForm)],
  ["double", form("float", floatForm)],
  ["duration", form("duration", durationForm)],
  ["dateTime", moment("dateTime")],
  ["time", moment("time")],
  ["date", moment("date")],
  ["gYearMonth", moment("gYearMonth")],
  ["gYear", moment("gYear")],
  ["gMonthDay", moment("gMonthDay")],
  ["gDay", moment("gDay")],
  ["gMonth", moment("gMonth")],
  ["hexBinary", form("hexBinary", hexForm)],
  [
    "base64Binary",
    { ...form("base64Binary", base64Form), accepts: (text) => base64Form.test(text.replaceAll(" ", "")) },
  ],
]);

// ── moments ─────────────────────────────────────────────────────────────────────────────────────────────────────

const YEAR = "(?<year>-?(?:[1-9]\\d{4,}|\\d{4}))";
const MONTH = "(?<month>\\d\\d)";
const DAY = "(?<day>\\d\\d)";
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)(?:\\.(?<fraction>\\d+))?";
const ZONE = "(?<zone>Z|[+-]\\d\\d:\\d\\d)?";

const MOMENTS: Readonly<Partial<Record<Primitive, RegExp>>> = {
  dateTime: new RegExp(`^${YEAR}-${MONTH}-${DAY}T${TIME}${ZONE}$`),
  date: new RegExp(`^${YEAR}-${MONTH}-${DAY}${ZONE}$`),
  time: new RegExp(`^${TIME}${ZONE}$`),
  gYearMonth: new RegExp(`^${YEAR}-${MONTH}${ZONE}$`),
  gYear: new RegExp(`^${YEAR}${ZONE}$`),
  gMonthDay: new RegExp(`^--${MONTH}-${DAY}${ZONE}$`),
  gDay: new RegExp(`^---${DAY}${ZONE}$`),
  gMonth: new RegExp(`^--${MONTH}${ZONE}$`),
};

export interface Moment {
  /** Seconds since 1 March 2000 (proleptic Gregorian), zone applied; exact to the second. */
  readonly seconds: bigint;
  /** Digits behind the second, without trailing zeros. */
  readonly fraction: string;
  /** Moments with and without zone are not comparable within 14 hours (XSD part 2, 3.2.7.4). */
  readonly zoned: boolean;
}

/** undefined where the text is no literal of the type, also where the calendar has no such day. */
export function momentOf(primitive: Primitive, text: string): Moment | undefined {
  const groups = MOMENTS[primitive]?.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const year = BigInt(groups["year"] ?? "2000");
  const month = Number(groups["month"] ?? "1");
  const day = Number(groups["day"] ?? "1");
  const [hour, minute, second] = [groups["hour"], groups["minute"], groups["second"]].map((part) =>
    Number(part ?? "0"),
  );
  const fraction = (groups["fraction"] ?? "").replace(/0+$/, "");
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // Year zero does not exist in XSD 1.0.
  if (year === 0n) return undefined;
  if (!timeExists(hour ?? 0, minute ?? 0, second ?? 0, fraction)) return undefined;
  const offset = offsetOf(groups["zone"]);
  if (offset === undefined) return undefined;
  const clock = BigInt((hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0) - offset * 60);
  return { seconds: dayNumber(year, month, day) * 86_400n + clock, fraction, zoned: groups["zone"] !== undefined };
}

function timeExists(hour: number, minute: number, second: number, fraction: string): boolean {
  if (hour === 24) return minute === 0 && second === 0 && fraction === "";
  return hour < 24 && minute < 60 && second < 60;
}

/** Minutes; at most 14 hours. */
function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (minutes > 59 || hours > 14 || (hours === 14 && minutes > 0)) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function daysIn(year: bigint, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  // The year before 1 is written -0001 in XSD 1.0 and counts as 0.
  const leap = year < 0n ? year + 1n : year;
  return leap % 4n === 0n && (leap % 100n !== 0n || leap % 400n === 0n) ? 29 : 28;
}

/** Days since 1 March 2000, counting years from March so that the leap day is the last. */
function dayNumber(year: bigint, month: number, day: number): bigint {
  const shifted = (year < 0n ? year + 1n : year) - 2000n - (month < 3 ? 1n : 0n);
  const months = (month + 9) % 12;
  const leaps = floorDivide(shifted, 4n) - floorDivide(shifted, 100n) + floorDivide(shifted, 400n);
  return shifted * 365n + leaps + BigInt(Math.floor((months * 153 + 2) / 5) + day - 1);
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

// ── comparing ───────────────────────────────────────────────────────────────────────────────────────────────────

/** -1, 0, 1; undefined where the values are not comparable. */
export function compareValues(primitive: Primitive, a: string, b: string): -1 | 0 | 1 | undefined {
  if (primitive === "decimal") return compareDecimals(a, b);
  if (primitive === "float") {
    const [x, y] = [floatOf(a), floatOf(b)];
    return x === y ? 0 : x < y ? -1 : x > y ? 1 : undefined;
  }
  const [x, y] = [momentOf(primitive, a), momentOf(primitive, b)];
  if (x === undefined || y === undefined || x.zoned !== y.zoned) return undefined;
  if (x.seconds !== y.seconds) return x.seconds < y.seconds ? -1 : 1;
  return x.fraction === y.fraction ? 0 : x.fraction < y.fraction ? -1 : 1;
}

function floatOf(text: string): number {
  return text === "INF" ? Infinity : text === "-INF" ? -Infinity : Number(text);
}

/** Canonical parts of a decimal: `-0012.50` → { negative, whole: "12", fraction: "5" }. */
export function decimalParts(text: string): {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
} {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  return { negative: match?.[1] === "-" && whole + fraction !== "", whole, fraction };
}

function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  const [x, y] = [decimalParts(a), decimalParts(b)];
  if (x.negative !== y.negative) return x.negative ? -1 : 1;
  const sign = x.negative ? -1 : 1;
  const wholes = x.whole.length - y.whole.length || (x.whole < y.whole ? -1 : x.whole > y.whole ? 1 : 0);
  const fractions = x.fraction < y.fraction ? -1 : x.fraction > y.fraction ? 1 : 0;
  const order = wholes === 0 ? fractions : wholes;
  return order === 0 ? 0 : order * sign < 0 ? -1 : 1;
}
