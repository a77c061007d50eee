// What an appliance says by OTLP of its drops: read by a receiver that knows nothing of Steg but OpenTelemetry's own definitions.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector, type Collector, type HeardSpan } from "../peers/otlp-collector.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { canary, search } from "./canary.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

let world: World;
let receiver: Receiver;
let collector: Collector;

beforeEach(async () => {
  world = createWorld();
  receiver = await startReceiver();
  collector = await startCollector();
});
afterEach(async () => {
  world.remove();
  await receiver.close();
  await collector.close();
});

const retry = "  retry: { first: 10ms, most: 20ms, attempts: 2 }\n";

function farben(deliver = `  http: { url: "${receiver.origin}/neu/{NR}" }\n`): void {
  world.bridge(
    "farben",
    `${head("farben")}${RECEIVE}${CSV}map:\n  json: { nr: = NR, wert: "= $number(WERT)" }\ndeliver:\n${retry}${deliver}${RECEIPTS}`,
  );
}

function rows(count: number, value: (at: number) => string = () => "1"): string {
  return `NR;WERT\n${Array.from({ length: count }, (_, at) => `${at + 1};${value(at)}\n`).join("")}`;
}

const named = (name: string): readonly HeardSpan[] => collector.spans.filter((span) => span.name === name);
const sum = (spans: readonly HeardSpan[], name: string): number =>
  spans.reduce((all, { attributes }) => all + Number(attributes[name] ?? 0), 0);

describe.each(["http/protobuf", "http/json"])("traces of drops, %s", (protocol) => {
  it("have a span for each stage of each chunk under the one of the drop, and deliveries belong to theirs", async () => {
    farben();
    world.put("a.csv", rows(300));
    const env = { STEG_OTLP: collector.origin, STEG_OTLP_PROTOCOL: protocol, OTEL_SERVICE_NAME: "steg-probe" };
    const { bridges } = await world.once("20s", env);
    expect(bridges[0]).toMatchObject({ delivered: 300 });

    const [drop] = await world.drops();
    const [root] = named("drop farben") as [HeardSpan];
    expect(root.parent).toBe("");
    expect(root.attributes).toEqual({
      "steg.bridge": "farben",
      "steg.drop": drop?.id,
      "steg.drop.size": drop?.size,
      "steg.records": 300,
      "steg.delivered": 300,
      "steg.skipped": 0,
      "steg.dead": 0,
    });
    const count = (name: string): number => named(name).length;
    expect(["receive", "decode", "map", "deliver", "receipt"].map(count)).toEqual([1, 3, 3, 3, 1]);
    expect(collector.spans).toHaveLength(12);
    for (const span of collector.spans) {
      expect(span.trace).toBe(root.trace);
      expect(span.parent).toBe(span === root ? "" : root.span);
      expect(span.seconds).toBeGreaterThanOrEqual(0);
      expect(span.seconds).toBeLessThanOrEqual(root.seconds + 0.01);
      expect(span.failed).toBe(false);
    }
    const ranges = named("deliver").map(({ attributes }) => [
      attributes["steg.record.first"],
      attributes["steg.record.last"],
    ]);
    expect(ranges).toEqual([
      [1, 128],
      [129, 256],
      [257, 300],
    ]);
    expect([sum(named("deliver"), "steg.messages"), sum(named("deliver"), "steg.attempts")]).toEqual([300, 300]);
    // What arrived names the span that it belongs to.
    for (const { path, headers } of receiver.heard) {
      const record = Number(path.split("/").at(-1));
      const [, trace, parent, flags] = String(headers["traceparent"]).split("-");
      const own = named("deliver").find(({ attributes }) => Number(attributes["steg.record.last"]) >= record);
      expect([trace, parent, flags]).toEqual([root.trace, own?.span, "01"]);
    }
    expect(collector.resource).toMatchObject({
      "service.name": "steg-probe",
      "service.version": expect.stringMatching(/^\d/) as string,
    });
    const type = protocol === "http/json" ? "application/json" : "application/x-protobuf";
    expect(new Set(collector.requests.map(({ headers }) => headers["content-type"]))).toEqual(new Set([type]));
  });
});

