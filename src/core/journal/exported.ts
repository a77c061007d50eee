// An export of the trail verified without the appliance: the chain of hashes and the checkpoints in it, by the public key of its first
// line. Names of people are not part of the chain (they can be erased), pseudonyms are.

import { createPublicKey } from "node:crypto";
import { canonicalFacts, entryFault, verifyFrom } from "./store/trail.ts";
import type { AuditRow, Head } from "./store/trail.ts";
import type { AuditCheckpoint } from "./types.ts";

export const AUDIT_EXPORT = "steg-audit";

export type ExportVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: Head; readonly publicKey: string }
  | { readonly ok: false; readonly why: string };

const broken = (why: string): ExportVerdict => ({ ok: false, why });

/** `against`: a checkpoint that came from elsewhere, such as that of a certificate. */
export async function verifyExport(lines: AsyncIterable<string>, against?: AuditCheckpoint): Promise<ExportVerdict> {
  let publicKey: string | undefined;
  let head: Head | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    const value = objectOf(line);
    if (value === undefined) return broken(`line ${number} is no JSON object`);
    if (publicKey === undefined || head === undefined) {
      const key = keyOf(value);
      if (!("publicKey" in key)) return key;
      ({ publicKey } = key);
      ({ head } = verifyFrom(publicKey));
      continue;
    }
    const row = rowOf(value);
    if (row === undefined) return broken(`line ${number} is no entry of a trail`);
    const why = entryFault(publicKey, row, head, against);
    if (why !== undefined) return broken(`line ${number}, entry ${row.seq}: ${why}`);
    head = { seq: row.seq, hash: Buffer.from(row.hash).toString("hex") };
  }
  if (publicKey === undefined || head === undefined) return broken("the file is empty");
  if (against !== undefined && head.seq < against.seq) return broken("the trail ends before the head to compare with");
  return { ok: true, entries: head.seq, head, publicKey };
}

function keyOf(value: Readonly<Record<string, unknown>>): { readonly publicKey: string } | ExportVerdict {
  const { export: kind, version, publicKey, bridge } = value;
  if (kind !== AUDIT_EXPORT || version !== 1) return broken("the first line is not that of an export of a trail");
  if (bridge !== null)
    return broken("it holds the entries of one bridge only, which are no chain: export the whole trail");
  try {
    if (createPublicKey(String(publicKey)).asymmetricKeyType === "ed25519") return { publicKey: String(publicKey) };
  } catch {
    // Said below.
  }
  return broken("the public key of its first line cannot be read");
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** As it stands in the trail: with the pseudonym, and null for what does not concern it. */
function rowOf(value: Readonly<Record<string, unknown>>): AuditRow | undefined {
  const { seq, at, event, bridge = null, drop = null, pseudonym, facts, hash } = value;
  if (!Number.isSafeInteger(seq) || typeof at !== "number" || typeof facts !== "object" || facts === null)
    return undefined;
  const texts = [event, pseudonym, hash];
  const named = [bridge, drop];
  if (!texts.every((text) => typeof text === "string")) return undefined;
  if (!named.every((name) => name === null || typeof name === "string")) return undefined;
  return {
    seq: seq as number,
    at,
    event: event as string,
    bridge: bridge as string | null,
    drop_id: drop as string | null,
    actor: pseudonym as string,
    facts: canonicalFacts(facts as Parameters<typeof canonicalFacts>[0]),
    hash: Buffer.from(hash as string, "hex"),
  };
}
