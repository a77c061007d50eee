// Checks the elements of a segment against its definition; what is wrong is told as an acknowledgement tells it (data element 723).

import type { ElementFinding } from "../acknowledge.ts";
import type { Delimiters } from "../delimiters.ts";
import type { CompositeDef, Place, Release, SegmentDef } from "./dictionary.ts";
import type { ElementDef } from "./elements.ts";
import { faultOf, keeps } from "./notes.ts";
import { valueFault } from "./value.ts";

export interface SegmentRules {
  readonly release: Release;
  readonly delimiters: Delimiters;
  /** Values that mean nothing: they are there, and are not looked at. */
  readonly empty: ReadonlySet<string>;
}

const MISSING = "1";
const TOO_MANY = "3";
const CHARACTER = "6";
const REPETITIONS = "12";
const COMPONENTS = "13";
/** An acknowledgement counts elements and components to 99. */
const COUNTED = 99;
/** Characters of AK404. */
const SHOWN = 99;
const CONTROL = /[\u0000-\u001f\u007f]/;

export function elementFindings(
  { places, notes }: SegmentDef,
  parts: readonly string[],
  rules: SegmentRules,
): ElementFinding[] {
  const findings: ElementFinding[] = [];
  let present = 0;
  for (const [at, place] of places.entries()) {
    const text = parts[at + 1] ?? "";
    const where = { position: at + 1, ...referenceOf(place) };
    if (isAbsent(text)) {
      if (place.must) findings.push({ ...where, code: MISSING });
      continue;
    }
    present |= 1 << at;
    checkPlace(place, text, where, rules, findings);
  }
  const beyond = parts.findIndex((text, at) => at > places.length && !isAbsent(text));
  if (beyond >= 0) findings.push({ position: Math.min(beyond, COUNTED), code: TOO_MANY });
  for (const note of notes) {
    if (keeps(note, present)) continue;
    const { number, code } = faultOf(note, present);
    findings.push({ position: number, ...referenceOf(places[number - 1]!), code });
  }
  return findings.sort((a, b) => a.position - b.position);
}

type Where = Pick<ElementFinding, "position" | "reference">;

function checkPlace(place: Place, text: string, where: Where, rules: SegmentRules, findings: ElementFinding[]): void {
  const { repetition } = rules.delimiters;
  const repeated = repetition === undefined ? [text] : text.split(repetition);
  if (repeated.length > place.most) {
    // It came with 00402; a 997 of 004010 has no code of its own for it.
    const code = rules.release === "004010" ? TOO_MANY : REPETITIONS;
    findings.push({ ...where, repetition: place.most + 1, code, copy: copyOf(text) });
  }
  for (const [at, one] of repeated.slice(0, place.most).entries()) {
    const here = { ...where, ...(repeated.length > 1 && { repetition: at + 1 }) };
    if (isAbsent(one) || rules.empty.has(one)) continue;
    if (place.composite) checkComposite(place.composite, one, here, rules, findings);
    else if (place.element) checkElement(place.element, one, here, rules, findings);
  }
}

function checkElement(
  element: ElementDef,
  text: string,
  where: Where,
  rules: SegmentRules,
  findings: ElementFinding[],
): void {
  if (text.includes(rules.delimiters.component)) {
    findings.push({ ...where, code: tooManyComponents(rules), copy: copyOf(text) });
    return;
  }
  const code = CONTROL.test(text) ? CHARACTER : valueFault(element, text);
  if (code !== "") findings.push({ ...where, code, copy: copyOf(text) });
}

function checkComposite(
  { parts }: CompositeDef,
  text: string,
  where: Where,
  rules: SegmentRules,
  findings: ElementFinding[],
): void {
  const components = text.split(rules.delimiters.component);
  for (const [at, { must, element }] of parts.entries()) {
    const value = components[at] ?? "";
    const here = { ...where, component: at + 1, ...(element && { reference: element.id }) };
    if (isAbsent(value)) {
      if (must) findings.push({ ...here, code: MISSING });
    } else if (element && !rules.empty.has(value)) {
      const code = CONTROL.test(value) ? CHARACTER : valueFault(element, value);
      if (code !== "") findings.push({ ...here, code, copy: copyOf(value) });
    }
  }
  const beyond = components.findIndex((value, at) => at >= parts.length && !isAbsent(value));
  if (beyond >= 0)
    findings.push({ ...where, component: Math.min(beyond + 1, COUNTED), code: tooManyComponents(rules) });
}

/** 13 came with 005010. */
function tooManyComponents({ release }: SegmentRules): string {
  return release === "004010" ? TOO_MANY : COMPONENTS;
}

/** Composites have no number in the dictionary of elements. */
function referenceOf({ element }: Place): Pick<ElementFinding, "reference"> {
  return element ? { reference: element.id } : {};
}

/** As far as an acknowledgement repeats it; a copy of its own, because a part of a text keeps the whole text in memory. */
function copyOf(text: string): string {
  return Buffer.from(text.slice(0, SHOWN), "utf16le").toString("utf16le");
}

function isAbsent(text: string): boolean {
  return text === "" || (text.charCodeAt(0) <= 0x20 && text.trim() === "");
}
