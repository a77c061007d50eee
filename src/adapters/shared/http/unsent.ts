// What ends a delivery before anything of it was sent, or half-way by a fault of this side: it says nothing about the target.

import type { Attempt } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { Exchange } from "./exchange.ts";

type Refused = Extract<Attempt, { end: "refused" }>;

/** `what` as in messages: what would have been sent, and where to. */
export function stopped(what: string): Attempt {
  return { end: "unreachable", unsure: false, message: `${what} was stopped before it was sent` };
}

export function refusedBy({ code, message, detail }: BridgeError): Refused {
  return { end: "refused", code, message, ...(detail !== undefined && { detail }) };
}

/** A file that cannot be read from the spool ends its request half-way. undefined = it was not that. */
export function ownFault(result: Exchange): Attempt | undefined {
  return result.kind === "failure" && result.cause instanceof BridgeError ? refusedBy(result.cause) : undefined;
}
