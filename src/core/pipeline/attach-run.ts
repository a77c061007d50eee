// Joining, for the records of one run or one replay: what the journal has for a message is used, what it has not is found and written
// before the message is made, so that after a crash the same body goes under the same key.

import type { Attachment } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Attach, LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Join, Journal, Spool } from "../journal/types.ts";
import type { Desk, Lacking, Rest } from "./attach-desk.ts";
import { attachmentOf } from "./attach-desk.ts";
import { filesFor, type Files } from "./attach-match.ts";
import { byAttachmentName } from "./attach-shelf.ts";
import type { DropFacts, OpenWay } from "./map-unit.ts";
import type { Unit } from "./unit.ts";

/** Of one message, where its formulas read them. */
const MOST_CONTENT = 16 << 20;
/** Of a drop, so many that wait are kept in mind by what they lack. */
const MOST_LACKING = 2_000;
/** It goes no further where so many wait, or so many finished ranges lie between them: every commit writes those. */
const MOST_WAITING = 100_000;
const MOST_GAPS = 2_000;

export interface AttachDeps {
  readonly bridge: LoadedBridge;
  readonly attach: Attach;
  readonly ways: readonly OpenWay[];
  readonly facts: DropFacts;
  /** Joins are kept with the drop whose payload is decoded, and erased with it. */
  readonly drop: DropRow;
  /** A second coming: what the earlier drop had, as long as it is there. */
  readonly earlier?: DropRow | undefined;
  readonly journal: Pick<Journal, "join" | "joined">;
  readonly spool: Pick<Spool, "read">;
  readonly desk: Desk;
  /** Tried out only: nothing is written. */
  readonly dry?: boolean;
}

/** For each unit that makes a message what it has; what it has not yet, or never will. */
export type Joined =
  | { readonly kind: "found"; readonly attachments: readonly Attachment[] }
  | { readonly kind: "waits"; readonly lacking: Lacking; readonly error: BridgeError }
  | { readonly kind: "dead"; readonly error: BridgeError };

/** By first record. A unit that is not in it needs no files. */
export type JoinedUnits = ReadonlyMap<number, Joined>;

/** `anew`: nothing of these messages can have been sent under the key that is used now, so what was written is not looked at. */
export async function joinUnits(deps: AttachDeps, units: readonly Unit[], anew = false): Promise<JoinedUnits> {
  const { drop, earlier, desk, journal } = deps;
  const joined = new Map<number, Joined>();
  const [first, last] = [units[0]?.first ?? 0, units.at(-1)?.first ?? 0];
  for (const one of anew ? [] : earlier ? [earlier, drop] : [drop]) {
    for (const { first: begins, attachments } of await journal.joined(one.id, first, last)) {
      const files = attachments.map((row) => desk.shelf.get(row.id) ?? attachmentOf(row)).sort(byAttachmentName);
      joined.set(begins, withinMemory(deps, files));
    }
  }
  const open = units.filter((unit) => !joined.has(unit.first));
  for (;;) {
    const found = open.map((unit) => [unit, findFor(deps, unit)] as const);
    const joins = found.flatMap(([unit, files]): Join[] =>
      files.kind === "found" ? [{ first: unit.first, attachments: files.attachments.map(({ id }) => id) }] : [],
    );
    const gone = joins.length > 0 && deps.dry !== true ? await journal.join(drop.id, joins) : [];
    if (gone.length > 0) {
      desk.forget(gone);
      continue;
    }
    if (deps.dry !== true) desk.joined(joins.flatMap(({ attachments }) => attachments));
    for (const [unit, files] of found) {
      const end = endOf(deps, files);
      if (end) joined.set(unit.first, end);
    }
    return joined;
  }
}

function findFor({ attach, ways, facts, desk }: AttachDeps, unit: Unit): Files {
  return filesFor(attach, ways, unit, facts, desk.shelf);
}

function endOf(deps: AttachDeps, files: Files): Joined | undefined {
  if (files.kind === "none") return undefined;
  if (files.kind === "found") return withinMemory(deps, files.attachments);
  if (files.kind === "dead") return files;
  return { kind: "waits", lacking: { wanted: files.wanted, least: deps.attach.least }, error: files.error };
}

/** What has to be in memory is bounded. */
export function withinMemory(
  { bridge, attach }: Pick<AttachDeps, "bridge" | "attach">,
  attachments: readonly Attachment[],
): Exclude<Joined, { kind: "waits" }> {
  const size = attachments.reduce((sum, file) => sum + file.size, 0);
  if (bridge.attachContent !== true || size <= MOST_CONTENT) return { kind: "found", attachments };
  const message = `the files of one message have ${size} bytes; where formulas read them, at most ${MOST_CONTENT} are allowed`;
  const facts = { size, most: MOST_CONTENT };
  return {
    kind: "dead",
    error: new BridgeError("ATTACHMENT_TOO_LARGE", message, { stage: "map", position: attach.at, facts }),
  };
}

/** The same files with their bytes, where a formula of the bridge reads them. */
export async function withContent(
  { bridge, spool }: Pick<AttachDeps, "bridge" | "spool">,
  attachments: readonly Attachment[],
  signal: AbortSignal,
): Promise<readonly Attachment[]> {
  if (bridge.attachContent !== true || attachments.length === 0) return attachments;
  return await Promise.all(
    attachments.map(async (file) => ({ ...file, content: await bytesOf(spool, file.id, signal) })),
  );
}

async function bytesOf(spool: Pick<Spool, "read">, id: string, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of spool.read(id, signal)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** What a run knows of the records that wait. */
export interface Awaited {
  readonly deps: AttachDeps;
  /** Milliseconds: the end of their time. */
  readonly until: number;
  /** Lanes in which a record waits: everything behind it waits, too. */
  readonly lanes: Set<number>;
  /** Bytes that were read into memory since nothing was on its way. */
  held: number;
  /** It goes no further: too much would have to be remembered. */
  readonly full: boolean;
  add(unit: Unit, lacking: Lacking | undefined): void;
  /** What ends the run when the others are served; undefined = none waits. */
  readonly reason: BridgeError | undefined;
  rest(drop: DropRow): Rest;
}

export function createAwaited(deps: AttachDeps, gaps: () => number): Awaited {
  const { drop, attach } = deps;
  const until = drop.received + attach.wait;
  const lacking: Lacking[] = [];
  let records = 0;
  let more = false;
  return {
    deps,
    until,
    lanes: new Set(),
    held: 0,
    get full() {
      return records > 0 && (gaps() >= MOST_GAPS || records >= MOST_WAITING);
    },
    add(unit, lacks) {
      records += unit.last - unit.first + 1;
      if (!lacks) return;
      if (lacking.length < MOST_LACKING) lacking.push(lacks);
      else more = true;
    },
    get reason() {
      if (records === 0) return undefined;
      const what = records === 1 ? "1 record waits for its" : `${records} records wait for their`;
      const message = `${what} files (receive.attach), until ${new Date(until).toISOString()} at the latest`;
      return new BridgeError("ATTACHMENTS_AWAITED", message, { stage: "map" });
    },
    rest: (row) => ({ drop: row, until, records, lacking, more }),
  };
}

/** Its records wait for files; other drops go on. */
export function awaitsFiles(cause: unknown): cause is BridgeError {
  return cause instanceof BridgeError && cause.code === "ATTACHMENTS_AWAITED";
}
