// Patterns of a JSON Schema (ECMA-262 with the u flag) on RE2: their time grows linearly with the text, whatever a message
// holds. ajv takes an engine in place of RegExp (code.regExp).

import { RE2JS } from "re2js";
import { BridgeError } from "../errors.ts";

/** ECMA-262, 22.2.2.9: what \s means there; RE2's knows ASCII only. */
const SPACE =
  "\\t\\n\\x{0b}\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const NOT_SPACE =
  "\\x{00}-\\x{08}\\x{0e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}" +
  "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";

/** Names of general categories that RE2 knows by their short form only. */
const CATEGORIES: Readonly<Record<string, string>> = {
  Letter: "L",
  Lowercase_Letter: "Ll",
  Uppercase_Letter: "Lu",
  Titlecase_Letter: "Lt",
  Mark: "M",
  Number: "N",
  Decimal_Number: "Nd",
  Punctuation: "P",
  Symbol: "S",
  Separator: "Z",
};

/** What ajv wants of an engine. `toString` is its key for sharing: two patterns must not look alike. */
export interface LinearPattern {
  test(text: string): boolean;
  toString(): string;
}

/** Throws SCHEMA_FILE_INVALID for what cannot be matched in linear time. */
export function linearPattern(pattern: string): LinearPattern {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(RE2JS.translateRegExp(translate(pattern)));
  } catch (cause) {
    throw new BridgeError(
      "SCHEMA_FILE_INVALID",
      `the pattern ${JSON.stringify(pattern)} cannot be used: ${reason(pattern)}`,
      {
        stage: "validate",
        hint: "Patterns run in linear time (RE2): no look-around, no back references, no repeat above 1,000 (use maxLength).",
        cause,
      },
    );
  }
  return { test: (text) => compiled.test(text), toString: () => `/${pattern}/u` };
}

function reason(pattern: string): string {
  if (/\(\?<?[=!]/.test(pattern)) return "it looks ahead or behind";
  if (/\\[1-9]|\\k</.test(pattern)) return "it refers back to a group";
  if (/\{\d{4,}|\{\d+,\d{4,}/.test(pattern)) return "it repeats more than 1,000 times";
  return "its syntax is not supported";
}

function translate(pattern: string): string {
  let inClass = false;
  return pattern.replaceAll(/\\(?:[pP]\{([^}]*)\}|.)|\[|\]/gsu, (found, property: string | undefined) => {
    if (found === "[") inClass = true;
    else if (found === "]") inClass = false;
    else if (property !== undefined) return `\\${found[1]}{${propertyName(property)}}`;
    else if (found === "\\s") return inClass ? SPACE : `[${SPACE}]`;
    else if (found === "\\S") return inClass ? NOT_SPACE : `[${NOT_SPACE}]`;
    else if (found === "\\b" && inClass) return "\\x08";
    return found;
  });
}

/** `Script=Latin` and `General_Category=Letter` have one name in RE2. */
function propertyName(property: string): string {
  const name = property.replace(/^(?:Script|sc|Script_Extensions|scx|General_Category|gc)=/, "");
  return CATEGORIES[name] ?? name;
}
