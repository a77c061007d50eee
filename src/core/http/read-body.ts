// The body of a request, whole, up to a limit; whoever announces more is told before sending it.

import type { IncomingMessage } from "node:http";
import { BridgeError } from "../errors.ts";
import { letSend } from "./expectation.ts";

const NOTHING = Buffer.alloc(0);

/** Throws CALL_TOO_LARGE beyond `most` bytes, CALL_INVALID where the caller breaks off. */
export function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const announced = request.headers["content-length"];
  if (announced !== undefined && Number(announced) > most) return Promise.reject(tooLarge(most));
  if (announced === "0" || (announced === undefined && request.headers["transfer-encoding"] === undefined)) {
    return Promise.resolve(NOTHING);
  }
  letSend(request);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const end = (): void => resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size));
    const broken = (): void =>
      reject(new BridgeError("CALL_INVALID", "the request broke off within its body", { stage: "receive" }));
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size <= most) {
        pieces.push(piece);
        return;
      }
      pieces.length = 0;
      request.removeAllListeners("data").pause();
      reject(tooLarge(most));
    });
    request.once("end", end);
    request.once("aborted", broken);
    request.once("error", broken);
  });
}

function tooLarge(most: number): BridgeError {
  return new BridgeError("CALL_TOO_LARGE", `a request of this bridge holds at most ${most} bytes`, {
    stage: "receive",
  });
}
