import { createHmac, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseKeyFile } from "../../src/core/journal/key-file.ts";
import { derive, keyOf, mac, seal, unseal } from "../../src/core/journal/seal.ts";
import { content, copyOfJournal, finishDrop, readAll, takeBytes, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

describe("sealing", () => {
  it("opens only with the same key, purpose and bytes", () => {
    const key = keyOf(randomBytes(32));
    const sealed = seal(key, "name d1", "Erika Beispiel");
    const unauthentic = "unable to authenticate";
    expect(unseal(key, "name d1", sealed).toString()).toBe("Erika Beispiel");
    expect(() => unseal(key, "name d2", sealed)).toThrow(unauthentic);
    expect(() => unseal(keyOf(randomBytes(32)), "name d1", sealed)).toThrow(unauthentic);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 128 : byte));
      expect(() => unseal(key, "name d1", changed)).toThrow(unauthentic);
    }
    expect(() => unseal(key, "name d1", sealed.subarray(0, 27))).toThrow("too short");
  });

  it("never gives out a nonce twice", () => {
    const key = keyOf(randomBytes(32));
    const nonces = Array.from({ length: 5_000 }, () => Buffer.from(seal(key, "x", "").subarray(0, 12)).toString("hex"));
    expect(new Set(nonces).size).toBe(5_000);
  });

  it("keeps the borders between the parts of a MAC", () => {
    const bytes = randomBytes(32);
    const key = keyOf(bytes);
    expect(mac(key, ["ab", "c"]).equals(mac(key, ["a", "bc"]))).toBe(false);
    expect(mac(key, ["a", 1]).equals(createHmac("sha256", bytes).update('["a",1]').digest())).toBe(true);
    expect(derive(bytes, "one")).not.toEqual(derive(bytes, "two"));
  });
});

describe("a key file", () => {
  const hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  const base64 = Buffer.from(hex, "hex").toString("base64");

  it("has hex or base64, comments, blank lines and Windows line ends", () => {
    const keys = parseKeyFile(
      "keys",
      `# keys\r\n\r\n2026-01:${hex}\r\n 2026-11: ${base64} \nthird:${base64.replace("=", "")}\n`,
    );
    expect(keys.map(({ id }) => id)).toEqual(["2026-01", "2026-11", "third"]);
    for (const { key } of keys) expect(Buffer.from(key).toString("hex")).toBe(hex);
  });

  it.each([
    ["", 1, "no key"],
    ["# nothing", 1, "no key"],
    ["abc", 1, "expected id:key"],
    [`a:${hex}\nb:${hex.slice(2)}`, 2, "32 bytes"],
    [`a:${hex}ff`, 1, "32 bytes"],
    [`a:${hex}\n\na:${base64}`, 3, "stands twice"],
    [`a:${"00".repeat(32)}`, 1, "one byte repeated"],
    [`../x:${hex}`, 1, "expected id:key"],
    [`a b:${hex}`, 1, "expected id:key"],
  ])("is refused with its line, and without the key: %j", (text, line, what) => {
    let error: unknown;
    try {
      parseKeyFile("/keys", text);
    } catch (cause) {
      error = cause;
    }
    expect(error).toMatchObject({ code: "KEY_FILE_INVALID", position: { file: "/keys", line, column: 1 } });
    const { message } = error as Error;
    expect(message).toContain(what);
    expect(message).not.toContain(hex.slice(2, 20));
    expect(message).not.toContain(base64.slice(0, 12));
  });
});

const line = (id: string): string => `${id}:${randomBytes(32).toString("base64")}\n`;

