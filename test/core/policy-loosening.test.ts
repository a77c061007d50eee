// A policy that becomes looser: which way each field is, what holds meanwhile, who confirms it, and what a restart finds.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { loosened, stricterOf, inOneLine } from "../../src/core/lifecycle/policy-loosening.ts";
import { readPolicy } from "../../src/core/lifecycle/policy.ts";
import type { Policy } from "../../src/core/lifecycle/policy.ts";
import { createActs, type Acts } from "../../src/core/operations/acts.ts";
import { openPolicyBook, type PolicyBook } from "../../src/core/operations/policy-book.ts";
import { createMemory, type Memory } from "./lifecycle-fixtures.ts";
import { never } from "./journal-state.ts";

const TODAY = "2027-11-01";
const NOW = Date.parse("2027-11-01T08:00:00Z");
const ASKER = "oidc:m.brandt/u-17";
const SECOND = { actor: "oidc:a.sommer/u-18", roles: ["approver"] } as const;

function policy(yaml = ""): Policy {
  const read = readPolicy("policy.yaml", new TextEncoder().encode(`policy: 1\n${yaml}\n`), () => undefined);
  if (read === undefined) throw new Error(`no policy: ${yaml}`);
  return read;
}
const freeze = (...spans: readonly string[]): string =>
  `endDays: { freeze: [${spans.map((span) => `{ from: ${span.slice(0, 10)}, to: ${span.slice(11)}, reason: Umzug }`).join(", ")}] }`;

describe("looser", () => {
  it.each([
    ["longestLife", "longestLife: P36M", "longestLife: P48M"],
    ["longestLife", "longestLife: P28D", "longestLife: P1M"],
    ["shortestNotice", "shortestNotice: P180D", "shortestNotice: P90D"],
    ["extensions.most", "extensions: { most: 2 }", "extensions: { most: 4 }"],
    ["extensions.longest", "extensions: { longest: P90D }", "extensions: { longest: P91D }"],
    ["brownouts", "brownouts: 2", "brownouts: 1"],
    ["endDays.weekdays", "endDays: { weekdays: [tuesday] }", "endDays: { weekdays: [tuesday, friday] }"],
    ["endDays.holidays", "endDays: { holidays: false }", "endDays: { holidays: true }"],
    ["endDays.freeze", freeze("2027-12-15/2028-01-10"), freeze("2027-12-15/2028-01-09")],
    ["endDays.freeze", freeze("2027-12-15/2028-01-10"), ""],
    ["land", "land: NW", "land: BY"],
    ["land", "land: NW", ""],
    ["notbetrieb.reasons", "notbetrieb: { reasons: [frist] }", "notbetrieb: { reasons: [frist, bequem] }"],
    ["notbetrieb.most", "notbetrieb: { most: 1 }", "notbetrieb: { most: 2 }"],
    ["notbetrieb.pause", "notbetrieb: { pause: P1D }", "notbetrieb: { pause: P0D }"],
    ["approvers", "approvers: [a]", "approvers: [a, b]"],
    ["approvers", "approvers: [a]", ""],
  ])("is %s: %s → %s, and not the other way round", (field, before, now) => {
    expect(loosened(policy(before), policy(now), TODAY).map((one) => one.field)).toEqual([field]);
    const back = loosened(policy(now), policy(before), TODAY).map((one) => one.field);
    // From one Land to another it is looser both ways: each has days that the other lacks.
    expect(back).toEqual(now === "land: BY" ? ["land"] : []);
  });

  it.each([
    ["a freeze that is over", freeze("2027-09-01/2027-10-31"), ""],
    [
      "a freeze that another one covers",
      freeze("2027-12-15/2028-01-10"),
      freeze("2027-12-01/2027-12-31", "2028-01-01/2028-02-01"),
    ],
    ["a maintenance window", "", "maintenance: [{ from: 2027-12-01T22:00, to: 2027-12-02T02:00, reason: Umzug }]"],
    ["the same in other words", "longestLife: P36M", "longestLife: P3Y"],
  ])("is not %s", (_what, before, now) => {
    expect(loosened(policy(before), policy(now), TODAY)).toEqual([]);
  });

  it("is said in one line", () => {
    const [one, two] = loosened(
      policy("longestLife: P36M"),
      policy("longestLife: P48M\nendDays: { holidays: true }"),
      TODAY,
    );
    expect([inOneLine(one!), inOneLine(two!)]).toEqual(["longestLife P36M → P48M", "endDays.holidays false → true"]);
  });
});

