// Directories of others: UNECE's text and JSON → our notation, and what is said where they cannot be understood.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readDirectory, type SourceFile } from "../../src/adapters/edifact/directory/import/read.ts";
import { readNotation } from "../../src/adapters/edifact/directory/notation.ts";
import type { Release } from "../../src/adapters/edifact/directory/release.ts";
import { serviceSegment, shippedPath } from "../../src/adapters/edifact/directory/service.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { edcd, eded, edmd, edsd, type Style } from "./edifact-unece.ts";

function shipped(name: string): Release {
  return readNotation(readFileSync(shippedPath(name), "utf8"), name, serviceSegment);
}

function text(name: string, content: string): SourceFile {
  return { name, bytes: Buffer.from(content, "latin1") };
}

/** As UNECE packs it, with files that say nothing of the structure. */
function published(release: Release, style: Style): SourceFile[] {
  const messages = [...release.messages.keys()].map((type) => text(`EDMD/${type}_D.TXT`, edmd(release, type, style)));
  return [
    text("EDSD.TXT", edsd(release, style)),
    text("EDCD.TXT", edcd(release)),
    text("EDED.TXT", eded(release)),
    text("README.TXT", "     A letter.\n"),
    ...messages,
  ];
}

function imported(files: readonly SourceFile[], types?: readonly string[]): Release {
  const { text: notation } = readDirectory(files, types);
  return readNotation(notation, "imported", serviceSegment);
}

function refusal(files: readonly SourceFile[], types?: readonly string[]): string {
  try {
    readDirectory(files, types);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    const { code, message, position } = error;
    return `${code} ${position === undefined ? "" : `${position.file}:${position.line} `}${message}`;
  }
  return "nothing";
}

/** What UNECE's form does not tell apart. */
function nameless(release: Release): unknown {
  return JSON.parse(
    JSON.stringify(
      [release.segments, release.messages].map((map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))),
      (key, value: unknown) => (key === "name" && !/^SG\d+$/.test(String(value)) ? undefined : value),
    ),
  );
}

