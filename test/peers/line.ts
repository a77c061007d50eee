// A line to a server that can be cut at any byte: a second address of this machine on which the server's ports are passed on, those of
// its data connections too. All that goes over it is counted together; when the planned byte has passed, everything is cut.

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Cut } from "./tcp-proxy.ts";

/** Where the line is reached; servers listen on 127.0.0.1. */
export const LINE_HOST = "127.0.0.2";

export interface Line {
  /** Cuts everything when so many more bytes have come from the server. */
  plan(how: Cut, bytes: number): void;
  /** When the plan was carried out (performance.now()); undefined = not yet. */
  readonly cutAt: number | undefined;
  /** When the first connection after that came. */
  readonly backAt: number | undefined;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  silent: boolean;
}

export async function startLine(ports: readonly number[]): Promise<Line> {
  const links = new Set<Link>();
  const listeners: Server[] = [];
  let planned: { readonly how: Cut; left: number } | undefined;
  let cutAt: number | undefined;
  let backAt: number | undefined;

  function cutAll(how: Cut): void {
    cutAt = performance.now();
    backAt = undefined;
    for (const link of [...links].filter(({ silent }) => !silent)) {
      if (how === "silence") link.silent = true;
      for (const each of [link.client, link.server]) {
        if (how === "reset") each.resetAndDestroy();
        else if (how === "end") each.destroy();
      }
    }
  }

  /** Passes on what comes from the server, and cuts behind the planned byte. */
  function down(link: Link, piece: Buffer): void {
    if (link.silent) return;
    const { how, left } = planned ?? {};
    if (planned) planned.left -= piece.length;
    const isLast = left !== undefined && piece.length >= left;
    if (isLast) planned = undefined;
    const part = isLast ? piece.subarray(0, left) : piece;
    const goesOn = link.client.write(part, () => {
      if (isLast && how) cutAll(how);
    });
    if (!goesOn && !isLast) {
      link.server.pause();
      link.client.once("drain", () => link.server.resume());
    }
  }

  function pass(client: Socket, port: number): void {
    if (cutAt !== undefined) backAt ??= performance.now();
    const server = connect(port, "127.0.0.1");
    const link: Link = { client, server, silent: false };
    links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
    }
    server.on("data", (piece: Buffer) => down(link, piece));
    client.on("data", (piece: Buffer) => {
      if (!link.silent) server.write(piece);
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("end", () => {
        if (!link.silent) to.end();
      });
      from.on("close", () => {
        links.delete(link);
        if (!link.silent) to.destroy();
      });
    }
  }

  for (const port of ports) {
    const listener = createServer((client) => pass(client, port));
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(port, LINE_HOST, resolve);
    });
    listeners.push(listener);
  }
  return {
    plan(how, bytes) {
      cutAt = undefined;
      backAt = undefined;
      planned = { how, left: Math.max(1, bytes) };
    },
    get cutAt() {
      return cutAt;
    },
    get backAt() {
      return backAt;
    },
    async close() {
      for (const { client, server } of links) for (const each of [client, server]) each.destroy();
      await Promise.all(listeners.map((each) => new Promise<void>((resolve) => void each.close(() => resolve()))));
    },
  };
}
