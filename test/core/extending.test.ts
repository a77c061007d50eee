// Extending a bridge by two persons over a real journal: who may, to which day, what follows at once and after a restart, and what the
// bridge file can and cannot change of it.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Lifecycle, LoadedBridge } from "../../src/core/bridge/types.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { dateIn, takesEffect } from "../../src/core/lifecycle/dates.ts";
import { daysFor, refusalsOf } from "../../src/core/lifecycle/extension-rules.ts";
import type { Extension } from "../../src/core/lifecycle/extensions.ts";
import { withApproved } from "../../src/core/lifecycle/extensions.ts";
import { acceptedBy, checkRatchet, enterLedger, readLedger } from "../../src/core/lifecycle/ledger.ts";
import { lifecycleEvents } from "../../src/core/lifecycle/calendar/events.ts";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";
import type { Policy } from "../../src/core/lifecycle/policy.ts";
import { createLifecycleWatch } from "../../src/core/lifecycle/state-watch.ts";
import { endOf, fileTreatment } from "../../src/core/lifecycle/state.ts";
import { createLocalOperations } from "../../src/core/operations/local.ts";
import type { LocalOperations } from "../../src/core/operations/local.ts";
import { addPeriod, formatDate, parseDate } from "../../src/core/options/units.ts";
import { bridgeOf, lifecycleOf } from "./lifecycle-fixtures.ts";
import { DAY, never, testState } from "./journal-state.ts";

const NAME = "gewerbeanmeldung";
const ZONE = "Europe/Berlin";
const HOUR = 3_600_000;
/** 16 November 2027, 10:00 in Berlin. */
const END = Date.parse("2027-11-16T09:00:00Z");
const ASKER = "oidc:m.brandt/u-17";
const SECOND = { actor: "oidc:a.sommer/u-18", roles: ["approver"] } as const;
const place = testState();
afterEach(async () => await place.remove());

interface Scene {
  readonly state: OpenState;
  readonly operations: LocalOperations;
  readonly bridge: LoadedBridge;
  standing(): ReturnType<Awaited<ReturnType<typeof createLifecycleWatch>>["standing"]>;
  at(time: number): void;
  journal: OpenState["journal"];
}

/** As a start does it: what is in the ledger stays. */
async function scene(
  time: number,
  lifecycle: Lifecycle = lifecycleOf(),
  over: { readonly state?: OpenState; readonly policy?: Policy } = {},
): Promise<Scene> {
  const state = over.state ?? (await place.open());
  let now = time;
  const bridge = bridgeOf({ lifecycle, version: JSON.stringify(lifecycle), answers: [] });
  await enterLedger(state.journal, await readLedger(state.journal), bridge, NAME, now);
  const read = () => ({ wall: now, uptime: now, boot: "one" });
  const watch = await createLifecycleWatch({ journal: state.journal, bridges: () => [bridge], read });
  const { journal } = state;
  const operations = createLocalOperations({
    journal,
    spool: state.spool,
    publicKey: state.publicKey,
    bridges: async () => [bridge],
    refused: async () => [],
    watch: async () => watch,
    policy: async () => over.policy ?? builtInPolicy(),
    running: () => undefined,
    appliance: async () => await Promise.reject(new Error("no engine here")),
    signal: never,
    now: () => now,
    persons: true,
  });
  return {
    state,
    operations,
    bridge,
    journal,
    standing: () => watch.standing(bridge),
    at: (next) => void (now = next),
  };
}

const ask = (to: string, more: object = {}) => ({
  kind: "extend" as const,
  bridge: NAME,
  to,
  reason: "Die Abnahme ist verschoben",
  ticket: "INC-4711",
  actor: ASKER,
  ...more,
});
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "done",
    (cause: { code: string; message: string }) => `${cause.code} ${cause.message}`,
  );
