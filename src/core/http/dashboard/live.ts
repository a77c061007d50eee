// What changes on open pages, by server-sent events. Every two seconds, and only while somebody looks, each page that is open is made once
// more, and its figures that differ are sent; of its lists, only which rows there are. Pages that are the same for several are made once.

import type { ServerResponse } from "node:http";
import type { Session } from "./sessions.ts";

const TICK = 2_000;
/** A comment at least this often, so that nobody on the way takes the connection for dead. */
const HEARTBEAT = 15_000;
const MOST_STREAMS = 100;
const MOST_PER_SESSION = 6;
/** A reader that takes nothing is let go. */
const MOST_UNREAD = 1 << 20;

export interface Snapshot {
  readonly figures: ReadonlyMap<string, string>;
  readonly rows: ReadonlySet<string>;
}

export interface Live {
  /** Whether one more may be opened. */
  hasRoom(session: Session): boolean;
  /** The response is the stream's from now on. */
  open(stream: { readonly session: Session; readonly address: string; readonly response: ServerResponse }): void;
  /** Ends all of them. */
  close(): void;
}

interface Stream {
  readonly session: Session;
  readonly address: string;
  readonly response: ServerResponse;
  sent: Snapshot | undefined;
  at: number;
}

export interface LiveDeps {
  /** Makes the page once more. Rejects where it is gone. */
  snapshot(address: string, session: Session): Promise<Snapshot>;
  isOn(session: Session): Promise<boolean>;
}

export function createLive(deps: LiveDeps): Live {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function tick(): Promise<void> {
    const made = new Map<string, Promise<Snapshot>>();
    await Promise.all([...streams].map(async (stream) => await refresh(stream, made)));
    timer = streams.size === 0 || closed ? undefined : setTimeout(() => void tick(), TICK).unref();
  }

  async function refresh(stream: Stream, made: Map<string, Promise<Snapshot>>): Promise<void> {
    try {
      const { session, address, response } = stream;
      if (!(await deps.isOn(session)) || response.writableLength > MOST_UNREAD) return end(stream);
      const key = `${session.language} ${JSON.stringify(session.identity.grants)} ${address}`;
      const snapshot = made.get(key) ?? deps.snapshot(address, session);
      made.set(key, snapshot);
      send(stream, await snapshot);
    } catch {
      // The page says that it is no longer current; its reader asks again.
      end(stream);
    }
  }

  function end(stream: Stream): void {
    streams.delete(stream);
    stream.response.end();
  }

  return {
    hasRoom(session) {
      const own = [...streams].filter((stream) => stream.session === session).length;
      return !closed && streams.size < MOST_STREAMS && own < MOST_PER_SESSION;
    },
    open({ session, address, response }) {
      const stream: Stream = { session, address, response, sent: undefined, at: 0 };
      streams.add(stream);
      response.on("close", () => streams.delete(stream));
      response.on("error", () => streams.delete(stream));
      response.write("retry: 5000\n\n");
      timer ??= setTimeout(() => void tick(), 0).unref();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const stream of streams) end(stream);
    },
  };
}

/** All of it the first time: the page may have been made a while ago. */
function send(stream: Stream, now: Snapshot): void {
  const { sent } = stream;
  const figures = Object.fromEntries([...now.figures].filter(([key, text]) => sent?.figures.get(key) !== text));
  const isSame = sent !== undefined && [...sent.rows].join("\n") === [...now.rows].join("\n");
  stream.sent = now;
  const time = performance.now();
  if (isSame && Object.keys(figures).length === 0) {
    if (time - stream.at < HEARTBEAT) return;
    stream.response.write(":\n\n");
  } else {
    const data = { figures, ...(!isSame && { rows: [...now.rows] }) };
    stream.response.write(`data: ${JSON.stringify(data)}\n\n`);
  }
  stream.at = time;
}
