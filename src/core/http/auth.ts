// Who is asking: a bearer token (RFC 6750), compared in constant time, and a brake on guessing per address.

import { BridgeError } from "../errors.ts";
import { rolesOf, type Grant, type Role } from "../operations/roles.ts";
import { requireWhole } from "../operations/scoped.ts";
import type { TokenBook } from "../operations/tokens.ts";

export interface Identity {
  /** `token:NAME`, or `oidc:NAME/SUBJECT` (lifecycle/person.ts), as it stands in the audit trail. */
  readonly actor: string;
  /** One, of a token; a person may have several, and the same role for several parts. */
  readonly grants: readonly Grant[];
}

const MOST_FAILURES = 10;
const WINDOW = 60_000;
/** Addresses remembered; beyond it the oldest is forgotten, so that many addresses cannot fill the memory. */
const MOST_ADDRESSES = 10_000;

export interface FailureBrake {
  /** Seconds to wait, or 0. */
  blocked(address: string): number;
  failed(address: string): void;
}

export function createBrake(now: () => number = Date.now): FailureBrake {
  const failures = new Map<string, { count: number; since: number }>();
  return {
    blocked(address) {
      const entry = failures.get(address);
      if (entry === undefined) return 0;
      const left = entry.since + WINDOW - now();
      if (left <= 0) failures.delete(address);
      return left > 0 && entry.count >= MOST_FAILURES ? Math.ceil(left / 1_000) : 0;
    },
    failed(address) {
      const entry = failures.get(address);
      if (entry !== undefined && entry.since + WINDOW > now()) {
        entry.count += 1;
        return;
      }
      failures.delete(address);
      const oldest = failures.keys().next();
      if (failures.size >= MOST_ADDRESSES && oldest.done !== true) failures.delete(oldest.value);
      failures.set(address, { count: 1, since: now() });
    },
  };
}

/** Throws UNAUTHENTICATED or RATE_LIMITED. A token is only ever taken from the header: a URL would end up in logs. */
export async function identify(
  header: string | undefined,
  address: string,
  tokens: TokenBook,
  brake: FailureBrake,
): Promise<Identity> {
  if (brake.blocked(address) > 0)
    throw new BridgeError("RATE_LIMITED", `${MOST_FAILURES} tokens in a minute were none`);
  const match = /^Bearer ([A-Za-z0-9._~+/-]{1,200}=*)$/i.exec(header ?? "");
  const found = match?.[1] === undefined ? undefined : await tokens.authenticate(match[1]);
  if (found === undefined) {
    // A request without any token is no attempt at guessing one.
    if (header !== undefined) brake.failed(address);
    throw new BridgeError("UNAUTHENTICATED", header === undefined ? "a token is needed" : "this token is not known");
  }
  return { actor: `token:${found.name}`, grants: [{ role: found.role, tags: found.tags }] };
}

/** Whether for all bridges or for some: which, is asked where a bridge is (operations/scoped.ts). */
export function authorize(identity: Identity, roles: readonly Role[]): void {
  const held = rolesOf(identity.grants);
  if (held.some((role) => roles.includes(role))) return;
  const own = held.length === 0 ? "no role" : `the role ${held.join(" and ")}`;
  throw new BridgeError("FORBIDDEN", `${own} may not do this; it takes ${roles.join(" or ")}`);
}

/** For what is about all bridges at once. FORBIDDEN */
export function authorizeWhole(identity: Identity, roles: readonly Role[]): void {
  authorize(identity, roles);
  requireWhole(identity.grants, roles);
}
