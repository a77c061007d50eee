// Line breaks inside of segments, read leniently: those of a drop that is wrapped mean nothing, others part words.

import { describe, expect, it } from "vitest";
import { wrappingOf } from "../../src/adapters/edifact/wrapping.ts";
import type { Rec } from "../../src/core/contract.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { edifact, interchange, order } from "./edifact-samples.ts";

const TEXT = "Tulpen ?+ Narzissen, gemischt, in Töpfen";
const WHOLE = interchange(order(1, 3).replace("NAD+BY", `FTX+AAI+++${TEXT}'NAD+BY`).replace("UNT+15", "UNT+16"));

function wrapped(text: string, width: number, end: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += width) lines.push(bytes.subarray(at, at + width), Buffer.from(end));
  return Buffer.concat(lines);
}

async function records(bytes: Uint8Array, window?: number): Promise<readonly unknown[]> {
  return (await decodeAll(edifact({ strict: false }, window), bytes)).records;
}

async function textOf(text: string): Promise<unknown> {
  const [record] = await records(Buffer.from(WHOLE.replace(TEXT, text), "latin1"));
  const [note] = (record as { FTX: readonly { C108: { de4440: readonly string[] } }[] }).FTX;
  return note!.C108.de4440[0];
}

describe("a drop that is wrapped", () => {
  const ENDS = ["\n", "\r\n", "\r"];
  it.each(ENDS.flatMap((end) => [35, 72, 80, 81, 132, 160].map((width) => [width, end] as const)))(
    "at %s, with line ends %j, is read as the whole one",
    async (width, end) => {
      const expected = await records(Buffer.from(WHOLE, "latin1"));
      const bytes = wrapped(WHOLE, width, end);
      expect(await records(bytes)).toEqual(expected);
      expect(await records(bytes, 16)).toEqual(expected);
      expect(await records(bytes.subarray(0, bytes.length - end.length))).toEqual(expected);
    },
  );

  it("wherever the lines end: between words, behind a release character, in a tag", async () => {
    const expected = await records(Buffer.from(WHOLE, "latin1"));
    for (let width = 20; 2 * width <= WHOLE.length; width++) {
      const bytes = wrapped(WHOLE, width, "\r\n");
      expect([width, await records(bytes)]).toEqual([width, expected]);
    }
  });

  it("is seen as the same, however its bytes come", async () => {
    const bytes = wrapped(WHOLE, 80, "\n");
    const { records: expected } = await decodeAll(edifact({ strict: false }), bytes);
    const codec = edifact({ strict: false, charset: "detect" });
    const pieces = await decodeAll(codec, chunked(bytes, [1, 78, 2, 1, 200]), decodeContext());
    expect(pieces.records).toEqual(expected);
  });
});

describe("line breaks in a text", () => {
  it.each([
    ["Tulpen,\nNarzissen", "Tulpen, Narzissen"],
    ["Tulpen,\r\n\r\nNarzissen", "Tulpen, Narzissen"],
    ["Tulpen, \nNarzissen", "Tulpen, Narzissen"],
    ["Tulpen,\n Narzissen", "Tulpen, Narzissen"],
    ["\nTulpen\n", "Tulpen"],
    ["Tulpen?\nNarzissen", "Tulpen\nNarzissen"],
    ["Tulpen\n?+ Narzissen", "Tulpen + Narzissen"],
  ])("%j is read as %j", async (text, expected) => {
    expect(await textOf(text)).toBe(expected);
  });

  it("does not glue words together where every segment has a line", async () => {
    const text = WHOLE.replaceAll("'", "'\n").replace("gemischt, in", "gemischt,\nin");
    const [record] = (await records(Buffer.from(text, "latin1"))) as readonly Rec[];
    expect(JSON.stringify(record)).toContain("Tulpen + Narzissen, gemischt, in Töpfen");
  });
});

describe("what is wrapped", () => {
  const line = "x".repeat(60);
  it.each<readonly [name: string, text: string, width: number | undefined]>([
    ["no line end", line, undefined],
    ["lines of one length", `${line}\n${line}\n${line}\nxx`, 60],
    ["the last one whole, too", `${line}\n${line}\n`, 60],
    ["padding at the end", `${line}\n${line}\nxx\n\n`, 60],
    ["one line and a rest", `${line}\nxx`, undefined],
    ["a punched card and a rest", `${line}${"y".repeat(20)}\r\nxx`, 80],
    ["a longer line", `${line}\n${line}\n${line}x\n${line}`, undefined],
    ["a shorter line", `${line}\n${line.slice(1)}\n${line}\n`, undefined],
    ["a rest that is longer", `${line}\n${line}\n${line}x`, undefined],
    ["lines of nothing", "\n\n\n", undefined],
    ["mixed line ends", `${line}\r\n${line}\n${line}\r\n`, undefined],
  ])("%s", (_, text, width) => {
    expect(wrappingOf(Buffer.from(text))?.width).toBe(width);
  });
});
