// The operations of a role for a part of the bridges: pages of lists, figures of callers, acts of two persons.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeenCaller } from "../../src/core/calls/seen-callers.ts";
import { unknownBridge } from "../../src/core/operations/bridge-views.ts";
import type { Operations } from "../../src/core/operations/operations.ts";
import type { Grant, Role } from "../../src/core/operations/roles.ts";
import { scopedOperations } from "../../src/core/operations/scoped.ts";
import { actView, bridgeView, deadView, dropView } from "./dashboard-views.ts";
import { auditView } from "./nachweis-views.ts";

const NAMES = ["a1", "a2", "b1"];
const tagsOf = (bridge: string): readonly string[] => [`kommune:${bridge.charAt(0)}`];
const OF_A: readonly Grant[] = [{ role: "operator", tags: ["kommune:a"] }];

type Answers = { readonly [K in keyof Operations]?: (query: never) => unknown };

function scoped(answers: Answers, grants = OF_A, roles: readonly Role[] = ["viewer", "operator"]): Operations {
  const all = {
    bridges: () => NAMES.map((bridge) => bridgeView({ bridge })),
    certificates: () => ({ appliance: { id: "", publicKey: "" }, items: [{ bridge: "a0" }, { bridge: "b0" }] }),
    ...answers,
  };
  const entries = Object.entries(all).map(([name, answer]) => [name, async (query: never) => answer(query)]);
  return scopedOperations(Object.fromEntries(entries) as Operations, { grants, roles, tagsOf });
}

