// What a template says beside its segments: which message, in which syntax, by which directories.

import { FORMULA } from "../../../core/contract.ts";
import { type Characters, charactersNamed } from "../characters.ts";
import type { Directories, MessageDef, MessageName } from "../directory/types.ts";
import { compileLevels, type Level } from "../structure/compile.ts";
import type { MatchRules } from "../structure/types.ts";
import { below, type Fields, type Given, isNothing, type Place } from "./place.ts";

export interface Syntax {
  /** `UNOC` */
  readonly repertoire: string;
  readonly version: number;
  readonly characters: Characters;
  readonly rules: MatchRules;
}

const DEFAULT_SYNTAX = "UNOC 3";

/** `UNOC 3`; undefined after telling what is wrong with it. */
export function syntaxOf(given: Fields, place: Place): Syntax | undefined {
  const at = below(place, "syntax");
  const written = isNothing(given["syntax"]) ? DEFAULT_SYNTAX : given["syntax"];
  const [, repertoire = "", digit] = /^(UNO[A-Z]) ([1-4])$/.exec(typeof written === "string" ? written : "") ?? [];
  if (digit === undefined) {
    at.tell(at.path, "syntax is a repertoire and a version, written out", {
      hint: "syntax: UNOC 3, or UNOW 4 for UTF-8",
    });
    return undefined;
  }
  const version = Number(digit);
  const characters = charactersNamed(repertoire, version);
  if (characters === undefined) {
    at.tell(at.path, `${repertoire} cannot be written`, { hint: "UNOA to UNOL, or UNOW for UTF-8." });
    return undefined;
  }
  // The decimal mark of UNA binds versions 1 to 3.
  const rules = version < 4 ? { syntax: version, decimal: "." } : { syntax: version };
  return { repertoire, version, characters, rules };
}

export interface MessageType {
  readonly name: MessageName;
  readonly def: MessageDef;
  readonly level: Level;
}

export interface MessageTypes {
  /** `INVOIC D 96A UN EAN008`; undefined after telling what is wrong with it. */
  find(given: Given, place: Place): MessageType | undefined;
}

export function messageTypes(directories: Directories, { version }: Syntax): MessageTypes {
  const found = new Map<string, MessageType>();
  return {
    find(given, place) {
      if (typeof given !== "string" || given === "") {
        const what = given === FORMULA ? "is written out, no formula" : "is missing";
        place.tell(place.path, `message ${what}`, { hint: "message: INVOIC D 96A UN EAN008" });
        return undefined;
      }
      const known = found.get(given);
      if (known !== undefined) return known;
      const name = nameOf(given);
      if (name === undefined) {
        const hint =
          "Type, version, release and agency as in UNH, and what the association gave: message: INVOIC D 96A UN EAN008";
        place.tell(place.path, "message does not name a type", { hint });
        return undefined;
      }
      const def = directories.message(name);
      if (def === undefined) {
        const hint =
          "docs/edifact-directories.md lists what is shipped; steg directory import adds others, which directory: [ … ] then names.";
        place.tell(place.path, `no directory knows ${name.type} ${name.version} ${name.release} ${name.agency}`, {
          hint,
        });
        return undefined;
      }
      const level = compileLevels(def, (tag) => directories.service(tag, version));
      const type = { name, def, level };
      found.set(given, type);
      return type;
    },
  };
}

function nameOf(text: string): MessageName | undefined {
  const form = /^([A-Z]{6}) ([A-Z0-9]{1,3}) ([A-Z0-9]{1,3}) ([A-Z]{1,3})(?: (\S{1,6}))?$/;
  const [, type, version, release, agency, association = ""] = form.exec(text) ?? [];
  if (type === undefined || version === undefined || release === undefined || agency === undefined) return undefined;
  return { type, version, release, agency, association };
}

/** Files that `directory:` names; undefined after telling what is wrong with it. */
export function directoryNames(given: Fields, place: Place): readonly string[] | undefined {
  const names = given["directory"];
  if (isNothing(names)) return [];
  const list: readonly unknown[] = Array.isArray(names) ? names : [names];
  if (list.every((name): name is string => typeof name === "string")) return list;
  const at = below(place, "directory");
  at.tell(at.path, "directory is a list of files, written out", { hint: "directory: [ d99b.directory ]" });
  return undefined;
}