async function extend({ operations }: Scene, to: string): Promise<string> {
  const { id } = await operations.askForAct(ask(to));
  return (await operations.confirmAct({ id, ...SECOND })).state;
}
const policyOf = (yaml: string): Policy => {
  const policy = readPolicy("policy.yaml", new TextEncoder().encode(`policy: 1\n${yaml}`), () => undefined);
  if (policy === undefined) throw new Error(`no policy: ${yaml}`);
  return policy;
};

describe("extending by two persons", () => {
  it("moves the end at once, for all who tell of it, and after a restart with the file as it was", async () => {
    const first = await scene(END - 20 * DAY);
    const { operations, state, bridge } = first;
    expect(await operations.extension({ bridge: NAME })).toMatchObject({
      end: "2027-11-16",
      used: 0,
      most: 2,
      days: { earliest: "2027-11-17", latest: "2028-02-10" },
      refused: null,
      lines: "",
      twoPersons: true,
    });
    const act = await operations.askForAct(ask("2028-02-08"));
    expect(act).toMatchObject({ state: "open", count: 84, to: "2028-02-08", ticket: "INC-4711" });
    expect(first.standing().end).toBe("2027-11-16");
    expect(await operations.confirmAct({ id: act.id, ...SECOND })).toMatchObject({ state: "done", done: 84 });
    expect(first.standing()).toMatchObject({
      state: "deprecated",
      end: "2028-02-08",
      sunset: "2027-11-16",
      extensions: 1,
    });
    expect((await operations.lifecycle({})).rows[0]).toMatchObject({ sunset: "2028-02-08", extensions: 1 });
    const [outline] = (await operations.outlines({})).bridges;
    const ends = lifecycleEvents(outline!).filter(({ category }) => category === "Ende");
    expect(ends.map(({ from, sequence }) => [from, sequence])).toEqual([
      ["2028-02-08T10:00", 1],
      ["2027-11-16T10:00", 0],
    ]);
    expect((await operations.report({ bridge: NAME })).report.dates).toMatchObject({
      sunset: "2027-11-16",
      end: "2028-02-08",
      extensions: [{ to: "2028-02-08", on: "2027-10-27" }],
    });
    const trail = await state.journal.auditEntries({ limit: 100 });
    expect(trail.filter(({ event }) => /^(act|lifecycle\.extended)/.test(event))).toMatchObject([
      { event: "act.asked", actor: ASKER, facts: { to: "2028-02-08", ticket: "INC-4711" } },
      { event: "act.confirmed", actor: SECOND.actor },
      {
        event: "lifecycle.extended",
        actor: SECOND.actor,
        bridge: NAME,
        facts: { to: "2028-02-08", ticket: "INC-4711" },
      },
      { event: "act.done" },
    ]);
    await state.close();
    const again = await scene(END + DAY);
    expect(again.bridge.version).toBe(bridge.version);
    expect(again.standing()).toMatchObject({ state: "extended", end: "2028-02-08" });
    again.at(takesEffect("2028-02-08", ZONE));
    expect(again.standing().state).toBe("sunset");
  });

  it.each([
    ["who asked", { actor: ASKER, roles: ["approver"] }],
    ["who asked, by another name", { actor: "oidc:anders/u-17", roles: ["approver", "operator"] }],
    ["somebody who is no approver", { actor: SECOND.actor, roles: ["operator"] }],
    ["a token", { actor: "token:leitung", roles: ["approver"] }],
  ] as const)("is not confirmed by %s", async (_who, by) => {
    const one = await scene(END - 20 * DAY);
    const { id } = await one.operations.askForAct(ask("2028-02-08"));
    expect(await codeOf(one.operations.confirmAct({ id, ...by }))).toContain("APPROVAL_NEEDED");
    expect(one.standing().end).toBe("2027-11-16");
    expect((await readLedger(one.journal)).get(NAME)?.approved).toBeUndefined();
  });

  it("is asked for by a person, with words and a ticket, of a bridge that is there and was not retired", async () => {
    const { operations, journal, bridge } = await scene(END - 20 * DAY);
    const asked = async (more: object) => await codeOf(operations.askForAct(ask("2028-02-08", more)));
    expect(await asked({ actor: "token:betrieb" })).toContain("APPROVAL_NEEDED");
    expect(await asked({ reason: "4711" })).toContain("REQUEST_INVALID the reason of an extension takes some words");
    expect(await asked({ ticket: " " })).toContain("REQUEST_INVALID an extension needs a ticket");
    expect(await asked({ to: "2028-02-31" })).toContain("REQUEST_INVALID the new end must be a date");
    expect(await asked({ bridge: "niemand" })).toContain("BRIDGE_UNKNOWN");
    const entry = (await readLedger(journal)).get(bridge.name);
    await journal.set(`ledger/${NAME}`, { ...entry, retiredAt: END - 30 * DAY });
    expect(await asked({})).toContain("LIFECYCLE_EXTENSION this bridge was retired");
    expect(await operations.acts({})).toEqual([]);
  });

  it("is refused in the words of the file: wrong days, too far, too often, too late", async () => {
    const one = await scene(END - 20 * DAY);
    const asked = async (to: string) => await codeOf(one.operations.askForAct(ask(to)));
    expect(await asked("2028-02-12")).toBe("POLICY_DAY 2028-02-12 is a Saturday; by the policy nothing ends then");
    expect(await asked("2028-02-15")).toBe(
      "POLICY_EXTENSIONS 2028-02-15 is more than 90 days after 2027-11-16; the policy allows no longer extension",
    );
    expect(await asked("2027-11-16")).toBe(
      "LIFECYCLE_EXTENSION the extension to 2027-11-16 is not later than the end it extends (2027-11-16)",
    );
    for (const to of ["2028-02-08", "2028-05-03"]) expect(await extend(one, to)).toBe("done");
    expect(await asked("2028-06-13")).toBe("POLICY_EXTENSIONS this is extension 3; the policy allows 2");
    expect(await one.operations.extension({ bridge: NAME })).toMatchObject({
      used: 2,
      days: null,
      refused: { code: "POLICY_EXTENSIONS", message: "this is extension 3; the policy allows 2" },
    });
  });

  it("reopens a bridge on the very day of its end, and never afterwards", async () => {
    const one = await scene(END + 5 * HOUR);
    expect(fileTreatment(one.standing().state)).toBe("hold");
    expect(await extend(one, "2028-02-08")).toBe("done");
    expect(one.standing()).toMatchObject({ state: "extended", closedAt: undefined });
    expect(fileTreatment(one.standing().state)).toBe("process");
    await one.state.close();
    const late = await scene(takesEffect("2028-02-08", ZONE) + DAY);
    expect(await codeOf(late.operations.askForAct(ask("2028-03-07")))).toBe(
      "LIFECYCLE_EXTENSION the extension was approved on 2028-02-09, after the end had passed (2028-02-08)",
    );
    expect((await late.operations.extension({ bridge: NAME })).refused).toMatchObject({ code: "LIFECYCLE_EXTENSION" });
  });

  it("that was asked for in time is not confirmed after the end has passed", async () => {
    const one = await scene(END - DAY);
    const { id } = await one.operations.askForAct(ask("2028-02-08"));
    one.at(END + DAY);
    expect(await codeOf(one.operations.confirmAct({ id, ...SECOND }))).toContain("after the end had passed");
    expect((await one.operations.acts({}))[0]).toMatchObject({ state: "open", confirmedBy: null });
    expect(one.standing().state).toBe("sunset");
  });

  it("is confirmed by those whom the policy names, by name", async () => {
    const policy = policyOf("approvers: [k.wolff]\n");
    const one = await scene(END - 20 * DAY, lifecycleOf(), { policy });
    const { id } = await one.operations.askForAct(ask("2028-02-08"));
    expect(await codeOf(one.operations.confirmAct({ id, ...SECOND }))).toBe(
      "POLICY_APPROVER a.sommer is not among those who may approve by the policy",
    );
    const named = { id, actor: "oidc:K.Wolff/u-20", roles: ["approver"] } as const;
    expect(await one.operations.confirmAct(named)).toMatchObject({ state: "done" });
  });

  it.each([
    ["before the ledger has it", "ledger/", "sunset"],
    ["before the act is done", "act/", "extended"],
  ])("goes on after a crash %s, once, with the day on which it was confirmed", async (_when, prefix, before) => {
    const one = await scene(END - DAY);
    const { id } = await one.operations.askForAct(ask("2028-02-08"));
    const { set } = one.journal;
    Object.assign(one.journal, {
      set: async (key: string, value: { readonly state?: string }, ...rest: [never]) => {
        if (key.startsWith(prefix) && value.state !== "confirmed") throw new Error("cut");
        await set.call(one.journal, key, value, ...rest);
      },
    });
    expect(await one.operations.confirmAct({ id, ...SECOND })).toMatchObject({
      state: "confirmed",
      trouble: "INTERNAL",
    });
    expect(one.standing().state).toBe("deprecated");
    await one.state.close();
    // The appliance comes back days after the end.
    const again = await scene(END + 3 * DAY);
    expect(again.standing().state).toBe(before);
    for (let time = 0; time < 2; time++) await again.operations.twoPersons.resume();
    expect((await again.operations.acts({}))[0]).toMatchObject({ state: "done", done: 84 });
    expect(again.standing()).toMatchObject({ state: "extended", end: "2028-02-08", extensions: 1 });
    expect((await readLedger(again.journal)).get(NAME)?.approved).toEqual([
      {
        to: "2028-02-08",
        reason: "Die Abnahme ist verschoben",
        requestedBy: "m.brandt",
        approvedBy: "a.sommer",
        on: "2027-11-15",
      },
    ]);
  });

  it("lapses where the file took the last of the budget meanwhile", async () => {
    const one = await scene(END - DAY, lifecycleOf(), { policy: policyOf("extensions: { most: 1 }\n") });
    const { id } = await one.operations.askForAct(ask("2028-02-08"));
    await one.journal.set(`act/${id}`, {
      ...(await one.journal.get<object>(`act/${id}`)),
      state: "confirmed",
      confirmedBy: SECOND.actor,
      confirmedOn: "2027-11-15",
    });
    await one.state.close();
    const own = { to: "2028-01-11", reason: "Abnahme", requestedBy: "a", approvedBy: "b", on: "2027-11-15" };
    const policy = policyOf("extensions: { most: 1 }\n");
    const again = await scene(END - DAY, lifecycleOf({ extensions: [own] }), { policy });
    await again.operations.twoPersons.resume();
    expect((await again.operations.acts({}))[0]).toMatchObject({ state: "over", trouble: "POLICY_EXTENSIONS" });
    expect(again.standing()).toMatchObject({ end: "2028-01-11", extensions: 1 });
  });
});

