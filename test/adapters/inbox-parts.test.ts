// The parts of the inbox one by one, each against something that knows better.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createAttempts, networkOf } from "../../src/adapters/inbox/attempts.ts";
import { coveredTo } from "../../src/adapters/inbox/covered.ts";
import { credentialsOf } from "../../src/adapters/inbox/credentials.ts";
import { isPassword } from "../../src/adapters/inbox/crypt.ts";
import { hostKeyIn, type HostKey } from "../../src/adapters/inbox/host-key.ts";
import { nameRule, pathsBelow } from "../../src/adapters/inbox/names.ts";
import { prepareRecord, publishRecord, readRecord, recordPath } from "../../src/adapters/inbox/record.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { makeKey, userOptions } from "../peers/inbox.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-inbox-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is covered", () => {
  it("is what a row of flags says, whatever is written and cut", () => {
    const step = fc.oneof(fc.record({ from: fc.nat(60), length: fc.nat(20) }), fc.record({ cut: fc.nat(70) }));
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 30 }), (size, steps) => {
        const covered = coveredTo(size);
        const flags = Array.from({ length: 100 }, (_, at) => at < size);
        for (const each of steps) {
          if ("cut" in each) {
            covered.cut(each.cut);
            flags.fill(false, each.cut);
          } else {
            covered.add(each.from, each.from + each.length);
            flags.fill(true, each.from, each.from + each.length);
          }
        }
        expect(covered.whole).toBe(flags.indexOf(false));
        for (const end of [0, 1, 17, 50, 99]) expect(covered.reaches(end)).toBe(!flags.slice(0, end).includes(false));
      }),
    );
  });

  it("is not counted in endless pieces", () => {
    const covered = coveredTo(0);
    let taken = 0;
    while (covered.add(taken * 10, taken * 10 + 5)) taken++;
    expect(taken).toBeLessThan(2_000);
  });
});

describe("paths", () => {
  it("lead where POSIX says, and nowhere else", () => {
    const part = fc.constantFrom("a", "b.csv", ".", "..", "", "export", "kasse", "...");
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(part, { maxLength: 8 }),
        fc.constantFrom("/", "/export/kasse"),
        (absolute, parts, home) => {
          const path = (absolute ? "/" : "") + parts.join("/");
          const paths = pathsBelow(home);
          const expected = posix.resolve(home, path);
          expect(paths.canonical(Buffer.from(path)).toString()).toBe(expected);
          const place = paths.placeOf(Buffer.from(path));
          const below = home === "/" ? "/" : `${home}/`;
          const name = expected.startsWith(below) ? expected.slice(below.length) : undefined;
          const isFile = name !== undefined && name !== "" && !name.includes("/");
          const isAbove = home.startsWith(expected === "/" ? "/" : `${expected}/`);
          const kind = expected === home ? "home" : isFile ? "file" : isAbove ? "above" : "nowhere";
          expect(place.kind).toBe(kind);
          expect("name" in place ? place.name.toString() : "").toBe(kind === "file" ? name : "");
        },
      ),
    );
  });

  it("have names that the patterns sort", () => {
    const rule = nameRule(["*.csv"], ["*.filepart", ".in.*"]);
    const kinds = ["a.csv", "a.csv.filepart", ".in.a.csv", "a.txt", ".a.csv", "", "A.CSV"].map((name) =>
      rule.kindOf(Buffer.from(name)),
    );
    expect(kinds).toEqual(["drop", "temporary", "temporary", "neither", "neither", "neither", "neither"]);
  });
});

describe("password hashes", () => {
  it.each(["a", "Kennwort mit Ümläuten", "x".repeat(63), "y".repeat(64), "z".repeat(65), "l".repeat(250)])(
    "are openssl's, for %s",
    async (password) => {
      for (const salt of ["x", "abcdefgh", "sixteencharacter"]) {
        const hash = execFileSync("openssl", ["passwd", "-6", "-salt", salt, "-stdin"], {
          input: `${password}\n`,
          encoding: "utf8",
        }).trim();
        expect(await isPassword(password, hash)).toBe(true);
        expect(await isPassword(`${password} `, hash)).toBe(false);
      }
    },
  );

  it("have their own number of rounds, as the specification's example", async () => {
    const hash =
      "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0";
    expect(await isPassword("This is just a test", hash)).toBe(true);
    expect(await isPassword("This is just a test", hash.replace("5000", "5001"))).toBe(false);
  });
});

describe("the host key", () => {
  it("is made once, for nobody else to read, and is what OpenSSH says it is", async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => hostKeyIn(folder)));
    const [first] = made as [HostKey];
    expect(new Set(made.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(await hostKeyIn(folder)).toEqual(first);
    expect(statSync(join(folder, "host_key")).mode & 0o777).toBe(0o600);
    const shown = execFileSync("ssh-keygen", ["-lf", join(folder, "host_key")], { encoding: "utf8" });
    expect(shown).toContain(`256 ${first.fingerprint} `);
    expect(shown).toContain("(ED25519)");
    expect(readFileSync(join(folder, "host_key.pub"), "utf8")).toBe(`${first.publicKey} steg\n`);
  });

  it("that is damaged is not replaced by another one", async () => {
    const other = mkdtempSync(join(folder, "key-"));
    writeFileSync(join(other, "host_key"), "-----BEGIN OPENSSH PRIVATE KEY-----\nnichts\n");
    await expect(hostKeyIn(other)).rejects.toMatchObject({ code: "INBOX_HOST_KEY" });
    expect(readFileSync(join(other, "host_key"), "utf8")).toContain("nichts");
    await expect(hostKeyIn(join(other, "fehlt"))).rejects.toMatchObject({ code: "INBOX_HOST_KEY" });
  });
});

