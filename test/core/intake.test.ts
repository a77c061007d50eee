// Between spool and journal: what is not entered leaves nothing behind, and where order counts nothing overtakes it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { dropRegister, lookOnce } from "../../src/core/pipeline/intake.ts";
import { content, never, stream, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

function delivery(name: string, over: Partial<Delivery> = {}): Delivery {
  return {
    name,
    size: 70_000,
    hint: name,
    attributes: {},
    open: () => stream(content(name, 70_000)),
    verify: () => Promise.resolve("same"),
    settle: () => Promise.resolve(),
    ...over,
  };
}

function gone(): BridgeError {
  return new BridgeError("SOURCE_UNREACHABLE", "the server went away", { stage: "receive" });
}

async function look(
  deliveries: readonly Delivery[],
  by: "none" | "strict" = "none",
): Promise<{ readonly count: number; readonly names: readonly string[]; readonly unread: readonly string[] }> {
  const names: string[] = [];
  const unread: string[] = [];
  const source: Pick<Source, "look"> = {
    async *look() {
      yield* deliveries;
    },
  };
  const bridge = { name: "gewerbe", version: "v1", answers: [] as const } as unknown as LoadedBridge;
  const count = await lookOnce(
    {
      bridge,
      register: dropRegister(bridge, "csv/1", state.journal, () => false),
      source: source as Source,
      inOrder: by !== "none",
      spool: state.spool,
      newDropId: () => state.newDropId(),
      full: () => Promise.resolve(undefined),
      taken: ({ drop }) => void names.push(drop.name),
      gone: () => undefined,
      unread: ({ code }) => void unread.push(code),
      log: () => undefined,
    },
    never,
  );
  return { count, names, unread };
}

describe("a look", () => {
  it("leaves nothing in the spool where the source fails between reading and entering", async () => {
    const failing = delivery("a.csv", { verify: () => Promise.reject(gone()) });
    await expect(look([failing])).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
    expect(readdirSync(join(test.dir, "spool"))).toEqual([]);
    expect(state.spool.used("gewerbe")).toBe(0);
  });

  it("says what it could not read, and takes the rest", async () => {
    const broken = delivery("a.csv", {
      open: () => {
        throw gone();
      },
    });
    expect(await look([broken, delivery("b.csv")])).toEqual({
      count: 1,
      names: ["b.csv"],
      unread: ["SOURCE_UNREACHABLE"],
    });
  });

  it("of an ordered bridge takes nothing behind what could not be taken", async () => {
    const changing = delivery("b.csv", { verify: () => Promise.resolve("changed") });
    const { names } = await look([delivery("a.csv"), changing, delivery("c.csv")], "strict");
    expect(names).toEqual(["a.csv"]);
  });
});
