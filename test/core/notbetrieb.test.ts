// The rules of Notbetrieb: who may open a bridge when, for how long, who confirms, and what everybody hears of it.

import { describe, expect, it } from "vitest";
import { lifecycleHeaders, refusedByLifecycle } from "../../src/core/calls/lifecycle.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { enterLedger, enterNotbetrieb, readLedger } from "../../src/core/lifecycle/ledger.ts";
import {
  confirmNotbetrieb,
  endNotbetrieb,
  openNotbetrieb,
  type NotbetriebBook,
} from "../../src/core/lifecycle/notbetrieb.ts";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";
import { handedOverNotice, notbetriebNotice } from "../../src/core/lifecycle/state-notice.ts";
import { standingNow } from "../../src/core/lifecycle/state-watch.ts";
import { fileTreatment, mayFinish, standingOf, type Standing } from "../../src/core/lifecycle/state.ts";
import { bridgeOf, createMemory, lifecycleOf } from "./lifecycle-fixtures.ts";

const BERLIN = "Europe/Berlin";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The bridge ends on 16 November 2027 at 10:00, which is 09:00 UTC. */
const END = Date.parse("2027-11-16T09:00:00Z");
const policy = builtInPolicy().notbetrieb;

const standing = (now: number, book?: NotbetriebBook, retiredAt?: number, lifecycle = lifecycleOf()): Standing =>
  standingOf(lifecycle, BERLIN, now, { notbetrieb: book?.last, retiredAt });
const opened = (now: number, book?: NotbetriebBook, rules = policy): NotbetriebBook =>
  openNotbetrieb(book, standing(now, book), { actor: "token:a", reason: "frist", ticket: "T-1" }, rules, now);
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (cause) {
    return cause instanceof BridgeError ? cause.code : String(cause);
  }
  return "none";
};

describe("stage 1", () => {
  it("opens a bridge for 24 hours, to the millisecond, and after that it has ended as before", () => {
    const from = END + 3 * HOUR;
    const book = opened(from);
    expect(book).toMatchObject({ uses: 1, last: { from, until: from + DAY, stage: 1, by: "token:a" } });
    expect(standing(from - 1, book)).toMatchObject({ state: "sunset", closedAt: END });
    for (const now of [from, from + DAY - 1]) {
      const open = standing(now, book);
      expect(open).toMatchObject({
        state: "notbetrieb",
        since: from,
        notbetriebUntil: from + DAY,
        closedAt: undefined,
      });
      expect(open.next).toEqual({ state: "sunset", at: from + DAY });
      expect(fileTreatment(open.state)).toBe("process");
      expect(mayFinish(open, now)).toBe(true);
    }
    const after = standing(from + DAY, book);
    expect(after).toMatchObject({
      state: "sunset",
      since: from + DAY,
      closedAt: from + DAY,
      notbetriebUntil: undefined,
    });
    expect(fileTreatment(after.state)).toBe("hold");
  });

  it("is for bridges that have ended: not before, not while one is open, not once it is retired", () => {
    expect(codeOf(() => opened(END - 1))).toBe("NOTBETRIEB_REFUSED");
    const book = opened(END);
    expect(codeOf(() => opened(END + 1, book))).toBe("NOTBETRIEB_REFUSED");
    const retired = standing(END + 2 * DAY, undefined, END + DAY);
    const ask = { actor: "token:a", reason: "frist", ticket: "T" };
    expect(codeOf(() => openNotbetrieb(undefined, retired, ask, policy, END + 2 * DAY))).toBe("NOTBETRIEB_REFUSED");
  });

  it("needs a ticket and one of the policy's reasons", () => {
    const ask = (changes: object) => () =>
      openNotbetrieb(
        undefined,
        standing(END),
        { actor: "token:a", reason: "frist", ticket: "T", ...changes },
        policy,
        END,
      );
    expect(codeOf(ask({}))).toBe("none");
    for (const changes of [{ reason: "" }, { reason: "Frist" }, { reason: "toString" }, { ticket: "  " }]) {
      expect(codeOf(ask(changes))).toBe("REQUEST_INVALID");
    }
    for (const reason of ["frist", "ausfall-nachfolger", "nachlieferung", "sonstiges"]) {
      expect(codeOf(ask({ reason }))).toBe("none");
    }
  });

  it("not directly after the last one, and not more often than the policy allows", () => {
    let book = opened(END);
    expect(codeOf(() => opened(END + DAY, book))).toBe("NOTBETRIEB_REFUSED");
    expect(codeOf(() => opened(END + 2 * DAY - 1, book))).toBe("NOTBETRIEB_REFUSED");
    // A policy may allow it at once.
    expect(opened(END + DAY, book, { ...policy, pause: { months: 0, days: 0 } })).toMatchObject({ uses: 2 });
    for (let use = 2; use <= policy.most; use++) {
      book = opened(book.last.until + DAY, book);
      expect(book.uses).toBe(use);
    }
    expect(codeOf(() => opened(book.last.until + 300 * DAY, book))).toBe("NOTBETRIEB_REFUSED");
    expect(codeOf(() => opened(END, undefined, { ...policy, most: 0 }))).toBe("NOTBETRIEB_REFUSED");
  });

  it("ends when somebody ends it, at that moment", () => {
    const book = opened(END + HOUR);
    const ended = endNotbetrieb(book, standing(END + 2 * HOUR, book), END + 2 * HOUR);
    expect(standing(END + 2 * HOUR, ended)).toMatchObject({ state: "sunset", closedAt: END + 2 * HOUR });
    expect(codeOf(() => endNotbetrieb(ended, standing(END + 3 * HOUR, ended), END + 3 * HOUR))).toBe(
      "NOTBETRIEB_REFUSED",
    );
    expect(codeOf(() => endNotbetrieb(undefined, standing(END), END))).toBe("NOTBETRIEB_REFUSED");
  });
});

