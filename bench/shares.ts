// Where the time of a run went: samples of the main thread (`--cpu-prof`), each counted for the room of the source that was
// running, or that had called what was running.

import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Share of the run by stage; together 1. */
export type Shares = Readonly<Record<string, number>>;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The first that fits a source file decides. */
const STAGES: readonly (readonly [string, RegExp])[] = [
  [
    "receive and spool",
    /\/src\/(?:adapters\/folder\/(?:source|scan|claim|wake)|core\/journal\/(?:spool|seal)|core\/pipeline\/intake)/,
  ],
  [
    "write",
    /\/src\/(?:adapters\/(?:folder|http)\/|adapters\/shared\/(?:atomic|encodings\/encoder)|core\/mapping\/encode|core\/pipeline\/(?:growing|parcels|identity|courier|circuit))|node_modules\/undici/,
  ],
  ["decode", /\/src\/(?:adapters\/|core\/pipeline\/units)/],
  ["validate", /\/src\/core\/validation\/|node_modules\/(?:libxml2-wasm|ajv)/],
  ["map", /\/src\/core\/(?:mapping\/|pipeline\/map-unit)/],
  ["journal", /\/src\/core\/(?:journal\/|pipeline\/(?:committer|progress))/],
  ["engine", /\/src\/core\/pipeline\//],
];

/** Runs the work with a folder for its profiles and sums up the largest, which is the main thread's. */
export async function measureShares(work: (flags: readonly string[]) => Promise<unknown>): Promise<Shares> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-profile-"));
  try {
    await work(["--cpu-prof", `--cpu-prof-dir=${dir}`]);
    const files = readdirSync(dir).map((name) => join(dir, name));
    const [largest] = files.toSorted((a, b) => statSync(b).size - statSync(a).size);
    if (largest === undefined) throw new Error("the process left no profile");
    return sharesOf(JSON.parse(readFileSync(largest, "utf8")) as Profile);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function sharesOf(profile: Profile): Shares {
  const stages = stagesOf(profile);
  const sums = new Map<string, number>();
  let total = 0;
  for (const [at, id] of profile.samples.entries()) {
    const time = profile.timeDeltas[at] as number;
    const stage = stages.get(id) as string;
    sums.set(stage, (sums.get(stage) ?? 0) + time);
    total += time;
  }
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([stage, time]) => [stage, Number((time / total).toFixed(3))]));
}

/** A node without a stage of its own (Node's functions, WebAssembly) has that of its caller. */
function stagesOf({ nodes }: Profile): ReadonlyMap<number, string> {
  const stages = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const open: (readonly [number, string])[] = [[(nodes[0] as Profile["nodes"][number]).id, "start and rest"]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [id, above] = next;
    const { callFrame, children } = byId.get(id) as Profile["nodes"][number];
    const stage = ownStage(callFrame) ?? above;
    stages.set(id, stage);
    for (const child of children ?? []) open.push([child, stage]);
  }
  return stages;
}

function ownStage({ functionName, url }: Profile["nodes"][number]["callFrame"]): string | undefined {
  if (functionName === "(idle)") return "waiting";
  if (functionName === "(garbage collector)") return "memory";
  return STAGES.find(([, files]) => files.test(url))?.[0];
}

/** `decode 21 %, map 40 %`, from one per cent on. */
export function formatShares(shares: Shares): string {
  return Object.entries(shares)
    .filter(([, share]) => share >= 0.01)
    .map(([stage, share]) => `${stage} ${Math.round(share * 100)} %`)
    .join(", ");
}
