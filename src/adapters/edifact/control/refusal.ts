// What is wrong, in the segments of a CONTRL (ISO 9735-4 for syntax 4; the CONTRL of UN/EDIFACT D.3 for the versions before): UCM of a
// message, with UCS and UCD for its segments and elements. One error in each.

import type { Directories } from "../directory/types.ts";
import type { EdifactFinding } from "../finding.ts";
import type { OpenMessage } from "../sink.ts";
import { fitted } from "./fitting.ts";
import type { Elements, Writing } from "./writing.ts";

/** One error of an interchange, a group or a message; `tag` = the segment of the envelope that it is about, "" = none. */
export interface Fault {
  readonly error0085: string;
  readonly tag: string;
  readonly element: number;
  readonly component: number;
}

/** Nothing is wrong with it, but it was not taken with the others. */
export const WITH_OTHERS: Fault = { error0085: "18", tag: "", element: 0, component: 0 };

/** Actions (0083). */
export const REFUSED = "4";
export const ACKNOWLEDGED = "7";
export const RECEIVED = "8";

/** Of one message; whoever has to mend it does not read more. */
const MOST_TOLD = 100;
/** 0098 and 0104 have three digits. */
const MOST_PLACE = 999;

/** Values of 0013 (0135). */
const ENVELOPE = /^UN[ABGHSTEZ]$/;
const ENVELOPE_4 = /^UN[ABGHSTEZOP]$/;

export function faultOf({ error0085, at, element, component }: EdifactFinding): Fault {
  return { error0085, tag: at.tag, element, component };
}

/** 0083, 0085, 0013 and S011. */
export function actionElements(action: string, fault: Fault | undefined, { syntax }: Writing): Elements {
  if (!fault) return [[action]];
  const { error0085, tag } = fault;
  const isOfEnvelope = (syntax === 4 ? ENVELOPE_4 : ENVELOPE).test(tag);
  return isOfEnvelope ? [[action], [error0085], [tag], placeElements(fault)] : [[action], [error0085]];
}

/** S011. */
function placeElements({ element, component }: Pick<Fault, "element" | "component">): readonly string[] {
  if (element === 0 || element > MOST_PLACE) return [];
  return [String(element), component > 0 && component <= MOST_PLACE ? String(component) : ""];
}

/** UCM and what is below it; without findings it went with the others. */
export function refusalOf(
  message: OpenMessage,
  findings: readonly EdifactFinding[],
  writing: Writing,
  directories: Directories,
): readonly string[] {
  const told = findings.slice(0, MOST_TOLD);
  const own = told.find(({ level }) => level === "UCM");
  const below = told.filter((one) => (one.level === "UCS" || one.level === "UCD") && !(own && isSame(one, own)));
  const fault = own ? faultOf(own) : below.length === 0 ? WITH_OTHERS : undefined;
  const ucm = ucmElements(message, actionElements(REFUSED, fault, writing), writing.syntax);
  const def = directories.service("UCM", writing.syntax)!;
  return [writing.segment("UCM", fitted(def, ucm)), ...segmentErrors(below, writing)];
}

/** The envelope and the directory find the same thing: that UNT is missing. */
function isSame(one: EdifactFinding, other: EdifactFinding): boolean {
  return one.error0085 === other.error0085 && one.at.tag === other.at.tag && one.element === other.element;
}

function ucmElements({ header }: OpenMessage, action: Elements, syntax: number): Elements {
  const [reference = [], name = []] = header.elements().map((repetitions) => repetitions[0] ?? []);
  if (header.tag === "UNH") return [reference, name, ...action];
  // A package: syntax 4 has a place of its own for it.
  if (syntax < 4) return [reference, [], ...action];
  const [done, error = [], tag = [], place = []] = action;
  return [[], [], done!, error, tag, place, reference, name];
}

function segmentErrors(findings: readonly EdifactFinding[], writing: Writing): string[] {
  const byPosition = Map.groupBy(findings, ({ at }) => Math.max(at.position, 1));
  return [...byPosition]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([position, all]) => {
      const errors: string[] = all.filter((one) => !isElement(one)).map(({ error0085 }) => error0085);
      const ucs = (error: string): string => writing.segment("UCS", [[String(position)], [error]]);
      const ucd = all.filter(isElement).map((one) => writing.segment("UCD", [[one.error0085], placeElements(one)]));
      // Errors of elements hang on a UCS, one of the segment's own or one without an error.
      return [ucs(errors[0] ?? ""), ...ucd, ...errors.slice(1).map(ucs)];
    });
}

function isElement({ level, element }: EdifactFinding): boolean {
  return level === "UCD" && element > 0 && element <= MOST_PLACE;
}