describe("stage 2", () => {
  const other = { actor: "oidc:b", roles: ["approver"] };

  it("makes it 14 days from the begin, by another person of the role approver", () => {
    const book = opened(END);
    const confirmed = confirmNotbetrieb(book, standing(END + HOUR, book), other);
    expect(confirmed).toMatchObject({
      uses: 1,
      last: { stage: 2, until: END + 14 * DAY, by: "token:a", confirmedBy: "oidc:b" },
    });
    expect(standing(END + 14 * DAY - 1, confirmed).state).toBe("notbetrieb");
    expect(standing(END + 14 * DAY, confirmed).state).toBe("sunset");
    expect(codeOf(() => confirmNotbetrieb(confirmed, standing(END + HOUR, confirmed), other))).toBe(
      "NOTBETRIEB_REFUSED",
    );
  });

  it("by nobody else, and only while the bridge is open", () => {
    const book = opened(END);
    const open = standing(END + HOUR, book);
    for (const approver of [
      { actor: "token:a", roles: ["approver"] },
      { actor: " TOKEN:A ", roles: ["approver"] },
      { actor: "oidc:b", roles: ["operator"] },
    ]) {
      expect(codeOf(() => confirmNotbetrieb(book, open, approver))).toBe("APPROVAL_NEEDED");
    }
    expect(codeOf(() => confirmNotbetrieb(book, standing(END + DAY, book), other))).toBe("NOTBETRIEB_REFUSED");
    expect(codeOf(() => confirmNotbetrieb(undefined, standing(END), other))).toBe("NOTBETRIEB_REFUSED");
  });
});

