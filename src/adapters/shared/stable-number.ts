// Numbers that a format wants and nobody gives: the same for the same message on every replay, because they are made of its name.

import { createHash } from "node:crypto";
import type { Scope } from "../../core/contract.ts";

/**
 * A number from 1 on with at most so many digits (up to 18), filled with zeros. Two messages have the same one by chance only: with nine
 * digits likely among some 37,000 (the birthday bound), with sixteen among 100 million.
 */
export function stableNumber(scope: Scope, purpose: string, digits: number): string {
  const name = JSON.stringify([scope.bridge, scope.dropIdentity, scope.index, purpose]);
  const hash = createHash("sha256").update(name).digest();
  const most = 10n ** BigInt(digits) - 1n;
  return String(1n + (hash.readBigUInt64BE(0) % most)).padStart(digits, "0");
}
