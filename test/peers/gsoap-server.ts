// A gSOAP service as a service to call: made by wsdl2h and soapcpp2 from contracts/akten.wsdl, compiled into a folder of the test.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { contracts, freePort, listening } from "./php-soap-server.ts";

/** Why there is no gSOAP here; undefined = there is. */
export const gsoapServerMissing: string | undefined = ["wsdl2h", "soapcpp2", "gcc"].every((name) =>
  existsSync(`/usr/bin/${name}`),
)
  ? undefined
  : "gsoap, libgsoap-dev and gcc are not installed";

export interface GsoapServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** @param folder - empty; belongs to the test */
export async function startGsoapServer(folder: string): Promise<GsoapServer> {
  const run = promisify(execFile);
  const options = { cwd: folder };
  await run("/usr/bin/wsdl2h", ["-c", "-o", "m.h", join(contracts, "akten.wsdl")], options);
  await run("/usr/bin/soapcpp2", ["-c", "-S", "-L", "-x", "m.h"], options);
  await cp(join(import.meta.dirname, "gsoap-server.c"), join(folder, "main.c"));
  await run("/usr/bin/gcc", ["-O0", "-o", "server", "main.c", "soapC.c", "soapServer.c", "-lgsoap"], options);
  const port = await freePort();
  const child = spawn(join(folder, "server"), [String(port)], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await listening(port);
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      child.kill();
      await ended;
    },
  };
}
