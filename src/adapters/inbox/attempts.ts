// Logins that failed, by where they came from: each makes the next one wait longer, and after many nobody from there is let in for a
// while. By network, because an IPv6 client has as many addresses as it likes.

import { isIPv6 } from "node:net";

export interface AttemptLimits {
  /** How long a refusal takes at the least, milliseconds; for all reasons the same, so that it tells nothing. */
  readonly delay: number;
  /** With so many failures within `window` it is closed for as long. */
  readonly most: number;
  readonly window: number;
}

export const ATTEMPT_LIMITS: AttemptLimits = { delay: 1_000, most: 30, window: 600_000 };

const LONGEST_DELAY = 5_000;
const MOST_NETWORKS = 10_000;

export interface Attempts {
  /** Nobody from there is listened to now. */
  blocked(address: string): boolean;
  /** Answers true where this one closed it. */
  failed(address: string): boolean;
  delay(address: string): number;
}

interface Failures {
  count: number;
  since: number;
}

export function createAttempts(limits: AttemptLimits, now: () => number = () => performance.now()): Attempts {
  const networks = new Map<string, Failures>();

  function failuresOf(address: string): number {
    const key = networkOf(address);
    const found = networks.get(key);
    if (!found) return 0;
    if (now() - found.since < limits.window) return found.count;
    networks.delete(key);
    return 0;
  }

  return {
    blocked: (address) => failuresOf(address) >= limits.most,
    failed(address) {
      const count = failuresOf(address) + 1;
      const key = networkOf(address);
      const since = count === 1 || count === limits.most ? now() : (networks.get(key)?.since ?? now());
      networks.delete(key);
      networks.set(key, { count, since });
      for (const oldest of networks.keys()) {
        if (networks.size <= MOST_NETWORKS) break;
        networks.delete(oldest);
      }
      return count === limits.most;
    },
    delay: (address) => Math.min(Math.max(LONGEST_DELAY, limits.delay), limits.delay * (1 + failuresOf(address) / 5)),
  };
}

/** An IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(?<four>\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.groups?.["four"];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array.from({ length: zeros }, () => "0"), ...back]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(":");
}
