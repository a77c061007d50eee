// Who signed in to the dashboard and out of it, in the trail. A session that ends by itself has no entry: nobody did it.

import type { Journal } from "../journal/types.ts";
import type { Role } from "./operations.ts";

export interface SignedRequest {
  readonly actor: string;
  readonly roles: readonly Role[];
  readonly what: "begun" | "ended";
}

export async function noteSigned(
  journal: Pick<Journal, "audit">,
  { actor, roles, what }: SignedRequest,
  at: number,
): Promise<void> {
  const event = what === "begun" ? "session.begun" : "session.ended";
  await journal.audit({ at, event, bridge: undefined, drop: undefined, actor, facts: { role: roles.join(" ") } });
}
