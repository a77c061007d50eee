// The way to Redis: address, access and trust, the same for appliance and workers.

import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import type { RedisSettings } from "./redis-address.ts";

// Its serializer would load an add-on in machine code where one lies about (an optional package of another). Steg runs none, and in
// JavaScript it reads the same; so this comes before.
process.env["MSGPACKR_NATIVE_ACCELERATION_DISABLED"] = "true";
export const { Queue, QueueEvents, Worker } = await import("bullmq");

/** All keys of the product begin with it, so that an ACL can name them: `~steg:*`. */
export const PREFIX = "steg";
export const QUEUE = "chunks";
const CONNECT_MILLISECONDS = 5_000;
const KEEP_ALIVE_MILLISECONDS = 5_000;
const RECONNECT_MOST = 2_000;

/** One connection; it connects again by itself for as long as it is open. `blocking`: for who waits for jobs. */
export function connect({ url, ca }: RedisSettings, blocking: boolean, onError: (cause: Error) => void): Redis {
  const options = {
    // A command that was given while the connection was away fails at once where somebody can try again, and waits where BullMQ does.
    enableOfflineQueue: blocking,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MILLISECONDS,
    keepAlive: KEEP_ALIVE_MILLISECONDS,
    retryStrategy: (times: number) => Math.min(RECONNECT_MOST, 50 * 2 ** Math.min(times, 6)),
    ...(url.startsWith("rediss:") && { tls: ca === undefined ? {} : { ca: readFileSync(ca) } }),
  };
  const redis = new Redis(url, options);
  redis.on("error", onError);
  return redis;
}
