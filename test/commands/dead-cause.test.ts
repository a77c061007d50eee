// Ten thousand records that fail of one thing are one cause, wherever in the drop they stand.

import { describe, expect, it } from "vitest";
import { causeOf, causeText } from "../../src/commands/dead-cause.ts";

const letters = (...messages: [string, ...string[]]): [{ message: string }, ...{ message: string }[]] => {
  const [first, ...rest] = messages.map((message) => ({ message }));
  return [first as { message: string }, ...rest];
};

describe("the cause of dead letters", () => {
  it.each([
    ["line 2: 4 cells found, 2 expected", "4 cells found, 2 expected"],
    ["record 3, /gw:betrieb: a text is too long", "/gw:betrieb: a text is too long"],
    ["line 2, byte 40: a comma was found, expected }", "a comma was found, expected }"],
    ["line 7, character 12: a text was found", "a text was found"],
  ])("is the text without the place in front: %s", (message, text) => {
    expect(causeText(letters(message))).toBe(text);
    expect(causeOf({ message: message.replace(/ \d+/, " 4711") })).toBe(causeOf({ message }));
  });

  it("keeps a number in the middle where it is the same for all, and leaves it out where it is not", () => {
    const one = "record 4 of this message cannot be decoded (ROW_RAGGED)";
    const other = "record 9 of this message cannot be decoded (ROW_RAGGED)";
    expect(causeOf({ message: one })).toBe(causeOf({ message: other }));
    expect(causeText(letters(one, one))).toBe(one);
    expect(causeText(letters(one, other))).toBe("record … of this message cannot be decoded (ROW_RAGGED)");
  });

  it("keeps numbers that say what is wrong", () => {
    expect(causeOf({ message: "line 2: 4 cells found, 2 expected" })).not.toBe(
      causeOf({ message: "line 2: 5 cells found, 2 expected" }),
    );
    expect(causeOf({ message: "column RF is not in list rechtsform" })).toBe("column RF is not in list rechtsform");
  });
});
