// The codec of a bridge, with the directories that it brings along.

import type { AdapterContext, Codec } from "../../core/contract.ts";
import { edifactCodec } from "./codec.ts";
import { readDirectories } from "./directory/files.ts";
import { openDirectories } from "./directory/open.ts";
import type { Directories } from "./directory/types.ts";
import { groupIn } from "./fields.ts";
import { type Options, unusable, type Wanted, wantedOf } from "./options.ts";

/** Throws OPTION_UNUSABLE where a message that is named is known to no directory, or has no such group. */
export function openCodec(options: Options, context: Pick<AdapterContext, "readBridgeFile" | "catalogDir">): Codec {
  const directories = directoriesOf(options, context);
  for (const written of options.messages ?? []) checkMessage(written, wantedOf(written), options, directories);
  return edifactCodec(options, directories);
}

/** Those that are shipped, and those that the bridge names. */
export function directoriesOf(
  { directory = [] }: Pick<Options, "directory">,
  context: Pick<AdapterContext, "readBridgeFile" | "catalogDir">,
): Directories {
  return openDirectories(readDirectories(directory, context));
}

function checkMessage(written: string, wanted: Wanted, { strict, record }: Options, directories: Directories): void {
  const { type, version, release, agency = "UN", association = "" } = wanted;
  if (version === undefined || release === undefined) return;
  const def = directories.message({ type, version, release, agency, association });
  if (!def && strict) {
    throw unusable(
      `no directory knows ${written}`,
      "Import one with steg directory import and name it in decode.edifact.directory; with strict: false its segments are given by position.",
    );
  }
  if (def && record.startsWith("SG") && !groupIn(def.children, record)) {
    throw unusable(`${written} has no group ${record}`);
  }
}
