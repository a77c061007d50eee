// The files of a drop once more, by the same reader and the same options as at decoding: a judgement of each interchange.

import type { DecodeContext, EndedDrop } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { lookAhead } from "../ahead.ts";
import type { Directories } from "../directory/types.ts";
import type { Interchange } from "../envelope.ts";
import type { EdifactFinding } from "../finding.ts";
import { messageMaker } from "../messages.ts";
import { type Options, wantedOf } from "../options.ts";
import { Reader } from "../reader.ts";
import type { Sink } from "../sink.ts";
import { beginning, judged } from "../records.ts";
import { windows } from "../windows.ts";
import { type Decoding, Judgement, type Room } from "./judgement.ts";
import { type Fault, faultOf, WITH_OTHERS } from "./refusal.ts";

export interface Judged {
  /** In the order of the drop. */
  readonly interchanges: readonly Judgement[];
  /** Something breaks the drop, so that nothing of it was taken. */
  readonly isBroken: boolean;
  /** There are more interchanges than are answered. */
  readonly isCut: boolean;
}

/** Interchanges of a drop. */
export const MOST_INTERCHANGES = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;

export async function judge(
  drop: Pick<EndedDrop, "files" | "pinned">,
  options: Options,
  directories: Directories,
  signal: AbortSignal,
): Promise<Judged> {
  const collected: Collected = { interchanges: [], isBroken: false, isCut: false };
  const room: Room = { left: MOST_BYTES };
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  await unlessBroken(collected, async () => {
    for await (const { bytes } of drop.files(signal)) {
      const contents = readOn(bytes);
      await unlessBroken(collected, () => judgeFile(contents, context, options, directories, room, collected));
      // What is behind a broken place belongs to this file, not to the next one.
      for await (const _ of contents) signal.throwIfAborted();
    }
  });
  return collected;
}

interface Collected {
  readonly interchanges: Judgement[];
  isBroken: boolean;
  isCut: boolean;
}

/** What cannot be read is the end of a file or of the drop, as it was at decoding. */
async function unlessBroken(collected: Collected, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode" || cause.code === "SPOOL_DAMAGED") throw cause;
    collected.isBroken = true;
  }
}

async function judgeFile(
  contents: AsyncIterable<Uint8Array>,
  context: DecodeContext,
  options: Options,
  directories: Directories,
  room: Room,
  collected: Collected,
): Promise<void> {
  const { record, strict, most } = options;
  const { found, bytes } = await lookAhead(options, contents, context);
  const { charset } = found;
  const decoding = { charset, directories, isWhole: record === "interchange" };
  const collector = collectorOf(options, decoding, room, collected);
  const reader = new Reader({ strict, most, ...found }, context, collector.sink);
  try {
    for await (const window of windows(bytes, context.signal)) reader.read(window);
  } catch (cause) {
    if (cause instanceof BridgeError) collector.breakOff(cause);
    throw cause;
  }
}

interface Collector {
  readonly sink: Sink;
  /** The file cannot be read on; the interchange that is open hears why. */
  breakOff(cause: BridgeError): void;
}

function collectorOf(options: Options, decoding: Decoding, room: Room, collected: Collected): Collector {
  const { record, strict, most } = options;
  const maker = messageMaker(decoding.directories, record.startsWith("SG") ? record : undefined);
  const plan = { record, strict, messages: options.messages?.map(wantedOf) };
  let open: Judgement | undefined;
  /** What was wrong in front of the interchange that comes next. */
  let early: Fault | undefined;

  const judgementOf = (interchange: Interchange): Judgement => {
    if (open) return open;
    open = new Judgement(interchange, decoding, room);
    open.fault = early;
    early = undefined;
    if (collected.interchanges.length < MOST_INTERCHANGES) collected.interchanges.push(open);
    else collected.isCut = true;
    return open;
  };
  const frame = (finding: EdifactFinding, interchange: Interchange | undefined): void => {
    // Where the partner is read leniently this was a notice, and nothing was refused for it.
    if (!strict) return;
    collected.isBroken = true;
    const fault = faultOf(finding);
    if (!interchange) early ??= fault;
    else if (finding.level === "UCF" && interchange.group) judgementOf(interchange).blame(interchange.group, fault);
    else judgementOf(interchange).fault ??= fault;
  };
  const sink: Sink = {
    full: false,
    begin(message, interchange) {
      // Also where it is never read to its end.
      if (message.name.type === "CONTRL") judgementOf(interchange).holdsControl = true;
      return beginning(plan, maker, message, interchange);
    },
    begins: (interchange) => void judgementOf(interchange),
    frame,
    message(message, interchange, end) {
      const judgement = judgementOf(interchange);
      const made = judged(plan, message, () => undefined);
      judgement.add(message, "refused" in made ? made.refused : undefined);
      if (decoding.isWhole && end - interchange.header.offset > most) judgement.fault ??= WITH_OTHERS;
    },
    interchange(interchange) {
      judgementOf(interchange);
      open = undefined;
    },
  };
  return {
    sink,
    breakOff({ facts = {} }) {
      const { error0085 = WITH_OTHERS.error0085, segment = "", element = 0, component = 0 } = facts;
      if (!open) return;
      open.fault ??= {
        error0085: String(error0085),
        tag: String(segment),
        element: Number(element),
        component: Number(component),
      };
      open = undefined;
    },
  };
}

/** Can be read on after its reader has stopped. */
function readOn(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}
