import { expect, it } from "vitest";
import { createBrake } from "../../src/core/http/auth.ts";

it("remembers a bounded number of addresses", () => {
  const brake = createBrake(() => 0);
  for (let turn = 0; turn < 10; turn += 1) brake.failed("first");
  expect(brake.blocked("first")).toBe(60);
  for (let at = 0; at < 10_000; at += 1) brake.failed(`other-${at}`);
  expect(brake.blocked("first")).toBe(0);
});
