// Who calls over a connection that is kept open stays the same for its next call: what was presented is looked at again only where it
// changed, or after a second, so that a token that was revoked is good for no longer than that.

import type { Socket } from "node:net";
import type { Caller, CallerBook, Presented } from "./caller.ts";

const HOLDS = 1_000;

interface Known {
  readonly authorization: string | undefined;
  readonly caller: Caller | undefined;
  readonly until: number;
}

/** Answers at once where the caller is known. A certificate belongs to its connection. */
export function rememberCallers(
  book: CallerBook,
  monotonic: () => number = () => performance.now(),
): (socket: Socket, presented: Presented) => Caller | undefined | Promise<Caller | undefined> {
  const known = new WeakMap<Socket, Known>();

  async function look(socket: Socket, presented: Presented): Promise<Caller | undefined> {
    known.delete(socket);
    const caller = await book.identify(presented);
    known.set(socket, { authorization: presented.authorization, caller, until: monotonic() + HOLDS });
    return caller;
  }

  return (socket, presented) => {
    const kept = known.get(socket);
    const isKnown = kept && kept.authorization === presented.authorization && monotonic() < kept.until;
    return isKnown ? kept.caller : look(socket, presented);
  };
}
