// What an adapter itself would refuse when it is built, found when the bridge file is checked, as far as the file tells: values
// from outside are not read here.

import type { Position } from "../errors.ts";
import { bindOptions } from "../options/bind.ts";
import type { Checked } from "../options/checked.ts";
import type { AnyShape } from "../options/shape.ts";
import { finding } from "./finding.ts";
import type { AnyAdapter } from "./sections.ts";
import type { Report } from "./tree.ts";

/** Everything at once; each with the place of its option. */
export function checkAdapter(adapter: AnyAdapter, at: Position, checked: Checked, report: Report): void {
  adapter.check?.(bindOptions(checked), (option, what, hint) => {
    const place = placeOf(checked, option);
    const length = place && mayBeShown(adapter.options as AnyShape, option) ? writtenLength(place) : 0;
    report(finding("OPTION_UNUSABLE", place?.at ?? at, `${option} ${what}`, { hint, length }));
  });
}

export interface PlacedClaim {
  readonly name: string;
  readonly at: Position;
}

/** What the bridge wants for itself alone. */
export function claimsOf(adapter: AnyAdapter, at: Position, checked: Checked): readonly PlacedClaim[] {
  const claims = adapter.claims?.(bindOptions(checked)) ?? [];
  return claims.map(({ name, option }) => ({ name, at: placeOf(checked, option)?.at ?? at }));
}

function partsOf(option: string): readonly string[] {
  return option.match(/[^.[\]]+/g) ?? [];
}

/** `auth.oauth2.tokenUrl` or `files[2]` below an adapter's options, or what is nearest to it. */
export function placeOf(options: Checked, option: string): Checked | undefined {
  let found: Checked = options;
  for (const part of partsOf(option)) {
    const item = found.kind === "list" ? found.items[Number(part) - 1] : undefined;
    const inner = found.kind === "object" ? found.entries.get(part) : item;
    if (!inner) break;
    found = inner;
  }
  return found === options ? undefined : found;
}

/** The line of an option that may hold a secret is not shown beside a finding: a check's output lies around in logs of builds. */
function mayBeShown(shape: AnyShape, option: string): boolean {
  let { kind } = shape;
  for (const part of partsOf(option)) {
    const inner: AnyShape | undefined =
      kind.type === "list"
        ? kind.item
        : kind.type === "map"
          ? kind.value
          : kind.type === "object" || kind.type === "oneKey"
            ? kind.properties[part]
            : undefined;
    if (!inner) return false;
    ({ kind } = inner);
  }
  return kind.type !== "outside";
}

function writtenLength(checked: Checked): number {
  if (checked.kind === "pattern") return checked.source.includes("@") ? 0 : checked.source.length;
  if (checked.kind !== "value") return 1;
  const text = String(checked.value);
  return /:\/\/[^/]*@/u.test(text) ? 0 : text.length;
}
