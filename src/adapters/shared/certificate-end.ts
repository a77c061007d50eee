// How long the certificate is good that a server shows in a handshake.

import type { TLSSocket } from "node:tls";

/** Milliseconds since 1970; undefined where a session was resumed, which shows none, or the one of its begin. */
export function endShown(socket: TLSSocket): number | undefined {
  if (socket.isSessionReused()) return undefined;
  const end = socket.getPeerX509Certificate()?.validToDate.getTime();
  return end === undefined || Number.isNaN(end) ? undefined : end;
}
