// Targets as the suite's child processes build them; plain modules, because vitest's own do not load there.

import { folderTarget } from "../../src/adapters/folder/target.ts";
import { httpTarget, type HttpOptions } from "../../src/adapters/http/target.ts";
import type { Target } from "../../src/core/contract.ts";
import { contextIn, patternOf, type TestContext } from "./surroundings.ts";

/** Files `out/{NAME}` below a data folder. */
export function buildFolderTarget(data: string): Promise<Target> {
  return folderTarget.build({ path: patternOf("out", "raw"), name: patternOf("{NAME}", "raw") }, contextIn(data));
}

/** The defaults as the loader fills them in. */
export function httpOptions(url: string, more: Partial<HttpOptions> = {}): HttpOptions {
  return {
    url: patternOf(url, "url"),
    hosts: undefined,
    method: "POST",
    headers: undefined,
    auth: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    passphrase: undefined,
    tls: "TLSv1.2",
    checkCertificate: true,
    timeout: 30_000,
    connectTimeout: 10_000,
    connections: 64,
    ...more,
  };
}

export function buildHttpTarget(
  url: string,
  more: Partial<HttpOptions> = {},
  context: TestContext = contextIn("/"),
): Promise<Target> {
  return httpTarget.build(httpOptions(url, more), context);
}

export function buildPlainHttpTarget(url: string): Promise<Target> {
  return buildHttpTarget(url);
}