interface Query {
  readonly bridge?: string;
  readonly after?: string | number;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** As the journal answers: by bridge, behind `after`, in order. */
function journalOf<T extends { readonly bridge?: string | undefined }>(
  all: readonly T[],
  key: (one: T) => string | number,
) {
  return ({ bridge, after, limit = 100, newestFirst = false }: Query): readonly T[] => {
    const sign = newestFirst ? -1 : 1;
    const order = (a: string | number, b: string | number): number => (a < b ? -sign : a > b ? sign : 0);
    return all
      .filter((one) => bridge === undefined || one.bridge === bridge)
      .filter((one) => after === undefined || order(key(one), after) > 0)
      .toSorted((a, b) => order(key(a), key(b)))
      .slice(0, limit);
  };
}

const bridgeAt = fc.constantFrom("a0", "a1", "a2", "b1", "b0");

describe("lists", () => {
  it("are paged as if there were no other bridges, forwards and backwards", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bridgeAt, { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (of, limit, newestFirst) => {
          const drops = of.map((bridge, at) => dropView({ bridge, id: `d-${100 + at}` }));
          const entries = of.map((bridge, at) => ({ ...auditView(), bridge, seq: at + 1 }));
          const own = scoped({
            drops: journalOf(drops, ({ id }) => id),
            audit: journalOf([...entries, { ...auditView(), bridge: undefined, seq: 99 }], ({ seq }) => seq),
          });
          const dropIds: string[] = [];
          for (let after: string | undefined; ;) {
            const page = await own.drops({ after, limit, newestFirst });
            dropIds.push(...page.map(({ id }) => id));
            after = page.at(-1)?.id;
            if (page.length < limit) break;
          }
          const seqs: number[] = [];
          for (let after: number | undefined; ;) {
            const page = await own.audit({ after, limit, newestFirst });
            seqs.push(...page.map(({ seq }) => seq));
            after = page.at(-1)?.seq;
            if (page.length < limit) break;
          }
          const mine = <T extends { readonly bridge: string }>(all: readonly T[]): readonly T[] => {
            const some = all.filter(({ bridge }) => bridge.startsWith("a"));
            return newestFirst ? some.toReversed() : some;
          };
          expect(dropIds).toEqual(mine(drops).map(({ id }) => id));
          expect(seqs).toEqual(mine(entries).map(({ seq }) => seq));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of dead letters are in the order of drops and records, not of their names", async () => {
    const letters = [
      deadView({ bridge: "a1", id: "dl-x-10", drop: "x", record: 10 }),
      deadView({ bridge: "a2", id: "dl-w-3", drop: "w", record: 3 }),
      deadView({ bridge: "a1", id: "dl-x-9", drop: "x", record: 9 }),
      deadView({ bridge: "b1", id: "dl-a-1", drop: "a", record: 1 }),
    ];
    const own = scoped({ dead: ({ bridge }: Query) => letters.filter((one) => one.bridge === bridge) });
    expect((await own.dead({})).map(({ id }) => id)).toEqual(["dl-w-3", "dl-x-9", "dl-x-10"]);
    expect((await own.dead({ limit: 1 })).map(({ id }) => id)).toEqual(["dl-w-3"]);
    expect(await own.dead({ bridge: "b1" })).toEqual([]);
  });

  it("of callers have the figures of the own bridges alone", async () => {
    const called = (bridge: string, first: string, last: string, calls: number) => ({
      bridge,
      first,
      last,
      calls,
      days: [],
    });
    const caller = (id: string, bridges: SeenCaller["bridges"]): SeenCaller => ({
      id,
      name: id,
      by: "token",
      first: "2026-01-01",
      last: "2027-12-31",
      calls: 999,
      bridges,
    });
    const all = [
      caller("one", [
        called("a2", "2027-03-01", "2027-04-01", 3),
        called("a1", "2027-02-01", "2027-03-05", 4),
        called("b1", "2026-01-01", "2027-12-31", 992),
      ]),
      caller("two", [called("b1", "2026-01-01", "2027-12-31", 1)]),
      caller("xxx", [called("a1", "2027-01-01", "2027-01-02", 1)]),
    ];
    const own = scoped({ callers: journalOf(all as readonly (SeenCaller & { bridge?: string })[], ({ id }) => id) });
    const [first, ...rest] = await own.callers({});
    expect(first).toMatchObject({ id: "one", first: "2027-02-01", last: "2027-04-01", calls: 7 });
    expect(first?.bridges.map(({ bridge }) => bridge)).toEqual(["a2", "a1"]);
    expect(rest.map(({ id }) => id)).toEqual(["xxx"]);
    expect((await own.callers({ limit: 1 })).map(({ id }) => id)).toEqual(["one"]);
    expect((await own.callers({ limit: 1, after: "one" })).map(({ id }) => id)).toEqual(["xxx"]);
  });
});

describe("acts of two persons", () => {
  const acts = ["a1", "b1"].map((bridge) => actView({ bridge, id: `act-${bridge}` }));
  const confirm = async (grants: readonly Grant[], id: string): Promise<unknown> =>
    await scoped({ acts: () => acts, confirmAct: () => "confirmed" }, grants, ["approver"]).confirmAct({
      id,
      actor: "oidc:x/u",
      roles: ["approver"],
    });
  const seesAll: Grant = { role: "viewer", tags: [] };
  const approves = (kommune: string): Grant => ({ role: "approver", tags: [`kommune:${kommune}`] });

  it("are confirmed where the role of who confirms is for the bridge", async () => {
    expect(await confirm([approves("a")], "act-a1")).toBe("confirmed");
    expect(await confirm([approves("b"), approves("a")], "act-b1")).toBe("confirmed");
    expect(await confirm([{ role: "approver", tags: [] }], "act-b1")).toBe("confirmed");
  });

  it("are not there for others, and refused to who sees them by another role", async () => {
    const unknown = { code: "REQUEST_INVALID", message: "there is no such act of two persons" };
    await expect(confirm([approves("a")], "act-b1")).rejects.toMatchObject(unknown);
    await expect(confirm([approves("a")], "act-x")).rejects.toMatchObject(unknown);
    await expect(confirm([approves("a"), seesAll], "act-b1")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("bridges", () => {
  it("that were retired and are no longer loaded are found, of the own part", async () => {
    const own = scoped({ certificate: ({ bridge }: Query) => `certificate of ${bridge}` });
    expect(await own.certificate({ bridge: "a0" })).toBe("certificate of a0");
    await expect(own.certificate({ bridge: "b0" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await own.certificates({})).items.map(({ bridge }) => bridge)).toEqual(["a0"]);
  });

  it("are named in hints only where they are the own ones", async () => {
    const failure = (await scoped({})
      .bridges({ bridge: "b2" })
      .catch((cause: unknown) => cause)) as { hint: string };
    expect(failure.hint).toMatch(/a[012]/);
    expect(failure.hint).not.toContain("b1");
  });

  it("that are no longer loaded are unknown in the words of the own part", async () => {
    const own = scoped({
      progress({ bridge = "" }: Query) {
        throw unknownBridge(bridge, ["b1", "b2"]);
      },
    });
    const failure = await own.progress({ bridge: "a0" }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ code: "BRIDGE_UNKNOWN", hint: expect.stringMatching(/a[12]/) as string });
    expect((failure as { hint: string }).hint).not.toContain("b");
  });

  it("are all there for a role without tags: nothing stands between", () => {
    const operations = {} as Operations;
    const whole: readonly Grant[] = [...OF_A, { role: "viewer", tags: [] }];
    expect(scopedOperations(operations, { grants: whole, roles: ["viewer"], tagsOf })).toBe(operations);
    expect(scopedOperations(operations, { grants: whole, roles: ["operator"], tagsOf })).not.toBe(operations);
  });
});
