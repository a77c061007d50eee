// A probe asks the successor how much it has done: what the bridge's share is measured by. Part of the contract.

/** A stretch of time, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

export interface Probe {
  /**
   * What a figure means. `total`: a counter that only grows, and begins anew when the successor does. `today`: what there was since
   * midnight. `span`: what there was in any span that is asked for, also in one that is over.
   */
  readonly reads: "total" | "today" | "span";
  /** One look, with deadlines of its own; a number from 0 on. Throws PROBE_FAILED: no answer, or one that is no such figure. */
  read(span: Span, signal: AbortSignal): Promise<number>;
  close(): Promise<void> | void;
}
