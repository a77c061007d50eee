// Whether an end may be moved to a day, asked before anybody has written it down: by the very rules that the bridge file is checked with.

import type { Report } from "../bridge/tree.ts";
import type { Lifecycle } from "../bridge/types.ts";
import { BridgeError } from "../errors.ts";
import type { Code } from "../errors.ts";
import { addPeriod, formatDate, parseDate } from "../options/units.ts";
import { checkExtensions as checkByBlock } from "./block-rules.ts";
import { withApproved } from "./extensions.ts";
import type { Extension } from "./extensions.ts";
import { checkExtensions as checkByPolicy } from "./policy-check.ts";
import type { Policy } from "./policy.ts";
import { endOf } from "./state.ts";

/** An extension for which nobody has been found yet who approves it. */
export type Asked = Omit<Extension, "approvedBy"> & { readonly approvedBy?: string };

/** Days that are tried for one that is allowed: an extension by 10 years is longer than any policy means. */
const MOST_DAYS = 3_700;

/** What the file would be refused for if it had this extension behind the others; empty = nothing. */
export function refusalsOf(
  lifecycle: Lifecycle,
  approved: readonly Extension[],
  { approvedBy, ...asked }: Asked,
  policy: Policy,
  today: string,
): readonly BridgeError[] {
  const both = withApproved(lifecycle, approved);
  // Whoever is still to be found is somebody else.
  const other = approvedBy ?? `not ${asked.requestedBy}`;
  const all = { ...both, extensions: [...both.extensions, { ...asked, approvedBy: other }] };
  const own = `extensions[${all.extensions.length}]`;
  const found: BridgeError[] = [];
  // There is no file: the path stands where it would be named, and tells this extension's findings from those of others.
  const places = Object.assign((path: string) => ({ file: path, line: 1, column: 1 }), { has: () => true });
  const report: Report = ({ file, code, message, hint }) => {
    const isAboutIt = file === own || file.startsWith(`${own}.`);
    if (!isAboutIt || (approvedBy === undefined && code === "POLICY_APPROVER")) return;
    found.push(new BridgeError(code as Code, message, { hint }));
  };
  checkByBlock({ lifecycle: all, places, today, report, approved });
  checkByPolicy(all, policy, places, report);
  return found;
}

/** First and last day to which the end may be moved; where there is none, why not. */
export function daysFor(
  lifecycle: Lifecycle,
  approved: readonly Extension[],
  policy: Policy,
  today: string,
): { readonly earliest: string; readonly latest: string } | BridgeError {
  const end = parseDate(endOf(withApproved(lifecycle, approved))) ?? 0;
  const asked = { reason: "", requestedBy: "", on: today };
  const refusals = (day: number) => refusalsOf(lifecycle, approved, { ...asked, to: formatDate(day) }, policy, today);
  const last = Math.min(addPeriod(end, policy.extensions.longest), end + MOST_DAYS);
  let earliest = end + 1;
  // What is not about the day itself is refused on all of them.
  const hopeless = refusals(earliest).find(({ code }) => code !== "POLICY_DAY");
  if (hopeless !== undefined) return hopeless;
  while (earliest < last && refusals(earliest).length > 0) earliest++;
  const [why] = refusals(earliest);
  if (why !== undefined) return why;
  let latest = last;
  while (latest > earliest && refusals(latest).length > 0) latest--;
  return { earliest: formatDate(earliest), latest: formatDate(latest) };
}
