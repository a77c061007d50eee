// Half an hour of everything at once (--quick: two minutes; --minutes=N; --out=FILE for the minutes as CSV): files of rows into batches over
// HTTP, interchanges into XRechnung with CONTRL, calls that wait and calls that are accepted, some of it wrong, on one appliance whose
// payloads are purged after half a minute. The load is steady and leaves the appliance time; calls are sent by the clock.
//
// It fails where anything was lost or came twice. Whether memory, open files, spool, journal and latencies stay flat is in the ratios:
// the last third against the middle third.

import { writeFileSync } from "node:fs";
import type { Bench, Measured } from "./measure.ts";
import { startScript, type Port } from "./call-scene.ts";
import { passes } from "./page-process.ts";
import { BODY } from "./rest-rest.ts";
import { startSoakCallers, type SoakCallers } from "./soak-callers.ts";
import { createFeed, type Feed } from "./soak-feed.ts";
import type { NumberFigures } from "./soak-numbers.ts";
import { startSoakAppliance, type SoakAppliance, type Usage } from "./soak-scene.ts";
import { COLUMNS, csvOf, short, verdict, type Minute } from "./soak-verdict.ts";

const CALLS = 200;
const ACCEPTED = 2;
const DIRECT = 50;
/** Between two looks at memory, files and folders; the highest of a minute counts. */
const LOOK = 2_000;
const SETTLED = 120_000;

const flag = (name: string): string | undefined =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

const run: Bench = async ({ quick }) => {
  const minutes = Number(flag("minutes") ?? (quick ? 2 : 30));
  // Thirds need rows: a short run has shorter ones.
  const span = minutes < 10 ? 10_000 : 60_000;
  const service = await startScript("call-service");
  const receiver = await startScript("soak-receiver");
  const appliance = await startSoakAppliance(service.origin, receiver.origin);
  const callers = startSoakCallers({
    origin: appliance.origin,
    token: appliance.token,
    call: { path: "/bridges/auskunft/einwohner/04711007?umfang=lang", body: BODY, perSecond: CALLS },
    accepted: { path: "/bridges/antraege/antraege", perSecond: ACCEPTED },
    direct: { origin: service.origin, perSecond: DIRECT },
  });
  try {
    const feed = createFeed(appliance);
    const rows = await soak(appliance, callers, feed, { spans: Math.round((minutes * 60_000) / span), span });
    const out = flag("out");
    if (out !== undefined) writeFileSync(out, csvOf(rows));
    const complete = await settle(appliance, callers, feed, receiver);
    const { code, tables } = await appliance.end();
    if (code !== 0) throw new Error(`the appliance ended with ${code}`);
    const peakRssMiB = Math.round(Math.max(...rows.map(({ residentMiB }) => residentMiB)));
    const all = [...verdict(rows), complete].map((one) => ({ ...one, peakRssMiB }));
    return all.map((one) => (one.name === "soak-journal" ? { ...one, note: `${one.note}; ${tables}` } : one));
  } finally {
    await callers.close();
    appliance.remove();
    await receiver.close();
    await service.close();
  }
};
export default run;

async function soak(
  appliance: SoakAppliance,
  callers: SoakCallers,
  feed: Feed,
  { spans, span }: { readonly spans: number; readonly span: number },
): Promise<readonly Minute[]> {
  const rows: Minute[] = [];
  const since = performance.now();
  let seen: Usage[] = [];
  let second = 0;
  let lastLook = 0;
  let processor = appliance.processor();
  process.stderr.write(`${COLUMNS.join("\t")}\n`);
  for (let at = 1; at <= spans; at++) {
    const began = performance.now();
    while (performance.now() < since + at * span) {
      feed.small();
      if (second % 2 === 0) feed.interchange();
      if (second % 60 === 5) await feed.large();
      if (second % 60 === 35) feed.again();
      feed.collect();
      if (performance.now() - lastLook >= LOOK) {
        seen.push(appliance.usage());
        lastLook = performance.now();
      }
      second++;
      await passes(Math.max(0, since + second * 1_000 - performance.now()));
    }
    const { calls, failed, p50, p99, most, directP99 } = await callers.figures();
    const { drops, delivered, openDead, pending } = await appliance.counted();
    const used = appliance.processor();
    const highest = (of: (usage: Usage) => number): number => Math.max(...seen.map(of));
    const minute: Minute = {
      at: (performance.now() - since) / 60_000,
      residentMiB: highest((one) => one.resident),
      proportionalMiB: highest((one) => one.proportional),
      files: highest((one) => one.files),
      journalKiB: highest((one) => one.journal) / 1_024,
      walKiB: highest((one) => one.wal) / 1_024,
      spoolKiB: highest((one) => one.spool) / 1_024,
      drops,
      delivered,
      openDead,
      pending,
      calls,
      failed,
      p50,
      p99,
      most,
      directP99,
      processor: ((used - processor) / (performance.now() - began)) * 100,
    };
    processor = used;
    seen = [];
    rows.push(minute);
    process.stderr.write(`${COLUMNS.map((name) => short(minute[name])).join("\t")}\n`);
  }
  return rows;
}

interface Came {
  readonly rows: NumberFigures;
  readonly requests: NumberFigures;
  readonly repeats: number;
  readonly refused: number;
}

/** Waits until all that was fed has its end, and counts it. */
async function settle(appliance: SoakAppliance, callers: SoakCallers, feed: Feed, receiver: Port): Promise<Measured> {
  const { accepted, open, failed } = await callers.stop();
  if (open > 0 || failed > 0) throw new Error(`${failed} calls failed, ${open} have no answer`);
  const should = feed.expected();
  let wrong: readonly string[] = [];
  let came: Came | undefined;
  let dead = 0;
  for (const until = performance.now() + SETTLED; ;) {
    await passes(1_000);
    feed.collect();
    came = (await (await fetch(`${receiver.origin}/zahlen`)).json()) as Came;
    const invoices = feed.invoices.figures();
    const counted = await appliance.counted();
    ({ dead } = counted);
    const figures: readonly (readonly [string, number, number])[] = [
      ["rows at the receiver", came.rows.came, should.rows.good],
      ["invoices", invoices.came, should.invoices.good],
      ["accepted calls at the service", came.requests.came, accepted],
      ["came twice", came.rows.twice + came.requests.twice + invoices.twice, 0],
      ["dead letters", dead, should.rows.bad + should.invoices.bad],
      ["CONTRLs", feed.controls, should.interchanges],
      ["receipts", feed.receipts, should.interchanges],
      ["records pending", counted.pending, 0],
      ["files not taken", feed.waiting(), 0],
    ];
    wrong = figures.filter(([, is, be]) => is !== be).map(([what, is, be]) => `${what}: ${is} instead of ${be}`);
    if (wrong.length === 0) break;
    if (performance.now() > until) throw new Error(wrong.join("; "));
  }
  return {
    name: "soak-complete",
    ours: came.rows.came + feed.invoices.figures().came + came.requests.came,
    floor: should.rows.good + should.invoices.good + accepted,
    floorName: "fed",
    unit: "records, each once",
    note: `nothing lost, nothing twice: ${came.rows.came} rows, ${should.invoices.good} invoices with ${feed.controls} CONTRLs, ${accepted} accepted calls, ${dead} dead letters; ${came.refused} requests refused with 503 and sent again, ${came.repeats} keys repeated, ${should.repeated} files that came again not delivered again`,
  };
}
