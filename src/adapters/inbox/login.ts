// Who is let in: by public key or by password. A stranger learns nothing from a refusal: unknown user, wrong key and wrong password
// take the same way and at least the same time.

import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AskedLogin, ParsedKey } from "ssh2";
import type { Attempts } from "./attempts.ts";
import { isPassword } from "./crypt.ts";

export interface Credentials {
  readonly keys: readonly ParsedKey[];
  /** Plain, from outside the bridge file. */
  readonly password: string | undefined;
  /** crypt(3), `$6$`. */
  readonly passwordHash: string | undefined;
}

export type Verdict =
  | { readonly end: "accepted"; readonly method: string }
  /** The key would do: now the client has to sign. */
  | { readonly end: "asked" }
  | { readonly end: "refused"; readonly counts: boolean };

export const METHODS = ["publickey", "password"] as const;

/** Compared with where there is nothing to compare with, so that it takes as long: the hash of nothing that anybody has. */
const NOBODY = `$6$steg$${".".repeat(86)}`;
const LONGEST_PASSWORD = 512;

/** `credentials` undefined = there is no such user. */
export async function judge(asked: AskedLogin, credentials: Credentials | undefined): Promise<Verdict> {
  if (asked.method === "publickey") return byKey(asked, credentials);
  if (asked.method === "password") return await byPassword(asked.password, credentials);
  return { end: "refused", counts: asked.method !== "none" };
}

function byKey(asked: AskedLogin & { readonly method: "publickey" }, credentials: Credentials | undefined): Verdict {
  const { key, signature, blob, hashAlgo } = asked;
  const known = credentials?.keys.find((each) => each.type === key.algo && each.getPublicSSH().equals(key.data));
  // A signature with SHA-1 proves nothing any more.
  const isWeak = key.algo === "ssh-rsa" && hashAlgo === undefined;
  if (!known || isWeak) return { end: "refused", counts: signature !== undefined };
  if (!signature || !blob) return { end: "asked" };
  return known.verify(blob, signature, hashAlgo) === true
    ? { end: "accepted", method: "publickey" }
    : { end: "refused", counts: true };
}

async function byPassword(given: unknown, credentials: Credentials | undefined): Promise<Verdict> {
  const refused: Verdict = { end: "refused", counts: true };
  // A request to change the password is an object; here nobody changes any.
  if (typeof given !== "string" || Buffer.byteLength(given) > LONGEST_PASSWORD) return refused;
  const { password, passwordHash } = credentials ?? {};
  const fits = await isPassword(given, passwordHash ?? NOBODY);
  const isPlain = password !== undefined && isSame(given, password);
  return fits || isPlain ? { end: "accepted", method: "password" } : refused;
}

/** In a time that does not depend on where they differ. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

export interface Door {
  readonly address: string;
  readonly attempts: Attempts;
  credentialsOf(user: string): Credentials | undefined;
  accepted(user: string, method: string): void;
  /** `user` only where there is one: what else is typed there may be a password. */
  refused(user: string | undefined, method: string): void;
  /** Enough tries on this connection. */
  end(): void;
}

/** As OpenSSH has it. */
const MOST_TRIES = 6;
/** Clients offer the keys they have one after the other; that is no guessing. */
const KEY_DELAY_SHARE = 0.1;

/** Answers what a client asks, one after the other. */
export function createLogin(door: Door): (asked: AskedLogin) => Promise<void> {
  let tries = 0;
  return async (asked) => {
    const begun = performance.now();
    const credentials = door.credentialsOf(asked.username);
    const verdict = await judge(asked, credentials);
    if (verdict.end === "asked") return asked.accept();
    if (verdict.end === "accepted") {
      door.accepted(asked.username, verdict.method);
      return asked.accept();
    }
    if (asked.method === "none") return asked.reject(METHODS);
    tries++;
    const whole = door.attempts.delay(door.address);
    const delay = verdict.counts ? whole : whole * KEY_DELAY_SHARE;
    if (verdict.counts) door.refused(credentials && asked.username, asked.method);
    await sleep(Math.max(0, begun + delay - performance.now()));
    asked.reject(METHODS);
    if (tries >= MOST_TRIES) door.end();
  };
}
