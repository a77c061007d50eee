// steg up --once: take what lies there, bring it to its end, say what came of it.

import type { Worker } from "node:worker_threads";
import type { Log } from "../core/contract.ts";
import type { OnceFigures } from "../core/pipeline/appliance.ts";
import { engineFamilies } from "../core/pipeline/engine-tally.ts";
import { serveOperations } from "../core/operations/socket.ts";
import { formatCount, formatDuration, formatNoun, formatSize } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import type { Settings } from "../core/settings.ts";
import { createRunDisplay } from "./run-display.ts";
import { escapeControls, pad } from "../core/terminal/text.ts";
import type { RefusedBridge } from "../core/operations/admission.ts";
import {
  durationOf,
  ENVIRONMENT_FAULT,
  FINE,
  INPUT_FAULT,
  INTERRUPTED,
  noBridges,
  settingsOf,
  UNFINISHED,
} from "./command.ts";
import type { Arguments, Program } from "./command.ts";
import { openMachine, type Machine } from "./machine.ts";
import { measuringOf } from "./measuring.ts";
import { finishing, logInternal } from "./service.ts";

const PATIENCE = 60_000;

export async function runOnce(args: Arguments, program: Program, thread: Worker): Promise<number> {
  const settings = await settingsOf(args, program);
  const patience = durationOf(args, "patience") ?? PATIENCE;
  const { createLog } = await import("../core/log.ts");
  const quiet = settings.log === "info" ? "warn" : settings.log;
  const display = createRunDisplay(program.console);
  const look = program.console.err.tty ? program.console.err : undefined;
  const log = createLog({
    level: quiet,
    stream: { write: (text) => (display.clear(), program.console.stderr.write(text)) },
    look,
  });
  const stop = new AbortController();
  const machine = await openMachine(settings, program, {
    log,
    enter: true,
    progress: (progress) => display.show(progress),
    signal: stop.signal,
    thread,
  });
  try {
    await (await machine.watch()).tick();
    const appliance = await machine.appliance();
    const refused = await machine.refused();
    const socket = await serveOperations(settings.state, machine.operations, (cause) => logInternal(log, cause));
    program.interrupt.describe(() => finishing(appliance));
    const started = performance.now();
    display.watch(() => appliance.status());
    try {
      const figures = await appliance.once({ patience, signal: program.interrupt.signal });
      display.end();
      await measureOnce(machine, settings, log, program.interrupt.signal);
      await pushOnce(machine, program.version);
      printRefused(program, refused);
      if (figures.length + refused.length === 0)
        program.console.note(`${mark(program.console.err, "!")} ${noBridges(settings)}`);
      if (args.flag("json")) program.console.json({ bridges: figures.map(figuresJson) });
      else printSummary(program, figures, performance.now() - started, patience);
      return program.interrupt.signal.aborted ? INTERRUPTED : exitCode(figures, refused);
    } finally {
      display.end();
      await socket.close();
    }
  } finally {
    stop.abort();
    await machine.close();
  }
}

/** Successors whose turn to be asked has come; one that does not answer changes nothing of what this run says. */
async function measureOnce(machine: Machine, settings: Settings, log: Log, signal: AbortSignal): Promise<void> {
  const { bridges } = await machine.admission();
  if (signal.aborted || !bridges.some(({ probe }) => probe)) return;
  const { lookOnce } = await import("../core/operations/progress-watch.ts");
  await lookOnce(await measuringOf(machine, settings, log, (cause) => logInternal(log, cause)), bridges, signal);
}

/** Nobody scrapes a run that ends: its figures are sent once, where an address for OTLP is set. */
async function pushOnce(machine: Machine, version: string): Promise<void> {
  const { operations, tally } = machine;
  const telemetry = await machine.telemetry();
  if (!telemetry) return;
  const { gatherFigures } = await import("../core/http/gather-figures.ts");
  const { createCallTally } = await import("../core/calls/tally.ts");
  const zones = new Map((await machine.admission()).bridges.map(({ name, timezone }) => [name, timezone]));
  const zoneOf = (bridge: string): string => zones.get(bridge) ?? "Europe/Berlin";
  const engine = () => [...engineFamilies(tally, []), ...telemetry.families()];
  const figures = () => gatherFigures({ operations, version, zoneOf, engine }, createCallTally());
  await telemetry.push(figures, AbortSignal.abort());
}

/** Precedence: the input is at fault (1), records stay pending (3), dead letters (2), fine (0). */
export function exitCode(
  figures: readonly Pick<OnceFigures, "dead" | "pending" | "why" | "term" | "awaits">[],
  refused: readonly Pick<RefusedBridge, "fault">[],
): number {
  if (refused.some((one) => one.fault === "input")) return INPUT_FAULT;
  if (refused.length > 0) return ENVIRONMENT_FAULT;
  if (figures.some(isLeft)) return ENVIRONMENT_FAULT;
  return figures.some((one) => one.dead > 0) ? UNFINISHED : FINE;
}

