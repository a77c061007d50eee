// Whatever is done to an interchange: what its CONTRL says is what decoding did, and the CONTRL itself is sound.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { answersTo, middle } from "./edifact-contrl-support.ts";
import { edifact, interchange, order, UNB } from "./edifact-samples.ts";

const GROUPED =
  `${UNB}UNG+ORDERS+A+B+261101:1200+G1+UN+D:96A'${order(1)}${order(2)}UNE+2+G1'` +
  `UNG+ORDERS+A+B+261101:1200+G2+UN+D:96A'${order(3)}UNE+1+G2'UNZ+2+REF1'`;
const SEEDS = [
  interchange(order(1), order(2, 2)),
  interchange(order(1)) + interchange(order(1), order(2)).replaceAll("REF1", "REF2"),
  GROUPED,
  GROUPED.replace("UNOC:3", "UNOW:4").replace("+261101:1200+REF1", "+20261101:1200+REF1"),
];

interface Change {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}

const piece = fc.oneof(
  fc.constantFrom(
    "'",
    "+",
    ":",
    "?",
    "*",
    "''",
    "+++",
    "UNT+1+1'",
    "UNZ+1+REF1'",
    "UNH+9+X:1:1:ZZ'",
    "UNE+1+G1'",
    "XYZ+1'",
  ),
  fc.string({ unit: fc.constantFrom("A", "9", "-", " ", "\n", "\u00fc", "\u0007", "a"), maxLength: 20 }),
);
const change: fc.Arbitrary<Change> = fc.record({ at: fc.nat(2_000), cut: fc.nat(12), put: piece });
const changed = fc.tuple(fc.constantFrom(...SEEDS), fc.array(change, { maxLength: 3 })).map(([seed, changes]) =>
  changes.reduce((text, { at, cut, put }) => {
    const from = at % text.length;
    return text.slice(0, from) + put + text.slice(from + cut);
  }, seed),
);

it("what a CONTRL says is what decoding did", async () => {
  await fc.assert(
    fc.asyncProperty(changed, fc.boolean(), async (text, strict) => {
      const bytes = Buffer.from(text, "latin1");
      const codec = edifact({ strict });
      const { texts, bodies, notices } = await answersTo(bytes, { strict });
      for (const body of bodies) await isSound(body);
      const heard = texts.map((one) => middle(plain(one)));
      const isBroken = await frameFails(codec, bytes);
      // Refused as a whole, or group by group.
      const expected = isBroken ? /^4|^74/ : /^7[^4]?$/;
      for (const [uci = "", below = ""] of heard)
        expect(action(uci) + (below.startsWith("UCF") ? action(below) : "")).toMatch(expected);
      if (isBroken) return;
      if (notices.length > 0 || texts.length === 0) return;
      const { records, thrown } = await decodeAll(codec, bytes);
      expect(thrown).toBe(undefined);
      const refused = records.filter((record) => typeof record === "string");
      expect(heard.flat().filter((segment) => segment.startsWith("UCM"))).toHaveLength(refused.length);
    }),
    { numRuns: 400 },
  );
});

async function frameFails(codec: ReturnType<typeof edifact>, bytes: Buffer): Promise<boolean> {
  try {
    await codec.checkFrame!(chunked(bytes, []), decodeContext());
    return false;
  } catch (cause) {
    if (cause instanceof BridgeError) return true;
    throw cause;
  }
}

/** 0083 of UCI, or of UCF. */
function action(segment: string): string {
  return segment.split("+")[4] ?? "";
}

/** Without released characters. */
function plain(text: string): string {
  return text.replaceAll(/\?./gs, "_");
}

async function isSound(body: Uint8Array): Promise<void> {
  const codec = edifact({ messages: ["CONTRL"] });
  expect(await frameFails(codec, Buffer.from(body))).toBe(false);
  expect((await decodeAll(codec, body)).messages).toEqual([]);
}
