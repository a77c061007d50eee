// A template → one interchange: UNA, UNB, its messages, UNZ, with references, dates and counts.

import { FORMULA, type Scope } from "../../../core/contract.ts";
import { localTime } from "../../shared/local-time.ts";
import { segmentOf, unaOf } from "../characters.ts";
import type { Directories } from "../directory/types.ts";
import { referenceOf } from "../reference.ts";
import { planSegment, type SegmentPlan } from "../structure/segment.ts";
import { segmentText } from "./elements.ts";
import { writeLevel } from "./levels.ts";
import { below, type Fields, type Given, isFields, isNothing, itemsOf, type Place } from "./place.ts";
import { directoryNames, type MessageTypes, messageTypes, syntaxOf, type Syntax } from "./settings.ts";

/** Keys of a message that are no segments of its body. */
const MESSAGE_KEYS = ["message", "UNH"];
/** Of the whole template; with one message it holds the keys of that as well. */
const INTERCHANGE_KEYS = ["syntax", "directory", "UNB"];

export interface Interchange {
  readonly syntax: Syntax;
  readonly types: MessageTypes;
  readonly header: SegmentPlan;
  readonly messageHeader: SegmentPlan;
}

/** What the template says once for all records; undefined after telling what is wrong. */
export function planInterchange(
  given: Fields,
  place: Place,
  open: (directories: readonly string[]) => Directories,
): Interchange | undefined {
  const syntax = syntaxOf(given, place);
  const names = directoryNames(given, place);
  if (syntax === undefined || names === undefined) return undefined;
  const directories = open(names);
  const plan = (tag: string): SegmentPlan => planSegment(directories.service(tag, syntax.version)!);
  return { syntax, types: messageTypes(directories, syntax), header: plan("UNB"), messageHeader: plan("UNH") };
}

/** What stands in UNB where the template says nothing. */
export interface Stamp {
  readonly reference: Given;
  /** YYMMDD, in syntax 4 YYYYMMDD; HHMM. */
  readonly date: Given;
  readonly time: Given;
}

/** For the check of a template, where there is no record yet. */
export const NO_STAMP: Stamp = { reference: FORMULA, date: FORMULA, time: FORMULA };

/** The same for the same record on every replay: the time at which the drop was received, and a reference out of bridge, drop and record. */
export function stampOf({ bridge, dropIdentity, index, received, timezone }: Scope, syntax: number): Stamp {
  const reference = referenceOf([bridge, dropIdentity, index]);
  const { date, time } = localTime(received, timezone);
  return { reference, date: syntax >= 4 ? date : date.slice(2), time: time.slice(0, 4) };
}

/** The interchange as text. */
export function writeInterchange(plan: Interchange, given: Fields, stamp: Stamp, place: Place): string {
  const begun = beginInterchange(plan, given["UNB"], stamp, below(place, "UNB"));
  for (const [message, at] of messagesOf(given, place)) begun.add(message, given["message"], at);
  if (begun.messages === 0) place.tell(place.path, "there is no message to write");
  return begun.end();
}

/** An interchange in the making. */
export interface Begun {
  readonly messages: number;
  /** Characters so far. */
  readonly length: number;
  /** `otherwise` names the message where it does not do so itself. Where `place` throws, nothing of it is added. */
  add(message: Fields, otherwise: Given, place: Place): void;
  end(): string;
}

/** Writes UNB; `place` is that of it. */
export function beginInterchange(plan: Interchange, unb: Given, stamp: Stamp, place: Place): Begun {
  const { syntax, header } = plan;
  const fields = headerFields(plan, unb, stamp, place);
  const { characters } = syntax;
  const reference = fields["de0020"];
  const una = unaOf(characters.service, characters.service.decimal);
  const segments = [una, segmentText(header, fields, place, writingOf(syntax)) ?? ""];
  let messages = 0;
  let length = 0;
  return {
    get messages() {
      return messages;
    },
    get length() {
      return length;
    },
    add(message, otherwise, at) {
      const from = segments.length;
      writeMessage(plan, message, otherwise, messages + 1, at, segments);
      messages++;
      for (let one = from; one < segments.length; one++) length += segments[one]!.length;
    },
    end() {
      return [...segments, segmentOf("UNZ", [[String(messages)], [shown(reference)]], characters)].join("");
    },
  };
}

