// The growing files of one drop: one per way and destination, opened on first use, bounded in number.
//
// Their end, in this order, so that a crash between any two steps repeats nothing: tails, fsync, commit, final names, commit.

import type { Appender, Scope, Target } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Way } from "../bridge/types.ts";
import type { Written } from "./chunk-straight.ts";
import { gathered, type Gathered } from "./gathered.ts";
import type { Lot } from "./parcels.ts";

const OPEN_LIMIT = 64;

export interface GrowingFiles {
  /**
   * Throws before anything is written where a message's text or name is at fault (`isOwnFault`). Else the bytes are on their way when it
   * resolves; whether they came there, the next `sync` says.
   */
  write(target: Target, lot: Lot, signal: AbortSignal): Promise<void>;
  /** The same for messages that are bytes already, in the form that the file has. */
  writeBytes(target: Target, written: Written, signal: AbortSignal): Promise<void>;
  /** Writes what is left and fsyncs all; tokens by file, to be committed with the progress. */
  sync(): Promise<Readonly<Record<string, string>>>;
  /** Reopens what an earlier run left and writes what comes after the last message. */
  tails(
    reopen: (way: number) => { readonly way: Way; readonly target: Target; readonly scope: Scope },
    signal: AbortSignal,
  ): Promise<void>;
  /** Gives the files their final names. Idempotent across restarts. */
  rename(): Promise<void>;
  close(): Promise<void>;
}

interface File {
  readonly appender: Appender;
  readonly gathered: Gathered;
  readonly way: Way;
  /** Whether the head and at least one message stand in it. */
  begun: boolean;
  /** Whether the tail stands in it. */
  closed: boolean;
}

/** A token of ours around the adapter's own. */
interface Saved {
  readonly token: string;
  readonly begun: boolean;
  readonly closed: boolean;
}

/** The message itself cannot be written, or makes no name of a file: it becomes a dead letter, the rest goes on. */
export function isOwnFault(cause: unknown): cause is BridgeError {
  if (!(cause instanceof BridgeError)) return false;
  return cause.stage === "encode" || ["BATCH_TOO_MANY", "PATTERN_VALUE", "TARGET_ADDRESS"].includes(cause.code);
}

function keyOf(way: Way, target: Target, scope: Scope): string {
  return `${way.number} ${target.destination?.(scope) ?? ""}`;
}

export function createGrowingFiles(saved: Readonly<Record<string, string>>): GrowingFiles {
  const files = new Map<string, File>();
  const tokens: Record<string, string> = { ...saved };

  async function open(key: string, way: Way, target: Target, scope: Scope, signal: AbortSignal): Promise<File> {
    const known = files.get(key);
    if (known) return known;
    if (files.size >= OPEN_LIMIT) {
      throw new BridgeError("BATCH_TOO_MANY", `more than ${OPEN_LIMIT} files grow at the same time for one drop`, {
        stage: "deliver",
      });
    }
    const before = tokens[key] === undefined ? undefined : (JSON.parse(tokens[key]) as Saved);
    const appender = await (target.append as NonNullable<Target["append"]>)(scope, before?.token, signal);
    const { begun = false, closed = false } = before ?? {};
    const file: File = { appender, gathered: gathered(appender), way, begun, closed };
    files.set(key, file);
    return file;
  }

  function begun(key: string): boolean {
    const token = tokens[key];
    return files.get(key)?.begun ?? (token === undefined ? false : (JSON.parse(token) as Saved).begun);
  }

  return {
    async writeBytes(target, { way, bytes, scope }, signal) {
      const key = keyOf(way, target, scope);
      const lead = way.encode.toBytes(begun(key) ? way.encode.between : way.encode.head);
      const file = await open(key, way, target, scope, signal);
      await file.gathered.write(lead);
      await file.gathered.write(bytes);
      file.begun = true;
    },
    async write(target, lot, signal) {
      const { scope } = lot.messages[0] as Lot["messages"][number];
      const key = keyOf(lot.way, target, scope);
      const { encode } = lot.way;
      const bodies = lot.messages.map((message) => message.body).join(encode.between);
      const bytes = encode.toBytes((begun(key) ? encode.between : encode.head) + bodies);
      const file = await open(key, lot.way, target, scope, signal);
      await file.gathered.write(bytes);
      file.begun = true;
    },
    async sync() {
      for (const [key, file] of files) {
        await file.gathered.flush();
        const state: Saved = { token: await file.appender.sync(), begun: file.begun, closed: file.closed };
        tokens[key] = JSON.stringify(state);
      }
      return { ...tokens };
    },
    async tails(reopen, signal) {
      for (const key of Object.keys(tokens)) {
        const { way, target, scope } = reopen(Number(key.slice(0, key.indexOf(" "))));
        await open(key, way, target, scope, signal);
      }
      for (const file of files.values()) {
        if (file.closed) continue;
        await file.gathered.write(file.way.encode.toBytes(file.way.encode.tail));
        file.closed = true;
      }
    },
    async rename() {
      for (const file of files.values()) await file.appender.finish();
    },
    async close() {
      for (const file of files.values()) {
        await file.gathered.settled();
        await file.appender.close();
      }
      files.clear();
    },
  };
}
