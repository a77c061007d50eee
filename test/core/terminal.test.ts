import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatDate,
  formatDateTime,
  formatDuration,
  formatNoun,
  formatRate,
  formatRemaining,
  formatSize,
} from "../../src/core/terminal/format.ts";
import { isoIn } from "../../src/core/lifecycle/dates.ts";
import { lookOf, mark, paint, sign } from "../../src/core/terminal/look.ts";
import type { Look } from "../../src/core/terminal/look.ts";
import { createProgress, renderBar, renderProgressLine } from "../../src/core/terminal/progress.ts";
import { renderTable } from "../../src/core/terminal/table.ts";
import { cutEnd, cutPath, escapeControls, pad, widthOf, wrap } from "../../src/core/terminal/text.ts";

const utf8 = { LANG: "de_DE.UTF-8" };
const terminal = { isTTY: true, columns: 90 };
const plain: Look = { tty: false, color: false, unicode: true, width: 100 };

describe("what a stream can show", () => {
  it.each([
    ["a terminal", terminal, {}, true],
    ["a pipe", {}, {}, false],
    ["NO_COLOR", terminal, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR, which counts as none", terminal, { NO_COLOR: "" }, true],
    ["a dumb terminal", terminal, { TERM: "dumb" }, false],
    ["FORCE_COLOR in a pipe", {}, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR against NO_COLOR and dumb", terminal, { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, true],
    ["FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, false],
  ])("colour with %s", (_name, stream, env, expected) => {
    expect(lookOf(stream, env).color).toBe(expected);
  });

  it.each([
    [{ LANG: "de_DE.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "de_DE.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, true],
    [{ LC_ALL: "", LANG: "en_US.UTF-8" }, true],
    [{}, false],
  ])("signs with the locale %o", (env, expected) => {
    expect(lookOf({}, env).unicode).toBe(expected);
  });

  it.each([
    [{ isTTY: true, columns: 40 }, 80],
    [{ isTTY: true, columns: 90 }, 90],
    [{ isTTY: true, columns: 200 }, 100],
    [{ isTTY: true }, 100],
    [{ columns: 40 }, 100],
  ])("width of %o", (stream, expected) => {
    expect(lookOf(stream, utf8).width).toBe(expected);
  });

  it("paints with four of the sixteen colours and no background", () => {
    const look = { ...plain, color: true };
    expect(paint(look, "red", "x")).toBe("\x1b[31mx\x1b[39m");
    expect(paint(look, "dim", "x")).toBe("\x1b[2mx\x1b[22m");
    expect(paint(plain, "red", "x")).toBe("x");
    expect(mark(look, "✓")).toBe("\x1b[32m✓\x1b[39m");
  });

  it("has an ASCII stand-in for every sign", () => {
    const ascii = { ...plain, unicode: false };
    const signs = ["✓", "!", "✗", "?", "■", "◐", "→", "…", "━", "─", "│"] as const;
    expect(signs.map((one) => sign(ascii, one)).join(" ")).toBe("+ ! x ? # ~ -> ... = - |");
    expect(signs.map((one) => sign(plain, one))).toEqual(signs);
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1,000"],
    [412_000, "412,000"],
    [-1_234_567, "-1,234,567"],
  ])("count %d", (value, expected) => expect(formatCount(value)).toBe(expected));

  it.each([
    [0, "0 B"],
    [512, "512 B"],
    [1_024, "1.0 KiB"],
    [1_048_575, "1.0 MiB"],
    [148 * 1024 ** 2, "148 MiB"],
    [1.4 * 1024 ** 3, "1.4 GiB"],
    [9.96 * 1024, "10 KiB"],
  ])("size %d", (value, expected) => expect(formatSize(value)).toBe(expected));

  it.each([
    [0, "0 ms"],
    [41, "41 ms"],
    [999.6, "1.0 s"],
    [1_900, "1.9 s"],
    [20_400, "20.4 s"],
    [59_940, "59.9 s"],
    [59_990, "1 min"],
    [240_000, "4 min"],
    [3_600_000, "1 h"],
    [11_520_000, "3 h 12 min"],
    [86_400_000, "1 day"],
    [61 * 86_400_000, "61 days"],
  ])("duration %d", (value, expected) => expect(formatDuration(value)).toBe(expected));

  it("rates, rests and nouns", () => {
    expect(formatRate(21_480.4)).toBe("21,480/s");
    expect(formatRemaining(6_200)).toBe("7 s");
    expect(formatNoun(1, "drop")).toBe("1 drop");
    expect(formatNoun(2_000, "entry", "entries")).toBe("2,000 entries");
  });

  it("dates in the bridge's zone, in summer and winter", () => {
    const winter = Date.UTC(2027, 10, 18, 9, 0);
    expect(formatDate(Date.UTC(2027, 10, 18, 23, 30), "Europe/Berlin")).toBe("2027-11-19");
    expect(formatDateTime(winter, "Europe/Berlin")).toBe("2027-11-18 10:00");
    expect(isoIn(winter, "Europe/Berlin")).toBe("2027-11-18T10:00:00+01:00");
    expect(isoIn(Date.UTC(2027, 6, 1, 8, 0), "Europe/Berlin")).toBe("2027-07-01T10:00:00+02:00");
    expect(isoIn(winter, "UTC")).toBe("2027-11-18T09:00:00+00:00");
    expect(formatDateTime(Date.UTC(2027, 0, 1, 0, 0), "UTC")).toBe("2027-01-01 00:00");
  });
});

describe("text of unknown origin", () => {
  it("prints what would steer the terminal as an escape", () => {
    expect(escapeControls("a\x1b[31mb\r\n\x07\x9b")).toBe("a\\x1b[31mb\\x0d\\x0a\\x07\\x9b");
    expect(escapeControls("\u202egpj.exe\u2028\ufeff")).toBe("\\u202egpj.exe\\u2028\\ufeff");
    expect(escapeControls("\ud800x")).toBe("\\ud800x");
    expect(escapeControls("Müller & Söhne 😀 漢字")).toBe("Müller & Söhne 😀 漢字");
  });

  it("measures columns, not characters", () => {
    expect(widthOf("Müller")).toBe(6);
    expect(widthOf("Mu\u0308ller")).toBe(6);
    expect(widthOf("漢字")).toBe(4);
    expect(widthOf("\x1b[31mrot\x1b[39m")).toBe(3);
    expect(pad("漢", 4)).toBe("漢  ");
    expect(pad("7", 3, "right")).toBe("  7");
  });

  it("cuts text at the end of words, paths in the middle", () => {
    expect(cutEnd(plain, "Fachdienst Bürgerdienste", 30)).toBe("Fachdienst Bürgerdienste");
    expect(cutEnd(plain, "Fachdienst Bürger und Dienste", 22)).toBe("Fachdienst Bürger und…");
    expect(cutEnd(plain, "Fachdienst Bürger und Dienste", 20)).toBe("Fachdienst Bürger…");
    expect(cutEnd(plain, "Donaudampfschifffahrtsgesellschaft", 10)).toBe("Donaudamp…");
    const path = cutPath(plain, "/srv/data/export/2027/gewerbe_20271119.csv", 30);
    expect(path).toHaveLength(30);
    expect(path).toMatch(/^\/srv\/data.*…werbe_20271119\.csv$|^\/srv\/data.*….*_20271119\.csv$/);
    expect(cutEnd({ ...plain, unicode: false }, "abcdefghij", 8)).toBe("abcde...");
  });

  it("wraps at spaces and keeps long words whole", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("abcdefghijk l", 5)).toEqual(["abcdefghijk", "l"]);
  });
});

describe("tables", () => {
  const columns = [
    { title: "bridge", cut: "end" as const },
    { title: "records", align: "right" as const },
    { title: "file", cut: "path" as const },
  ];

  it("aligns numbers right, text left, with the sign at the start", () => {
    const lines = renderTable(plain, columns, [
      { cells: ["gewerbe", "412,000", "a.csv"] },
      { sign: "!", cells: ["kasse", "80", "b.csv"], below: ["milestone missed"] },
    ]);
    expect(lines).toEqual([
      "  bridge   records  file",
      "  gewerbe  412,000  a.csv",
      "! kasse         80  b.csv",
      "           milestone missed",
    ]);
  });

  it("stays aligned without UTF-8, where signs have longer stand-ins, and has one for none, too", () => {
    const lines = renderTable({ ...plain, unicode: false }, columns, [
      { sign: "→", cells: ["kasse", "–", "a.csv"] },
      { cells: ["gewerbe", "1", "b.csv"] },
    ]);
    expect(lines).toEqual(["   bridge   records  file", "-> kasse          -  a.csv", "   gewerbe        1  b.csv"]);
  });

  it("cuts text columns until the line fits, and never numbers", () => {
    const narrow = { ...plain, width: 80 };
    const lines = renderTable(narrow, columns, [
      { cells: ["b".repeat(60), "123,456,789", `/srv/${"x".repeat(60)}/drop.csv`] },
    ]);
    expect(lines.every((line) => widthOf(line) <= 80)).toBe(true);
    expect(lines[1]).toContain("123,456,789");
    expect(lines[1]).toMatch(/drop\.csv$/);
  });

  it("escapes control characters of cells", () => {
    expect(renderTable(plain, columns, [{ cells: ["\x1b]0;x\x07", "1", ""] }])[1]).toContain("\\x1b]0;x\\x07");
  });
});

function run(tty: boolean, times: readonly number[]): string[] {
  const written: string[] = [];
  let now = 0;
  const progress = createProgress({ write: (text) => written.push(text) }, { ...plain, tty }, () => now);
  for (const time of times) {
    now = time;
    progress.show(() => [`at ${time}`, "second"]);
  }
  progress.clear();
  return written;
}

describe("progress", () => {
  it("draws at most ten times a second, in place", () => {
    const written = run(true, [0, 50, 99, 100, 150, 200]);
    expect(written).toHaveLength(4);
    expect(written[0]).toBe("\x1b[2Kat 0\n\x1b[2Ksecond\n\x1b[0J");
    expect(written[1]).toBe("\x1b[2A\r\x1b[2Kat 100\n\x1b[2Ksecond\n\x1b[0J");
    expect(written[3]).toBe("\x1b[2A\r\x1b[0J");
  });

  it("writes nothing off a terminal", () => {
    expect(run(false, [0, 100, 200])).toEqual([]);
  });

  it("shows bar, share, counts, rate and rest", () => {
    expect(renderBar(plain, 0)).toBe("─".repeat(30));
    expect(renderBar(plain, 1)).toBe("━".repeat(30));
    expect(renderBar(plain, 0.65)).toBe(`${"━".repeat(19)}╸${"─".repeat(10)}`);
    const line = renderProgressLine(
      plain,
      { bridge: "gewerbe", finished: 263_214, records: 412_000, elapsed: 12_254 },
      10,
    );
    expect(line).toMatch(/^ {2}gewerbe {6}━+─+ {3}63 % {3}263,214 of 412,000 {3}21,480\/s {3}7 s$/);
    expect(widthOf(line)).toBeLessThanOrEqual(100);
    expect(
      renderProgressLine(plain, { bridge: "b", finished: 0, records: 9, elapsed: 1, waiting: "waiting for target" }, 3),
    ).toBe("  b     waiting for target");
  });
});
