// Whatever the values are, what was written reads back as the same: by saxes, JSON.parse and csv-parse, none of them ours.

import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { quote } from "../../src/core/mapping/template/json-text.ts";
import { escapeAttribute, escapeText, forbiddenCharacter } from "../../src/core/mapping/template/xml-text.ts";
import { LINES, render, template } from "./template-support.ts";

/** Any UTF-16, with what matters to XML, JSON and CSV more often than chance would bring it. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "&",
        "<",
        ">",
        '"',
        "'",
        "]]>",
        "\r",
        "\n",
        "\t",
        ";",
        " ",
        "\u0308",
        "u\u0308",
        "\\",
        "#",
        "\ufeff",
        "=",
      ),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));
const xmlText = text.filter((value) => forbiddenCharacter(value) === undefined);

function readXml(document: string): { readonly text: string; readonly attribute: string | undefined } {
  const parser = new SaxesParser({ xmlns: true });
  let inside = false;
  const found = { text: "", attribute: undefined as string | undefined };
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    const attribute = tag.attributes["b"];
    inside = tag.local === "c";
    if (inside && attribute) found.attribute = attribute.value;
  });
  parser.on("text", (part) => {
    if (inside) found.text += part;
  });
  parser.on("closetag", () => {
    inside = false;
  });
  parser.write(document).close();
  return found;
}

describe("XML", () => {
  const made = template("xml", "a: { c: { '@b': = A, =text: = T } }");

  it("reads back as the same text in NFC", () => {
    fc.assert(
      fc.property(xmlText, xmlText, (attribute, content) => {
        const document = render(made, { A: attribute, T: content }) as string;
        expect(readXml(document)).toEqual({ text: content.normalize("NFC"), attribute: attribute.normalize("NFC") });
      }),
      { numRuns: 500 },
    );
  });

  it("refuses exactly what XML 1.0 forbids", () => {
    const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;
    fc.assert(
      fc.property(text, (value) => {
        expect(escapeText(value) !== undefined).toBe(allowed.test(value));
        expect(escapeAttribute(value) !== undefined).toBe(allowed.test(value));
      }),
      { numRuns: 500 },
    );
  });

  it("reads back literals too", () => {
    fc.assert(
      fc.property(
        xmlText.filter(
          (value) => !/^\s*=|^'=/.test(value) && !/[\u0000-\u001f\u007f\u0085\u2028\u2029\ufeff]/.test(value),
        ),
        (value) => {
          const document = render(template("xml", `a: { c: ${JSON.stringify(value)} }`), {}) as string;
          expect(readXml(document).text).toBe(value.normalize("NFC"));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("JSON", () => {
  it("parses back as the same value", () => {
    const made = template("json", "{ a: = A, b: [ = B ], c: { d: = A } }");
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(text, fc.array(value, { minLength: 1, maxLength: 5 }), (a, b) => {
        // JSONata takes a list in a list apart where it makes a sequence; lists of lists are its business, not the template's.
        fc.pre(b.length > 1 && b.every((item) => !Array.isArray(item)));
        expect(JSON.parse(render(made, { A: a, B: b }) as string)).toEqual(
          JSON.parse(JSON.stringify({ a, b, c: { d: a } })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("quotes as JSON.stringify does", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(quote(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });
});

describe("CSV", () => {
  const cells = fc.array(text, { minLength: 3, maxLength: 3 });
  it.each([
    ["needed", '"', ";"],
    ["always", '"', ","],
    ["needed", "'", "\t"],
    ["needed", '"', "||"],
  ] as const)("parses back as the same cells (%s %s %s)", (quoting, sign, delimiter) => {
    const made = template("csv", "{ A: = A, B: = B, C: = C }", {
      lines: { ...LINES, csv: { ...LINES.csv, quoting, quote: sign, delimiter } },
    });
    fc.assert(
      fc.property(cells, cells, (first, second) => {
        const lines = [first, second].map(([A, B, C]) => render(made, { A, B, C }));
        const read = parse(`${lines.join("\r\n")}\r\n`, {
          delimiter,
          quote: sign,
          escape: sign,
          record_delimiter: "\r\n",
          skip_empty_lines: false,
        });
        expect(read).toEqual([first, second]);
      }),
      { numRuns: 200 },
    );
  });
});