describe("the bridge file beside it", () => {
  it("changes nothing by having it, too, and does not take it away by leaving it out again", async () => {
    const one = await scene(END - 20 * DAY);
    await extend(one, "2028-02-08");
    const { lines, extensions } = await one.operations.extension({ bridge: NAME });
    expect(extensions).toMatchObject([{ inFile: false }]);
    // The lines are a block that the file takes as it is.
    const [written] = (parse(lines) as { extensions: readonly Extension[] }).extensions;
    const lifecycle = lifecycleOf({ extensions: [written!] });
    const taken = await scene(END - 19 * DAY, lifecycle, { state: one.state });
    expect(taken.standing()).toMatchObject({ end: "2028-02-08", extensions: 1 });
    expect(await taken.operations.extension({ bridge: NAME })).toMatchObject({
      used: 1,
      lines: "",
      extensions: [{ inFile: true }],
    });
    const without = await scene(END - 18 * DAY, lifecycleOf(), { state: one.state });
    expect(without.standing()).toMatchObject({ end: "2028-02-08", extensions: 1 });
    expect((await without.operations.extension({ bridge: NAME })).lines).toContain("2028-02-08");
    const seen = (await one.journal.auditEntries({ limit: 100 })).filter(({ event }) => event === "lifecycle.seen");
    expect(seen.map(({ facts }) => facts["notInFile"])).toEqual([undefined, undefined, 1]);
  });

  it("may have it whatever the policy says by now, but no sunset in its place", async () => {
    const one = await scene(END - 20 * DAY);
    await extend(one, "2028-02-08");
    const ledger = await readLedger(one.journal);
    const [approved] = ledger.get(NAME)?.approved ?? [];
    const accepted = acceptedBy(ledger);
    expect(accepted(NAME, lifecycleOf({ extensions: [approved!] }))).toBe(true);
    expect(accepted(NAME, lifecycleOf({ extensions: [{ ...approved!, to: "2028-02-09" }] }))).toBe(false);
    const moved = bridgeOf({ lifecycle: lifecycleOf({ sunset: "2028-02-08" }) });
    expect(checkRatchet(moved, ledger, [moved])).toMatchObject([{ code: "SUNSET_MOVED" }]);
  });

  it("shares one budget with it", async () => {
    const own = { to: "2028-01-11", reason: "Abnahme", requestedBy: "a", approvedBy: "b", on: "2027-09-01" };
    const one = await scene(END - 20 * DAY, lifecycleOf({ extensions: [own] }));
    expect(await extend(one, "2028-04-05")).toBe("done");
    expect(one.standing()).toMatchObject({ end: "2028-04-05", extensions: 2 });
    expect(await codeOf(one.operations.askForAct(ask("2028-05-03")))).toContain(
      "POLICY_EXTENSIONS this is extension 3",
    );
  });
});

