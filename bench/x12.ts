// Decoding X12: purchase orders (850) of ten items in interchanges of a hundred, loops and names made.
//
// Floor: split at the segment terminator, split at the element separator, name the elements, nothing else.

import { x12Codec } from "../src/adapters/x12/codec.ts";
import { countOf, rate } from "./decoding.ts";
import type { Bench } from "./measure.ts";

const ITEMS = 10;
const SETS = 100;

function order(nr: number): string {
  const number = String(nr).padStart(9, "0");
  const items = Array.from(
    { length: ITEMS },
    (_, at) => `PO1*${at + 1}*24*EA*18.5**VN*RF-${at}*BP*4711~PID*F****Bogen 90 Grad DN 50~PO4*1*12*EA~`,
  );
  const head = `BEG*00*SA*${nr}**20261102~REF*DP*038~PER*BD*Einkauf*TE*0123 456~DTM*002*20261116~`;
  const party = "N1*ST*Lager Nord*92*0123~N3*Hafenstr. 3~N4*Musterstadt**12345*DE~";
  return `ST*850*${number}~${head}${party}${items.join("")}CTT*${ITEMS}~SE*${3 * ITEMS + 10}*${number}~`;
}

function interchange(first: number): string {
  const number = String(first).padStart(9, "0");
  const isa = `ISA*00*          *00*          *ZZ*WERKNORD       *ZZ*HANDELSUED     *261102*0815*U*00401*${number}*0*P*>~`;
  const sets = Array.from({ length: SETS }, (_, at) => order(first + at));
  return `${isa}GS*PO*WERKNORD*HANDELSUED*20261102*0815*${first}*X*004010~${sets.join("")}GE*${SETS}*${first}~IEA*1*${number}~`;
}

/** What anybody would write first: segments and elements by name. */
function splits(text: string): number {
  let sets = 0;
  let last: Record<string, string> = {};
  for (const segment of text.split("~")) {
    const [tag = "", ...elements] = segment.split("*");
    if (tag === "ST") sets++;
    last = {};
    for (const [at, element] of elements.entries()) last[`${tag}${at < 9 ? "0" : ""}${at + 1}`] = element;
  }
  return "ST01" in last ? 0 : sets;
}

const run: Bench = async ({ quick }) => {
  const count = quick ? 2_000 : 20_000;
  const parts = Array.from({ length: count / SETS }, (_, at) => interchange(at * SETS + 1));
  const bytes = Buffer.from(parts.join(""));
  const codec = x12Codec({
    record: "transaction",
    strict: true,
    structure: undefined,
    encoding: "utf-8",
    optional: undefined,
    empty: undefined,
    most: 64 * 1024 * 1024,
  });
  const ours = await rate(count, () => countOf(codec, bytes));
  const floor = await rate(count, () => splits(bytes.toString()));
  const megabytes = (perSecond: number): string => ((perSecond * bytes.length) / count / 1e6).toFixed(0);
  const note = `${megabytes(ours)} MB/s against ${megabytes(floor)} MB/s`;
  return { name: "decode-x12", ours, floor, floorName: "split and split", unit: "transaction sets/s", note };
};
export default run;