describe("what holds meanwhile", () => {
  const lists = (all: readonly string[]) =>
    fc.subarray([...all], { minLength: 1 }).map((some) => `[${some.join(", ")}]`);
  const text = fc
    .record({
      life: fc.integer({ min: 1, max: 60 }),
      notice: fc.integer({ min: 0, max: 400 }),
      most: fc.nat(5),
      longest: fc.integer({ min: 1, max: 200 }),
      brownouts: fc.nat(3),
      weekdays: lists(["monday", "tuesday", "friday"]),
      holidays: fc.boolean(),
      freeze: fc.subarray(["2027-10-01/2027-12-05", "2027-12-01/2028-01-10", "2028-03-01/2028-03-02"]),
      land: fc.constantFrom("", "land: NW", "land: BY"),
      reasons: lists(["frist", "sonstiges", "umzug"]),
      uses: fc.nat(5),
      pause: fc.nat(9),
      approvers: fc.subarray(["a", "b", "c"]),
    })
    .map(
      (one) => `longestLife: P${one.life}M
shortestNotice: P${one.notice}D
extensions: { most: ${one.most}, longest: P${one.longest}D }
brownouts: ${one.brownouts}
endDays:
  weekdays: ${one.weekdays}
  holidays: ${one.holidays}
  freeze: [${one.freeze.map((span) => `{ from: ${span.slice(0, 10)}, to: ${span.slice(11)}, reason: x }`).join(", ")}]
${one.land}
notbetrieb: { reasons: ${one.reasons}, most: ${one.uses}, pause: P${one.pause}D }
approvers: [${one.approvers.join(", ")}]`,
    );

  it("is looser than neither of both, and settled", () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [before, now] = [policy(one), policy(other)];
        const held = stricterOf(before, now, TODAY);
        expect(loosened(before, held, TODAY)).toEqual([]);
        // Of a Land and of sets that share nothing the earlier one holds, which need not lie within the file's.
        const whole = new Set(["land", "endDays.weekdays", "notbetrieb.reasons", "approvers"]);
        expect(loosened(now, held, TODAY).filter(({ field }) => !whole.has(field))).toEqual([]);
        const waits = (against: Policy) => loosened(against, now, TODAY).map(({ field }) => field);
        for (const field of waits(held)) expect(waits(before)).toContain(field);
        expect({ ...stricterOf(held, now, TODAY), hash: "" }).toEqual({ ...held, hash: "" });
      }),
      { numRuns: 300 },
    );
  });
});

