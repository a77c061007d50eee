// Targets on servers as the suite's child processes build them; plain modules, because vitest's own do not load there.

import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteTarget } from "../../src/adapters/shared/remote/target.ts";
import type { ServerOptions } from "../../src/adapters/sftp/options.ts";
import { sftpTarget } from "../../src/adapters/sftp/index.ts";
import type { Target } from "../../src/core/contract.ts";
import { localServers } from "../peers/local-file-server.ts";
import { contextIn, patternOf } from "./surroundings.ts";

/** Files `/import/{NAME}` of a server over a folder of this machine. */
export function buildLocalRemoteTarget(root: string): Promise<Target> {
  const pool = createPool(localServers(root), { most: 2, idle: 30_000 });
  const given = { path: patternOf("/import", "raw"), name: patternOf("{NAME}", "raw") };
  return Promise.resolve(createRemoteTarget(given, pool, "probe"));
}

/** All that the suite's child needs to build the same target. */
export interface SftpArgument {
  readonly port: number;
  readonly user: string;
  readonly key: string;
  readonly hostKey: string;
  readonly path: string;
}

/** The defaults as the loader fills them in. */
export function sftpServerOptions({ port, user, key, hostKey }: Omit<SftpArgument, "path">): ServerOptions {
  return {
    host: "127.0.0.1",
    port,
    user,
    privateKey: key,
    passphrase: undefined,
    password: undefined,
    hostKey: [hostKey],
    oldAlgorithms: undefined,
    jump: undefined,
    keepalive: true,
    nameEncoding: "utf-8",
    connectTimeout: 10_000,
    timeout: 30_000,
    totalTimeout: 3_600_000,
  };
}

/** Files `{NAME}` in a folder of an OpenSSH server. */
export function buildSftpTarget(argument: string): Promise<Target> {
  const given = JSON.parse(argument) as SftpArgument;
  const naming = { path: patternOf(given.path, "raw"), name: patternOf("{NAME}", "raw") };
  return sftpTarget.build({ ...sftpServerOptions(given), ...naming, connections: 1 }, contextIn("/"));
}
