// promtool, Prometheus' own checker of rules and metrics, from the system or unpacked by test/peers/install.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const UNPACKED = fileURLToPath(new URL("../../node_modules/.cache/peers/prometheus/usr/bin/promtool", import.meta.url));
const PROGRAM = [UNPACKED, "/usr/bin/promtool"].find((path) => existsSync(path));

/** Why it cannot be run here; undefined = it can. */
export const promtoolMissing = PROGRAM === undefined ? "promtool is not there" : undefined;

/** Exit code 0 = it has no objection; what it says stands in `text`. */
export function promtool(args: readonly string[], input = ""): { readonly code: number | null; readonly text: string } {
  if (PROGRAM === undefined) throw new Error(promtoolMissing);
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { input, encoding: "utf8", timeout: 30_000 });
  return { code: status, text: stdout + stderr };
}
