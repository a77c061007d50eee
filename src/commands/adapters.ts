// The adapters that main knows, as commands see them.

import type { AnyAdapter } from "../core/bridge/sections.ts";

export interface Adapters {
  readonly adapters: readonly AnyAdapter[];
  /** Text → bytes by the name of an encoding; undefined where the name is not known. */
  encoderNamed(encoding: string): ((text: string) => Uint8Array) | undefined;
}