describe("whatever is asked for", () => {
  const date = fc.integer({ min: -40, max: 400 }).map((days) => formatDate((parseDate("2027-11-16") ?? 0) + days));
  const policies = [
    "",
    "extensions: { most: 0 }\n",
    "extensions: { most: 3, longest: P2M }\n",
    "endDays: { weekdays: [monday] }\n",
  ].map(policyOf);

  it("no end is later than the policy's budget allows, and what is taken lies within the days that are offered", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...policies),
        fc.array(fc.record({ to: date, isFile: fc.boolean(), today: fc.integer({ min: 0, max: 60 }) }), {
          maxLength: 12,
        }),
        (policy, steps) => {
          let lifecycle = lifecycleOf();
          let approved: readonly Extension[] = [];
          let now = END - 50 * DAY;
          for (const { to, isFile, today: later } of steps) {
            now += later * DAY;
            const today = dateIn(now, ZONE);
            const asked = { to, reason: "Abnahme", requestedBy: "a", approvedBy: "b", on: today };
            const taken = refusalsOf(lifecycle, approved, asked, policy, today).length === 0;
            const days = daysFor(lifecycle, approved, policy, today);
            const isOffered = "earliest" in days && to >= days.earliest && to <= days.latest;
            expect(taken && !isOffered).toBe(false);
            if (!taken) continue;
            if (isFile)
              lifecycle = { ...lifecycle, extensions: [...withApproved(lifecycle, approved).extensions, asked] };
            else approved = [...approved, asked];
          }
          const both = withApproved(lifecycle, approved);
          expect(both.extensions.length).toBeLessThanOrEqual(policy.extensions.most);
          let most = parseDate(lifecycle.sunset) ?? 0;
          for (let at = 0; at < policy.extensions.most; at++) most = addPeriod(most, policy.extensions.longest);
          expect(endOf(both) <= formatDate(most)).toBe(true);
          for (const { to, on } of both.extensions) expect(on <= to).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
