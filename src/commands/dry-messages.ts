// One file through decode, map and validate for `steg try` and `steg test`: messages, errors and what was skipped.

import type { Attachment, Codec } from "../core/contract.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import { asBridgeError } from "../core/errors.ts";
import type { BridgeError } from "../core/errors.ts";
import { dryRun } from "../core/pipeline/dry-run.ts";
import type { DryMessage } from "../core/pipeline/dry-run.ts";
import type { Settings } from "../core/settings.ts";
import { adapterContext } from "./adapter-context.ts";

export interface DryResult {
  readonly messages: readonly DryMessage[];
  /** Set where the drop as a whole cannot be read; what came before it is in `messages`. */
  readonly fatal: BridgeError | undefined;
  readonly detected: Readonly<Record<string, string>>;
  /** What was wrong and cost no record, the first of many. */
  readonly notices: readonly BridgeError[];
  /** How many there were. */
  readonly noticed: number;
  /** Of the codec, where it has one. */
  readonly explain: Codec["explain"];
}

const NOTICES = 100;

export interface DryChoice {
  readonly signal: AbortSignal;
  readonly record?: number | undefined;
  readonly received?: number | undefined;
  /** Files that came beside the drop. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** Called for every message as it comes; `false` ends the run. */
  readonly each?: (message: DryMessage) => boolean;
}

export async function dryMessages(
  bridge: LoadedBridge,
  settings: Settings,
  bytes: Uint8Array,
  name: string,
  choice: DryChoice,
): Promise<DryResult> {
  const messages: DryMessage[] = [];
  const detected: Record<string, string> = {};
  const notices: BridgeError[] = [];
  let noticed = 0;
  let explain: Codec["explain"];
  const run = dryRun(bridge, bytes, name, {
    context: adapterContext(
      bridge,
      settings,
      () => undefined,
      () => false,
    ),
    signal: choice.signal,
    ...(choice.record !== undefined && { record: choice.record }),
    ...(choice.received !== undefined && { received: choice.received }),
    ...(choice.attachments !== undefined && { attachments: choice.attachments }),
    decodedBy: (codec) => {
      explain = codec.explain?.bind(codec);
    },
    detected: (option, value) => void (detected[option] = value),
    notice: (what) => {
      if (++noticed <= NOTICES) notices.push(what);
    },
  });
  try {
    for await (const message of run) {
      messages.push(message);
      if (choice.each?.(message) === false) break;
    }
  } catch (cause) {
    choice.signal.throwIfAborted();
    return { messages, fatal: asBridgeError(cause, "decode"), detected, notices, noticed, explain };
  }
  return { messages, fatal: undefined, detected, notices, noticed, explain };
}
