// What both ways have in common: a parcel as the arguments of a function, its results as a reply.

import type { AdapterContext, Attempt, Parcel, Reply, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { readInterface } from "./interface-file.ts";
import type { RfcOptions } from "./options.ts";
import type { Values } from "./results.ts";
import { unfit } from "./scalars.ts";
import type { FunctionInterface } from "./types.ts";

/** Longest answer to a message out of a drop: nobody waits for it, but its messages are looked at. */
const MOST_UNAWAITED = 16 * 2 ** 20;
/** Bytes of it that formulas of outcomes see whole. */
const KEPT = 64 * 1024;

export function interfaceOf(
  given: Pick<RfcOptions, "interface" | "function">,
  files: Pick<AdapterContext, "readBridgeFile">,
): FunctionInterface | undefined {
  if (given.interface === undefined) return undefined;
  return readInterface(files.readBridgeFile(given.interface), given.interface, given.function);
}

export function mostReply(parcel: Parcel): number {
  return parcel.call?.mostReply ?? MOST_UNAWAITED;
}

/** Throws RFC_VALUE. */
export function messageOf({ body }: Parcel): Value {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8")) as Value;
  } catch {
    throw unfit("names", "are missing: the message is no JSON; write map.json for deliver.rfc");
  }
}

/** The values as `$reply`, and as bytes where a caller waits. Throws REPLY_TOO_LARGE. */
export function replyOf(parcel: Parcel, values: Values, returns: string, more: Omit<Reply, "body" | "bytes">): Reply {
  const bytes = Buffer.from(JSON.stringify(values));
  if (parcel.call) {
    if (bytes.length > parcel.call.mostReply) throw tooLarge(parcel.call.mostReply);
    return { ...more, body: values, bytes, contentType: "application/json" };
  }
  if (bytes.length <= KEPT) return { ...more, body: values };
  const messages = Object.hasOwn(values, returns) ? { [returns]: values[returns] } : {};
  return JSON.stringify(messages).length <= KEPT ? { ...more, body: messages } : more;
}

export function tooLarge(most: number): BridgeError {
  return new BridgeError("REPLY_TOO_LARGE", `the answer has more than ${most} bytes`, { stage: "deliver" });
}

export function stopped(what: string): Attempt {
  return { end: "unreachable", unsure: false, message: `${what} was stopped before it was sent` };
}

/** What never reached SAP, or came back from it in a form that says nothing: a definite no. */
export function refusedBy({ code, message, detail }: BridgeError, what: string): Attempt {
  const own = code === "RFC_VALUE";
  return {
    end: "refused",
    code,
    status: own ? 400 : 502,
    message: own ? message : `${what}: ${message}`,
    ...(detail === undefined ? {} : { detail }),
  };
}
