// One file through decode, map, validate and encode, without state and without delivering: `steg try` and `steg test`.

import { createHash } from "node:crypto";

import type { AdapterContext, Attachment, Codec, Rec, Scope } from "../contract.ts";
import { asBridgeError } from "../errors.ts";
import type { BridgeError, Stage } from "../errors.ts";
import type { ValidationFinding } from "../mapping/types.ts";
import type { LoadedBridge, NamedAttachment, Way } from "../bridge/types.ts";
import { filesFor } from "./attach-match.ts";
import { withinMemory } from "./attach-run.ts";
import { createShelf } from "./attach-shelf.ts";
import { HEAD_BYTES, mediaTypeOf } from "./media-type.ts";
import { checkNames } from "./drop-run.ts";
import { mapUnit, scopeFor, stemOf, type DropFacts, type MapResult, type Message, type OpenWay } from "./map-unit.ts";
import { lotOf, textOf } from "./parcels.ts";
import { rawCodec } from "./raw.ts";
import { openWays } from "./runtime.ts";
import type { Unit } from "./unit.ts";
import { decodeUnits } from "./units.ts";

export interface DryMessage {
  /** Numbers of the first and last record of the message. */
  readonly record: number;
  readonly last: number;
  readonly line: number;
  readonly contentType: string;
  readonly body?: string;
  /** Files that would go with it. */
  readonly enclosures?: readonly NamedAttachment[];
  /** What rules remark without keeping the message back. */
  readonly notices?: readonly ValidationFinding[];
  readonly skipped?: string;
  readonly error?: BridgeError;
  readonly stage?: Stage;
  /** What the formulas saw, for showing them one by one. */
  readonly records: readonly Rec[];
  readonly scope: Scope;
  readonly way?: Way;
}

export interface DryRunOptions {
  readonly context: AdapterContext;
  readonly signal: AbortSignal;
  /** Time of receipt for $now(); the real clock unless a test fixes it. */
  readonly received?: number;
  /** Only the message that holds this record. */
  readonly record?: number;
  /** Files that came beside the drop; those whose bytes formulas read have them. */
  readonly attachments?: readonly Attachment[];
  /** What `encoding: detect` chose. */
  readonly detected?: (option: string, value: string) => void;
  /** What is wrong and costs no record. */
  readonly notice?: (what: BridgeError) => void;
  /** Given the codec, whose `explain` is asked afterwards. */
  readonly decodedBy?: (codec: Codec) => void;
}

export async function* dryRun(
  bridge: LoadedBridge,
  bytes: Uint8Array,
  name: string,
  options: DryRunOptions,
): AsyncGenerator<DryMessage> {
  const closers: (() => Promise<void> | void)[] = [];
  const received = options.received ?? Date.now();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  try {
    const codec = bridge.codec ? await bridge.codec.build(options.context) : rawCodec;
    options.decodedBy?.(codec);
    const ways = await openWays(bridge, closers);
    const facts: DropFacts = {
      file: {
        name,
        stem: stemOf(name),
        size: bytes.length,
        sha256,
        received: new Date(received).toISOString(),
      },
      bridge: bridge.name,
      received,
      dropIdentity: `${bridge.name}\u0000${sha256}\u00000`,
      timezone: bridge.timezone,
      tables: bridge.loadTables().tables,
      payload: {
        id: "",
        name,
        size: bytes.length,
        sha256,
        mediaType: mediaTypeOf(name, bytes.subarray(0, HEAD_BYTES)),
      },
    };
    const context = {
      signal: options.signal,
      pinned: undefined,
      detected: options.detected ?? ((): void => undefined),
      ...(options.notice && { notice: options.notice }),
    };
    if (codec.checkFrame) await codec.checkFrame(inPieces(bytes), context);
    const map = mapperOf(bridge, ways, facts, options.attachments ?? []);
    for await (const batch of decodeUnits(codec, inPieces(bytes), context, bridge.per, (record, index, member) =>
      scopeFor(facts, record, index, [record], undefined, member),
    )) {
      checkNames(bridge, batch.fields);
      for (const unit of batch.units) {
        if (options.record !== undefined && (unit.first > options.record || unit.last < options.record)) continue;
        yield shownMessage(unit, map(unit), facts);
      }
    }
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const tagOf = (facts: DropFacts): Scope["batch"] => ({ date: facts.file.received.slice(0, 10), number: 1 });

/** Maps a unit with the files that belong to it, as the appliance would if all of them came in time. */
function mapperOf(
  bridge: LoadedBridge,
  ways: readonly OpenWay[],
  facts: DropFacts,
  attachments: readonly Attachment[],
): (unit: Unit) => MapResult {
  const tag = tagOf(facts);
  const { attach } = bridge;
  if (!attach) return (unit) => mapUnit(bridge, ways, unit, facts, tag);
  const shelf = createShelf();
  for (const attachment of attachments) shelf.add(attachment);
  return (unit) => {
    const found = filesFor(attach, ways, unit, facts, shelf);
    if (found.kind === "none") return mapUnit(bridge, ways, unit, facts, tag);
    const files = found.kind === "found" ? withinMemory({ bridge, attach }, found.attachments) : found;
    if (files.kind !== "found") return { kind: "dead", unit, error: files.error };
    return mapUnit(bridge, ways, unit, facts, tag, undefined, files.attachments);
  };
}

function shownMessage(unit: Unit, result: MapResult, facts: DropFacts): DryMessage {
  const scope =
    result.kind === "message"
      ? result.message.scope
      : scopeFor(facts, unit.records[0] ?? {}, unit.first, unit.records, tagOf(facts), unit.member);
  const base = { record: unit.first, last: unit.last, line: unit.line, records: unit.records, scope };
  if (result.kind === "skipped") return { ...base, contentType: "", skipped: result.reason };
  if (result.kind === "dead")
    return { ...base, contentType: "", error: result.error, stage: result.error.stage ?? "map" };
  const { message } = result;
  const unwritable = encodeFault(message);
  if (unwritable) return { ...base, contentType: "", error: unwritable, stage: "encode" };
  const { way, body, enclosures, notices } = message;
  return {
    ...base,
    contentType: way.encode.contentType,
    body: way.template.show?.(body) ?? body,
    way,
    ...(enclosures && { enclosures }),
    ...(notices && { notices }),
  };
}

/** The message by itself in the target's encoding: a character that does not exist there would make it a dead letter. */
function encodeFault(message: Message): BridgeError | undefined {
  try {
    message.way.encode.toBytes(textOf(lotOf(message.way, [message])));
    return undefined;
  } catch (cause) {
    return asBridgeError(cause, "encode");
  }
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
