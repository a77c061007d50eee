// What is wrong with an interchange, a group, a message, a segment or an element: in the words of CONTRL (data element 0085 and where it
// is reported), with the place in the drop, and as the error that a person reads. Values stand nowhere in it.

import { BridgeError, type Code } from "../../core/errors.ts";
import { hintOf } from "./hints.ts";

/** Segment of a CONTRL that reports it: interchange, group, message, segment, data element. */
export type Level = "UCI" | "UCF" | "UCM" | "UCS" | "UCD";

/** Where it stands. A tag is named only where it has the form of one. */
export interface Place {
  readonly tag: string;
  /** In the message; UNH is 1, 0 = outside of messages. */
  readonly position: number;
  /** Byte offset in the drop. */
  readonly offset: number;
  readonly line: number;
}

export interface EdifactFinding {
  readonly code: Code;
  /** Data element 0085, as `29`. */
  readonly error0085: string;
  readonly level: Level;
  /** `the count of segments is 171, but there are 40`: without the place. */
  readonly what: string;
  readonly at: Place;
  /** 0098: the tag is 1, the first element 2; 0 = not about an element. */
  readonly element: number;
  /** 0104, from 1; 0 = not about a component. */
  readonly component: number;
  readonly hint?: string | undefined;
  /** Where 0085 has one code for different things. */
  readonly why?: "lineBreak";
}

/** As an error of stage decode; `others` counts what else is wrong with the same message. */
export function errorOf(finding: EdifactFinding, others: readonly EdifactFinding[] = []): BridgeError {
  const { code, error0085, level, what, at, element, component, why } = finding;
  const more = others.length === 0 ? "" : `; and ${others.length} more`;
  return new BridgeError(code, `${shown(at, element, component)}: ${what}${more}`, {
    stage: "decode",
    hint: hintOf(finding),
    detail: others.length === 0 ? undefined : listOf(others),
    facts: {
      error0085,
      level,
      ...(why && { why }),
      ...(at.tag !== "" && { segment: at.tag }),
      ...(at.position > 0 && { position: at.position }),
      ...(element > 0 && { element }),
      ...(component > 0 && { component }),
      line: at.line,
      offset: at.offset,
    },
  });
}

const LISTED = 20;

function listOf(findings: readonly EdifactFinding[]): string {
  const lines = findings
    .slice(0, LISTED)
    .map(({ at, element, component, what }) => `${shown(at, element, component)}: ${what}`);
  if (findings.length > LISTED) lines.push(`and ${findings.length - LISTED} more`);
  return lines.join("\n");
}

/** `line 3, byte 120, segment 4 DTM, element 2.1`, the element as people count it: behind the tag, from 1. */
function shown({ tag, position, offset, line }: Place, element: number, component: number): string {
  const segment = position > 0 ? `, segment ${position}${tag === "" ? "" : ` ${tag}`}` : tag === "" ? "" : `, ${tag}`;
  const part = element < 2 ? "" : `, element ${element - 1}${component > 0 ? `.${component}` : ""}`;
  return `line ${line}, byte ${offset}${segment}${part}`;
}
