// Calls in the real process: a part of the caller's trace, and the service behind them a part of theirs. Without an address for OTLP
// nothing of it is loaded.

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startCollector, type Collector, type HeardSpan } from "../peers/otlp-collector.ts";
import { canary, search } from "../engine/canary.ts";
import { checkout } from "../program.ts";
import { headOf } from "./called-bridges.ts";
import { createPlace, type Place } from "./steg.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const ID = canary(1);
const NAME = canary(2);

let service: Server;
let origin: string;
let heard: IncomingHttpHeaders[] = [];
let place: Place;
let collector: Collector;

beforeAll(async () => {
  service = createServer((request, response) => {
    heard.push(request.headers);
    const status = request.url?.includes("kaputt") ? 500 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ name: NAME }));
  });
  await new Promise<void>((resolve) => void service.listen(0, "127.0.0.1", resolve));
  origin = `127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(() => service.close());
beforeEach(async () => {
  heard = [];
  place = await createPlace();
  collector = await startCollector();
  await place.write(
    "mappings/ewo/bridge.yaml",
    `${headOf("ewo")}
receive:
  rest: { deadline: 3s }
cases:
  - call: GET /einwohner/{id}
    deliver: { http: { url: "http://${origin}/alt/{$request.path.id}", method: GET, hosts: ["${origin}"] } }
`,
  );
});
afterEach(async () => {
  await place.remove();
  await collector.close();
});

const named = (name: string): readonly HeardSpan[] => collector.spans.filter((span) => span.name === name);

describe("traces of calls", () => {
  it("go on with the caller's, on to the service, and are named by templates", async () => {
    const up = await place.startUp({ env: { STEG_OTLP: collector.origin } });
    const token = await place.token("portal");
    const call = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
      fetch(`${up.url}bridges/ewo${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });

    const sent = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "congo=t61" };
    expect((await call(`/einwohner/${ID}`, sent)).status).toBe(200);
    expect((await call("/einwohner/kaputt")).status).toBe(502);
    expect((await call("/einwohner/7", { ...sent, traceparent: `00-${TRACE}-${PARENT}-00` })).status).toBe(200);
    await collector.until(({ spans }) => spans.length >= 4);

    const [first, second] = named("call ewo GET /einwohner/{id}") as [HeardSpan, HeardSpan];
    const [asked, refused] = named("deliver") as [HeardSpan, HeardSpan];
    expect(first).toMatchObject({ trace: TRACE, parent: PARENT, failed: false });
    // SERVER and CLIENT of OpenTelemetry's SpanKind, whose JSON counts from 1.
    expect([first.kind, asked.kind]).toEqual([2, 3]);
    expect(first.attributes).toEqual({
      "steg.bridge": "ewo",
      "steg.call": "GET /einwohner/{id}",
      "http.request.method": "GET",
      "http.response.status_code": 200,
    });
    expect(asked).toMatchObject({ trace: TRACE, parent: first.span });
    expect(asked.attributes).toMatchObject({ "steg.outcome": "delivered", "http.response.status_code": 200 });
    expect(heard[0]).toMatchObject({ traceparent: `00-${TRACE}-${asked.span}-01`, tracestate: "congo=t61" });
    expect([second.parent, second.failed, refused.failed]).toEqual(["", true, true]);
    expect(second.trace).not.toBe(TRACE);
    // Who is not recorded at the caller's is not recorded here, and the service hears so.
    expect(heard[2]?.["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
    expect(collector.spans).toHaveLength(4);

    expect(up.said()).toContain(`"trace":"${second.trace}"`);
    const metrics = await (await fetch(`${up.url}metrics`)).text();
    expect(metrics).toContain('steg_telemetry_spans_total{outcome="sent"} 4\n');
    expect(metrics).toContain('steg_telemetry_spans_total{outcome="dropped"} 0\n');
    expect(metrics).toMatch(/steg_delivery_duration_seconds_count\{bridge="ewo",outcome="delivered"\} 2\n/);
    up.child.kill("SIGTERM");
    await up.ended;
    // The last figures go out before the end.
    const calls = collector.points.filter(({ name }) => name === "steg_calls_total");
    expect(calls.map(({ value, attributes }) => [attributes["status"], value])).toEqual([
      ["200", 2],
      ["502", 1],
    ]);
    const said = [...collector.bodies, metrics, up.said()].flatMap((text) => search([ID, NAME], "telemetry", text));
    expect(said).toEqual([]);
  });

  it("load nothing where no address is set", async () => {
    const traced = { NODE_DEBUG: "module,esm" };
    const loads = async (env: Readonly<Record<string, string>>): Promise<boolean> => {
      const { stderr, code } = await place.steg(["up", "--once"], { env: { ...traced, ...env }, main: checkout });
      expect(code).toBe(0);
      return stderr.includes("@opentelemetry");
    };
    expect(await loads({ STEG_OTLP: collector.origin })).toBe(true);
    expect(await loads({})).toBe(false);
  });

  it.each([
    [{ STEG_OTLP: "collector:4318" }, "must be http:// or https://"],
    [{ STEG_OTLP: "http://user:geheim@127.0.0.1:4318" }, "no user in it"],
    [{ STEG_OTLP: "http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "http/protobuf or http/json"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", STEG_OTLP_RATIO: "2" }, "from 0 to 1"],
  ])("begin with settings that make sense, not with %j", async (env, why) => {
    const { code, stderr } = await place.steg(["up", "--once"], { env });
    expect([code, stderr.includes(why), stderr.includes("geheim")]).toEqual([1, true, false]);
  });
});
