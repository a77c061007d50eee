// One connection: login within its time, then sessions of SFTP and nothing else: no shell, no command, no forwarding, no agent.
// What is not listened to here ssh2 refuses.

import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Channel, ServerChannel, ServerClient } from "ssh2";
import type { Log } from "../../core/contract.ts";
import type { Account } from "./account.ts";
import type { Attempts } from "./attempts.ts";
import { createLogin } from "./login.ts";
import { serveSession, type Session } from "./session.ts";

export interface ConnectionParts {
  readonly client: ServerClient;
  readonly socket: Socket;
  readonly address: string;
  readonly attempts: Attempts;
  readonly accountOf: (user: string) => Account | undefined;
  /** Somebody is in; false = this user has too many connections. */
  readonly entered: (account: Account) => boolean;
  readonly log: Log;
}

export interface Connection {
  readonly account: Account | undefined;
  /** Lets the request under way end, then hangs up. */
  close(): Promise<void>;
}

/** As OpenSSH has it. */
const MOST_SESSIONS = 10;
/** A client that sends beyond the window that it was given, or does not read what it asked for, wants our memory. */
const MOST_UNREAD = 8 << 20;
const MOST_UNSENT = 8 << 20;
const SEND_ENOUGH = 1 << 20;
/** So long a connection has to end in order. */
const PARTING = 2_000;

export function serveConnection(parts: ConnectionParts): Connection {
  const { client, socket, address, attempts, accountOf, log } = parts;
  const sessions = new Map<Session, Channel>();
  /** Channels that are open, with a session on them or not yet. */
  let channels = 0;
  let user: string | undefined;
  let method = "";
  let account: Account | undefined;
  let heardAt = performance.now();

  function hangUp(): void {
    client.end();
    void sleep(PARTING, undefined, { ref: false }).then(() => socket.destroy());
  }

  const login = createLogin({
    address,
    attempts,
    credentialsOf: (name) => accountOf(name)?.credentials,
    accepted(name, how) {
      [user, method] = [name, how];
    },
    refused(name, how) {
      log("warn", "inbox.login_refused", { address, method: how, ...(name !== undefined && { user: name }) });
      if (attempts.failed(address)) {
        log("error", "inbox.blocked", { address });
        hangUp();
      }
    },
    end: hangUp,
  });

  /** Also where the answers are for a connection that sends but does not read. */
  async function flushed(): Promise<void> {
    if (socket.writableLength < SEND_ENOUGH) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
      if (socket.destroyed || !socket.writableNeedDrain) done();
    });
  }

  function serve(channel: Channel & ServerChannel, of: Account): void {
    const session = serveSession(channel, of, {
      flushed,
      heard: () => (heardAt = performance.now()),
      farewell: () => channel.exit(0),
    });
    sessions.set(session, channel);
    const begun = performance.now();
    void session.ended.then(({ files, bytes }) => {
      sessions.delete(session);
      of.log("info", "inbox.session", {
        user: of.user,
        files,
        bytes,
        milliseconds: Math.round(performance.now() - begun),
      });
    });
  }

  client.on("authentication", (asked) => {
    // Answering somebody who has gone throws; there is nobody to tell.
    login(asked).catch(() => undefined);
  });
  client.on("ready", () => {
    account = user === undefined ? undefined : accountOf(user);
    heardAt = performance.now();
    if (!account || !parts.entered(account)) {
      account = undefined;
      log("warn", "inbox.crowded", { address, ...(user !== undefined && { user }) });
      hangUp();
      return;
    }
    account.log("info", "inbox.login", { user: account.user, address, method });
    watchIdle(account);
  });
  client.on("session", (accept, reject) => {
    const of = account;
    if (!of || channels >= MOST_SESSIONS) return reject();
    channels++;
    const session = accept();
    session.once("close", () => channels--);
    session.on("subsystem", (take, refuse, { name }) => {
      if (name !== "sftp") return refuse();
      const channel = take();
      serve(channel, of);
    });
  });
  // Only from here on, when ssh2 listens itself: a listener of its own would take the first bytes away.
  socket.on("data", () => {
    const unread = [...sessions.values()].reduce((sum, channel) => sum + channel.readableLength, 0);
    if (unread > MOST_UNREAD || socket.writableLength > MOST_UNSENT) socket.destroy();
  });
  socket.once("close", () => {
    for (const session of sessions.keys()) void session.end();
  });
  client.on("error", () => {
    // It says that the other side spoke nonsense, or is silent; an orderly end would be waited for in vain.
    void sleep(100, undefined, { ref: false }).then(() => socket.destroy());
  });

  function watchIdle({ idle, user: name, log: say }: Account): void {
    const timer = setInterval(
      () => {
        const isBusy = [...sessions.keys()].some(({ busy }) => busy) && socket.writableLength === 0;
        if (isBusy || performance.now() - heardAt < idle) return;
        say("info", "inbox.idle", { user: name, address });
        clearInterval(timer);
        hangUp();
      },
      Math.max(50, Math.min(5_000, idle / 4)),
    ).unref();
    socket.once("close", () => clearInterval(timer));
  }

  return {
    get account() {
      return account;
    },
    async close() {
      await Promise.all([...sessions.keys()].map((session) => session.end()));
      if (socket.destroyed) return;
      const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
      hangUp();
      await Promise.race([closed, sleep(PARTING + 500, undefined, { ref: false })]);
    },
  };
}
