// $required, $orEmpty, $slice, $hash, $uuid.

import { createHash, hash as digest } from "node:crypto";
import { tick, Fault, type Data, type Run } from "../runtime.ts";
import { namesFor, textOr, type Extra } from "./contract.ts";

function isEmpty(value: Data): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

const required: Extra = {
  name: "required",
  signature: "<xs?:x>",
  least: 1,
  most: 2,
  call: (_run, label, value, what) => {
    if (!isEmpty(value)) return value;
    // A computed `what` may hold values, so it is no note.
    throw new Fault("VALUE_REQUIRED", {
      value: what ?? value,
      note: `${label} is required and empty`,
      facts: namesFor(label),
    });
  },
  prepare: ([value, what]) => {
    if (value === undefined || (what !== undefined && typeof what.literal !== "string")) return undefined;
    const text = what?.literal as string | undefined;
    const note = text === undefined ? `${value.label} is required and empty` : `${text} is required and empty`;
    const facts = namesFor(value.label, text === undefined ? {} : { what: text });
    const { code } = value;
    return (input, frame, run) => {
      const found = code(input, frame, run);
      if (isEmpty(found)) throw new Fault("VALUE_REQUIRED", { value: found, note, facts });
      return found;
    };
  },
};

const orEmpty: Extra = {
  name: "orEmpty",
  signature: "<x-:x>",
  least: 1,
  most: 1,
  call: (_run, _label, value) => (value === undefined ? "" : value),
};

const surrogate = /[\ud800-\udfff]/;

/** From 1, in characters (code points); nothing left is absent, as a blank cell is. */
function slice(run: Run, _label: string, value: Data, from: Data, length: Data): Data {
  const text = textOr(value, 1);
  if (text === undefined || from === undefined) return undefined;
  if (!Number.isInteger(from) || from < 1)
    throw new Fault("SLICE_INVALID", { value: from, note: "from is a whole number, counted from 1" });
  if (length !== undefined && (!Number.isInteger(length) || length < 1)) {
    throw new Fault("SLICE_INVALID", { value: length, note: "length is a whole number, at least 1" });
  }
  if (text.length > 1024) tick(run, text.length >> 8);
  const characters: string | string[] = surrogate.test(text) ? Array.from(text) : text;
  const part = characters.slice(from - 1, length === undefined ? undefined : from - 1 + length);
  const found = typeof part === "string" ? part : part.join("");
  return found === "" ? undefined : found;
}

function hash(run: Run, _label: string, value: Data): Data {
  const text = textOr(value, 1);
  if (text === undefined) return undefined;
  if (text.length > 64) tick(run, text.length >> 6);
  return digest("sha256", text, "hex");
}

/** The name space of Steg's identifiers, a random UUID fixed once (RFC 9562, 6.6). */
const nameSpace = Buffer.from("5b0d4b3e8f6a4c2d9e1f7a6c3b2d1e0f", "hex");

/** RFC 9562, 5.5. */
export function uuid5(name: string): string {
  const bytes = createHash("sha1").update(nameSpace).update(name, "utf8").digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The same on every replay: it depends on bridge, drop, record and name only. Lengths keep the parts apart. */
function uuid(run: Run, _label: string, value: Data): Data {
  const name = textOr(value, 1);
  if (name === undefined) return undefined;
  const { scope } = run;
  if (scope === undefined) throw new Fault("FORMULA_PLACE", { note: "$uuid needs a drop" });
  return uuid5(JSON.stringify([scope.bridge, scope.dropIdentity, scope.index, name]));
}

export const valueFunctions: readonly Extra[] = [
  required,
  orEmpty,
  { name: "slice", signature: "<s-nn?:s>", least: 2, most: 3, call: slice },
  { name: "hash", signature: "<s-:s>", least: 1, most: 1, call: hash },
  { name: "uuid", signature: "<s:s>", least: 1, most: 1, call: uuid },
];
