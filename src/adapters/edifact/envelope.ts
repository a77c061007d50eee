// UNB … UNZ, UNG … UNE, UNH … UNT: what headers and trailers say, held against what is there (ISO 9735-1, section 8; the codes of
// data element 0085).

import type { MessageName } from "./directory/types.ts";
import type { EdifactFinding, Level, Place } from "./finding.ts";
import { HEADER_LACKS } from "./hints.ts";
import { repertoire, type Repertoire } from "./repertoires.ts";
import type { Segment } from "./segment.ts";
import { DEFAULTS, type ServiceCharacters } from "./service.ts";

/** References that are remembered to find one that comes twice: at least the last so many. */
const REMEMBERED = 10_000;

export interface Group {
  readonly header: Segment;
  readonly reference: string;
  messages: number;
}

export interface Interchange {
  readonly header: Segment;
  /** 1 to 4; 0 = UNB says something else. */
  readonly syntax: number;
  /** As UNB says; undefined = it names none that is known. */
  readonly declared: Repertoire | undefined;
  readonly reference: string;
  /** What UNA says numbers are written with. */
  decimal: string;
  /** What it is written with. */
  service: ServiceCharacters;
  /** It says so in a UNA of its own. */
  hasUna: boolean;
  group: Group | undefined;
  groups: number;
  /** All of them, in groups and outside, packages included. */
  messages: number;
  /** Outside of groups. */
  bare: number;
  readonly seen: References;
}

export function interchangeOf(header: Segment): Interchange {
  const version = header.component(1, 2);
  return {
    header,
    syntax: /^[1-4]$/.test(version) ? Number(version) : 0,
    declared: repertoire(header.component(1, 1)),
    reference: header.component(5, 1),
    decimal: ".,",
    service: DEFAULTS,
    hasUna: false,
    group: undefined,
    groups: 0,
    messages: 0,
    bare: 0,
    seen: references(),
  };
}

/** Sender, recipient and reference: what tells one interchange from another. */
export function identityOf(header: Segment): string {
  return JSON.stringify([2, 3, 5].map((place) => header.components(place)));
}

/** S002: 0004, with its qualifier 0007 where there is one: `4012345000009:14`. */
export function senderOf(header: Segment): string {
  const [id, qualifier] = [header.component(2, 1), header.component(2, 2)];
  return qualifier === "" || id === "" ? id : `${id}:${qualifier}`;
}

/** It names all of sender, recipient and reference. */
export function isIdentified(header: Segment): boolean {
  return [2, 3, 5].every((place) => header.component(place, 1) !== "");
}

export function messageName(header: Segment): MessageName {
  const [type = "", version = "", release = "", agency = "", association = ""] = header.components(2);
  return { type, version, release, agency, association };
}

export interface References {
  /** Says whether it came before, and remembers it. */
  isTwice(key: string): boolean;
}

export function references(): References {
  let older = new Set<string>();
  let recent = new Set<string>();
  return {
    isTwice(key) {
      if (recent.has(key) || older.has(key)) return true;
      recent.add(key);
      if (recent.size === REMEMBERED) {
        older = recent;
        recent = new Set();
      }
      return false;
    },
  };
}

export function placeOf(segment: Place): Place {
  const { tag, position, offset, line } = segment;
  return { tag, position, offset, line };
}

export function envelopeFinding(
  level: Level,
  error0085: string,
  at: Place,
  what: string,
  element = 0,
  component = 0,
): EdifactFinding {
  const code = level === "UCM" ? "EDIFACT_ENVELOPE" : "EDIFACT_BROKEN";
  return { code, error0085, level, what, at: placeOf(at), element, component };
}

/** What UNB says of itself. `isOverruled`: the bridge names the characters, so it does not matter which are declared. */
export function headerFindings(found: Interchange, isOverruled: boolean): EdifactFinding[] {
  const { header, syntax, declared } = found;
  const findings: EdifactFinding[] = [];
  const add = (error: string, what: string, element: number, component: number): void => {
    findings.push({ ...envelopeFinding("UCI", error, header, what, element, component), code: "EDIFACT_SYNTAX" });
  };
  if (syntax === 0) add("2", "the syntax version is none of 1 to 4", 2, 2);
  else if (!declared && !isOverruled) {
    add(syntax === 4 ? "46" : "2", "the character repertoire is none of UNOA to UNOL, UNOW, UNOX, UNOY", 2, 1);
  }
  const missing: [place: number, name: string][] = [
    [2, "sender (S002)"],
    [3, "recipient (S003)"],
    [5, "control reference (0020)"],
  ];
  for (const [place, name] of missing) {
    if (header.component(place, 1) !== "") continue;
    const finding = envelopeFinding("UCI", "13", header, `the ${name} is missing`, place + 1, 1);
    findings.push({ ...finding, hint: HEADER_LACKS });
  }
  return findings;
}

const NOTHING: readonly EdifactFinding[] = [];

/** A trailer's count and reference against what was counted and what the header says. */
export function trailerFindings(
  level: "UCI" | "UCF" | "UCM",
  trailer: Segment,
  counted: number,
  reference: string,
  of: string,
): readonly EdifactFinding[] {
  const said = trailer.component(1, 1);
  const repeated = trailer.component(2, 1);
  // As nearly all are.
  if (said === String(counted) && repeated === reference) return NOTHING;
  const findings: EdifactFinding[] = [];
  if (said === "") findings.push(envelopeFinding(level, "13", trailer, `the count of ${of} is missing`, 2));
  else if (!/^[0-9]{1,15}$/.test(said)) {
    findings.push(envelopeFinding(level, "37", trailer, `the count of ${of} is no number`, 2));
  } else if (Number(said) !== counted) {
    const what = `the count of ${of} is ${Number(said)}, but ${counted === 1 ? "there is" : "there are"} ${counted}`;
    findings.push(envelopeFinding(level, "29", trailer, what, 2));
  }
  if (repeated === "" && reference !== "") {
    findings.push(envelopeFinding(level, "13", trailer, "the reference is missing", 3));
  } else if (repeated !== reference) {
    findings.push(envelopeFinding(level, "28", trailer, "the reference is not that of the header", 3));
  }
  return findings;
}
