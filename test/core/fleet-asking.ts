// One appliance, and a fleet that asks it: real trails, real requests, a clock that the test moves.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { openBook } from "../../src/core/fleet/book.ts";
import type { ApplianceEntry } from "../../src/core/fleet/fleet-file.ts";
import { createGatherer, type ApplianceStanding, type Gatherer } from "../../src/core/fleet/gather.ts";
import type { Snapshot } from "../../src/core/fleet/snapshot.ts";
import type { Journal } from "../../src/core/journal/types.ts";
import { testAppliance, NOW, type TestAppliance } from "./fleet-scene.ts";
import { never, testState } from "./journal-state.ts";

export const MINUTE = 60_000;
const undo: (() => void | Promise<void>)[] = [];
/** Undone behind each test, last first. */
export function atEnd(one: () => void | Promise<void>): void {
  undo.push(one);
}

afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

const own = testState();
/** Of the fleet. */
export let journal: Journal;
let scenes = 0;
beforeAll(async () => void ({ journal } = await own.open()));
afterAll(async () => await own.remove());

/** One appliance and one fleet that asks it. */
export async function scene(change: { carried?: boolean; pinned?: (appliance: TestAppliance) => string } = {}) {
  const appliance = await testAppliance();
  undo.push(async () => await appliance.remove());
  const place = { speaker: appliance, answer: undefined as ((response: ServerResponse) => unknown) | undefined };
  const asked: string[] = [];
  const server = await listening(async (url, etag, response) => {
    asked.push(`${url}${etag === undefined ? "" : " known"}`);
    if (place.answer !== undefined) {
      place.answer(response);
      return;
    }
    const since = new URL(url, "http://a").searchParams.get("since");
    const { document, tag } = await place.speaker.snapshot(since === null ? {} : { since: Number(since) });
    if (etag === `"${tag}"`) response.writeHead(304).end();
    else response.writeHead(200, { etag: `"${tag}"` }).end(JSON.stringify(document));
  });
  const folder = mkdtempSync(join(tmpdir(), "steg-carried-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const name = `adorf-${++scenes}`;
  const path = join(folder, `${name}.json`);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entry: ApplianceEntry = {
    name,
    title: "Stadt Adorf",
    tags: {},
    publicKey: change.pinned?.(appliance),
    link: undefined,
    contact: undefined,
    from:
      change.carried === true
        ? { kind: "carried", path }
        : { kind: "pulled", url, token: () => "steg_x", clientCert: undefined, clientKey: undefined, ca: undefined },
  };
  const clock = { wall: Date.parse(NOW), steady: 0 };
  const logged: string[] = [];
  let gatherer: Gatherer;
  const begin = async (entries: readonly ApplianceEntry[] = [entry]): Promise<void> => {
    const book = await openBook({ journal, now: () => clock.wall, onError: (cause) => logged.push(String(cause)) });
    for (const { publicKey } of entries) if (publicKey !== undefined) await book.pin(name, publicKey);
    gatherer = createGatherer({
      appliances: entries,
      every: MINUTE,
      book,
      clock: { wall: () => clock.wall, steady: () => clock.steady },
      log: (_, event, fields) => void logged.push(`${event} ${JSON.stringify(fields)}`),
    });
    flush = async () => await book.flush();
  };
  let flush: () => Promise<void> = async () => undefined;
  await begin();
  return {
    appliance,
    place,
    asked,
    logged,
    clock,
    path,
    entry,
    async ask(): Promise<ApplianceStanding> {
      await gatherer.ask(name, never);
      return gatherer.standings()[0] as ApplianceStanding;
    },
    now: (): ApplianceStanding => gatherer.standings()[0] as ApplianceStanding,
    acknowledge: async () => await gatherer.acknowledge({ name, actor: "test", ticket: "T-1" }),
    /** What the fleet remembers comes from its state alone. */
    async restart(entries?: readonly ApplianceEntry[]) {
      await flush();
      await begin(entries);
    },
    pass(wall: number, steady = wall): void {
      clock.wall += wall;
      clock.steady += steady;
    },
    audit: async () => (await journal.auditEntries({})).filter(({ facts }) => facts["appliance"] === name),
    async give(): Promise<Snapshot> {
      const { document } = await appliance.snapshot({ file: true });
      writeFileSync(path, JSON.stringify(document));
      return document;
    },
  };
}

export async function listening(
  answer: (url: string, etag: string | undefined, response: ServerResponse) => unknown,
): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request.url ?? "", request.headers["if-none-match"], response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return server;
}

export const brief = ({ unknown, broken, failure, snapshot }: ApplianceStanding): unknown => [
  unknown ? "unknown" : "known",
  broken?.kind,
  failure?.code,
  snapshot?.audit.seq,
];

/** The state folder as a backup has it. */
export async function copied(appliance: TestAppliance): Promise<{ restore(): Promise<void> }> {
  const file = join(appliance.dir, "journal.db");
  await appliance.state.close();
  const before = readFileSync(file);
  await appliance.reopen();
  return {
    async restore() {
      await appliance.state.close();
      for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
      writeFileSync(file, before);
      await appliance.reopen();
    },
  };
}
