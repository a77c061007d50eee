// Every place at which real interchanges can be cut.

import { expect, it } from "vitest";
import { contentOf, difference, interchanges, LENIENT } from "../adapters/edifact-cut.ts";
import { describeWithData } from "../shared-data.ts";

/** Windows of a larger file are as long as a segment to a message: their ends meet each place of it many times. */
const SMALL = 40_000;
const LONGEST = 1_024;

describeWithData("real interchanges", () => {
  it("are the same wherever they are cut", { timeout: 3_600_000 }, async () => {
    let cuts = 0;
    for (const bytes of interchanges) {
      const whole = await contentOf(LENIENT, bytes);
      const most = bytes.length < SMALL ? bytes.length : LONGEST;
      for (let window = 4; window < most; window++, cuts++) {
        const cut = await contentOf(LENIENT, bytes, window, [window, 1, 2, 3]);
        expect(difference(cut, whole), `${bytes.length} bytes, window ${window}`).toBe("");
      }
    }
    console.log(JSON.stringify({ plan: "edifact cut at every place", files: interchanges.length, cuts }));
  });
});
