// How findings look: on a terminal, in a pipe, as JSON.

import { describe, expect, it } from "vitest";
import { finding, sortFindings } from "../../src/core/bridge/finding.ts";
import { findingsJson, renderFindings, renderSummary } from "../../src/core/bridge/render.ts";
import type { Finding } from "../../src/core/bridge/tree.ts";

const TTY = { tty: true, color: false, unicode: true, width: 96 };
const PIPE = { tty: false, color: false, unicode: true, width: 100 };
const FILE = "mappings/gewerbe/bridge.yaml";
const SOURCE = "map:\n  xml:\n    gw:kennung: = GP-ID\n";

const unknown: Finding = {
  ...finding("UNKNOWN_KEY", { file: FILE, line: 3, column: 19 }, "GP and ID are no columns, but `GP-ID` is", {
    hint: "= `GP-ID`",
    length: 5,
  }),
  code: "FIELD_UNKNOWN",
};
const warning = finding("NO_TEST", { file: FILE, line: 1, column: 1 }, "this bridge has no test", {
  severity: "warning",
  hint: "write one",
});

describe("on a terminal", () => {
  it("shows place, code, text, the line with an underline, and what to write", () => {
    expect(renderFindings([warning, unknown], TTY, () => SOURCE)).toBe(
      [
        "mappings/gewerbe/bridge.yaml",
        "",
        "! 1:1    NO_TEST            this bridge has no test",
        "         hint  write one",
        "",
        "  3:19   FIELD_UNKNOWN      GP and ID are no columns, but `GP-ID` is",
        "         │ gw:kennung: = GP-ID",
        "         │               ^^^^^",
        "         hint  = `GP-ID`",
        "",
      ].join("\n"),
    );
  });

  it("shows the first hundred of a file and says how many more there are; a program hears all", () => {
    const many = Array.from({ length: 20_000 }, (_each, at) => ({ ...unknown, line: at + 1 }));
    const text = renderFindings(many, TTY, () => undefined);
    expect(text.split("FIELD_UNKNOWN").length - 1).toBe(100);
    expect(text.endsWith("\n  and 19900 more; steg check --json lists them all\n")).toBe(true);
    expect(renderFindings(many, PIPE, () => undefined).split("FIELD_UNKNOWN").length - 1).toBe(20_000);
  });

  it("wraps long texts and cuts long lines around the place", () => {
    const long = { ...unknown, message: "word ".repeat(40).trim(), column: 319, line: 1 };
    const text = renderFindings([long], TTY, () => `${"x".repeat(318)}GP-ID${"y".repeat(300)}\n`);
    const lines = text.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(96);
    const caret = lines.findIndex((line) => line.includes("^"));
    expect(lines[caret - 1]?.slice(lines[caret]?.indexOf("^"), (lines[caret]?.lastIndexOf("^") ?? 0) + 1)).toBe(
      "GP-ID",
    );
  });

  it("colours four ways and without UTF-8 uses ASCII", () => {
    const colored = renderFindings([warning, unknown], { ...TTY, color: true }, () => SOURCE);
    expect(colored).toContain("\u001b[31mFIELD_UNKNOWN");
    expect(colored).toContain("\u001b[33m");
    expect(renderFindings([unknown], { ...TTY, unicode: false }, () => SOURCE)).toContain("| gw:kennung");
  });

  it("never lets a file steer the terminal", () => {
    const evil = { ...unknown, message: "a\u001b[2Jb", hint: "\u009b31m" };
    const text = renderFindings([evil], TTY, () => "map:\n  xml:\n    gw:kennung: \u001b]0;x\u0007= GP-ID\n");
    expect(Array.from(text).filter((c) => c !== "\n" && /[\u0000-\u001f\u007f-\u009f]/.test(c))).toEqual([]);
  });

  it("shows a finding whose line is gone", () => {
    expect(renderFindings([{ ...unknown, line: 99 }], TTY, () => SOURCE)).toContain("99:19");
    expect(renderFindings([unknown], TTY, () => undefined)).not.toContain("│");
  });
});

describe("in a pipe and as JSON", () => {
  it("begins with file:line:column CODE", () => {
    expect(renderFindings([unknown, warning], PIPE, () => SOURCE)).toBe(
      [
        "mappings/gewerbe/bridge.yaml:3:19 FIELD_UNKNOWN GP and ID are no columns, but `GP-ID` is",
        "  hint  = `GP-ID`",
        "mappings/gewerbe/bridge.yaml:1:1 NO_TEST warning: this bridge has no test",
        "  hint  write one",
        "",
      ].join("\n"),
    );
  });

  it("has the documented keys", () => {
    expect(findingsJson([unknown])).toEqual([
      {
        file: FILE,
        line: 3,
        column: 19,
        severity: "error",
        code: "FIELD_UNKNOWN",
        message: "GP and ID are no columns, but `GP-ID` is",
        hint: "= `GP-ID`",
      },
    ]);
  });
});

describe("the last line", () => {
  const figures = { bridges: 4, milliseconds: 312, formulas: 1_214, schemas: 1 };
  it("counts", () => {
    expect(renderSummary([unknown, warning], figures, TTY)).toBe(
      "1 error, 1 warning in 1 of 4 bridges   (0.3 s, 1,214 formulas, 1 schema)\n",
    );
    expect(renderSummary([], figures, TTY)).toBe(
      "✓ 4 bridges checked, nothing to mend   (0.3 s, 1,214 formulas, 1 schema)\n",
    );
  });
});

describe("the order", () => {
  it("is that of reading, and nothing stands twice", () => {
    expect(sortFindings([unknown, warning, unknown]).map(({ line }) => line)).toEqual([1, 3]);
  });
});
