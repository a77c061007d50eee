// receive.sftp, deliver.sftp and answer.sftp. ssh2 is loaded when a bridge is built that needs it, not when Steg starts.

import { adapter, type AdapterContext } from "../../core/contract.ts";
import { object, required, type Infer } from "../../core/options/shape.ts";
import {
  checkReceiptsServer,
  checkRemoteSource,
  checkRemoteTarget,
  connectionsOption,
  IDLE,
  maybeOfTheSource,
  remoteReceiptsOptions,
  remoteSourceOptions,
  remoteTargetOptions,
} from "../shared/remote/options.ts";
import type { Pool } from "../shared/remote/pool.ts";
import { checkServer, serverOptions, type ServerOptions } from "./options.ts";

/** One connection does several calls side by side. */
const connections = connectionsOption(1);

const sourceOptions = object({ ...serverOptions, ...remoteSourceOptions, connections }, "Files on an SFTP server");
export type SftpSourceOptions = NonNullable<Infer<typeof sourceOptions>>;

const targetOptions = object({ ...serverOptions, ...remoteTargetOptions, connections }, "A folder on an SFTP server");
export type SftpTargetOptions = NonNullable<Infer<typeof targetOptions>>;

const receiptsOptions = object(
  { ...maybeOfTheSource(serverOptions), ...remoteReceiptsOptions },
  "A folder on an SFTP server",
);
export type SftpReceiptsOptions = NonNullable<Infer<typeof receiptsOptions>>;

async function poolOf(given: ServerOptions, most: number): Promise<Pool> {
  const { sftpServers } = await import("./servers.ts");
  const { createPool } = await import("../shared/remote/pool.ts");
  return createPool(sftpServers(given), { most, idle: IDLE });
}

export const sftpSource = adapter({
  name: "sftp",
  role: "source",
  summary: "Takes files from a folder on an SFTP server.",
  options: required(sourceOptions),
  check(known, refuse) {
    checkServer(known, refuse);
    checkRemoteSource(known, refuse);
  },
  build: async (given: SftpSourceOptions, context: AdapterContext) =>
    (await import("../shared/remote/source.ts")).createRemoteSource(
      given,
      await poolOf(given, given.connections),
      context,
    ),
});

export const sftpTarget = adapter({
  name: "sftp",
  role: "target",
  grows: true,
  summary:
    "Writes messages as files on an SFTP server, each whole and under its final name at once; never over another.",
  options: required(targetOptions),
  check(known, refuse) {
    checkServer(known, refuse);
    checkRemoteTarget(known, refuse);
  },
  build: async (given: SftpTargetOptions) =>
    (await import("../shared/remote/target.ts")).createRemoteTarget(
      given,
      await poolOf(given, given.connections),
      "sftp",
    ),
});

export const sftpReceipts = adapter({
  name: "sftp",
  role: "receipts",
  summary: "Writes the receipt of a drop as a file on an SFTP server.",
  options: required(receiptsOptions),
  check(known, refuse) {
    checkReceiptsServer(known, serverOptions, refuse);
    if (Object.hasOwn(known, "host")) checkServer(known, refuse);
  },
  build: async (given: SftpReceiptsOptions) =>
    (await import("../shared/remote/receipts.ts")).createRemoteReceipts(
      given.path,
      await poolOf(given, 1),
      given.nameEncoding,
    ),
});
