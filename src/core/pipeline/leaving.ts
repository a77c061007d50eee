// A bridge whose file is gone: nothing is taken any more, what was taken is brought to its end.

import type { Bound, LoadedBridge } from "../bridge/types.ts";
import type { Source } from "../contract.ts";

/** With sources that give nothing. Calls come through its face alone, which nobody finds any more. */
export function leaving(bridge: LoadedBridge): LoadedBridge {
  if (bridge.face) return bridge;
  const { attach } = bridge;
  return {
    ...bridge,
    source: without(bridge.source),
    ...(attach && { attach: { ...attach, source: without(attach.source) } }),
  };
}

function without(source: Bound<"source">): Bound<"source"> {
  return { ...source, build: () => Promise.resolve(NOTHING) };
}

const NOTHING: Source = {
  growing: 0,
  async *look() {
    // There is nothing.
  },
  wait: (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    }),
  // What still lies there stays: whoever took the bridge away sees to it.
  settleAgain: () => Promise.resolve("stays"),
  close: () => Promise.resolve(),
};
