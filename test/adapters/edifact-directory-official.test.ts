// What is shipped of directories against the official lists, where these lie beside the checkout.
//
// D.96A, D.01B: UNECE's directories as JSON. D.14B: the schema of the EDIFACT binding of EN 16931. Service segments: as XML. The other
// releases have no official file here; their files say so.

import { readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { expect, it } from "vitest";
import { releaseOfJson } from "../../src/adapters/edifact/directory/import/from-json.ts";
import { selectMessages } from "../../src/adapters/edifact/directory/import/select.ts";
import { readNotation } from "../../src/adapters/edifact/directory/notation.ts";
import type { Release, Tree } from "../../src/adapters/edifact/directory/release.ts";
import { serviceSegment, shippedPath } from "../../src/adapters/edifact/directory/service.ts";
import type { SegmentDef, Use } from "../../src/adapters/edifact/directory/types.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const TYPES = {
  D96A: ["APERAK", "DESADV", "INVOIC", "ORDERS", "ORDRSP", "REMADV"],
  D01B: ["APERAK", "DESADV", "INVOIC", "MSCONS", "ORDERS", "ORDRSP", "REMADV", "UTILMD"],
} as const;

function shipped(name: string): Release {
  return readNotation(readFileSync(shippedPath(name), "utf8"), `${name}.txt`, serviceSegment);
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(sharedData(`edifact-directories/${file}`), "utf8"));
}

/** The JSON knows no repeats of composites in segments. UNECE's text of D.01B says C076 M 3 in COM, and so does the schema of D.14B. */
const LOST_REPEATS: Readonly<Record<string, readonly string[]>> = { D96A: [], D01B: ["COM C076 3"] };

function repeating({ segments }: Release): readonly string[] {
  return [...segments.values()].flatMap(({ tag, places }) =>
    places.flatMap((place) =>
      place.most === 1 ? [] : [`${tag} ${"composite" in place ? place.composite.id : place.element.id} ${place.most}`],
    ),
  );
}

/** As if nothing repeated within a segment. */
function once(release: Release): Release {
  const lone = (segment: SegmentDef): SegmentDef => ({
    ...segment,
    places: segment.places.map((place) => ({ ...place, most: 1 })),
  });
  const tree = (uses: Tree): Tree =>
    uses.map((use) =>
      use.kind === "segment" ? { ...use, segment: lone(use.segment) } : { ...use, children: tree(use.children) },
    );
  return {
    ...release,
    segments: new Map(Array.from(release.segments, ([tag, segment]) => [tag, lone(segment)])),
    messages: new Map(Array.from(release.messages, ([type, uses]) => [type, tree(uses)])),
  };
}

/** Incoterms, units, means of transport: the lists are not the directory's, which names them only. */
const OF_OTHERS: ReadonlySet<string> = new Set(["4053", "6411", "8067"]);