/** What a trailer repeats of its header. */
function shown(reference: Given): string {
  return typeof reference === "string" || typeof reference === "number" ? String(reference) : "";
}

function writingOf({ characters, rules }: Syntax) {
  return { characters, rules };
}

/** One message is the template itself. */
function messagesOf(given: Fields, place: Place): readonly (readonly [Fields, Place])[] {
  if (!Object.hasOwn(given, "messages")) return [[given, place]];
  for (const key of Object.keys(given)) {
    if (key === "messages" || key === "message" || INTERCHANGE_KEYS.includes(key)) continue;
    const at = below(place, key);
    at.tell(
      at.path,
      `${JSON.stringify(key.slice(0, 30)).slice(1, -1)} stands beside messages; segments stand in each of them`,
    );
  }
  const at = below(place, "messages");
  if (given["messages"] === FORMULA) {
    at.tell(at.path, "messages is a list of templates, no formula", { hint: "messages: [ { =each: = …, BGM: … } ]" });
    return [];
  }
  return itemsOf(given["messages"], at).flatMap(([item, where]) => {
    if (isFields(item)) return [[item, where] as const];
    where.tell(where.path, "a message is an object of its segments");
    return [];
  });
}

function writeMessage(
  { syntax, types, messageHeader }: Interchange,
  given: Fields,
  otherwise: Given,
  number: number,
  place: Place,
  segments: string[],
): void {
  const named = Object.hasOwn(given, "message") ? given["message"] : otherwise;
  const type = types.find(named, below(place, "message"));
  if (type === undefined) return;
  const { name, def, level } = type;
  const at = below(place, "UNH");
  const own = fieldsOf(given["UNH"], "UNH", at);
  const identifier = fieldsOf(own["S009"], "UNH S009", below(at, "S009"));
  refuseKeys(identifier, ["de0065", "de0052", "de0054", "de0051"], "message", below(at, "S009"));
  const { type: de0065, version: de0052, release: de0054, agency: de0051, association: de0057 } = name;
  const S009 = { de0065, de0052, de0054, de0051, ...(de0057 !== "" && { de0057 }), ...identifier };
  const header = { de0062: String(number), ...own, S009 };
  const writing = writingOf(syntax);
  const body = [segmentText(messageHeader, header, at, writing) ?? ""];
  const settings = given["messages"] === undefined ? [...MESSAGE_KEYS, ...INTERCHANGE_KEYS] : MESSAGE_KEYS;
  writeLevel(level, given, `${def.type} ${def.release}`, settings, place, writing, body);
  const { de0062: reference }: Fields = header;
  segments.push(...body, segmentOf("UNT", [[String(body.length + 1)], [shown(reference)]], syntax.characters));
}

function headerFields({ syntax }: Interchange, given: Given, stamp: Stamp, place: Place): Record<string, Given> {
  const own = fieldsOf(given, "UNB", place);
  const at = below(place, "S001");
  const identifier = fieldsOf(own["S001"], "UNB S001", at);
  refuseKeys(identifier, ["de0001", "de0002"], "syntax", at);
  return {
    de0020: stamp.reference,
    S004: { de0017: stamp.date, de0019: stamp.time },
    ...withoutNothing(own),
    S001: { de0001: syntax.repertoire, de0002: String(syntax.version), ...identifier },
  };
}

/** What a formula left absent is made, too. */
function withoutNothing(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNothing(value)));
}

function fieldsOf(given: Given, name: string, place: Place): Fields {
  if (isFields(given)) return given;
  if (given === FORMULA || !isNothing(given))
    place.tell(place.path, `${name} is an object of its elements, written out`);
  return {};
}

function refuseKeys(given: Fields, keys: readonly string[], setting: string, place: Place): void {
  for (const key of keys) {
    if (!Object.hasOwn(given, key)) continue;
    const at = below(place, key);
    at.tell(at.path, `${key} is what ${setting} says; leave it out here`);
  }
}
