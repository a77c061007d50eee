// steg fleet: the dashboard over many appliances, and what is asked of a fleet at the command line.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { findingsJson, renderFindings } from "../core/bridge/render.ts";
import type { Finding } from "../core/bridge/tree.ts";
import { BridgeError } from "../core/errors.ts";
import { openBook, type FleetBook } from "../core/fleet/book.ts";
import { readFleetFile, type FleetFile } from "../core/fleet/fleet-file.ts";
import { createFleetOperations } from "../core/fleet/fleet-operations.ts";
import { createGatherer, MACHINE_CLOCK, type Gatherer } from "../core/fleet/gather.ts";
import type { ApplianceView, FleetOperations } from "../core/fleet/operations.ts";
import type { OpenState } from "../core/journal/types.ts";
import { noteSigned, type SignedRequest } from "../core/operations/sessions.ts";
import { createTrailOperations } from "../core/operations/trail.ts";
import type { TokenAsked } from "../core/operations/roles.ts";
import { connectOperations, serveOperations } from "../core/operations/socket.ts";
import { createTokenBook, type TokenBook } from "../core/operations/tokens.ts";
import { parseListen, type Settings } from "../core/settings.ts";
import { formatMinute, formatNoun, NONE } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { renderTable } from "../core/terminal/table.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { FINE, INPUT_FAULT, INTERRUPTED, JSON_OUTPUT, settingsOf, STATE, UNFINISHED } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { firstToken } from "./first-token.ts";
import { localActor } from "./replay.ts";
import { applianceLog, logInternal, providerOf } from "./service.ts";

export const command: Command = {
  options: {
    ...STATE,
    ...JSON_OUTPUT,
    check: { type: "boolean" },
    list: { type: "boolean" },
    heads: { type: "string" },
    acknowledge: { type: "string" },
    ticket: { type: "string" },
  },
  usage: "FILE [--check | --list | --heads NAME | --acknowledge NAME --ticket T]",
  help: `
Gathers the appliances that FILE (fleet.yaml) names, by asking them or by reading the files of steg snapshot, and shows them as one appliance
shows itself: STEG_LISTEN, or listen in FILE. It reads only; its buttons lead to the appliance. Its state (--state) holds tokens and
the heads of the appliances' audit trails, so give it a folder of its own.
  --check         reads FILE and shows every finding, nothing else
  --list          how the appliances of the running fleet stand; exit 2 if one is unknown or its trail is broken
  --heads         the signed heads of an appliance's audit trail, the first of each day, as lines of JSON
  --acknowledge   somebody has found out why the trail of NAME is broken: what is there now counts from now on`,
  examples: [
    "steg fleet fleet.yaml --state fleet-state",
    "steg fleet fleet.yaml --check",
    "steg fleet fleet.yaml --state fleet-state --acknowledge adorf --ticket INC-4711",
  ],
  words: [1, 1],
  async run(args, program) {
    const kinds = ["check", "list", "heads", "acknowledge"].filter(
      (name) => args.flag(name) || args.text(name) !== undefined,
    );
    if (kinds.length > 1) throw new BridgeError("USAGE", `--${kinds[0]} and --${kinds[1]} exclude each other`);
    const fleet = readFile(args, program);
    if (fleet === undefined) return INPUT_FAULT;
    if (args.flag("check")) return checked(fleet, args, program);
    const settings = await settingsOf(args, program);
    if (kinds.length === 0) return await runFleet(fleet, settings, program);
    return await withFleet(fleet, settings, program, async (operations) => await ask(operations, args, program));
  },
};