describeWithData("the shipped directories and the official ones", () => {
  it.each(Object.entries(TYPES))("%s: same trees, required marks, repeats and representations", (name, types) => {
    const files = new Map([`${name}.json`, `${name}_versions.json`].map((file) => [file, json(file)] as const));
    const official = selectMessages(releaseOfJson(files, name, serviceSegment), types);
    const ours = shipped(name);
    expect([...ours.messages.keys()].sort()).toEqual([...types]);
    expect(repeating(official)).toEqual([]);
    expect(repeating(ours)).toEqual(LOST_REPEATS[name]);
    expect(once(ours)).toEqual(once(official));
  });

  it("the meanings of codes are of codes that there are", () => {
    const known = new Set<string>();
    for (const name of ["D96A", "D01B", "D16B"]) {
      const { Segments, Qualifiers } = json(`${name}.json`) as {
        Segments: Record<string, { Elements: Coded[] }>;
        Qualifiers: Record<string, Record<string, string>>;
      };
      for (const { Elements } of Object.values(Segments))
        for (const { Id, QualifierRef } of Elements.flatMap((one) => [one, ...(one.Components ?? [])]))
          for (const code of Object.keys(Qualifiers[QualifierRef ?? ""] ?? {})) known.add(`${Id} ${code}`);
    }
    const { Qualifiers } = json("service_4.1.json") as { Qualifiers: Record<string, Record<string, string>> };
    for (const [id, list] of [
      ["0083", "Action, coded"],
      ["0085", "Syntax error, coded"],
    ] as const)
      for (const code of Object.keys(Qualifiers[list] ?? {})) known.add(`${id} ${code}`);
    let element = "";
    const ours: string[] = [];
    for (const line of readFileSync(shippedPath("meanings"), "utf8").split("\n")) {
      if (/^\d{4} /.test(line)) element = line.slice(0, 4);
      else if (line.startsWith("  ") && !OF_OTHERS.has(element)) ours.push(`${element} ${line.trim().split(" ")[0]}`);
    }
    expect(ours.length).toBeGreaterThan(150);
    expect(ours.filter((code) => !known.has(code))).toEqual([]);
  });

  it("INVOIC D.14B: same tree, places, required marks, repeats and lengths as the schema of EN 16931's binding", () => {
    const release = shipped("D14B");
    const { parts, types, longest } = schemaOf(
      readFileSync(sharedData("en16931/edifact/schema/INVOIC_D14B_ISO20625.xsd"), "utf8"),
    );
    const ours = new Map<string, readonly string[]>();
    addTree(ours, "M_INVOIC", release.messages.get("INVOIC")!);
    for (const { tag, places } of release.segments.values())
      ours.set(
        `S_${tag}`,
        numbered(
          places.map((place) => ["composite" in place ? `C_${place.composite.id}` : `D_${place.element.id}`, place]),
        ),
      );
    for (const { id, parts: components } of release.composites.values())
      ours.set(`C_${id}`, numbered(components.map((part) => [`D_${part.element.id}`, part])));
    // An object behind a message (UNO, UNP) is no part of it.
    const objects = parts.get("M_INVOIC")!.indexOf("P_OBJECT 0..unbounded");
    parts.get("M_INVOIC")!.splice(objects, 1);
    const differing = [...ours].filter(([name, list]) => list.join(" ") !== parts.get(name)?.join(" "));
    expect(Object.fromEntries(differing.map(([name]) => [name, parts.get(name)?.join(" ")]))).toEqual({});
    // Coded elements are lists of codes in the schema, not lengths.
    const lengths = [...release.elements.values()].filter(({ id }) => longest.has(types.get(`D_${id}`) ?? ""));
    expect(lengths.length).toBeGreaterThan(60);
    for (const { id, most } of lengths) expect([id, most]).toEqual([id, longest.get(types.get(`D_${id}`)!)]);
  });

  /** What the official files lack: ISO 9735-1:2002 has S017 in UNH, and repeats of S020 and S021 in UNO, of S020 in UCM. */
  const KNOWN = new Set(["4 UNH S017", "4 UNO S020 repeats", "4 UNO S021 repeats", "4 UCM S020 repeats"]);

  it.each(["3", "4"])("service segments of version %s: same places, required marks and representations", (version) => {
    const xml = readFileSync(sharedData(`edifact-directories/service_segments_v${version}.xml`), "utf8");
    const official = segmentsOfXml(xml);
    const differences: string[] = [];
    for (const [tag, { places }] of shipped(`service-${version}`).segments) {
      const ours = places.flatMap((place) => {
        const id = "composite" in place ? place.composite.id : place.element.id;
        if (place.most > 1) differences.push(`${version} ${tag} ${id} repeats`);
        const parts = "composite" in place ? place.composite.parts : [];
        const own = "composite" in place ? id : representation(place);
        return [
          `${own}${place.required ? "!" : ""}`,
          ...parts.map((part) => ` ${representation(part)}${part.required ? "!" : ""}`),
        ];
      });
      const theirs = official.get(tag) ?? [];
      const at = ours.indexOf("S017");
      if (at !== -1) differences.push(`${version} ${tag} ${ours.splice(at, 5)[0]}`);
      expect(`${tag}: ${ours.join(", ")}`).toBe(`${tag}: ${theirs.join(", ")}`);
    }
    expect(new Set(differences)).toEqual(new Set([...KNOWN].filter((one) => one.startsWith(version))));
  });
});

