// A chunk of a bridge with files beside the records: each message gets its files before it is mapped, what has not all of them yet stands
// aside, and what formulas read of them is in memory for a few messages at a time.

import type { Attachment } from "../contract.ts";
import { onAbort } from "../on-abort.ts";
import { joinUnits, withContent, type Awaited, type Joined } from "./attach-run.ts";
import { isDone, type Chunk, type UnitFiles } from "./chunk-map.ts";
import type { Run } from "./chunk-run.ts";
import type { Unit } from "./unit.ts";

/** Bytes of files that are in memory for messages that are on their way. */
const MOST_HELD = 64 << 20;

interface Ready {
  readonly unit: Unit;
  readonly lane: number;
  readonly files: Exclude<Joined, { kind: "waits" }> | undefined;
}

/** Gives the chunk on in pieces, as much of it as has its files. */
export async function inPieces(
  run: Run,
  awaited: Awaited,
  chunk: Chunk,
  work: (piece: Chunk) => Promise<void>,
): Promise<void> {
  await until(awaited.deps.desk.firstLook, run.signal);
  const ready = await readyUnits(run, awaited, chunk);
  for (const piece of cut(awaited, ready)) {
    run.signal.throwIfAborted();
    const size = sizeOf(awaited, piece);
    if (awaited.held > 0 && awaited.held + size > MOST_HELD) {
      await Promise.all(run.inFlight);
      run.signal.throwIfAborted();
      awaited.held = 0;
    }
    awaited.held += size;
    await work(await pieceOf(run, awaited, chunk, piece));
  }
}

async function until(event: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<void>();
  const stopHearing = onAbort(signal, aborted.resolve);
  await Promise.race([event, aborted.promise]);
  stopHearing();
  signal.throwIfAborted();
}

/** Units whose files are all there, or that need none; the others stand aside, and in a lane whatever is behind them. */
async function readyUnits(run: Run, awaited: Awaited, { units, lanes }: Chunk): Promise<readonly Ready[]> {
  const { desk } = awaited.deps;
  const open = units
    .map((unit, at) => ({ unit, lane: lanes?.[at] ?? 0 }))
    .filter(({ unit, lane }) => !isDone(run, unit, lane));
  const looked = open.filter(({ lane }) => !run.lanes || !awaited.lanes.has(lane)).map(({ unit }) => unit);
  // Asked first: what a look brings that ends meanwhile is not missing.
  const isOver = desk.isOver(awaited.until);
  const joined = looked.length === 0 ? undefined : await joinUnits(awaited.deps, looked);
  const ready: Ready[] = [];
  for (const { unit, lane } of open) {
    const files = joined?.get(unit.first);
    if (run.lanes && awaited.lanes.has(lane)) {
      awaited.add(unit, undefined);
    } else if (files?.kind !== "waits") {
      ready.push({ unit, lane, files });
    } else if (isOver) {
      ready.push({ unit, lane, files: { kind: "dead", error: files.error } });
    } else {
      awaited.add(unit, files.lacking);
      if (run.lanes) awaited.lanes.add(lane);
    }
  }
  return ready;
}

const bytesOf = (files: readonly Attachment[]): number => files.reduce((sum, { size }) => sum + size, 0);

function sizeOf({ deps }: Awaited, piece: readonly Ready[]): number {
  if (deps.bridge.attachContent !== true) return 0;
  return piece.reduce((sum, { files }) => sum + (files?.kind === "found" ? bytesOf(files.attachments) : 0), 0);
}

/** As few messages together as memory wants; all of them where nothing is read. */
function* cut(awaited: Awaited, ready: readonly Ready[]): Generator<readonly Ready[]> {
  let piece: Ready[] = [];
  let size = 0;
  for (const one of ready) {
    const more = sizeOf(awaited, [one]);
    if (piece.length > 0 && size + more > MOST_HELD / 4) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(one);
    size += more;
  }
  if (piece.length > 0) yield piece;
}

async function pieceOf(run: Run, { deps }: Awaited, chunk: Chunk, piece: readonly Ready[]): Promise<Chunk> {
  const files = new Map<number, UnitFiles>();
  for (const { unit, files: own } of piece) {
    if (!own) continue;
    if (own.kind === "dead") files.set(unit.first, own);
    else
      files.set(unit.first, {
        kind: "found",
        attachments: await withContent(deps, own.attachments, run.signal),
      });
  }
  return {
    first: chunk.first,
    units: piece.map(({ unit }) => unit),
    lanes: chunk.lanes && piece.map(({ lane }) => lane),
    open: piece.length,
    files,
  };
}
