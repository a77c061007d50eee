// The second source of a bridge: files that come beside the records (`receive.attach`). They are taken as drops are, each on its own,
// and wait on the desk (attach-desk.ts) for the records that name them.

import type { Source } from "../contract.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { Attach, LoadedBridge } from "../bridge/types.ts";
import type { AttachmentTaken, Journal } from "../journal/types.ts";
import type { Desk } from "./attach-desk.ts";
import { isFatal } from "./fatal.ts";
import type { Register } from "./intake.ts";
import { HEAD_BYTES, mediaTypeOf } from "./media-type.ts";
import { createTaking, lookOnAndOn } from "./worker-taking.ts";
import type { WorkerParts } from "./worker-types.ts";

/** A desk with a source of its own. */
export interface AttachmentSource {
  readonly attach: Attach;
  readonly source: Source;
}

export interface WorkerAttachments {
  readonly source: Source;
  /** One look, and what goes with it; answers how many were taken. */
  readonly look: (signal: AbortSignal) => Promise<number>;
  readonly settleRest: (signal: AbortSignal) => Promise<string | undefined>;
  /** Reports files that no record named in time. */
  readonly sweep: () => Promise<void>;
  readonly loop: (signal: AbortSignal) => Promise<void>;
}

/** Two sources may take from one folder: what the one has claimed there is not the other's. */
export function attachContextName(bridge: Pick<LoadedBridge, "name">): string {
  return `${bridge.name}#attach`;
}

function attachmentRegister(journal: Pick<Journal, "takeAttachment" | "attachmentSettled">): Register<AttachmentTaken> {
  return {
    head: HEAD_BYTES,
    async enter({ inline, head, ...file }) {
      const mediaType = mediaTypeOf(file.name, head);
      return await journal.takeAttachment({ ...file, mediaType, inline: inline !== undefined }, inline);
    },
    settled: (id, stays) => journal.attachmentSettled(id, stays),
  };
}

export function createWorkerAttachments(
  { bridge, deps, state }: WorkerParts,
  { attach, source }: AttachmentSource,
  desk: Desk,
): WorkerAttachments {
  const { journal, log } = deps;
  let left: string | undefined;
  let unread = false;

  function taken(result: AttachmentTaken): void {
    const { attachment, superseded } = result;
    state.moved = Date.now();
    const event = result.taken ? "attachment.taken" : "attachment.duplicate";
    log("info", event, { bridge: bridge.name, attachment: attachment.id, size: attachment.size });
    for (const id of superseded)
      log("warn", "attachment.unassigned", { bridge: bridge.name, attachment: id, replaced: attachment.id });
    desk.entered(result);
  }

  const taking = createTaking({
    bridge,
    deps,
    source,
    register: () => attachmentRegister(journal),
    inOrder: false,
    known: desk.known,
    servers: state.besideServers,
    taken,
    unsettled: () => journal.unsettledAttachments(bridge.name),
    isBusy: () => false,
    left(full, why) {
      if (full !== undefined && left === undefined) log("warn", "intake.full", { bridge: bridge.name, why: full });
      left = full;
      unread = why !== undefined;
      state.attachments = full ?? why;
    },
    lies(why) {
      state.attachments ??= why;
    },
  });

  async function look(signal: AbortSignal): Promise<number> {
    const began = Date.now();
    try {
      const count = await taking.look(signal);
      // What was left because there is no room for it counts as not looked at.
      if (left === undefined) desk.looked(began, source.growing === 0 && !unread);
      return count;
    } finally {
      desk.lookEnded();
    }
  }

  /** The earliest drop whose records have not been looked at yet: a file may be one of theirs. */
  function unseen(): number {
    const received = [
      ...state.looking.values(),
      ...[...state.parked.values()].map(({ drop }) => drop.received),
      ...state.queue.slice(0, 1).map((drop) => drop.received),
    ];
    return received.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  }

  /** After the sunset drops are held; whoever releases one will want its files. */
  async function sweep(): Promise<void> {
    if (!deps.holds(bridge)) await desk.sweep(attach.wait, unseen());
  }

  async function turn(signal: AbortSignal): Promise<BridgeError | undefined> {
    if (!deps.polls(bridge)) {
      desk.lookEnded();
      return undefined;
    }
    let trouble: BridgeError | undefined;
    try {
      await look(signal);
    } catch (cause) {
      if (isFatal(cause) || signal.aborted) throw cause;
      trouble = asBridgeError(cause, "receive");
    }
    await taking.settleRest(signal);
    await sweep();
    return trouble;
  }

  return {
    source,
    look,
    settleRest: taking.settleRest,
    sweep,
    loop: (signal) =>
      lookOnAndOn(
        {
          bridge: bridge.name,
          deps,
          source,
          turn,
          trouble(error) {
            if (error) state.attachments = `the attachments: ${error.code}: ${error.message}`;
          },
        },
        signal,
      ),
  };
}
