import { afterEach, expect, it, vi } from "vitest";
import { letOthers } from "../../src/core/pipeline/others.ts";

afterEach(() => vi.restoreAllMocks());

it("lets who waits have his turn once the thread has worked for long, and not before", async () => {
  let now = performance.now() + 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const heard: string[] = [];
  setImmediate(() => heard.push("first"));
  await letOthers();
  expect(heard).toEqual(["first"]);
  setImmediate(() => heard.push("second"));
  now += 3;
  await letOthers();
  expect(heard).toEqual(["first"]);
  now += 2;
  await letOthers();
  expect(heard).toEqual(["first", "second"]);
});
