// Who signed in to the dashboard and out of it, in the trail. A session that ends by itself has no entry: nobody did it.

import type { Journal } from "../journal/types.ts";
import { rolesOf, type Grant } from "./roles.ts";

export interface SignedRequest {
  readonly actor: string;
  readonly grants: readonly Grant[];
  readonly what: "begun" | "ended";
}

export async function noteSigned(
  journal: Pick<Journal, "audit">,
  { actor, grants, what }: SignedRequest,
  at: number,
): Promise<void> {
  const event = what === "begun" ? "session.begun" : "session.ended";
  const scoped = grants.filter(({ tags }) => tags.length > 0);
  const parts = scoped.map(({ role, tags }) => `${role} ${tags.join(", ")}`).join("; ");
  const facts = { role: rolesOf(grants).join(" "), ...(parts !== "" && { tags: parts }) };
  await journal.audit({ at, event, bridge: undefined, drop: undefined, actor, facts });
}
