// What adapters are given: their folder, the data folder, and a log.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { AdapterContext, Log } from "../core/contract.ts";
import type { ShownCertificates } from "../core/alarms/shown-certificates.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import { BridgeError } from "../core/errors.ts";
import { defaultCatalogDir } from "../core/validation/catalog.ts";
import type { Settings } from "../core/settings.ts";

const MOST_FILE = 16 << 20;

export function adapterContext(
  bridge: LoadedBridge,
  settings: Pick<Settings, "data" | "state" | "dir">,
  log: Log,
  known: (hint: string) => boolean,
  shown?: ShownCertificates,
): AdapterContext {
  return {
    bridge: bridge.name,
    bridgeDir: bridge.dir,
    dataDir: settings.data,
    catalogDir: defaultCatalogDir(settings.dir),
    stateDir: resolve(settings.state),
    timezone: bridge.timezone,
    calls: bridge.face?.calls ?? [],
    callOptions: bridge.face?.callOptions,
    readBridgeFile: (path) => bridge.files.get(path.replace(/^\.\//, "")) ?? readBeside(bridge.dir, path),
    known,
    ...(shown && { serverShowed: (server: string, end: number) => shown.note(bridge, server, end) }),
    log: (level, event, fields) => log(level, event, { bridge: bridge.name, ...fields }),
  };
}

/** Symbolic links are followed before the check, so that none leads out of the folder. */
function readBeside(dir: string, path: string): Uint8Array {
  let real: string;
  try {
    real = realpathSync(resolve(dir, path));
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${path} is not beside the bridge file`, { cause });
  }
  const inside = relative(realpathSync(dir), real);
  if (inside.startsWith("..") || isAbsolute(inside))
    throw new BridgeError("FILE_UNREADABLE", `${path} leads out of the bridge's folder`);
  if (statSync(real).size > MOST_FILE) throw new BridgeError("FILE_UNREADABLE", `${path} is larger than 16 MiB`);
  return readFileSync(real);
}
