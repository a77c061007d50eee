// What a fleet makes of what appliances say.

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { openBook } from "../../src/core/fleet/book.ts";
import type { ApplianceEntry } from "../../src/core/fleet/fleet-file.ts";
import { createGatherer } from "../../src/core/fleet/gather.ts";
import { keyLine } from "../../src/core/fleet/snapshot.ts";
import { atEnd, brief, copied, journal, listening, MINUTE, scene } from "./fleet-asking.ts";
import { testAppliance } from "./fleet-scene.ts";

describe("what was heard ages", () => {
  it("is unknown before the first word, known by it, and kept known by 'nothing changed'", async () => {
    const { ask, now, asked, pass, appliance } = await scene();
    expect(brief(now())).toEqual(["unknown", undefined, undefined, undefined]);
    const first = await ask();
    expect(brief(first)).toEqual(["known", undefined, undefined, 0]);
    pass(4 * MINUTE);
    await ask();
    pass(4 * MINUTE);
    expect(now().unknown).toBe(false);
    await appliance.happens(2);
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 2]);
    expect(asked).toEqual(["/api/v1/snapshot", "/api/v1/snapshot?since=0 known", "/api/v1/snapshot?since=0 known"]);
  });

  it("is unknown after five minutes by either clock: one that was set back, or stood still while the machine slept", async () => {
    const { ask, now, pass, place, clock } = await scene();
    for (const [wall, steady] of [
      [5 * MINUTE + 1, 5 * MINUTE + 1],
      [-60 * MINUTE, 5 * MINUTE + 1],
      [5 * MINUTE + 1, 1_000],
    ] as const) {
      place.answer = undefined;
      expect(brief(await ask())).toEqual(["known", undefined, undefined, 0]);
      const seen = clock.wall;
      place.answer = (response) => response.destroy();
      expect((await ask()).unknown).toBe(false);
      pass(wall, steady);
      expect(now()).toMatchObject({ unknown: true, seen, failure: { code: "APPLIANCE_AWAY", why: "ECONNRESET" } });
    }
  });

  it("stays unknown after a restart of the fleet until it is heard again, and says since when", async () => {
    const { ask, now, restart, clock, pass } = await scene();
    await ask();
    const seen = clock.wall;
    pass(MINUTE);
    await restart();
    expect(now()).toMatchObject({ unknown: true, seen, snapshot: undefined });
    expect((await ask()).unknown).toBe(false);
  });

  it("'nothing changed' is nobody's signature: every ten minutes the whole document is asked for", async () => {
    const { ask, asked, pass, place } = await scene();
    await ask();
    for (let minute = 0; minute < 11; minute++) {
      pass(MINUTE);
      await ask();
    }
    expect(asked.map((one, at) => (one.includes("known") ? "" : at)).filter((at) => at !== "")).toEqual([0, 10]);
    pass(10 * MINUTE);
    place.answer = (response) => response.writeHead(304).end();
    expect(brief(await ask())).toEqual(["unknown", undefined, "SNAPSHOT_UNREADABLE", 0]);
  });

  it("says when the clock of an appliance is off", async () => {
    const { ask, pass, appliance } = await scene();
    pass(6 * MINUTE);
    await appliance.happens();
    expect((await ask()).skew).toBe(-6 * MINUTE);
  });
});

