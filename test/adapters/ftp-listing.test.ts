// Lines of listings as servers write them, and the memory of exact times.

import { describe, expect, it } from "vitest";
import { argumentOf, fingerprintOf } from "../../src/adapters/ftp/access.ts";
import { parseFacts, parseLine, parseTime, roughTime } from "../../src/adapters/ftp/listing.ts";
import { createTimes } from "../../src/adapters/ftp/times.ts";

describe("a line of LIST", () => {
  it.each([
    ["-rw-r--r--    1 1        1            2048 Nov 21 14:35 a.csv", "a.csv", "file", 2_048, "Nov 21 14:35"],
    ["-rw-r--r--    1 1        1            2048 Nov 21  2025  vorn", " vorn", "file", 2_048, "Nov 21 2025"],
    ["-rw-rw-r--+ 1 EDV Amt Nord 77 21 Nov 09:05 a b", "a b", "file", 77, "21 Nov 09:05"],
    ["-rwxrwxrwx 1 owner group 5 2026-11-21 14:35 iso.csv", "iso.csv", "file", 5, "2026-11-21 14:35"],
    ["-rw-r--r-- 1 u g 5 M\xe4r 21 14:35 x", "x", "file", 5, "M\xe4r 21 14:35"],
    ["-rw-r--r-- 1 u g 5 Nov 21 14:35 \xa0x", "\xa0x", "file", 5, "Nov 21 14:35"],
    ["drwxr-sr-t 2 u g 4096 Nov 21 14:35 d", "d", "folder", 0, "Nov 21 14:35"],
    ["lrwxrwxrwx 1 u g 9 Nov 21 14:35 l -> ../x", "l", "link", 0, "Nov 21 14:35"],
    ["-rw-r--r-- 1 u g 9 Nov 21 14:35 f -> g", "f -> g", "file", 9, "Nov 21 14:35"],
    ["prw-r--r-- 1 u g 0 Nov 21 14:35 p", "p", "special", 0, "Nov 21 14:35"],
    ["brw-r----- 1 u g 8, 0 Nov 21 14:35 b", "b", "special", 0, "Nov 21 14:35"],
    ["11-21-26  02:35PM                   12 a  b.csv", "a  b.csv", "file", 12, "11-21-26 02:35PM"],
    ["11-21-2026  14:35       <DIR>          d", "d", "folder", 0, "11-21-2026 14:35"],
  ])("%j", (line, name, kind, size, time) => {
    expect(parseLine(line)).toEqual({ name: Buffer.from(name, "latin1"), kind, size, time, modified: undefined });
  });

  it.each([
    "total 12",
    "",
    "-rw-r--r-- 1 u g 5 Nov 21 14:35 ../x",
    "-rw-r--r-- 1 u g 5 Nov 21 14:35 /etc/passwd",
    "drwxr-xr-x 1 u g 5 Nov 21 14:35 .",
    "-rw-r--r-- 1 u g 99999999999999999 Nov 21 14:35 x",
    "11-21-26  02:35PM                   12 a/b",
    `-rw-r--r-- 1 u g 5 Nov 21 14:35 ${"x".repeat(5_000)}`,
  ])("leaves out %j", (line) => {
    expect(parseLine(line)).toBeUndefined();
  });

  it("takes no longer for lines that are meant to take long", () => {
    const begun = performance.now();
    for (const evil of [
      "- ".repeat(1_000),
      `-rw-r--r-- 1 ${"a ".repeat(900)}`,
      `-rw-r--r-- ${"1 ".repeat(900)}`,
      " ".repeat(2_000),
    ])
      for (let n = 0; n < 100; n++) parseLine(evil);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe("a line of MLSD", () => {
  it("has facts in any order and letters", () => {
    expect(parseFacts("Modify=20261121143501.5;Type=file;Size=12;UNIX.mode=0644; a;b=c.csv")).toEqual({
      name: Buffer.from("a;b=c.csv"),
      kind: "file",
      size: 12,
      modified: Date.UTC(2026, 10, 21, 14, 35, 1, 500),
      time: undefined,
    });
    expect(parseFacts("type=dir;modify=20261121143501; d")?.kind).toBe("folder");
    expect(parseFacts("type=OS.unix=slink:/etc/passwd; l")?.kind).toBe("link");
    expect(parseFacts("type=OS.unix=symlink; l")?.kind).toBe("link");
    expect(parseFacts("type=OS.unix=chr-1/3; c")?.kind).toBe("special");
    expect(parseFacts("type=file; unbekannt gross")?.kind).toBe("special");
  });

  it.each([
    "type=cdir; .",
    "type=pdir; ..",
    "type=file;size=1; ../x",
    "type=file;size=1; ",
    "nothing",
    "type=cdir; /here",
  ])("leaves out %j", (line) => {
    expect(parseFacts(line)).toBeUndefined();
  });
});

describe("times", () => {
  it("are read as RFC 3659 writes them, and as nothing else", () => {
    expect(parseTime("20261121143501")).toBe(Date.UTC(2026, 10, 21, 14, 35, 1));
    expect(parseTime("20261121143501.25")).toBe(Date.UTC(2026, 10, 21, 14, 35, 1, 250));
    for (const bad of ["", "2026112114350", "20261321143501", "2026-11-21", "19261121143501", "20261121143501x"])
      expect(parseTime(bad)).toBeUndefined();
  });

  it("of lines without a year are the last of that day", () => {
    const now = Date.UTC(2026, 0, 2);
    expect(roughTime("Dec 31 23:50", now)).toBe(Date.UTC(2025, 11, 31, 23, 50));
    expect(roughTime("Jan 02 18:00", now)).toBe(Date.UTC(2026, 0, 2, 18));
    expect(roughTime("Jun 12 2024", now)).toBe(Date.UTC(2024, 5, 12));
    expect(roughTime("01-02-26 12:05AM", now)).toBe(Date.UTC(2026, 0, 2, 0, 5));
    expect(roughTime("gestern", now)).toBeUndefined();
  });

  it("are asked for again until two minutes have passed since the line was first seen", () => {
    let now = 0;
    const times = createTimes(() => now);
    const path = Buffer.from("/a");
    expect(times.known(path, 1, "14:35")).toBeUndefined();
    times.learn(path, 1, "14:35", 100);
    now = 60_000;
    expect(times.known(path, 1, "14:35")).toBeUndefined();
    times.learn(path, 1, "14:35", 101);
    now = 130_000;
    expect(times.known(path, 1, "14:35")).toBeUndefined();
    times.learn(path, 1, "14:35", 102);
    expect(times.known(path, 1, "14:35")).toBe(102);
    expect(times.known(path, 2, "14:35")).toBeUndefined();
    expect(times.known(path, 1, "14:36")).toBeUndefined();
    times.learn(path, 1, "14:36", 200);
    expect(times.known(path, 1, "14:36")).toBeUndefined();
  });
});

describe("what goes onto the control connection", () => {
  it("is every byte, with Telnet's escape twice where it is one", () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_each, n) => n).filter((n) => ![0, 10, 13].includes(n)));
    expect(Buffer.from(argumentOf(bytes, false), "latin1").equals(bytes)).toBe(true);
    expect(argumentOf(Buffer.from([0xff]), true)).toBe("\u00ff\u00ff");
  });

  it.each(["a\r", "a\n", "a\0", "a\r\nDELE x"])("is never a second command: %j", (text) => {
    expect(() => argumentOf(Buffer.from(text), true)).toThrow(/line break or NUL/u);
  });

  it("reads fingerprints as openssl prints them", () => {
    const hex = "ab".repeat(32);
    expect(fingerprintOf(hex.toUpperCase().replaceAll(/(..)(?!$)/gu, "$1:"))).toBe(hex);
    expect(fingerprintOf(`SHA256:${hex}`)).toBe(hex);
    expect(fingerprintOf("ab")).toBeUndefined();
  });
});
