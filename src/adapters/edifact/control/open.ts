// The acknowledger of a bridge, with the options and directories that it decodes with.

import type { Acknowledger, AdapterContext } from "../../../core/contract.ts";
import { directoriesOf } from "../open.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { acknowledger } from "./acknowledger.ts";
import type { Options } from "./options.ts";

export function openAcknowledger(
  options: Options,
  context: Pick<AdapterContext, "readBridgeFile" | "decoding">,
): Acknowledger {
  const decoding = context.decoding as DecodeOptions;
  return acknowledger(options, decoding, directoriesOf(decoding, context));
}
