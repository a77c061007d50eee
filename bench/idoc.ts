// Decoding flat IDocs: orders of ten items, 33 data records each, blanks cut off, a tree with all fields of their dictionary.
//
// Floor: split at line ends and slice the same fields into plain objects, without trimming, tree or checks.

import { idocCodec } from "../src/adapters/idoc/codec.ts";
import { shippedDictionary } from "../src/adapters/idoc/shipped.ts";
import { countOf, rate } from "./decoding.ts";
import type { Bench } from "./measure.ts";

const ITEMS = 10;

/** Values by field name, laid out by the dictionary. */
function row(
  type: string,
  docnum: string,
  number: number,
  parent: number,
  values: Readonly<Record<string, string>>,
): string {
  const { definition, fields } = shippedDictionary("ORDERS05")!.segments.get(type)!;
  const header = `${definition!.padEnd(30)}100${docnum}${pad(number)}${pad(parent)}0${parent > 0 ? 3 : 2}`;
  const sdata = fields.map(({ name, from, to }) => (values[name] ?? "").padEnd(to - from)).join("");
  return `${(header + sdata).trimEnd()}\r\n`;
}

function pad(number: number): string {
  return String(number).padStart(6, "0");
}

function order(nr: number): string {
  const docnum = String(nr).padStart(16, "0");
  const head = `EDI_DC40  100${docnum}750 301 2  ORDERS05`.padEnd(99) + "ORDERS".padEnd(49) + "SAPMUS    LSMUSCLNT100";
  let number = 0;
  let text = `${head.padEnd(524).trimEnd()}\r\n`;
  const add = (type: string, parent: number, values: Readonly<Record<string, string>>): number => {
    text += row(type, docnum, ++number, parent, values);
    return number;
  };
  add("E1EDK01", 0, { CURCY: "EUR", WKURS: "1.00000", BELNR: String(nr) });
  add("E1EDKA1", 0, { PARVW: "AG", PARTN: "4711", NAME1: "Stadtwerke Musterstadt", ORT01: "Musterstadt" });
  add("E1EDK02", 0, { QUALF: "001", BELNR: String(nr), DATUM: "20261102" });
  for (let at = 1; at <= ITEMS; at++) {
    const item = add("E1EDP01", 0, { POSEX: pad(at * 10), MENGE: "5.000", MENEE: "PCE", VPREI: "12.50" });
    add("E1EDP20", item, { WMENG: "5.000", EDATU: "20261116" });
    add("E1EDP19", item, { QUALF: "001", IDTNR: `A-${at}`, KTEXT: "Rohr DN 50" });
  }
  return text;
}

/** What anybody would write first: lines, and slices of them. */
function slices(text: string): number {
  const { segments } = shippedDictionary("ORDERS05")!;
  const byName = new Map([...segments.values()].map((segment) => [segment.definition, segment.fields]));
  let documents = 0;
  let last: Record<string, string> = {};
  for (const line of text.split("\r\n")) {
    if (line.startsWith("EDI_DC40")) documents++;
    const fields = byName.get(line.slice(0, 30).trimEnd());
    if (!fields) continue;
    last = {};
    for (const { name, from, to } of fields) last[name] = line.slice(63 + from, 63 + to);
  }
  return "SUMID" in last ? 0 : documents;
}

const run: Bench = async ({ quick }) => {
  const count = quick ? 1_000 : 5_000;
  const bytes = Buffer.from(Array.from({ length: count }, (_, at) => order(at + 1)).join(""));
  const codec = await idocCodec(
    {
      form: "flat",
      dictionary: undefined,
      strict: true,
      encoding: undefined,
      optional: undefined,
      empty: undefined,
      most: 64 * 1024 * 1024,
    },
    () => Buffer.alloc(0),
  );
  const ours = await rate(count, () => countOf(codec, bytes));
  const floor = await rate(count, () => slices(bytes.toString()));
  const megabytes = (perSecond: number): string => ((perSecond * bytes.length) / count / 1e6).toFixed(0);
  const note = `${megabytes(ours)} MB/s against ${megabytes(floor)} MB/s`;
  return { name: "decode-idoc", ours, floor, floorName: "split and slice", unit: "IDocs/s", note };
};
export default run;