describe("two persons", () => {
  const BEFORE = "longestLife: P36M\nextensions: { most: 3 }";
  const AFTER = "longestLife: P48M\nextensions: { most: 1 }";
  let memory: Memory;
  let logged: string[] = [];
  afterEach(() => (logged = []));

  const open = async (yaml: string, more: { persons?: boolean; enter?: boolean } = {}): Promise<PolicyBook> =>
    await openPolicyBook({
      journal: memory,
      file: policy(yaml),
      persons: true,
      enter: true,
      now: () => NOW,
      log: (_level, event) => void logged.push(event),
      ...more,
    });
  const nobody = async (): Promise<never> => Promise.reject(new Error("nobody asks for this"));
  const actsOver = (book: PolicyBook): Acts =>
    createActs({
      journal: memory as never,
      bridges: async () => [] as readonly LoadedBridge[],
      watch: nobody,
      running: () => undefined,
      signal: never,
      now: () => NOW,
      replay: nobody,
      extending: { check: nobody, today: nobody, enter: nobody },
      policyBook: async () => book,
    });
  const terms = ({ longestLife, extensions }: Policy) => [longestLife.months, extensions.most];
  const ask = (book: PolicyBook, more: object = {}) => ({
    kind: "loosen-policy" as const,
    bridge: "",
    to: book.view().hash,
    reason: "Beschluss vom 3. November",
    actor: ASKER,
    ...more,
  });
  const events = (): readonly string[] => memory.trail.map(({ event }) => event);

  async function loosenedFile(): Promise<{ book: PolicyBook; acts: Acts }> {
    memory = createMemory();
    await open(BEFORE);
    const book = await open(AFTER);
    return { book, acts: actsOver(book) };
  }

  it("have to see it: until then the stricter of each field holds, also for whoever only looks, and after restarts", async () => {
    const { book } = await loosenedFile();
    // Tighter at once, looser not.
    expect(terms(book.inForce())).toEqual([36, 1]);
    expect(book.view().waits).toEqual([
      { field: "longestLife", before: { months: 36, days: 0 }, now: { months: 48, days: 0 } },
    ]);
    expect(logged).toEqual(["policy.waits"]);
    const stored = memory.stored.get("policy");
    for (const enter of [true, false, true]) {
      const again = await open(AFTER, { enter });
      expect([terms(again.inForce()), again.view().waits.length]).toEqual([[36, 1], 1]);
    }
    // A restart says nothing anew.
    expect([memory.stored.get("policy"), events()]).toEqual([stored, ["policy.seen", "policy.seen"]]);
    expect(memory.trail[1]?.facts).toMatchObject({ loosened: "longestLife P36M → P48M", waits: true });
    // What became tighter while the rest waited is not given back by the old file.
    expect(terms((await open(BEFORE)).inForce())).toEqual([36, 1]);
  });

  it("confirm it, and it holds at once and after a restart", async () => {
    const { book, acts } = await loosenedFile();
    const act = await acts.ask(ask(book));
    expect(act).toMatchObject({ count: 1, state: "open" });
    expect(terms(book.inForce())).toEqual([36, 1]);
    expect(await acts.confirm({ id: act.id, ...SECOND })).toMatchObject({ state: "done", confirmedBy: SECOND.actor });
    expect([terms(book.inForce()), book.view().waits]).toEqual([[48, 1], []]);
    expect(terms((await open(AFTER)).inForce())).toEqual([48, 1]);
    expect(events()).toEqual([
      "policy.seen",
      "policy.seen",
      "act.asked",
      "act.confirmed",
      "policy.loosened",
      "act.done",
    ]);
    expect(memory.trail[4]).toMatchObject({ actor: SECOND.actor, bridge: undefined, facts: { act: act.id } });
  });

  it.each([
    ["who asked", { actor: "oidc:anders/u-17", roles: ["approver"] }],
    ["somebody who is no approver", { actor: SECOND.actor, roles: ["operator"] }],
    ["a token", { actor: "token:leitung", roles: ["approver"] }],
  ] as const)("are not %s", async (_who, by) => {
    const { book, acts } = await loosenedFile();
    const { id } = await acts.ask(ask(book));
    await expect(acts.confirm({ id, ...by })).rejects.toMatchObject({ code: "APPROVAL_NEEDED" });
    expect(terms(book.inForce())).toEqual([36, 1]);
  });

  it("agree to what they saw, not to what the file says since", async () => {
    const { book, acts } = await loosenedFile();
    await expect(acts.ask(ask(book, { to: "0815" }))).rejects.toMatchObject({ code: "POLICY_CHANGED" });
    const { id } = await acts.ask(ask(book));
    const wider = await open("longestLife: P60M\nextensions: { most: 1 }");
    await expect(actsOver(wider).confirm({ id, ...SECOND })).rejects.toMatchObject({ code: "POLICY_CHANGED" });
    expect(terms(wider.inForce())).toEqual([36, 1]);
  });

  it("are not asked where the file is as strict as before", async () => {
    memory = createMemory();
    const book = await open(BEFORE);
    expect(book.view().waits).toEqual([]);
    await expect(actsOver(book).ask(ask(book))).rejects.toMatchObject({ code: "POLICY_CHANGED" });
    expect(terms((await open("longestLife: P24M\nextensions: { most: 3 }")).inForce())).toEqual([24, 3]);
    expect(logged).toEqual([]);
  });

  it("are not there without an identity provider: it holds, and log and trail say what became looser", async () => {
    memory = createMemory();
    await open(BEFORE, { persons: false });
    const book = await open(AFTER, { persons: false });
    expect([terms(book.inForce()), book.view().waits]).toEqual([[48, 1], []]);
    expect(logged).toEqual(["policy.loosened"]);
    expect(memory.trail[1]).toMatchObject({
      event: "policy.seen",
      facts: { loosened: "longestLife P36M → P48M", waits: false },
    });
    // What waited holds when persons are known no more, and that stands in the trail.
    const { book: waiting } = await loosenedFile();
    expect(waiting.view().waits).toHaveLength(1);
    expect(terms((await open(AFTER, { persons: false })).inForce())).toEqual([48, 1]);
    expect(memory.trail.at(-1)?.facts).toMatchObject({ loosened: "longestLife P36M → P48M", waits: false });
  });

  it("find a journal of an earlier version, which has the hash alone", async () => {
    memory = createMemory();
    const file = policy(BEFORE);
    await memory.set("policy", { hash: file.hash });
    expect(terms((await open(BEFORE)).inForce())).toEqual([36, 3]);
    expect(events()).toEqual([]);
    expect((await open(AFTER)).view().waits).toHaveLength(1);
  });
});
