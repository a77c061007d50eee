// The public keys of an authorization server (JWKS, RFC 7517), from a file or an address.
//
// From an address they are fetched when the first token comes, again when they are old, and at a kid that is not among them, but at
// most once a minute: whoever sends made-up kids must not make us knock there all day. While the server is away the last ones hold.

import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Log } from "../contract.ts";
import { boundedBody } from "../bounded-body.ts";
import { BridgeError } from "../errors.ts";
import { isThisMachine } from "../options/this-machine.ts";

export interface KeySource {
  /** https:, or http: of this machine; or the path of a file. */
  readonly from: string;
  readonly log: Log;
  readonly now?: () => number;
  /** Milliseconds that the server has. */
  readonly timeout?: number;
}

export interface Jwk {
  readonly kid: string;
  readonly kty: string;
  readonly alg: string | undefined;
  readonly crv: string | undefined;
  readonly key: KeyObject;
}

export interface KeySet {
  /** undefined = there is no such key. Throws IDENTITY_UNAVAILABLE where there are no keys at all. */
  find(kid: string): Promise<Jwk | undefined>;
}

const MOST_BYTES = 256 * 1024;
const MOST_KEYS = 100;
const TIMEOUT = 5_000;
/** Not asked for again before. */
const LEAST_PAUSE = 60_000;
/** As long as there are none at all: both may have been started together. */
const FIRST_PAUSE = 5_000;
const FRESH = 10 * 60_000;
/** Keys that could not be renewed for so long are no longer believed. */
const OLDEST = 24 * 3_600_000;
const LEAST_RSA_BITS = 2_048;

type Keys = ReadonlyMap<string, Jwk>;

export function isAddress(from: string): boolean {
  return /^https?:\/\//iu.test(from);
}

/** Throws SETTING_INVALID for an address that keys must not come from, and for a file that holds none. */
export function createKeySet(source: KeySource): KeySet {
  if (!isAddress(source.from)) return keysOfFile(source.from);
  const url = URL.parse(source.from);
  if (
    url === null ||
    (url.protocol !== "https:" && !isThisMachine(url)) ||
    url.username !== "" ||
    url.password !== ""
  ) {
    throw new BridgeError(
      "SETTING_INVALID",
      "STEG_JWT_JWKS must be an https address without user and password, or a file",
      {
        hint: "Keys that come in the clear may be anybody's.",
      },
    );
  }
  return keysOfAddress(url, source);
}

function keysOfFile(path: string): KeySet {
  let keys: Keys;
  try {
    keys = readKeys(readFileSync(path));
  } catch (cause) {
    throw new BridgeError("SETTING_INVALID", `${path} from STEG_JWT_JWKS holds no keys (JWKS) that can be used`, {
      cause,
    });
  }
  return { find: (kid) => Promise.resolve(keys.get(kid)) };
}

function keysOfAddress(url: URL, { log, now = Date.now, timeout = TIMEOUT }: KeySource): KeySet {
  let keys: Keys | undefined;
  let fetched = Number.NEGATIVE_INFINITY;
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function renew(): Promise<void> {
    asked = now();
    try {
      keys = readKeys(await fetchBytes(url, timeout));
      fetched = now();
    } catch (cause) {
      // The words of a library may hold what the server sent.
      log("warn", "jwks.unavailable", {
        url: url.origin,
        why: cause instanceof BridgeError ? cause.message : "failed",
      });
    }
  }

  async function renewed(): Promise<void> {
    if (!asking && now() - asked >= (keys ? LEAST_PAUSE : FIRST_PAUSE))
      asking = renew().finally(() => (asking = undefined));
    await asking;
  }

  return {
    async find(kid) {
      if (now() - fetched >= FRESH) await renewed();
      if (!keys?.has(kid)) await renewed();
      if (!keys || now() - fetched >= OLDEST)
        throw new BridgeError("IDENTITY_UNAVAILABLE", "the keys of the authorization server cannot be had");
      return keys.get(kid);
    },
  };
}

async function fetchBytes(url: URL, timeout: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, { redirect: "error", signal, headers: { accept: "application/json" } });
  if (response.status !== 200 || !response.body) throw unusable(`answered ${response.status}`);
  const bytes = await boundedBody(response, MOST_BYTES);
  if (!bytes) throw unusable(`answered more than ${MOST_BYTES} bytes`);
  return bytes;
}

function unusable(what: string): BridgeError {
  return new BridgeError("IDENTITY_UNAVAILABLE", what);
}

/** Keys for other things than signatures, secrets, weak ones and those without a kid are left out; of two with one kid both are. */
function readKeys(bytes: Uint8Array): Keys {
  if (bytes.byteLength > MOST_BYTES) throw unusable(`has more than ${MOST_BYTES} bytes`);
  const document = JSON.parse(Buffer.from(bytes).toString("utf8")) as { readonly keys?: unknown };
  if (!Array.isArray(document?.keys) || document.keys.length > MOST_KEYS) throw unusable("is no JWKS of a usual size");
  const keys = new Map<string, Jwk>();
  const twice = new Set<string>();
  for (const each of document.keys as readonly unknown[]) {
    const jwk = publicKey(each);
    if (!jwk) continue;
    if (keys.has(jwk.kid)) twice.add(jwk.kid);
    keys.set(jwk.kid, jwk);
  }
  for (const kid of twice) keys.delete(kid);
  if (keys.size === 0) throw unusable("holds no key that can be used");
  return keys;
}

const KINDS: ReadonlySet<unknown> = new Set(["RSA", "EC", "OKP"]);

function publicKey(given: unknown): Jwk | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { kid, kty, alg, crv, use, d } = given as Readonly<Record<string, unknown>>;
  if (typeof kid !== "string" || kid === "" || kid.length > 500 || !KINDS.has(kty)) return undefined;
  // Who publishes a private key has other troubles; it is not used.
  if ((use !== undefined && use !== "sig") || d !== undefined) return undefined;
  try {
    const key = createPublicKey({ key: given as Record<string, string>, format: "jwk" });
    if (kty === "RSA" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS) return undefined;
    return { kid, kty: kty as string, alg: textOrNone(alg), crv: textOrNone(crv), key };
  } catch {
    return undefined;
  }
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
