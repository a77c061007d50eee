// Names of claims: a file that was taken gets one before it is archived or removed, in its own folder, so that what lies under the
// old name afterwards is a newer file. The name says of which drop it is and what was read, so that any later process can end it.

import { createHash } from "node:crypto";
import { LONGEST_NAME, OWN_PREFIX } from "./names.ts";

export interface ClaimParts {
  readonly id: string;
  /** Tells one file from another of the same name. */
  readonly mark: string;
  readonly name: Buffer;
}

/** How the claims of a bridge begin: those of another one are left to it. `work` = claimed before reading, by several appliances. */
export function claimPrefix(bridge: string, kind: "taken" | "work" = "taken"): string {
  const mark = createHash("sha256").update(bridge).digest("hex").slice(0, 8);
  return `${OWN_PREFIX}${kind}-${mark}-`;
}

/** The drop's id as a part of a name. */
export function claimId(dropId: string): string {
  return dropId.replaceAll(/[^A-Za-z0-9_]/gu, "_");
}

/** Id, mark, dash, the file's own name as far as it has room, so that the claim can be ended without any memory. */
export function claimName(prefix: string, { id, mark, name }: ClaimParts): Buffer {
  const head = Buffer.from(`${prefix}${id}.${mark}-`);
  return Buffer.concat([head, name.subarray(0, LONGEST_NAME - head.length)]);
}

export function readClaim(prefix: string, claim: Buffer): ClaimParts | undefined {
  const head = Buffer.from(prefix);
  if (!claim.subarray(0, head.length).equals(head)) return undefined;
  const rest = claim.subarray(head.length);
  const dash = rest.indexOf("-");
  const [id, mark, more] = rest.toString("latin1", 0, Math.max(0, dash)).split(".");
  if (!id || !mark || more !== undefined || dash === rest.length - 1) return undefined;
  return { id, mark, name: rest.subarray(dash + 1) };
}
