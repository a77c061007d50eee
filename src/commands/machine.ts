// The parts put together: state, bridges, lifecycle, engine, operations. `steg up` runs it; a command that finds no
// appliance running opens it for a moment.

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { ownCertificate } from "../core/alarms/running-out.ts";
import type { ShownCertificates } from "../core/alarms/shown-certificates.ts";
import type { AdapterContext, Log } from "../core/contract.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import type { Executor } from "../core/distributed/executor.ts";
import { asBridgeError, BridgeError } from "../core/errors.ts";
import type { OpenState } from "../core/journal/types.ts";
import { openOutbox } from "../core/notify/outbox.ts";
import type { Outbox } from "../core/notify/outbox.ts";
import {
  deprecationNotice,
  handedOverNotice,
  heldNotice,
  notbetriebNotice,
  refusedNotice,
} from "../core/lifecycle/state-notice.ts";
import type { Policy } from "../core/lifecycle/policy.ts";
import { createLifecycleWatch } from "../core/lifecycle/state-watch.ts";
import type { LifecycleWatch } from "../core/lifecycle/state-watch.ts";
import { fileTreatment, mayFinish } from "../core/lifecycle/state.ts";
import { approvedBy, readLedger } from "../core/lifecycle/ledger.ts";
import { admitBridges, bridgeFiles, refusedByBuild } from "../core/operations/admission.ts";
import type { Admission, Load, RefusedBridge } from "../core/operations/admission.ts";
import { createLocalOperations } from "../core/operations/local.ts";
import type { SeenCallers } from "../core/calls/seen-callers.ts";
import type { LocalOperations } from "../core/operations/local.ts";
import { openPolicyBook } from "../core/operations/policy-book.ts";
import type { Appliance, DropProgress } from "../core/pipeline/appliance.ts";
import { createEngineTally, type EngineTally } from "../core/pipeline/engine-tally.ts";
import { createDrift } from "../core/reload/drift.ts";
import { signOf } from "../core/reload/signs.ts";
import type { Settings } from "../core/settings.ts";
import type { Telemetry } from "../core/telemetry/open.ts";
import type { Tracing } from "../core/telemetry/tracing.ts";
import { tagsOfBridge } from "../core/tags.ts";
import { adapterContext } from "./adapter-context.ts";
import type { Program } from "./command.ts";

export interface Machine {
  readonly settings: Settings;
  readonly state: OpenState;
  readonly operations: LocalOperations;
  admission(): Promise<Admission>;
  /** Bridges that do not run, or not in the version of their file; complete once the engine was made. */
  refused(): Promise<readonly RefusedBridge[]>;
  /** Bridges that were let in last; none before the first look. */
  loaded(): readonly LoadedBridge[];
  /** Looks at all bridge files anew; what is let in is entered, and counts once it is `admitted`. */
  admit(): Promise<Admission>;
  /** From now on. `unbuilt`: let in, but something that they need is not there. */
  admitted(next: Admission, unbuilt: readonly RefusedBridge[]): Promise<void>;
  watch(): Promise<LifecycleWatch>;
  /** What people are told by; made once, for the process that tells them. */
  outbox(): Promise<Outbox>;
  policy(): Promise<Policy>;
  /** The engine over the bridges that were let in; made once. */
  appliance(): Promise<Appliance>;
  /** How long deliveries and drops take, for metrics. */
  readonly tally: EngineTally;
  /** Of whoever works on drops or calls, where an address for OTLP is set; made once. */
  telemetry(): Promise<Telemetry | undefined>;
  close(): Promise<void>;
}

export interface MachineOptions {
  readonly log: Log;
  /** Enter what is let in into the ledger: only the appliance itself does. */
  readonly enter: boolean;
  readonly progress?: (progress: DropProgress) => void;
  readonly signal: AbortSignal;
  /** The journal's, where it was started before. */
  readonly thread?: Worker | undefined;
}

