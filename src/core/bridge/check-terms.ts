// What `deliver.batch.at` and `every` mean together: of a file's name, and of cases that end their batches differently.
//
// Where the target can grow a file and nothing else ends the batch, the term is one growing file. Everywhere else (calls, `records`,
// `drop`, documents that cannot be joined) drops wait for the end of the term, each as a whole.

import type { Position } from "../errors.ts";
import { formatDuration } from "../options/units.ts";
import { finding, findingAt } from "./finding.ts";
import { entryOf } from "./loading.ts";
import type { Loading } from "./loading.ts";
import type { MapNode, Node } from "./tree.ts";
import type { Batching, Way } from "./types.ts";

interface Term {
  readonly way: Way;
  /** `until 22:00`, `for 5m` */
  readonly rule: string;
  readonly grows: boolean;
  readonly at: Position;
}

export function checkTerms(loading: Loading, root: MapNode, ways: readonly Way[]): void {
  const delivering = ways.filter(({ skip }) => skip === undefined);
  const terms = delivering.flatMap((way) => termOf(loading, root, way));
  for (const term of terms) if (term.grows) checkName(loading, root, term);
  const waiting = terms.filter(({ grows }) => !grows);
  const [first] = waiting;
  if (!first) return;
  const growing = terms.find(({ grows }) => grows);
  const other = waiting.find(({ rule }) => rule !== first.rule);
  if (growing) {
    const message = `a drop waits as a whole ${first.rule}, so what it holds for the file that grows ${growing.rule} would come a term late`;
    mixed(
      loading,
      first,
      message,
      "drop: true beside at or every of the file (one per drop, at the same time), or two bridges",
    );
  } else if (other) {
    mixed(loading, other, `a drop waits as a whole, but its cases wait ${first.rule} and ${other.rule}`, "two bridges");
  } else if (waiting.length < delivering.length) {
    const message = `a drop waits as a whole: its records of the other cases wait ${first.rule} as well`;
    mixed(loading, first, message, "two bridges, if they must not wait", "warning");
  }
}

function mixed(
  loading: Loading,
  { at }: Term,
  message: string,
  hint: string,
  severity: "error" | "warning" = "error",
): void {
  loading.report(finding("TERM_MIXED", at, message, { hint, severity, length: 5 }));
}

function termOf(loading: Loading, root: MapNode, way: Way): readonly Term[] {
  const { batch, target } = way.deliver;
  const rule = batch && ruleOf(batch);
  if (!batch || rule === undefined) return [];
  const adapter = loading.adapters.find(({ role, name }) => role === "target" && name === target.name);
  const isOneFile = batch.records === undefined && !batch.drop && way.encode.single !== true;
  const entry = deliverNodes(root, way).flatMap((node) => entryOf(node, "batch") ?? [])[0];
  return [{ way, rule, grows: isOneFile && adapter?.grows === true, at: entry?.keyAt ?? target.at }];
}

function ruleOf({ at, every }: Batching): string | undefined {
  if (at !== undefined) return `until ${at}`;
  return every === undefined ? undefined : `for ${formatDuration(every)}`;
}

/** The case's own `deliver` before the one that it inherits from. */
function deliverNodes(root: MapNode, way: Way): readonly Node[] {
  const cases = entryOf(root, "cases")?.value;
  const item = cases?.kind === "list" ? cases.items[way.number - 1] : undefined;
  return [entryOf(item, "deliver")?.value, entryOf(root, "deliver")?.value].flatMap((node) => node ?? []);
}

/** Two terms must not want the same name: the second one waits until somebody has taken the first one's file. */
function checkName(loading: Loading, root: MapNode, { way }: Term): void {
  for (const node of deliverNodes(root, way)) {
    const options = entryOf(node, way.deliver.target.name)?.value;
    if (!options) continue;
    const written = ["name", "path"].flatMap((key) => entryOf(options, key)?.value ?? []);
    const name = written[0];
    if (name && !written.some((value) => value.kind === "scalar" && value.text.includes("$batch"))) {
      const message =
        "the files of all terms have the same name; the next one waits until somebody has taken the last one";
      const hint = 'name: "BU_{$batch.date}_{$batch.number}.csv"';
      loading.report(findingAt("TERM_NAME", name, message, { hint, severity: "warning" }));
    }
    return;
  }
}
