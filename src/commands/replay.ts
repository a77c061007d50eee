// steg replay: first what changed and what would come of it; then, when somebody says so, the sending.

import { userInfo } from "node:os";
import { BridgeError } from "../core/errors.ts";
import type { Operations, ReplayItem, ReplayResult } from "../core/operations/operations.ts";
import { formatCount, formatNoun } from "../core/terminal/format.ts";
import { mark, paint, sign } from "../core/terminal/look.ts";
import { createProgress } from "../core/terminal/progress.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, STATE, UNFINISHED } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { findLetters } from "./dead.ts";
import { causeOf } from "./dead-cause.ts";

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    yes: { type: "boolean" },
    "dry-run": { type: "boolean" },
    all: { type: "boolean" },
    "confirm-unsure": { type: "boolean" },
    drop: { type: "string" },
    "as-new": { type: "boolean" },
  },
  usage: "BRIDGE | DROP | DEAD-LETTER… [--dry-run] [--yes] [--confirm-unsure] [--all] | --drop ID --as-new [--yes]",
  help: `
Decodes dead letters as they were decoded, maps them with today's mapping and shows what would come of it. Then it asks,
and delivers with the same idempotency keys. Without a terminal it needs --yes; --dry-run never sends.
Where the mapping changed since, the answer (or --yes) confirms that too; who said so stands in the audit trail.
What may have arrived the first time (DELIVERY_UNSURE) is sent again only with --confirm-unsure.
--drop ID --as-new is another thing: the whole drop is delivered once more, with new keys, as if the legacy side had sent it again
on purpose. Targets will see every message twice.`,
  examples: [
    "steg replay gewerbeanmeldung",
    "steg replay dl-0193-118 --yes",
    "steg replay gewerbeanmeldung --dry-run --all",
    "steg replay --drop 01m7xtre3w3z29ze --as-new --yes",
  ],
  words: [0, 10_000],
  async run(args, program) {
    const drop = args.text("drop");
    const asNew = args.flag("as-new");
    if (
      asNew !== (drop !== undefined) ||
      (asNew && args.positionals.length > 0) ||
      (!asNew && !args.positionals.length)
    )
      throw new BridgeError("USAGE", `steg replay needs ${command.usage}`, { hint: "steg help replay" });
    return await withOperations(args, program, async (operations) =>
      drop === undefined ? await replay(operations, args, program) : await takeAgain(operations, drop, args, program),
    );
  },
};

/** A drop that was delivered is delivered again: nothing that happens by the way. */
async function takeAgain(operations: Operations, id: string, args: Arguments, program: Program): Promise<number> {
  const { console } = program;
  const json = args.flag("json");
  const drop = await operations.drop({ id });
  const records = drop.records === null ? "its records" : formatNoun(drop.records, "record");
  if (!json) console.line(`drop ${drop.id}   ${drop.bridge}   ${escapeControls(drop.name)}   ${records}`);
  const question = `Deliver all of it once more, with new idempotency keys? [y/N] `;
  const answer = args.flag("yes") ? "y" : json || args.flag("dry-run") ? undefined : await console.ask(question);
  if (!/^y(es)?$/i.test(answer?.trim() ?? "")) {
    if (json) console.json({ drop: null, taken: false });
    else console.line("Nothing was taken. Without a terminal to ask on it needs --yes.");
    return FINE;
  }
  const again = await operations.takeAgain({ id, actor: localActor() });
  if (json) console.json({ drop: again.id, taken: true });
  else console.line(`${mark(console.out, "✓")} taken as drop ${again.id}; the appliance delivers it (steg up)`);
  return FINE;
}

/** Who asks, as it stands in the audit trail. */
export function localActor(): string {
  return `local:${userInfo().username}`;
}

async function replay(operations: Operations, args: Arguments, program: Program): Promise<number> {
  const ids = await idsOf(operations, args.positionals);
  const json = args.flag("json");
  const request = {
    ids,
    actor: localActor(),
    confirmUnsure: args.flag("confirm-unsure"),
  };
  if (ids.length === 0) {
    if (json) program.console.json({ items: [], changed: [], versions: [], sent: false });
    else program.console.line(`${mark(program.console.out, "✓")} no open dead letters there`);
    return FINE;
  }
  const preview = await withProgress(
    program,
    ids.length,
    async (show) => await operations.replay({ ...request, dryRun: true }, show),
  );
  if (!json) printPreview(program, preview, args.flag("all"));
  if (!(await mayDeliver(program, args, preview))) {
    if (json) program.console.json({ ...preview, sent: false });
    else program.console.line("Nothing was sent.");
    return FINE;
  }
  const result = await withProgress(
    program,
    ids.length,
    async (show) =>
      await operations.replay({ ...request, dryRun: false, confirmChanged: preview.changed.length > 0 }, show),
  );
  if (json) program.console.json({ ...result, sent: true });
  else printResult(program, result);
  return result.items.every((item) => item.outcome === "delivered" || item.outcome === "skipped") ? FINE : UNFINISHED;
}

