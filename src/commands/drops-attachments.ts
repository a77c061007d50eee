// steg drops --attachments: files that came beside the records.

import type { AttachmentView, Operations } from "../core/operations/operations.ts";
import { formatCount, formatMinute, formatNoun, formatSize } from "../core/terminal/format.ts";
import type { Sign } from "../core/terminal/look.ts";
import { renderTable } from "../core/terminal/table.ts";
import type { Row } from "../core/terminal/table.ts";
import { FINE } from "./command.ts";
import type { Arguments, Program } from "./command.ts";

const PAGE = 1_000;
/** Files that people are shown where nothing is the matter with them; the rest is a count. */
const SHOWN = 20;

export async function showAttachments(
  operations: Operations,
  bridge: string | undefined,
  args: Arguments,
  program: Program,
): Promise<number> {
  const files = await allAttachments(operations, bridge);
  if (args.flag("json")) program.console.json(files);
  else printAttachments(program, files, args.flag("all"));
  return FINE;
}

async function allAttachments(operations: Operations, bridge: string | undefined): Promise<readonly AttachmentView[]> {
  const files: AttachmentView[] = [];
  for (;;) {
    const page = await operations.attachments({ bridge, limit: PAGE, after: files.at(-1)?.id });
    files.push(...page);
    if (page.length < PAGE) return files;
  }
}

/** 0 = needs somebody. */
function rank({ state, settled }: AttachmentView): number {
  if (state === "unassigned") return 0;
  if (state === "waiting") return 1;
  return settled ? 3 : 2;
}

const SIGNS: readonly (Sign | undefined)[] = ["!", "→", "!", undefined];

function printAttachments({ console }: Program, files: readonly AttachmentView[], all: boolean): void {
  const sorted = files.toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? 1 : -1));
  const notable = sorted.filter((file) => rank(file) < 3).length;
  const shown = all ? sorted : sorted.slice(0, Math.max(SHOWN, notable));
  if (shown.length > 0) {
    const columns = [
      { title: "attachment" },
      { title: "bridge", cut: "end" as const, least: 18 },
      { title: "name", cut: "path" as const, least: 20 },
      { title: "received" },
      { title: "state" },
      { title: "size", align: "right" as const },
      { title: "messages", align: "right" as const },
    ];
    for (const line of renderTable(console.out, columns, shown.map(row))) console.line(line);
    console.line();
  }
  const folded = sorted.length - shown.length;
  const more = folded > 0 ? `, ${formatCount(folded)} more that are done (--all)` : "";
  const lost = files.filter(({ state }) => state === "unassigned").length;
  const without = lost > 0 ? `, ${formatCount(lost)} without a record` : "";
  console.line(`${formatNoun(files.length, "attachment")}${without}${more}`);
}

function row(file: AttachmentView): Row {
  const start = SIGNS[rank(file)];
  return {
    ...(start !== undefined && { sign: start }),
    cells: [
      file.id,
      file.bridge,
      file.name,
      formatMinute(file.received),
      file.settled ? file.state : `${file.state}, clean-up pending`,
      formatSize(file.size),
      formatCount(file.messages),
    ],
  };
}
