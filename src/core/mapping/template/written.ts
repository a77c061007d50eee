// `map.<name>` of a format that an adapter writes: the template is one of objects and lists as in map.json, only that every literal is
// text as written; what it gives goes to the writer, and what that gives travels as one character per byte.

import type { Sketch, Value, Writer } from "../../contract.ts";
import { FORMULA } from "../../contract.ts";
import type { ListNode, MapNode, Node } from "../../bridge/tree.ts";
import { asBridgeError, BridgeError } from "../../errors.ts";
import type { JsonShape, Template, TemplateEnvironment } from "../types.ts";
import { isFormula, isNull, literalText } from "./compiling.ts";
import { compileJson } from "./json.ts";

/** Texts, objects and lists: no literal becomes a number. */
const TEXTS: JsonShape = {
  types: new Set(["string", "object", "list"]),
  required: new Set(),
  properties: [],
  closed: false,
  enumeration: undefined,
  property: () => TEXTS,
  item: () => TEXTS,
  refuse: () => undefined,
};

/** The values of the template, before a writer makes bytes of them. undefined after findings. */
export function compileValues(node: Node, environment: TemplateEnvironment): Template | undefined {
  return compileJson(node, { ...environment, schema: undefined, json: TEXTS });
}

/** `values` is what `compileValues` made; reports what the writer says of the template. */
export function writtenBy(
  writer: Writer,
  values: Template,
  node: Node,
  report: (at: Node["at"], message: string, hint: string | undefined) => void,
): Template | undefined {
  for (const { path, message, hint } of writer.problems) report(values.locate(path)?.at ?? node.at, message, hint);
  if (writer.problems.length > 0) return undefined;
  return {
    ...values,
    contentType: writer.contentType,
    ...(writer.joins && { joins: true }),
    show: (body) => writer.show(Buffer.from(body, "latin1")),
    ...(writer.explain && { explain: (shown) => writer.explain!(shown) }),
    render(item, scope) {
      const text = values.render(item, scope);
      if (text === undefined) return undefined;
      try {
        const bytes = writer.write(JSON.parse(text) as Value, scope);
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
      } catch (cause) {
        throw placed(asBridgeError(cause, "map"), values);
      }
    },
  };
}

/** Writers know paths of values; people mend lines of the bridge file. */
export function placed(error: BridgeError, values: Template): BridgeError {
  const path = error.facts?.["path"];
  const position = error.position ?? (typeof path === "string" ? values.locate(path)?.at : undefined);
  if (position === undefined) return error;
  const { code, message, detail, hint, stage, facts } = error;
  return new BridgeError(code, message, { stage, detail, hint, facts, position, cause: error });
}

/** The template as far as it is known before there is a record. */
export function sketchOf(node: Node): Sketch {
  if (node.kind === "map") return sketchOfMap(node);
  if (node.kind === "list") return sketchOfList(node);
  if (isFormula(node)) return FORMULA;
  return isNull(node) ? undefined : literalText(node);
}

function sketchOfMap(node: MapNode): Sketch {
  const entries = node.entries.filter(({ key }) => key !== "=when" && key !== "=each");
  const one: Sketch = Object.fromEntries(
    entries.map(({ key, value }): [string, Sketch] => [key.startsWith("'=") ? key.slice(1) : key, sketchOf(value)]),
  );
  return node.entries.some(({ key }) => key === "=each") ? [one] : one;
}

/** As in map.json a map with `=each` splices its items into the list around it. */
function sketchOfList(node: ListNode): Sketch {
  return node.items.flatMap((item) => {
    const one = sketchOf(item);
    return Array.isArray(one) && item.kind === "map" ? (one as readonly Sketch[]) : [one];
  });
}
