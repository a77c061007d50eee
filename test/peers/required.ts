// Peers and data that tests need: where one lacks, its tests are skipped and say why; REQUIRE_PEERS (continuous integration) names
// those that may not lack.

import { describe, it } from "vitest";

export function isRequired(peer: string): boolean {
  return (process.env["REQUIRE_PEERS"] ?? "").split(/[\s,]+/u).includes(peer);
}

/** Like describe, but skipped (or failed, where `peer` is required) for this reason; undefined = nothing lacks. */
export function describeNeeding(peer: string, reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) {
    describe(name, body);
  } else if (isRequired(peer)) {
    describe(name, () => {
      it(`needs ${peer}`, () => {
        throw new Error(`REQUIRE_PEERS names ${peer}, but ${reason}`);
      });
    });
  } else {
    // The body is not even looked at: it may read what is not there while it lists its tests.
    describe(name, () => it.skip(reason));
  }
}
