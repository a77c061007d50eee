import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { heardByMany, onAbort } from "../../src/core/on-abort.ts";

const alone = (signal: AbortSignal): AbortSignal => signal;

describe.each([
  ["one that many listen to", heardByMany],
  ["any other", alone],
])("hearing of a signal's end: %s", (_, signalOf) => {
  it("calls each of those who still listen, once", () => {
    const controller = new AbortController();
    const heard: string[] = [];
    const hear = (name: string): (() => void) => onAbort(signalOf(controller.signal), () => heard.push(name));
    const [a, b] = [hear("a"), hear("b")];
    a();
    a();
    hear("c");
    b();
    hear("d");
    controller.abort();
    controller.abort();
    expect(heard.toSorted()).toEqual(["c", "d"]);
  });

  it("lets whoever is called take others back, and itself", () => {
    const controller = new AbortController();
    const heard: string[] = [];
    const own = onAbort(signalOf(controller.signal), () => {
      heard.push("first");
      own();
      other();
    });
    const other = onAbort(signalOf(controller.signal), () => heard.push("other"));
    onAbort(signalOf(controller.signal), () => heard.push("last"));
    controller.abort();
    expect(heard).toEqual(["first", "last"]);
    other();
  });

  it("begins anew when all have gone, says nothing of what is over, and keeps signals apart", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const heard: string[] = [];
    for (let round = 0; round < 3; round++) onAbort(signalOf(one.signal), () => heard.push("gone"))();
    onAbort(signalOf(one.signal), () => heard.push("one"));
    onAbort(signalOf(two.signal), () => heard.push("two"));
    one.abort();
    onAbort(signalOf(one.signal), () => heard.push("late"))();
    expect(heard).toEqual(["one"]);
    two.abort();
    expect(heard).toEqual(["one", "two"]);
  });
});

describe("a signal that many listen to", () => {
  it("keeps nothing of whoever went, also beside one who listened for long", async () => {
    const module = new URL("../../src/core/on-abort.ts", import.meta.url).href;
    // Some listen for so long that V8 moves them to the old objects; the others overlap, as requests do.
    const code = `import { heardByMany, onAbort } from ${JSON.stringify(module)};
import { getHeapStatistics } from "node:v8";
const signal = heardByMany(new AbortController().signal);
let most = 0;
const look = setInterval(() => (most = Math.max(most, getHeapStatistics().used_heap_size)), 5);
let count = 0;
async function one() {
  while (count < 60_000) {
    const slow = ++count % 5_000 === 0;
    const held = { bytes: Array.from({ length: 300 }, (_, n) => n + count) };
    const stop = onAbort(signal, () => held.bytes.length);
    await new Promise((resolve) => (slow ? setTimeout(resolve, 30) : setImmediate(resolve)));
    if (count % 2 === 0) await new Promise(setImmediate);
    stop();
  }
}
await Promise.all(Array.from({ length: 8 }, one));
clearInterval(look);
console.log(most / 2 ** 20);`;
    const flags = ["--max-semi-space-size=2", "--input-type=module", "-e", code];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    expect(Number(stdout)).toBeLessThan(16);
  });
});
