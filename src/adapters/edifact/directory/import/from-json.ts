// A directory as JSON: { Release, Segments: { NAD: { Desc, Elements: [ { Id, Desc, Required, DataType, MaxLength, Components } ] } } }
// and beside it { DocumentTypes: { D96A_INVOIC: { DocumentType, TransactionSet: [ { Id, Min, Max, Loop } ] } } }.

import { BridgeError } from "../../../../core/errors.ts";
import { LIMITS, plainName, type Release, type Service } from "../release.ts";
import type { Component, CompositeDef, ElementDef, GroupUse, Place, SegmentDef, SegmentUse } from "../types.ts";
import { sentenceCase } from "./words.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a file is: definitions of segments, trees of messages, or neither. */
export function jsonKind(value: unknown): "segments" | "messages" | undefined {
  if (!isObject(value)) return undefined;
  if (isObject(value["DocumentTypes"])) return "messages";
  return isObject(value["Segments"]) ? "segments" : undefined;
}

/** `files` by name; one of segments and one of messages. Throws EDIFACT_DIRECTORY. */
export function releaseOfJson(files: ReadonlyMap<string, unknown>, name: string, service: Service): Release {
  const [segmentsFile, segmentsJson] = only(files, "segments");
  const [messagesFile, messagesJson] = only(files, "messages");
  const building: Building = { file: segmentsFile, elements: new Map(), composites: new Map(), segments: new Map() };
  for (const [tag, value] of Object.entries(segmentsJson["Segments"] as Json)) {
    // Service segments belong to the syntax; directories carry them without representations.
    if (service(tag) === undefined) building.segments.set(tag, segmentOf(building, tag, value));
  }
  const segmentNamed = (tag: string): SegmentDef | undefined => building.segments.get(tag) ?? service(tag);
  const messages = new Map<string, (SegmentUse | GroupUse)[]>();
  for (const [key, value] of Object.entries(messagesJson["DocumentTypes"] as Json)) {
    const place = `DocumentTypes.${key}`;
    const type = textOf(objectOf(value, messagesFile, place)["DocumentType"]);
    if (!/^[A-Z]{6}$/.test(type)) throw refuse(messagesFile, `${place}.DocumentType`, "is no message type, as INVOIC");
    const numbering = { next: 1 };
    const tree = treeOf(
      (value as Json)["TransactionSet"],
      { file: messagesFile, segmentNamed, numbering },
      `${place}.TransactionSet`,
      0,
    );
    messages.set(type, tree);
  }
  const { elements, composites, segments } = building;
  return { name, elements, composites, segments, messages };
}

function only(files: ReadonlyMap<string, unknown>, kind: "segments" | "messages"): readonly [string, Json] {
  const found = [...files].filter(([, value]) => jsonKind(value) === kind);
  const [first] = found;
  if (first !== undefined && found.length === 1) return [first[0], first[1] as Json];
  const key = kind === "segments" ? "Segments" : "DocumentTypes";
  throw new BridgeError(
    "EDIFACT_DIRECTORY",
    `${found.length === 0 ? "no file holds" : `${found.length} files hold`} the key ${key}: a directory as JSON is one file with Segments and one with DocumentTypes`,
    { hint: "Give the two files of one release, as D96A.json and D96A_versions.json, or a folder with just these." },
  );
}

interface Building {
  readonly file: string;
  readonly elements: Map<string, ElementDef>;
  readonly composites: Map<string, CompositeDef>;
  readonly segments: Map<string, SegmentDef>;
}

function segmentOf(building: Building, tag: string, value: unknown): SegmentDef {
  const { file } = building;
  const path = `Segments.${tag}`;
  if (!/^[A-Z][A-Z0-9]{2}$/.test(tag)) throw refuse(file, path, "is no tag of a segment");
  const segment = objectOf(value, file, path);
  const places = listOf(segment["Elements"], file, `${path}.Elements`, LIMITS.places).map((item, index): Place => {
    const place = `${path}.Elements[${index}]`;
    const given = objectOf(item, file, place);
    const use = { required: given["Required"] === true, most: 1 };
    return given["Components"] === undefined
      ? { ...use, element: elementOf(building, given, place) }
      : { ...use, composite: compositeOf(building, given, place) };
  });
  return { tag, name: sentenceCase(plainName(textOf(segment["Desc"]))), places };
}

