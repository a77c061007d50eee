// Path templates: `/einwohner/{om}/adressen`. A brace stands for one whole segment. What a request's path means must never be in
// doubt, so templates that could both fit are told apart by rule, or refused.

import { BridgeError } from "../../core/errors.ts";
import { METHODS } from "./options.ts";

export interface Segment {
  readonly kind: "literal" | "parameter";
  /** Decoded. */
  readonly text: string;
}

export interface Template {
  /** As written. */
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** The appliance's own below the path of a bridge. */
const RESERVED: readonly string[] = ["openapi.json", "docs", "calls"];
const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_.-]{0,63})\}$/;
/** RFC 3986, section 3.3 (pchar), and letters beyond ASCII, which clients encode. */
const LITERAL = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}|[^\p{ASCII}\p{C}\p{Z}])+$/u;

/** What is wrong with a template, or the template. */
export function readTemplate(path: string): Template | string {
  if (!path.startsWith("/")) return "must begin with /";
  if (path.length > 1 && path.endsWith("/")) return "must not end with /";
  const parts = path === "/" ? [] : path.slice(1).split("/");
  if (parts.length > 20) return "has more than 20 segments";
  const segments: Segment[] = [];
  for (const part of parts) {
    const segment = readSegment(part);
    if (typeof segment === "string") return segment;
    const twice = segment.kind === "parameter" && segments.some((one) => isSame(one, segment));
    if (twice) return `has {${segment.text}} twice`;
    segments.push(segment);
  }
  const [first] = segments;
  if (first?.kind === "literal" && RESERVED.includes(first.text)) {
    return `begins with /${first.text}, which is the appliance's own`;
  }
  return { path, segments };
}

function readSegment(part: string): Segment | string {
  if (part === "") return "has an empty segment";
  const name = PARAMETER.exec(part)?.[1];
  if (name !== undefined) return name === "__proto__" ? "has a name that is none" : { kind: "parameter", text: name };
  if (/[{}]/.test(part)) return "has braces that do not stand for a whole segment; write /{name}/";
  if (/^\.{1,2}$/.test(part)) return "has a segment of dots";
  if (!LITERAL.test(part)) return "has a character that must be percent-encoded";
  const text = decoded(part);
  return text === undefined ? "is not percent-encoded UTF-8" : { kind: "literal", text };
}

/** undefined = no percent-encoding of UTF-8. */
export function decoded(part: string): string | undefined {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

export function isSame(one: Segment, other: Segment): boolean {
  return one.kind === other.kind && one.text === other.text;
}

/** `GET /einwohner/{om}` → its two halves, or what is wrong. */
export function readCallName(name: string): { readonly method: string; readonly path: string } | string {
  const [method = "", path, ...more] = name.split(" ");
  if (path === undefined || more.length > 0) return "must be a method and a path, such as GET /einwohner/{om}";
  if (!(METHODS as readonly string[]).includes(method)) return `must begin with ${METHODS.join(", ")}`;
  return { method, path };
}

/**
 * Why two templates cannot both be: the same path under other names (OpenAPI 3.1, paths object), or a path that fits both and neither
 * is the more special one, as /a/{x}/c and /a/b/{y} for /a/b/c.
 */
export function clashOf(one: Template, other: Template): string | undefined {
  if (one.segments.length !== other.segments.length) return undefined;
  let left = false;
  let right = false;
  for (const [index, segment] of one.segments.entries()) {
    const beside = other.segments[index] as Segment;
    if (segment.kind === "literal" && beside.kind === "literal") {
      if (segment.text !== beside.text) return undefined;
    } else if (segment.kind === "literal") left = true;
    else if (beside.kind === "literal") right = true;
  }
  if (left && right) return `${one.path} and ${other.path} both fit some paths, and neither is the more special one`;
  if (left || right) return undefined;
  return one.path === other.path ? undefined : `${one.path} and ${other.path} are the same path under other names`;
}

/** With the fact `call`, so that the checker finds the case that names it. */
export function unusable(call: string, what: string, hint?: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `${call} ${what}`, { stage: "receive", hint, facts: { call } });
}
