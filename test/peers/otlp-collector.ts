// Takes OTLP over HTTP on loopback and reads it with a Protocol Buffers library of others, by the numbers of the wire format
// (otlp-messages.ts): what Steg sends is judged by neither its own code nor the SDK's.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { otlpMessages, type OtlpMessage } from "./otlp-messages.ts";

export interface HeardSpan {
  readonly name: string;
  readonly trace: string;
  readonly span: string;
  /** Empty = it begins its trace. */
  readonly parent: string;
  readonly kind: number;
  readonly seconds: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
  /** Span ids of other spans that have to do with it. */
  readonly links: readonly string[];
}

export interface HeardPoint {
  readonly name: string;
  readonly kind: "gauge" | "sum" | "histogram";
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly value: number;
  /** Of histograms: borders, and counts that are one more. */
  readonly borders?: readonly number[];
  readonly counts?: readonly number[];
}

export interface Collector {
  readonly origin: string;
  readonly spans: readonly HeardSpan[];
  readonly points: readonly HeardPoint[];
  /** Attributes of who sent them, the last ones. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
  /** Bodies as they came, for searches in them. */
  readonly bodies: readonly Buffer[];
  readonly requests: readonly { readonly path: string; readonly headers: NodeJS.Dict<string | string[]> }[];
  /** The status that it answers with from now on; a number of milliseconds it waits before. */
  behave(status: number, delay?: number): void;
  /** Resolves when this is true; rejects after ten seconds. */
  until(isThere: (collector: Collector) => boolean): Promise<void>;
  close(): Promise<void>;
}

type Tree = { readonly [name: string]: unknown };

const TYPES: Readonly<Record<string, OtlpMessage>> = {
  "/v1/traces": "TracesRequest",
  "/v1/metrics": "MetricsRequest",
};
const SECONDS = 1e9;

export async function startCollector(): Promise<Collector> {
  const messages = otlpMessages();
  const state = { status: 200, delay: 0 };
  const heard = { spans: [] as HeardSpan[], points: [] as HeardPoint[], resource: {} as HeardSpan["attributes"] };
  const bodies: Buffer[] = [];
  const requests: { path: string; headers: NodeJS.Dict<string | string[]> }[] = [];

  function read(path: string, type: string, body: Buffer): void {
    const named = TYPES[path];
    if (!named) throw new Error(`nothing is taken at ${path}`);
    const Request = messages(named);
    const tree: Tree =
      type === "application/json"
        ? (JSON.parse(body.toString()) as Tree)
        : Request.toObject(Request.decode(body), { longs: String, bytes: String, defaults: false });
    for (const one of listOf(tree, "resourceSpans")) {
      heard.resource = attributesOf(one["resource"] as Tree);
      for (const scope of listOf(one, "scopeSpans"))
        heard.spans.push(...listOf(scope, "spans").map((span) => spanOf(span, type)));
    }
    for (const one of listOf(tree, "resourceMetrics")) {
      heard.resource = attributesOf(one["resource"] as Tree);
      for (const scope of listOf(one, "scopeMetrics")) heard.points.push(...listOf(scope, "metrics").flatMap(pointsOf));
    }
  }

  const server = createServer((request, reply) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const given = Buffer.concat(parts);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(given) : given;
      const path = request.url ?? "";
      requests.push({ path, headers: request.headers });
      const { status, delay } = state;
      if (status < 300) {
        bodies.push(body);
        read(path, request.headers["content-type"] ?? "", body);
      }
      setTimeout(() => reply.writeHead(status).end(), delay);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const collector: Collector = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: heard.spans,
    points: heard.points,
    get resource() {
      return heard.resource;
    },
    bodies,
    requests,
    behave: (status, delay = 0) => void Object.assign(state, { status, delay }),
    async until(isThere) {
      for (let tries = 0; !isThere(collector); tries++) {
        if (tries > 400) throw new Error(`never came: ${heard.spans.map(({ name }) => name).join(", ")}`);
        await new Promise((resolve) => void setTimeout(resolve, 25));
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
  return collector;
}

function listOf(tree: Tree, name: string): readonly Tree[] {
  return (tree[name] ?? []) as readonly Tree[];
}

function attributesOf(tree: Tree | undefined): HeardSpan["attributes"] {
  const pairs = listOf(tree ?? {}, "attributes").map(({ key, value }) => [key as string, valueOf(value as Tree)]);
  return Object.fromEntries(pairs) as HeardSpan["attributes"];
}

function valueOf(value: Tree): string | number | boolean {
  const [name, given] = Object.entries(value)[0] ?? [];
  return name === "intValue" ? Number(given) : (given as string | number | boolean);
}

function spanOf(span: Tree, type: string): HeardSpan {
  // JSON has ids in hexadecimal digits, by the standard's exception from the Protocol Buffers' own mapping.
  const id = (given: unknown): string => {
    const text = typeof given === "string" ? given : "";
    return type === "application/json" ? text : Buffer.from(text, "base64").toString("hex");
  };
  const began = BigInt(String(span["startTimeUnixNano"]));
  const ended = BigInt(String(span["endTimeUnixNano"]));
  return {
    name: String(span["name"]),
    trace: id(span["traceId"]),
    span: id(span["spanId"]),
    parent: id(span["parentSpanId"]),
    kind: Number(span["kind"]),
    seconds: Number(ended - began) / SECONDS,
    attributes: attributesOf(span),
    failed: (span["status"] as Tree | undefined)?.["code"] === 2,
    links: listOf(span, "links").map((link) => id(link["spanId"])),
  };
}

function pointsOf(metric: Tree): readonly HeardPoint[] {
  const name = String(metric["name"]);
  return (["gauge", "sum", "histogram"] as const).flatMap((kind) =>
    listOf((metric[kind] ?? {}) as Tree, "dataPoints").map((point) => ({
      name,
      kind,
      attributes: attributesOf(point),
      value: Number(kind === "histogram" ? point["count"] : (point["asDouble"] ?? point["asInt"])),
      ...(kind === "histogram" && {
        borders: listOf(point, "explicitBounds").map(Number),
        counts: listOf(point, "bucketCounts").map(Number),
      }),
    })),
  );
}
