// How often a caller may call: a bucket of tokens that fills steadily. A minute's worth may come at once, then it goes on at the
// rate. Whoever called longest ago is forgotten when there are too many, with a full bucket, so that names cannot fill the memory.

export interface Rates {
  /** 0 = go on; else seconds until the next call is taken. */
  take(bridge: string, caller: string, perMinute: number): number;
  /** Callers remembered. */
  readonly size: number;
}

interface Bucket {
  left: number;
  at: number;
  perMinute: number;
}

const MINUTE = 60_000;
const MOST_CALLERS = 10_000;

/** `now` must not go back: a monotonic clock in milliseconds. */
export function createRates(now: () => number = () => performance.now(), most: number = MOST_CALLERS): Rates {
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string, perMinute: number): Bucket {
    const known = buckets.get(key);
    // Moved to the end: the first of the map is who called longest ago.
    if (known) buckets.delete(key);
    const bucket = known?.perMinute === perMinute ? known : { left: perMinute, at: now(), perMinute };
    const oldest = buckets.size >= most ? buckets.keys().next() : undefined;
    if (oldest?.done === false) buckets.delete(oldest.value);
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(bridge, caller, perMinute) {
      const bucket = bucketOf(`${bridge}\u0000${caller}`, perMinute);
      const time = now();
      bucket.left = Math.min(perMinute, bucket.left + ((time - bucket.at) * perMinute) / MINUTE);
      bucket.at = time;
      if (bucket.left >= 1) {
        bucket.left -= 1;
        return 0;
      }
      return Math.max(1, Math.ceil(((1 - bucket.left) * MINUTE) / perMinute / 1_000));
    },
    get size() {
      return buckets.size;
    },
  };
}
