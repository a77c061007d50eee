// An invoice of twelve lines against 240 assertions in the manner of the rules for electronic invoices (1,560 tests on one
// message): sums of decimals, code lists, patterns, dates, quantifiers.
//
//   ours   messages per second, read and checked
//   floor  fontoxpath on the same tests from the same nodes, in a tree that is there already

import { DOMParser } from "@xmldom/xmldom";
import fontoxpath from "fontoxpath";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRules, ruleValidator } from "../src/core/validation/schematron/open.ts";
import type { Measured } from "./measure.ts";

const NAMESPACES: Readonly<Record<string, string>> = {
  i: "urn:example:invoice",
  xs: "http://www.w3.org/2001/XMLSchema",
};

const CODES = Array.from({ length: 300 }, (_, at) => `C${at}`).join(" ");

/** Context → tests; each stands there twelve times, as official sets have hundreds. */
const RULES: readonly (readonly [context: string, tests: readonly string[]])[] = [
  [
    "/i:invoice",
    [
      "xs:decimal(i:total) = round(sum(i:line/xs:decimal(i:net)) * 10 * 10) div 100",
      "every $line in i:line satisfies xs:decimal($line/i:net) >= 0",
      "xs:date(i:due) >= xs:date(i:date)",
      "exists(i:number) and normalize-space(i:number) != ''",
      "count(i:line) = count(distinct-values(i:line/@id))",
      "matches(i:number, '^R-[0-9]{4}-[0-9]+$')",
      "every $part in tokenize(i:note, ';') satisfies string-length(normalize-space($part)) <= 40",
      "not(i:line[i:category = 'E']) or exists(i:reason)",
      "sum(i:line[i:category = 'S']/xs:decimal(i:net)) = xs:decimal(i:total)",
      "upper-case(i:currency) = i:currency",
    ],
  ],
  [
    "/i:invoice/i:line",
    [
      "abs(xs:decimal(i:quantity) * xs:decimal(i:price) - xs:decimal(i:net)) <= 0.01",
      `contains(' ${CODES} ', concat(' ', normalize-space(i:quantity/@unit), ' '))`,
      "string-length(substring-after(i:net, '.')) <= 2",
      "not(preceding-sibling::i:line/@id = @id)",
      "i:net/@currency = ../i:currency",
      "i:category = ('S', 'E', 'Z', 'O')",
      "exists(i:name) or exists(i:price)",
      "if (i:category = 'Z') then xs:decimal(i:net) = 0 else true()",
      "i:net castable as xs:decimal",
      "count(i:net) = 1 and not(i:net[2])",
    ],
  ],
];

const lines = Array.from({ length: 12 }, (_, at) => {
  const price = (at * 3.37 + 1.25).toFixed(2);
  return `<i:line id="${at + 1}"><i:quantity unit="C${at}">1</i:quantity><i:price>${price}</i:price><i:net currency="EUR">${price}</i:net><i:category>S</i:category></i:line>`;
});
const total = Array.from({ length: 12 }, (_, at) => Number((at * 3.37 + 1.25).toFixed(2))).reduce((a, b) => a + b, 0);
const INVOICE = `<i:invoice xmlns:i="${NAMESPACES["i"]}"><i:number>R-2027-17</i:number><i:date>2027-03-01</i:date><i:due>2027-03-31</i:due><i:currency>EUR</i:currency><i:note>Danke; bitte bald</i:note>${lines.join("")}<i:total>${total.toFixed(2)}</i:total></i:invoice>`;

const REPEATED = 12;

function schema(): string {
  const escape = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  const rules = RULES.map(([context, tests]) => {
    const asserts = Array.from({ length: REPEATED }, () =>
      tests.map((test) => `<assert test="${escape(test)}">broken</assert>`).join(""),
    ).join("");
    return `<rule context="${context}">${asserts}</rule>`;
  });
  const declared = Object.entries(NAMESPACES).map(([prefix, uri]) => `<ns prefix="${prefix}" uri="${uri}"/>`);
  return `<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">${declared.join("")}<pattern>${rules.join("")}</pattern></schema>`;
}

/** By the processor's time: on a busy machine the clock on the wall says more about the others. */
function perSecond(work: () => number, seconds: number): number {
  work();
  let count = 0;
  const start = process.cpuUsage();
  for (;;) {
    count += work();
    const { user, system } = process.cpuUsage(start);
    const spent = (user + system) / 1e6;
    if (spent >= seconds) return count / spent;
  }
}

/** Nothing is found broken, or something else is measured than meant. */
function good(found: readonly unknown[]): number {
  if (found.length > 0) throw new Error(`a good invoice breaks ${JSON.stringify(found[0])}`);
  return 1;
}

export default async function bench({ quick }: { readonly quick: boolean }): Promise<Measured> {
  const seconds = quick ? 0.5 : 5;
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-rules-"));
  try {
    writeFileSync(join(dir, "rules.sch"), schema());
    const source = { schema: "rules.sch", bridgeDir: dir, catalogDir: undefined };
    const validator = ruleValidator([openRules({ source, phase: undefined, levels: new Map() })]);
    const ours = perSecond(() => good(validator.validate(INVOICE)), seconds);
    return await Promise.resolve({
      name: "schematron",
      ours,
      floor: perSecond(floorOnce(), seconds),
      floorName: "fontoxpath, the tests alone",
      unit: "messages/s",
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function floorOnce(): () => number {
  const document = new DOMParser().parseFromString(INVOICE, "text/xml") as unknown as Parameters<
    typeof fontoxpath.evaluateXPathToNodes
  >[1];
  const options = {
    language: fontoxpath.evaluateXPath.XPATH_3_1_LANGUAGE,
    namespaceResolver: (prefix: string) => NAMESPACES[prefix] ?? null,
  };
  return () => {
    for (const [context, tests] of RULES) {
      for (const node of fontoxpath.evaluateXPathToNodes(context, document, null, null, options)) {
        for (let again = 0; again < REPEATED; again++) {
          for (const test of tests) fontoxpath.evaluateXPathToBoolean(test, node, null, null, options);
        }
      }
    }
    return 1;
  };
}
