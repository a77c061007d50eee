// The ledger and its ratchet. It remembers of every bridge what dates were last accepted, by name and by every source
// that the bridge ever read from, so that neither an edited date nor a renamed bridge buys time.
//
// Refused: a sunset moved later without an extension that covers it, and a start that moved. An earlier end is always
// accepted, and is then the one that counts. A bridge that was retired stays so, under its name and under any other.

import { createHash } from "node:crypto";
import { LineCounter, parseDocument, isScalar } from "yaml";
import type { Lifecycle, LoadedBridge } from "../bridge/types.ts";
import { BridgeError } from "../errors.ts";
import type { Position } from "../errors.ts";
import type { AuditEntry, Journal } from "../journal/types.ts";
import { notInFile } from "./extensions.ts";
import type { Extension } from "./extensions.ts";
import type { NotbetriebBook } from "./notbetrieb.ts";
import { endOf } from "./state.ts";

export interface LedgerEntry {
  readonly bridge: string;
  /** Name of the bridge's folder: finds the last valid version where the file itself no longer says its name. */
  readonly folder: string;
  /** Hashes of all source identities, newest last. */
  readonly sources: readonly string[];
  readonly started: string;
  readonly deprecated: string;
  /** The first sunset: the earliest that was ever accepted. */
  readonly sunset: string;
  /** The latest end that was accepted in the file, its extensions included. */
  readonly end: string;
  /** Every extension ever accepted in the file, as `to/on`: taking one out of the file does not give it back. */
  readonly extensions: readonly string[];
  /** Extensions that two persons approved outside the file; they hold beside the file's, whatever it says. */
  readonly approved?: readonly Extension[];
  /** Hash of the folder that was last accepted. */
  readonly version: string;
  readonly retiredAt?: number;
  /** Who closed it, and why; for its certificate. */
  readonly retired?: RetiredBy;
  /** How often it was opened after its sunset, and the latest time; also for its certificate. */
  readonly notbetrieb?: NotbetriebBook;
}

export interface RetiredBy {
  readonly by: string;
  readonly reason: string;
  /** Before its sunset. */
  readonly early: boolean;
}

export type Ledger = ReadonlyMap<string, LedgerEntry>;

const PREFIX = "ledger/";
const MOST_SOURCES = 64;

/** By bridge name. */
export async function readLedger(journal: Pick<Journal, "entries">): Promise<Ledger> {
  const entries = await journal.entries<LedgerEntry>(PREFIX);
  return new Map([...entries.values()].map((entry) => [entry.bridge, entry]));
}

/** Whether exactly these dates were let in before: then a policy that became tighter only warns. */
export function acceptedBy(ledger: Ledger): (bridge: string, lifecycle: Lifecycle) => boolean {
  return (bridge, lifecycle) => {
    const entry = ledger.get(bridge);
    if (entry === undefined) return false;
    const { started, deprecated } = lifecycle;
    const { approved = [] } = entry;
    // One that two persons approved may be written into the file whatever the policy says by now.
    const known = new Set([...entry.extensions, ...approved.map(markOf)]);
    const end = approved.reduce((latest, { to }) => (to > latest ? to : latest), entry.end);
    const extended = lifecycle.extensions.every((one) => known.has(markOf(one)));
    return extended && started === entry.started && deprecated === entry.deprecated && endOf(lifecycle) <= end;
  };
}

/** What two persons approved for each bridge outside its file. */
export function approvedBy(ledger: Ledger): (bridge: string) => readonly Extension[] {
  return (bridge) => ledger.get(bridge)?.approved ?? [];
}

const markOf = ({ to, on }: Extension): string => `${to}/${on}`;

/** What the ratchet says about a bridge that is to run beside `loaded`; empty = accepted. */
export function checkRatchet(
  bridge: LoadedBridge,
  ledger: Ledger,
  loaded: readonly LoadedBridge[],
): readonly BridgeError[] {
  for (const prior of priorsOf(bridge, ledger, loaded)) {
    const problems = compare(bridge, prior);
    if (problems.length > 0) return problems;
  }
  return [];
}

function priorsOf(bridge: LoadedBridge, ledger: Ledger, loaded: readonly LoadedBridge[]): readonly LedgerEntry[] {
  const source = hashOf(bridge.sourceIdentity);
  return [...ledger.values()].filter((entry) => {
    // Under its own name it stays retired whatever its dates say.
    if (entry.bridge === bridge.name) return entry.retiredAt === undefined;
    // Two bridges may read one source side by side; a bridge that took over another's source is that other, renamed.
    const beside = loaded.some((other) => other.name === entry.bridge && hashOf(other.sourceIdentity) === source);
    return entry.sources.includes(source) && !beside;
  });
}

function compare(bridge: LoadedBridge, prior: LedgerEntry): readonly BridgeError[] {
  const { lifecycle } = bridge;
  const problems: BridgeError[] = [];
  if (prior.retiredAt !== undefined) {
    const message = `its source was read by the bridge ${prior.bridge}, which was retired on ${iso(prior.retiredAt).slice(0, 10)}; what is retired does not come back under another name`;
    return [refuse(bridge, "started", message)];
  }
  const before = prior.bridge === bridge.name ? "" : ` (as bridge ${prior.bridge}, which read from the same source)`;
  const covered = lifecycle.extensions.reduce((latest, { to }) => (to > latest ? to : latest), prior.end);
  if (lifecycle.sunset > prior.sunset && lifecycle.sunset > covered) {
    problems.push(
      refuse(
        bridge,
        "sunset",
        `sunset was moved from ${prior.sunset} to ${lifecycle.sunset} without an extension${before}`,
      ),
    );
  }
  if (lifecycle.started !== prior.started) {
    problems.push(
      refuse(bridge, "started", `started was moved from ${prior.started} to ${lifecycle.started}${before}`),
    );
  }
  return problems;
}

