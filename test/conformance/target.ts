// What every target must do, whatever its protocol. A harness opens a fresh, empty place at a real peer and tells what
// arrived there; the suite plays core: parcels with keys, the same again after a crash, abort, growing files.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Appender, Parcel, Target } from "../../src/core/contract.ts";
import { testsWith } from "./own-places.ts";
import { probeParcel, type ChildTarget } from "./probe.ts";
import { messageOf, parcelOf, pause, scopeOf } from "./surroundings.ts";

export interface TargetPlace {
  /** A target as a new process would build it. Parcels say by the field NAME what they are called. */
  connect(): Promise<Target>;
  /** Bodies that took effect, by NAME (file name, idempotency key of the parcel, …); what is half-way is not among them. */
  arrived(): Promise<ReadonlyMap<string, Buffer>>;
  /** Temporary names and other remains. */
  remains(): Promise<readonly string[]>;
  /** Where parcel n's body is found in `arrived`. */
  nameOf(parcel: Parcel): string;
  /** Something else already has the place of this parcel; absent where targets have no places. */
  occupy?(parcel: Parcel, body: Buffer): Promise<void>;
  readonly child: ChildTarget;
  close(): Promise<void>;
}

export interface TargetHarness {
  readonly name: string;
  /** Deliveries of the kill test per round. */
  readonly rounds: number;
  /** Parcels of the crowd; 400 unless told. */
  readonly crowd?: number;
  open(): Promise<TargetPlace>;
}

const never = new AbortController().signal;

