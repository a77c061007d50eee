// What went wrong with a server, in the words and codes of the product. What a server said, and paths, stand in the detail only.

import { BridgeError } from "../../core/errors.ts";
import { exactName } from "../shared/names.ts";
import { StatusError } from "./session.ts";
import { Status, WireError } from "../shared/ssh/wire.ts";

export function unreachable(address: string, what: string, detail?: string): BridgeError {
  return new BridgeError("SERVER_UNREACHABLE", `${address} ${what}`, { detail, facts: { server: address } });
}

export function refused(address: string, what: string, detail?: string): BridgeError {
  return new BridgeError("SERVER_REFUSED", `${address} ${what}`, { detail, facts: { server: address } });
}

/** Section 7 of the draft, in words. */
const WORDS: Readonly<Record<number, string>> = {
  [Status.noSuchFile]: "there is no such file or folder",
  [Status.permissionDenied]: "permission denied",
  [Status.failure]: "the server says only that it failed",
  [Status.badMessage]: "the server did not understand it",
  [Status.noConnection]: "the server has no connection",
  [Status.connectionLost]: "the server lost its connection",
  [Status.unsupported]: "the server cannot do that",
};

/** `doing`: what was tried, as `read a file`. */
export function asFailure(cause: unknown, address: string, doing: string, path: Buffer): BridgeError {
  if (cause instanceof BridgeError) return cause;
  const place = exactName(path);
  if (cause instanceof StatusError) {
    const word = WORDS[cause.status] ?? `status ${cause.status}`;
    return refused(address, `refused to ${doing}: ${word}`, `${place}: ${JSON.stringify(cause.said)}`);
  }
  if (cause instanceof WireError) {
    return unreachable(address, `sent what is no SFTP: ${cause.message}`, place);
  }
  const said = cause instanceof Error ? cause.message : String(cause);
  return unreachable(address, `was lost when it was to ${doing}: ${said}`, place);
}
