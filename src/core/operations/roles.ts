// What people and programs may do, and for which bridges.

import { covers } from "../tags.ts";

export const ROLES = ["caller", "viewer", "operator", "clearing", "approver"] as const;
export type Role = (typeof ROLES)[number];

/** Those that look; callers use faces and nothing else. */
export const READERS: readonly Role[] = ["viewer", "operator", "clearing", "approver"];

/** A role for all bridges, or for those that the tags cover. */
export interface Grant {
  readonly role: Role;
  /** None = all bridges, and the appliance itself. */
  readonly tags: readonly string[];
}

export type TagsOf = (bridge: string) => readonly string[];

/** Whether one of these roles is granted for what has these tags; undefined = the appliance itself, which is nobody's part. */
export function isGranted(
  grants: readonly Grant[],
  roles: readonly Role[],
  tags: readonly string[] | undefined,
): boolean {
  return grants.some(
    (grant) => roles.includes(grant.role) && (tags === undefined ? grant.tags.length === 0 : covers(grant.tags, tags)),
  );
}

/** Each once, for whatever part. */
export function rolesOf(grants: readonly Grant[]): readonly Role[] {
  return [...new Set(grants.map(({ role }) => role))];
}

export interface TokenView {
  readonly name: string;
  readonly role: Role;
  /** For which bridges it is; none = for all of them. */
  readonly tags: readonly string[];
  readonly created: string;
  readonly createdBy: string;
}

export interface TokenAsked {
  readonly name: string;
  readonly role: string;
  /** For which bridges; absent or none = for all of them. */
  readonly tags?: readonly string[] | undefined;
}

export interface TokenMade {
  readonly name: string;
  readonly role: Role;
  readonly tags: readonly string[];
  readonly token: string;
}
