// Tags and what a scope of them covers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, sorted, tagFault, tagKey, tagList, tagsOfBridge, tagValue } from "../../src/core/tags.ts";

const key = fc.constantFrom("kommune", "verfahren", "amt");
const value = fc.constantFrom("a", "b", "c");
const tag = fc.tuple(key, value).map(([k, v]) => `${k}:${v}`);
const tags = fc.array(tag, { maxLength: 6 });

/** The rule as it is written, word by word. */
function coversByTheRule(scope: readonly string[], own: readonly string[]): boolean {
  for (const wanted of scope) {
    const sameKey = scope.filter((one) => tagKey(one) === tagKey(wanted));
    if (!sameKey.some((one) => own.indexOf(one) !== -1)) return false;
  }
  return true;
}

describe("a scope", () => {
  it("covers what has one of its values for each of its keys", () => {
    expect(covers(["kommune:a", "kommune:b"], ["kommune:b", "verfahren:x"])).toBe(true);
    expect(covers(["kommune:a", "verfahren:x"], ["kommune:a"])).toBe(false);
    expect(covers(["kommune:a", "verfahren:x"], ["kommune:a", "verfahren:y"])).toBe(false);
    expect(covers(["kommune:a"], [])).toBe(false);
    fc.assert(fc.property(tags, tags, (scope, own) => covers(scope, own) === coversByTheRule(scope, own)));
  });

  it("without a tag is everything; with another key it is never more, with another value of a key never less", () => {
    fc.assert(
      fc.property(tags, tags, tag, (scope, own, more) => {
        expect(covers([], own)).toBe(true);
        const isNewKey = !scope.some((one) => tagKey(one) === tagKey(more));
        const [before, after] = [covers(scope, own), covers([...scope, more], own)];
        return isNewKey ? before || !after : after || !before;
      }),
    );
  });

  it("covers no less where a bridge has more tags", () => {
    fc.assert(fc.property(tags, tags, tag, (scope, own, more) => !covers(scope, own) || covers(scope, [...own, more])));
  });
});

describe("tags", () => {
  it("are parted at the first colon", () => {
    expect([tagKey("amt:a:b"), tagValue("amt:a:b")]).toEqual(["amt", "a:b"]);
    expect(["kommune:Bad Adorf", "amt:32", "verfahren:gewerbe/neu"].map(tagFault)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(tagFault("x".repeat(60))).toContain(`"${"x".repeat(39)}…"`);
    expect([tagFault(`k:${"v".repeat(100)}`), tagFault(`k:${"v".repeat(101)}`) === undefined]).toEqual([
      undefined,
      false,
    ]);
    expect(tagFault("k:a\u0000b")).toBeDefined();
  });

  it("are listed once and in order, whatever stands between them", () => {
    fc.assert(
      fc.property(tags, (some) => {
        expect(tagList(some.join(" , "))).toEqual(sorted(some));
      }),
    );
    expect(tagList("a:1+b:2", "+")).toEqual(["a:1", "b:2"]);
  });

  it("of a bridge stand instead of the appliance's for the keys that it names", () => {
    const at = { file: "steg.yaml", line: 1, column: 1 };
    fc.assert(
      fc.property(tags, tags, (all, own) => {
        const found = tagsOfBridge({ all, bridges: new Map([["x", { tags: own, at }]]) }, "x");
        const keys = new Set(own.map(tagKey));
        expect(found).toEqual(sorted([...own, ...all.filter((one) => !keys.has(tagKey(one)))]));
        expect(tagsOfBridge({ all, bridges: new Map() }, "x")).toEqual(sorted(all));
      }),
    );
  });
});
