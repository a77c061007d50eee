// A template for map.edifact of invented parties, and what it is written with.

import { openWriter } from "../../src/adapters/edifact/writer/writer.ts";
import type { Scope, Sketch, Writer } from "../../src/core/contract.ts";
import { scopeOf } from "../core/template-support.ts";

export const PARTIES = {
  S002: { de0004: "4012345000009", de0007: "14" },
  S003: { de0010: "4098765000003", de0007: "14" },
};
export const ORDER = {
  message: "ORDERS D 96A UN EAN008",
  UNB: PARTIES,
  BGM: { C002: { de1001: "220" }, de1004: "B-1", de1225: "9" },
  DTM: [{ C507: { de2005: "137", de2380: "20261101", de2379: "102" } }],
  SG2: [{ NAD: { de3035: "BY", C082: { de3039: "4012345000009", de3055: "9" } } }],
  SG25: [
    {
      LIN: { de1082: "1", C212: { de7140: "4712345000001", de7143: "EN" } },
      QTY: [{ C186: { de6063: "21", de6060: "5" } }],
    },
  ],
};

export function writer(sketch: Sketch): Writer {
  return openWriter(sketch, { readBridgeFile: () => Buffer.from("") });
}

/** 1 November 2026, 12:30 in Berlin. */
export const SCOPE: Scope = { ...scopeOf({}), received: Date.UTC(2026, 10, 1, 11, 30) };
