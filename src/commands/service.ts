// The appliance as a service: engine, lifecycle, HTTP, and what looks after them, until it is told to end.

import type { Worker } from "node:worker_threads";
import type { Log } from "../core/contract.ts";
import { BridgeError } from "../core/errors.ts";
import type { Provider } from "../core/http/dashboard/provider.ts";
import type { HttpServer } from "../core/http/server.ts";
import type { OpenFace } from "../core/calls/open-face.ts";
import { DEFAULT_ZONE } from "../core/lifecycle/dates.ts";
import type { LifecycleWatch } from "../core/lifecycle/state-watch.ts";
import { queueFamilies } from "../core/distributed/queue-families.ts";
import { watchExpected } from "../core/operations/expectations.ts";
import { watchObserved } from "../core/operations/observing.ts";
import { serveOperations } from "../core/operations/socket.ts";
import type { Appliance } from "../core/pipeline/appliance.ts";
import { engineFamilies } from "../core/pipeline/engine-tally.ts";
import { giveBack, giveBackAtRest } from "../core/rest.ts";
import { tagsForNobody } from "../core/settings-tags.ts";
import type { Settings } from "../core/settings.ts";
import { tagsOfBridge } from "../core/tags.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { FINE, INTERRUPTED, noBridges, settingsOf } from "./command.ts";
import type { Arguments, Program } from "./command.ts";
import { openMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { firstToken } from "./first-token.ts";
import { measuringOf } from "./measuring.ts";
import { createAgain, follow, lookAt } from "./reloading.ts";
import { renewTls } from "./renew-tls.ts";

export async function runService(args: Arguments, program: Program, thread: Worker): Promise<number> {
  const settings = await settingsOf(args, program);
  const log = await applianceLog(settings, program);
  const stop = new AbortController();
  const machine = await openMachine(settings, program, { log, enter: true, signal: stop.signal, thread });
  const signal = AbortSignal.any([program.interrupt.signal, stop.signal]);
  try {
    const running = await startService(machine, settings, program, log, signal);
    try {
      await firstToken(machine.operations.tokenBook, settings, program);
      printStart(program, running, machine, settings);
      program.interrupt.describe(() => finishing(running.appliance));
      await running.appliance.run(signal);
      return program.interrupt.cause === "SIGINT" ? INTERRUPTED : FINE;
    } finally {
      await running.close();
    }
  } finally {
    stop.abort();
    await machine.close();
    log("info", "appliance.stopped", {});
  }
}

export async function applianceLog(settings: Settings, program: Program): Promise<Log> {
  const { createLog } = await import("../core/log.ts");
  const look = program.console.err.tty ? program.console.err : undefined;
  return createLog({ level: settings.log, stream: program.console.stderr, look });
}

export interface Service {
  readonly appliance: Appliance;
  readonly http: HttpServer;
  close(): Promise<void>;
}

/** Loaded only where people sign in by it. Throws SETTING_INVALID where nobody could come back from it. */
export async function providerOf(
  { oidc, url, listen: { host } }: Pick<Settings, "oidc" | "url" | "listen">,
  log: Log,
): Promise<Provider | undefined> {
  if (oidc === undefined) return undefined;
  if (url === undefined && (host === "0.0.0.0" || host === "::"))
    throw new BridgeError(
      "SETTING_INVALID",
      "signing in by OIDC needs STEG_URL, the address under which browsers find us",
      {
        hint: `An identity provider sends nobody to ${host}.`,
      },
    );
  const { createProvider } = await import("../core/http/dashboard/provider.ts");
  return createProvider({ settings: oidc, log });
}

/** Socket, engine, lifecycle, HTTP; closes what it had opened where one of them fails. */
export async function startService(
  machine: Machine,
  settings: Settings,
  program: Program,
  log: Log,
  signal: AbortSignal,
): Promise<Service> {
  const seen = await lookAt(settings.dirAsGiven, []);
  const { bridges } = await machine.admission();
  const watch = await machine.watch();
  await watch.tick();
  let ready = false;
  let faces: Appliance["faces"] = new Map();
  let running: Appliance | undefined;
  const telemetry = await machine.telemetry();
  const { startServer } = await import("../core/http/server.ts");
  const jwt = settings.jwt && (await import("../core/calls/identity-jwt.ts")).createJwtIdentity(settings.jwt, log);
  const provider = await providerOf(settings, log);
  // The port first: whether it is free is known at once, and an engine that had begun would have to be drained again.
  const http = await startServer(
    {
      operations: machine.operations,
      tokens: machine.operations.tokenBook,
      version: program.version,
      log,
      tls: settings.tls,
      jwt,
      provider,
      origin: settings.url,
      seen: machine.operations.seenCallers,
      ready: () => ready && !signal.aborted,
      tagsOf: (bridge) => tagsOfBridge(settings.tags, bridge),
      zoneOf: (name) => machine.loaded().find((bridge) => bridge.name === name)?.timezone ?? DEFAULT_ZONE,
      engine: () => [
        ...engineFamilies(machine.tally, running?.status() ?? []),
        ...queueFamilies(running?.queue),
        ...(telemetry?.families() ?? []),
      ],
      tracing: telemetry?.tracing,
      faces: {
        face: (bridge) => faces.get(bridge),
        faces: () => faces.values(),
        standing: (face) => watch.standing(face.bridge),
        now: () => watch.now(),
      },
    },
    settings.listen,
  );
  try {
    const appliance = await machine.appliance();
    faces = appliance.faces;
    running = appliance;
    for (const one of await machine.refused()) {
      log("error", "bridge.refused", { bridge: one.bridge, code: one.code, why: one.why, replaced: one.replaced });
    }
    warnOfTags(settings, bridges, await machine.refused(), log);
    const socket = await serveOperations(settings.state, machine.operations, (cause) => logInternal(log, cause));
    void machine.operations.twoPersons.resume().catch((cause: unknown) => logInternal(log, cause));
    watch.start(signal);
    const onError = (cause: unknown): void => logInternal(log, cause);
    watchExpected({ journal: machine.state.journal, watch, onError }, () => machine.loaded(), log, signal);
    const status = () => appliance.status();
    watchObserved({ journal: machine.state.journal, watch, status, onError }, signal);
    const parts = { machine, settings, watch, log, onError };
    const probes = createAgain((turn) => measure(parts, turn), signal);
    await probes.begin();
    giveBack();
    giveBackAtRest(signal);
    ready = true;
    const ears = new AbortController();
    const { watchAndTell } = await import("./watch-and-tell.ts");
    const watching = watchAndTell(machine, log, onError, AbortSignal.any([signal, ears.signal])).catch(onError);
    const over = AbortSignal.any([signal, ears.signal]);
    const listening = createAgain((turn) => listen(parts, [...faces.values()], turn), over);
    void listening.begin().catch(onError);
    const following = follow(
      {
        ...machine,
        journal: machine.state.journal,
        dir: settings.dirAsGiven,
        appliance,
        log,
        onError,
        async exchanged() {
          await probes.begin();
          void listening.begin().catch(onError);
        },
      },
      seen,
      over,
    ).catch(onError);
    const renewing = renewTls(settings, http, log, over).catch(onError);
    const pushing = telemetry?.push(() => http.figures(), over);
    if (bridges.length === 0) log("warn", "bridges.none", { path: settings.dir });
    log("info", "appliance.started", {
      listen: http.url,
      bridges: bridges.length,
      version: program.version,
      pid: process.pid,
    });
    const close = async (): Promise<void> => {
      ears.abort();
      await Promise.all([listening.ended(), watching, following, renewing, pushing]);
      await socket.close();
      await http.close();
    };
    return { appliance, http, close };
  } catch (cause) {
    await http.close();
    throw cause;
  }
}

/** A refused bridge has a name, too. */
function warnOfTags(
  settings: Settings,
  bridges: readonly { readonly name: string }[],
  refused: readonly { readonly bridge: string }[],
  log: Log,
): void {
  const names = [...bridges.map(({ name }) => name), ...refused.map(({ bridge }) => bridge)];
  for (const { code, message } of tagsForNobody(settings.tags, names))
    log("warn", "tags.unused", { code, why: message });
}

interface Around {
  readonly machine: Machine;
  readonly settings: Settings;
  readonly watch: LifecycleWatch;
  readonly log: Log;
  readonly onError: (cause: unknown) => void;
}

/** Successors that are asked; none in most appliances. */
async function measure({ machine, settings, log, onError }: Around, signal: AbortSignal): Promise<void> {
  if (!machine.loaded().some(({ probe }) => probe)) return;
  const { watchProgress } = await import("../core/operations/progress-watch.ts");
  watchProgress(await measuringOf(machine, settings, log, onError), machine.loaded(), signal);
}

/** Faces with a protocol of their own; none in most appliances. */
async function listen({ machine, watch, log }: Around, faces: readonly OpenFace[], signal: AbortSignal): Promise<void> {
  const own = faces.filter(({ face }) => face.listen !== undefined);
  if (own.length === 0) return;
  const { listenAll } = await import("../core/calls/listening.ts");
  const { createRates } = await import("../core/calls/rate.ts");
  const { seenCallers } = machine.operations;
  await listenAll(
    own,
    {
      standing: ({ bridge }) => watch.standing(bridge),
      now: () => watch.now(),
      rates: createRates(),
      tracing: (await machine.telemetry())?.tracing,
      seen: (caller, bridge) => seenCallers.note(caller, bridge),
      log,
    },
    signal,
  );
}

export function logInternal(log: Log, cause: unknown): void {
  void import("../core/log.ts").then(({ errorFields }) =>
    log("error", "operation.failed", errorFields(cause) as Record<string, string>),
  );
}

/** What the first Ctrl-C waits for. */
export function finishing(appliance: Appliance): string {
  const drops = appliance.status().reduce((sum, status) => sum + status.running, 0);
  return drops === 0 ? "ending" : `finishing ${formatNoun(drops, "drop")}`;
}

function printStart(program: Program, service: Service, machine: Machine, settings: Settings): void {
  const { console } = program;
  if (!console.err.tty) return;
  console.note(
    `steg ${program.version}   ${formatNoun(service.appliance.bridges.length, "bridge")} of ${settings.dirAsGiven}, state ${settings.state}`,
  );
  console.note(`Admin side ${service.http.url}   Ctrl-C drains and ends.`);
  if (service.appliance.bridges.length === 0) console.note(`${mark(console.err, "!")} ${noBridges(settings)}`);
  if (machine.state.keyInState)
    console.note(
      `${mark(console.err, "!")} the spool's key lies in the state folder; STEG_KEY_FILE keeps it elsewhere`,
    );
  void machine.refused().then((refused) => {
    for (const one of refused) {
      const rest = one.replaced ? "; its last valid version runs" : "; it does not run";
      console.note(`${mark(console.err, "✗")} ${escapeControls(one.why)}${rest}`);
    }
  });
}
