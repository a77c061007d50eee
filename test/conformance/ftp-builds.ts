// Targets on FTP servers as the suite's child processes build them; plain modules, because vitest's own do not load there.

import { ftpServers } from "../../src/adapters/ftp/server.ts";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteTarget } from "../../src/adapters/shared/remote/target.ts";
import type { Target } from "../../src/core/contract.ts";
import { accessTo } from "../adapters/ftp-access.ts";
import { patternOf } from "./surroundings.ts";

export interface FtpTargetSpec {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly path: string;
  /** PEM. */
  readonly ca: string;
}

/** Files `{NAME}` in a folder of a server on this machine; the argument is an FtpTargetSpec as JSON. */
export function buildFtpTarget(argument: string): Promise<Target> {
  const { port, user, password, path, ca } = JSON.parse(argument) as FtpTargetSpec;
  const access = accessTo({ port, user, password }, { tls: "explicit", ca: Buffer.from(ca) });
  const pool = createPool(ftpServers(access), { most: 4, idle: 30_000 });
  const given = { path: patternOf(path, "raw"), name: patternOf("{NAME}", "raw") };
  return Promise.resolve(createRemoteTarget(given, pool, "ftp"));
}