describe("traces of drops", () => {
  it("say by codes what failed", async () => {
    farben();
    receiver.rule = ({ path }) => (path.endsWith("/7") ? { status: 422, body: "nein" } : undefined);
    world.put(
      "a.csv",
      rows(20, (at) => (at === 3 ? "keine Zahl" : "1")),
    );
    await world.once("20s", { STEG_OTLP: collector.origin });
    expect(named("map")[0]?.attributes).toMatchObject({ "steg.dead": 1, "steg.messages": 19 });
    const [deliver] = named("deliver") as [HeardSpan];
    expect(deliver.failed).toBe(true);
    expect(deliver.attributes).toMatchObject({ "steg.dead": 1, "steg.messages": 19, "error.type": "DELIVERY_REFUSED" });
    expect(named("drop farben")[0]?.attributes).toMatchObject({ "steg.dead": 2, "steg.delivered": 18 });
  });

  it("are one trace across processes, and a replay is a part of it", async () => {
    farben();
    receiver.rule = () => ({ status: 503 });
    world.put("a.csv", rows(3));
    await world.once("200ms", { STEG_OTLP: collector.origin });
    expect(named("drop farben")).toHaveLength(0);
    const before = new Set(collector.spans.map(({ trace }) => trace));
    expect(before.size).toBe(1);
    receiver.rule = ({ path }) => (path.endsWith("/2") ? { status: 422 } : undefined);
    await world.once("20s", { STEG_OTLP: collector.origin });
    expect(new Set(collector.spans.map(({ trace }) => trace))).toEqual(before);
    expect(named("drop farben")).toHaveLength(1);
    receiver.rule = undefined;
    const [letter] = await world.dead();
    const again = ["replay", letter?.id ?? "", "--yes", "--confirm-unsure"];
    await world.steg(again, { STEG_OTLP: collector.origin });
    expect(named("replay")[0]).toMatchObject({ parent: named("drop farben")[0]?.span });
    expect(named("replay")[0]?.attributes).toMatchObject({ "steg.messages": 1, "steg.delivered": 1 });
    expect(receiver.heard.at(-1)?.headers["traceparent"]).toContain(
      `${[...before].join()}-${named("replay")[0]?.span}`,
    );
  });

  it("has files that grow in it, too", async () => {
    farben('  batch: { drop: true }\n  folder: { path: out, name: "{$file.stem}.ndjson" }\n');
    world.put("a.csv", rows(300));
    await world.once("20s", { STEG_OTLP: collector.origin });
    expect(sum(named("deliver"), "steg.messages")).toBe(300);
  });

  it("leave out what the ratio leaves out, and say so to targets", async () => {
    farben();
    world.put("a.csv", rows(3));
    await world.once("20s", { STEG_OTLP: collector.origin, STEG_OTLP_RATIO: "0" });
    expect(collector.spans).toHaveLength(0);
    const traces = new Set(receiver.heard.map(({ headers }) => headers["traceparent"]));
    expect([...traces].join()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(collector.points.length).toBeGreaterThan(0);
  });

  it("are nowhere where no address is set", async () => {
    farben();
    world.put("a.csv", rows(3));
    await world.once();
    expect(collector.requests).toHaveLength(0);
    const traces = receiver.heard.map(({ headers }) => headers["traceparent"]);
    expect(new Set(traces).size).toBe(3);
  });
});

describe("metrics by OTLP", () => {
  it("are those of /metrics", async () => {
    farben();
    world.put(
      "a.csv",
      rows(300, (at) => (at === 3 ? "keine Zahl" : "1")),
    );
    await world.once("20s", { STEG_OTLP: collector.origin });
    const point = (name: string, labels: Readonly<Record<string, string>>) =>
      collector.points.find(
        (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.attributes[label] === value),
      );
    expect(point("steg_records_total", { bridge: "farben", outcome: "delivered" })).toMatchObject({
      kind: "sum",
      value: 299,
    });
    expect(point("steg_dead_letters_open", { bridge: "farben" })).toMatchObject({ kind: "gauge", value: 1 });
    const durations = point("steg_delivery_duration_seconds", { bridge: "farben", outcome: "delivered" });
    expect(durations).toMatchObject({ kind: "histogram", value: 299 });
    expect(durations?.counts).toHaveLength((durations?.borders?.length ?? 0) + 1);
    expect(durations?.counts?.reduce((all, one) => all + one, 0)).toBe(299);
    expect(point("steg_drop_duration_seconds", { bridge: "farben" })?.value).toBe(1);
  });
});

describe("a receiver of OTLP that does not do its part", () => {
  let silent: Server | undefined;
  afterEach(() => silent?.closeAllConnections());

  it.each([
    ["is not there", async () => await Promise.resolve("http://127.0.0.1:1")],
    ["says no", async () => (collector.behave(401), await Promise.resolve(collector.origin))],
    ["is full", async () => (collector.behave(503), await Promise.resolve(collector.origin))],
    [
      "never answers",
      async () => {
        silent = createServer(() => undefined);
        await new Promise<void>((resolve) => void silent?.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      },
    ],
  ])("keeps nothing from being done where it %s", async (_what, address) => {
    farben();
    world.put("a.csv", rows(300));
    const began = Date.now();
    const { bridges, stderr } = await world.once("20s", { STEG_OTLP: await address() });
    expect(bridges[0]).toMatchObject({ delivered: 300 });
    // What is left has three seconds each, spans and figures.
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(stderr.match(/telemetry\.failing/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });
});

describe("values of records", () => {
  it("are in no span and no metric", async () => {
    const values = [canary(1), canary(2), canary(3), canary(4), canary(5)] as const;
    const [mapped, refused, stumbled, path, file] = values;
    world.bridge(
      "farben",
      `${head("farben")}${RECEIVE}${CSV}map:\n  json: { nr: = NR, wert: "= WERT = '1' ? 1 : $number(WERT)" }\ndeliver:\n${retry}  http: { url: "${receiver.origin}/neu/{NR}" }\n${RECEIPTS}`,
    );
    receiver.rule = ({ path: asked }) => {
      if (asked.includes(refused)) return { status: 422, body: `${refused} ist falsch` };
      if (asked.includes(stumbled)) return { status: 503, body: stumbled, headers: { "x-echo": stumbled } };
      return undefined;
    };
    const lines = [
      `1;${mapped}`,
      `${refused};1`,
      `${stumbled};1`,
      `${path};1`,
      ...Array.from({ length: 20 }, () => "2;1"),
    ];
    world.put(`${file}.csv`, `NR;WERT\n${lines.join("\n")}\n`);
    const { bridges } = await world.once("20s", { STEG_OTLP: collector.origin, STEG_OTLP_PROTOCOL: "http/json" });
    expect(bridges[0]).toMatchObject({ dead: 3 });
    expect(named("deliver")[0]?.attributes).toMatchObject({ "steg.dead": 2 });
    expect(receiver.heard.some(({ path: asked }) => asked.includes(path))).toBe(true);
    const found = collector.bodies.flatMap((body) => search(values, "OTLP", body));
    expect(found).toEqual([]);
  });
});
