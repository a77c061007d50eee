// Interchanges of invented firms, and the codec that reads them.

import { edifactCodec } from "../../src/adapters/edifact/codec.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import type { Options } from "../../src/adapters/edifact/options.ts";
import type { Codec } from "../../src/core/contract.ts";

export const DEFAULTS: Options = {
  record: "message",
  strict: true,
  charset: "declared",
  messages: undefined,
  directory: undefined,
  duplicates: undefined,
  most: 10 * 1024 * 1024,
};

export function edifact(options: Partial<Options> = {}, window?: number): Codec {
  return edifactCodec({ ...DEFAULTS, ...options }, openDirectories(), window);
}

export const UNB = "UNB+UNOC:3+4000001000005:14+4000002000004:14+261101:1200+REF1'";

/** An order of so many lines; `number` is its reference, too. */
export function order(number: number, lines = 1): string {
  const segments = [
    `UNH+${number}+ORDERS:D:96A:UN'`,
    `BGM+220+B${number}+9'`,
    "DTM+137:20261101:102'",
    "NAD+BY+4000002000004::9++Stadt Musterstadt+Marktplatz 1+Musterstadt++54321+DE'",
    "NAD+SU+4000001000005::9++Blumen Muster'",
  ];
  for (let line = 1; line <= lines; line++) segments.push(`LIN+${line}++A${line}:SA'`, `QTY+21:${line}'`);
  segments.push("UNS+S'", `CNT+2:${lines}'`);
  return `${segments.join("")}UNT+${segments.length + 1}+${number}'`;
}

export function interchange(...messages: readonly string[]): string {
  return `${UNB}${messages.join("")}UNZ+${messages.length}+REF1'`;
}

export const unb = {
  S001: { de0001: "UNOC", de0002: "3" },
  S002: { de0004: "4000001000005", de0007: "14" },
  S003: { de0010: "4000002000004", de0007: "14" },
  S004: { de0017: "261101", de0019: "1200" },
  de0020: "REF1",
};

/** The record of `order`. */
export function orderRecord(number: number, lines = 1): unknown {
  const text = String(number);
  return {
    UNB: unb,
    UNH: { de0062: text, S009: { de0065: "ORDERS", de0052: "D", de0054: "96A", de0051: "UN" } },
    BGM: { C002: { de1001: "220" }, de1004: `B${text}`, de1225: "9" },
    DTM: [{ C507: { de2005: "137", de2380: "20261101", de2379: "102" } }],
    SG2: [
      {
        NAD: {
          de3035: "BY",
          C082: { de3039: "4000002000004", de3055: "9" },
          C080: { de3036: ["Stadt Musterstadt"] },
          C059: { de3042: ["Marktplatz 1"] },
          de3164: "Musterstadt",
          de3251: "54321",
          de3207: "DE",
        },
      },
      { NAD: { de3035: "SU", C082: { de3039: "4000001000005", de3055: "9" }, C080: { de3036: ["Blumen Muster"] } } },
    ],
    SG25: Array.from({ length: lines }, (_, at) => ({
      LIN: { de1082: String(at + 1), C212: { de7140: `A${at + 1}`, de7143: "SA" } },
      QTY: [{ C186: { de6063: "21", de6060: String(at + 1) } }],
    })),
    UNS: { de0081: "S" },
    CNT: [{ C270: { de6069: "2", de6066: String(lines) } }],
    UNT: { de0074: String(9 + 2 * lines - 1), de0062: text },
  };
}
