// A bridge has a way per operation, each with a target of its own, and all of them read the same WSDL: it is loaded once,
// as long as somebody holds it. Whether it is still the same is asked of the files every time.

import { createHash } from "node:crypto";
import type { BridgeFiles } from "../../core/contract.ts";
import { createPlans, type Plans } from "./value/plan.ts";
import { fileReader } from "./wsdl/definitions.ts";
import type { ReadFile } from "./wsdl/schemas.ts";
import { type Choice, loadService, type SoapService } from "./wsdl/service.ts";

export interface Loaded {
  readonly service: SoapService;
  readonly plans: Plans;
}

interface Entry {
  readonly loaded: WeakRef<Loaded>;
  /** What was read, and what was not there, by path. */
  readonly files: ReadonlyMap<string, string>;
}

const entries = new Map<string, Entry>();
const MOST = 200;
/** A check asks for the same one again and again and holds none. */
const latest: { held?: Loaded } = {};

/** As a bridge file gives it; check says what is missing. */
export interface GivenService extends Choice {
  readonly wsdl?: string | undefined;
}

/** Throws WSDL_INVALID, WSDL_OPERATION. */
export function sharedService(
  given: GivenService,
  { readBridgeFile, bridgeDir }: Pick<BridgeFiles, "readBridgeFile" | "bridgeDir">,
): Loaded {
  const read = fileReader(readBridgeFile);
  const { wsdl = "" } = given;
  const key = JSON.stringify([bridgeDir, wsdl, given.service, given.port]);
  const known = entries.get(key);
  const held = known?.loaded.deref();
  if (held !== undefined && known !== undefined && isUnchanged(known.files, read)) return held;
  const files = new Map<string, string>();
  const service = loadService(wsdl, noting(read, files), given);
  const loaded = { service, plans: createPlans(service.model) };
  latest.held = loaded;
  if (entries.size >= MOST) entries.clear();
  entries.set(key, { loaded: new WeakRef(loaded), files });
  return loaded;
}

function noting(read: ReadFile, files: Map<string, string>): ReadFile {
  return (path) => {
    const bytes = read(path);
    files.set(path, hashOf(bytes));
    return bytes;
  };
}

function isUnchanged(files: ReadonlyMap<string, string>, read: ReadFile): boolean {
  for (const [path, hash] of files) if (hashOf(read(path)) !== hash) return false;
  return true;
}

function hashOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : createHash("sha256").update(bytes).digest("base64");
}
