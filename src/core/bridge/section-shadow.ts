// `shadow`: what the bridge sends is sent to the successor as well, and the answers are compared. Data goes to a second system, so
// somebody has to have approved it, and it ends on its date.

import { bindOptions } from "../options/bind.ts";
import { items, part, plain } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import { date, list, object, oneKeyBeside, required, text } from "../options/shape.ts";
import type { AnyShape } from "../options/shape.ts";
import type { Ignored } from "../shadow/compare.ts";
import { finding } from "./finding.ts";
import { boundAdapter, checkSection, chosenAdapter, entryOf, type CompileAt, type Loading } from "./loading.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapNode } from "./tree.ts";
import type { Bound, Way } from "./types.ts";

export interface ShadowSection {
  readonly target: Bound<"target">;
  /** Protocol and place as written, for people. */
  readonly shown: string;
  readonly approval: { readonly by: string; readonly on: string; readonly reference: string };
  /** The last day. */
  readonly until: string;
  readonly ignore: readonly Ignored[];
}

/** Targets that answer; a file that lies in a folder says nothing. */
function answering(adapters: readonly AnyAdapter[]): readonly AnyAdapter[] {
  return adapters.filter(({ role, grows }) => role === "target" && grows !== true);
}

export function shadowShape(adapters: readonly AnyAdapter[]): AnyShape {
  return object(
    {
      to: required(
        oneKeyBeside(
          Object.fromEntries(
            answering(adapters).map(({ name, options, summary }) => [
              name,
              { ...options, required: false, doc: summary.replace(/\.$/, "") },
            ]),
          ),
          {},
          "the successor, or better a copy of it that nobody relies on: what is sent has its effects there",
        ),
      ),
      approval: required(
        object(
          {
            by: required(text("who approved that data goes there", { example: "Datenschutz Musterstadt" })),
            on: required(date("when", { example: "2027-03-01" })),
            reference: required(text("where that is written down", { example: "DSFA 2027-03" })),
          },
          "without it nothing is sent twice",
        ),
      ),
      until: required(date("the last day on which it is done", { example: "2027-06-30" })),
      ignore: list(
        object({
          path: required(
            text("where answers may differ, with what lies below; * stands for one part", {
              pattern: /^(?:\/[^/]+)+$/u,
              patternHint: "a path such as /body/zeitstempel or /body/positionen/*/id",
              example: "/body/zeitstempel",
              most: 300,
            }),
          ),
          reason: required(text("why that is no difference", { example: "je Aufruf ein anderer" })),
          until: required(date("the last day on which it is ignored", { example: "2027-04-30" })),
        }),
        "differences that are explained",
        { most: 200 },
      ),
    },
    "the same input to the successor as well, for comparing its answers; never instead, and never in the way",
  );
}

/** undefined = there is none, or after findings. */
export function loadShadow(
  loading: Loading,
  root: MapNode,
  ways: readonly Way[],
  compile: CompileAt,
  identify: (protocol: string, options: CheckedObject) => string,
): ShadowSection | undefined {
  const entry = entryOf(root, "shadow");
  if (!entry) return undefined;
  const checked = checkSection(loading, entry.value, shadowShape(loading.adapters), "shadow", compile);
  const to = entryOf(entry.value, "to")?.value;
  const chosen = to?.kind === "map" ? chosenAdapter(loading, to, "target") : undefined;
  if (checked?.kind !== "object") return undefined;
  const options = chosen && part(checked, "to")?.entries.get(chosen.adapter.name);
  const approval = part(checked, "approval");
  const [on, until] = [plain<string>(approval, "on") ?? "", plain<string>(checked, "until") ?? ""];
  if (until < on) {
    const at = entryOf(entry.value, "until")?.value.at ?? entry.keyAt;
    const message = `shadow ends (${until}) before it was approved (${on})`;
    loading.report(
      finding("WRONG_VALUE", at, message, { hint: "until: a day after approval.on", length: until.length }),
    );
  }
  const silent = ways.find(({ skip, deliver }) => skip === undefined && !answers(loading, deliver.target.name));
  if (silent) {
    const message = `deliver.${silent.deliver.target.name} gives no answer that could be compared`;
    loading.report(finding("WRONG_VALUE", entry.keyAt, message, { hint: "leave shadow out", length: 6 }));
  }
  if (!chosen || options?.kind !== "object" || silent) return undefined;
  return {
    target: boundAdapter<"target">(loading, chosen.adapter, chosen.at, options),
    shown: identify(chosen.adapter.name, options),
    approval: { by: plain<string>(approval, "by") ?? "", on, reference: plain<string>(approval, "reference") ?? "" },
    until,
    ignore: items(checked, "ignore").map((item) => bindOptions(item) as Ignored),
  };
}

function answers({ adapters }: Loading, target: string): boolean {
  return answering(adapters).some(({ name }) => name === target);
}
