// steg sunset: when every bridge ends, worst first; exit 2 if one is overdue.

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BridgeError } from "../core/errors.ts";
import { renderCalendar } from "../core/lifecycle/calendar/calendar.ts";
import { lifecycleCsv } from "../core/lifecycle/report-csv.ts";
import { lifecycleSheet } from "../core/lifecycle/report-sheet.ts";
import type { ReportSheet } from "../core/lifecycle/report-sheet.ts";
import type { Milestone } from "../core/lifecycle/milestones.ts";
import type { LifecycleView, Operations } from "../core/operations/operations.ts";
import type { RetirementView } from "../core/lifecycle/retirement/retirement.ts";
import type { LifecycleRow } from "../core/lifecycle/state-report.ts";
import { formatCount, formatDuration, formatMinute, formatNoun, NONE, UNKNOWN } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import type { Paint, Sign } from "../core/terminal/look.ts";
import { renderTable } from "../core/terminal/table.ts";
import type { Row } from "../core/terminal/table.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, settingsOf, STATE, UNFINISHED } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { lifecycleFromFiles } from "./lifecycle-from-files.ts";
import type { Listed } from "./lifecycle-from-files.ts";
import { createLoader } from "./load.ts";
import { localActor } from "./replay.ts";

/** Healthy bridges that end within this many days are shown; the rest is a count. */
const NEAR = 90;
const SHOWN_HEALTHY = 5;

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    all: { type: "boolean" },
    ics: { type: "boolean" },
    csv: { type: "boolean" },
    pdf: { type: "string" },
    "confirm-clock": { type: "boolean" },
  },
  usage: "[--all] [--json | --ics | --csv | --pdf FILE] [--confirm-clock]",
  help: `
Shows when every bridge ends, computed from its dates, the ledger and the clock: overdue first, then what is not measured,
then what ends next. Exit code 2 if a bridge is overdue (it has ended, and drops are held or callers still come; or a measured milestone
was missed) or in Notbetrieb, so it can stand in a build.
Where there is no state yet it reads the bridge files alone. --ics writes a calendar (RFC 5545) with ends, milestones and brownouts, --csv a table for spreadsheets,
--pdf FILE a German sheet to print.
--confirm-clock vouches for the machine's clock after a jump.`,
  examples: [
    "steg sunset",
    "steg sunset --all",
    "steg sunset --ics > enden.ics",
    "steg sunset --pdf enden.pdf",
    "steg sunset --json | jq '.[] | select(.daysLeft < 90)'",
  ],
  words: [0, 0],
  async run(args, program) {
    const settings = await settingsOf(args, program);
    const form = formOf(args);
    const { policy } = await createLoader(settings, program);
    const { view, outlines, absent } = existsSync(settings.state)
      ? await withOperations(args, program, async (operations) => await read(operations, args.flag("confirm-clock")))
      : await lifecycleFromFiles(settings, program);
    if (form === "json") program.console.json(view.rows.map(rowJson));
    else if (form === "ics") program.console.write(renderCalendar(outlines, Date.parse(view.now)));
    else if (form === "csv") program.console.write(lifecycleCsv(view.rows, outlines));
    else if (form === "pdf")
      await writePdf(args, program, lifecycleSheet(view.rows, outlines, absent, view.now), view.now);
    else print(program, view, args.flag("all"), policy.extensions.most);
    // A list that is not whole must not pass for one, neither on a screen nor in a build's log.
    for (const why of absent)
      program.console.note(`${mark(program.console.err, "✗")} not in this list: ${escapeControls(why)}`);
    return view.rows.some((row) => row.overdue || row.notbetriebUntil !== null) ? UNFINISHED : FINE;
  },
};

const FORMS = ["json", "ics", "csv", "pdf"] as const;

/** undefined = for people. USAGE where two are asked for at once. */
function formOf(args: Arguments): (typeof FORMS)[number] | undefined {
  const [form, other] = FORMS.filter((name) => args.flag(name) || args.text(name) !== undefined);
  if (other !== undefined) throw new BridgeError("USAGE", `--${form} and --${other} exclude each other`);
  return form;
}

/** FILE_UNREADABLE; what lies there stays. */
async function writePdf(args: Arguments, program: Program, sheet: ReportSheet, now: string): Promise<void> {
  const name = args.text("pdf") ?? "";
  const write = await (await program.adapters()).openReportWriter();
  const bytes = await write(sheet, Date.parse(now));
  try {
    await writeFile(resolve(program.cwd, name), bytes, { flag: "wx" });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const why = exists ? "exists already and is not overwritten" : "cannot be written";
    throw new BridgeError("FILE_UNREADABLE", `${name} ${why}`, { cause });
  }
  program.console.note(`${mark(program.console.err, "✓")} ${escapeControls(name)}`);
}

async function read(operations: Operations, confirm: boolean): Promise<Listed> {
  if (confirm) await operations.confirmClock({ actor: localActor() });
  const view = await operations.lifecycle({});
  const { bridges: outlines } = await operations.outlines({});
  const rows = new Set(view.rows.map((row) => row.bridge));
  const absent = (await operations.bridges({})).filter((one) => !rows.has(one.bridge));
  return { view, outlines, absent: absent.map((one) => one.trouble ?? one.bridge) };
}

function rowJson(row: LifecycleRow): object {
  const { bridge, state, started, deprecated, sunset, daysLeft, extended, owner, successor, notbetriebUntil } = row;
  const { silentSince, observedFrom, days, cycle } = row.retirement ?? {};
  const missed = row.milestones.filter((one) => one.state === "missed").map(({ by }) => by);
  return {
    bridge,
    state,
    started,
    deprecated,
    sunset,
    daysLeft,
    extended,
    owner,
    successor,
    ...(notbetriebUntil !== null && { notbetriebUntil }),
    ...(row.retirement?.proposed === true && { retire: { silentSince, observedFrom, days, cycle } }),
    ...(row.successorShare !== null && { successorShare: row.successorShare }),
    ...(missed.length > 0 && { missed }),
  };
}