export function runTargetConformance(harness: TargetHarness): void {
  const { crowd = 400 } = harness;
  const test = testsWith((opened) => async (): Promise<{ place: TargetPlace; target: Target }> => {
    const place = await harness.open();
    const target = await place.connect();
    opened.push(target, place);
    return { place, target };
  });

  describe(`${harness.name}: a target`, () => {
    test("has what it says it has", async (start) => {
      const { place, target } = await start();
      const parcel = probeParcel(1);
      expect(await target.deliver(parcel, never)).toMatchObject({ end: "delivered" });
      expect((await place.arrived()).get(place.nameOf(parcel))?.equals(parcel.body)).toBe(true);
      expect(await place.remains()).toEqual([]);
      expect(typeof target.address(parcel)).toBe("string");
    });

    test("takes the same parcel again without a second effect, also from a new process", async (start) => {
      const { place, target } = await start();
      const parcel = probeParcel(1);
      for (let time = 0; time < 3; time++) expect((await target.deliver(parcel, never)).end).toBe("delivered");
      const later = await place.connect();
      expect((await later.deliver(parcel, never)).end).toBe("delivered");
      await later.close();
      expect((await place.arrived()).size).toBe(1);
    });

    test("takes a parcel that two attempts bring at the same time", async (start) => {
      const { place, target } = await start();
      for (let n = 1; n <= 10; n++) {
        const parcel = parcelOf(n, Buffer.alloc(200_000, String(n)), { NAME: `doppelt-${n}.bin` });
        await Promise.all([1, 2, 3].map(() => target.deliver(parcel, never)));
        expect((await target.deliver(parcel, never)).end).toBe("delivered");
        expect((await place.arrived()).get(place.nameOf(parcel))?.equals(parcel.body)).toBe(true);
      }
      expect((await place.arrived()).size).toBe(10);
      expect(await place.remains()).toEqual([]);
    });

    test("takes an empty body and one of 20 MB, byte for byte", async (start) => {
      const { place, target } = await start();
      const large = Buffer.alloc(20_000_000);
      for (let at = 0; at < large.length; at += 4) large.writeUInt32LE((at * 2_654_435_761) % 4_294_967_296, at);
      for (const [n, body] of [Buffer.alloc(0), large].entries()) {
        const parcel = parcelOf(n + 1, body, { NAME: `gross-${n}.bin` });
        expect((await target.deliver(parcel, never)).end).toBe("delivered");
        expect((await place.arrived()).get(place.nameOf(parcel))?.equals(body)).toBe(true);
      }
    });

    test(`takes ${crowd} parcels, 8 at a time`, async (start) => {
      const { place, target } = await start();
      let next = 1;
      const lane = async (): Promise<void> => {
        for (let n = next++; n <= crowd; n = next++)
          expect((await target.deliver(probeParcel(n), never)).end).toBe("delivered");
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      const arrived = await place.arrived();
      expect(arrived.size).toBe(crowd);
      for (let n = 1; n <= crowd; n++)
        expect(arrived.get(place.nameOf(probeParcel(n)))?.equals(probeParcel(n).body)).toBe(true);
      expect(await place.remains()).toEqual([]);
    });

    test("stops when told to and leaves nothing half", async (start) => {
      const { place, target } = await start();
      const body = Buffer.alloc(8_000_000, "y");
      for (let n = 1; n <= 12; n++) {
        const stop = new AbortController();
        const under = target.deliver(parcelOf(n, body, { NAME: `halt-${n}.bin` }), stop.signal);
        await pause(n % 4);
        stop.abort(new Error("told to"));
        const attempt = await under;
        expect(["delivered", "unreachable"]).toContain(attempt.end);
      }
      // What arrived although it was stopped is whole; all of it arrives at the next attempt.
      for (let n = 1; n <= 12; n++)
        expect((await target.deliver(parcelOf(n, body, { NAME: `halt-${n}.bin` }), never)).end).toBe("delivered");
      const arrived = await place.arrived();
      expect(arrived.size).toBe(12);
      for (const each of arrived.values()) expect(each.equals(body)).toBe(true);
      expect(await place.remains()).toEqual([]);
    });

    test("answers at once where the signal had come before", async (start) => {
      const { target } = await start();
      expect((await target.deliver(probeParcel(1), AbortSignal.abort(new Error("told to")))).end).toBe("unreachable");
    });

    test("never puts itself in the place of something else", async (start) => {
      const { place, target } = await start();
      if (!place.occupy) return;
      const parcel = probeParcel(1);
      const other = Buffer.from(parcel.body).fill("z");
      await place.occupy(parcel, other);
      const attempt = await target.deliver(parcel, never);
      expect(attempt).toMatchObject({ end: "refused", code: "TARGET_EXISTS" });
      expect(messageOf(attempt)).not.toContain("probe-1");
      expect((await place.arrived()).get(place.nameOf(parcel))?.equals(other)).toBe(true);
      expect(await place.remains()).toEqual([]);
    });

    test("has each parcel once and whole however often its process is killed", { timeout: 120_000 }, async (start) => {
      const { place, target } = await start();
      const count = 150;
      for (let round = 0; round < harness.rounds; round++) {
        await killedAfter(place.child, count, 3 + ((round * 37) % 90));
        for (const [name, body] of await place.arrived()) {
          const n = Array.from({ length: count }, (_each, at) => at + 1).find(
            (each) => place.nameOf(probeParcel(each)) === name,
          );
          expect(n).toBeDefined();
          expect(body.equals(probeParcel(n as number).body)).toBe(true);
        }
      }
      for (let n = 1; n <= count; n++) expect((await target.deliver(probeParcel(n), never)).end).toBe("delivered");
      expect((await place.arrived()).size).toBe(count);
      expect(await place.remains()).toEqual([]);
    });
  });
}

/** Runs a child that delivers parcels 1…count over and over, and kills it. */
export async function killedAfter(
  target: ChildTarget,
  count: number,
  milliseconds: number,
  ...more: readonly string[]
): Promise<void> {
  const script = join(import.meta.dirname, "delivering-child.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(target), String(count), ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  await new Promise<void>((resolve) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", () => resolve());
  });
  await pause(milliseconds);
  expect(child.kill("SIGKILL")).toBe(true);
  await exited;
}

/** Targets that have growing files. `published` are the final files by name. */
export interface GrowingPlace extends TargetPlace {
  published(): Promise<ReadonlyMap<string, Buffer>>;
  /** Removes the final file, as a consumer does. */
  consume(name: string): Promise<void>;
}

async function text(place: GrowingPlace): Promise<string | undefined> {
  return (await place.published()).get("sammlung.csv")?.toString("utf8");
}

