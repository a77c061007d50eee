// Interchanges between invented firms, made independently of what reads and writes them in src.

import type { Options } from "../../src/adapters/x12/options.ts";

export interface Sample {
  readonly control?: string;
  readonly version?: string;
  readonly repetition?: string;
  readonly end?: string;
}

/** An interchange of one group around these transaction sets, each its segments from ST to SE without counts. */
export function interchange(sets: readonly (readonly string[])[], given: Sample = {}): string {
  const { control = "000000042", version = "00401", repetition = "U", end = "~" } = given;
  const isa = `ISA*00*          *00*          *ZZ*WERKNORD       *ZZ*HANDELSUED     *261102*0815*${repetition}*${version}*${control}*0*P*>${end}`;
  const gs = `GS*PO*WERKNORD*HANDELSUED*20261102*0815*7*X*004010${end}`;
  const body = sets.map((segments, at) => {
    const number = String(at + 1).padStart(4, "0");
    const [set = "", ...rest] = segments;
    return [`ST*${set}*${number}`, ...rest, `SE*${rest.length + 2}*${number}`].map((one) => one + end).join("");
  });
  return `${isa}${gs}${body.join("")}GE*${sets.length}*7${end}IEA*1*${control}${end}`;
}

export const ORDER: readonly string[] = [
  "850",
  "BEG*00*SA*4500017**20261102",
  "CUR*BY*EUR",
  "REF*DP*038",
  "REF*PS*R",
  "N1*ST*Lager Nord*92*0123",
  "N3*Hafenstr. 3",
  "N4*Musterstadt**12345*DE",
  "N1*BY*Handel Süd & Co.",
  "PO1*1*24*EA*18.5**VN*RF-90*BP*4711",
  "PID*F****Bogen 90 Grad",
  "MEA*PD*LN*5*MR>1",
  "PO1*2*150*EA*6.2**VN*RR-50",
  "SAC*C*D240***1200",
  "CTT*2",
  "AMT*TT*1374",
];

export const ENVELOPE = {
  ISA: {
    ISA01: "00",
    ISA03: "00",
    ISA05: "ZZ",
    ISA06: "WERKNORD",
    ISA07: "ZZ",
    ISA08: "HANDELSUED",
    ISA09: "261102",
    ISA10: "0815",
    ISA11: "U",
    ISA12: "00401",
    ISA13: "000000042",
    ISA14: "0",
    ISA15: "P",
    ISA16: ">",
  },
  GS: {
    GS01: "PO",
    GS02: "WERKNORD",
    GS03: "HANDELSUED",
    GS04: "20261102",
    GS05: "0815",
    GS06: "7",
    GS07: "X",
    GS08: "004010",
  },
};

/** What decoding ORDER gives, without the envelope. */
export const ORDERED = {
  ST: { ST01: "850", ST02: "0001" },
  BEG: { BEG01: "00", BEG02: "SA", BEG03: "4500017", BEG05: "20261102" },
  CUR: { CUR01: "BY", CUR02: "EUR" },
  REF: [
    { REF01: "DP", REF02: "038" },
    { REF01: "PS", REF02: "R" },
  ],
  N1: [
    {
      N101: "ST",
      N102: "Lager Nord",
      N103: "92",
      N104: "0123",
      N3: [{ N301: "Hafenstr. 3" }],
      N4: [{ N401: "Musterstadt", N403: "12345", N404: "DE" }],
    },
    { N101: "BY", N102: "Handel Süd & Co." },
  ],
  PO1: [
    {
      PO101: "1",
      PO102: "24",
      PO103: "EA",
      PO104: "18.5",
      PO106: "VN",
      PO107: "RF-90",
      PO108: "BP",
      PO109: "4711",
      PID: [
        {
          PID01: "F",
          PID05: "Bogen 90 Grad",
          MEA: [{ MEA01: "PD", MEA02: "LN", MEA03: "5", MEA04: { C1: "MR", C2: "1" } }],
        },
      ],
    },
    {
      PO101: "2",
      PO102: "150",
      PO103: "EA",
      PO104: "6.2",
      PO106: "VN",
      PO107: "RR-50",
      SAC: [{ SAC01: "C", SAC02: "D240", SAC05: "1200" }],
    },
  ],
  CTT: { CTT01: "2", AMT: [{ AMT01: "TT", AMT02: "1374" }] },
  SE: { SE01: "17", SE02: "0001" },
};

/** decode.x12 as it is where a bridge says nothing. */
export const OPTIONS: Options = {
  record: "transaction",
  strict: true,
  structure: undefined,
  encoding: "utf-8",
  optional: undefined,
  empty: undefined,
  most: 64 * 1024 * 1024,
};
