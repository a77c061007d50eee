// steg dead: what failed, by cause. Values never stand here; they are open only to the role clearing.

import { addDays } from "../core/lifecycle/dates.ts";
import type { DeadView, Operations } from "../core/operations/operations.ts";
import { formatCount, formatMinute, formatNoun, NONE } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import type { Look } from "../core/terminal/look.ts";
import { cutEnd, escapeControls, pad, wrap } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Command, Program } from "./command.ts";
import { causeOf, causeText } from "./dead-cause.ts";

const PAGE = 1_000;
const DAY = 86_400_000;
/** Fewer days than this before the payload is erased are marked, and before the legal term ends. */
const SOON = 14;
const DUE_SOON = 2;

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, all: { type: "boolean" } },
  usage: "[BRIDGE | DROP | DEAD-LETTER] [--all] [--json]",
  help: `
Lists the open dead letters, grouped by cause: records that were not delivered, each with the stage, the code and
the place; first what has to be settled first by the bridge's legal term (deadline). A bridge, a drop or a single dead letter (dl-…) limits it. --all shows delivered, dismissed and expired ones too.
Values of records are never shown here; the role clearing sees them in the admin API, with a ticket.`,
  examples: ["steg dead", "steg dead gewerbeanmeldung", "steg dead dl-0193-118", "steg dead --json"],
  words: [0, 1],
  async run(args, program) {
    return await withOperations(args, program, async (operations) => {
      const word = args.positionals[0];
      const json = args.flag("json");
      if (word?.startsWith("dl-") === true) {
        const letter = await operations.deadLetter({ id: word });
        if (json) program.console.json([deadJson(letter)]);
        else printOne(program, letter);
        return FINE;
      }
      const letters = await findLetters(operations, word, args.flag("all"));
      if (json) program.console.json(letters.map(deadJson));
      else printCauses(program, letters, word);
      return FINE;
    });
  },
};

/** Dead letters of a bridge or a drop; without a word all. BRIDGE_UNKNOWN where it is neither. */
export async function findLetters(
  operations: Operations,
  word: string | undefined,
  all: boolean,
): Promise<readonly DeadView[]> {
  const filter = word === undefined ? {} : await whichFilter(operations, word);
  const letters: DeadView[] = [];
  for (;;) {
    const page = await operations.dead({
      ...filter,
      ...(!all && { state: "open" }),
      limit: PAGE,
      after: letters.at(-1)?.id,
    });
    letters.push(...page);
    if (page.length < PAGE) return letters;
  }
}

async function whichFilter(operations: Operations, word: string): Promise<{ bridge: string } | { drop: string }> {
  const bridges = await operations.bridges({});
  if (bridges.some((one) => one.bridge === word)) return { bridge: word };
  const drop = await operations.drop({ id: word }).catch(() => undefined);
  if (drop !== undefined) return { drop: word };
  // Neither: the error about bridges says more, because their names are known.
  await operations.bridges({ bridge: word });
  return { bridge: word };
}

function deadJson(letter: DeadView): object {
  const { id, bridge, drop, record, stage, code, message, attempts } = letter;
  return { id, bridge, drop, record, stage, code, message, attempts };
}

function printOne(program: Program, letter: DeadView): void {
  const { console } = program;
  const records =
    letter.last > letter.record ? `records ${letter.record} to ${letter.last}` : `record ${letter.record}`;
  const place = letter.line > 0 ? `${records}, line ${letter.line}` : records;
  console.line(`${letter.id}   ${letter.bridge}   ${letter.state}`);
  console.line(`  ${letter.stage}   ${letter.code}   ${escapeControls(letter.message)}`);
  console.line(`  drop ${letter.drop} ${escapeControls(letter.dropName)}   ${place}`);
  console.line(
    `  ${formatNoun(letter.attempts, "attempt")}, since ${formatMinute(letter.created)}${dueText(letter)}${erasedText(letter)}`,
  );
  if (letter.closedBy !== null)
    console.line(`  closed by ${escapeControls(letter.closedBy)}: ${escapeControls(letter.closedReason ?? NONE)}`);
  if (letter.state !== "open") return;
  console.line();
  if (letter.hint !== "") console.line(letter.hint);
  console.line(`Try again: steg replay ${letter.id}   Close: steg dismiss ${letter.id} --reason TEXT`);
}

function daysUntil(letter: DeadView): number | undefined {
  return letter.erased === null ? undefined : Math.max(0, Math.floor((Date.parse(letter.erased) - Date.now()) / DAY));
}

