// A metric as data: /metrics writes it as text, OTLP sends it as points. Both say the same because both are made of this.

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];

/** Counted in classes with upper borders in the metric's unit. */
export interface Distribution {
  readonly labels: Labels;
  /** As many as there are borders; each counts what is within its own and not within the one before. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export interface ScalarFamily {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface HistogramFamily {
  readonly name: string;
  readonly type: "histogram";
  readonly help: string;
  readonly borders: readonly number[];
  readonly series: readonly Distribution[];
}

export type Family = ScalarFamily | HistogramFamily;

export function family(name: string, type: ScalarFamily["type"], help: string, samples: readonly Sample[]): Family {
  return { name, type, help, samples };
}

export function histogram(
  name: string,
  help: string,
  borders: readonly number[],
  series: readonly Distribution[],
): Family {
  return { name, type: "histogram", help, borders, series };
}
