// libxml2 has a Schematron of its own, for XPath 1.0: it and ours have to find the same things broken.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import { check, rules } from "./schematron-rules.ts";
import { folderWith } from "./xsd-folder.ts";

const version = spawnSync("xmllint", ["--version"]);
const missing = version.error === undefined ? undefined : "there is no xmllint";

const TESTS = [
  "i:net &gt; 5",
  "i:net * i:quantity &lt; 40",
  "normalize-space(i:net) = i:price",
  "count(i:net) = 1",
  "i:price != i:net",
  "string-length(i:net) mod 2 = 0",
  "contains(' S E ', concat(' ', i:category, ' '))",
  "preceding-sibling::i:line or @id = 1",
  "following-sibling::*[1][self::i:total]",
  "sum(../i:line/i:net) &gt;= 10",
  "not(i:category = 'E') or i:net = 0",
  "substring(i:category, 1, 1) = 'S'",
  "round(i:net) = i:net",
  "@id = count(preceding-sibling::i:line) + 1",
  "i:net = ../i:line/i:price",
  "translate(i:category, 'SE', 'se') = 's'",
  "number(i:price) = number(i:price)",
  "-i:net &lt; floor(2.5)",
  "starts-with(i:category, 'S') and not(i:quantity)",
  "i:net | i:price",
  "../i:line[last()]/@id = @id",
  "ceiling(i:price div 3) &gt; 1",
  "string(i:quantity) &lt; '3'",
  "boolean(i:category) = true()",
];

/**
 * A few tests each: only twenty findings are told of one message. Each test stands there with its contrary, so that one of
 * them is always broken. Reports and predicates in contexts are left out: xmllint knows neither.
 */
const SCHEMAS = Array.from({ length: TESTS.length / 4 }, (_, part) => {
  const asserts = TESTS.slice(part * 4, part * 4 + 4).map(
    (test, at) =>
      `<assert id="a${at}" test="${test}">a${at};</assert><assert id="n${at}" test="not(${test})">n${at};</assert>`,
  );
  return rules(
    `<pattern name="lines"><rule context="i:line">${asserts.join("")}</rule></pattern>
     <pattern name="prices"><rule context="i:line/i:price"><assert id="price" test=". = 1">price;</assert></rule></pattern>`,
    "",
  );
});

const word = fc.constantFrom("", "0", "1", "3", "5.5", "10", "-2", "x", " 7 ", "1e1", "20.00", "3.0");
const line = fc.record({
  quantity: fc.option(word),
  price: fc.option(word),
  net: fc.option(word),
  category: fc.option(fc.constantFrom("S", "E", " S", "SE", "")),
});

describeNeeding("xmllint", missing, "Schematron of libxml2", () => {
  it("finds what we find", () => {
    const documents = fc.sample(fc.array(line, { minLength: 1, maxLength: 4 }), { numRuns: 40 }).map((lines) => {
      const written = lines.map(
        (fields, at) =>
          `<i:line id="${at + 1}">${Object.entries(fields)
            .map(([name, text]) => (text === null ? "" : `<i:${name}>${text}</i:${name}>`))
            .join("")}</i:line>`,
      );
      return `<i:invoice xmlns:i="urn:example:invoice">${written.join("")}<i:total>1</i:total></i:invoice>`;
    });
    const names = documents.map((_, at) => `${at}.xml`);
    const dir = folderWith(Object.fromEntries(documents.map((body, at) => [`${at}.xml`, body])));
    for (const schema of SCHEMAS) {
      writeFileSync(join(dir, "rules.sch"), schema);
      const { stderr } = spawnSync("xmllint", ["--noout", "--schematron", "rules.sch", ...names], { cwd: dir });
      const parts = stderr.toString().split(/^(\d+)\.xml (?:validates|fails to validate)$/m);
      documents.forEach((body, at) => {
        const theirs = Array.from((parts[at * 2] ?? "").matchAll(/ line \d+: (\w+);/g), (match) => match[1] ?? "");
        const ours = check(schema, body).map(({ rule = "" }) => rule);
        expect({ body, found: ours.toSorted() }).toEqual({ body, found: theirs.toSorted() });
        expect(theirs.length).toBeGreaterThanOrEqual(4);
      });
    }
  });
});
