// Twelve formulas of a typical mapping over a record of twelve columns: Steg's compiled formulas against JSONata's own
// evaluator, which gets the same formulas with our date, decimal and code functions registered as plain JavaScript.
//
//   ours   mappings per second (all twelve formulas of a record), compiled
//   floor  the same with the jsonata package, evaluate() awaited formula by formula

import jsonata from "jsonata";
import type { Measured } from "./measure.ts";
import type { ScalarNode } from "../src/core/bridge/tree.ts";
import type { Rec, Scope, Table } from "../src/core/contract.ts";
import { compileFormula } from "../src/core/mapping/formula/compile.ts";
import type { FormulaEnvironment } from "../src/core/mapping/types.ts";

export const formulas: readonly string[] = [
  "FIRMA",
  "$code('rechtsform', RF)",
  "$date(BEGINN, 'dd.MM.yyyy')",
  "$decimal(KAPITAL, '1.234,56')",
  "$join([STRASSE, HAUSNR], ' ')",
  "PLZ & ' ' & ORT",
  "STATUS = 'A' ? 'aktiv' : 'ruhend'",
  "$uppercase($trim(NAME))",
  "$substring(AGS, 0, 5)",
  "$exists(TEL) and TEL != '' ? TEL : 'keine Angabe'",
  "$split(TAETIGKEITEN, '|')",
  "$pad(NR, -8, '0') & '-' & $substringBefore(EMAIL, '@')",
];

const rows: readonly Rec[] = ["GmbH", "AG", "OHG"].map((RF, index) => ({
  FIRMA: `Muster ${RF}`,
  RF,
  BEGINN: `0${index + 1}.03.2027`,
  KAPITAL: "25.000,00",
  STRASSE: "Ratsweg",
  HAUSNR: String(index + 1),
  PLZ: "12345",
  ORT: "Neustadt",
  STATUS: index === 0 ? "A" : "R",
  NAME: " Erika  Beispiel ",
  AGS: "09162000",
  TAETIGKEITEN: "Einzelhandel|Lagerei|Versand",
  NR: String(4711 + index),
  EMAIL: "erika@firma.example",
  ...(index === 1 ? {} : { TEL: "0123 456789" }),
}));

const codes: Table = {
  name: "rechtsform",
  file: "codes/rechtsform.csv",
  keyColumn: "RF",
  columns: ["RF", "CODE"],
  rows: new Map([
    ["GmbH", { RF: "GmbH", CODE: "351" }],
    ["AG", { RF: "AG", CODE: "310" }],
    ["OHG", { RF: "OHG", CODE: "210" }],
  ]),
};

function scopeOf(root: Rec): Scope {
  return {
    root,
    parent: root,
    n: 1,
    index: 1,
    group: [root],
    file: { name: "a.csv", stem: "a", size: 1, sha256: "00", received: "2027-03-01T00:00:00Z" },
    bridge: "bench",
    batch: undefined,
    received: Date.UTC(2027, 2, 1),
    dropIdentity: "bench",
    timezone: "Europe/Berlin",
    tables: new Map([["rechtsform", codes]]),
    lets: [],
  };
}

function nodeOf(source: string): ScalarNode {
  const at = { file: "bench.yaml", line: 1, column: 1 };
  const locate = (offset: number) => ({ ...at, column: offset + 1 });
  return { kind: "scalar", text: `= ${source}`, type: "text", quoted: false, at, locate };
}

const environment: FormulaEnvironment = {
  lets: [],
  tables: new Map([["rechtsform", codes.columns]]),
  variables: [],
  fields: undefined,
  optional: [],
  itemIsRecord: true,
  report: (finding) => {
    throw new Error(`${finding.code} ${finding.message}`);
  },
};

export function compiledFormulas(): readonly ((item: Rec, scope: Scope) => unknown)[] {
  return formulas.map((source) => {
    const formula = compileFormula(nodeOf(source), environment);
    if (formula === undefined) throw new Error(source);
    return formula.evaluate;
  });
}

/** The package's evaluator with equivalents of our three functions, as somebody using it would write them. */
export function packageFormulas(): readonly jsonata.Expression[] {
  return formulas.map((source) => {
    const expression = jsonata(source);
    expression.registerFunction("code", (_list: string, key: string) => codes.rows.get(key)?.["CODE"], "<ss:s>");
    expression.registerFunction(
      "date",
      (text: string) => {
        const match = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text);
        return match === null ? undefined : `${match[3]}-${match[2]}-${match[1]}`;
      },
      "<ss:s>",
    );
    expression.registerFunction("decimal", (text: string) => text.replaceAll(".", "").replace(",", "."), "<ss:s>");
    return expression;
  });
}

async function rate(millis: number, batch: number, work: (record: Rec) => void | Promise<void>): Promise<number> {
  const until = performance.now() + millis;
  const start = performance.now();
  let count = 0;
  while (performance.now() < until) {
    for (let index = 0; index < batch; index += 1) {
      const done = work(rows[index % rows.length] as Rec);
      if (done !== undefined) await done;
    }
    count += batch;
  }
  return (count * 1000) / (performance.now() - start);
}

export default async function run({ quick }: { readonly quick: boolean }): Promise<Measured> {
  const millis = quick ? 150 : 600;
  const compiled = compiledFormulas();
  const scopes = new Map(rows.map((row) => [row, scopeOf(row)]));
  let length = 0;
  const ours = (record: Rec): void => {
    const scope = scopes.get(record) as Scope;
    for (const evaluate of compiled) length += evaluate(record, scope) === undefined ? 0 : 1;
  };
  const expressions = packageFormulas();
  const theirs = async (record: Rec): Promise<void> => {
    for (const expression of expressions) length += (await expression.evaluate(record)) === undefined ? 0 : 1;
  };
  // Warm up, then the better of three rounds each, taken in turns: the machine is shared.
  await rate(300, 1000, ours);
  await rate(300, 50, theirs);
  let best = 0;
  let floor = 0;
  for (let round = 0; round < 3; round += 1) {
    best = Math.max(best, await rate(millis, 1000, ours));
    floor = Math.max(floor, await rate(millis, 50, theirs));
  }
  if (length === 0) throw new Error("nothing was computed");
  return {
    name: "formulas",
    ours: Math.round(best),
    floor: Math.round(floor),
    floorName: "jsonata's evaluator",
    unit: "mappings/s (12 formulas)",
  };
}
