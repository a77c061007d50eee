// The body of a request: what it claims to be, and what it holds. Media types of RFC 9110, section 8.3.

import { isUtf8 } from "node:buffer";
import type { Value } from "../../core/contract.ts";
import type { JsonSchema as Schema } from "../../core/validation/json-schema.ts";
import { strictJson } from "../shared/json/strict.ts";
import { readPairs, type Problem } from "./parameters.ts";

/** How a body of some media type is read; undefined = it cannot be. */
export function bodyKind(mediaType: string): "json" | "form" | "text" | undefined {
  if (/^application\/(?:json|[^/]+\+json)$/.test(mediaType)) return "json";
  if (mediaType === "application/x-www-form-urlencoded") return "form";
  return /^text\/|^application\/(?:xml|[^/]+\+xml)$/.test(mediaType) ? "text" : undefined;
}

/** `Application/JSON; charset="UTF-8"` → `application/json`; undefined = another charset than UTF-8, or no media type. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  const [type = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1];
    if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") return undefined;
  }
  const trimmed = type.trim();
  return trimmed.includes("/") ? trimmed : undefined;
}

export interface BodyRules {
  readonly kind: "json" | "form" | "text";
  readonly schema: Schema | undefined;
}

/** undefined after problems. */
export function readBody(bytes: Uint8Array, { kind, schema }: BodyRules, problems: Problem[]): Value {
  const found = kind === "json" ? strictJson(bytes) : readText(bytes, kind);
  if ("problem" in found) {
    problems.push({ place: "/body", text: found.problem });
    return undefined;
  }
  for (const { shown, path, message } of schema?.findings(found.value, bytes.length) ?? []) {
    problems.push({ place: `/body${shown ?? path}`, text: message });
  }
  return found.value;
}

function readText(bytes: Uint8Array, kind: "form" | "text"): ReturnType<typeof strictJson> {
  if (!isUtf8(bytes)) return { problem: "is not in UTF-8" };
  const text = new TextDecoder("utf-8").decode(bytes);
  if (kind === "text") return { value: text };
  const pairs = readPairs(text);
  if (!pairs) return { problem: "is no form in percent-encoded UTF-8, or has too many fields" };
  const fields = new Map<string, Value>();
  for (const [name, value] of pairs) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [before, value].flat());
  }
  return { value: Object.fromEntries(fields) };
}
