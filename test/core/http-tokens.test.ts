// Tokens on a real state: shown once, stored as hashes, gone at once when they are revoked.

import { hash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { createTokenBook } from "../../src/core/operations/tokens.ts";

let folder: string;
let state: OpenState;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "steg-tokens-"));
  state = await openState({ dir: folder, log: () => undefined });
});
afterAll(async () => {
  await state.close();
  await rm(folder, { recursive: true, force: true });
});

const request = (name: string, role = "viewer") => ({ name, role, actor: "local:test", now: 1_000 });

describe("tokens", () => {
  it("are random, known, and listed without themselves", async () => {
    const book = createTokenBook(state.journal);
    expect(await book.untouched()).toBe(true);
    const [one, two] = [await book.create(request("one")), await book.create(request("two", "operator"))];
    expect(one.token).toMatch(/^steg_[A-Za-z0-9_-]{43}$/);
    expect(one.token).not.toBe(two.token);
    expect(await book.authenticate(one.token)).toEqual({ name: "one", role: "viewer", tags: [] });
    expect(await book.authenticate(two.token)).toEqual({ name: "two", role: "operator", tags: [] });
    expect(await book.list()).toEqual([
      { name: "one", role: "viewer", tags: [], created: "1970-01-01T00:00:01.000Z", createdBy: "local:test" },
      { name: "two", role: "operator", tags: [], created: "1970-01-01T00:00:01.000Z", createdBy: "local:test" },
    ]);
    expect(await book.untouched()).toBe(false);
  });

  it("stand nowhere on the disk, only their hash", async () => {
    const book = createTokenBook(state.journal);
    const { token } = await book.create(request("secret"));
    await state.journal.auditCheckpoint();
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const bytes = await Promise.all(
      names.filter((one) => one.isFile()).map(async (one) => await readFile(join(one.parentPath, one.name))),
    );
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.some((each) => each.includes(token.slice(5)))).toBe(false);
    expect(await createTokenBook(state.journal).authenticate(token)).toEqual({
      name: "secret",
      role: "viewer",
      tags: [],
    });
  });

  it("are refused when they are cut, changed, hashed or empty", async () => {
    const book = createTokenBook(state.journal);
    const { token } = await book.create(request("exact"));
    const flipped = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
    for (const wrong of ["", "steg_", token.slice(0, -1), `${token}x`, flipped, token.toUpperCase(), ` ${token}`]) {
      expect(await book.authenticate(wrong)).toBeUndefined();
    }
  });

  it("keep for which bridges they are, and those of earlier versions are for all", async () => {
    const book = createTokenBook(state.journal);
    const tags = ["verfahren:melde", "kommune:adorf", "kommune:adorf"];
    const made = await book.create({ ...request("part", "operator"), tags });
    const own = ["kommune:adorf", "verfahren:melde"];
    expect(made).toMatchObject({ name: "part", role: "operator", tags: own });
    const again = createTokenBook(state.journal);
    expect(await again.authenticate(made.token)).toEqual({ name: "part", role: "operator", tags: own });
    expect((await again.list()).find(({ name }) => name === "part")).toMatchObject({ tags: own });
    const created = (await state.journal.auditEntries({ limit: 1_000 })).filter(
      ({ facts }) => facts["token"] === "part",
    );
    expect(created.map(({ facts }) => facts)).toEqual([
      { token: "part", role: "operator", tags: "kommune:adorf, verfahren:melde" },
    ]);
    const old = {
      name: "old",
      role: "viewer",
      hash: hash("sha256", `steg_${"o".repeat(43)}`),
      created: 1,
      createdBy: "x",
    };
    await state.journal.set("token/old", old);
    const reopened = createTokenBook(state.journal);
    expect(await reopened.authenticate(`steg_${"o".repeat(43)}`)).toEqual({ name: "old", role: "viewer", tags: [] });
    expect((await reopened.list()).find(({ name }) => name === "old")).toMatchObject({ role: "viewer", tags: [] });
  });

  it.each([
    ["operator", ["kommune"]],
    ["operator", ["Kommune:a"]],
    ["operator", Array.from({ length: 33 }, (_, at) => `k:${at}`)],
    ["operator", "kommune:a" as never],
    ["operator", [1] as never],
    ["caller", ["kommune:a"]],
  ])("of the role %s are refused with the tags %j", async (role, tags) => {
    const asked = createTokenBook(state.journal).create({ ...request("refused", role), tags });
    await expect(asked).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  it("end at once when they are revoked, and their name is free again", async () => {
    const book = createTokenBook(state.journal);
    const { token } = await book.create(request("short"));
    await book.revoke({ name: "short", actor: "local:test", now: 2_000 });
    expect(await book.authenticate(token)).toBeUndefined();
    expect((await book.list()).map((one) => one.name)).not.toContain("short");
    await expect(book.revoke({ name: "short", actor: "x", now: 3_000 })).rejects.toMatchObject({
      code: "TOKEN_INVALID",
    });
    const again = await book.create(request("short"));
    expect(await book.authenticate(token)).toBeUndefined();
    expect(await book.authenticate(again.token)).toMatchObject({ name: "short" });
  });

  it.each(["", "A", "has space", "ümlaut", "-x", "../x", "x".repeat(65)])("refuse the name %j", async (name) => {
    await expect(createTokenBook(state.journal).create(request(name))).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });

  it("refuse a name twice, an unknown role, and the role that is a person's", async () => {
    const book = createTokenBook(state.journal);
    await book.create(request("twice"));
    await expect(book.create(request("twice"))).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await expect(book.create(request("x", "admin"))).rejects.toMatchObject({ code: "TOKEN_INVALID" });
    await expect(book.create(request("x", "approver"))).rejects.toThrow("never carried by a token");
  });

  it("stand in the trail with who made and who revoked them", async () => {
    const entries = await state.journal.auditEntries({ limit: 1_000 });
    const made = entries.filter((entry) => entry.event === "token.created").map((entry) => entry.facts["token"]);
    expect(made).toEqual(expect.arrayContaining(["one", "two", "short"]));
    expect(entries.find((entry) => entry.event === "token.revoked")).toMatchObject({
      actor: "local:test",
      facts: { token: "short" },
    });
  });

  it("hold as long as they are not revoked; a new one of that name is another one", async () => {
    const book = createTokenBook(state.journal);
    await book.create(request("held"));
    expect(await book.holds("held", 1_000)).toBe(true);
    expect(await book.holds("held", 999)).toBe(false);
    expect(await book.holds("nobody", 1_000)).toBe(false);
    await book.revoke({ name: "held", actor: "local:test", now: 1_500 });
    expect(await book.holds("held", 2_000)).toBe(false);
    await book.create({ ...request("held"), now: 2_000 });
    expect(await book.holds("held", 1_999)).toBe(false);
    expect(await book.holds("held", 2_000)).toBe(true);
    await book.revoke({ name: "held", actor: "local:test", now: 2_500 });
  });
});