function refuse(bridge: LoadedBridge, key: "sunset" | "started", message: string): BridgeError {
  return new BridgeError("SUNSET_MOVED", message, { position: positionOf(bridge, key) });
}

/** Where lifecycle.<key> stands; the loaded bridge does not carry it, and it is only needed to refuse. */
function positionOf(bridge: LoadedBridge, key: string): Position {
  const lines = new LineCounter();
  const bytes = bridge.files.get("bridge.yaml") ?? new Uint8Array();
  const document = parseDocument(new TextDecoder().decode(bytes), { lineCounter: lines, logLevel: "silent" });
  const node = document.getIn(["lifecycle", key], true);
  const place = isScalar(node) && node.range ? lines.linePos(node.range[0]) : { line: 1, col: 1 };
  return { file: bridge.file, line: place.line, column: place.col };
}

/** Enters what was accepted. Writes, and audits, only where something is new. */
export async function enterLedger(
  journal: Pick<Journal, "set">,
  ledger: Ledger,
  bridge: LoadedBridge,
  folder: string,
  now: number,
): Promise<LedgerEntry> {
  const prior = ledger.get(bridge.name);
  const entry = nextEntry(bridge, folder, prior);
  if (prior !== undefined && JSON.stringify(prior) === JSON.stringify(entry)) return prior;
  const lacking = notInFile(bridge.lifecycle, entry.approved ?? []).length;
  await journal.set(PREFIX + bridge.name, entry, {
    at: now,
    event: "lifecycle.seen",
    bridge: bridge.name,
    drop: undefined,
    actor: "system",
    facts: {
      started: entry.started,
      deprecated: bridge.lifecycle.deprecated,
      sunset: entry.sunset,
      end: entry.end,
      extensions: entry.extensions.length,
      // A file that takes out what two persons approved does not do so in silence, nor with effect.
      ...(lacking > 0 && { notInFile: lacking }),
      version: entry.version,
    },
  });
  return entry;
}

/** What people did to open or close it in an emergency; the document and its audit entry are one transaction. */
export async function enterNotbetrieb(
  journal: Pick<Journal, "set">,
  entry: LedgerEntry,
  book: NotbetriebBook,
  audit: Pick<AuditEntry, "at" | "event" | "actor">,
): Promise<void> {
  const { reason, ticket, stage, from, until } = book.last;
  const facts = { reason, ticket, stage, from: iso(from), until: iso(until), uses: book.uses };
  const about = { ...audit, bridge: entry.bridge, drop: undefined, facts };
  await journal.set(PREFIX + entry.bridge, { ...entry, notbetrieb: book }, about);
}

/** A later end that two persons approved; the document and its audit entry are one transaction. */
export async function enterExtension(
  journal: Pick<Journal, "set">,
  entry: LedgerEntry,
  extension: Extension,
  audit: Pick<AuditEntry, "at" | "actor" | "facts">,
): Promise<LedgerEntry> {
  const next = { ...entry, approved: [...(entry.approved ?? []), extension] };
  const about = { ...audit, event: "lifecycle.extended", bridge: entry.bridge, drop: undefined };
  await journal.set(PREFIX + entry.bridge, next, about);
  return next;
}

/** Closed for good; the document and its audit entry are one transaction. */
export async function enterRetired(
  journal: Pick<Journal, "set">,
  entry: LedgerEntry,
  at: number,
  retired: RetiredBy,
): Promise<LedgerEntry> {
  const next = { ...entry, retiredAt: at, retired };
  const { by: actor, reason, early } = retired;
  const facts = { reason, early };
  const audit = { at, event: "bridge.retired", bridge: entry.bridge, drop: undefined, actor, facts };
  await journal.set(PREFIX + entry.bridge, next, audit);
  return next;
}

const iso = (time: number): string => new Date(time).toISOString();

function nextEntry(bridge: LoadedBridge, folder: string, prior: LedgerEntry | undefined): LedgerEntry {
  const { lifecycle } = bridge;
  const source = hashOf(bridge.sourceIdentity);
  const sources = [...(prior?.sources ?? []).filter((known) => known !== source), source].slice(-MOST_SOURCES);
  const added = lifecycle.extensions.map(markOf);
  return {
    bridge: bridge.name,
    folder,
    sources,
    started: lifecycle.started,
    deprecated: lifecycle.deprecated,
    sunset: prior !== undefined && prior.sunset < lifecycle.sunset ? prior.sunset : lifecycle.sunset,
    end: endOf(lifecycle),
    extensions: [...new Set([...(prior?.extensions ?? []), ...added])],
    version: bridge.version,
    ...(prior?.approved !== undefined && { approved: prior.approved }),
    ...(prior?.retiredAt !== undefined && { retiredAt: prior.retiredAt }),
    ...(prior?.retired !== undefined && { retired: prior.retired }),
    ...(prior?.notbetrieb !== undefined && { notbetrieb: prior.notbetrieb }),
  };
}

function hashOf(identity: string): string {
  return createHash("sha256").update(identity).digest("hex").slice(0, 32);
}
