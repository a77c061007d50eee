// Where Redis is, as settings give it.

import { BridgeError } from "../errors.ts";

export interface RedisSettings {
  /** `redis://` or `rediss://`, with user and password where Redis asks for them. */
  readonly url: string;
  /** Certificates that sign Redis's own; undefined = those of the system. */
  readonly ca: string | undefined;
}

/** Throws SETTING_INVALID; the address is not shown, it may hold a password. */
export function checkRedisUrl(text: string, origin: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url === undefined || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "")
    throw new BridgeError(
      "SETTING_INVALID",
      `the address of Redis from ${origin} must be redis:// or rediss://host:port`,
    );
  return text;
}
