// What is wrong with an interchange: words, and the codes with which a 997 or 999 would say it.

import { BridgeError, type Code } from "../../core/errors.ts";

/** Codes of X12's own: of a transaction (data element 718), of a group (716). */
export interface Acknowledged {
  readonly transaction?: string;
  readonly group?: string;
}

export function fault(code: Code, message: string, acknowledged: Acknowledged = {}, detail?: string): BridgeError {
  return new BridgeError(code, message, { stage: "decode", detail, facts: { ...acknowledged } });
}

/** The same at a place of the drop, which a receipt names. */
export function faultAt(code: Code, byte: number, message: string, acknowledged: Acknowledged = {}): BridgeError {
  return new BridgeError(code, `byte ${byte}: ${message}`, { stage: "decode", facts: { ...acknowledged, byte } });
}