describe("answers that are none", () => {
  it("a status, a page, a redirect, something else, or too much of it", async () => {
    const { ask, place } = await scene();
    const answers: readonly (readonly [string, (response: ServerResponse) => unknown, string, string])[] = [
      ["a status", (r: ServerResponse) => r.writeHead(401).end(), "APPLIANCE_REFUSES", "status 401"],
      ["an older version", (r: ServerResponse) => r.writeHead(404).end(), "APPLIANCE_REFUSES", "status 404"],
      ["a proxy", (r: ServerResponse) => r.writeHead(502).end(), "APPLIANCE_AWAY", "status 502"],
      [
        "another place",
        (r: ServerResponse) => r.writeHead(302, { location: "/x" }).end(),
        "APPLIANCE_REFUSES",
        "status 302",
      ],
      ["no JSON", (r: ServerResponse) => r.end("<html>"), "SNAPSHOT_UNREADABLE", ""],
      ["no UTF-8", (r: ServerResponse) => r.end(Buffer.from([0x22, 0xff, 0x22])), "SNAPSHOT_UNREADABLE", ""],
      ["another document", (r: ServerResponse) => r.end('{"snapshot":2}'), "SNAPSHOT_UNREADABLE", ""],
      ["a deep one", (r: ServerResponse) => r.end("[".repeat(200_000)), "SNAPSHOT_UNREADABLE", ""],
      ["unasked: nothing changed", (r: ServerResponse) => r.writeHead(304).end(), "SNAPSHOT_UNREADABLE", ""],
      ["too much", (r: ServerResponse) => r.end(Buffer.alloc((4 << 20) + 1, 0x20)), "SNAPSHOT_UNREADABLE", ""],
    ];
    for (const [name, answer, code, why] of answers) {
      place.answer = answer;
      expect([name, await ask()]).toMatchObject([name, { unknown: true, broken: undefined, failure: { code, why } }]);
    }
  });

  it("what an appliance makes up is refused part by part", async () => {
    const { ask, place, appliance, now } = await scene();
    const bad: readonly ((document: any) => void)[] = [
      (document) => (document.bridges[0].view.lifecycle = "constructor"),
      (document) => (document.bridges[0].row.sunset = "2027-02-30"),
      (document) => (document.bridges[0].outline.timezone = "Nirgends/Wo"),
      (document) => (document.causes[0].stage = "__proto__"),
      (document) => (document.bridges[0].view.title = "x".repeat(501)),
      (document) => (document.bridges[0].view.openDead = -1),
      (document) => (document.audit.seq = 1e300),
      (document) => (document.bridges[0].outline.brownouts[0].from = "2027-02-30T10:00"),
      (document) => (document.causes[0].oldest = "2026-12-31T23:59:60Z"),
      (document) => (document.causes[0].oldest = "2026-12-31 23:59:00Z"),
      (document) => (document.causes[0].erased = "2027-02-30T10:00:00Z"),
      (document) => (document.bridges[0].callers.last = "2027-02-03T25:00:00Z"),
      (document) => (document.bridges = Array.from({ length: 1_001 }, () => document.bridges[0])),
    ];
    for (const change of bad) {
      const { document } = structuredClone(await appliance.snapshot());
      change(document);
      place.answer = (response) => response.end(JSON.stringify(document));
      expect([String(change), brief(await ask())]).toEqual([
        String(change),
        ["unknown", undefined, "SNAPSHOT_UNREADABLE", undefined],
      ]);
    }
    // More than is known here is signed as well, and left out.
    appliance.answers = {
      ...appliance.answers,
      bridges: [{ ...(appliance.answers["bridges"] as object[])[0], neu: "x" }],
    };
    place.answer = undefined;
    await ask();
    expect(now().unknown).toBe(false);
    expect(now().snapshot?.bridges[0]?.view).not.toHaveProperty("neu");
  });
});