async function idsOf(operations: Operations, words: readonly string[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const word of words) {
    if (word.startsWith("dl-")) ids.add((await operations.deadLetter({ id: word })).id);
    else for (const letter of await findLetters(operations, word, false)) ids.add(letter.id);
  }
  return [...ids];
}

async function withProgress<T>(
  program: Program,
  total: number,
  run: (show: (done: number) => void) => Promise<T>,
): Promise<T> {
  const progress = createProgress(program.console.stderr, program.console.err);
  try {
    return await run((done) => progress.show(() => [`  ${formatCount(done)} of ${formatCount(total)}`]));
  } finally {
    progress.clear();
  }
}

async function mayDeliver(program: Program, args: Arguments, preview: ReplayResult): Promise<boolean> {
  const would = preview.items.filter((item) => item.outcome === "would-deliver").length;
  if (args.flag("dry-run") || would === 0) return false;
  const quiet = args.flag("json");
  if (args.flag("yes")) return true;
  const how = preview.changed.length > 0 ? " with the changed mapping" : "";
  const question = `Deliver ${formatNoun(would, "record")}${how}? [y/N] `;
  const answer = quiet ? undefined : await program.console.ask(question);
  if (answer === undefined && !quiet) program.console.line("Without a terminal to ask on it needs --yes.");
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

function printPreview(program: Program, preview: ReplayResult, all: boolean): void {
  const { console } = program;
  const { items, changed, versions } = preview;
  const [version] = versions;
  const pinned =
    version === undefined
      ? ""
      : `, decoded as pinned (${version.before.slice(0, 7)}), mapped as today (${version.now.slice(0, 7)})`;
  console.line(`${formatNoun(items.length, "dead letter")}${pinned}`);
  console.line();
  for (const file of changed) console.line(`  changed   ${escapeControls(`${file.bridge}/${file.file}`)}`);
  if (changed.length === 0) console.line("  changed   nothing");
  const would = items.filter((item) => item.outcome === "would-deliver").length;
  const fresh = items.filter((item) => item.outcome === "dead" && item.after?.code !== item.before.code).length;
  console.line(
    `  result    ${formatCount(would)} of ${formatCount(items.length)} would be delivered, ${formatNoun(fresh, "new error")}`,
  );
  const unsure = items.filter((item) => item.outcome === "needs-confirmation").length;
  if (unsure > 0)
    console.line(`  effect    ${formatCount(unsure)} may have arrived already: ask the target, then --confirm-unsure`);
  const gone = items.filter((item) => item.outcome === "payload-gone").length;
  if (gone > 0) console.line(`  effect    ${formatCount(gone)} cannot be tried again, their payload is erased`);
  console.line();
  printDifferences(program, items, all);
}

/** Letters that go the same way are shown once; what they would become is said without values. */
function printDifferences(program: Program, items: readonly ReplayItem[], all: boolean): void {
  const { console } = program;
  const look = console.out;
  const groups = [
    ...Map.groupBy(items, ({ before, outcome, after }) =>
      JSON.stringify([sameAs(before), outcome, sameAs(after)]),
    ).values(),
  ];
  for (const group of groups) {
    const shown = all ? group : group.slice(0, 1);
    for (const item of shown) {
      console.line(`  ${item.id}   ${item.bridge}`);
      console.line(`    ${paint(look, "red", `- ${item.before.code}`)}  ${escapeControls(item.before.message)}`);
      console.line(`    ${paint(look, item.after === null ? "green" : "yellow", `+ ${afterText(item)}`)}`);
    }
    if (group.length > shown.length) {
      const rest = `${sign(look, "…")} ${formatCount(group.length - shown.length)} more with the same difference (--all shows them)`;
      console.line(`  ${paint(look, "dim", rest)}`);
    }
  }
  console.line();
}

/** Equal for failures of one cause. */
function sameAs(failure: ReplayItem["after"]): readonly string[] | null {
  return failure && [failure.code, causeOf(failure)];
}

function afterText(item: ReplayItem): string {
  if (item.after !== null) return `${item.after.code}  ${escapeControls(item.after.message)}`;
  const texts: Readonly<Record<ReplayItem["outcome"], string>> = {
    delivered: "delivered",
    "would-deliver": "would be delivered",
    skipped: "skipped",
    dead: "still fails",
    "needs-confirmation": "may have arrived, needs --confirm-unsure",
    "payload-gone": "payload erased",
  };
  return texts[item.outcome];
}

function printResult(program: Program, result: ReplayResult): void {
  const { console } = program;
  const count = (outcome: ReplayItem["outcome"]): number =>
    result.items.filter((item) => item.outcome === outcome).length;
  const delivered = count("delivered");
  const rest = result.items.length - delivered - count("skipped");
  const start = mark(console.out, rest === 0 ? "✓" : "!");
  console.line(
    `${start} ${formatNoun(delivered, "record")} delivered${rest === 0 ? "" : `, ${formatCount(rest)} not: steg dead`}`,
  );
}

/** For commands that need a text beside their words. */
export function requiredText(args: Arguments, name: string, what: string): string {
  const value = args.text(name);
  if (value === undefined || value.trim() === "") throw new BridgeError("USAGE", `--${name} is missing: ${what}`);
  return value;
}
