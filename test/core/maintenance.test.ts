// Maintenance windows of the policy: what may stand there.

import { expect, it } from "vitest";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";

function read(window: string): { windows: unknown; says: string } {
  const says: string[] = [];
  const bytes = new TextEncoder().encode(`policy: 1\nmaintenance:\n  - ${window}\n`);
  const policy = readPolicy("policy.yaml", bytes, ({ code, message }) => says.push(`${code} ${message}`));
  return { windows: policy?.maintenance, says: says.join("\n") };
}

it("are local times with a reason, and none where nothing is said", () => {
  const window = { from: "2027-10-05T22:00", to: "2027-10-06T02:00", reason: "Umzug" };
  expect(read("{ from: 2027-10-05T22:00, to: 2027-10-06T02:00, reason: Umzug }")).toEqual({
    windows: [window],
    says: "",
  });
  expect(builtInPolicy().maintenance).toEqual([]);
});

it.each([
  ["{ from: 2027-10-05T22:00, to: 2027-10-05T22:00, reason: x }", "ends before it begins"],
  ["{ from: 2027-10-05T22:00, to: 2027-10-12T23:01, reason: x }", "longer than 7 days"],
  ["{ from: 2027-10-05T22:00, to: 2027-10-06T02:00 }", "reason"],
  ["{ from: nachts, to: 2027-10-06T02:00, reason: x }", "from"],
])("%s is refused", (window, says) => {
  const found = read(window);
  expect(found.windows).toBeUndefined();
  expect(found.says).toContain(says);
});

it("seven days by the clock on the wall are allowed, also where it goes back", () => {
  expect(read("{ from: 2027-10-28T22:00, to: 2027-11-04T22:00, reason: x }").says).toBe("");
  expect(read("{ from: 2027-10-05T22:00, to: 2027-10-12T22:00, reason: x }").says).toBe("");
});
