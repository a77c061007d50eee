// A client in C, made by gSOAP's wsdl2h and soapcpp2 from the WSDL that a face serves, compiled into a folder of the test.

import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, runClient, type SoapResult } from "./soap-client.ts";

/** Why there is no gSOAP here; undefined = there is. */
export const gsoapMissing: string | undefined = ["wsdl2h", "soapcpp2", "gcc"].every((name) =>
  existsSync(`/usr/bin/${name}`),
)
  ? undefined
  : "gsoap, libgsoap-dev and gcc are not installed";

export interface GsoapClient {
  call(endpoint: string, operation: string, words: readonly string[], version?: "1.1" | "1.2"): Promise<SoapResult>;
}

/** What is made of the contract of that name in contracts/. */
const PROGRAMS = { einwohner: "gsoap-client.c", akten: "gsoap-mtom-client.c" } as const;

/**
 * @param wsdl - address or path of the contract
 * @param folder - empty; belongs to the test
 */
export async function compileGsoapClient(
  contract: keyof typeof PROGRAMS,
  wsdl: string,
  folder: string,
): Promise<GsoapClient> {
  const cwd = folder;
  await run("/usr/bin/wsdl2h", ["-c", "-o", "m.h", wsdl], { cwd });
  await run("/usr/bin/soapcpp2", ["-c", "-C", "-L", "-x", "m.h"], { cwd });
  await cp(fileURLToPath(new URL(PROGRAMS[contract], import.meta.url)), join(folder, "main.c"));
  await run("/usr/bin/gcc", ["-O0", "-o", "client", "main.c", "soapC.c", "soapClient.c", "-lgsoap"], { cwd });
  return {
    call: async (endpoint, operation, words, version = "1.1") =>
      await runClient(join(folder, "client"), [version, endpoint, operation, ...words], ""),
  };
}
