// What every growing file has, on this machine and on servers: its token, its temporary name, and its troubles.

import { createHash } from "node:crypto";
import type { Scope } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { nameFault, OWN_PREFIX } from "./names.ts";

/** Who grows a file, and where: the same before and after a crash. */
export interface GrowingPlace {
  readonly folder: string;
  /** The folder as the token keeps it, where values chose it. */
  readonly kept: string | undefined;
  readonly name: string;
  readonly scope: Scope;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  /** Folder, and server where there is one, as the bridge file has them, for messages. */
  readonly shown: string;
}

export interface GrowingToken {
  /** Temporary and final name in the folder. */
  readonly part: string;
  readonly name: string;
  readonly length: number;
  /** The folder where values chose it; one that is fixed may be mounted elsewhere after a restart. */
  readonly folder?: string | undefined;
}

export function growingTrouble(
  code: "TARGET_BUSY" | "TARGET_EXISTS" | "TARGET_GONE",
  message: string,
  name: string,
): BridgeError {
  return new BridgeError(code, message, { stage: "deliver", detail: name });
}

/** The same drop, started again before anything was committed, finds its own remains and begins anew. */
export function partName({ scope, name, folder }: Pick<GrowingPlace, "scope" | "name" | "folder">): string {
  const hash = createHash("sha256").update(JSON.stringify([scope.bridge, scope.dropIdentity, folder, name]));
  return `${OWN_PREFIX}${hash.digest("hex").slice(0, 32)}.part`;
}

export function readGrowingToken(text: string): GrowingToken {
  const token = JSON.parse(text) as Partial<GrowingToken>;
  const { part, name, length, folder } = token;
  const good =
    typeof part === "string" &&
    part.startsWith(OWN_PREFIX) &&
    !part.includes("/") &&
    typeof name === "string" &&
    nameFault(name) === undefined &&
    Number.isSafeInteger(length) &&
    (length as number) >= 0 &&
    (folder === undefined || typeof folder === "string");
  if (!good) throw new BridgeError("INTERNAL", "the token of a growing file cannot be read", { stage: "deliver" });
  return token as GrowingToken;
}
