// JSONata's own test suite. Every case runs twice: through the compiler and through the jsonata package, the oracle. The
// results, or the error codes, must be the same; where the suite expects something else than the package gives (its
// codes for depth and time are the test runner's own), the package counts. Nothing falls back to another evaluator.

import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ourOutcome, packageOutcome, type OracleOptions } from "../core/formula-oracle.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

interface Case {
  readonly file: string;
  readonly expr: string;
  readonly data?: unknown;
  readonly dataset?: string | null;
  readonly bindings?: Record<string, unknown>;
  readonly timelimit?: number;
  readonly depth?: number;
  readonly unordered?: boolean;
}

interface Suite {
  readonly datasets: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<Record<string, readonly Case[]>>;
}

const given = process.env["JSONATA_SUITE"];
const path = given ?? sharedData("jsonata-suite.json");
const describeSuite = given !== undefined && existsSync(given) ? describe : describeWithData;

function inputOf(suite: Suite, { data, dataset }: Case): unknown {
  if (data !== undefined) return structuredClone(data);
  return typeof dataset === "string" ? structuredClone(suite.datasets[dataset]) : undefined;
}

/** The order of an object's fields is no matter of the language; `unordered` says that of lists, too. */
function sorted(outcome: unknown): unknown {
  return JSON.stringify(outcome).split("").sort().join("");
}

describeSuite("JSONata's test suite", () => {
  const suite = JSON.parse(readFileSync(path, "utf8")) as Suite;
  let cases = 0;

  beforeAll(() => {
    // $now() has to be the same on both sides; Date.now() stays, the package's time limit needs it.
    const RealDate = Date;
    vi.stubGlobal(
      "Date",
      class extends RealDate {
        constructor(...args: unknown[]) {
          if (args.length === 0) super(RealDate.UTC(2027, 2, 1, 12, 30));
          else super(...(args as [number]));
        }
      },
    );
  });
  afterAll(() => {
    vi.unstubAllGlobals();
    process.stderr.write(`jsonata suite: ${cases} cases ran compiled, none through another evaluator\n`);
  });

  for (const [group, list] of Object.entries(suite.groups)) {
    it(`${group} (${list.length})`, async () => {
      for (const [index, each] of list.entries()) {
        const options: OracleOptions = {
          ...(each.timelimit === undefined ? {} : { timeout: each.timelimit }),
          ...(each.depth === undefined ? {} : { stack: each.depth }),
        };
        const order = each.unordered === true ? sorted : (outcome: unknown): unknown => outcome;
        const wanted = await packageOutcome(each.expr, inputOf(suite, each), each.bindings, options);
        const input = inputOf(suite, each);
        const got = ourOutcome(each.expr, input, each.bindings, options);
        const name = `${group} ${index} (${each.file}): ${each.expr}`;
        expect({ name, outcome: order(got), input }).toEqual({
          name,
          outcome: order(wanted),
          input: inputOf(suite, each),
        });
        cases += 1;
      }
    });
  }

  it("has as many cases as it is known to have", () => {
    expect(cases).toBe(given === undefined ? 1031 : Object.values(suite.groups).flat().length);
  });
});