describe("directories as UNECE publishes them", () => {
  it.each([
    ["D96A", { modern: false }],
    ["D96A", { modern: false, drawn: true }],
    ["D01B", { modern: true }],
    ["D11A", { modern: true }],
    ["D14B", { modern: true }],
  ] as const)("%s in the style %j is read whole", (name, style) => {
    const release = shipped(name);
    const read = imported(published(release, style));
    expect(read.name).toBe(name);
    expect(nameless(read)).toEqual(nameless(release));
    expect([...read.elements.keys()].sort()).toEqual([...release.elements.keys()].sort());
  });

  it("keep their names, and give the messages that are asked for with what they use", () => {
    const release = shipped("D96A");
    const read = imported(published(release, { modern: false }), ["APERAK"]);
    expect([...read.messages.keys()]).toEqual(["APERAK"]);
    expect(read.segments.has("LIN")).toBe(false);
    expect(read.segments.get("NAD")?.name).toBe("Name and address");
    expect(read.elements.get("3042")?.name).toBe("Street and number/p.o. box");
  });

  it("say in their text where they come from", () => {
    const files = published(shipped("D96A"), { modern: false });
    const { text: notation, messages } = readDirectory(files, undefined);
    expect(messages).toHaveLength(6);
    expect(notation.split("\n").slice(0, 2)).toEqual([
      "# Imported by steg directory import from",
      expect.stringMatching(/^# {3}EDSD\.TXT [0-9a-f]{64}$/),
    ]);
    expect(notation).not.toContain("README");
    expect(readDirectory(files, undefined).text).toBe(notation);
  });

  const files = (): SourceFile[] => published(shipped("D07B"), { modern: true });
  const changed = (name: string, from: string | RegExp, to: string): SourceFile[] =>
    files().map((file) =>
      file.name.startsWith(name) ? text(file.name, Buffer.from(file.bytes).toString("latin1").replace(from, to)) : file,
    );

  it.each<[string, () => readonly SourceFile[], string]>([
    [
      "no segments",
      () => files().filter(({ name }) => name !== "EDSD.TXT"),
      "no file holds a segment directory (EDSD)",
    ],
    [
      "two of them",
      () => [...files(), { ...files()[0]!, name: "EDSD.OLD" }],
      "2 files hold a segment directory (EDSD)",
    ],
    ["no messages", () => files().slice(0, 4), "no file is a message (EDMD)"],
    [
      "two releases",
      () => [...files(), text("X", edmd(shipped("D96A"), "APERAK", { modern: false }).replace("APERAK", "OTHERS"))],
      "the messages are of several releases: D07B (EDMD/APERAK_D.TXT), D96A (X)",
    ],
    ["a message twice", () => [...files(), { ...files()[4]!, name: "X" }], "X: APERAK is defined by another file, too"],
    [
      "an unknown segment",
      () => changed("EDMD", "ERC ", "ERX "),
      "EDMD/APERAK_D.TXT:34 ERX is not in the segment directory",
    ],
    [
      "bars cut off",
      () => changed("EDMD", /\|\n/, "\n"),
      "EDMD/APERAK_D.TXT:24 0 lines of groups at the right, but 1 groups are open",
    ],
    ["a group without end", () => changed("EDMD", /\+\+\n[\s\S]*$/, "+|"), "EDMD/APERAK_D.TXT:38 a group does not end"],
    [
      "no table",
      () => changed("EDMD", /4\.3\.1 {2}Segment table/g, "4.3.1  Table"),
      "EDMD/APERAK_D.TXT:1 there is no segment table",
    ],
    [
      "a trigger that may lack",
      () => changed("EDMD", /(ERC .*) M( {3}1)/, "$1 C$2"),
      "EDMD/APERAK_D.TXT:34 ERC begins a group, but is not required once",
    ],
    [
      "another representation below",
      () => changed("EDED", /(1131[\s\S]*?Repr: )an\.\.17/, "$1an..3"),
      "EDED.TXT:49 1131 is an..3 here and an..17 in the segment directory",
    ],
    [
      "another composite below",
      () => changed("EDCD", /(C056 [\s\S]*?) C /, "$1 M "),
      "EDCD.TXT:16 C056 has other parts here than in the segment directory",
    ],
    [
      "an element twice in two ways",
      () => changed("EDSD", /(1131.*)an\.\.17/, "$1an..3"),
      "EDSD.TXT:70 1131 is an..17 here and something else above",
    ],
    ["nothing at all", () => [text("a", "x"), text("b", "")], "none of the 2 files is part of a directory"],
  ])("are refused with their place: %s", (_, make, expected) => {
    expect(refusal(make())).toBe(`EDIFACT_DIRECTORY ${expected}`);
  });

  it("are refused where a message is asked for that they lack", () => {
    expect(refusal(files(), ["APERAX"])).toBe("EDIFACT_DIRECTORY D07B has no message APERAX");
  });
});

describe("directories as JSON", () => {
  const element = (Id: string, more: object = {}): object => ({
    Id,
    Desc: `ELEMENT ${Id}`,
    Required: true,
    DataType: "AN",
    MinLength: 0,
    MaxLength: 3,
    ...more,
  });
  const segments = (more: object = {}): object => ({
    Release: "D99X",
    Segments: {
      AAA: {
        Desc: "FIRST: ONE",
        Elements: [
          element("1000"),
          {
            Id: "C001",
            Desc: "PAIR",
            Required: false,
            Components: [element("1001"), element("1000", { Required: false })],
          },
        ],
      },
      UNS: { Elements: [{ Id: "0081" }] },
      ...more,
    },
  });
  const messages = (
    set: unknown = [
      { Id: "UNH" },
      { Id: "AAA", Min: 0, Max: 9 },
      { Max: 2, Loop: [{ Id: "AAA" }, { Id: "UNS", Min: 0 }] },
      { Id: "UNT" },
    ],
  ): object => ({
    Release: "D99X",
    DocumentTypes: { D99X_PROBES: { DocumentType: "PROBES", TransactionSet: set } },
  });
  const files = (...values: readonly object[]): SourceFile[] =>
    values.map((value, at) => text(`${at}.json`, JSON.stringify(value)));

  it("are read, with groups numbered as they begin", () => {
    const { text: notation, release } = readDirectory(files(segments(), messages()), undefined);
    expect(release).toBe("D99X");
    expect(notation.slice(notation.indexOf("release"))).toBe(`release D99X

elements
  1000 an..3 Element 1000
  1001 an..3 Element 1001

composites
  C001 Pair: 1001! 1000

segments
  AAA First one: 1000! C001

messages
  PROBES
    UNH! AAA 9
    SG1 1..2: AAA! UNS
    UNT!
`);
  });

  it.each<[string, () => readonly SourceFile[], string]>([
    [
      "one half",
      () => files(segments()),
      "no file holds the key DocumentTypes: a directory as JSON is one file with Segments and one with DocumentTypes",
    ],
    [
      "three halves",
      () => files(segments(), messages(), messages()),
      "2 files hold the key DocumentTypes: a directory as JSON is one file with Segments and one with DocumentTypes",
    ],
    [
      "two releases",
      () => files(segments(), { ...messages(), Release: "D98X" }),
      "the files are of several releases: D99X, D98X",
    ],
    [
      "no release",
      () => files({ ...segments(), Release: 4.1 }, { ...messages(), Release: 4.1 }),
      'the files do not name their release, as "Release": "D96A"',
    ],
    ["broken JSON", () => [text("x.json", "{")], "x.json is no JSON in UTF-8"],
    ["other JSON", () => files({ a: 1 }), "none of the 1 files is part of a directory"],
    [
      "an unknown type",
      () => files(segments({ BBB: { Elements: [element("1002", { DataType: "X" })] } }), messages()),
      "0.json: Segments.BBB.Elements[0].DataType must be A, N or AN",
    ],
    [
      "a length",
      () => files(segments({ BBB: { Elements: [element("1002", { MaxLength: "3" })] } }), messages()),
      "0.json: Segments.BBB.Elements[0].MaxLength must be a whole number from 1",
    ],
    [
      "two lengths",
      () => files(segments({ BBB: { Elements: [element("1000", { MaxLength: 4 })] } }), messages()),
      "0.json: Segments.BBB.Elements[0] gives 1000 another representation than an earlier place does",
    ],
    [
      "no elements",
      () => files(segments({ BBB: { Elements: [] } }), messages()),
      "0.json: Segments.BBB.Elements must be a list that is not empty",
    ],
    [
      "an unknown segment",
      () => files(segments(), messages([{ Id: "BBB" }])),
      "1.json: DocumentTypes.D99X_PROBES.TransactionSet[0] names a segment that the directory does not define",
    ],
    [
      "no trigger",
      () => files(segments(), messages([{ Loop: [{ Id: "AAA", Min: 0 }] }])),
      "1.json: DocumentTypes.D99X_PROBES.TransactionSet[0].Loop does not begin with a trigger: one segment, required, once",
    ],
    [
      "groups without end",
      () => files(segments(), messages([nested(40)])),
      expect.stringMatching(/is deeper than 12 groups$/) as string,
    ],
  ])("are refused with their place: %s", (_, make, expected) => {
    const told = refusal(make());
    expect(told.replace(/^EDIFACT_DIRECTORY /, "")).toEqual(expected);
  });
});

function nested(depth: number): object {
  return depth === 0 ? { Id: "AAA" } : { Loop: [{ Id: "AAA" }, nested(depth - 1)] };
}

describeWithData("a whole official release", () => {
  const file = (name: string): SourceFile => ({ name, bytes: readFileSync(sharedData(`edifact-directories/${name}`)) });

  it.each(["D96A", "D16B"])("%s: all of its messages from JSON, and again from text", (name) => {
    const release = imported([file(`${name}.json`), file(`${name}_versions.json`)]);
    expect(release.messages.size).toBeGreaterThan(120);
    const again = imported(published(release, { modern: name !== "D96A" }));
    expect(nameless(again)).toEqual(nameless(release));
  });
});
