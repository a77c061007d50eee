// Which files belong to a message: those that its records name. Synchronous and without side effects, as mapping is.

import type { Attachment, Rec } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { formatDuration } from "../options/units.ts";
import type { Attach, WantedNames } from "../bridge/types.ts";
import { byAttachmentName, type Shelf } from "./attach-shelf.ts";
import { chooseWay, scopeFor, type DropFacts, type OpenWay } from "./map-unit.ts";
import type { Unit } from "./unit.ts";

export type Files =
  /** No message is made, so no file is needed. */
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly attachments: readonly Attachment[] }
  /** Not all of them are there: what each record lacks, and what it is if nobody waits for them. */
  | { readonly kind: "missing"; readonly wanted: readonly WantedNames[]; readonly error: BridgeError }
  /** What the record names cannot be told. */
  | { readonly kind: "dead"; readonly error: BridgeError };

/** Of one message; whoever means more of them has a pattern that says too little. */
const MOST_FILES = 1_000;

const NONE: Files = { kind: "none" };

/** A message of several records has the files of all of them, and each record has as many as it needs. */
export function filesFor(
  attach: Attach,
  ways: readonly OpenWay[],
  unit: Unit,
  facts: DropFacts,
  shelf: Pick<Shelf, "find">,
): Files {
  if (unit.fault || !makesMessage(ways, unit, facts)) return NONE;
  const found = new Map<string, Attachment>();
  const lacking: WantedNames[] = [];
  let fewest = attach.least;
  try {
    const asked = new Set<string>();
    for (const [index, record] of unit.records.entries()) {
      const wanted = attach.wants(
        record,
        scopeFor(facts, record, unit.first + index, unit.records, undefined, unit.member),
      );
      if (asked.has(wanted.shown)) continue;
      asked.add(wanted.shown);
      const files = shelf.find(wanted);
      if (files.length < attach.least) lacking.push(wanted);
      fewest = Math.min(fewest, files.length);
      for (const file of files) found.set(file.id, file);
      if (found.size > MOST_FILES) throw tooMany(attach);
    }
  } catch (cause) {
    return { kind: "dead", error: asBridgeError(cause, "map") };
  }
  if (lacking.length > 0) return { kind: "missing", wanted: lacking, error: missing(attach, lacking, fewest) };
  return { kind: "found", attachments: [...found.values()].sort(byAttachmentName) };
}

/** A record that is skipped, or fails before it is mapped, waits for nothing. */
function makesMessage(ways: readonly OpenWay[], unit: Unit, facts: DropFacts): boolean {
  const record = unit.records[0] as Rec;
  try {
    const open = chooseWay(ways, record, scopeFor(facts, record, unit.first, unit.records, undefined, unit.member));
    return open !== undefined && open.way.skip === undefined;
  } catch {
    return false;
  }
}

function missing(attach: Attach, lacking: readonly WantedNames[], found: number): BridgeError {
  const { files, least, wait, at } = attach;
  const came = `${found} of ${least === 1 ? "1 file" : `at least ${least} files`} came`;
  return new BridgeError("ATTACHMENT_MISSING", `${came} for ${files} within ${formatDuration(wait)}`, {
    stage: "map",
    position: at,
    detail: lacking.map(({ shown }) => shown).join("\n"),
    facts: { found, expected: least, pattern: files },
  });
}

function tooMany(attach: Attach): BridgeError {
  return new BridgeError("ATTACHMENT_TOO_LARGE", `more than ${MOST_FILES} files fit ${attach.files} for one message`, {
    stage: "map",
    position: attach.at,
    facts: { most: MOST_FILES },
  });
}
