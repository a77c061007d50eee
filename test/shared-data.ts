// Real schemas, messages and corpora lie beside the checkout where there are any. Tests use them when they are there;
// REQUIRE_PEERS=shared-data (continuous integration) turns a missing folder into a failure.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeNeeding } from "./peers/required.ts";

const root = fileURLToPath(new URL("../../shared/data/", import.meta.url));

/** Absolute path of a file or folder of the shared data. */
export function sharedData(path: string): string {
  return root + path;
}

export const hasSharedData = existsSync(root);

/** Like describe, but skipped (or failed, where it is required) when the shared data is not there. */
export function describeWithData(name: string, body: () => void): void {
  describeNeeding("shared-data", hasSharedData ? undefined : `there is no ${root}`, name, body);
}
