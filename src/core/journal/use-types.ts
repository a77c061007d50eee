// What the journal tells about how a bridge was used: for those who close it.

/** One row per bridge that ever had a drop. */
export interface BridgeUse {
  readonly bridge: string;
  /** When the newest drop came, whatever became of it; milliseconds. */
  readonly last: number;
  /** Drops have work to do. */
  readonly inWork: boolean;
  /** Drops were being handed over and have not come to their end. */
  readonly handingOver: boolean;
}

/** All that ever came to one bridge, counted from its rows. */
export interface BridgeTally {
  /** Drops by state: `open`, `done`, `duplicate`, `held`, `handed-over`, `refused`, `erased`. */
  readonly drops: Readonly<Record<string, number>>;
  /** When the first and the last drop came; milliseconds; null = none did. */
  readonly first: number | null;
  readonly last: number | null;
  /** Records of dead letters by state: `open`, `delivered`, `dismissed`, `expired`. */
  readonly letters: Readonly<Record<string, number>>;
}