describe("the keys of a state", () => {
  let test: TestState;
  let keyFile: string;
  const write = (text: string): void => writeFileSync(keyFile, text, { mode: 0o600 });
  beforeEach(() => {
    test = testState();
    keyFile = join(test.dir, "outside.keys");
  });
  afterEach(() => test.remove());

  /** Ids of the master keys that wrap something. */
  function wrappingIds(): readonly unknown[] {
    const copy = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    try {
      return copy
        .prepare("SELECT DISTINCT key_id FROM (SELECT key_id FROM keys UNION ALL SELECT key_id FROM secrets)")
        .all()
        .map((row) => row["key_id"]);
    } finally {
      copy.close();
    }
  }

  it("are made in the folder, private, where no file is given, and the state says so", async () => {
    const state = await test.open();
    expect(state.keyInState).toBe(true);
    expect(statSync(join(test.dir, "keys")).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(test.dir, "keys"), "utf8");
    await state.close();
    const again = await test.open();
    expect(readFileSync(join(test.dir, "keys"), "utf8")).toBe(text);
    expect(again.keyInState).toBe(true);
  });

  it("come from the key file, and none lies in the folder then", async () => {
    write(line("k1"));
    const state = await test.open({ keyFile });
    expect(state.keyInState).toBe(false);
    expect(existsSync(join(test.dir, "keys"))).toBe(false);
    const id = await takeNew(state, content("a", 70_000));
    expect(readFileSync(join(test.dir, "spool", `${id}.spool`)).includes("k1")).toBe(true);
    await state.close();
    await expect(test.open()).rejects.toMatchObject({ code: "KEY_MISSING" });
    expect(existsSync(join(test.dir, "keys"))).toBe(false);
  });

  it("rotate: the newest rewraps everything, then the old one may go, and duplicates are still known", async () => {
    const [first, second, third] = [line("k1"), line("k2"), line("k3")];
    write(first);
    let state = await test.open({ keyFile });
    const small = content("a", 500);
    const large = content("b", 200_000);
    const ids = [await takeNew(state, small, { name: "eins.csv" }), await takeNew(state, large, { name: "zwei.csv" })];
    await finishDrop(state, ids[0] as string, 2, [1]);
    await state.journal.dismiss([`dl-${ids[0]}-1`], "a.muster", "erledigt");
    const checkpoint = await state.journal.auditCheckpoint();
    const { publicKey } = state;
    await state.close();
    for (const [text, newest] of [
      [first + second, "k2"],
      [second, "k2"],
      [second + third, "k3"],
      [third, "k3"],
    ] as const) {
      write(text);
      state = await test.open({ keyFile });
      expect(wrappingIds()).toEqual([newest]);
      expect((await state.journal.drops({})).map(({ name }) => name)).toEqual(["eins.csv", "zwei.csv"]);
      expect((await readAll(state, ids[0] as string)).equals(small)).toBe(true);
      expect((await readAll(state, ids[1] as string)).equals(large)).toBe(true);
      expect(await state.journal.deadDetail(`dl-${ids[0]}-1`, "system")).toBe("detail of 1");
      expect(await state.journal.deadLetter(`dl-${ids[0]}-1`)).toMatchObject({
        closedBy: "a.muster",
        closedReason: "erledigt",
      });
      expect(state.publicKey).toBe(publicKey);
      expect((await state.journal.auditVerify(checkpoint)).broken).toBeUndefined();
      await state.close();
    }
    expect(test.logged.filter((entry) => entry === "info keys.rewrapped")).toHaveLength(2);
    state = await test.open({ keyFile });
    for (const bytes of [small, large]) expect(await takeBytes(state, bytes)).toMatchObject({ taken: false });
  });

  it("move out of the folder when a key file is given", async () => {
    let state = await test.open();
    const id = await takeNew(state, content("a", 500));
    await state.close();
    write(line("k1"));
    state = await test.open({ keyFile });
    expect(wrappingIds()).toEqual(["k1"]);
    expect(existsSync(join(test.dir, "keys"))).toBe(false);
    expect(test.logged).toContain("info keys.moved-out");
    expect(await readAll(state, id)).toHaveLength(500);
    await state.close();
    state = await test.open({ keyFile });
    expect(await readAll(state, id)).toHaveLength(500);
  });

  it("stay where they are when the key file is the one in the folder", async () => {
    let state = await test.open();
    const id = await takeNew(state, content("a", 500));
    await state.close();
    symlinkSync(join(test.dir, "keys"), keyFile);
    for (const path of [join(test.dir, "keys"), keyFile]) {
      state = await test.open({ keyFile: path });
      expect(state.keyInState).toBe(true);
      expect(await readAll(state, id)).toHaveLength(500);
      await state.close();
      expect(existsSync(join(test.dir, "keys"))).toBe(true);
    }
  });

  it("are missed by name, and wrong ones are found at the start", async () => {
    write(line("k1"));
    const state = await test.open({ keyFile });
    await takeNew(state, content("a", 500));
    await state.close();
    write(line("k2"));
    await expect(test.open({ keyFile })).rejects.toMatchObject({
      code: "KEY_MISSING",
      message: expect.stringContaining("k1") as string,
    });
    write(line("k1"));
    await expect(test.open({ keyFile })).rejects.toMatchObject({ code: "KEY_FILE_INVALID" });
    await expect(test.open({ keyFile: join(test.dir, "nirgends") })).rejects.toMatchObject({
      code: "KEY_FILE_INVALID",
      message: expect.stringContaining("ENOENT") as string,
    });
    // None of these attempts has left the lock or a half-made state behind.
    expect(readdirSync(test.dir)).not.toContain("keys");
  });

  it("that others can read are warned about", async () => {
    write(line("k1"));
    chmodSync(keyFile, 0o644);
    await test.open({ keyFile });
    expect(test.logged).toContain("warn keys.readable-by-others");
  });
});