describe("what follows", () => {
  it("an extension that is accepted later is what counts; a brownout is not kept; retirement ends it", () => {
    const book = opened(END);
    const extension = { to: "2028-01-11", reason: "später", requestedBy: "a", approvedBy: "b", on: "2027-11-01" };
    const longer = lifecycleOf({ extensions: [extension] });
    expect(standing(END + HOUR, book, undefined, longer)).toMatchObject({
      state: "extended",
      notbetriebUntil: undefined,
    });
    const brownouts = [{ from: "2027-11-16T09:00", to: "2027-11-16T18:00" }];
    expect(standing(END + HOUR, book, undefined, lifecycleOf({ brownouts })).brownoutUntil).toBeUndefined();
    expect(standing(END + 3 * HOUR, book, END + 2 * HOUR)).toMatchObject({
      state: "retired",
      closedAt: END + 2 * HOUR,
    });
  });

  it("what was taken is finished within 14 days of the last time that the bridge was open", () => {
    const book = opened(END + 20 * DAY);
    expect(mayFinish(standing(END + 14 * DAY - 1), END + 14 * DAY - 1)).toBe(true);
    expect(mayFinish(standing(END + 14 * DAY), END + 14 * DAY)).toBe(false);
    expect(mayFinish(standing(END + 19 * DAY, book), END + 19 * DAY)).toBe(false);
    expect(mayFinish(standing(END + 21 * DAY, book), END + 21 * DAY)).toBe(true);
    expect(mayFinish(standing(END + 35 * DAY - 1, book), END + 35 * DAY - 1)).toBe(true);
    expect(mayFinish(standing(END + 35 * DAY, book), END + 35 * DAY)).toBe(false);
    expect(mayFinish(standing(END - DAY, undefined, END - 2 * DAY), END - DAY)).toBe(true);
  });

  it("callers are served and read until when; receipts say so", () => {
    const book = opened(END);
    const open = standing(END + HOUR, book);
    expect(refusedByLifecycle(lifecycleOf(), open, END + HOUR)).toBeUndefined();
    const headers = lifecycleHeaders(lifecycleOf(), open, BERLIN);
    expect(headers).toMatchObject({
      sunset: "Wed, 17 Nov 2027 09:00:00 GMT",
      "steg-notbetrieb": `@${(END + DAY) / 1_000}`,
    });
    expect(lifecycleHeaders(lifecycleOf(), standing(END), BERLIN)).not.toHaveProperty("steg-notbetrieb");
    expect(refusedByLifecycle(lifecycleOf(), standing(END + DAY, book), END + DAY)).toMatchObject({ status: 410 });
    expect(notbetriebNotice(lifecycleOf(), open, BERLIN)).toBe(
      "Notbetrieb: Diese Schnittstelle ist am 16.11.2027 beendet worden und nur vorübergehend wieder geöffnet, bis 17.11.2027, 10:00:00. Nachfolger: https://neu.example/api",
    );
    expect(notbetriebNotice(lifecycleOf(), standing(END), BERLIN)).toBeUndefined();
    const drop = { sha256: "ab12", finished: END + HOUR };
    expect(handedOverNotice(lifecycleOf(), standing(END), drop, BERLIN)).toContain(
      "Die Lieferung ist am 16.11.2027 um 11:00:00 an den Nachfolger übergeben worden; von hier aus wird sie nicht mehr zugestellt. SHA-256 ab12.",
    );
  });

  it("stands in the ledger and the trail in one write, and survives the next start", async () => {
    const memory = createMemory();
    const bridge = bridgeOf();
    const entry = await enterLedger(memory, new Map(), bridge, "gewerbe", END - DAY);
    const book = opened(END);
    await enterNotbetrieb(memory, entry, book, { at: END, event: "notbetrieb.begun", actor: "token:a" });
    expect(memory.trail.at(-1)).toMatchObject({
      event: "notbetrieb.begun",
      bridge: bridge.name,
      actor: "token:a",
      facts: { reason: "frist", ticket: "T-1", stage: 1, uses: 1, until: "2027-11-17T09:00:00.000Z" },
    });
    const later = createMemory(memory.stored);
    await enterLedger(later, await readLedger(later), bridgeOf({ version: "v2" }), "gewerbe", END + HOUR);
    const ledger = await readLedger(later);
    expect(ledger.get(bridge.name)).toMatchObject({ version: "v2", notbetrieb: book });
    expect(standingNow(bridge, ledger, END + HOUR).state).toBe("notbetrieb");
  });

  it("the policy says reasons, number and pause", () => {
    const read = (text: string) => {
      const found: string[] = [];
      const read = readPolicy(
        "policy.yaml",
        new TextEncoder().encode(`policy: 1\n${text}`),
        ({ code }) => void found.push(code),
      );
      return { notbetrieb: read?.notbetrieb, found };
    };
    expect(read("").notbetrieb).toEqual({
      reasons: ["frist", "ausfall-nachfolger", "nachlieferung", "sonstiges"],
      most: 4,
      pause: { months: 0, days: 1 },
    });
    expect(read("notbetrieb: { reasons: [stichtag], most: 1, pause: P7D }\n").notbetrieb).toEqual({
      reasons: ["stichtag"],
      most: 1,
      pause: { months: 0, days: 7 },
    });
    for (const wrong of ["{ reasons: [Ein Satz] }", "{ most: -1 }", "{ pause: 3h }", "{ dauer: 9 }"]) {
      expect(read(`notbetrieb: ${wrong}\n`).found).not.toEqual([]);
    }
  });
});
