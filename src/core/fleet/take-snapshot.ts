// The snapshot of the appliance that runs here, made from what its own pages show.

import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../canonical-json.ts";
import { readAll } from "../http/dashboard/facts.ts";
import type { SeenCaller } from "../calls/seen-callers.ts";
import type { LocalDeps } from "../operations/local.ts";
import { MOST_PAGE, type Operations } from "../operations/operations.ts";
import {
  applianceId,
  keyLine,
  MOST_BRIDGES,
  MOST_CAUSES,
  MOST_EARLIER,
  MOST_NOTABLE,
  MOST_SNAPSHOT,
  MOST_TEXT,
  MOST_WITHIN,
  snapshotText,
  type SnapshotBridge,
  type SnapshotQuery,
  type SnapshotView,
  type UnsignedSnapshot,
} from "./snapshot.ts";

/** Numbers of the entries that were the heads of files. */
const GIVEN = "snapshot/given";

type Deps = Pick<LocalDeps, "journal" | "publicKey" | "version" | "bridges" | "policy">;
type Reads = Pick<Operations, "bridges" | "lifecycle" | "outlines" | "drops" | "dead" | "callers" | "alarms">;

export async function takeSnapshot(
  deps: Deps,
  operations: Reads,
  { since, file = false }: SnapshotQuery,
): Promise<SnapshotView> {
  const { journal } = deps;
  const content = await contentWithin(deps, operations);
  const given = file ? ((await journal.get<readonly number[]>(GIVEN)) ?? []) : [];
  const audit = await journal.auditHead([...new Set([...given, ...(since === undefined ? [] : [since])])]);
  if (file && given.at(-1) !== audit.seq) await journal.set(GIVEN, [...given, audit.seq].slice(-MOST_EARLIER));
  const document: UnsignedSnapshot = { ...content, audit };
  const signature = await journal.signDocument(snapshotText(document));
  const { at: _, ...lasting } = content;
  const { seq, hash } = audit;
  const tag = createHash("sha256")
    .update(canonicalJson({ ...lasting, seq, hash } as unknown as Json))
    .digest("hex");
  return { document: { ...document, signature }, tag };
}

/** Room for what comes around the content. */
const MARGIN = 64 << 10;

async function contentWithin(deps: Deps, operations: Reads): Promise<Content> {
  let content = await contentOf(deps, operations, MOST_BRIDGES);
  const isTooLarge = (): boolean => Buffer.byteLength(JSON.stringify(content)) > MOST_SNAPSHOT - MARGIN;
  for (let most = MOST_BRIDGES; most > 1 && isTooLarge();) {
    most >>= 1;
    content = await contentOf(deps, operations, most);
  }
  return content;
}

type Content = Omit<UnsignedSnapshot, "audit">;

async function contentOf(deps: Deps, operations: Reads, most: number): Promise<Content> {
  const [facts, callers, loaded, policy] = await Promise.all([
    readAll(operations),
    operations.callers({ limit: MOST_PAGE }),
    deps.bridges(),
    deps.policy(),
  ]);
  const outlineOf = new Map(facts.outlines.map((outline) => [outline.bridge, outline]));
  const versions = new Map(loaded.map(({ name, version }) => [name, version]));
  const seen = callersByBridge(callers);
  const bridges = facts.bridges.slice(0, most).map((view): SnapshotBridge => {
    const outline = outlineOf.get(view.bridge) ?? null;
    const row = facts.rows.get(view.bridge) ?? null;
    return {
      view: { ...view, servers: view.servers.slice(0, MOST_WITHIN) },
      row: row && {
        ...row,
        notMeasured: row.notMeasured.slice(0, MOST_WITHIN),
        milestones: row.milestones.slice(0, MOST_WITHIN),
        // Closed it is where it runs.
        retirement: null,
      },
      outline: outline && {
        ...outline,
        plan: outline.plan.slice(0, MOST_WITHIN),
        brownouts: outline.brownouts.slice(0, MOST_WITHIN),
        runningOut: outline.runningOut.slice(0, MOST_WITHIN),
      },
      mapping: versions.get(view.bridge) ?? null,
      callers: seen.get(view.bridge) ?? { count: 0, last: null },
    };
  });
  const publicKey = keyLine(deps.publicKey);
  const { came, capped, notable } = facts.today;
  return shortened({
    snapshot: 1,
    appliance: { id: applianceId(publicKey), publicKey },
    version: deps.version ?? "",
    at: facts.lifecycle.now,
    policy: policy.hash,
    alarm: facts.lifecycle.alarm,
    bridges,
    today: {
      date: facts.now.slice(0, 10),
      came: came.slice(0, MOST_PAGE),
      capped,
      // Names of files may say whom they are about; a fleet has no use for them.
      notable: notable.slice(0, MOST_NOTABLE).map(({ bridge, state, trouble, records, received, open }) => ({
        bridge,
        name: "",
        state,
        trouble,
        records,
        received,
        open,
      })),
    },
    causes: facts.causes.slice(0, MOST_CAUSES),
    grouped: facts.grouped,
    left: {
      bridges: Math.max(0, facts.bridges.length - most),
      causes: Math.max(0, facts.causes.length - MOST_CAUSES),
      notable: Math.max(0, notable.length - MOST_NOTABLE),
    },
  });
}

function callersByBridge(callers: readonly SeenCaller[]): Map<string, SnapshotBridge["callers"]> {
  const found = new Map<string, SnapshotBridge["callers"]>();
  for (const { bridge, last } of callers.flatMap(({ bridges }) => bridges)) {
    const before = found.get(bridge) ?? { count: 0, last: null };
    const latest = before.last === null || last > before.last ? last : before.last;
    found.set(bridge, { count: before.count + 1, last: latest });
  }
  return found;
}

/** No text of it is longer than MOST_TEXT. */
function shortened<T>(value: T): T {
  if (typeof value === "string")
    return (value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT - 1).toWellFormed()}…` : value) as T;
  if (Array.isArray(value)) return value.map(shortened) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shortened(member)])) as T;
}
