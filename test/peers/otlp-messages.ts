// What the tests read of OTLP 1.x, as its wire format numbers it (opentelemetry.io/docs/specs/otlp): messages by name, with
// `name: number type`, `*` for what is repeated. Fields that are not here are passed over by the library that reads.

import protobuf from "protobufjs";

const MESSAGES = {
  TracesRequest: "resourceSpans: 1 *ResourceSpans",
  ResourceSpans: "resource: 1 Resource, scopeSpans: 2 *ScopeSpans",
  ScopeSpans: "scope: 1 Scope, spans: 2 *Span",
  Span: "traceId: 1 bytes, spanId: 2 bytes, traceState: 3 string, parentSpanId: 4 bytes, name: 5 string, kind: 6 int32, startTimeUnixNano: 7 fixed64, endTimeUnixNano: 8 fixed64, attributes: 9 *KeyValue, events: 11 *Event, links: 13 *Link, status: 15 Status, flags: 16 fixed32",
  Event: "timeUnixNano: 1 fixed64, name: 2 string, attributes: 3 *KeyValue",
  Link: "traceId: 1 bytes, spanId: 2 bytes, traceState: 3 string, attributes: 4 *KeyValue",
  Status: "message: 2 string, code: 3 int32",
  MetricsRequest: "resourceMetrics: 1 *ResourceMetrics",
  ResourceMetrics: "resource: 1 Resource, scopeMetrics: 2 *ScopeMetrics",
  ScopeMetrics: "scope: 1 Scope, metrics: 2 *Metric",
  Metric: "name: 1 string, description: 2 string, unit: 3 string, gauge: 5 Gauge, sum: 7 Sum, histogram: 9 Histogram",
  Gauge: "dataPoints: 1 *NumberPoint",
  Sum: "dataPoints: 1 *NumberPoint, aggregationTemporality: 2 int32, isMonotonic: 3 bool",
  Histogram: "dataPoints: 1 *HistogramPoint, aggregationTemporality: 2 int32",
  NumberPoint:
    "startTimeUnixNano: 2 fixed64, timeUnixNano: 3 fixed64, asDouble: 4 double, asInt: 6 sfixed64, attributes: 7 *KeyValue",
  HistogramPoint:
    "startTimeUnixNano: 2 fixed64, timeUnixNano: 3 fixed64, count: 4 fixed64, sum: 5 double, bucketCounts: 6 *fixed64, explicitBounds: 7 *double, attributes: 9 *KeyValue",
  Resource: "attributes: 1 *KeyValue",
  Scope: "name: 1 string, version: 2 string",
  KeyValue: "key: 1 string, value: 2 AnyValue",
  AnyValue: "stringValue: 1 string, boolValue: 2 bool, intValue: 3 int64, doubleValue: 4 double",
} as const;

/** Of these fields one is there, also where it is zero. */
const ONE_OF: Readonly<Record<string, Readonly<Record<string, { readonly oneof: string[] }>>>> = {
  Metric: { data: { oneof: ["gauge", "sum", "histogram"] } },
  NumberPoint: { value: { oneof: ["asDouble", "asInt"] } },
  AnyValue: { value: { oneof: ["stringValue", "boolValue", "intValue", "doubleValue"] } },
};

export type OtlpMessage = keyof typeof MESSAGES;

export function otlpMessages(): (name: OtlpMessage) => protobuf.Type {
  const nested = Object.fromEntries(
    Object.entries(MESSAGES).map(([name, text]) => {
      const oneofs = ONE_OF[name];
      return [name, { fields: Object.fromEntries(text.split(", ").map(field)), ...(oneofs && { oneofs }) }];
    }),
  );
  const root = protobuf.Root.fromJSON({ nested });
  return (name) => root.lookupType(name);
}

function field(text: string): [string, protobuf.IField] {
  const [name = "", id, type = ""] = text.split(/:? /);
  const isRepeated = type.startsWith("*");
  return [name, { id: Number(id), type: isRepeated ? type.slice(1) : type, ...(isRepeated && { rule: "repeated" }) }];
}
