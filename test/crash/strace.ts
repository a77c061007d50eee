// strace changes what the kernel answers, or kills at a call's door; it counts calls per thread. Where it lacks or may not trace,
// the tests say so, and fail if REQUIRE_PEERS names it.

import { spawnSync } from "node:child_process";
import { describeNeeding } from "../peers/required.ts";

function whyNot(): string | undefined {
  const tried = spawnSync("strace", ["-f", "-e", "trace=fsync", "-o", "/dev/null", "true"]);
  if (tried.error !== undefined) return "strace is not installed";
  return tried.status === 0 ? undefined : "strace may not trace here";
}

const reason = whyNot();

export function describeWithStrace(name: string, tests: () => void): void {
  describeNeeding("strace", reason, name, tests);
}

/** The words before a command: what happens at the `when`-th of these calls of a thread. `log` is told all of them, with paths. */
export function inject(calls: string, what: string, when: string | number, log = "/dev/null"): readonly string[] {
  const filter = ["-e", `trace=${calls}`, "-e", `inject=${calls}:${what}:when=${when}`];
  return ["strace", "-f", "-qq", "-y", "-o", log, ...filter];
}
