// OTLP over HTTP: the SDK's serialisers and its HTTP side with retries, put together by hand for both forms and both signals.
// OTEL_EXPORTER_OTLP_HEADERS, _TIMEOUT, _COMPRESSION and the certificates are read there, as OpenTelemetry defines them.

import type { ExportResult } from "@opentelemetry/core";
import { OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from "@opentelemetry/otlp-exporter-base/node-http";
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  MetricsExporterMetricsHelper,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { TelemetrySettings } from "../settings-telemetry.ts";

/** Requests at the same time, of which the SDK refuses more: at the end all batches that wait go out together. */
const AT_ONCE = 40;
const COMPONENT = "otlp_http_exporter";

export interface MetricsExporter {
  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

export function traceExporter(settings: TelemetrySettings): SpanExporter {
  const options = optionsOf(settings, "TRACES", "v1/traces");
  const serializer = settings.protocol === "http/json" ? JsonTraceSerializer : ProtobufTraceSerializer;
  return new OTLPExporterBase(
    createOtlpHttpExportDelegate(options, serializer, COMPONENT, TraceExporterMetricsHelper, undefined),
  );
}

export function metricsExporter(settings: TelemetrySettings): MetricsExporter {
  const options = optionsOf(settings, "METRICS", "v1/metrics");
  const serializer = settings.protocol === "http/json" ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  return new OTLPExporterBase(
    createOtlpHttpExportDelegate(options, serializer, COMPONENT, MetricsExporterMetricsHelper, undefined),
  );
}

function optionsOf(
  { endpoint, protocol }: TelemetrySettings,
  signal: string,
  path: string,
): ReturnType<typeof convertLegacyHttpOptions> {
  const type = protocol === "http/json" ? "application/json" : "application/x-protobuf";
  const options = { url: `${endpoint}/${path}`, concurrencyLimit: AT_ONCE, userAgent: "steg" };
  return convertLegacyHttpOptions(options, signal, path, { "Content-Type": type });
}
