// What people and programs may do, and for which bridges.

export const ROLES = ["caller", "viewer", "operator", "clearing", "approver"] as const;
export type Role = (typeof ROLES)[number];

export interface TokenView {
  readonly name: string;
  readonly role: Role;
  readonly created: string;
  readonly createdBy: string;
}
