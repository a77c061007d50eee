// A small TCP proxy between client and server: latency, cuts after so many bytes (reset, end, silence), refusal.
// The kernel of a container has no netem; this is what takes its place.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export type Cut = "reset" | "end" | "silence";

export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Milliseconds added to each direction. */
  latency: number;
  /** New connections are reset at once. */
  refuse: boolean;
  /** Applies to new connections: cut when so many bytes have gone to the server, or come from it. */
  plan: { readonly how: Cut; readonly toServer?: number; readonly fromServer?: number } | undefined;
  /** Cuts all open connections now. */
  cut(how: Cut): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  silent: boolean;
}

export async function startTcpProxy(targetPort: number, targetHost = "127.0.0.1"): Promise<TcpProxy> {
  const links = new Set<Link>();
  let accepted = 0;

  function cutLink(link: Link, how: Cut): void {
    if (how === "silence") {
      link.silent = true;
    } else if (how === "reset") {
      link.client.resetAndDestroy();
      link.server.resetAndDestroy();
    } else {
      link.client.destroy();
      link.server.destroy();
    }
  }

  const listener = createServer((client) => {
    accepted++;
    client.on("error", () => undefined);
    if (self.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(targetPort, targetHost);
    const link: Link = { client, server, silent: false };
    const { plan } = self;
    links.add(link);
    client.setNoDelay(true);
    server.setNoDelay(true);
    pipe(link, client, server, plan?.toServer, plan?.how);
    pipe(link, server, client, plan?.fromServer, plan?.how);
    for (const socket of [client, server]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        links.delete(link);
        if (!link.silent) for (const each of [client, server]) each.destroy();
      });
    }
  });

  function pipe(link: Link, from: Socket, to: Socket, most: number | undefined, how: Cut | undefined): void {
    let passed = 0;
    from.on("data", (chunk: Buffer) => {
      if (link.silent) return;
      let part = chunk;
      const isOver = most !== undefined && how !== undefined && passed + chunk.length >= most;
      if (isOver) part = chunk.subarray(0, most - passed);
      passed += part.length;
      const send = (): void => {
        if (to.destroyed) return;
        const goesOn = to.write(part, () => {
          if (isOver) cutLink(link, how);
        });
        if (!goesOn && self.latency === 0) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      };
      if (self.latency > 0) setTimeout(send, self.latency);
      else send();
    });
    from.on("end", () => {
      if (!link.silent) setTimeout(() => to.end(), self.latency);
    });
  }

  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  const self: TcpProxy = {
    port: (listener.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    latency: 0,
    refuse: false,
    plan: undefined,
    cut(how) {
      for (const link of links) cutLink(link, how);
    },
    async close() {
      for (const link of links) {
        link.client.destroy();
        link.server.destroy();
      }
      await new Promise<void>((resolve) => void listener.close(() => resolve()));
    },
  };
  return self;
}
