// What the roles of sftp build on: connections as the options say. Loaded only where a bridge uses it, because ssh2 is.

import type { FileServers } from "../shared/remote/server.ts";
import { connect, type Way } from "./connect.ts";
import { createFileServer } from "./file-server.ts";
import { loginOf } from "./login.ts";
import type { ServerOptions } from "./options.ts";

/** Refuses with OPTION_UNUSABLE what cannot be logged in with; looks at no server. */
export function sftpServers(options: ServerOptions): FileServers {
  const { jump, connectTimeout, timeout, totalTimeout, keepalive } = options;
  const login = loginOf(options);
  const way: Way = { login, jump: jump && loginOf(jump), connectTimeout, timeout, keepalive };
  return {
    address: login.address,
    connect: async (signal) => createFileServer(await connect(way, signal), login.address, totalTimeout),
  };
}
