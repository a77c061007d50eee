// What the check of a transaction set found: as an acknowledgement says it, with the place in the drop, and as the error that a person
// reads. Values stand nowhere in that error.

import { BridgeError } from "../../../core/errors.ts";
import type { ElementFinding, SegmentFinding } from "../acknowledge.ts";
import { elementName } from "../elements.ts";

/** One segment with what is wrong with it. */
export interface Found extends SegmentFinding {
  /** Byte offset of the segment in the drop; of a missing one, of the segment in front of which it is missed. */
  readonly byte: number;
  readonly elements: readonly ElementFinding[];
}

/** Data element 720. */
const SEGMENT: Readonly<Record<string, string>> = {
  "1": "is a segment that is not known",
  "2": "stands where the standard does not have it",
  "4": "comes more often than its loop may",
  "5": "comes more often than it may",
  "6": "is a segment that this transaction set does not have",
  "7": "comes too late: what stands behind it in the standard was there before",
};

/** Data element 723. */
const ELEMENT: Readonly<Record<string, string>> = {
  "1": "is missing, and must be there",
  "2": "is missing, and must stand beside what is there",
  "3": "is one too many",
  "4": "is too short",
  "5": "is too long",
  "6": "has characters that its type does not allow",
  "8": "is no date (CCYYMMDD)",
  "9": "is no time (HHMM, HHMMSS)",
  "10": "excludes another that is there",
  "12": "is repeated too often",
  "13": "has more components than it may",
};

/** Of a segment. */
const MISSING = "3";
const LISTED = 20;
/** One or more segments in error (data element 718). */
const SEGMENTS_WRONG = "5";

/** Of stage decode, about the first of them; the others are counted, and listed in the detail. */
export function structureError(findings: readonly Found[]): BridgeError {
  const lines = findings.flatMap(linesOf);
  const [first] = findings;
  const { tag, position, loop, code, elements, byte } = first!;
  const element = code === undefined ? elements[0] : undefined;
  const more = lines.length > 1 ? `; and ${lines.length - 1} more` : "";
  const listed = lines.length > LISTED ? [...lines.slice(0, LISTED), `and ${lines.length - LISTED} more`] : lines;
  return new BridgeError(element ? "X12_ELEMENT" : "X12_STRUCTURE", `${lines[0]}${more}`, {
    stage: "decode",
    detail: lines.length > 1 ? listed.join("\n") : undefined,
    facts: {
      transaction: SEGMENTS_WRONG,
      segment: tag,
      position,
      ...(loop !== undefined && { loop }),
      ...(code !== undefined && { segmentError: code }),
      ...(element && { element: element.position, elementError: element.code }),
      ...(element?.component !== undefined && { component: element.component }),
      byte,
    },
  });
}

/** `byte 412: PO103 at position 6 (loop PO1, data element 355) is missing, and must stand beside what is there`. */
function linesOf({ tag, position, loop, code, elements, byte }: Found): string[] {
  const lines = elements.map(({ position: at, component, repetition, reference, code: wrong }) => {
    const around = bracketed([
      ["loop", loop],
      ["component", component],
      ["repetition", repetition],
      ["data element", reference],
    ]);
    return `byte ${byte}: ${elementName(tag, at)} at position ${position}${around} ${ELEMENT[wrong] ?? "is wrong"}`;
  });
  if (code === undefined) return lines;
  const around = bracketed([["loop", loop]]);
  if (code === MISSING)
    return [`byte ${byte}: ${tag}${around} is missing, and must stand in front of position ${position}`];
  return [`byte ${byte}: ${tag} at position ${position}${around} ${SEGMENT[code] ?? "is wrong"}`, ...lines];
}

function bracketed(named: readonly (readonly [string, string | number | undefined])[]): string {
  const known = named.filter(([, value]) => value !== undefined).map((both) => both.join(" "));
  return known.length === 0 ? "" : ` (${known.join(", ")})`;
}
