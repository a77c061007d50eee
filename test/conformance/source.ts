// What every source must do, whatever its protocol. A harness opens a fresh, empty place at a real peer and writes into
// it as the legacy side would; the suite plays core: read, look again, note, settle.
//
// The suite's core keeps what was taken by content, as the journal does, and says `known` by hint, as core does.

import { describe, expect } from "vitest";
import { testsWith } from "./own-places.ts";
import { pause } from "./surroundings.ts";
import {
  isWhole,
  never,
  readAll,
  sha,
  takerOf,
  wholeText,
  type Name,
  type PlaceOptions,
  type SourceHarness,
  type SourcePlace,
  type Taken,
  type Taker,
} from "./taker.ts";

export type { SourceHarness, SourcePlace } from "./taker.ts";

export function runSourceConformance(harness: SourceHarness): void {
  const { settle, races = 150 } = harness;
  const test = testsWith(
    (opened) =>
      async (options: Partial<PlaceOptions> = {}): Promise<{ place: SourcePlace; taker: Taker }> => {
        const place = await harness.open({ settle, ...options });
        const taker = await takerOf(place);
        opened.push({ close: () => taker.source.close() }, place);
        return { place, taker };
      },
  );
  // Only of places where files lie about, and nobody says when they are complete.
  const testLying: typeof test = harness.handedOver ? () => undefined : test;

  describe(`${harness.name}: a source`, () => {
    test("takes each file once, whole, and removes it", async (start) => {
      const { place, taker } = await start();
      for (const name of ["b.csv", "a.csv", "c.csv"]) await place.write(name, wholeText(name, 3));
      await taker.until(3);
      await pause(settle * 2);
      expect(await taker.look()).toBe(0);
      expect(taker.taken.map((each) => each.name)).toEqual(["a.csv", "b.csv", "c.csv"]);
      for (const each of taker.taken) expect(sha(each.body)).toBe(sha(wholeText(each.name, 3)));
      expect(await place.names()).toEqual([]);
      expect([...(await place.archived())].sort()).toEqual(["a.csv", "b.csv", "c.csv"]);
    });

    testLying("needs two looks, so the first takes nothing and counts it as growing", async (start) => {
      const { place, taker } = await start({ settle: Math.max(settle, 200) });
      await place.write("a.csv", wholeText("a", 1));
      expect(await taker.look()).toBe(0);
      expect(taker.source.growing).toBe(1);
      await taker.until(1);
      expect(taker.source.growing).toBe(0);
    });

    test("takes an empty file too", async (start) => {
      const { place, taker } = await start();
      await place.write("leer.csv", Buffer.alloc(0));
      await taker.until(1);
      expect(taker.taken[0]?.body.length).toBe(0);
    });

    test("opens a delivery again after a failure, and it is settled as often as asked", async (start) => {
      const { place, taker } = await start({ settle: 0 });
      await place.write("a.csv", wholeText("a", 5));
      for await (const delivery of taker.source.look(never)) {
        expect(sha(await readAll(delivery))).toBe(sha(await readAll(delivery)));
        await delivery.settle("d1", never);
        await delivery.settle("d1", never);
        expect(await delivery.verify(never)).toBe("gone");
        await taker.source.settleAgain(delivery.name, delivery.hint, "d1", never);
      }
      expect(await place.archived()).toEqual(["a.csv"]);
    });

    test("takes a name again when it comes with new content, and archives both", async (start) => {
      const { place, taker } = await start();
      for (let round = 1; round <= 4; round++) {
        // Half of them of equal size.
        await place.write("gleich.csv", wholeText(`r${round}`, 1 + (round >> 1)));
        await taker.until(round);
      }
      expect(new Set(taker.taken.map((each) => sha(each.body))).size).toBe(4);
      expect((await place.archived()).length).toBe(4);
    });

    test("takes a file that is renamed into place", async (start) => {
      const { place, taker } = await start({ files: ["*.csv"] });
      await place.write("r.tmp", wholeText("r", 10));
      await pause(settle * 2);
      await taker.look();
      await place.rename("r.tmp", "r.csv");
      await taker.until(1);
      expect(taker.taken.map((each) => each.name)).toEqual(["r.csv"]);
      expect(isWhole((taker.taken[0] as Taken).body)).toBe(true);
    });

    testLying("leaves alone what the pattern does not name", async (start) => {
      const { place, taker } = await start({ files: ["*.{csv,txt}", "x[0-9]"], settle: 0 });
      for (const name of ["a.csv", "b.txt", "c.xml", "x1", "xa", ".d.csv"]) await place.write(name, wholeText(name, 1));
      await taker.look();
      expect(taker.taken.map((each) => each.name)).toEqual(["a.csv", "b.txt", "x1"]);
      expect([...(await place.names())].sort()).toEqual([".d.csv", "c.xml", "xa"]);
    });
  });

  describe(`${harness.name}: half-written files`, () => {
    testLying("never takes part of what 120 slow writers write", { timeout: 120_000 }, async (start) => {
      const long = Math.max(settle, 1_500);
      const { place, taker } = await start({ settle: long });
      const count = 120;
      // Pauses of the writers as they really were: the promise holds for writers that pause less than settle.
      const longest = Array.from({ length: count }, () => 0);
      const write = async (number: number): Promise<void> => {
        const name = `w${String(number).padStart(3, "0")}.csv`;
        const body = wholeText(name, 40);
        const parts = 6;
        let last = performance.now();
        for (let part = 0; part < parts; part++) {
          const from = Math.floor((body.length * part) / parts);
          const chunk = body.subarray(from, Math.floor((body.length * (part + 1)) / parts));
          await (part === 0 ? place.write(name, chunk) : place.append(name, chunk));
          longest[number] = Math.max(longest[number] as number, performance.now() - last);
          last = performance.now();
          await pause((long / 5) * ((number % 7) / 7));
        }
      };
      let writing = true;
      const looks = (async () => {
        while (writing) {
          await taker.look();
          await pause(50);
        }
      })();
      await Promise.all(Array.from({ length: count }, (_each, number) => write(number)));
      writing = false;
      await looks;
      await taker.until(count);
      const patient = longest.filter((each) => each < long * 0.9).length;
      expect(patient).toBeGreaterThan(count * 0.9);
      const broken = taker.taken.filter(
        (each) => !isWhole(each.body) && (longest[Number(each.name.slice(1, 4))] as number) < long * 0.9,
      );
      expect(broken.map((each) => each.name)).toEqual([]);
    });

    testLying("waits for the marker, however long, takes at once when it is there, and removes it", async (start) => {
      const { place, taker } = await start({ marker: "{name}.done", settle: 60_000 });
      await place.write("m.csv", wholeText("m", 2));
      await taker.look();
      await pause(50);
      await taker.look();
      expect(taker.taken.length).toBe(0);
      expect(taker.source.growing).toBe(1);
      await place.append("m.csv", Buffer.from("more\n"));
      await place.write("m.csv.done", Buffer.alloc(0));
      expect(await taker.look()).toBe(1);
      expect(await place.names()).toEqual([]);
      expect(await place.archived()).toEqual(["m.csv"]);
    });

    testLying("does not trust a marker that is older than the file", async (start) => {
      const { place, taker } = await start({ marker: "{name}.done", settle: 60_000 });
      await place.write("m.csv.done", Buffer.alloc(0));
      // Some peers list times in whole seconds.
      await pause(1_100);
      await place.write("m.csv", wholeText("m", 2));
      expect(await taker.look()).toBe(0);
    });

    testLying("notices content that changes while it is read", async (start) => {
      const { place, taker } = await start({ settle: 0 });
      const before = wholeText("alt", 30_000);
      await place.write("a.csv", before);
      let seen: string | undefined;
      for await (const delivery of taker.source.look(never)) {
        let first = true;
        for await (const chunk of delivery.open(never)) {
          expect(chunk.length).toBeGreaterThan(0);
          // Equal size: only the times tell.
          if (first) await pause(1_100);
          if (first) await place.write("a.csv", wholeText("neu", 30_000));
          first = false;
        }
        seen = await delivery.verify(never);
      }
      expect(seen).toBe("changed");
      await taker.until(1);
      expect(sha((taker.taken[0] as Taken).body)).toBe(sha(wholeText("neu", 30_000)));
    });

    test("does not remove a newer file that took the name after reading", async (start) => {
      const { place, taker } = await start({ settle: 0, after: "delete" });
      await place.write("a.csv", wholeText("eins", 1));
      for await (const delivery of taker.source.look(never)) {
        await readAll(delivery);
        await place.write("neu.tmp", wholeText("zwei", 2));
        await place.rename("neu.tmp", "a.csv");
        await delivery.settle("d1", never);
      }
      expect(await place.names()).toEqual(["a.csv"]);
      await taker.until(1);
      expect(sha((taker.taken[0] as Taken).body)).toBe(sha(wholeText("zwei", 2)));
    });

    test(
      "does not remove a newer file that takes the name in the middle of removing",
      { timeout: 120_000 },
      async (start) => {
        const { place, taker } = await start({ settle: 0, after: "delete", files: ["*.csv"] });
        for (let round = 1; round <= races; round++) {
          await place.write(`n${round}.tmp`, wholeText(`neu${round}`, 1));
          await place.write("a.csv", wholeText(`alt${round}`, 2));
          for await (const delivery of taker.source.look(never)) {
            await readAll(delivery);
            const spin = performance.now() + (round % 10) * 0.05;
            const removal = delivery.settle(`d${round}`, never);
            while (performance.now() < spin) await Promise.resolve();
            await Promise.all([removal, place.rename(`n${round}.tmp`, "a.csv")]);
          }
          expect(await place.names()).toEqual(["a.csv"]);
          expect(await taker.look()).toBe(1);
          expect(sha((taker.taken.at(-1) as Taken).body)).toBe(sha(wholeText(`neu${round}`, 1)));
        }
      },
    );
  });

  describe(`${harness.name}: after taking`, () => {
    test("delete removes", async (start) => {
      const gone = await start({ settle: 0, after: "delete" });
      await gone.place.write("a.csv", wholeText("a", 1));
      await gone.taker.until(1);
      expect(await gone.place.names()).toEqual([]);
      expect(await gone.place.archived()).toEqual([]);
    });

    testLying("keep leaves and is not taken again", async (start) => {
      const kept = await start({ settle: 0, after: "keep" });
      await kept.place.write("a.csv", wholeText("a", 1));
      await kept.taker.until(1);
      for (let look = 0; look < 5; look++) expect(await kept.taker.look()).toBe(0);
      await kept.taker.restart();
      expect(await kept.taker.look()).toBe(0);
      expect(await kept.place.names()).toEqual(["a.csv"]);
    });

    testLying("never takes again what it could not remove, and removes it when it can", async (start) => {
      const { place, taker } = await start({ settle: 0, files: ["*.csv"] });
      const mend = await place.breakRemoval();
      try {
        await place.write("a.csv", wholeText("a", 1));
        await taker.until(1);
        expect(taker.failedRemovals).toBe(1);
        for (let look = 0; look < 100; look++) expect(await taker.look()).toBe(0);
        await taker.restart();
        for (let look = 0; look < 100; look++) expect(await taker.look()).toBe(0);
        const [first] = taker.taken as [Taken];
        await expect(taker.source.settleAgain(first.name, first.hint, first.drop, never)).rejects.toMatchObject({
          retry: true,
        });
      } finally {
        await mend();
      }
      const [first] = taker.taken as [Taken];
      await taker.source.settleAgain(first.name, first.hint, first.drop, never);
      await taker.source.settleAgain(first.name, first.hint, first.drop, never);
      expect(await place.names()).toEqual([]);
      expect(await place.archived()).toEqual(["a.csv"]);
      expect(await taker.look()).toBe(0);
    });
  });

  describe(`${harness.name}: names and numbers`, () => {
    const hostile = [
      "-rf",
      "a b.csv",
      "a'b\"c.csv",
      "$(touch x).csv",
      "100%.csv",
      "%2e%2e.csv",
      "x\\..\\..\\y.csv",
      "grün-日本-🎉.csv",
      `${"l".repeat(245)}.csv`,
      "CON",
      "a;b|c&d.csv",
      "~",
      "#x",
      "*?[x]",
    ];

    test("takes files whatever their names, and shows no control character", async (start) => {
      const { place, taker } = await start({ settle: 0 });
      const raw: Name[] = harness.rawNames
        ? [
            ...(harness.lineBreaks === false ? [] : ["zeile\nzwei.csv"]),
            "tab\there",
            "rot\u001b[31m.csv",
            "rtl\u202egnp.csv",
            Buffer.from([0x6d, 0xfc, 0x6c, 0x6c, 0x2e, 0x63, 0x73, 0x76]),
          ]
        : [];
      const all: Name[] = [...hostile, ...raw];
      for (const [at, name] of all.entries()) await place.write(name, wholeText(`n${at}`, 1));
      await taker.until(all.length);
      expect(new Set(taker.taken.map((each) => sha(each.body))).size).toBe(all.length);
      for (const each of taker.taken) expect(each.name).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
      for (const each of taker.taken) expect(each.hint).toMatch(/^[\u0020-\u007e]+$/u);
      expect(await place.names()).toEqual([]);
      expect(await taker.look()).toBe(0);
    });

    test("does not follow links out of the place", async (start) => {
      const { place, taker } = await start({ settle: 0 });
      if (!place.link) return;
      await place.link("fremd.csv");
      await place.write("eigen.csv", wholeText("e", 1));
      await taker.until(1);
      await taker.look();
      expect(taker.taken.map((each) => each.name)).toEqual(["eigen.csv"]);
      expect(await place.names()).toEqual(["fremd.csv"]);
    });

    test(`takes ${harness.crowd} files, each once`, { timeout: 300_000 }, async (start) => {
      const { place, taker } = await start({ settle: Math.min(settle, 50) });
      const bodies = new Set<string>();
      for (let number = 0; number < harness.crowd; number++) {
        const body = wholeText(`k${number}`, 1);
        bodies.add(sha(body));
        await place.write(`k${number}.csv`, body);
      }
      await taker.until(harness.crowd, 250_000);
      expect(await taker.look()).toBe(0);
      expect(taker.taken.length).toBe(harness.crowd);
      expect(new Set(taker.taken.map((each) => sha(each.body)))).toEqual(bodies);
      expect((await place.archived()).length).toBe(harness.crowd);
      const names = taker.taken.map((each) => each.name);
      const first = names.slice(0, 50);
      expect(first).toEqual(first.toSorted());
    });

    test("stops a look and a wait when told to", async (start) => {
      const { place, taker } = await start({ settle: 0 });
      for (let number = 0; number < 20; number++) await place.write(`s${number}.csv`, wholeText(`s${number}`, 1));
      const stop = new AbortController();
      let count = 0;
      await expect(
        (async () => {
          for await (const _delivery of taker.source.look(stop.signal)) {
            if (++count === 3) stop.abort(new Error("told to"));
          }
        })(),
      ).rejects.toThrow("told to");
      expect(count).toBe(3);
      await taker.source.wait(stop.signal);
    });
  });
}
