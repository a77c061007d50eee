// What a shape expects, in words and by example: for findings, the reference and the JSON Schema.

import type { AnyShape, Kind } from "./shape.ts";
import { formatDuration, formatSize } from "./units.ts";

/** `a duration`, `one of archive, delete, keep`. */
export function expected(shape: AnyShape): string {
  const { kind } = shape;
  switch (kind.type) {
    case "text":
      return kind.patternHint ?? "a text";
    case "integer":
      return `a whole number${range(kind, String)}`;
    case "number":
      return `a number${range(kind, String)}`;
    case "boolean":
      return "true or false";
    case "duration":
      return `a duration with its unit (ms, s, m, h, d)${range(kind, formatDuration)}`;
    case "size":
      return `a size with its unit (B, KiB, MiB, GiB)${range(kind, formatSize)}`;
    case "date":
      return kind.time ? "a local time (2027-10-05T10:00)" : "a date (2027-11-16)";
    case "choice":
      return kind.values.length === 1 ? `${kind.values[0]}` : `one of ${kind.values.join(", ")}`;
    case "list":
      return kind.single ? "a list, or a single value" : "a list";
    case "map":
    case "object":
      return "a map";
    case "oneKey":
      return `a map with ${kind.several ? "some" : "one"} of ${Object.keys(kind.properties).join(", ")}`;
    case "either":
      return kind.of.map(expected).join(", or ");
    case "formula":
      return "a formula (= …)";
    case "pattern":
      return kind.place === "url"
        ? "a URL"
        : kind.place === "path"
          ? "a path"
          : kind.place === "name"
            ? "a file name"
            : "a text";
    case "outside":
      return "a text, or ${env:NAME} or ${file:/path}";
    case "bridgeFile":
      return kind.catalog ? "a file beside the bridge file, or catalog:…" : "a file beside the bridge file";
    // Templates are checked by compilers of their own.
    default:
      return "a template";
  }
}

function range(kind: { readonly least?: number; readonly most?: number }, write: (value: number) => string): string {
  if (kind.least !== undefined && kind.most !== undefined) return ` from ${write(kind.least)} to ${write(kind.most)}`;
  if (kind.least !== undefined) return ` of at least ${write(kind.least)}`;
  return kind.most === undefined ? "" : ` of at most ${write(kind.most)}`;
}

/** What one could write, in YAML; empty where no short example helps. */
export function exampleOf(shape: AnyShape): string {
  if (shape.example !== undefined) return shape.example;
  if (shape.default !== undefined) return String(shape.default);
  return SAMPLES[shape.kind.type]?.(shape.kind) ?? "";
}

const SAMPLES: Partial<Record<Kind["type"], (kind: Kind) => string>> = {
  integer: (kind) => String((kind.type === "integer" && kind.least) || 1),
  boolean: () => "true",
  duration: () => "10s",
  size: () => "10MiB",
  date: (kind) => (kind.type === "date" && kind.time ? "2027-10-05T10:00" : "2027-11-16"),
  choice: (kind) => (kind.type === "choice" ? (kind.values[0] ?? "") : ""),
  formula: () => "= FIELD",
  outside: () => "${env:NAME}",
  list: (kind) => {
    const item = kind.type === "list" ? exampleOf(kind.item) : "";
    return item === "" ? "[…]" : `[${item}]`;
  },
  object: (kind) => (kind.type === "object" ? objectExample(kind.properties) : ""),
  map: () => "{ … }",
};

const LONGEST_EXAMPLE = 60;

/** The keys that must be there, else the first one. */
function objectExample(properties: Readonly<Record<string, AnyShape>>): string {
  const entries = Object.entries(properties);
  const needed = entries.filter(([, shape]) => shape.required);
  const shown = (needed.length > 0 ? needed : entries.slice(0, 1)).map(
    ([key, shape]) => `${key}: ${exampleOf(shape) || "…"}`,
  );
  const text = `{ ${shown.join(", ")} }`;
  return text.length > LONGEST_EXAMPLE || shown.length === 0 ? "{ … }" : text;
}
