// The figures of /metrics as OTLP's points. Counters are cumulative: those of the journal since there is one, the others since the process
// began.

import { ValueType, type HrTime } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Family, HistogramFamily, ScalarFamily } from "./metric.ts";

/** `began` and `now`: milliseconds since 1970. */
export function otlpMetrics(
  families: readonly Family[],
  resource: Resource,
  version: string,
  began: number,
  now: number,
): ResourceMetrics {
  const times = { startTime: hrTime(began), endTime: hrTime(now) };
  const metrics = families.map((one) => (one.type === "histogram" ? histogramOf(one, times) : scalarOf(one, times)));
  return { resource, scopeMetrics: [{ scope: { name: "steg", version }, metrics }] };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}

function baseOf({ name, help }: Family) {
  return {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
}

/** UCUM, as OpenTelemetry wants it: by the names, which are Prometheus'. */
function unitOf(name: string): string {
  if (/_seconds(?:_total)?$/.test(name)) return "s";
  return /_bytes(?:_total)?$/.test(name) ? "By" : "";
}

function scalarOf(one: ScalarFamily, times: Times): MetricData {
  const dataPoints = one.samples.map(([labels, value]) => ({ ...times, attributes: { ...labels }, value }));
  if (one.type === "gauge") return { ...baseOf(one), dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...baseOf(one), dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function histogramOf(one: HistogramFamily, times: Times): MetricData {
  const dataPoints = one.series.map(({ labels, counts, count, sum }) => {
    const above = count - counts.reduce((all, within) => all + within, 0);
    const value = { buckets: { boundaries: [...one.borders], counts: [...counts, above] }, count, sum };
    return { ...times, attributes: { ...labels }, value };
  });
  return { ...baseOf(one), dataPointType: DataPointType.HISTOGRAM, dataPoints };
}
