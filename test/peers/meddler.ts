// Somebody between the client and an FTP server: passes everything on, but answers AUTH TLS himself, or adds replies of his own to the
// server's answer to it; and keeps what the client says.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Meddler {
  readonly port: number;
  /** All that came from the client, as the line carried it. */
  heard(): Buffer;
  close(): Promise<void>;
}

export interface Meddling {
  /** In the server's place. */
  readonly answer?: string;
  /** Behind the server's yes, in the same packet, before TLS begins. */
  readonly inject?: string;
}

export async function startMeddler(serverPort: number, { answer, inject }: Meddling): Promise<Meddler> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    let isAsked = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (piece: Buffer) => {
      heard.push(piece);
      const asks = piece.toString("latin1").startsWith("AUTH");
      if (asks && answer !== undefined) {
        client.write(`${answer}\r\n`);
        return;
      }
      isAsked = asks;
      server.write(piece);
    });
    server.on("data", (piece: Buffer) => {
      const more = isAsked && inject !== undefined ? Buffer.from(inject) : Buffer.alloc(0);
      isAsked = false;
      client.write(Buffer.concat([piece, more]));
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    heard: () => Buffer.concat(heard),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void listener.close(() => resolve()));
    },
  };
}
