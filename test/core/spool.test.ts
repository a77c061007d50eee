import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SEALED_FRAME_BYTES, decodeHeader, encodeHeader } from "../../src/core/journal/spool-frames.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { content, never, newDrop, readAll, sha256, stream, takeBytes, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

const folder = (): string => join(test.dir, "spool");
const fileOf = (id: string): string => join(folder(), `${id}.spool`);

async function* failing(): AsyncGenerator<Uint8Array> {
  yield content("a", 100_000);
  await Promise.resolve();
  throw new Error("connection lost");
}

describe("writing and reading", () => {
  const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_048_575, 1_048_576, 1_048_577, 2_228_224, 3_000_001];

  it.each(sizes)("gives back %i bytes as they came, in chunks of any size", async (size) => {
    const bytes = randomBytes(size);
    for (const chunk of [7_919, 65_536, 1_500_000]) {
      const id = state.newDropId();
      const written = await state.spool.write(id, "gewerbe", stream(bytes, chunk), never);
      expect(written).toMatchObject({ size, sha256: sha256(bytes) });
      expect(written.inline === undefined).toBe(size >= 65_536);
      expect(existsSync(fileOf(id))).toBe(size >= 65_536);
      const drop = newDrop(state, { id, bridge: `b${chunk}`, size, sha256: written.sha256, inline: size < 65_536 });
      await state.journal.take(drop, written.inline);
      expect((await readAll(state, id)).equals(bytes)).toBe(true);
    }
    expect(readdirSync(folder()).some((name) => name.endsWith(".part"))).toBe(false);
  });

  it("survives a source that uses its buffer again", async () => {
    const buffer = Buffer.alloc(1_000);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 200; index += 1) yield buffer.fill(index);
    }
    const id = state.newDropId();
    const written = await state.spool.write(id, "gewerbe", reusing(), never);
    const expected = Buffer.concat(Array.from({ length: 200 }, (_, index) => Buffer.alloc(1_000, index)));
    expect(written.sha256).toBe(sha256(expected));
    expect((await readAll(state, id)).equals(expected)).toBe(true);
  });

  it("keeps no more memory for a large drop than for a small one, whenever V8 collects", async () => {
    const piece = content("a", 1 << 20);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    async function* long(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 64; index += 1) {
        yield piece;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }
    const { size } = await state.spool.write(state.newDropId(), "gewerbe", long(), never);
    expect(size).toBe(64 << 20);
    expect(most).toBeLessThan(8 << 20);
  });

  it("describes its files, and uses private modes", async () => {
    const id = await takeNew(state, content("a", 70_000));
    const head = decodeHeader(readFileSync(fileOf(id)));
    expect(head?.header.drop).toBe(id);
    expect(head?.header.keyId).toMatch(/^state-[0-9a-f]{8}$/);
    expect(decodeHeader(encodeHeader({ drop: "d", keyId: "k" }))).toMatchObject({ header: { drop: "d", keyId: "k" } });
    expect(decodeHeader(Buffer.from("STEGSPL1\u0005ab"))).toBeUndefined();
    expect(statSync(fileOf(id)).mode & 0o777).toBe(0o600);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    expect(statSync(test.dir).mode & 0o777).toBe(0o700);
    for (const name of ["journal.db", "journal.db-wal", "keys", "lock.db", "reserve"]) {
      expect([name, statSync(join(test.dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it("writes nothing of the payload in the clear", async () => {
    const id = await takeNew(state, content("Erika Beispiel, Musterstraße 1", 200_000));
    expect(readFileSync(fileOf(id)).includes("Erika")).toBe(false);
    // A repetitive payload must not give a repetitive file.
    const bytes = readFileSync(fileOf(id));
    expect(bytes.subarray(200, 1_200).equals(bytes.subarray(200 + 65_552, 1_200 + 65_552))).toBe(false);
  });

  it("stops and cleans up when the source fails or is aborted", async () => {
    await expect(state.spool.write("d1", "gewerbe", failing(), never)).rejects.toThrow("connection lost");
    const controller = new AbortController();
    const aborted = async function* (): AsyncGenerator<Uint8Array> {
      yield content("a", 100_000);
      controller.abort(new Error("enough"));
      yield content("b", 100_000);
    };
    await expect(state.spool.write("d2", "gewerbe", aborted(), controller.signal)).rejects.toThrow("enough");
    expect(readdirSync(folder())).toEqual([]);
    expect(state.spool.used("gewerbe")).toBe(0);
    // The same id may be written again, by a key of its own.
    const written = await state.spool.write("d1", "gewerbe", stream(content("a", 100_000)), never);
    expect(written.size).toBe(100_000);
  });

  it("discards what never entered the journal, and nothing else", async () => {
    const kept = await takeNew(state, content("a", 70_000));
    await state.spool.write("d1", "gewerbe", stream(content("b", 80_000)), never);
    expect(state.spool.used("gewerbe")).toBe(150_000);
    await state.spool.discard("d1");
    await state.spool.discard(kept);
    await state.spool.discard("nie-geschrieben");
    expect(readdirSync(folder())).toEqual([`${kept}.spool`]);
    expect(state.spool.used("gewerbe")).toBe(70_000);
    for (const id of ["../journal", "", "a/b", "A"]) {
      await expect(state.spool.discard(id)).rejects.toMatchObject({ code: "INTERNAL" });
      await expect(state.spool.write(id, "b", stream(content("a")), never)).rejects.toMatchObject({ code: "INTERNAL" });
    }
  });

  it("removes the file of a duplicate at once", async () => {
    const bytes = content("a", 70_000);
    const first = await takeNew(state, bytes);
    expect(await takeBytes(state, bytes)).toMatchObject({ taken: false });
    expect(readdirSync(folder())).toEqual([`${first}.spool`]);
    expect(state.spool.used("gewerbe")).toBe(70_000);
  });

  it("stops reading when asked, and closes the file", async () => {
    const id = await takeNew(state, content("a", 3_000_000));
    const controller = new AbortController();
    let frames = 0;
    const reading = async (): Promise<void> => {
      for await (const frame of state.spool.read(id, controller.signal)) {
        frames += frame.length > 0 ? 1 : 0;
        if (frames === 3) controller.abort(new Error("enough"));
      }
    };
    await expect(reading()).rejects.toThrow("enough");
    for await (const frame of state.spool.read(id, never)) if (frame.length > 0) break;
    const open = readdirSync("/proc/self/fd").length;
    for await (const frame of state.spool.read(id, never)) if (frame.length > 0) break;
    expect(readdirSync("/proc/self/fd").length).toBe(open);
  });

  it("answers unknown drops by code", async () => {
    await expect(readAll(state, "0000000000000000")).rejects.toMatchObject({ code: "DROP_UNKNOWN" });
  });
});

const header = (id: string): number => decodeHeader(readFileSync(fileOf(id)))?.length ?? 0;

const frame = (id: string, number: number): number => header(id) + (number - 1) * SEALED_FRAME_BYTES;

async function readUntilDamage(
  id: string,
): Promise<{ readonly good: number; readonly message: string; readonly code: string }> {
  let good = 0;
  try {
    for await (const part of state.spool.read(id, never)) good += part.length;
  } catch (cause) {
    const { message, code } = cause as { message: string; code: string };
    return { good, message, code };
  }
  throw new Error("the damage was not found");
}

function flip(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

function swap(file: Buffer, first: number, second: number, end: number): Buffer {
  return Buffer.concat([
    file.subarray(0, first),
    file.subarray(second, end),
    file.subarray(first, second),
    file.subarray(end),
  ]);
}

describe("damage", () => {
  const FRAMES = 20;

  const cases: readonly (readonly [string, number, (file: Buffer, at: (number: number) => number) => Buffer])[] = [
    ["a flipped bit in frame 1", 1, (file, at) => flip(file, at(1) + 5)],
    ["a flipped bit in frame 17", 17, (file, at) => flip(file, at(17) + 60_000)],
    ["a flipped bit in a tag", 3, (file, at) => flip(file, at(4) - 1)],
    ["a flipped bit in the last frame", FRAMES, (file) => flip(file, file.length - 17)],
    ["two frames that changed places", 2, (file, at) => swap(file, at(2), at(3), at(4))],
    ["a frame that is missing", 5, (file, at) => Buffer.concat([file.subarray(0, at(5)), file.subarray(at(6))])],
    ["a frame that came twice", 6, (file, at) => Buffer.concat([file.subarray(0, at(6)), file.subarray(at(5))])],
    ["an end cut off at a frame's border", 19, (file, at) => file.subarray(0, at(20))],
    ["an end cut off within a frame", 18, (file, at) => file.subarray(0, at(18) + 100)],
    ["a cut that leaves less than a tag", 18, (file, at) => file.subarray(0, at(18) + 3)],
    ["bytes behind the end", FRAMES, (file) => Buffer.concat([file, Buffer.alloc(500)])],
    ["a frame behind the end", FRAMES, (file, at) => Buffer.concat([file, file.subarray(at(1), at(2))])],
    ["another key id in the header", 1, (file) => flip(file, 30)],
  ];

  it.each(cases)("%s is found at its frame", async (_, number, damage) => {
    // The last frame is full, so that a cut at its border leaves only full frames.
    const id = await takeNew(state, randomBytes(FRAMES * 65_536));
    const damaged = damage(readFileSync(fileOf(id)), (wanted) => frame(id, wanted));
    writeFileSync(fileOf(id), damaged);
    const { good, message, code } = await readUntilDamage(id);
    expect(code).toBe("SPOOL_DAMAGED");
    expect(message).toContain(`frame ${number} `);
    expect(good).toBe((number - 1) * 65_536);
  });

  it("of the header, an empty file, no file, another drop's file are found", async () => {
    const id = await takeNew(state, content("a", 100_000));
    const other = await takeNew(state, content("b", 100_000));
    const file = readFileSync(fileOf(id));
    for (const bytes of [
      flip(file, 0),
      flip(file, 12),
      Buffer.alloc(0),
      file.subarray(0, header(id)),
      readFileSync(fileOf(other)),
    ]) {
      writeFileSync(fileOf(id), bytes);
      expect(await readUntilDamage(id)).toMatchObject({ good: 0, code: "SPOOL_DAMAGED" });
    }
    // The other drop's frames under this drop's header.
    writeFileSync(
      fileOf(id),
      Buffer.concat([file.subarray(0, header(id)), readFileSync(fileOf(other)).subarray(header(other))]),
    );
    expect(await readUntilDamage(id)).toMatchObject({ good: 0, code: "SPOOL_DAMAGED" });
    await state.close();
    rmSync(fileOf(id));
    state = await test.open();
    expect(await readUntilDamage(id)).toMatchObject({ good: 0, code: "SPOOL_DAMAGED" });
    expect(test.logged).toContain("error spool.missing");
    expect((await state.journal.auditEntries({})).at(-1)).toMatchObject({ event: "spool.missing", drop: id });
  });

  it("at every cut of a small file is found", async () => {
    const id = await takeNew(state, content("a", 66_000));
    const file = readFileSync(fileOf(id));
    for (let length = file.length - 1; length > 0; length -= 997) {
      truncateSync(fileOf(id), length);
      expect((await readUntilDamage(id)).code).toBe("SPOOL_DAMAGED");
    }
  });
});

describe("room on the disk", () => {
  it("is measured on the real disk", async () => {
    expect(await state.spool.free()).toBeGreaterThan(1 << 20);
    expect(await state.spool.low()).toBe(false);
  });

  it("below the limit nothing is taken, and the reserve is given back and made anew", async () => {
    const reserve = join(test.dir, "reserve");
    expect(statSync(reserve).size).toBe(4 << 20);
    await state.close();
    const free = await state.spool.free();
    state = await test.open({ limits: { lowDisk: free * 4, reserve: free * 2 } });
    await expect(state.spool.write("d1", "gewerbe", stream(content("a")), never)).rejects.toMatchObject({
      code: "DISK_LOW",
      retry: true,
    });
    expect(await state.spool.low()).toBe(true);
    expect(existsSync(reserve)).toBe(false);
    await state.close();
    state = await test.open();
    expect(await takeBytes(state, content("a"))).toMatchObject({ taken: true });
    expect(statSync(reserve).size).toBe(4 << 20);
    expect(createHash("sha256").update(readFileSync(reserve)).digest("hex")).not.toBe(sha256(Buffer.alloc(4 << 20)));
  });
});

describe("sweeping", () => {
  it("removes what a crash left, keeps what the journal has, leaves what is not ours", async () => {
    const kept = await takeNew(state, content("a", 70_000));
    await state.close();
    for (const name of ["x1.part", "x2.spool", `${kept}.part`, "notizen.txt"]) writeFileSync(join(folder(), name), "x");
    state = await test.open();
    expect(readdirSync(folder()).toSorted()).toEqual([`${kept}.spool`, "notizen.txt"].toSorted());
    expect(await readAll(state, kept)).toHaveLength(70_000);
  });
});
