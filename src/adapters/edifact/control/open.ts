// The acknowledger of a bridge, with the options and directories that it decodes with.

import type { Acknowledger, AdapterContext } from "../../../core/contract.ts";
import { aperaks } from "../aperak/answers.ts";
import { type AperakWriter, openAperakWriter } from "../aperak/writer.ts";
import { directoriesOf } from "../open.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { acknowledger } from "./acknowledger.ts";
import { arrivals } from "./arrivals.ts";
import type { Options } from "./options.ts";

/** Throws OPTION_UNUSABLE and EDIFACT_DIRECTORY where a directory cannot be read. */
export function openAcknowledger(
  options: Options,
  context: Pick<AdapterContext, "readBridgeFile" | "catalogDir" | "decoding" | "saying">,
): Acknowledger {
  const decoding = context.decoding as DecodeOptions;
  const directories = directoriesOf(decoding, context);
  const { aperak, control, receipt } = options;
  const { saying } = context;
  const arrival = receipt && control !== false && { arrival: arrivals(control, decoding, directories) };
  if (!aperak || !saying) return { ...acknowledger(options, decoding, directories), ...arrival };
  const writer = openAperakWriter(saying.sketch, context);
  const told = isUsable(writer) ? aperaks(aperak.accepted, saying, writer, decoding.record) : undefined;
  return { ...acknowledger(options, decoding, directories, told), ...arrival, problems: writer.problems };
}

function isUsable(writer: ReturnType<typeof openAperakWriter>): writer is AperakWriter {
  return writer.problems.length === 0 && writer.begin !== undefined;
}
