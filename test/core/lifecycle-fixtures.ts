// A bridge with invented owner and dates, and a small memory with the journal's documents by key.

import type { LoadedBridge, Lifecycle } from "../../src/core/bridge/types.ts";
import type { AuditEntry, Journal } from "../../src/core/journal/types.ts";

export function lifecycleOf(changes: Partial<Lifecycle> = {}): Lifecycle {
  return {
    legacy: { system: "Gewerbe-Alt 7.2" },
    owner: { name: "Fachdienst Gewerbe", email: "gewerbe@stadt.example", deputy: "it@stadt.example" },
    reason: "Das Altverfahren kann nur CSV.",
    personalData: "VVT-0815",
    legalBasis: [],
    successor: { title: "Neues Verfahren", url: "https://neu.example/api" },
    noSuccessorReason: undefined,
    plan: [{ by: "2027-03-31", goal: "Testbetrieb" }],
    started: "2026-11-01",
    deprecated: "2027-04-01",
    sunset: "2027-11-16",
    extensions: [],
    brownouts: [],
    cycles: [],
    ...changes,
  };
}

/** Only what the lifecycle looks at; the rest of a loaded bridge is the engine's. */
export function bridgeOf(changes: Partial<LoadedBridge> = {}): LoadedBridge {
  const lifecycle = changes.lifecycle ?? lifecycleOf();
  const name = changes.name ?? "gewerbeanmeldung";
  const yaml = [
    "steg: 1",
    `bridge: ${name}`,
    "lifecycle:",
    "  reason: Das Altverfahren kann nur CSV.",
    `  started: ${lifecycle.started}`,
    `  deprecated: ${lifecycle.deprecated}`,
    `  sunset: ${lifecycle.sunset}`,
  ].join("\n");
  return {
    name,
    title: "Gewerbeanmeldungen",
    file: `mappings/${name}/bridge.yaml`,
    dir: `/srv/mappings/${name}`,
    version: "v1",
    files: new Map([["bridge.yaml", new TextEncoder().encode(yaml)]]),
    lifecycle,
    timezone: "Europe/Berlin",
    sourceIdentity: "folder:drops",
    ways: [],
    ...changes,
  } as LoadedBridge;
}

export interface Memory extends Pick<Journal, "get" | "set" | "entries" | "audit"> {
  readonly trail: AuditEntry[];
  /** As the next process would find it. */
  readonly stored: Map<string, string>;
}

export function createMemory(stored: Map<string, string> = new Map()): Memory {
  const trail: AuditEntry[] = [];
  return {
    trail,
    stored,
    async get<T>(key: string) {
      const text = stored.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    async set(key, value, audit) {
      stored.set(key, JSON.stringify(value));
      if (audit !== undefined) trail.push(audit);
    },
    async entries<T>(prefix: string) {
      return new Map(
        [...stored].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key, JSON.parse(text) as T]),
      );
    },
    async audit(entry) {
      trail.push(entry);
    },
  };
}