/** What waits for the end of its term, or for files that come beside it, is no fault, as long as nothing else is. */
function isLeft({ pending, why, term, awaits }: Pick<OnceFigures, "pending" | "why" | "term" | "awaits">): boolean {
  return why !== undefined || (pending > 0 && term === undefined && awaits === undefined);
}

function figuresJson(figures: OnceFigures): object {
  const { bridge, drops, records, delivered, skipped, dead, pending, term, notReady, awaits, attachments } = figures;
  return {
    bridge,
    drops,
    records,
    delivered,
    skipped,
    dead,
    pending,
    ...(term && { openUntil: new Date(term.until).toISOString() }),
    ...(notReady > 0 && { notReady }),
    ...(awaits && { awaits: { records: awaits.records, until: new Date(awaits.until).toISOString() } }),
    ...(attachments && { attachments }),
  };
}

function printRefused(program: Program, refused: readonly RefusedBridge[]): void {
  const { console } = program;
  for (const one of refused) {
    console.note(`${mark(console.err, "✗")} ${escapeControls(one.why)}`);
    console.note(one.replaced ? "  Its last valid version ran instead." : `  It did not run: steg check ${one.file}`);
  }
}

const TITLES = ["drops", "records", "delivered", "skipped", "dead", "pending"] as const;
const WIDTHS: Readonly<Record<(typeof TITLES)[number], number>> = {
  drops: 7,
  records: 11,
  delivered: 12,
  skipped: 9,
  dead: 7,
  pending: 9,
};

function printAttachments({ console }: Program, { bridge, awaits, attachments }: OnceFigures): void {
  const look = console.out;
  if (awaits !== undefined) {
    console.line(`${mark(look, "→")} ${bridge}: ${awaits.says}`);
  }
  if (attachments === undefined) return;
  const { waiting, unassigned } = attachments;
  if (waiting > 0)
    console.line(`${mark(look, "→")} ${bridge}: ${formatNoun(waiting, "attachment")} that no record has named yet`);
  if (unassigned > 0)
    console.line(
      `${mark(look, "!")} ${bridge}: ${formatNoun(unassigned, "attachment")} without a record: steg drops ${bridge} --attachments`,
    );
}

function printSummary(program: Program, figures: readonly OnceFigures[], elapsed: number, patience: number): void {
  const { console } = program;
  const look = console.out;
  const width = Math.max(16, ...figures.map((one) => one.bridge.length));
  const cells = (row: Pick<OnceFigures, (typeof TITLES)[number]>): string =>
    TITLES.map((title) => pad(formatCount(row[title]), WIDTHS[title], "right")).join("");
  const head = `  ${pad("bridge", width)}${TITLES.map((title) => pad(title, WIDTHS[title], "right")).join("")}`;
  console.line(paint(look, "dim", head));
  // Worst first: pending, then dead, then the rest by name.
  const sorted = figures.toSorted((a, b) => b.pending - a.pending || b.dead - a.dead || (a.bridge < b.bridge ? -1 : 1));
  for (const one of sorted) {
    console.line(`  ${pad(one.bridge, width)}${cells(one)}`);
  }
  const total = { drops: 0, records: 0, delivered: 0, skipped: 0, dead: 0, pending: 0 };
  for (const one of figures) for (const title of TITLES) total[title] += one[title];
  if (figures.length > 1) {
    console.line(`  ${paint(look, "dim", sign(look, "─").repeat(head.length - 2))}`);
    console.line(`  ${pad("", width)}${cells(total)}`);
  }
  console.line();
  for (const { bridge, term } of sorted) {
    if (term !== undefined) console.line(`${mark(look, "→")} ${bridge}: ${term.says}`);
  }
  for (const { bridge, notReady } of sorted.filter((one) => one.notReady > 0)) {
    const files = notReady === 1 ? "1 file is" : `${formatCount(notReady)} files are`;
    const why = "not complete yet: no marker, or still growing; the next run looks again";
    console.line(`${mark(look, "→")} ${bridge}: ${files} ${why}`);
  }
  for (const one of sorted) printAttachments(program, one);
  for (const one of sorted.filter(isLeft)) {
    const why = one.why ?? `the target did not take them within ${formatDuration(patience)} (--patience)`;
    const left =
      one.pending === 0 ? "" : `${formatNoun(one.pending, "record")} ${one.pending === 1 ? "stays" : "stay"} pending: `;
    console.line(`${mark(look, "!")} ${one.bridge}: ${left}${escapeControls(why)}`);
  }
  for (const one of sorted.filter((row) => row.dead > 0)) {
    console.line(`${mark(look, "!")} ${formatNoun(one.dead, "dead letter")}: steg dead ${one.bridge}`);
  }
  const rate = elapsed > 0 ? Math.round((total.records / elapsed) * 1_000) : 0;
  const peak = formatSize(process.resourceUsage().maxRSS * 1024);
  console.line(`${formatDuration(elapsed)}, ${formatCount(rate)} records/s, peak ${peak}`);
}
