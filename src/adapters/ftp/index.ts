// receive.ftp, deliver.ftp and answer.ftp. basic-ftp is loaded with the first connection, not when Steg starts.

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
import { accessOf, checkServer, serverOptions, type ServerOptions } from "./options.ts";

/** A connection does one thing at a time. */
const connections = connectionsOption(4);

const sourceOptions = object({ ...serverOptions, ...remoteSourceOptions, connections }, "Files on an FTP server");
export type FtpSourceOptions = NonNullable<Infer<typeof sourceOptions>>;

const targetOptions = object({ ...serverOptions, ...remoteTargetOptions, connections }, "A folder on an FTP server");
export type FtpTargetOptions = NonNullable<Infer<typeof targetOptions>>;

const receiptsOptions = object(
  { ...maybeOfTheSource(serverOptions), ...remoteReceiptsOptions },
  "A folder on an FTP server",
);
export type FtpReceiptsOptions = NonNullable<Infer<typeof receiptsOptions>>;

async function poolOf(given: ServerOptions, most: number, context: AdapterContext): Promise<Pool> {
  const { ftpServers } = await import("./server.ts");
  const { createPool } = await import("../shared/remote/pool.ts");
  return createPool(ftpServers(accessOf(given, context)), { most, idle: IDLE });
}

export const ftpSource = adapter({
  name: "ftp",
  role: "source",
  summary: "Takes files from a folder on an FTP server, over TLS.",
  options: required(sourceOptions),
  check(known, refuse) {
    checkServer(known, refuse);
    checkRemoteSource(known, refuse);
  },
  build: async (given: FtpSourceOptions, context: AdapterContext) =>
    (await import("../shared/remote/source.ts")).createRemoteSource(
      given,
      await poolOf(given, given.connections, context),
      context,
    ),
});

export const ftpTarget = adapter({
  name: "ftp",
  role: "target",
  grows: true,
  summary: "Writes messages as files on an FTP server, over TLS, each whole when it gets its final name.",
  options: required(targetOptions),
  check(known, refuse) {
    checkServer(known, refuse);
    checkRemoteTarget(known, refuse);
  },
  build: async (given: FtpTargetOptions, context: AdapterContext) =>
    (await import("../shared/remote/target.ts")).createRemoteTarget(
      given,
      await poolOf(given, given.connections, context),
      "ftp",
    ),
});

export const ftpReceipts = adapter({
  name: "ftp",
  role: "receipts",
  summary: "Writes the receipt of a drop as a file on an FTP server, over TLS.",
  options: required(receiptsOptions),
  check(known, refuse) {
    checkReceiptsServer(known, serverOptions, refuse);
    checkServer(known, refuse);
  },
  build: async (given: FtpReceiptsOptions, context: AdapterContext) =>
    (await import("../shared/remote/receipts.ts")).createRemoteReceipts(
      given.path,
      await poolOf(given, 1, context),
      given.nameEncoding,
    ),
});
