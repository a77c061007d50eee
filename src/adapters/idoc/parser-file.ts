// What SAP's report RSEIDOC3 writes (transaction WE60, "Parser"): a dictionary as the system itself has it.
//
//   BEGIN_SEGMENT E2EDP01009        the definition; a group has a number in its place
//     SEGMENTTYPE E1EDP01           the type
//     LOOPMIN, LOOPMAX              how often; of the first segment of a group its group's say that
//     BEGIN_FIELDS NAME … CHARACTER_FIRST 000064 CHARACTER_LAST 000069 … END_FIELDS
//
// Places of fields count from 1 over the whole data record; before Unicode they are called BYTE_FIRST and BYTE_LAST. The first segment
// of a group is the parent of all else in it.

import { HEADER_LENGTH } from "./control.ts";
import { type Draft, invalid } from "./dictionary.ts";

const BEGINNING = /^\s*(?:BEGIN_RECORD_SECTION|BEGIN_SEGMENT_SECTION|BEGIN_IDOC|BEGIN_EXTENSION)\b/;

export function isParserFile(text: string): boolean {
  return BEGINNING.test(text.replace(/^\ufeff/, ""));
}

/** `least` counts only where it is mandatory: SAP writes LOOPMIN 1 for optional ones, too. */
interface Loop {
  mandatory: boolean;
  least: number;
  most: number;
}

interface Group extends Loop {
  /** undefined until its first segment came. */
  head: string | undefined;
}

interface OpenSegment extends Loop {
  readonly definition: string;
  readonly line: number;
  type: string;
  readonly fields: OpenField[];
}

interface OpenField {
  readonly name: string;
  readonly line: number;
  first: number;
  last: number;
}

function loop(): Loop {
  return { mandatory: false, least: 0, most: Number.POSITIVE_INFINITY };
}

/** Reads the segments; throws IDOC_DICTIONARY where the text breaks its own grammar. */
export function readParserFile(text: string, draft: Draft): void {
  const groups: Group[] = [];
  const described = new Set<string>();
  let segment: OpenSegment | undefined;
  let inFields = false;
  let inRecords = false;

  function number(line: number, value: string): number {
    if (!/^\d{1,10}$/.test(value)) throw invalid(draft.file, line, "a number has other characters than digits");
    return Number(value);
  }

  function fieldLine(line: number, token: string, value: string, { fields }: OpenSegment): void {
    if (token === "NAME") fields.push({ name: value, line, first: 0, last: 0 });
    const field = fields.at(-1);
    if (!field) return;
    if (token === "CHARACTER_FIRST" || token === "BYTE_FIRST") field.first = number(line, value);
    if (token === "CHARACTER_LAST" || token === "BYTE_LAST") field.last = number(line, value);
  }

  function loopLine(line: number, token: string, value: string, loop: Loop): void {
    if (token === "STATUS") loop.mandatory = value === "MANDATORY";
    else if (token === "LOOPMIN") loop.least = number(line, value);
    else if (token === "LOOPMAX") loop.most = number(line, value);
  }

  function segmentLine(line: number, token: string, value: string, open: OpenSegment): void {
    if (token === "SEGMENTTYPE") open.type = value;
    else if (token === "BEGIN_FIELDS") inFields = true;
    else if (token === "END_SEGMENT") finish(open);
    else loopLine(line, token, value, open);
  }

  function finish(open: OpenSegment): void {
    const group = groups.at(-1);
    const isHead = group !== undefined && group.head === undefined;
    const parent = (isHead ? groups.at(-2) : group)?.head ?? "";
    const { mandatory, least, most } = isHead ? group : open;
    draft.place(open.line, open.type, open.definition, parent, mandatory ? least : 0, most);
    if (isHead) group.head = open.type;
    segment = undefined;
    if (described.has(open.type)) return;
    described.add(open.type);
    for (const { name, line, first, last } of open.fields) {
      if (first <= HEADER_LENGTH || last < first) {
        throw invalid(draft.file, line, `${name} has no CHARACTER_FIRST from ${HEADER_LENGTH + 1} and CHARACTER_LAST`);
      }
      draft.field(line, open.type, name, first - 1 - HEADER_LENGTH, last - first + 1);
    }
  }

  function outerLine(line: number, token: string, value: string): void {
    const group = groups.at(-1);
    if (token === "BEGIN_GROUP") groups.push({ head: undefined, ...loop() });
    else if (token === "END_GROUP") {
      if (!groups.pop()?.head) throw invalid(draft.file, line, "a group ends that has not begun, or has no segment");
    } else if (token === "BEGIN_SEGMENT") {
      segment = { definition: value, line, type: value, fields: [], ...loop() };
    } else if (group && group.head === undefined) loopLine(line, token, value, group);
  }

  for (const [index, one] of text.split(/\r\n|\n|\r/).entries()) {
    const [, token, value] = /^[\s\ufeff]*(\S+)\s*(.*?)\s*$/.exec(one) ?? [];
    if (token === undefined || value === undefined) continue;
    const line = index + 1;
    // The records are the same in every release from 4 on.
    if (token === "BEGIN_RECORD_SECTION" || token === "END_RECORD_SECTION") inRecords = token.startsWith("BEGIN");
    else if (inRecords) continue;
    else if (inFields && token === "END_FIELDS") inFields = false;
    else if (inFields && segment) fieldLine(line, token, value, segment);
    else if (segment) segmentLine(line, token, value, segment);
    else outerLine(line, token, value);
  }
  if (segment || groups.length > 0) throw invalid(draft.file, 0, "it ends inside a segment or a group");
}