/** Whole per cents, rounded down: what is not reached must not look so. */
function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)} %`;
}

function missedLine({ by, wanted, measured }: Milestone, now: number | null): string {
  const since = now === null ? "" : `, now ${percent(now)}`;
  return `milestone missed ${by}: successor ${percent(measured ?? 0)} instead of ${percent(wanted ?? 0)}${since}`;
}

function print(program: Program, view: LifecycleView, all: boolean, mostExtensions: number): void {
  const { console } = program;
  const look = console.out;
  if (view.alarm !== null) {
    const way = view.alarm.kind === "ahead" ? "ahead of" : "behind";
    console.line(
      `${mark(look, "!")} the clock is ${formatDuration(view.alarm.by)} ${way} what was recorded: no state changes until it is plausible`,
    );
    if (view.alarm.kind === "ahead") console.line("  If it is right now: steg sunset --confirm-clock");
    console.line();
  }
  const notable = view.rows.filter(isNotable);
  const healthy = view.rows.filter((row) => !notable.includes(row));
  const shown = all ? view.rows : [...notable, ...healthy.slice(0, notable.length === 0 ? SHOWN_HEALTHY : 1)];
  if (shown.length > 0)
    for (const line of renderTable(
      look,
      COLUMNS,
      shown.map((row) => rowOf(row, mostExtensions)),
    ))
      console.line(line);
  const folded = view.rows.length - shown.length;
  if (folded > 0) console.line(`  ${formatCount(folded)} more in plan (--all)`);
  if (view.rows.length > 0) console.line();
  const overdue = view.rows.filter((row) => row.overdue).length;
  const open = view.rows.filter((row) => row.notbetriebUntil !== null).length;
  const unmeasured = view.rows.filter((row) => row.notMeasured.length > 0).length;
  const parts = [
    ...(overdue > 0 ? [`${formatCount(overdue)} overdue`] : []),
    ...(open > 0 ? [`${formatCount(open)} in Notbetrieb`] : []),
    ...(unmeasured > 0 ? [`${formatCount(unmeasured)} not measured`] : []),
  ];
  console.line(
    parts.length > 0 ? parts.join(", ") : `${mark(look, "✓")} ${formatNoun(view.rows.length, "bridge")}, none overdue`,
  );
}

function isNotable(row: LifecycleRow): boolean {
  if (signOf(row) !== undefined || row.retirement?.proposed === true) return true;
  return row.daysLeft >= 0 && row.daysLeft <= NEAR && row.state !== "retired";
}

const COLUMNS = [
  { title: "bridge", cut: "end" as const, least: 20 },
  { title: "state" },
  { title: "ends" },
  { title: "left", align: "right" as const },
  { title: "moved", align: "right" as const },
  { title: "callers", align: "right" as const },
  { title: "owner", cut: "end" as const },
];

function signOf(row: LifecycleRow): Sign | undefined {
  if (row.overdue || row.state === "notbetrieb") return "✗";
  if (row.state === "sunset" || row.state === "retired") return undefined;
  if (row.state === "extended") return "◐";
  if (row.notMeasured.length > 0) return "?";
  return row.state === "deprecated" ? "!" : undefined;
}

/** People decide; the command stands beside it. */
function retirementLine({ proposed, silentSince, observedFrom, days }: RetirementView): string {
  if (!proposed) return "nothing held, nothing open: steg retire";
  const since = silentSince === null ? "never used" : `silent since ${silentSince.slice(0, 10)}`;
  return `${since}, watched since ${(observedFrom ?? "").slice(0, 10)}, ${days} days are enough: steg retire`;
}

function rowOf(row: LifecycleRow, mostExtensions: number): Row {
  const start = signOf(row);
  const isOpen = row.notbetriebUntil !== null;
  const paints: Record<number, Paint> = isOpen ? { 1: "red", 3: "red" } : row.overdue ? { 3: "red" } : {};
  const below = [
    ...(isOpen ? [`Notbetrieb until ${formatMinute(row.notbetriebUntil ?? "")}`] : []),
    ...(row.held > 0 && !isOpen ? [`${formatNoun(row.held, "drop")} held: hand them over, or extend`] : []),
    ...(row.held > 0 && isOpen ? [`${formatNoun(row.held, "drop")} still held: they go on in their order`] : []),
    ...(row.knocking > 0
      ? [`${formatNoun(row.knocking, "caller")} still ${row.knocking === 1 ? "comes" : "come"}`]
      : []),
    ...row.milestones.filter(({ state }) => state === "missed").map((one) => missedLine(one, row.successorShare)),
    ...row.notMeasured.map((by) => `milestone ${by}: successor share not measured`),
    ...(row.retirement?.allowed === true ? [retirementLine(row.retirement)] : []),
  ];
  return {
    ...(start !== undefined && { sign: start }),
    cells: [
      row.bridge,
      row.state === "sunset" ? "ended" : row.state,
      row.sunset,
      String(row.daysLeft),
      row.extensions === 0 ? NONE : `${row.extensions} of ${mostExtensions}`,
      // Bridges that take files have no callers; what is held stands for those who still knock.
      row.held > 0
        ? "held"
        : row.callers > 0
          ? `${row.using} of ${row.callers}`
          : row.notMeasured.length > 0
            ? UNKNOWN
            : NONE,
      row.owner,
    ],
    paints,
    below,
  };
}
