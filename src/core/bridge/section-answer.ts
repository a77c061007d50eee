// `answer` of a bridge that is called: the template of the reply, its status and headers. Its formulas see the call as `$` and
// `$request`, and what the service said as `$reply`, `$status`, `$fault`.

import { planEncode } from "../mapping/encode.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import { formulaOf, plain } from "../options/checked.ts";
import { finding, findingAt } from "./finding.ts";
import { checkSection, entryOf, formulaEnvironment } from "./loading.ts";
import type { CompileAt, Loading, Names } from "./loading.ts";
import { compileWriting, writingOf } from "./section-map.ts";
import { REPLY_VARIABLES } from "./section-deliver.ts";
import { answerShape, callAnswerShapes } from "./sections.ts";
import type { MapNode, Node } from "./tree.ts";
import type { CallAnswer } from "./types.ts";

export const NO_ANSWER: CallAnswer = { template: undefined, status: undefined, headers: [] };

export function loadCallAnswer(
  loading: Loading,
  names: Names,
  lets: readonly string[],
  node: Node | undefined,
  path: string,
): CallAnswer {
  if (!node) return NO_ANSWER;
  const compile: CompileAt = (formula) => loading.compileFormula(formula, formulaEnvironment(loading, names, place));
  const place = { lets, variables: REPLY_VARIABLES };
  const checked = checkSection(loading, node, answerShape(loading.adapters), path, compile);
  if (checked?.kind !== "object" || node.kind !== "map") return NO_ANSWER;
  refuseReceipts(loading, node);
  const format = ["json", "xml"].filter((key) => entryOf(node, key));
  if (format.length > 1) {
    const at = (entryOf(node, "xml") as MapNode["entries"][number]).keyAt;
    loading.report(finding("WRONG_VALUE", at, "answer has json and xml; a reply is one of them", { length: 3 }));
  }
  return {
    template: format.length > 0 ? compileReply(loading, names, place, node) : undefined,
    status: formulaOf(checked, "status") ?? plain<number>(checked, "status"),
    headers: loadHeaders(loading, node, compile),
  };
}

function compileReply(
  loading: Loading,
  names: Names,
  place: { readonly lets: readonly string[]; readonly variables: readonly string[] },
  node: MapNode,
): CallAnswer["template"] {
  const writing = writingOf(node, true, node.at);
  const { encoderOf } = loading;
  const plan = planEncode(undefined, { format: writing.format, decode: undefined, encoderOf });
  const seen = { ...names, variables: [...(names.variables ?? []), ...place.variables] };
  return compileWriting(loading, seen, place.lets, writing, plan, { xml: undefined, json: undefined });
}

/** Where a caller waits there is no drop that a receipt could be about. */
function refuseReceipts(loading: Loading, node: MapNode): void {
  for (const { key, keyAt } of node.entries) {
    if (Object.hasOwn(callAnswerShapes, key)) continue;
    if (!loading.adapters.some((each) => each.role === "receipts" && each.name === key)) continue;
    const message = `answer.${key} writes receipts of drops; this bridge is called, its answer goes to the caller`;
    loading.report(finding("WRONG_VALUE", keyAt, message, { hint: "answer: { json: { … } }", length: key.length }));
  }
}

function loadHeaders(loading: Loading, node: MapNode, compile: CompileAt): CallAnswer["headers"] {
  const given = entryOf(node, "headers")?.value;
  if (given?.kind !== "map") return [];
  return given.entries.flatMap(({ key, value }) => {
    const name = key.toLowerCase();
    if (value.kind !== "scalar") {
      loading.report(findingAt("WRONG_TYPE", value, `answer.headers.${key} must be a text or a formula`, {}));
      return [];
    }
    if (OWN_HEADERS.has(name)) {
      const message = `answer.headers.${key} is set by Steg itself`;
      loading.report(finding("WRONG_VALUE", value.at, message, { hint: "leave it out", length: value.text.length }));
      return [];
    }
    const made: CompiledFormula | string | undefined = value.text.startsWith("=")
      ? compile?.(value, `answer.headers.${key}`)
      : value.text;
    return made === undefined ? [] : [{ name, value: made }];
  });
}

/** What belongs to the connection, to the body, or to the bridge's lifecycle. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "date",
  "deprecation",
  "keep-alive",
  "link",
  "set-cookie",
  "sunset",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
