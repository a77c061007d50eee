// A drop that was taken, and at its end, as whoever answers it in its own format sees it.

import type { AnsweredDrop, EndedDrop, EndedRecord, TakenDrop } from "../contract.ts";
import type { DeadLetter, DropRow } from "../journal/types.ts";
import { unpackedFiles } from "../unpack/unpacking.ts";
import type { AnsweringDeps } from "./answering.ts";
import { factsOf, type RunningBridge } from "./drop-run.ts";
import { chooseWay, scopeFor } from "./map-unit.ts";
import { reasonInGerman } from "./reasons.ts";
import { decodeUnits } from "./units.ts";

/** More of them are not told one by one: an answer in the drop's own format is about its frame and its messages. */
const MOST_FAILURES = 10_000;

/** Of the journal's numbers, those that do not begin anew each day. */
const NO_DATE = "";

/** The bridge as it was when the drop was taken. */
export type Reading = Pick<RunningBridge, "bridge" | "codec" | "ways">;

type Deps = Pick<AnsweringDeps, "bridge" | "journal" | "spool">;

export function takenDrop(deps: Deps, { codec }: Pick<Reading, "codec">, drop: DropRow): TakenDrop {
  const { bridge, journal } = deps;
  const { id, received } = drop;
  return {
    ...basicsOf(deps, drop),
    async cameBefore(keys) {
      if (codec.remembers === undefined || keys.length === 0) return [];
      const asked = { drop: id, bridge: bridge.name, keys, at: received, until: received + codec.remembers };
      return await journal.claim({ ...asked, hasPriority: false, dryRun: true });
    },
  };
}

function basicsOf({ bridge, spool }: Deps, drop: DropRow): AnsweredDrop {
  const { id, name, received, pinned } = drop;
  return {
    bridge: bridge.name,
    id,
    name,
    received,
    timezone: bridge.timezone,
    pinned,
    files: (signal) => unpackedFiles(spool.read(id, signal)),
  };
}

/** undefined = it is held or was handed over: nobody has read it here. */
export async function endedDrop(
  deps: Deps,
  reading: Reading,
  drop: DropRow,
  notice: EndedDrop["notice"],
): Promise<EndedDrop | undefined> {
  const { state } = drop;
  if (state !== "done" && state !== "duplicate" && state !== "refused") return undefined;
  const { bridge, journal } = deps;
  const letters = drop.dead > 0 ? await journal.dead({ drop: drop.id, limit: MOST_FAILURES }) : [];
  return {
    ...basicsOf(deps, drop),
    state,
    failures: letters.map(({ first, last, stage, code, facts }) => ({ first, last, stage, code, facts })),
    isCut: letters.length === MOST_FAILURES,
    records: (signal) => endedRecords(deps, reading, drop, letters, signal),
    number: (name) => journal.batchNumber(bridge.name, NO_DATE, [drop.id, name].join("\u0000")),
    notice,
  };
}

async function* endedRecords(
  { spool }: Deps,
  reading: Reading,
  drop: DropRow,
  letters: readonly DeadLetter[],
  signal: AbortSignal,
): AsyncGenerator<EndedRecord> {
  const facts = factsOf(reading.bridge, drop);
  // Of what is behind the last letter that was read nobody knows how it ended.
  const most = letters.length < MOST_FAILURES ? drop.records : letters.at(-1)!.last;
  const context = { signal, pinned: drop.pinned, detected: (): void => undefined };
  const bytes = spool.read(drop.id, signal);
  // Whatever makes a message of them, each has its own end.
  const one = decodeUnits(reading.codec, bytes, context, { by: "record" }, (record, index, member) =>
    scopeFor(facts, record, index, [record], undefined, member),
  );
  let next = 0;
  for await (const { units } of one) {
    for (const { first: number, records, member } of units) {
      if (number > most) return;
      const [record] = records;
      if (!record) continue;
      while (letters[next] && letters[next]!.last < number) next++;
      const letter = letters[next];
      const failed = letter && letter.first <= number && letter.state !== "delivered" ? letter : undefined;
      const scope = scopeFor(facts, record, number, [record], undefined, member);
      const end = failed ? "failed" : drop.skipped > 0 && isSkipped(reading, scope) ? "skipped" : "delivered";
      yield { number, record, scope, end, reason: failed && reasonOf(failed) };
    }
  }
}

function reasonOf({ code, stage, facts = {} }: DeadLetter): NonNullable<EndedRecord["reason"]> {
  return { code, stage, facts, text: reasonInGerman({ code, stage, facts }) };
}

/** The journal counts them and names none: mapping is pure, so it tells again. */
function isSkipped({ ways }: Reading, scope: EndedRecord["scope"]): boolean {
  const { root } = scope;
  try {
    const way = chooseWay(ways, root, scope)?.way;
    if (!way) return false;
    const lets: unknown[] = [];
    const own = { ...scope, lets: lets as typeof scope.lets };
    for (const { formula } of way.lets) own.lets.push(formula.evaluate(root, own));
    return way.skip !== undefined || way.template.render(root, own) === undefined;
  } catch {
    // It needed what only came with its drop, files beside it for one; it is no dead letter, so it was sent.
    return false;
  }
}
