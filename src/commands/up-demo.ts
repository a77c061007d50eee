// steg up --demo: the shipped examples on a fresh state, each with a sample drop, for as long as the terminal stays open.

import { rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Worker } from "node:worker_threads";
import { BridgeError } from "../core/errors.ts";
import type { DropView } from "../core/operations/operations.ts";
import { reasonInGerman } from "../core/pipeline/reasons.ts";
import { loadSettings } from "../core/settings.ts";
import type { Settings } from "../core/settings.ts";
import { formatCount, formatDuration, formatNoun } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import type { Sign } from "../core/terminal/look.ts";
import { escapeControls, pad, wrap } from "../core/terminal/text.ts";
import { ENVIRONMENT_FAULT, FINE } from "./command.ts";
import type { Arguments, Program } from "./command.ts";
import { demoFolder, placeSamples, startReceiver } from "./demo-surroundings.ts";
import type { Sample } from "./demo-surroundings.ts";
import { openMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { applianceLog, finishing, startService } from "./service.ts";
import type { Service } from "./service.ts";

const MOST_WAIT = 20_000;
const POLL = 100;
const MOST_SHOWN = 5;

export async function runDemo(args: Arguments, program: Program, thread: Worker): Promise<number> {
  for (const name of ["state", "policy", "patience", "json"]) {
    if (args.text(name) !== undefined || args.flag(name))
      throw new BridgeError(
        "USAGE",
        `--${name} does not go with --demo, which has a fresh state and shows what it does`,
      );
  }
  const started = performance.now() - process.uptime() * 1_000;
  const folder = await demoFolder();
  const receiver = await startReceiver();
  try {
    const dir = args.text("dir") ?? (relative(program.cwd, join(program.home, "mappings")) || ".");
    const env = {
      STEG_LOG: "warn",
      ...program.env,
      STEG_DATA: join(folder, "data"),
      STEG_KEY_FILE: "",
    };
    const quiet: Program = { ...program, env: { ...env, ...receiver.environment(dir) } };
    const settings = await loadSettings({
      env: quiet.env,
      cwd: program.cwd,
      flags: { dir, state: join(folder, "state") },
    });
    const samples = await placeSamples(dir, program.home, settings.data);
    return await runOn(settings, quiet, { folder, samples, started, once: args.flag("once"), thread });
  } finally {
    await receiver.close();
    // With --once nobody is left to look while it runs: the results stay until the next demo.
    if (!args.flag("once")) await rm(folder, { recursive: true, force: true });
  }
}

interface Demo {
  readonly folder: string;
  readonly samples: readonly Sample[];
  readonly started: number;
  readonly once: boolean;
  readonly thread: Worker;
}

async function runOn(settings: Settings, program: Program, demo: Demo): Promise<number> {
  const { folder, samples, started, once, thread } = demo;
  const log = await applianceLog(settings, program);
  const stop = new AbortController();
  const machine = await openMachine(settings, program, { log, enter: true, signal: stop.signal, thread });
  const signal = AbortSignal.any([program.interrupt.signal, stop.signal]);
  try {
    const service = await startWhereFree(machine, settings, program, log, signal);
    try {
      program.interrupt.describe(() => finishing(service.appliance));
      const { token } = await machine.operations.tokenBook.create({
        name: "demo",
        role: "operator",
        actor: "system",
        now: Date.now(),
      });
      const running = service.appliance.run(signal);
      // Its failure ends the demo below; until then it must not count as unhandled.
      running.catch(() => undefined);
      const header = join(settings.state, "demo-header");
      await writeFile(header, `Authorization: Bearer ${token}\n`, { mode: 0o600 });
      const { first, complete } = await waitForMessages(machine, samples.length, signal);
      const elapsed = first === undefined ? undefined : first - started;
      if (!signal.aborted) await printDemo(program, machine, service, { folder, samples, header, once, elapsed });
      if (once) stop.abort(new DOMException("the demo is over", "AbortError"));
      await running;
      return complete || !once ? FINE : ENVIRONMENT_FAULT;
    } finally {
      await service.close();
    }
  } finally {
    stop.abort();
    await machine.close();
  }
}

/** The usual port, unless it is taken and nobody asked for it. */
async function startWhereFree(
  machine: Machine,
  settings: Settings,
  program: Program,
  log: Parameters<typeof startService>[3],
  signal: AbortSignal,
): Promise<Service> {
  try {
    return await startService(machine, settings, program, log, signal);
  } catch (cause) {
    const taken =
      cause instanceof BridgeError && cause.code === "LISTEN_FAILED" && settings.origin("listen") === "default";
    if (!taken) throw cause;
    return await startService(machine, { ...settings, listen: { host: "127.0.0.1", port: 0 } }, program, log, signal);
  }
}

interface Came {
  /** When the first message was delivered. */
  readonly first: number | undefined;
  /** Whether all drops are done. */
  readonly complete: boolean;
}

/** Resolves once all drops are done, or after 20 s. */
async function waitForMessages(machine: Machine, count: number, signal: AbortSignal): Promise<Came> {
  const deadline = performance.now() + MOST_WAIT;
  let first: number | undefined;
  while (!signal.aborted && performance.now() < deadline) {
    const drops = await machine.operations.drops({ limit: 100 });
    if (drops.some((drop) => drop.delivered > 0)) first ??= performance.now();
    if (drops.length >= count && drops.every((drop) => drop.state !== "open")) return { first, complete: true };
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  return { first, complete: false };
}

interface Shown {
  readonly folder: string;
  readonly samples: readonly Sample[];
  /** A file with the header that signs in, so that the token stands on no screen and in no shell's history. */
  readonly header: string;
  readonly once: boolean;
  /** undefined: nothing was delivered. */
  readonly elapsed: number | undefined;
}

async function printDemo(program: Program, machine: Machine, service: Service, shown: Shown): Promise<void> {
  const { console } = program;
  const look = console.out;
  const drops = await machine.operations.drops({ limit: 1_000 });
  console.line();
  const stays = shown.once ? "kept until the next demo" : "removed on exit";
  console.line(`  steg ${program.version}   demo: fresh state in ${shown.folder}, ${stays}`);
  console.line();
  const views = await machine.operations.bridges({});
  const width = Math.max(...views.map((view) => view.bridge.length));
  for (const view of views) {
    const bridge = service.appliance.bridges.find((one) => one.name === view.bridge);
    const format = /(xml|json|csv)/.exec(bridge?.ways[0]?.template.contentType ?? "")?.[1]?.toUpperCase() ?? "text";
    const way = pad(`${bridge?.source.name ?? "?"} ${sign(look, "→")} ${format}`, 16);
    if (view.trouble !== null) {
      console.line(`  ${mark(look, "!")} ${pad(view.bridge, width)}  ${way} ${escapeControls(view.trouble)}`);
      continue;
    }
    const own = drops.filter((drop) => drop.bridge === view.bridge);
    const sum = (of: (drop: DropView) => number): number => own.reduce((total, drop) => total + of(drop), 0);
    const [delivered, dead] = [sum((drop) => drop.delivered), sum((drop) => drop.dead)];
    const start: Sign = dead > 0 ? "!" : "✓";
    const counts = [
      pad(formatNoun(own.length, "drop"), 8),
      pad(`${formatCount(delivered)} delivered`, 16, "right"),
      pad(dead > 0 ? `${formatCount(dead)} dead` : "", 10, "right"),
    ];
    console.line(`  ${mark(look, start)} ${pad(view.bridge, width)}  ${way} ${counts.join("")}`.trimEnd());
  }
  console.line();
  for (const line of await refusals(machine, drops)) {
    const [head = "", ...more] = wrap(escapeControls(line), look.width - 8);
    console.line(`    ${head}`);
    for (const rest of more) console.line(`          ${rest}`);
  }
  console.line();
  for (const [name, text] of hints(program, service, shown)) console.line(`  ${pad(name, 10)}  ${text}`);
  console.line();
  const came =
    shown.elapsed === undefined
      ? `${mark(look, "✗")} no message came through within ${formatDuration(MOST_WAIT)}.`
      : `  ${formatDuration(shown.elapsed)} from start to first message.`;
  console.line(`${came}${shown.once ? "" : `  ${paint(look, "dim", "Ctrl-C ends the demo.")}`}`);
}

/** The refused records as the receipts say it: German, because a clerk reads it. */
async function refusals(machine: Machine, drops: readonly DropView[]): Promise<readonly string[]> {
  const letters = await machine.state.journal.dead({ state: "open", limit: MOST_SHOWN });
  const names = new Map(drops.map((drop) => [drop.id, drop.name]));
  const lines = letters.map(
    (letter) =>
      `${names.get(letter.drop) ?? letter.drop}, Satz ${letter.first} (Zeile ${letter.line}): ${reasonInGerman(letter)}`,
  );
  return lines.length === 0 ? [] : ["Klärfälle (so steht es in der Quittung):", ...lines.map((line) => `  ${line}`)];
}

function hints(
  program: Program,
  service: Service,
  { folder, samples, header, once }: Shown,
): readonly (readonly [string, string])[] {
  const state = `--state ${join(folder, "state")}`;
  const [first] = samples;
  const api: readonly (readonly [string, string])[] = once
    ? []
    : [
        ["Dashboard", service.http.wayIn({ actor: "token:demo", grants: [{ role: "operator", tags: [] }] })],
        ["", "signs in once, within 10 minutes, on this machine"],
        ["Admin API", `curl -H @${header} ${service.http.url}api/v1/bridges`],
      ];
  return [
    ["Look", `${join(folder, "data")}   messages in …/ausgang, receipts in …/quittungen`],
    ...api,
    ["Try", `npx steg drops ${state}`],
    ["", `npx steg dead ${state}`],
    ...(first === undefined
      ? []
      : [
          ["", `npx steg try ${first.bridge} ${relative(program.cwd, first.from)} --record 1`] as const,
          ...(once
            ? []
            : [["", `head -n 3 ${relative(program.cwd, first.from)} > ${join(first.to, first.next)}`] as const]),
        ]),
  ];
}
