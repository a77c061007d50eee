// What adapters are built with, as core would give it: a context, patterns, scopes, parcels.

import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AdapterContext, Attempt, Parcel, Pattern, Rec, Scope } from "../../src/core/contract.ts";

export interface Logged {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export interface TestContext extends AdapterContext {
  readonly logged: Logged[];
}

export function contextIn(folder: string, known: ReadonlySet<string> = new Set()): TestContext {
  const logged: Logged[] = [];
  return {
    bridge: "probe",
    bridgeDir: folder,
    dataDir: folder,
    stateDir: folder,
    timezone: "Europe/Berlin",
    calls: [],
    readBridgeFile: (path) => readFileSync(join(folder, path)),
    known: (hint) => known.has(hint),
    log: (level, event, fields = {}) => void logged.push({ level, event, fields }),
    logged,
  };
}

/**
 * A pattern as the loader compiles it, for the simplest of formulas: `{NAME}`, `{$index}`, `{$file.stem}`, `{$batch.number}`.
 * With place "raw" the values are put in as they are: what an adapter must withstand should a check before it fail.
 */
export function patternOf(text: string, place: "url" | "raw"): Pattern {
  const encode = place === "url" ? encodeURIComponent : (value: string) => value;
  const pattern = (scope: Scope): string =>
    text.replaceAll(/(?<!\$)\{([^{}]+)\}/gu, (_all, name: string) => {
      if (name === "$index") return String(scope.index);
      if (name === "$file.stem") return encode(scope.file.stem);
      if (name === "$batch.number") return String(scope.batch?.number ?? 0);
      const value = Object.hasOwn(scope.root, name) ? scope.root[name] : "";
      return encode(typeof value === "string" ? value : typeof value === "number" ? String(value) : "");
    });
  return Object.assign(pattern, { source: text, head: text.split(/(?<!\$)\{/u, 1)[0] ?? "" });
}

export function scopeOf(record: Rec, index = 1, more: Partial<Scope> = {}): Scope {
  return {
    root: record,
    parent: record,
    n: 1,
    index,
    group: [record],
    file: { name: "probe.csv", stem: "probe", size: 1, sha256: "0".repeat(64), received: "2026-11-21T09:00:00Z" },
    bridge: "probe",
    batch: undefined,
    received: Date.UTC(2026, 10, 21, 9),
    dropIdentity: "probe-drop",
    timezone: "Europe/Berlin",
    tables: new Map(),
    lets: [],
    ...more,
  };
}

/** The n-th parcel of a drop: the same number always has the same key and body. */
export function parcelOf(n: number, body: string | Uint8Array, record: Rec = {}, run = "run"): Parcel {
  const hex = createHash("sha256").update(`${run}:${n}`).digest("hex");
  const key = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return {
    first: n,
    last: n,
    messages: 1,
    body: typeof body === "string" ? Buffer.from(body) : body,
    contentType: "application/xml; charset=utf-8",
    key,
    scope: scopeOf(record, n),
    drop: "drop-1",
  };
}

/** What an attempt says; nothing for a delivery. */
export function messageOf(attempt: Attempt): string {
  return attempt.end === "delivered" ? "" : attempt.message;
}

export function freshKey(): string {
  return randomUUID();
}

export async function eventually(what: string, holds: () => boolean | Promise<boolean>, most = 20_000): Promise<void> {
  const end = performance.now() + most;
  for (;;) {
    if (await holds()) return;
    if (performance.now() > end) throw new Error(`did not come to pass within ${most} ms: ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
