// Prometheus' text format 0.0.4.

import type { Family, HistogramFamily, Labels } from "../telemetry/metric.ts";

export function renderFamilies(families: readonly Family[]): string {
  return families.map(renderFamily).join("");
}

function renderFamily(one: Family): string {
  const { name, type, help } = one;
  const lines =
    one.type === "histogram"
      ? histogramLines(one)
      : one.samples.map(([labels, value]) => `${name}${renderLabels(labels)} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join("")}`;
}

function histogramLines({ name, borders, series }: HistogramFamily): readonly string[] {
  return series.flatMap(({ labels, counts, count, sum }) => {
    let within = 0;
    const buckets = borders.map((border, at) => {
      within += counts[at] ?? 0;
      return `${name}_bucket${renderLabels({ ...labels, le: String(border) })} ${within}`;
    });
    const all = `${name}_bucket${renderLabels({ ...labels, le: "+Inf" })} ${count}`;
    const own = renderLabels(labels);
    return [...buckets, all, `${name}_sum${own} ${sum}`, `${name}_count${own} ${count}`];
  });
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
