// A bridge is stuck only as long as its target takes nothing.

import { describe, expect, it } from "vitest";
import type { Attempt, Parcel, Scope, Target } from "../../src/core/contract.ts";
import type { Deliver } from "../../src/core/bridge/types.ts";
import { createCourier } from "../../src/core/pipeline/courier.ts";

const never = new AbortController().signal;
const signals = { stop: never, kill: never };

function parcel(key: string): Parcel {
  return {
    first: 1,
    last: 1,
    messages: 1,
    body: Buffer.from(key),
    contentType: "text/plain",
    key,
    scope: {} as Scope,
    drop: "0",
  };
}

describe("a message that used its attempts while the target took none", () => {
  it("is an alarm that ends when the target takes another one, also where the message itself then fails for good", async () => {
    const heard: string[] = [];
    const refuses = new Set(["a"]);
    const target: Target = {
      locality: "remote",
      address: () => "https://neu.example",
      deliver: ({ key }): Promise<Attempt> =>
        Promise.resolve(refuses.has(key) ? { end: "retry", message: "503" } : { end: "delivered" }),
      close: () => Promise.resolve(),
    };
    const deliver = { inFlight: 2, retry: { first: 5, most: 10, attempts: 3 }, outcomes: [] } as unknown as Deliver;
    const courier = createCourier(deliver, target, "resend", {
      stuck: () => void heard.push("stuck"),
      moving: () => void heard.push("moving"),
    });
    const first = courier.deliver(parcel("a"), false, signals);
    await expect.poll(() => heard).toContain("stuck");
    expect(await courier.deliver(parcel("b"), false, signals)).toMatchObject({ ending: "delivered" });
    expect(await first).toMatchObject({ ending: "dead", error: { code: "DELIVERY_FAILED" } });
    expect(heard.at(-1)).toBe("moving");
  });
});
