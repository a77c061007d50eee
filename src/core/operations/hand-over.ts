// Held drops go to the successor as files, taken out by people.
//
//   held ──written in the journal──▶ handed-over ──file and its description lie in the folder──▶ handed-over, finished
//
// In this order: wherever it is cut, no drop lies there and is delivered from here as well. The same command again finds what is not
// finished, writes it under the same name and goes on.

import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { asBridgeError, BridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";
import { DEFAULT_ZONE, isoIn } from "../lifecycle/dates.ts";
import { fileNameOf, writeHandedOver } from "./hand-over-file.ts";
import type { LocalDeps } from "./local.ts";
import type { HandOverRequest, HandOverResult } from "./operations.ts";

const PAGE = 200;

type Deps = Pick<LocalDeps, "journal" | "spool" | "bridges" | "watch" | "signal">;

export async function handOver(deps: Deps, request: HandOverRequest): Promise<HandOverResult> {
  const zone = await checkRequest(deps, request);
  const { rows, stay, more } = await chosen(deps, request);
  const items: HandOverResult["items"][number][] = [];
  const failed: HandOverResult["failed"][number][] = [];
  for (const { id } of rows) {
    const drop = await deps.journal.handOver({ ...about(request), drop: id });
    // Opened meanwhile: it is delivered from here.
    if (drop?.state !== "handed-over") continue;
    try {
      await write(deps, drop, request, zone);
    } catch (cause) {
      const { code, message } = asBridgeError(cause);
      // One that cannot be read keeps no other one back; a folder that takes nothing concerns all.
      if (code !== "SPOOL_DAMAGED") throw cause;
      failed.push({ drop: id, code, message });
      continue;
    }
    await deps.journal.handedOver({ ...about(request), drop: id });
    const { name, size, sha256 } = drop;
    items.push({ drop: id, name, file: fileNameOf(drop), size, sha256 });
  }
  return { items, stay, failed, more: more && items.length > 0 };
}

function about({ actor, ticket, folder }: HandOverRequest): Pick<HandOverRequest, "actor" | "ticket" | "folder"> {
  return { actor, ticket, folder };
}

/** Answers the zone of the bridge. */
async function checkRequest(deps: Deps, { bridge, folder, ticket, ids }: HandOverRequest): Promise<string> {
  if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "a hand-over needs a ticket");
  if (ids && ids.length > PAGE)
    throw new BridgeError("REQUEST_INVALID", `at most ${PAGE} drops at a time by their ids`);
  if (!isAbsolute(folder) || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new BridgeError(
      "REQUEST_INVALID",
      "the folder to hand over to is no absolute path of a folder that is there",
    );
  }
  const loaded = (await deps.bridges()).find(({ name }) => name === bridge);
  if (loaded === undefined) return DEFAULT_ZONE;
  const { state } = (await deps.watch()).standing(loaded);
  if (state !== "sunset" && state !== "retired") {
    throw new BridgeError("NOTBETRIEB_REFUSED", `the bridge is ${state}: what it holds is delivered from here`, {
      hint: "Where it is open in an emergency, close it first: steg notbetrieb BRIDGE --end",
    });
  }
  return loaded.timezone;
}

interface Chosen {
  /** In order of receipt. */
  readonly rows: readonly DropRow[];
  /** Second comings: what did not fail the first time was delivered. */
  readonly stay: readonly string[];
  readonly more: boolean;
}

async function chosen({ journal }: Deps, { bridge, ids }: HandOverRequest): Promise<Chosen> {
  const rows: DropRow[] = [];
  if (ids !== undefined) {
    for (const id of [...new Set(ids)].toSorted()) rows.push(await oneOf(journal, bridge, id));
    return { ...apart(rows), more: false };
  }
  rows.push(...(await journal.drops({ bridge, state: "handed-over", unfinished: true, limit: PAGE })));
  for (let after = ""; rows.length < PAGE;) {
    const page = await journal.drops({ bridge, state: "held", limit: PAGE, after });
    rows.push(...page);
    if (page.length < PAGE) return { ...apart(rows), more: false };
    after = (page.at(-1) as DropRow).id;
  }
  return { ...apart(rows), more: true };
}

function apart(rows: readonly DropRow[]): Pick<Chosen, "rows" | "stay"> {
  const whole = rows.filter(({ duplicateOf }) => duplicateOf === undefined);
  return { rows: whole, stay: rows.filter((row) => !whole.includes(row)).map(({ id }) => id) };
}

async function oneOf(journal: Deps["journal"], bridge: string, id: string): Promise<DropRow> {
  const drop = await journal.drop(id);
  if (drop?.bridge !== bridge) throw new BridgeError("DROP_UNKNOWN", `there is no drop ${id} of bridge ${bridge}`);
  if (drop.state !== "held" && drop.state !== "handed-over") {
    throw new BridgeError("REQUEST_INVALID", `drop ${id} is ${drop.state}: only held drops are handed over`);
  }
  if (drop.payload === "purged") throw new BridgeError("PAYLOAD_PURGED", `the payload of drop ${id} is gone`);
  return drop;
}

async function write(deps: Deps, drop: DropRow, { folder }: HandOverRequest, zone: string): Promise<void> {
  const facts = { received: isoIn(drop.received, zone) };
  try {
    await writeHandedOver(folder, drop, facts, deps.spool.read(drop.id, deps.signal));
  } catch (cause) {
    const error = asBridgeError(cause);
    if (error.code !== "INTERNAL") throw error;
    const why = (cause as NodeJS.ErrnoException).code ?? "it could not be written";
    throw new BridgeError("HAND_OVER_FAILED", `drop ${drop.id} does not lie in ${folder}: ${why}`, { cause });
  }
}
