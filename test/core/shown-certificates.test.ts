// What servers showed in handshakes: kept over restarts, for the bridge as it is now, in bounds.

import { describe, expect, it } from "vitest";
import { createShownCertificates } from "../../src/core/alarms/shown-certificates.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2027, 4, 3, 6);
const END = Date.UTC(2027, 5, 1, 10);
const bridge = { name: "farben", version: "v1", timezone: "Europe/Berlin" };

/** Keeps values as the journal does: as JSON. */
function memory() {
  const kept = new Map<string, string>();
  const calls = { writes: 0 };
  return {
    kept,
    calls,
    entries: async <T>() => new Map([...kept].map(([key, value]) => [key, JSON.parse(value) as T])),
    set: async (key: string, value: unknown) => {
      calls.writes++;
      kept.set(key, JSON.stringify(value));
    },
  };
}

describe("certificates that servers showed", () => {
  it("run out with the bridge's other things, also after a restart", async () => {
    const journal = memory();
    const before = createShownCertificates({ journal, now: () => NOW });
    before.note(bridge, "neu.example:443", END);
    await before.flush();
    const after = createShownCertificates({ journal, now: () => NOW });
    after.note(bridge, "ftp.example:21", END + DAY);
    expect(await after.of(bridge)).toEqual([
      { bridge: "farben", of: "certificate", what: "neu.example:443", until: "2027-06-01T12:00:00+02:00" },
      { bridge: "farben", of: "certificate", what: "ftp.example:21", until: "2027-06-02T12:00:00+02:00" },
    ]);
    expect(await after.of({ ...bridge, name: "formen" })).toEqual([]);
  });

  it("are written when they change, and once a day", async () => {
    const journal = memory();
    let now = NOW;
    const shown = createShownCertificates({ journal, now: () => now });
    const writes = async (end: number, count: number): Promise<void> => {
      for (let time = 0; time < 100; time++) shown.note(bridge, "neu.example:443", end);
      await shown.flush();
      expect(journal.calls.writes).toBe(count);
    };
    await writes(END, 1);
    now += DAY - 1;
    await writes(END, 1);
    now += 1;
    await writes(END, 2);
    await writes(END + DAY, 3);
    expect((await shown.of(bridge)).map(({ until }) => until)).toEqual(["2027-06-02T12:00:00+02:00"]);
  });

  it("are those of the bridge as it is now, and of servers that it still connects to", async () => {
    let now = NOW;
    const shown = createShownCertificates({ journal: memory(), now: () => now });
    shown.note(bridge, "neu.example:443", END);
    expect(await shown.of({ ...bridge, version: "v2" })).toEqual([]);
    shown.note({ ...bridge, version: "v2" }, "neu.example:443", END);
    expect(await shown.of({ ...bridge, version: "v2" })).toHaveLength(1);
    now += 90 * DAY;
    expect(await shown.of({ ...bridge, version: "v2" })).toEqual([]);
  });

  it("are at most 200 for each bridge: of more, those seen longest ago are forgotten", async () => {
    const journal = memory();
    let now = NOW;
    const shown = createShownCertificates({ journal, now: () => now });
    for (let at = 0; at < 250; at++) {
      now++;
      shown.note(bridge, `s${at}.example:443`, END);
    }
    await shown.flush();
    const servers = (await shown.of(bridge)).map(({ what }) => what);
    expect([servers.length, servers[0], servers.at(-1)]).toEqual([200, "s50.example:443", "s249.example:443"]);
    expect(Object.keys(JSON.parse(journal.kept.get("certificates/farben") ?? "{}") as object)).toHaveLength(200);
  });

  it("stop nothing where the journal fails", async () => {
    const events: string[] = [];
    const shown = createShownCertificates({
      journal: { entries: async () => new Map<string, never>(), set: () => Promise.reject(new Error("disk")) },
      log: (_level, event) => void events.push(event),
      now: () => NOW,
    });
    shown.note(bridge, "neu.example:443", END);
    await shown.flush();
    expect(events).toEqual(["certificates.unwritten"]);
    expect(await shown.of(bridge)).toHaveLength(1);
  });
});
