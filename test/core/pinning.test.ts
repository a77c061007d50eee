// What is kept of a drop's decoding: what detect chose, once, and notices for the receipt, in a bounded number.

import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import type { DropRow } from "../../src/core/journal/types.ts";
import { createNotices, createPinning, noticesOf } from "../../src/core/pipeline/pinning.ts";

function wrong(error0085: string, element: number, line: number): BridgeError {
  const facts = { error0085, level: "UCD", segment: "DTM", position: 3, element, line };
  return new BridgeError("EDIFACT_ELEMENT", "line 3: it is too long", { stage: "decode", detail: "secret", facts });
}

function opened(pinned?: Readonly<Record<string, string>>) {
  const written: Readonly<Record<string, string>>[] = [];
  const drop = { id: "d-1", pinned } as DropRow;
  const journal = { pin: async (_: string, what: Readonly<Record<string, string>>) => void written.push(what) };
  return { pinning: createPinning(drop, journal), written };
}

describe("pinning", () => {
  it("writes what was detected once before anything is delivered, and nothing where nothing was", async () => {
    const { pinning, written } = opened();
    await pinning.beforeDelivery();
    pinning.detected("charset", "UNOW");
    await pinning.beforeDelivery();
    await pinning.beforeDelivery();
    await pinning.atEnd();
    expect(written).toEqual([{ charset: "UNOW" }]);
  });

  it("keeps the notices beside it, also when the drop is read again", async () => {
    const { pinning, written } = opened({ charset: "UNOW" });
    pinning.notice?.(wrong("39", 2, 4));
    pinning.notice?.(wrong("39", 2, 9));
    await pinning.beforeDelivery();
    await pinning.atEnd();
    expect(written).toHaveLength(1);
    expect(written[0]?.["charset"]).toBe("UNOW");
    expect(noticesOf({ pinned: written[0] })).toEqual([
      "Zeile 4: Segment 3 (DTM), Datenelement 1: der Wert ist zu lang. (Das war 2-mal so.)",
    ]);
    expect(noticesOf({ pinned: undefined })).toEqual([]);
  });

  it("names a bounded number of kinds and says no values", () => {
    const notices = createNotices();
    for (let element = 2; element < 100; element++) notices.add(wrong("37", element, 1));
    const texts = notices.texts();
    expect(texts).toHaveLength(21);
    expect(texts.at(-1)).toBe("Es gab 78 weitere Abweichungen.");
    expect(texts.join()).not.toContain("secret");
  });
});
