// When the state fails the appliance stops at once, also where nobody is waiting for the journal at that moment.

import { expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import { createAppliance } from "../../src/core/pipeline/appliance.ts";
import { testState } from "./journal-state.ts";

it("stops with the failure of its state", async () => {
  const test = testState();
  try {
    const failure = new AbortController();
    const events: string[] = [];
    const appliance = await createAppliance({
      bridges: [],
      state: await test.open({ onFailed: (error) => failure.abort(error) }),
      context: () => {
        throw new Error("there is no bridge");
      },
      newDropId: () => "0",
      loadVersion: () => Promise.reject(new Error("there is no version")),
      lifecycle: {
        holds: () => false,
        finishes: () => true,
        polls: () => false,
        notices: () => [],
        tick: () => Promise.resolve(),
      },
      progress: () => undefined,
      log: (_level, event) => void events.push(event),
      failed: failure.signal,
    });
    const running = appliance.run(new AbortController().signal);
    failure.abort(new BridgeError("JOURNAL_FAILED", "the journal's thread ended"));
    await expect(running).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(events).toEqual(["appliance.failed"]);
    await appliance.close();
  } finally {
    await test.remove();
  }
});
