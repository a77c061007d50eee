// Many appliances in one process, for the benchmark of the fleet: each an HTTPS server with a key, an audit trail and bridges of its own,
// which answers with snapshots as the product makes them. With every request something has happened, so that none is answered by 304.
//
//   node bench/fleet-appliances.ts COUNT BRIDGES CERT KEY     prints one line of JSON: [{"port","publicKey"}]

import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { applianceId, snapshotText, type Snapshot, type UnsignedSnapshot } from "../src/core/fleet/snapshot.ts";
import { checkpointBytes } from "../src/core/journal/store/trail.ts";

const [count = 300, bridges = 3] = process.argv.slice(2, 4).map(Number);
const [cert, key] = process.argv.slice(4).map((path) => readFileSync(path));

interface Invented {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
  readonly hashes: string[];
}

function invent(): Invented {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const line = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  return { publicKey: line, privateKey, hashes: [hashOf(line)] };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function snapshotOf(one: Invented, index: number, since: number | undefined): Snapshot {
  const { publicKey, privateKey, hashes } = one;
  hashes.push(hashOf(hashes.at(-1) ?? ""));
  const at = new Date().toISOString();
  const head = { seq: hashes.length - 1, at: Date.now(), hash: hashes.at(-1) ?? "" };
  const earlier = since === undefined || since > head.seq ? [] : [{ seq: since, hash: hashes[since] ?? "" }];
  const signature = sign(null, checkpointBytes(head), privateKey).toString("base64");
  const names = Array.from({ length: bridges }, (_, bridge) => `bruecke-${bridge}`);
  const document: UnsignedSnapshot = {
    snapshot: 1,
    appliance: { id: applianceId(publicKey), publicKey },
    version: "0.1.0",
    at,
    policy: hashOf("policy"),
    alarm: null,
    bridges: names.map((bridge, number) => bridgeOf(bridge, index, number, head.seq, at)),
    today: {
      date: at.slice(0, 10),
      came: names.map((bridge) => ({ bridge, state: "done", drops: head.seq })),
      capped: false,
      notable: [],
    },
    causes: names.slice(0, index % (bridges + 1)).map((bridge) => causeOf(bridge, at)),
    grouped: false,
    left: { bridges: 0, causes: 0, notable: 0 },
    audit: { ...head, signature, earlier },
  };
  return { ...document, signature: sign(null, Buffer.from(snapshotText(document)), privateKey).toString("base64") };
}

function bridgeOf(bridge: string, index: number, number: number, seq: number, at: string): Snapshot["bridges"][number] {
  const title = `Verfahren ${number}`;
  const owner = `Fachdienst ${index % 40}`;
  const dates = {
    started: "2026-01-05",
    deprecated: "2027-06-01",
    sunset: `2027-12-${String(1 + (index % 28)).padStart(2, "0")}`,
  };
  const down = index % 25 === 0 && number === 0;
  return {
    view: {
      bridge,
      title,
      system: "ALT",
      tags: [],
      lifecycle: "active",
      paused: false,
      drops: seq,
      records: seq * 100,
      delivered: seq * 99,
      skipped: 0,
      dead: seq,
      pending: 0,
      openDead: number < index % (bridges + 1) ? 3 : 0,
      oldestDead: null,
      held: 0,
      spoolBytes: 0,
      attachments: null,
      servers: [{ role: "target", server: "neu.example:443", up: !down, since: at, code: down ? "TARGET_DOWN" : null }],
      trouble: down ? "waiting for neu.example:443: TARGET_DOWN" : null,
      term: null,
      expected: null,
    },
    row: {
      bridge,
      state: "active",
      ...dates,
      daysLeft: 365,
      extended: false,
      extensions: 0,
      owner,
      successor: "https://neu.example/api",
      held: 0,
      overdue: false,
      notbetriebUntil: null,
      notMeasured: [],
      callers: 1,
      using: 1,
      knocking: 0,
      cycle: { name: null, period: "P1M" },
      closed: null,
      retirement: null,
      successorShare: null,
      milestones: [],
    },
    outline: {
      bridge,
      title,
      timezone: "Europe/Berlin",
      state: "active",
      ...dates,
      end: dates.sunset,
      daysLeft: 365,
      extensions: 0,
      retired: null,
      plan: [{ by: "2027-05-31", goal: "Testbetrieb" }],
      brownouts: [],
      owner: { name: owner, email: "fachdienst@stadt.example" },
      successor: { title: "Neu", url: "https://neu.example/api", guide: null },
      runningOut: [],
    },
    mapping: hashOf(`${bridge} ${index % 50 === 0}`),
    callers: { count: 1, last: at },
  };
}

function causeOf(bridge: string, at: string): Snapshot["causes"][number] {
  return {
    bridge,
    stage: "map",
    code: "CODE_UNKNOWN",
    reason: "Spalte FARBE: Wert nicht in der Liste »farben«.",
    message: "column FARBE is not in list farben",
    records: 3,
    letters: 3,
    oldest: at,
    erased: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    due: null,
    first: "dl-1-1",
  };
}

const started = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const one = invent();
    const server = createServer({ cert, key }, (request, response) => {
      const since = new URL(request.url ?? "", "https://a.example").searchParams.get("since");
      const document = snapshotOf(one, index, since === null ? undefined : Number(since));
      response.writeHead(200, { "content-type": "application/json", etag: `"${document.audit.hash}"` });
      response.end(JSON.stringify(document));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: (server.address() as AddressInfo).port, publicKey: one.publicKey };
  }),
);
process.stdout.write(`${JSON.stringify(started)}\n`);
