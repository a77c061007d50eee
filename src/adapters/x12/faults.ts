// What is wrong with an interchange: words, and the codes with which a 997 or 999 would say it.

import { BridgeError, type Code } from "../../core/errors.ts";

/** Codes of X12's own: of a transaction (data element 718), of a group (716), of an interchange (I18). */
export interface Acknowledged {
  readonly transaction?: string;
  readonly group?: string;
  readonly interchange?: string;
  /** The segment that is at fault: its tag, its place in the transaction set (ST = 1), and why (720). */
  readonly segment?: string;
  readonly position?: number;
  readonly segmentError?: string;
  /** The element in it, from 1, and why (723). */
  readonly element?: number;
  readonly component?: number;
  readonly elementError?: string;
}

/** I18: what a TA1 says of an interchange. */
export const NOTES = {
  fine: "000",
  otherNumber: "001",
  wrongCount: "021",
  structure: "022",
  cut: "023",
  content: "024",
  twice: "025",
} as const;

export function fault(code: Code, message: string, acknowledged: Acknowledged = {}, detail?: string): BridgeError {
  return new BridgeError(code, message, { stage: "decode", detail, facts: { ...acknowledged } });
}

/** The same at a place of the drop, which a receipt names. */
export function faultAt(code: Code, byte: number, message: string, acknowledged: Acknowledged = {}): BridgeError {
  return new BridgeError(code, `byte ${byte}: ${message}`, { stage: "decode", facts: { ...acknowledged, byte } });
}