export function runGrowingConformance(name: string, open: () => Promise<GrowingPlace>): void {
  const scope = scopeOf({ NAME: "sammlung.csv" }, 1, { dropIdentity: "drop-a" });

  const test = testsWith(
    (opened) =>
      async (): Promise<{
        place: GrowingPlace;
        append: (token?: string) => Promise<Appender>;
        crash: () => Promise<void>;
      }> => {
        const place = await open();
        let target = await place.connect();
        opened.push({ close: () => target.close() }, place);
        const living: Appender[] = [];
        return {
          place,
          async append(token) {
            const appender = await (target.append as NonNullable<Target["append"]>)(scope, token, never);
            living.push(appender);
            return appender;
          },
          /** All that this process held open is gone; what was written and not synced may or may not be there. */
          async crash() {
            for (const appender of living.splice(0)) await appender.close();
            await target.close();
            target = await place.connect();
          },
        };
      },
  );

  describe(`${name}: a growing file`, () => {
    test("is seen only when it is finished, and finishing twice is finishing once", async (start) => {
      const { place, append } = await start();
      const file = await append();
      await file.write(Buffer.from("kopf\n"));
      await file.sync();
      await file.write(Buffer.from("eins\n"));
      expect((await place.published()).size).toBe(0);
      await file.finish();
      await file.finish();
      await file.close();
      expect(await text(place)).toBe("kopf\neins\n");
      expect(await place.remains()).toEqual([]);
    });

    test("is cut to its token after a crash, so that nothing stands in it twice", async (start) => {
      const { place, append, crash } = await start();
      let token: string | undefined;
      for (let line = 1; line <= 20; line++) {
        const file = await append(token);
        await file.write(Buffer.from(`zeile ${line}\n`));
        token = await file.sync();
        await file.write(Buffer.from("nie vermerkt\n"));
        if (line % 2 === 0) await file.sync();
        await crash();
      }
      const file = await append(token);
      await file.finish();
      await file.close();
      expect(await text(place)).toBe(Array.from({ length: 20 }, (_each, at) => `zeile ${at + 1}\n`).join(""));
    });

    test("begins anew where the crash came before the first token", async (start) => {
      const { place, append, crash } = await start();
      await (await append()).write(Buffer.from("verloren\n"));
      await crash();
      const file = await append();
      await file.write(Buffer.from("neu\n"));
      await file.finish();
      await file.close();
      expect(await text(place)).toBe("neu\n");
      expect(await place.remains()).toEqual([]);
    });

    test("knows that it had its name when the crash came between name and note", async (start) => {
      const { place, append, crash } = await start();
      let file = await append();
      await file.write(Buffer.from("kopf\n"));
      const token = await file.sync();
      await file.write(Buffer.from("rest\n"));
      await file.finish();
      await crash();
      file = await append(token);
      await file.write(Buffer.from("rest\n"));
      expect(JSON.parse(await file.sync())).toMatchObject({ length: 10 });
      await file.finish();
      await file.close();
      expect(await text(place)).toBe("kopf\nrest\n");
    });

    test("does not accept another rest for a file that has its name", async (start) => {
      const { append, crash } = await start();
      let file = await append();
      const token = await file.sync();
      await file.write(Buffer.from("eins\n"));
      await file.finish();
      await crash();
      file = await append(token);
      await expect(file.write(Buffer.from("zwei\n"))).rejects.toMatchObject({ code: "TARGET_EXISTS" });
      await expect(file.finish()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
      await file.close();
    });

    test("says so when a consumer took it in between", async (start) => {
      const { place, append, crash } = await start();
      const file = await append();
      await file.write(Buffer.from("kopf\n"));
      const token = await file.sync();
      await file.finish();
      await crash();
      await place.consume("sammlung.csv");
      await expect(append(token)).rejects.toMatchObject({ code: "TARGET_GONE" });
    });

    test("is written by one drop at a time, and never over a finished one", async (start) => {
      const { append } = await start();
      const file = await append();
      await expect(append()).rejects.toMatchObject({ code: "TARGET_BUSY" });
      await file.write(Buffer.from("x"));
      await file.finish();
      await file.close();
      await expect(append()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    });
  });
}
