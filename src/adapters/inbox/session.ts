// One SFTP session: packets come in, are worked one after the other, and answered. What a client sends faster than the disk takes it
// waits with the client: the channel is paused, and its window closes.

import type { Duplex } from "node:stream";
import { createCutter, readerOf, Type, WireError } from "../shared/ssh/wire.ts";
import type { Account } from "./account.ts";
import { Refusal } from "./refusal.ts";
import { statusPacket, versionPacket } from "./replies.ts";
import { createRequests } from "./requests.ts";
import { onDisk } from "./writer.ts";

export interface SessionSurroundings {
  /** Resolves when the connection can take more; at once where it can. */
  flushed(): Promise<void>;
  /** A request came. */
  heard(): void;
  /** The client ended the session in order; scp asks how it went. */
  farewell(): void;
}

export interface Session {
  /** Works on a request, or has some waiting. */
  readonly busy: boolean;
  /** No more requests; resolves when the one under way is answered and what is open is put away. */
  end(): Promise<void>;
  /** Resolves when the session is over, whoever ended it. */
  readonly ended: Promise<{ readonly files: number; readonly bytes: number }>;
}

/** Packets that wait are few: the client sends some dozens at a time. */
const MOST_WAITING = 256;
const MOST_WAITING_BYTES = 4 << 20;

export function serveSession(channel: Duplex, account: Account, around: SessionSurroundings): Session {
  const requests = createRequests(account);
  const waiting: Buffer[] = [];
  const over = Promise.withResolvers<{ files: number; bytes: number }>();
  let waitingBytes = 0;
  let working = false;
  let greeted = false;
  /** `closing`: what came is still worked. `leaving`: the request under way is still answered. `gone`: nobody hears anything any more. */
  let state = "open" as "open" | "closing" | "leaving" | "gone";
  const isGone = (): boolean => state === "gone";
  const takesMore = (): boolean => state === "open" || state === "closing";

  const { cut, reuse } = createCutter(take);

  function take(packet: Buffer, own: boolean): void {
    around.heard();
    waiting.push(own ? packet : Buffer.from(packet));
    waitingBytes += packet.length;
    if (waiting.length >= MOST_WAITING || waitingBytes >= MOST_WAITING_BYTES) channel.pause();
  }

  /** Throws WireError: what no client of SFTP says ends the session. */
  async function answer(packet: Buffer): Promise<Buffer> {
    const reader = readerOf(packet);
    const type = reader.byte();
    if (!greeted) {
      if (type !== Type.init || reader.uint32() < 3) throw new WireError("no hello of version 3");
      greeted = true;
      return versionPacket();
    }
    const id = reader.uint32();
    try {
      return await requests.answer(type, id, reader);
    } catch (cause) {
      if (cause instanceof WireError) throw cause;
      if (!(cause instanceof Refusal)) account.log("warn", "inbox.failed", { user: account.user, request: type });
      return statusPacket(id, cause instanceof Refusal ? cause : onDisk(cause));
    }
  }

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    try {
      for (let packet = waiting.shift(); packet && takesMore(); packet = waiting.shift()) {
        waitingBytes -= packet.length;
        const reply = await answer(packet);
        // What is kept of a packet was copied.
        reuse(packet);
        if (channel.isPaused() && waiting.length < MOST_WAITING / 2 && waitingBytes < MOST_WAITING_BYTES / 2)
          channel.resume();
        if (!isGone()) channel.write(reply);
        await around.flushed();
      }
    } catch (cause) {
      if (!(cause instanceof WireError)) account.log("error", "inbox.failed", { user: account.user });
      state = "gone";
    }
    working = false;
    if (state !== "open") await finish();
  }

  let finished: Promise<void> | undefined;
  function finish(): Promise<void> {
    return (finished ??= putAway());
  }

  /** Never fails: nobody could do anything about it. */
  async function putAway(): Promise<void> {
    waiting.length = 0;
    try {
      await requests.end();
      if (state === "closing") around.farewell();
      channel.end();
    } catch {
      account.log("error", "inbox.failed", { user: account.user });
    }
    over.resolve(requests.written);
  }

  function stop(how: "closing" | "leaving" | "gone"): void {
    if (takesMore() || how === "gone") state = how;
    if (!working) void work();
  }

  channel.on("data", (piece: Buffer) => {
    if (state !== "open") return;
    try {
      cut(piece);
    } catch {
      stop("gone");
      return;
    }
    void work();
  });
  // What came before the end is complete, whether somebody waits for the answers or not.
  channel.on("end", () => stop("closing"));
  channel.on("close", () => stop("gone"));
  channel.on("error", () => stop("gone"));

  return {
    get busy() {
      return working;
    },
    async end() {
      stop("leaving");
      await over.promise;
    },
    ended: over.promise,
  };
}
