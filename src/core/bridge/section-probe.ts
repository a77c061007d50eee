// `probe`: how the successor's part of the traffic is measured.

import { plain } from "../options/checked.ts";
import { choice, duration, oneKeyBeside } from "../options/shape.ts";
import type { AnyShape } from "../options/shape.ts";
import { finding } from "./finding.ts";
import { boundAdapter, checkSection, chosenAdapter, entryOf, type Loading } from "./loading.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapNode, Node } from "./tree.ts";
import type { Bound } from "./types.ts";

export interface ProbeSection {
  readonly probe: Bound<"probe">;
  /** Milliseconds between two looks. */
  readonly every: number;
  /** The figure counts what the bridge delivers, too. */
  readonly withBridge: boolean;
}

const HOUR = 3_600_000;

export function probeShape(adapters: readonly AnyAdapter[]): AnyShape {
  const probes = adapters.filter(({ role }) => role === "probe");
  return oneKeyBeside(
    Object.fromEntries(
      probes.map(({ name, options, summary }) => [
        name,
        { ...options, required: false, doc: summary.replace(/\.$/, "") },
      ]),
    ),
    {
      every: duration("how often it is asked", { default: "1h", least: 60_000, most: 24 * HOUR }),
      bridge: choice(
        ["excluded", "included"],
        "whether the figure counts what the bridge itself delivers to the successor, too; then that is taken off",
        { default: "excluded" },
      ),
    },
    "how many requests the successor has without the bridge: from it and the bridge's own count comes the successor's share",
    { example: "{ http: { url: https://neu.example/zahlen.json, pointer: /anfragen/gesamt } }" },
  );
}

/** undefined = there is none, or after findings. */
export function loadProbe(loading: Loading, root: MapNode): ProbeSection | undefined {
  const node = entryOf(root, "probe")?.value;
  if (!node) warnUnmeasured(loading, entryOf(root, "lifecycle")?.value);
  if (!node) return undefined;
  const checked = checkSection(loading, node, probeShape(loading.adapters), "probe");
  if (checked?.kind !== "object" || node.kind !== "map") return undefined;
  const chosen = chosenAdapter(loading, node, "probe");
  const options = chosen && checked.entries.get(chosen.adapter.name);
  if (!options) return undefined;
  return {
    probe: boundAdapter<"probe">(loading, chosen.adapter, chosen.at, options),
    every: plain<number>(checked, "every") ?? HOUR,
    withBridge: plain<string>(checked, "bridge") === "included",
  };
}

/** What nobody measures is told from the first day on, not on the day that it is due. */
function warnUnmeasured({ report, fresh }: Loading, lifecycle: Node | undefined): void {
  const plan = entryOf(lifecycle, "plan")?.value;
  const measures = plan?.kind === "list" ? plan.items.flatMap((item) => entryOf(item, "measure") ?? []) : [];
  const [first] = measures;
  if (!first || !fresh) return;
  const message = "this milestone is measured, and the bridge has no probe that could";
  const hint = "probe: { http: { url: https://neu.example/zahlen.json, pointer: /anfragen/gesamt } }";
  report(finding("LIFECYCLE_PLAN", first.keyAt, message, { severity: "warning", hint, length: first.key.length }));
}
