// What the tags, numbers and codes of a record mean, by the directory of its message: for people who look at one record.

import type { Rec, Remark, Value } from "../../core/contract.ts";
import type { Directories, ElementDef, GroupUse, MessageDef, SegmentDef, SegmentUse } from "./directory/types.ts";
import { groupIn } from "./fields.ts";
import { compileSegment } from "./structure/segment.ts";

type Path = Remark["path"];
type Fields = { readonly [name: string]: Value };

/** `group` is the name of the segment group that a record is, as `SG25`. */
export function explainer(directories: Directories, group: string | undefined): (record: Rec) => Iterable<Remark> {
  return function* (record) {
    const walk = walker(directories, syntaxOf(record["UNB"] ?? fieldsIn(record["message"])["UNB"]));
    const messages = record["messages"];
    if (Array.isArray(messages)) {
      yield* walk.message({ ...record, messages: undefined }, []);
      for (const [at, message] of messages.entries()) yield* walk.message(fieldsIn(message), ["messages", at]);
    } else if (group === undefined) yield* walk.message(record, []);
    else yield* walk.group(record, group);
  };
}

interface Walker {
  message(message: Fields, path: Path): Iterable<Remark>;
  /** A record that is a group; the rest of its message stands under `message`. */
  group(record: Fields, name: string): Iterable<Remark>;
}

function walker(directories: Directories, syntax: number): Walker {
  const service = (tag: string): SegmentDef | undefined =>
    /^U[A-Z]{2}$/.test(tag) ? directories.service(tag, syntax) : undefined;

  function* level(fields: Fields, children: readonly (SegmentUse | GroupUse)[], path: Path): Iterable<Remark> {
    for (const [name, value] of Object.entries(fields)) {
      const child = children.find((one) => (one.kind === "group" ? one.name : one.segment.tag) === name);
      if (child?.kind === "group") yield* each(value, [...path, name], (one, at) => group(one, child, at));
      else {
        const def = service(name) ?? child?.segment;
        if (def) yield* each(value, [...path, name], (one, at) => segment(one, def, at));
      }
    }
  }

  function* group(fields: Fields, { children }: GroupUse, path: Path): Iterable<Remark> {
    const [trigger] = children;
    if (trigger?.kind === "segment") {
      const { tag } = trigger.segment;
      yield { path, says: `group ${tag}, ${titleOf(directories, fieldsIn(fields[tag]), trigger.segment)}` };
    }
    yield* level(fields, children, path);
  }

  function* segment(fields: Fields, def: SegmentDef, path: Path): Iterable<Remark> {
    yield { path, says: titleOf(directories, fields, def) };
    for (const place of def.places) {
      if ("element" in place)
        yield* element(fields[`de${place.element.id}`], place.element, [...path, `de${place.element.id}`]);
      else {
        const { id, parts } = place.composite;
        yield* each(fields[id], [...path, id], function* (one, at) {
          for (const part of parts)
            yield* element(one[`de${part.element.id}`], part.element, [...at, `de${part.element.id}`]);
        });
      }
    }
  }

  function* element(value: Value, { id, name }: ElementDef, path: Path): Iterable<Remark> {
    if (Array.isArray(value))
      for (const [at, one] of value.entries()) yield* element(one, { id, name } as ElementDef, [...path, at]);
    else if (typeof value === "string") {
      const meaning = directories.meaning(id, value);
      yield { path, says: meaning === undefined ? name : `${name}: ${meaning}` };
    }
  }

  return {
    message: (message, path) => level(message, defOf(directories, message)?.children ?? [], path),
    *group(record, name) {
      const message = fieldsIn(record["message"]);
      const def = defOf(directories, message);
      const found = def && groupIn(def.children, name);
      if (found) yield* level(record, found.children, []);
      yield* level(message, def?.children ?? [], ["message"]);
    },
  };
}

/** `Name and address: Seller`, by what its first place says it is about. */
function titleOf(directories: Directories, fields: Fields, { tag, name, places }: SegmentDef): string {
  // A header begins with its reference.
  const first = places[tag === "UNH" ? 1 : 0];
  if (!first) return name;
  const holder = "element" in first ? fields : fieldsIn(fields[first.composite.id]);
  const elements = "element" in first ? [first.element] : first.composite.parts.map(({ element: one }) => one);
  for (const { id } of elements) {
    const code = holder[`de${id}`];
    const meaning = typeof code === "string" ? directories.meaning(id, code) : undefined;
    if (meaning !== undefined) return `${name}: ${meaning}`;
  }
  return name;
}

/** `made` of each object, of one or of a list. */
function* each(value: Value, path: Path, made: (fields: Fields, path: Path) => Iterable<Remark>): Iterable<Remark> {
  if (!Array.isArray(value)) yield* made(fieldsIn(value), path);
  else for (const [at, one] of value.entries()) if (one !== null) yield* made(fieldsIn(one), [...path, at]);
}

function defOf(directories: Directories, message: Fields): MessageDef | undefined {
  const name = fieldsIn(fieldsIn(message["UNH"])["S009"]);
  const text = (element: string): string => (typeof name[element] === "string" ? name[element] : "");
  return directories.message({
    type: text("de0065"),
    version: text("de0052"),
    release: text("de0054"),
    agency: text("de0051"),
    association: text("de0057"),
  });
}

function syntaxOf(header: Value): number {
  return Number(fieldsIn(fieldsIn(header)["S001"])["de0002"]) || 3;
}

function fieldsIn(value: Value): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** Of an interchange as the writer shows it, segment by segment. */
export function explainSegments(directories: Directories, shown: string): readonly string[] {
  let def: MessageDef | undefined;
  let syntax = 3;
  return shown.split("\n").map((line) => {
    const [tag = "", ...elements] = line.replace(/'$/, "").split(ELEMENTS);
    const segment = directories.service(tag, syntax) ?? def?.segment(tag);
    if (!segment) return "";
    const fields = compileSegment(segment)(elements.map((element) => [element.split(COMPONENTS).map(unreleased)]));
    if (segment.tag === "UNB") syntax = syntaxOf(fields);
    if (segment.tag === "UNH") def = defOf(directories, { UNH: fields });
    return titleOf(directories, fields, segment);
  });
}

/** Separators behind an even number of release characters. */
const ELEMENTS = /(?<=(?:^|[^?])(?:\?\?)*)\+/;
const COMPONENTS = /(?<=(?:^|[^?])(?:\?\?)*):/;

function unreleased(text: string): string {
  return text.replaceAll(/\?(.)/gs, "$1");
}
