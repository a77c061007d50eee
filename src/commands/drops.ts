// steg drops: what came.

import type { BridgeView, DropView, ExpectedView, Operations } from "../core/operations/operations.ts";
import { formatCount, formatMinute, formatNoun, NONE, UNKNOWN } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import type { Sign } from "../core/terminal/look.ts";
import { renderTable } from "../core/terminal/table.ts";
import type { Row } from "../core/terminal/table.ts";
import { withOperations } from "./access.ts";
import { showAttachments } from "./drops-attachments.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Command, Program } from "./command.ts";

const PAGE = 1_000;
/** Fine drops that people are shown; the rest is a count. */
const SHOWN = 20;

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, all: { type: "boolean" }, attachments: { type: "boolean" } },
  usage: "[BRIDGE] [--attachments] [--all] [--json]",
  help: `
Lists the drops that were taken: those that need somebody first, then the newest.
BRIDGE limits it to one bridge, --all shows every drop.
--attachments lists the files that came beside the records (receive.attach): those that belong to no record first.
records = delivered + skipped + dead + pending, always; ? means that decoding has not reached the end.`,
  examples: ["steg drops", "steg drops gewerbeanmeldung --all", "steg drops --json | jq '.[] | select(.pending > 0)'"],
  words: [0, 1],
  async run(args, program) {
    return await withOperations(args, program, async (operations) => {
      const bridge = args.positionals[0];
      if (bridge !== undefined) await operations.bridges({ bridge });
      if (args.flag("attachments")) return await showAttachments(operations, bridge, args, program);
      const drops = await allDrops(operations, bridge);
      if (args.flag("json")) program.console.json(drops.map(dropJson));
      else {
        printDrops(program, drops, args.flag("all"));
        const bridges = await operations.bridges({ bridge });
        printTerms(program, bridges);
        printExpected(program, bridges);
      }
      return FINE;
    });
  },
};

export async function allDrops(operations: Operations, bridge: string | undefined): Promise<readonly DropView[]> {
  const drops: DropView[] = [];
  for (;;) {
    const page = await operations.drops({ bridge, limit: PAGE, after: drops.at(-1)?.id });
    drops.push(...page);
    if (page.length < PAGE) return drops;
  }
}

function dropJson(drop: DropView): object {
  const { id, bridge, name, size, sha256, state, records, delivered, dead, pending, received, finished } = drop;
  return { id, bridge, name, size, sha256, state, records, delivered, dead, pending, received, finished };
}

/** 0 = needs somebody or is under way. */
function rank(drop: DropView): number {
  if (drop.trouble !== null) return 0;
  if (drop.state === "open") return 1;
  if (drop.state === "held" || drop.dead > 0 || !drop.settled) return 2;
  return 3;
}

const SIGNS: readonly (Sign | undefined)[] = ["✗", "→", "!", undefined];

function printDrops(program: Program, drops: readonly DropView[], all: boolean): void {
  const { console } = program;
  const sorted = drops.toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? 1 : -1));
  const notable = sorted.filter((drop) => rank(drop) < 3).length;
  const shown = all ? sorted : sorted.slice(0, Math.max(SHOWN, notable));
  if (shown.length > 0) {
    const columns = [
      { title: "drop" },
      { title: "bridge", cut: "end" as const, least: 18 },
      { title: "name", cut: "path" as const, least: 20 },
      { title: "received" },
      { title: "state" },
      { title: "records", align: "right" as const },
      { title: "dead", align: "right" as const },
      { title: "pending", align: "right" as const },
    ];
    for (const line of renderTable(console.out, columns, shown.map(row))) console.line(line);
    console.line();
  }
  const folded = sorted.length - shown.length;
  const more = folded > 0 ? `, ${formatCount(folded)} more that are done (--all)` : "";
  const dead = drops.reduce((sum, drop) => sum + drop.dead, 0);
  console.line(`${formatNoun(drops.length, "drop")}${more}${dead > 0 ? `   dead letters: steg dead` : ""}`);
}

/** Delivered into a file that is not handed over yet, or waiting for a time: the table alone would not say so. */
function printTerms({ console }: Program, bridges: readonly BridgeView[]): void {
  for (const { bridge, term } of bridges) {
    if (term !== null && term !== undefined) console.line(`${mark(console.out, "→")} ${bridge}: ${term}`);
  }
}

/** Nothing in the table says what is not there. */
function printExpected({ console }: Program, bridges: readonly BridgeView[]): void {
  for (const { bridge, expected } of bridges) {
    const what = expected && oddity(expected);
    if (what) console.line(`${mark(console.out, "!")} ${bridge}: ${what}`);
  }
}

function oddity({ state, by, drops, records }: ExpectedView): string | undefined {
  const time = formatMinute(by);
  const amount = `${formatNoun(records, "record")} in ${formatNoun(drops, "drop")}`;
  if (state === "missing") return `nothing came by ${time}`;
  if (state === "small") return `oddly few for ${time}: ${amount}`;
  return state === "large" ? `oddly many for ${time}: ${amount}` : undefined;
}

function known(value: number | null): string {
  return value === null ? UNKNOWN : formatCount(value);
}

function row(drop: DropView): Row {
  const unread = drop.state === "held" || drop.state === "handed-over" || drop.state === "refused";
  const start = SIGNS[rank(drop)];
  return {
    ...(start !== undefined && { sign: start }),
    cells: [
      drop.id,
      drop.bridge,
      drop.name,
      formatMinute(drop.received),
      drop.trouble ?? (drop.settled ? drop.state : `${drop.state}, clean-up pending`),
      unread ? NONE : known(drop.records),
      unread ? NONE : known(drop.dead),
      unread ? NONE : known(drop.pending),
    ],
  };
}
