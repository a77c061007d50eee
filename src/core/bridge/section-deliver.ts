// `deliver`, `receive`: adapters with their options, and what core does around them.

import { posix } from "node:path";
import { formulaOf, items, part, plain } from "../options/checked.ts";
import type { Checked, CheckedObject } from "../options/checked.ts";
import type { AnyShape } from "../options/shape.ts";
import { formatDuration } from "../options/units.ts";
import { finding } from "./finding.ts";
import { claimsOf, type PlacedClaim } from "./check-adapter.ts";
import { boundAdapter, checkSection, chosenAdapter, entryOf } from "./loading.ts";
import type { CompileAt, Loading } from "./loading.ts";
import { operationsOf } from "./operations.ts";
import type { DropSource } from "./section-attach.ts";
import { loadSplit } from "./section-split.ts";
import { deliverShape, receiveShape } from "./sections.ts";
import type { MapEntry, MapNode, Node } from "./tree.ts";
import type { Batching, Bound, Deliver, OutcomeRule } from "./types.ts";

// ── receive ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Receiving {
  readonly source: Bound<"source">;
  readonly identity: string;
  readonly claims: readonly PlacedClaim[];
  readonly drops: DropSource;
}

export function loadReceive(loading: Loading, node: Node | undefined): Receiving | undefined {
  if (!node) return undefined;
  const checked = checkSection(loading, withoutAttach(node), receiveShape(loading.adapters), "receive");
  const chosen = node.kind === "map" ? chosenAdapter(loading, node, "source") : undefined;
  const options = checked?.kind === "object" && chosen ? checked.entries.get(chosen.adapter.name) : undefined;
  if (!chosen || options?.kind !== "object") return undefined;
  warnOfSettle(loading, node as MapNode, chosen.adapter.name, options, chosen.adapter.options as AnyShape);
  const claims = claimsOf(chosen.adapter, chosen.at, options);
  const identity = identityOf(chosen.adapter.name, options, claims);
  return {
    source: boundAdapter<"source">(loading, chosen.adapter, chosen.at, options),
    identity,
    claims,
    drops: { adapter: chosen.adapter, options, identity, claims },
  };
}

/** Its formulas see records, so it is read when these are known (section-attach.ts). */
function withoutAttach(node: Node): Node {
  if (node.kind !== "map") return node;
  return { ...node, entries: node.entries.filter(({ key }) => key !== "attach") };
}

/** Protocol, host, path, or what it has for itself: what stays the same when somebody renames the bridge. */
export function identityOf(protocol: string, options: CheckedObject, claims: readonly PlacedClaim[]): string {
  const parts = ["host", "port", "url", "listen", "path"].flatMap((key) => {
    const text = writtenText(options.entries.get(key));
    if (text === undefined) return [];
    return key === "path" ? [posix.normalize(`${text}/`).replace(/(.)\/$/, "$1")] : [text];
  });
  return [protocol, ...parts, ...claims.map(({ name }) => name).toSorted()].join(":");
}

/** A value from outside is identified by its name, never by what it holds. */
function writtenText(checked: Checked | undefined): string | undefined {
  if (checked?.kind === "value") return String(checked.value);
  if (checked?.kind === "pattern") return checked.source;
  if (checked?.kind !== "outside") return undefined;
  return checked.parts
    .map((piece) =>
      piece.type === "text"
        ? piece.text
        : piece.type === "env"
          ? `\${env:${piece.name}}`
          : piece.type === "file"
            ? `\${file:${piece.path}}`
            : "",
    )
    .join("");
}

/** A writer that pauses longer than `settle` looks as if it had finished. */
export function warnOfSettle(
  loading: Loading,
  node: MapNode,
  name: string,
  options: CheckedObject,
  shape: AnyShape,
): void {
  const known = shape.kind.type === "object" ? shape.kind.properties : {};
  if (!Object.hasOwn(known, "settle") || !Object.hasOwn(known, "marker") || options.entries.has("marker")) return;
  const settle = plain<number>(options, "settle") ?? 0;
  if (settle === 0) return;
  const entry = entryOf(node, name);
  const at = entryOf(entry?.value, "settle")?.keyAt ?? entry?.keyAt ?? node.at;
  const message = `a file is taken when it stood still for ${formatDuration(settle)}; a writer that pauses longer is cut off`;
  loading.report(
    finding("SETTLE_UNSURE", at, message, {
      severity: "warning",
      hint: 'marker: "{name}.done" is sure; settle: 0s where the writer renames a finished file',
      length: at === entry?.keyAt ? name.length : 6,
    }),
  );
}

// ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** undefined after findings; the caller reports a missing target, because a case may inherit one. */
export async function loadDeliver(
  loading: Loading,
  node: Node,
  path: string,
  compile: CompileAt,
): Promise<Deliver | undefined> {
  const checked = checkSection(loading, node, deliverShape(loading.adapters, true), path, compile);
  const chosen = node.kind === "map" ? chosenAdapter(loading, node, "target") : undefined;
  if (checked?.kind !== "object") return undefined;
  const batch = batchOf(loading, part(checked, "batch"), entryOf(node, "batch"));
  const retry = part(checked, "retry");
  const options = chosen && checked.entries.get(chosen.adapter.name);
  if (!chosen || !options) return undefined;
  // Where each message chooses, none of them says what all look like.
  const split = loadSplit(loading, node, checked, (protocol, own) => identityOf(protocol, own, []));
  const [operation, ...others] = await operationsOf(loading, chosen.adapter, chosen.at, options, { calls: [] });
  return {
    target: boundAdapter<"target">(loading, chosen.adapter, chosen.at, options),
    ...(operation && others.length === 0 && { operation }),
    batch,
    // The default is for drops: callers are limited where they come in.
    inFlight: entryOf(node, "inFlight") && plain<number>(checked, "inFlight"),
    retry: {
      first: plain<number>(retry, "first") ?? 1_000,
      most: plain<number>(retry, "most") ?? 300_000,
      attempts: plain<number>(retry, "attempts") ?? 8,
    },
    outcomes: items(checked, "outcomes").flatMap(outcomeOf),
    ...(split && { split }),
  };
}

function outcomeOf(checked: Checked): readonly OutcomeRule[] {
  if (checked.kind !== "object") return [];
  const when = formulaOf(checked, "when");
  const as = plain<OutcomeRule["as"]>(checked, "as");
  if (!when || !as) return [];
  return [{ when, as, status: plain<number>(checked, "status"), detail: formulaOf(checked, "detail") }];
}

function batchOf(
  loading: Loading,
  checked: CheckedObject | undefined,
  entry: MapEntry | undefined,
): Batching | undefined {
  if (!checked || !entry) return undefined;
  const written = entry.value.kind === "map" ? entry.value.entries.length : 0;
  const batch: Batching = {
    records: plain<number>(checked, "records"),
    drop: plain<boolean>(checked, "drop") ?? false,
    at: plain<string>(checked, "at"),
    every: plain<number>(checked, "every"),
  };
  if (batch.records !== undefined && batch.drop) {
    const message = "deliver.batch has records and drop; a batch ends after so many messages or with the drop";
    loading.report(finding("WRONG_VALUE", entry.keyAt, message, { hint: "keep one of the two", length: 5 }));
  }
  if (batch.at !== undefined && batch.every !== undefined) {
    const message =
      "deliver.batch has at and every; a term ends at a time of day, or some time after its first message";
    loading.report(finding("WRONG_VALUE", entry.keyAt, message, { hint: "keep one of the two", length: 5 }));
  }
  // `drop: false` alone says nothing either; a value that is wrong was reported.
  if (written === 0 || (written === 1 && plain<boolean>(checked, "drop") === false)) {
    const message = "deliver.batch does not say when a batch ends";
    loading.report(
      finding("MISSING_KEY", entry.keyAt, message, {
        hint: 'records: 500, drop: true, at: "22:00" or every: 5m',
        length: 5,
      }),
    );
  }
  return batch;
}

/** Variables of formulas that look at a target's answer. */
export const REPLY_VARIABLES = ["reply", "status", "fault"];