function erasedText(letter: DeadView): string {
  const days = daysUntil(letter);
  return days === undefined ? "" : `, erased in ${formatNoun(days, "day")}`;
}

/** The last day of the legal term, which ends at 24:00. */
function dueText(letter: DeadView): string {
  if (letter.due === null) return "";
  const lastDay = addDays(letter.due.slice(0, 10), -1);
  return Date.parse(letter.due) <= Date.now() ? `, term ended ${lastDay}` : `, due ${lastDay} 24:00`;
}

/** Whether somebody has to look now. */
function isUrgent(letter: DeadView): boolean {
  const days = daysUntil(letter);
  const isDue = letter.due !== null && Date.parse(letter.due) - Date.now() < DUE_SOON * DAY;
  return isDue || (days !== undefined && days < SOON);
}

interface Cause {
  readonly letters: readonly [DeadView, ...DeadView[]];
  readonly first: DeadView;
  readonly records: number;
  /** The first legal term of them to end; without one behind all others. */
  readonly due: number;
}

function printCauses(program: Program, letters: readonly DeadView[], word: string | undefined): void {
  const { console } = program;
  const look = console.out;
  const causes = [
    ...Map.groupBy(letters, (letter) =>
      JSON.stringify([letter.bridge, letter.stage, letter.code, causeOf(letter)]),
    ).values(),
  ]
    .map((group): Cause => ({
      letters: group as [DeadView, ...DeadView[]],
      first: group[0] as DeadView,
      records: group.reduce((sum, one) => sum + one.last - one.record + 1, 0),
      due: Math.min(...group.map(dueTime)),
    }))
    .toSorted((a, b) => a.due - b.due || b.records - a.records || (a.first.id < b.first.id ? -1 : 1));
  const bridgeWidth = Math.max(0, ...causes.map((cause) => cause.first.bridge.length));
  const codeWidth = Math.max(0, ...causes.map((cause) => cause.first.code.length));
  for (const cause of causes) {
    const { bridge, stage, code } = cause.first;
    const start = `${pad(formatCount(cause.records), 4, "right")}  ${pad(bridge, bridgeWidth)}  ${pad(stage, 8)}  ${pad(code, codeWidth)}  `;
    // The message is what one looks for, so it is wrapped, never cut.
    const [line, ...more] = wrap(escapeControls(causeText(cause.letters)), Math.max(20, look.width - start.length));
    console.line(start + (line ?? ""));
    for (const rest of more) console.line(" ".repeat(start.length) + rest);
    for (const line of dropLines(look, cause.letters)) console.line(line);
  }
  if (causes.length > 0) console.line();
  const first = letters[0];
  if (first === undefined) {
    console.line(`${mark(look, "✓")} no open dead letters`);
    return;
  }
  const total = letters.reduce((sum, one) => sum + one.last - one.record + 1, 0);
  const replay = word ?? first.bridge;
  console.line(
    `${formatNoun(total, "dead letter")}, ${formatNoun(causes.length, "cause")}. One: steg dead ${first.id}. Try again: steg replay ${replay}`,
  );
}

function dueTime({ due }: DeadView): number {
  return due === null ? Number.MAX_SAFE_INTEGER : Date.parse(due);
}

function dropLines(look: Look, letters: readonly DeadView[]): readonly string[] {
  const groups = [...Map.groupBy(letters, (letter) => letter.drop).values()].toSorted(
    ([a], [b]) => dueTime(a as DeadView) - dueTime(b as DeadView),
  );
  const lines = groups.slice(0, 3).map((group) => {
    const one = group[0] as DeadView;
    const records = recordsText(look, group);
    const soon = isUrgent(one) ? `   ${mark(look, "!")}` : "";
    const when = `${dueText(one)}${erasedText(one)}`.replaceAll(", ", "   ");
    return `      drop ${one.drop} ${cutEnd(look, escapeControls(one.dropName), 30)}   records ${records}${when}${soon}`;
  });
  if (groups.length > 3)
    lines.push(`      ${paint(look, "dim", `${sign(look, "…")} ${formatNoun(groups.length - 3, "more drop")}`)}`);
  return lines;
}

/** `118 131 140 … 402`: enough to recognise, never a wall of numbers. */
function recordsText(look: Look, letters: readonly DeadView[]): string {
  const numbers = letters.map((one) => (one.last > one.record ? `${one.record}-${one.last}` : String(one.record)));
  if (numbers.length <= 5) return numbers.join(" ");
  return [...numbers.slice(0, 3), sign(look, "…"), numbers.at(-1)].join(" ");
}
