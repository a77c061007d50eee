// Chunks of a bridge whose records go cell by cell into one growing file: rows become bytes without a record, scope or message each.
// Every unit that is not so plain is mapped as elsewhere, in its place among the others, so the file has the same bytes.

import type { Scope } from "../contract.ts";
import type { Way } from "../bridge/types.ts";
import { ByteSink, Constant } from "../mapping/template/byte-sink.ts";
import type { RowWriter, Straight } from "../mapping/template/straight.ts";
import { isDone, type Chunk, type Item } from "./chunk-map.ts";
import type { Run } from "./chunk-run.ts";
import type { RunningBridge } from "./drop-run.ts";
import { mapUnit, scopeFor, type OpenWay } from "./map-unit.ts";
import type { TermFiles } from "./term-files.ts";
import type { Unit } from "./unit.ts";

/** The one way that all records of a drop go, and how rows are written on it. */
export interface StraightWay {
  readonly open: OpenWay;
  /** Taken again for each chunk: whoever writes its bytes has copied them by then. */
  readonly out: ByteSink;
  readonly writerFor: (names: readonly string[]) => RowWriter;
  /** What the format writes between two messages. */
  readonly between: Constant;
}

/** Messages of one way as they stand in its file, what the format writes between them included. */
export interface Written {
  readonly way: Way;
  readonly units: readonly Unit[];
  /** Until the next chunk is mapped. */
  readonly bytes: Uint8Array;
  /** Of the first message. */
  readonly scope: Scope;
}

/** The way of all records, where nothing but its template and its target decides what becomes of them. */
export function plainWay(running: RunningBridge, terms: TermFiles | undefined): OpenWay | undefined {
  const { bridge, ways } = running;
  const [open] = ways;
  if (ways.length !== 1 || !open || terms || running.usesBatch || running.executor || running.later) return undefined;
  if (bridge.order.by !== "none" || bridge.onDoubt === "ask" || bridge.attach) return undefined;
  const { way } = open;
  if (way.when || way.call !== undefined || way.skip !== undefined || way.attach || way.split) return undefined;
  return way.lets.length > 0 ? undefined : open;
}

/** undefined = something of the bridge needs more of a record than its cells, or more of a message than its bytes. */
export function straightWay(running: RunningBridge, terms: TermFiles | undefined): StraightWay | undefined {
  const { bridge, couriers } = running;
  const open = plainWay(running, terms);
  if (!open || bridge.per.by !== "record") return undefined;
  const { way, validators } = open;
  if (validators.length > 0 || way.encode.format !== "json") return undefined;
  const target = couriers.get(way)?.target;
  if (!target?.append || (target.destination && target.destination.perDrop !== true)) return undefined;
  const { straight } = way.template;
  if (!straight) return undefined;
  const between = new Constant(way.encode.toBytes(way.encode.between));
  return { open, out: new ByteSink(SINK_BYTES), writerFor: remembering(straight), between };
}

/** A drop has one layout, or a few. */
function remembering(straight: Straight): StraightWay["writerFor"] {
  let known: { readonly names: readonly string[]; readonly write: RowWriter } | undefined;
  return (names) => {
    if (known?.names !== names) known = { names, write: straight.bind(names) };
    return known.write;
  };
}

/** What a chunk needs at first; more is taken where it is not enough. */
const SINK_BYTES = 48 << 10;

export function mapStraight(run: Run, { open, out, writerFor, between }: StraightWay, chunk: Chunk): readonly Item[] {
  const { running, facts } = run;
  const { way } = open;
  const fresh = chunk.open === chunk.units.length;
  const written: Unit[] = [];
  const items: Item[] = [];
  let place = 0;
  out.at = 0;
  for (const unit of chunk.units) {
    if (!fresh && isDone(run, unit, 0)) continue;
    const before = out.at;
    if (written.length > 0) {
      out.reserve(between.length);
      out.put(between);
    }
    const { cells } = unit;
    if (!cells || !writerFor(cells.names)(cells, unit.row as number, out)) {
      const result = mapUnit(running.bridge, running.ways, unit, facts, undefined);
      if (result.kind !== "message") {
        out.at = before;
        items.push({ lane: 0, result });
        continue;
      }
      out.text(result.message.body);
    }
    if (written.length === 0) place = items.length;
    written.push(unit);
  }
  const [first] = written;
  if (!first) return items;
  const scope = scopeFor(facts, first.records[0] ?? {}, first.first, first.records, undefined, first.member);
  return items.toSpliced(place, 0, { lane: 0, written: { way, units: written, bytes: out.taken(), scope } });
}
