// Expect: 100-continue (RFC 9110, section 10.1.1): whoever asks before sending hears yes only when the body is about to be read. One who
// may not call, calls too often or announces too much hears that instead, and sends nothing.

import type { IncomingMessage, Server, ServerResponse } from "node:http";

const asking = new WeakMap<IncomingMessage, ServerResponse>();

export function askedFirst(server: Server): void {
  server.on("checkContinue", (request, response) => {
    asking.set(request, response);
    server.emit("request", request, response);
  });
}

/** Call it before a body is read. */
export function letSend(request: IncomingMessage): void {
  asking.get(request)?.writeContinue();
  asking.delete(request);
}
