// W3C Trace Context, level 2, by the cases that its text names: what is valid, what begins a new trace, what is passed on.

import { describe, expect, it } from "vitest";
import {
  continuedTrace,
  readTraceparent,
  readTracestate,
  writeTraceparent,
} from "../../src/core/telemetry/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const given = `00-${TRACE}-${SPAN}-01`;

describe("traceparent", () => {
  it("is read, and written as it was", () => {
    expect(readTraceparent(given)).toEqual({ trace: TRACE, span: SPAN, flags: 1 });
    expect(writeTraceparent({ trace: TRACE, span: SPAN, flags: 1 })).toBe(given);
  });

  it.each([
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-02`, 2],
    // Flags that nobody has given a meaning yet are not ours to pass on.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    [`00-${TRACE}-${SPAN}-09`, 1],
    // Versions to come are read as far as they are known.
    [`cc-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
  ])("has its flags in %s", (text, flags) => {
    expect(readTraceparent(text)).toEqual({ trace: TRACE, span: SPAN, flags });
  });

  it.each([
    undefined,
    "",
    "00-0-0-0",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN.slice(1)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-.0`,
    `00-.${TRACE.slice(1)}-${SPAN}-01`,
    `00_${TRACE}_${SPAN}_01`,
    `.0-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    // Version 00 has an end; a later one goes on behind a hyphen only.
    `${given}-`,
    `${given}-what-the-future-will-be-like`,
    `cc-${TRACE}-${SPAN}-01.what-the-future-will-be-like`,
    `cc-${TRACE}-${SPAN}-0`,
    ` ${given}`,
    `${given}, ${given}`,
    `${given}\r\nx: 1`,
    `cc-${TRACE}-${SPAN}-01-${"x".repeat(200)}`,
  ])("begins anew behind %j", (text) => {
    expect(readTraceparent(text)).toBeUndefined();
    const trace = continuedTrace(text);
    expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(trace).not.toContain(TRACE);
  });

  it("goes on with a span of ours and the caller's word on recording", () => {
    expect(continuedTrace(`00-${TRACE}-${SPAN}-00`)).toMatch(new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-00$`));
    expect(continuedTrace(`01-${TRACE}-${SPAN}-01-more`)).toMatch(
      new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`),
    );
  });

  it("never comes twice", () => {
    expect(new Set(Array.from({ length: 2_000 }, () => continuedTrace(undefined))).size).toBe(2_000);
  });
});

describe("tracestate", () => {
  const many = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=v`).join(",");
  it.each([
    ["congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    // Blanks around members, and members that are empty.
    ["a=1 \t,\t b=2 ,, c=3", "a=1,b=2,c=3"],
    ["fw529a3039@dt=FfAAAKLjUQ", "fw529a3039@dt=FfAAAKLjUQ"],
    ["0a_-*/=x y", "0a_-*/=x y"],
    [many(32), many(32)],
  ])("%s goes on", (text, sent) => {
    expect(readTracestate(text)).toBe(sent);
  });

  it.each([
    undefined,
    "",
    " , ",
    "foo",
    "foo=1,foo=2",
    "Foo=1",
    "foo =1",
    "=1",
    "foo=",
    "foo=bar=baz",
    "foo=b\u00e4r",
    "foo=1\r\nx: 1",
    `${"k".repeat(257)}=1`,
    `k=${"v".repeat(257)}`,
    many(33),
    Array.from({ length: 3 }, (_, at) => `k${at}=${"v".repeat(200)}`).join(","),
  ])("%j does not", (text) => {
    expect(readTracestate(text)).toBeUndefined();
  });
});