describe("the trail", () => {
  it("that was cut back is seen, remembered, and shown until people acknowledge it", async () => {
    const { appliance, ask, restart, acknowledge, audit, now } = await scene();
    await appliance.happens(3);
    await appliance.reopen();
    const copy = await copied(appliance);
    await appliance.happens(4);
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 7]);
    await copy.restore();
    // It is still the appliance: what it shows is shown, beside the break.
    expect(brief(await ask())).toEqual(["known", "cut", undefined, 3]);
    await restart();
    expect(now().broken?.kind).toBe("cut");
    // Growing past what is kept does not heal it.
    await appliance.happens(10);
    expect(brief(await ask())).toEqual(["known", "cut", undefined, 13]);
    await acknowledge();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 13]);
    await appliance.happens();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 14]);
    await expect(acknowledge()).rejects.toMatchObject({ code: "CHAIN_UNBROKEN" });
    const events = (await audit()).map(
      ({ event, actor, facts }) => `${event} ${actor} ${String(facts["ticket"] ?? facts["kind"])}`,
    );
    expect(events).toEqual(["fleet.chain-broken system cut", "fleet.chain-acknowledged test T-1"]);
  });

  it("that was rewritten is seen, also when it has grown longer meanwhile", async () => {
    const { appliance, ask } = await scene();
    await appliance.happens(3);
    await appliance.reopen();
    const copy = await copied(appliance);
    await appliance.happens(2);
    await ask();
    await copy.restore();
    await appliance.happens(9);
    expect(brief(await ask())).toEqual(["known", "changed", undefined, 12]);
  });

  it("that does not show what it was is no continuation", async () => {
    const { appliance, ask, place } = await scene();
    await appliance.happens(1);
    await ask();
    await appliance.happens(1);
    const { document } = await appliance.snapshot();
    place.answer = (response) => response.end(JSON.stringify(document));
    expect(brief(await ask())).toEqual(["known", "gap", undefined, 2]);
  });

  it("of another key is nobody's word; an acknowledgement lets it count", async () => {
    const { appliance, ask, place, acknowledge, restart, now } = await scene();
    await appliance.happens(2);
    await ask();
    const other = await testAppliance("andere");
    atEnd(async () => await other.remove());
    await other.happens(5);
    place.speaker = other;
    expect(brief(await ask())).toEqual(["known", "key", "SNAPSHOT_UNREADABLE", 2]);
    expect(now().snapshot?.bridges[0]?.view.bridge).toBe("farben");
    await restart();
    expect(brief(await ask())).toEqual(["unknown", "key", "SNAPSHOT_UNREADABLE", undefined]);
    await acknowledge();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 5]);
    expect(now().snapshot?.bridges[0]?.view.bridge).toBe("andere");
    // The old one is the stranger now.
    place.speaker = appliance;
    expect(brief(await ask())).toEqual(["known", "key", "SNAPSHOT_UNREADABLE", 5]);
    // And that it continues what was kept heals nothing by itself.
    place.speaker = other;
    expect(brief(await ask())).toEqual(["known", "key", undefined, 5]);
    await acknowledge();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 5]);
  });

  it("of a key that is not the pinned one waits for another pin", async () => {
    const other = await testAppliance();
    atEnd(async () => await other.remove());
    const { ask, acknowledge, restart, entry, appliance } = await scene({
      pinned: () => keyLine(other.state.publicKey),
    });
    await appliance.happens();
    expect(brief(await ask())).toEqual(["unknown", "key", "SNAPSHOT_UNREADABLE", undefined]);
    await expect(acknowledge()).rejects.toMatchObject({ code: "CHAIN_PINNED" });
    await restart([{ ...entry, publicKey: keyLine(appliance.state.publicKey) }]);
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 1]);
  });

  it("with a signature that does not fit is nobody's word", async () => {
    const { appliance, ask, place, acknowledge } = await scene();
    await ask();
    const { document } = await appliance.snapshot();
    const forged = { ...document, version: "9.9.9" };
    place.answer = (response) => response.end(JSON.stringify(forged));
    expect(brief(await ask())).toEqual(["known", "signature", "SNAPSHOT_UNREADABLE", 0]);
    place.answer = undefined;
    await appliance.happens();
    expect(brief(await ask())).toEqual(["known", "signature", undefined, 1]);
    await acknowledge();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 1]);
  });
});

