// probe.prometheus: a query whose one value is the successor's figure (Prometheus HTTP API, /api/v1/query).
//
// With $__range in it, as Grafana writes it, the query is asked for a stretch of time: then Prometheus itself sees where counters of
// several instances began anew, and days on which this appliance did not run are measured later.

import { adapter, type AdapterContext, type Known, type Probe, type Refuse } from "../../core/contract.ts";
import { object, required, text, type Infer } from "../../core/options/shape.ts";
import { askingShapes, checkAsking, failed, figureOf, openAsker } from "../shared/http/asking.ts";

const options = object(
  {
    ...askingShapes,
    query: required(
      text(
        "PromQL that gives one value: an increase over [$__range], which becomes the seconds that are asked for; without it a counter",
        { example: "sum(increase(http_requests_total{job='neu'}[$__range]))", most: 4_000 },
      ),
    ),
  },
  "A query of Prometheus",
);
type PrometheusOptions = NonNullable<Infer<typeof options>>;

export const prometheusProbe = adapter({
  name: "prometheus",
  role: "probe",
  summary: "Asks a Prometheus server for one value.",
  options: required(options),
  check: (given: Known<PrometheusOptions>, refuse: Refuse) => checkAsking(given, refuse),
  build: buildPrometheusProbe,
});

const RANGE = /\$__range\b/gu;
/** A window of nothing is refused by Prometheus. */
const LEAST_SECONDS = 60;

async function buildPrometheusProbe(given: PrometheusOptions, context: AdapterContext): Promise<Probe> {
  const asker = await openAsker(given, context, "probe.prometheus");
  const path = `${new URL(given.url.trim()).pathname.replace(/\/+$/u, "")}/api/v1/query`;
  return {
    reads: given.query.includes("$__range") ? "span" : "total",
    async read({ from, to }, signal) {
      const seconds = Math.max(LEAST_SECONDS, Math.round((to - from) / 1_000));
      const query = given.query.replaceAll(RANGE, `${seconds}s`);
      const form = new URLSearchParams({ query, time: String(to / 1_000) });
      return valueOf(await asker.ask(path, form, signal), asker.shown);
    },
    close: () => asker.close(),
  };
}

/** A scalar, or a vector of one. An empty one is no zero: the series may have another name. */
function valueOf(answer: unknown, shown: string): number {
  const { status, data } = (answer ?? {}) as { readonly status?: unknown; readonly data?: unknown };
  const { resultType, result } = (data ?? {}) as { readonly resultType?: unknown; readonly result?: unknown };
  if (status !== "success" || !Array.isArray(result)) throw failed(`${shown} gave no result of a query`);
  if (resultType === "vector" && result.length !== 1) {
    const many = result.length === 0 ? "no series" : `${result.length} series`;
    throw failed(`the query of ${shown} gives ${many} where one value is wanted; write sum(…) around it`);
  }
  const pair: unknown =
    resultType === "scalar" ? result : (result[0] as { readonly value?: unknown } | undefined)?.value;
  const figure = Array.isArray(pair) ? figureOf(pair[1]) : undefined;
  if (figure === undefined) throw failed(`the query of ${shown} gives no figure from 0 on`);
  return figure;
}