describe("what a user logs in with", () => {
  const context = contextIn(folder);
  const made = (name: string, kind: readonly string[]): string =>
    `${makeKey(join(folder, name), kind).slice(folder.length + 1)}.pub`;

  it("may be several keys in a file, with comments between them", () => {
    const [one, other] = [made("eins", ["-t", "ed25519"]), made("zwei", ["-t", "ecdsa"])];
    const text = [one, other].map((name) => readFileSync(join(folder, name), "utf8")).join("\n# noch einer\n\n");
    writeFileSync(join(folder, "beide.pub"), text.replaceAll("\n", "\r\n"));
    expect(
      credentialsOf("kasse", userOptions({ publicKeys: ["beide.pub"] }), context).keys.map(({ type }) => type),
    ).toEqual(["ssh-ed25519", "ecdsa-sha2-nistp256"]);
  });

  it.each([
    ["", "holds no key"],
    ["# nur ein Kommentar\n", "holds no key"],
    ["ssh-ed25519 AAAA\n", "line 1: no public key as ssh-keygen writes it"],
    [
      'command="id" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpxmWW5rB1eYPVQqTfP3lCP1RSOI4BcMSF3klXth8tW\n',
      "no options before it",
    ],
    ["\n-----BEGIN OPENSSH PRIVATE KEY-----\n", "line 2: a private key; it belongs to the client alone"],
  ])("is refused where a file holds %j", (text, why) => {
    writeFileSync(join(folder, "falsch.pub"), text);
    expect(() => credentialsOf("kasse", userOptions({ publicKeys: ["falsch.pub"] }), context)).toThrow(why);
  });

  it("is no RSA key that is too short", () => {
    const name = made("kurz", ["-t", "rsa", "-b", "1024"]);
    expect(() => credentialsOf("kasse", userOptions({ publicKeys: [name] }), context)).toThrow("less than 2048 bits");
  });

  it("is no empty password", () => {
    const options = userOptions({ publicKeys: undefined, password: "" });
    expect(() => credentialsOf("kasse", options, context)).toThrow("the password is empty");
  });
});

describe("failed logins", () => {
  it("close a network for a while, and no other", () => {
    let now = 0;
    const attempts = createAttempts({ delay: 100, most: 3, window: 1_000 }, () => now);
    const ends = ["10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1"].map((address) => attempts.failed(address));
    expect(ends).toEqual([false, false, true]);
    expect(attempts.blocked("10.0.0.1")).toBe(true);
    expect(attempts.blocked("10.0.0.2")).toBe(false);
    expect(attempts.delay("10.0.0.1")).toBeGreaterThan(attempts.delay("10.0.0.2"));
    now = 1_001;
    expect(attempts.blocked("10.0.0.1")).toBe(false);
    expect(attempts.delay("10.0.0.1")).toBe(100);
  });

  it("count for the first 64 bits of an IPv6 address, however it is written", () => {
    const same = ["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:0db8:0000:0000::3", "2001:db8::"];
    expect(new Set(same.map(networkOf))).toEqual(new Set(["2001:db8:0:0"]));
    expect(networkOf("2001:db8:0:1::1")).toBe("2001:db8:0:1");
    expect(networkOf("::1")).toBe("0:0:0:0");
    expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0");
  });

  it("are not remembered without end", () => {
    const attempts = createAttempts({ delay: 1, most: 1, window: 1e9 }, () => 0);
    for (let at = 0; at < 20_000; at++) attempts.failed(`10.1.${at >> 8}.${at & 255}`);
    expect(attempts.blocked("10.1.0.0")).toBe(false);
    expect(attempts.blocked(`10.1.${19_999 >> 8}.${19_999 & 255}`)).toBe(true);
  });
});

describe("records", () => {
  it("come back as they were written, whatever the name, and are nothing where they are damaged", async () => {
    const id = "0123456789abcdef01234567";
    const record = {
      name: Buffer.from([0xff, 0x25, 0x20, 0x2f, 0x22]),
      state: "closed",
      size: 1,
      modified: 2,
      order: 3,
    } as const;
    await prepareRecord(folder, id, record);
    expect(await readRecord(folder, id)).toBeUndefined();
    await publishRecord(folder, id);
    expect(await readRecord(folder, id)).toEqual(record);
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"name":1}',
      '{"name":"x","state":"writing","size":1,"modified":1,"order":1}',
      "x".repeat(5_000),
    ]) {
      writeFileSync(recordPath(folder, id), text);
      expect(await readRecord(folder, id), text).toBeUndefined();
    }
  });
});
