// However the bytes come, the records are the same; whatever the bytes are, there is an end; what was written with escapes is read back.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { describeWithData } from "../shared-data.ts";
import { contentOf, difference, interchanges, LENIENT } from "./edifact-cut.ts";
import { edifact, interchange, order, UNB } from "./edifact-samples.ts";

describeWithData("real interchanges", () => {
  it("are the same wherever a window of text ends", { timeout: 300_000 }, async () => {
    for (const [at, bytes] of interchanges.entries()) {
      const whole = await contentOf(LENIENT, bytes);
      // Each third place of the smaller ones; of the others some, by a step that hits all kinds of places. The long run takes all.
      const step = bytes.length <= 512 ? 3 : Math.ceil(bytes.length / 3);
      const least = bytes.length <= 512 ? 4 + (at % 3) : Math.ceil(bytes.length / 10);
      for (let window = least; window < bytes.length; window += step) {
        const cut = await contentOf(LENIENT, bytes, window, [window, 1, 2, 3]);
        expect(difference(cut, whole), `window ${window}`).toBe("");
      }
    }
  });

  it("are read to an end, whatever is cut off or changed", { timeout: 300_000 }, async () => {
    const files = interchanges.filter(({ length }) => length < 4096);
    const change = fc.record({
      file: fc.nat(files.length - 1),
      at: fc.nat(4095),
      cut: fc.nat(4095),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from("'+:?*UNAUNBUNHUNTUNZUNO0123456789 \r\n"))),
      strict: fc.boolean(),
    });
    const property = fc.asyncProperty(change, async ({ file, at, cut, byte, strict }) => {
      const bytes = Buffer.from(files[file]!);
      bytes[at % bytes.length] = byte;
      const given = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
      const whole = await contentOf({ strict }, given);
      expect(difference(await contentOf({ strict }, given, 16 + (cut % 61)), whole)).toBe("");
      await frameOf(strict, given);
    });
    await fc.assert(property, { numRuns: 600 });
  });
});

/** What the pass over the frame says agrees with what reading says. */
async function frameOf(strict: boolean, bytes: Buffer): Promise<void> {
  const codec = edifact({ strict });
  let frame: string | undefined;
  try {
    await codec.checkFrame!(chunked(bytes, []), decodeContext());
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    frame = cause.message;
  }
  const { thrown, messages } = await decodeAll(codec, bytes);
  // Characters do not matter to the frame, and neither does what of a message is too large.
  if (thrown === undefined || thrown === "EDIFACT_CHARACTER" || thrown === "RECORD_TOO_LARGE") return;
  expect(messages).toContain(frame);
}

/** Texts with all that has a meaning in EDIFACT in it. */
const values = fc.string({
  unit: fc.oneof(
    fc.constantFrom("'", "+", ":", "?", "*", "U", "N", "A", " ", "ß"),
    fc.constantFrom(...Array.from("abcXYZ019.,-")),
  ),
  maxLength: 12,
});
const segments = fc.array(
  fc.record({
    tag: fc.constantFrom("BGM", "FTX", "S01", "LIN", "UNS", "USA"),
    elements: fc.array(fc.array(fc.array(values, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }), {
      maxLength: 4,
    }),
  }),
  { maxLength: 8 },
);

function escaped(value: string, special: string): string {
  return Array.from(value, (character) => (special.includes(character) ? `?${character}` : character)).join("");
}

describe("what was written", () => {
  it("is read back, released and repeated, with any service characters", async () => {
    const property = fc.asyncProperty(segments, fc.boolean(), async (given, isOdd) => {
      const [component, element, repetition, terminator] = isOdd ? ["|", "^", "~", "\u001c"] : [":", "+", "*", "'"];
      const special = `${component}${element}${repetition}${terminator}?`;
      const write = (elements: readonly (readonly (readonly string[])[])[]): string =>
        elements
          .map((repetitions) =>
            repetitions
              .map((components) => components.map((one) => escaped(one, special)).join(component))
              .join(repetition),
          )
          .map((one) => element + one)
          .join("");
      const once = (...texts: readonly string[]) => texts.map((one) => [one.split(":")]);
      const body = given.map(({ tag, elements }) => tag + write(elements) + terminator).join("");
      const drop =
        `UNA${component}${element}.?${repetition}${terminator}UNB${write(once("UNOC:4", "A", "B", "20261101:1200", "R"))}${terminator}` +
        `UNH${write(once("1", "X:1:1:ZZ"))}${terminator}${body}` +
        `UNT${write(once(String(given.length + 2), "1"))}${terminator}UNZ${write(once("1", "R"))}${terminator}`;
      const { records, thrown } = await decodeAll(edifact(), Buffer.from(drop, "latin1"));
      expect(thrown).toBeUndefined();
      const [record] = records as { segments: { tag: string; elements: unknown[] }[] }[];
      expect(record!.segments.slice(0, -1)).toEqual(
        given.map(({ tag, elements }) => ({ tag, elements: shown(elements) })),
      );
    });
    await fc.assert(property, { numRuns: 300 });
  });
});

/** As the record has it: null for what is absent, nothing for what is absent at an end. */
function shown(elements: readonly (readonly (readonly string[])[])[]): unknown[] {
  const trimmed = (list: readonly unknown[]): unknown[] => list.slice(0, list.findLastIndex((one) => one !== null) + 1);
  return trimmed(
    elements.map((repetitions) => {
      const lists = repetitions.map((components) => {
        const list = trimmed(components.map((one) => (one === "" ? null : one)));
        return list.length === 0 ? null : list;
      });
      return lists.length === 1 ? lists[0] : trimmed(lists);
    }),
  );
}

describe("memory and time", () => {
  it("of a drop without end inside of a segment, an object, blanks, line breaks", async () => {
    async function* endless(head: string, piece: string): AsyncGenerator<Uint8Array> {
      yield Buffer.from(head);
      const chunk = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
      for (let sent = 0; sent < 32 * 1024 * 1024; sent += chunk.length) yield chunk;
    }
    for (const [head, piece] of [
      [`${UNB}UNH+1+X:1:1:ZZ'FTX+`, "x"],
      [`${UNB}UNH+1+X:1:1:ZZ'FTX+`, "?'"],
      [`${UNB}UNH+1+X:1:1:ZZ'FTX+`, "??"],
      [`${UNB}UNH+1+X:1:1:ZZ'UNO+1+++99999999'`, "x"],
      [`${UNB}UNH+1+X:1:1:ZZ'`, " \r\n"],
      ["", "\r\n "],
      [`${UNB}UNH+1+ORDERS:D:96A:UN'`, "DTM+1:2:3'"],
    ] as const) {
      for (const strict of [true, false]) {
        const started = performance.now();
        const outcome = await decodeAll(edifact({ strict }), endless(head, piece));
        // Read leniently, what is cut in the middle of a message may be all there is.
        expect(outcome.thrown ?? (strict ? "nothing" : "EDIFACT_")).toMatch(/^(EDIFACT_|RECORD_TOO_LARGE)/);
        expect(performance.now() - started).toBeLessThan(20_000);
      }
    }
    expect(process.memoryUsage().rss).toBeLessThan(1024 * 1024 * 1024);
  });

  it("of the same segment a hundred thousand times is bounded in its findings", async () => {
    const text = interchange(order(1).replace("UNS+S'", "XYZ'".repeat(100_000)));
    const { records } = await decodeAll(edifact(), Buffer.from(text));
    expect(records).toEqual(["EDIFACT_STRUCTURE"]);
  });
});
