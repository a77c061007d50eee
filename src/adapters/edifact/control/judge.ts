// A judgement of each interchange of a drop, which is read again for it.

import type { EndedDrop } from "../../../core/contract.ts";
import type { Directories } from "../directory/types.ts";
import type { Interchange } from "../envelope.ts";
import type { EdifactFinding } from "../finding.ts";
import { messageMaker } from "../messages.ts";
import { type Options, wantedOf } from "../options.ts";
import type { Sink } from "../sink.ts";
import { beginning, judged } from "../records.ts";
import { type Decoding, Judgement, type Room } from "./judgement.ts";
import { type Listener, readAgain } from "./read-again.ts";
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
  const isWhole = options.record === "interchange";
  const isRead = await readAgain(drop, options, signal, (charset) =>
    collectorOf(options, { charset, directories, isWhole }, room, collected),
  );
  return { ...collected, isBroken: collected.isBroken || !isRead };
}

interface Collected {
  readonly interchanges: Judgement[];
  isBroken: boolean;
  isCut: boolean;
}

function collectorOf(options: Options, decoding: Decoding, room: Room, collected: Collected): Listener {
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