function compositeOf(building: Building, given: Json, path: string): CompositeDef {
  const { file } = building;
  const id = textOf(given["Id"]);
  if (!/^[A-Z]\d{3}$/.test(id)) throw refuse(file, `${path}.Id`, "is no composite, as C082");
  const items = listOf(given["Components"], file, `${path}.Components`, LIMITS.places);
  const parts = items.map((item, index): Component => {
    const place = `${path}.Components[${index}]`;
    const component = objectOf(item, file, place);
    return { required: component["Required"] === true, most: 1, element: elementOf(building, component, place) };
  });
  const composite = { id, name: sentenceCase(plainName(textOf(given["Desc"]))), parts };
  const before = building.composites.get(id);
  if (before === undefined) building.composites.set(id, composite);
  else if (signature(before) !== signature(composite))
    throw refuse(file, path, `makes ${id} of other parts than an earlier place does`);
  return building.composites.get(id)!;
}

function signature({ parts }: CompositeDef): string {
  return parts.map(({ element, required }) => element.id + (required ? "!" : "")).join(" ");
}

function elementOf(building: Building, given: Json, path: string): ElementDef {
  const { file } = building;
  const id = textOf(given["Id"]);
  const type = textOf(given["DataType"]).toLowerCase();
  const [least, most] = [given["MinLength"], given["MaxLength"]];
  if (!/^\d{4}$/.test(id)) throw refuse(file, `${path}.Id`, "is no element, as 3035");
  if (type !== "a" && type !== "n" && type !== "an") throw refuse(file, `${path}.DataType`, "must be A, N or AN");
  if (typeof most !== "number" || !Number.isInteger(most) || most < 1 || most > 999_999)
    throw refuse(file, `${path}.MaxLength`, "must be a whole number from 1");
  const name = sentenceCase(plainName(textOf(given["Desc"]))) || `Element ${id}`;
  const element = { id, name, type, least: least === most ? most : 0, most } as const;
  const before = building.elements.get(id);
  if (before === undefined) building.elements.set(id, element);
  else if (before.type !== type || before.most !== most || before.least !== element.least)
    throw refuse(file, path, `gives ${id} another representation than an earlier place does`);
  return building.elements.get(id)!;
}

interface Planting {
  readonly file: string;
  readonly segmentNamed: Service;
  /** Groups are numbered in the order in which they begin. */
  readonly numbering: { next: number };
}

function treeOf(value: unknown, planting: Planting, path: string, depth: number): (SegmentUse | GroupUse)[] {
  const { file } = planting;
  if (depth > LIMITS.depth) throw refuse(file, path, `is deeper than ${LIMITS.depth} groups`);
  return listOf(value, file, path, LIMITS.children).map((item, index) => {
    const place = `${path}[${index}]`;
    const given = objectOf(item, file, place);
    const use = {
      required: countOf(given["Min"], file, `${place}.Min`) > 0,
      most: countOf(given["Max"], file, `${place}.Max`),
    };
    if (given["Loop"] !== undefined) {
      const name = `SG${planting.numbering.next++}`;
      const children = treeOf(given["Loop"], planting, `${place}.Loop`, depth + 1);
      const [trigger] = children;
      if (trigger?.kind !== "segment" || !trigger.required || trigger.most !== 1)
        throw refuse(file, `${place}.Loop`, "does not begin with a trigger: one segment, required, once");
      return { kind: "group", name, ...use, children };
    }
    const tag = textOf(given["Id"]) || textOf(given["ID"]);
    const segment = planting.segmentNamed(tag);
    if (segment === undefined) throw refuse(file, place, `names a segment that the directory does not define`);
    return { kind: "segment", segment, ...use };
  });
}

function countOf(value: unknown, file: string, path: string): number {
  if (value === undefined) return 1;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= LIMITS.most) return value;
  throw refuse(file, path, `must be a whole number up to ${LIMITS.most}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown, file: string, path: string): Json {
  if (isObject(value)) return value;
  throw refuse(file, path, "must be an object");
}

function listOf(value: unknown, file: string, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw refuse(file, path, "must be a list that is not empty");
  if (value.length > most) throw refuse(file, path, `holds more than ${most}`);
  return value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

function refuse(file: string, path: string, what: string): BridgeError {
  const shown = path.length > 120 ? `${path.slice(0, 119)}…` : path;
  return new BridgeError("EDIFACT_DIRECTORY", `${file}: ${shown} ${what}`);
}