interface Coded {
  readonly Id: string;
  readonly QualifierRef?: string;
  readonly Components?: readonly Coded[];
}

function representation({
  element: { id, type, least, most },
}: {
  element: { id: string; type: string; least: number; most: number };
}): string {
  return `${id} ${type}${least === most ? "" : ".."}${most}`;
}

/** `0062 an..14!`, `S009!`, ` 0065 an..6!` by tag. */
function segmentsOfXml(xml: string): Map<string, string[]> {
  const segments = new Map<string, string[]>();
  let list: string[] = [];
  let indent = "";
  for (const [tag, name = "", attributes = ""] of xml.matchAll(/<\/?(\w+)([^>]*?)\/?>/g)) {
    const of = (key: string): string | undefined => new RegExp(` ${key}="([^"]*)"`).exec(attributes)?.[1];
    if (tag.startsWith("</")) indent = "";
    else if (name === "segment") segments.set(of("id")!, (list = []));
    else if (name === "composite_data_element") list.push(`${of("id")}${of("required") ? "!" : ""}`);
    else if (name === "data_element") {
      const most = of("maxlength");
      list.push(
        `${indent}${of("id")} ${of("type")}${most ? ".." : ""}${most ?? of("length")}${of("required") ? "!" : ""}`,
      );
    }
    if (name === "composite_data_element" && !tag.startsWith("</")) indent = " ";
  }
  return segments;
}

type Line = readonly [name: string, use: Use];

function used([name, { required, most }]: Line): string {
  return `${name} ${required ? 1 : 0}..${most}`;
}

/** The same one again is called `D_3036_2`, `C_C212_3`. */
function numbered(lines: readonly Line[]): readonly string[] {
  return lines.map(([name, use], at) => {
    const number = lines.slice(0, at + 1).filter(([other]) => other === name).length;
    return used([number === 1 ? name : `${name}_${number}`, use]);
  });
}

function addTree(into: Map<string, readonly string[]>, name: string, tree: Tree): void {
  into.set(
    name,
    tree.map((use) => used([use.kind === "group" ? `G_${use.name}` : `S_${use.segment.tag}`, use])),
  );
  for (const use of tree) if (use.kind === "group") addTree(into, `G_${use.name}`, use.children);
}

interface Schema {
  /** What stands in an element: `D_3036 1..1`. */
  readonly parts: ReadonlyMap<string, string[]>;
  /** The type of a simple element. */
  readonly types: ReadonlyMap<string, string>;
  /** Characters or digits of a type, where it says them. */
  readonly longest: ReadonlyMap<string, number>;
}

function schemaOf(xsd: string): Schema {
  const parts = new Map<string, string[]>();
  const types = new Map<string, string>();
  const longest = new Map<string, number>();
  let list: string[] = [];
  let type = "";
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    const { ref, minOccurs = "1", maxOccurs = "1", name: own = "", type: ofType, value } = attributes;
    if (name === "xsd:element" && ref !== undefined) list.push(`${ref} ${minOccurs}..${maxOccurs}`);
    else if (name === "xsd:element") {
      if (ofType === undefined) parts.set(own, (list = []));
      else types.set(own, ofType);
    } else if (name === "xsd:simpleType") type = own;
    else if (name === "xsd:maxLength" || name === "xsd:totalDigits" || name === "xsd:length")
      longest.set(type, Number(value));
  });
  parser.write(xsd).close();
  return { parts, types, longest };
}
