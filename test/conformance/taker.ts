// Core as the sources' suite plays it: read, look again, note by content, settle; `known` by hint.

import { createHash } from "node:crypto";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { eventually } from "./surroundings.ts";

export type Name = string | Buffer;

export interface PlaceOptions {
  /** Milliseconds. */
  readonly settle: number;
  readonly files?: readonly string[];
  readonly marker?: string;
  readonly after?: "archive" | "delete" | "keep";
  readonly sort?: "name" | "time";
}

/** One folder at the legacy side, and sources over it. */
export interface SourcePlace {
  /** A source as a new process would build it. */
  connect(known: ReadonlySet<string>): Promise<Source>;
  /** Creates or overwrites in place. */
  write(name: Name, body: Uint8Array): Promise<void>;
  append(name: Name, body: Uint8Array): Promise<void>;
  rename(from: Name, to: Name): Promise<void>;
  /** Files lying there, without folders. */
  names(): Promise<readonly string[]>;
  /** Files in the archive. */
  archived(): Promise<readonly string[]>;
  /** A symbolic link to something outside; absent where the peer has none. */
  link?(name: string): Promise<void>;
  /** Removal fails until the returned function is called. */
  breakRemoval(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface SourceHarness {
  readonly name: string;
  /** Shortest `settle` that this peer can tell from writing (a listing in whole seconds needs more). */
  readonly settle: number;
  /** Names that are no UTF-8 can be written and taken. */
  readonly rawNames: boolean;
  /** False where listings are lines of text, so that a name with a line break in it is two halves of none. */
  readonly lineBreaks?: false;
  /**
   * The legacy side says itself that a file is complete, by closing it: nothing settles and nothing is kept, names that are not wanted
   * are refused at once, and what `archived` tells is what was settled.
   */
  readonly handedOver?: true;
  /** How many files the crowd test writes. */
  readonly crowd: number;
  /** How often a newer file takes the name in the middle of removing; 150 unless told. */
  readonly races?: number;
  open(options: PlaceOptions): Promise<SourcePlace>;
}

export interface Taken {
  readonly name: string;
  readonly hint: string;
  readonly body: Buffer;
  readonly drop: string;
}

/** The suite's core. */
export interface Taker {
  readonly taken: Taken[];
  readonly known: Set<string>;
  readonly changed: number;
  readonly failedRemovals: number;
  readonly source: Source;
  look(): Promise<number>;
  /** Looks until so many were taken in all. */
  until(count: number, most?: number): Promise<void>;
  restart(): Promise<void>;
}

export const never = new AbortController().signal;

export async function readAll(delivery: Delivery, signal: AbortSignal = never): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of delivery.open(signal)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function takerOf(place: SourcePlace): Promise<Taker> {
  const taken: Taken[] = [];
  const known = new Set<string>();
  let drops = 0;
  let changed = 0;
  let failedRemovals = 0;
  let source = await place.connect(known);

  async function takeOne(delivery: Delivery): Promise<void> {
    const body = await readAll(delivery);
    if ((await delivery.verify(never)) === "changed") {
      changed++;
      return;
    }
    const drop = `drop${++drops}`;
    taken.push({ name: delivery.name, hint: delivery.hint, body, drop });
    known.add(delivery.hint);
    try {
      // What is away at the source is known no more: the same hint says another file then, where a peer tells but seconds.
      if ((await delivery.settle(drop, never)) !== "stays") known.delete(delivery.hint);
    } catch {
      failedRemovals++;
    }
  }

  const taker: Taker = {
    taken,
    known,
    get changed() {
      return changed;
    },
    get failedRemovals() {
      return failedRemovals;
    },
    get source() {
      return source;
    },
    async look() {
      const before = taken.length;
      for await (const delivery of source.look(never)) {
        // A file that changes or goes between look and reading is left for a later look.
        await takeOne(delivery).catch((cause: unknown) => {
          if ((cause as { retry?: boolean }).retry !== true) throw cause;
        });
      }
      return taken.length - before;
    },
    async until(count, most = 60_000) {
      await eventually(
        `${count} files are taken`,
        async () => {
          await taker.look();
          return taken.length >= count;
        },
        most,
      );
    },
    async restart() {
      await source.close();
      source = await place.connect(known);
    },
  };
  return taker;
}

export function sha(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

/** A text whose last line proves that it is whole. */
export function wholeText(name: string, lines: number): Buffer {
  const rows = Array.from({ length: lines }, (_each, at) => `${name};${at};${"x".repeat(40)}\n`).join("");
  return Buffer.from(`${rows}END;${name};${lines}\n`);
}

export function isWhole(body: Buffer): boolean {
  return /END;[^\n;]*;\d+\n$/u.test(body.toString("utf8"));
}