/** undefined after findings were shown. */
function readFile(args: Arguments, program: Program): FleetFile | undefined {
  const { console } = program;
  const given = args.positionals[0] ?? "";
  const path = resolve(program.cwd, given);
  const folder = dirname(path);
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${given} cannot be read`, { cause });
  }
  const findings: Finding[] = [];
  const fleet = readFleetFile(given, bytes, {
    folder,
    outside: {
      variable: (name) => program.env[name],
      file: (name) => readFileSync(resolve(folder, name), "utf8"),
    },
    today: new Date().toISOString().slice(0, 10),
    report: (finding) => findings.push(finding),
  });
  const text = bytes.toString("utf8");
  if (args.flag("json") && args.flag("check")) console.json(findingsJson(findings));
  else if (findings.length > 0) console.write(renderFindings(findings, console.out, () => text));
  return fleet;
}

function checked({ appliances, name }: FleetFile, args: Arguments, program: Program): number {
  const { console } = program;
  if (!args.flag("json"))
    console.line(`${mark(console.out, "✓")} ${escapeControls(name)}: ${formatNoun(appliances.length, "appliance")}`);
  return FINE;
}

interface OpenFleet {
  readonly state: OpenState;
  readonly book: FleetBook;
  readonly gatherer: Gatherer;
  readonly operations: FleetOperations;
  readonly tokens: TokenBook;
}

async function openFleet(
  fleet: FleetFile,
  settings: Settings,
  log: Awaited<ReturnType<typeof applianceLog>>,
  onFailed: (error: BridgeError) => void,
): Promise<OpenFleet> {
  const { openState } = await import("../core/journal/open.ts");
  const state = await openState({ dir: settings.state, keyFile: settings.keyFile, log, onFailed });
  try {
    const { journal } = state;
    // What an appliance enters at its first start.
    if ((await journal.get("policy")) !== undefined)
      throw new BridgeError("STATE_UNUSABLE", `${settings.state} is the state of an appliance`, {
        hint: "Give the fleet a folder of its own: --state fleet-state",
      });
    const book = await openBook({ journal, now: Date.now, onError: (cause) => logInternal(log, cause) });
    for (const { name, publicKey } of fleet.appliances) if (publicKey !== undefined) await book.pin(name, publicKey);
    const { appliances, every } = fleet;
    const gatherer = createGatherer({ appliances, every, book, clock: MACHINE_CLOCK, log });
    return {
      state,
      book,
      gatherer,
      operations: createFleetOperations(gatherer, book),
      tokens: createTokenBook(journal),
    };
  } catch (cause) {
    await state.close();
    throw cause;
  }
}

async function runFleet(fleet: FleetFile, settings: Settings, program: Program): Promise<number> {
  const log = await applianceLog(settings, program);
  const failure = new AbortController();
  const { state, book, gatherer, operations, tokens } = await openFleet(fleet, settings, log, (error) =>
    failure.abort(error),
  );
  const signal = AbortSignal.any([program.interrupt.signal, failure.signal]);
  try {
    const { startFleetServer } = await import("../core/http/fleet/server.ts");
    const { name, tags } = fleet;
    const { version } = program;
    const standings = (): ReturnType<Gatherer["standings"]> => gatherer.standings();
    const { tls, url: origin } = settings;
    const listen = listenOf(fleet, settings);
    const people = {
      origin,
      provider: await providerOf({ ...settings, listen }, log),
      signed: async (request: SignedRequest) => await noteSigned(state.journal, request, Date.now()),
    };
    const deps = { name, tags, tokens, version, log, tls, now: Date.now, standings, ...people };
    const http = await startFleetServer(deps, listen);
    try {
      const socket = await serveOperations(
        settings.state,
        {
          ...operations,
          ...createTrailOperations({ journal: state.journal, publicKey: state.publicKey, now: Date.now }),
          tokens: async () => await tokens.list(),
          tokenNew: async (request) => await tokens.create({ ...ofFleet(request), now: Date.now() }),
          tokenRevoke: async (request) => await tokens.revoke({ ...request, now: Date.now() }),
        },
        (cause) => logInternal(log, cause),
      );
      try {
        await firstToken(tokens, settings, program);
        log("info", "fleet.started", {
          listen: http.url,
          appliances: fleet.appliances.length,
          version,
          pid: process.pid,
        });
        printStart(fleet, http.url, settings, program);
        program.interrupt.describe(() => "ending");
        await gatherer.run(signal);
      } finally {
        await socket.close();
      }
    } finally {
      await http.close();
    }
    failure.signal.throwIfAborted();
    await book.flush();
  } finally {
    await state.close();
    log("info", "fleet.stopped", {});
  }
  return program.interrupt.cause === "SIGINT" ? INTERRUPTED : FINE;
}

/** STEG_LISTEN and steg.yaml before the file that may be the same on several machines. */
function listenOf({ listen }: FleetFile, settings: Settings): Settings["listen"] {
  return listen === undefined || settings.origin("listen") !== "default"
    ? settings.listen
    : parseListen(listen, "fleet.yaml");
}

function printStart(fleet: FleetFile, url: string, settings: Settings, { console, version }: Program): void {
  if (!console.err.tty) return;
  const count = formatNoun(fleet.appliances.length, "appliance");
  console.note(`steg ${version}   fleet ${escapeControls(fleet.name)}: ${count}, state ${settings.state}`);
  console.note(`Pages ${url}   Ctrl-C ends.`);
}

/** Through the fleet that runs on this state, or by opening the state. */
async function withFleet<T>(
  fleet: FleetFile,
  settings: Settings,
  program: Program,
  use: (operations: FleetOperations) => Promise<T>,
): Promise<T> {
  const running = await connectOperations(settings.state);
  if (running !== undefined) return await use(running);
  const log = await applianceLog({ ...settings, log: "warn" }, program);
  const { state, book, operations } = await openFleet(fleet, settings, log, () => undefined);
  try {
    const result = await use(operations);
    await book.flush();
    return result;
  } finally {
    await state.close();
  }
}

async function ask(operations: FleetOperations, args: Arguments, program: Program): Promise<number> {
  const { console } = program;
  const heads = args.text("heads");
  if (heads !== undefined) {
    for (const head of await operations.fleetHeads({ name: heads })) console.line(JSON.stringify(head));
    return FINE;
  }
  const name = args.text("acknowledge");
  if (name === undefined) return list(await operations.fleetAppliances({}), args, program);
  const ticket = args.text("ticket");
  if (ticket === undefined) throw new BridgeError("USAGE", "--acknowledge needs --ticket", { hint: "steg help fleet" });
  await operations.fleetAcknowledge({ name, ticket, actor: localActor() });
  if (args.flag("json")) console.json({ appliance: name, acknowledged: true });
  else console.line(`${mark(console.out, "✓")} ${escapeControls(name)}: what is there now counts from now on`);
  return FINE;
}

function list(appliances: readonly ApplianceView[], args: Arguments, program: Program): number {
  const { console } = program;
  if (args.flag("json")) console.json(appliances);
  else {
    const columns = [
      { title: "appliance" },
      { title: "state" },
      { title: "heard" },
      { title: "version" },
      { title: "trail" },
    ];
    const rows = appliances.map((one) => ({
      cells: [
        one.appliance,
        one.known ? "known" : `unknown${one.failure === null ? "" : ` (${one.failure})`}`,
        one.seen === null ? NONE : formatMinute(one.seen),
        one.version ?? NONE,
        one.broken === null ? String(one.head?.seq ?? NONE) : `broken: ${one.broken}`,
      ],
    }));
    for (const line of renderTable(console.out, columns, rows)) console.line(line);
  }
  return appliances.every(({ known, broken }) => known && broken === null) ? FINE : UNFINISHED;
}

/** Its pages are about all of them: a token for a part would open nothing. */
function ofFleet<T extends TokenAsked>(request: T): T {
  if ((request.tags ?? []).length === 0) return request;
  throw new BridgeError("TOKEN_INVALID", "a fleet has no roles for a part of its bridges", {
    hint: "Make the token without --tags, or with them on the appliance itself.",
  });
}