/** What may not be looked at counts: opening it says so, while to call it missing would send people elsewhere. */
export function hasState(settings: Settings): boolean {
  try {
    return statSync(join(settings.state, "journal.db"), { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ENOTDIR";
  }
}

export async function openMachine(settings: Settings, program: Program, options: MachineOptions): Promise<Machine> {
  const { openState } = await import("../core/journal/open.ts");
  const { log, signal } = options;
  const loader = once(async () => await (await import("./load.ts")).createLoader(settings, program));
  // What is needed for sure loads while the journal's thread starts; a failure is met where it is needed.
  if (options.enter)
    for (const loading of [loader(), import("../core/pipeline/appliance.ts")]) loading.catch(() => undefined);
  const failure = new AbortController();
  const onFailed = (error: BridgeError): void => failure.abort(error);
  const state = await openState({
    dir: settings.state,
    keyFile: settings.keyFile,
    log,
    onFailed,
    thread: options.thread,
  });
  const persons = settings.oidc !== undefined;
  const policyBook = once(async () => {
    const { policy: file } = await loader();
    return await openPolicyBook({ journal: state.journal, file, persons, enter: options.enter, now: Date.now, log });
  });
  const policy = async (): Promise<Policy> => (await policyBook()).inForce();
  const load = async (): Promise<Load> => {
    const [{ load: loadWith }, held] = [await loader(), await policy()];
    return async (file, choice = {}) => await loadWith(file, { policy: held, ...choice });
  };
  const admit = async (before?: Admission): Promise<Admission> => {
    const files = await bridgeFiles(settings.dirAsGiven);
    const now = Date.now();
    return await admitBridges(files, await load(), state.journal, settings.state, now, options.enter, before?.refused);
  };
  const first = once(async () => (current = await admit()));
  let current: Admission | undefined;
  const admission = async (): Promise<Admission> => current ?? (await first());
  const loaded = (): readonly LoadedBridge[] => current?.bridges ?? [];
  const watch = once(async () => {
    await admission();
    return await createLifecycleWatch({
      journal: state.journal,
      bridges: loaded,
      onChange: (bridge, from, to) => log("info", "lifecycle.state", { bridge: bridge.name, from: from ?? "none", to }),
      onAlarm: (alarm) =>
        log(alarm === undefined ? "info" : "error", "clock.alarm", {
          kind: alarm?.kind ?? "none",
          seconds: Math.round((alarm?.by ?? 0) / 1_000),
        }),
    });
  });
  const seen: EngineParts["seen"] = (name, bridge) => operations.seenCallers.note({ name, by: "sftp" }, bridge);
  const partnerSeen: EngineParts["partnerSeen"] = (...sent) => operations.seenCallers.noteSent(...sent);
  let unbuilt: RefusedBridge[] = [];
  const refused = async (): Promise<readonly RefusedBridge[]> => [...(await admission()).refused, ...unbuilt];
  const tally = createEngineTally();
  let opened: Telemetry | undefined;
  const telemetry = once(async () => (opened = await telemetryOf(settings, program.version, log)));
  let running: Appliance | undefined;
  const appliance = once(async () => {
    const { bridges } = await admission();
    const parts = {
      settings,
      options,
      state,
      watch: await watch(),
      load,
      failed: failure.signal,
      seen,
      partnerSeen,
      shown: operations.shownCertificates,
      tally,
      tracing: (await telemetry())?.tracing,
    };
    running = await startWithout(bridges, unbuilt, async (able) => await startEngine({ ...parts, bridges: able }));
    return running;
  });
  let told: Outbox | undefined;
  const outbox = once(async () => {
    const channels = await (await program.adapters()).openChannels(settings.notify);
    return (told = await openOutbox({ journal: state.journal, channels, log }));
  });
  const sign = signOf(settings.file);
  const drift = once(async () => {
    const { hash } = (await loader()).policy;
    return createDrift({
      loaded,
      refused,
      journal: state.journal,
      policy: { hash, file: settings.policy },
      settings: { file: settings.file, sign: await sign },
    });
  });
  const operations = createLocalOperations({
    journal: state.journal,
    spool: state.spool,
    publicKey: state.publicKey,
    drift: async (bridge) => await (await drift())(bridge),
    backup: async (request) => await state.backup(request),
    version: program.version,
    bridges: async () => (await admission()).bridges,
    refused,
    tagsOf: (bridge) => tagsOfBridge(settings.tags, bridge),
    watch,
    policy,
    policyBook,
    running: () => running,
    appliance,
    signal,
    channels: () => told?.views() ?? [],
    ownEnds: () => [
      ...ownCertificate(settings.tls?.cert, "STEG_TLS_CERT"),
      ...ownCertificate(settings.tls?.clientCa, "STEG_TLS_CLIENT_CA"),
    ],
    now: Date.now,
    log,
    persons,
  });
  return {
    settings,
    state,
    operations,
    admission,
    refused,
    loaded,
    admit: async () => await admit(await admission()),
    async admitted(next, notBuilt) {
      current = next;
      unbuilt = [...notBuilt];
      await (await watch()).refresh();
      await (await watch()).tick();
    },
    watch,
    outbox,
    policy,
    appliance,
    tally,
    telemetry,
    async close() {
      await running?.close();
      await told?.close();
      await operations.seenCallers.close();
      await operations.shownCertificates.flush();
      await state.close();
      await opened?.close();
    },
  };
}

/** undefined = no address is set. Its modules are loaded only where it is wanted: they take a tenth of a second and 25 MiB. */
export async function telemetryOf(
  { telemetry: settings }: Settings,
  version: string,
  log: Log,
): Promise<Telemetry | undefined> {
  if (settings === undefined) return undefined;
  const { openTelemetry } = await import("../core/telemetry/open.ts");
  return openTelemetry({ settings, version, log });
}

/** Made at the first call, shared by all; a failure is everybody's. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/**
 * Bridges share nothing, so one that cannot be built (a secret is not set) does not keep the others from running. Where none
 * is left, its error is the start's.
 */
async function startWithout(
  bridges: readonly LoadedBridge[],
  unbuilt: RefusedBridge[],
  start: (able: readonly LoadedBridge[]) => Promise<Appliance>,
): Promise<Appliance> {
  let able = bridges;
  for (;;) {
    try {
      return await start(able);
    } catch (cause) {
      const error = asBridgeError(cause);
      const culprit = able.find((bridge) => bridge.file === error.position?.file);
      if (culprit === undefined || error.position === undefined || able.length === 1) throw cause;
      unbuilt.push(refusedByBuild(culprit, error, false));
      able = able.filter((bridge) => bridge !== culprit);
    }
  }
}

interface EngineParts {
  readonly settings: Settings;
  readonly options: MachineOptions;
  readonly state: OpenState;
  readonly bridges: readonly LoadedBridge[];
  readonly watch: LifecycleWatch;
  readonly load: () => Promise<Load>;
  /** Aborted when the state has failed. */
  readonly failed: AbortSignal;
  readonly seen: (user: string, bridge: string) => void;
  readonly partnerSeen: SeenCallers["noteSent"];
  readonly shown: ShownCertificates;
  readonly tally: EngineTally;
  readonly tracing: Tracing | undefined;
}

async function startEngine(parts: EngineParts): Promise<Appliance> {
  const { settings, options, state, bridges, watch, failed } = parts;
  const { createAppliance } = await import("../core/pipeline/appliance.ts");
  const context = (bridge: LoadedBridge, known: (hint: string) => boolean): AdapterContext =>
    adapterContext(bridge, settings, options.log, known, parts.shown);
  const executor = await executorOf(parts);
  return await createAppliance({
    bridges,
    executor,
    state,
    context,
    newDropId: () => state.newDropId(),
    loadVersion: async (bridge, version) => await loadVersion(parts, bridge, version),
    lifecycle: {
      holds: (bridge) => fileTreatment(watch.standing(bridge).state) === "hold",
      finishes: (bridge) => mayFinish(watch.standing(bridge), watch.now()),
      polls: (bridge) => fileTreatment(watch.standing(bridge).state) !== "leave",
      notices(bridge, drop) {
        const standing = watch.standing(bridge);
        if (drop.state === "held") return [heldNotice(bridge.lifecycle, standing, drop, bridge.timezone)];
        if (drop.state === "refused") return [refusedNotice(bridge.lifecycle, standing, drop, bridge.timezone)];
        if (drop.state === "handed-over") return [handedOverNotice(bridge.lifecycle, standing, drop, bridge.timezone)];
        const { lifecycle, timezone } = bridge;
        return [deprecationNotice(lifecycle, standing), notbetriebNotice(lifecycle, standing, timezone)].filter(
          (notice) => notice !== undefined,
        );
      },
      tick: async () => await watch.tick(),
    },
    progress: options.progress ?? (() => undefined),
    seen: parts.seen,
    partnerSeen: parts.partnerSeen,
    tally: parts.tally,
    tracing: parts.tracing,
    log: options.log,
    failed,
  });
}

/** Only the appliance itself gives work away: a command that opens the state for a moment does its own. */
async function executorOf({ settings, options, state, tracing }: EngineParts): Promise<Executor | undefined> {
  const { redis, keyFile } = settings;
  if (redis === undefined || keyFile === undefined || !options.enter) return undefined;
  const { log } = options;
  const { openQueue } = await import("../core/distributed/queue.ts");
  const { createSealer } = await import("../core/distributed/sealed.ts");
  const { readKeyFile } = await import("../core/journal/key-file.ts");
  const appliance = createHash("sha256").update(state.publicKey).digest("hex").slice(0, 16);
  const sealer = createSealer(readKeyFile(keyFile, log));
  return openQueue({ redis, sealer, appliance, journal: state.journal, tracing, log });
}

/** The bridge as it was when a drop was taken. */
async function loadVersion(parts: EngineParts, name: string, version: string): Promise<LoadedBridge> {
  const files = await parts.state.journal.version(version);
  if (files === undefined)
    throw new BridgeError(
      "VERSION_MISSING",
      `the version of bridge ${name} that drops are pinned to is not in the state`,
    );
  const approved = approvedBy(await readLedger(parts.state.journal));
  const { loadPinned } = await import("./load.ts");
  return await loadPinned(await parts.load(), parts.settings.state, { name, version, files }, { approved });
}