describe("snapshots as files", () => {
  it("are read when they change, and are as old as they say", async () => {
    const { give, ask, now, pass, appliance } = await scene({ carried: true });
    expect(await ask()).toMatchObject({
      unknown: true,
      failure: { code: "APPLIANCE_AWAY", why: "there is no file yet" },
    });
    await give();
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 0]);
    pass(25 * 60 * MINUTE);
    expect((await ask()).unknown).toBe(false);
    pass(61 * MINUTE);
    expect((await ask()).unknown).toBe(true);
    // One that was long on its way is old when it comes.
    await appliance.happens();
    await give();
    expect(brief(await ask())).toEqual(["unknown", undefined, undefined, 1]);
    appliance.answers = {
      ...appliance.answers,
      lifecycle: { ...(appliance.answers["lifecycle"] as object), now: "2027-11-23T08:00:00.000Z" },
    };
    await give();
    expect((await ask()).unknown).toBe(false);
    expect(now().snapshot?.at).toBe("2027-11-23T08:00:00.000Z");
  });

  it("of the future do not stay new for ever, also across restarts", async () => {
    const { give, ask, pass, restart, appliance } = await scene({ carried: true });
    appliance.answers = {
      ...appliance.answers,
      lifecycle: { ...(appliance.answers["lifecycle"] as object), now: "2037-11-23T08:00:00.000Z" },
    };
    await give();
    expect(await ask()).toMatchObject({ unknown: false });
    expect((await ask()).skew).toBeGreaterThan(0);
    pass(14 * 60 * MINUTE);
    await restart();
    expect((await ask()).unknown).toBe(false);
    pass(13 * 60 * MINUTE);
    expect((await ask()).unknown).toBe(true);
  });

  it("may be lost and come twice; a trail that was cut is seen all the same", async () => {
    const { give, ask, path, appliance } = await scene({ carried: true });
    await appliance.happens(2);
    await give();
    await ask();
    copyFileSync(path, `${path}.old`);
    await appliance.reopen();
    const copy = await copied(appliance);
    for (let at = 0; at < 5; at++) {
      await appliance.happens();
      appliance.answers = {
        ...appliance.answers,
        lifecycle: { ...(appliance.answers["lifecycle"] as object), now: `2027-11-22T07:0${at}:00.000Z` },
      };
      await give();
    }
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 7]);
    copyFileSync(`${path}.old`, path);
    expect(brief(await ask())).toEqual(["known", undefined, undefined, 7]);
    await copy.restore();
    appliance.answers = {
      ...appliance.answers,
      lifecycle: { ...(appliance.answers["lifecycle"] as object), now: "2027-11-22T08:00:00.000Z" },
    };
    await give();
    expect(brief(await ask())).toEqual(["known", "cut", undefined, 2]);
  });

  it("that are half, links or pipes are not read", async () => {
    const { give, ask, path } = await scene({ carried: true });
    await give();
    const text = readFileSync(path);
    writeFileSync(path, text.subarray(0, text.length / 2));
    expect((await ask()).failure?.code).toBe("SNAPSHOT_UNREADABLE");
    rmSync(path);
    symlinkSync("/etc/hostname", path);
    expect((await ask()).failure).toMatchObject({ code: "APPLIANCE_AWAY", why: "it is a link" });
    rmSync(path);
    execFileSync("mkfifo", [path]);
    expect((await ask()).failure?.code).toBe("SNAPSHOT_UNREADABLE");
  });
});

describe("rounds", () => {
  it("ask each appliance once per round, a few at a time, until they shall end", async () => {
    const appliance = await testAppliance();
    atEnd(async () => await appliance.remove());
    const { document } = await appliance.snapshot();
    const body = JSON.stringify(document);
    let requests = 0;
    const count = (): number => requests;
    let open = 0;
    const gate = Promise.withResolvers<void>();
    const server = await listening(async (_url, _etag, response) => {
      requests++;
      open++;
      await gate.promise;
      open--;
      response.end(body);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const entry = (name: string): ApplianceEntry => ({
      name,
      title: name,
      tags: {},
      publicKey: undefined,
      link: undefined,
      contact: undefined,
      from: { kind: "pulled", url, token: () => "t", clientCert: undefined, clientKey: undefined, ca: undefined },
    });
    const book = await openBook({ journal, now: Date.now, onError: () => undefined });
    const clock = { wall: Date.now, steady: () => performance.now() };
    const appliances = Array.from({ length: 80 }, (_, at) => entry(`r${at}`));
    const gatherer = createGatherer({ appliances, every: 300, book, clock, log: () => undefined });
    const stop = new AbortController();
    const running = gatherer.run(stop.signal);
    const until = async (what: () => boolean): Promise<void> => {
      while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until(() => open === 64);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(open).toBe(64);
    gate.resolve();
    await until(() => gatherer.standings().every(({ snapshot }) => snapshot !== undefined));
    const first = count();
    expect(first).toBeLessThan(80 * 4);
    await until(() => count() >= first + 80);
    stop.abort();
    await running;
    // What was on its way when they ended.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = count();
    await new Promise((resolve) => setTimeout(resolve, 450));
    expect(count()).toBe(before);
  });
});
