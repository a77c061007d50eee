// A face with its bridge at work behind it, as the HTTP server finds it.

import type { AdapterContext, Face } from "../contract.ts";
import type { FaceSection, LoadedBridge } from "../bridge/types.ts";
import { createCallDesk, type Callable, type CallDesk } from "./desk.ts";

export interface OpenFace {
  readonly bridge: LoadedBridge;
  readonly section: FaceSection;
  readonly face: Face;
  readonly desk: CallDesk;
  /** Why no call is taken at the moment; undefined = they are. */
  readonly closed: () => "paused" | "stopping" | undefined;
  /** Aborted when nothing more may go on. */
  readonly lifetime: AbortSignal;
}

export async function openFace(
  running: Callable,
  section: FaceSection,
  context: AdapterContext,
  closed: OpenFace["closed"],
  lifetime: AbortSignal,
): Promise<OpenFace> {
  const face = await section.face.build(context);
  const { bridge } = running;
  return { bridge, section, face, desk: createCallDesk(running, section), closed, lifetime };
}

const LOOK_EVERY = 20;

/** Resolves when no call is under way any more, or when nothing may go on. */
export async function drained({ desk, lifetime }: OpenFace): Promise<void> {
  while (desk.inFlight > 0 && !lifetime.aborted) {
    await new Promise<void>((resolve) => void setTimeout(resolve, LOOK_EVERY));
  }
}
