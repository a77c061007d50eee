// A shipped bridge in a folder of its own, changed where a test has to (its codes, how strictly it reads), and run over one file.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import type { AdapterContext } from "../../src/core/contract.ts";
import type { BridgeError } from "../../src/core/errors.ts";
import { builtInPolicy } from "../../src/core/lifecycle/policy.ts";
import { dryRun } from "../../src/core/pipeline/dry-run.ts";

const mappings = fileURLToPath(new URL("../../mappings/", import.meta.url));
/** Shipped bridges end; tests of them do not. */
const NOW = Date.parse("2026-12-01T12:00:00Z");

export interface Came {
  readonly bodies: readonly string[];
  readonly errors: readonly BridgeError[];
  readonly notices: readonly BridgeError[];
}

export interface ShippedBridge {
  run(file: string): Promise<Came>;
  remove(): void;
}

export interface Changes {
  /** The bridge file's text → the text that is run. */
  readonly text?: (text: string) => string;
  /** Code lists by name, in place of the shipped ones. */
  readonly codes?: Readonly<Record<string, string>>;
  readonly catalogDir?: string;
}

export async function openShipped(name: string, changes: Changes = {}): Promise<ShippedBridge> {
  const dir = mkdtempSync(join(tmpdir(), "steg-shipped-"));
  cpSync(join(mappings, name), dir, { recursive: true });
  const file = join(dir, "bridge.yaml");
  writeFileSync(file, changes.text?.(readFileSync(file, "utf8")) ?? readFileSync(file, "utf8"));
  for (const [list, text] of Object.entries(changes.codes ?? {}))
    writeFileSync(join(dir, "codes", `${list}.csv`), text);
  const { bridge, findings } = await loadBridge(file, {
    adapters,
    policy: builtInPolicy(),
    now: NOW,
    dataDir: dir,
    catalogDir: changes.catalogDir,
    env: {},
    encoderOf: encoderNamed,
    checkSchemas: true,
  });
  if (bridge === undefined) throw new Error(findings.map(({ code, message }) => `${code} ${message}`).join("\n"));
  const context: AdapterContext = {
    bridge: bridge.name,
    bridgeDir: bridge.dir,
    dataDir: dir,
    stateDir: dir,
    timezone: bridge.timezone,
    calls: [],
    readBridgeFile: (path) => readFileSync(join(bridge.dir, path)),
    known: () => false,
    log: () => undefined,
  };
  return {
    remove: () => rmSync(dir, { recursive: true, force: true }),
    async run(input) {
      const bodies: string[] = [];
      const errors: BridgeError[] = [];
      const notices: BridgeError[] = [];
      const { signal } = new AbortController();
      const options = { context, signal, received: NOW, notice: (what: BridgeError) => void notices.push(what) };
      for await (const message of dryRun(bridge, readFileSync(input), basename(input), options)) {
        if (message.error) errors.push(message.error);
        else if (message.body !== undefined) bodies.push(message.body);
      }
      return { bodies, errors, notices };
    },
  };
}

/** Takes away the # of the lines that say how to validate. */
export function validating(text: string): string {
  return text.replaceAll(/^( *)# (validate: \{)/gm, "$1$2");
}

export function lenient(text: string): string {
  return text.replace("strict: true", "strict: false");
}
