// What every target that writes files must do with the files that go with a message: they lie beside it, whole, before it is there, and
// never in the place of something else.

import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import type { Enclosure, Parcel, Target } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { testsWith } from "./own-places.ts";
import { enclosureOf, probeParcel, probeParcelWithFiles } from "./probe.ts";
import { messageOf, pause } from "./surroundings.ts";
import { killedAfter, type TargetPlace } from "./target.ts";

export interface EnclosureHarness {
  readonly name: string;
  /** Processes that are killed. */
  readonly rounds: number;
  /** Names of parcels are names of files; `occupy` is there. */
  open(): Promise<TargetPlace>;
}

const never = new AbortController().signal;

async function bytesOf(enclosure: Enclosure): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of enclosure.open(never)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** SHA-256 by name of what a parcel brings. */
async function broughtBy(place: TargetPlace, parcel: Parcel): Promise<Map<string, string>> {
  const files = new Map([[place.nameOf(parcel), sha(parcel.body)]]);
  for (const enclosure of parcel.enclosures ?? []) files.set(enclosure.name, sha(await bytesOf(enclosure)));
  return files;
}

async function there(place: TargetPlace): Promise<Map<string, string>> {
  return new Map([...(await place.arrived())].map(([name, bytes]) => [name, sha(bytes)]));
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function runEnclosureConformance(harness: EnclosureHarness): void {
  const test = testsWith((opened) => async (): Promise<{ place: TargetPlace; target: Target }> => {
    const place = await harness.open();
    const target = await place.connect();
    opened.push(target, place);
    return { place, target };
  });

  describe(`${harness.name}: files that go with a message`, () => {
    test("lie beside it byte for byte, the empty one and the one of 9 MB too, and come once", async (start) => {
      const { place, target } = await start();
      const large = Buffer.alloc(9_000_000, "%PDF viele Seiten ");
      const enclosures = [enclosureOf("leer.txt", Buffer.alloc(0)), enclosureOf("Anträge & Co.pdf", large)];
      const parcel = { ...probeParcel(1), enclosures };
      for (let time = 0; time < 2; time++) expect(await target.deliver(parcel, never)).toEqual({ end: "delivered" });
      const later = await place.connect();
      expect((await later.deliver(parcel, never)).end).toBe("delivered");
      await later.close();
      expect(await there(place)).toEqual(await broughtBy(place, parcel));
      expect(await place.remains()).toEqual([]);
    });

    test("are shared by messages that bring the same one", async (start) => {
      const { place, target } = await start();
      const shared = [enclosureOf("merkblatt.pdf", Buffer.from("%PDF gemeinsam"))];
      const parcels = [1, 2, 3, 4].map((n) => ({ ...probeParcel(n), enclosures: shared }));
      const ends = await Promise.all(parcels.map((parcel) => target.deliver(parcel, never)));
      expect(ends.map(({ end }) => end)).toEqual(["delivered", "delivered", "delivered", "delivered"]);
      expect((await place.arrived()).size).toBe(5);
      expect(await place.remains()).toEqual([]);
    });

    test("are refused where another file has the name, and then nothing of the message is there", async (start) => {
      const { place, target } = await start();
      const parcel = probeParcelWithFiles(1);
      const [, second] = parcel.enclosures as [Enclosure, Enclosure];
      const other = Buffer.alloc(second.size, "z");
      await place.occupy?.({ ...parcel, scope: { ...parcel.scope, root: { NAME: second.name } } }, other);
      const attempt = await target.deliver(parcel, never);
      expect(attempt).toMatchObject({ end: "refused", code: "TARGET_EXISTS", detail: second.name });
      expect(messageOf(attempt)).not.toContain("bescheid");
      expect(await there(place)).toEqual(new Map([[second.name, sha(other)]]));
      expect(await place.remains()).toEqual([]);
    });

    test("are there before the message: one that cannot be read ends the delivery, and the next attempt goes on", async (start) => {
      const { place, target } = await start();
      const parcel = probeParcelWithFiles(1);
      const [first, second] = parcel.enclosures as [Enclosure, Enclosure];
      const broken: Enclosure = {
        ...second,
        async *open() {
          yield Buffer.from("%PDF");
          throw await Promise.resolve(new BridgeError("SPOOL_DAMAGED", "spool file: it does not authenticate"));
        },
      };
      const attempt = await target.deliver({ ...parcel, enclosures: [first, broken] }, never);
      expect(attempt).toMatchObject({ end: "refused", code: "SPOOL_DAMAGED" });
      expect([...(await place.arrived()).keys()]).toEqual([first.name]);
      expect(await place.remains()).toEqual([]);
      expect((await target.deliver(parcel, never)).end).toBe("delivered");
      expect(await there(place)).toEqual(await broughtBy(place, parcel));
    });

    test("cannot have names that climb, hide, or are the message's", async (start) => {
      const { place, target } = await start();
      for (const name of ["../x.pdf", "a/b.pdf", "", ".versteckt", "a\nb", "probe-1.xml"]) {
        const parcel = { ...probeParcel(1), enclosures: [enclosureOf(name, Buffer.from("%PDF"))] };
        expect(await target.deliver(parcel, never)).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
      }
      expect((await place.arrived()).size).toBe(0);
    });

    test("are whole or not there when they are stopped", async (start) => {
      const { place, target } = await start();
      const big = enclosureOf("gross.pdf", Buffer.alloc(6_000_000, "p"));
      const parcel = { ...probeParcel(1), enclosures: [big] };
      for (let round = 0; round < 8; round++) {
        const stop = new AbortController();
        const under = target.deliver(parcel, stop.signal);
        await pause(round * 3);
        stop.abort(new Error("told to"));
        expect(["delivered", "unreachable"]).toContain((await under).end);
        const arrived = await place.arrived();
        const file = arrived.get("gross.pdf");
        expect(file?.length ?? big.size).toBe(big.size);
        expect(arrived.has("probe-1.xml") && !file).toBe(false);
      }
      expect((await target.deliver(parcel, never)).end).toBe("delivered");
      expect(await there(place)).toEqual(await broughtBy(place, parcel));
      expect(await place.remains()).toEqual([]);
    });

    const killed = "are all there wherever the message is, however often the process is killed";
    test(killed, { timeout: 120_000 }, async (start) => {
      const { place, target } = await start();
      const count = 60;
      const expected = new Map<string, string>();
      for (let n = 1; n <= count; n++) {
        for (const [name, bytes] of await broughtBy(place, probeParcelWithFiles(n))) expected.set(name, bytes);
      }
      for (let round = 0; round < harness.rounds; round++) {
        await killedAfter(place.child, count, 10 + ((round * 37) % 90), "files");
        const arrived = await there(place);
        for (const [name, hash] of arrived) expect(hash).toBe(expected.get(name));
        for (let n = 1; n <= count; n++) {
          const parcel = probeParcelWithFiles(n);
          const lacking = (parcel.enclosures ?? []).filter(({ name }) => !arrived.has(name));
          expect(arrived.has(place.nameOf(parcel)) && lacking.length > 0).toBe(false);
        }
      }
      for (let n = 1; n <= count; n++)
        expect((await target.deliver(probeParcelWithFiles(n), never)).end).toBe("delivered");
      expect(await there(place)).toEqual(expected);
      expect(await place.remains()).toEqual([]);
    });
  });
}
