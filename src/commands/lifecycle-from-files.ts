// The lifecycle from the bridge files alone, where there is no state yet: in a build, or before the first start.

import { formatPosition } from "../core/errors.ts";
import { lifecycleOutline } from "../core/lifecycle/outline.ts";
import type { LifecycleOutline } from "../core/lifecycle/outline.ts";
import { lifecycleRow, worstFirst } from "../core/lifecycle/state-report.ts";
import { standingOf } from "../core/lifecycle/state.ts";
import { bridgeFiles } from "../core/operations/admission.ts";
import type { LifecycleView } from "../core/operations/operations.ts";
import type { Settings } from "../core/settings.ts";
import type { Program } from "./command.ts";
import { createLoader } from "./load.ts";

export interface Listed {
  readonly view: LifecycleView;
  /** Of the same bridges, by name. */
  readonly outlines: readonly LifecycleOutline[];
  /** Why bridges are not in it: `file:line:column CODE message`. */
  readonly absent: readonly string[];
}

export async function lifecycleFromFiles(settings: Settings, program: Program): Promise<Listed> {
  const { load } = await createLoader(settings, program);
  const now = Date.now();
  const rows = [];
  const outlines = [];
  const absent: string[] = [];
  for (const file of await bridgeFiles(settings.dirAsGiven)) {
    const { bridge, findings } = await load(file);
    if (bridge !== undefined) {
      const standing = standingOf(bridge.lifecycle, bridge.timezone, now);
      rows.push(lifecycleRow(bridge, standing, 0, now));
      outlines.push(lifecycleOutline(bridge, standing));
      continue;
    }
    const error = findings.find(({ severity }) => severity === "error");
    absent.push(error === undefined ? file : `${formatPosition(error)} ${error.code} ${error.message}`);
  }
  const view = { rows: worstFirst(rows), alarm: null, now: new Date(now).toISOString() };
  return { view, outlines: outlines.toSorted((a, b) => (a.bridge < b.bridge ? -1 : 1)), absent };
}
