// `map.x12`: the values of a template → one interchange with one transaction set.

import type { Scope, Sketch, Value, Writer } from "../../core/contract.ts";
import { asBridgeError, BridgeError } from "../../core/errors.ts";
import { decoderOf } from "../shared/encodings/decoder.ts";
import { encoderOf } from "../shared/encodings/encoder.ts";
import { localTime } from "../shared/local-time.ts";
import { stableNumber } from "../shared/stable-number.ts";
import { type Delimiters, ISA_WIDTHS } from "./delimiters.ts";
import { elementName } from "./elements.ts";
import { envelope } from "./envelope.ts";
import { explainSegments } from "./explain.ts";
import { bodyLines, isValues, refused, refuseDelimiters, type Values } from "./segments.ts";
import { below, DEFAULT_VERSION, GROUPS, planWriting } from "./written.ts";

export function x12Writer(sketch: Sketch): Writer {
  const { plan, problems } = planWriting(sketch);
  const { delimiters, lineEnd, encoding } = plan;
  const encode = encoderOf(encoding);
  const decode = decoderOf(encoding === "utf-16" ? "utf-16le" : encoding);
  return {
    // RFC 1767.
    contentType: "application/EDI-X12",
    joins: true,
    problems,
    write(value, scope) {
      const text = interchangeOf(value as Values, scope, delimiters, lineEnd);
      try {
        return encode(text);
      } catch (cause) {
        throw unwritable(value, "", encode) ?? cause;
      }
    },
    show(bytes) {
      const { text } = decode(Buffer.from(bytes), true);
      return text.replaceAll(/[\r\n]/g, "").replaceAll(delimiters.segment, `${delimiters.segment}\n`);
    },
    explain: (shown) => explainSegments(shown, delimiters),
  };
}

function interchangeOf(values: Values, scope: Scope, delimiters: Delimiters, lineEnd: string): string {
  const isa = headOf(values, "ISA", delimiters);
  const st = headOf(values, "ST", delimiters);
  const set = st.get("ST01");
  if (set === undefined) throw refused("REQUIRED_EMPTY", "/ST/ST01", "ST01 says which transaction set it is");
  for (const name of ["ISA06", "ISA08"]) {
    if (!isa.has(name)) throw refused("REQUIRED_EMPTY", `/ISA/${name}`, `${name} says who sends and who receives`);
  }
  for (const [at, width] of ISA_WIDTHS.entries()) {
    const name = elementName("ISA", at + 1);
    const length = isa.get(name)?.length ?? 0;
    if (length > width)
      throw refused("CELL_TOO_LONG", `/ISA/${name}`, `${name} has ${width} characters, the text has ${length}`);
  }
  if (!/^\d+$/.test(isa.get("ISA13") ?? "0"))
    throw refused("VALUE_NOT_TEXT", "/ISA/ISA13", "ISA13 is a number of up to nine digits");
  const gs = new Map(headOf(values, "GS", delimiters));
  if (!gs.has("GS01")) {
    const group = Object.hasOwn(GROUPS, set) ? GROUPS[set] : undefined;
    if (group === undefined) throw refused("REQUIRED_EMPTY", "/GS/GS01", "GS01 of this transaction set must be given");
    gs.set("GS01", group);
  }
  const version = gs.get("GS08") ?? isa.get("ISA12") ?? DEFAULT_VERSION;
  const stamp = { ...localTime(scope.received, scope.timezone), number: stableNumber(scope, "x12", 9) };
  return envelope({ isa, gs, st }, stamp, bodyLines(values, set, version, delimiters), delimiters, lineEnd);
}

/** The elements of ISA, GS or ST that the template gives. */
function headOf(values: Values, tag: string, delimiters: Delimiters): ReadonlyMap<string, string> {
  const given = values[tag];
  if (given === undefined) return new Map();
  if (!isValues(given)) throw refused("VALUE_NOT_TEXT", `/${tag}`, `${tag} is a map of its elements`);
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const path = below(`/${tag}`, name);
    const text = typeof value === "number" ? String(value) : value;
    if (text === undefined || text === null || text === "") continue;
    if (typeof text !== "string") throw refused("VALUE_NOT_TEXT", path, `${name} takes one text`);
    refuseDelimiters(text, path, name, delimiters);
    texts.set(name, text);
  }
  return texts;
}

/** Which value has the character that the encoding does not have. */
function unwritable(value: Value, path: string, encode: (text: string) => Uint8Array): BridgeError | undefined {
  if (typeof value === "string") {
    try {
      encode(value);
    } catch (cause) {
      const { code, message, stage, detail, facts } = asBridgeError(cause, "encode");
      return new BridgeError(code, message, { stage, detail, facts: { ...facts, path }, cause });
    }
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, one] of Object.entries(value)) {
    const found = unwritable(one, below(path, name), encode);
    if (found) return found;
  }
  return undefined;
}
