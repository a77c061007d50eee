// SAP locks a user after a few failed logons (login/fails_to_user_lock, mostly 5). So while it is not known that the logon is good, at the
// beginning and after a failure, one call goes alone; whoever came meanwhile shares its failure, or goes on behind its success.

import type { Attempt } from "../../core/contract.ts";
import { orAborted } from "../shared/or-aborted.ts";

export type LogonGuard = (work: () => Promise<Attempt>, signal: AbortSignal) => Promise<Attempt>;

export function createLogonGuard(): LogonGuard {
  let isGood = false;
  let trial: Promise<Attempt> | undefined;

  function judge(attempt: Attempt): void {
    if (isLogonFailure(attempt)) isGood = false;
    // An answer of the function, whatever it says, comes behind the logon; a proxy's 503 does not.
    else if (attempt.end === "delivered" || attempt.end === "refused") isGood = true;
  }

  async function alone(work: () => Promise<Attempt>): Promise<Attempt> {
    trial = work();
    try {
      const attempt = await trial;
      judge(attempt);
      return attempt;
    } finally {
      trial = undefined;
    }
  }

  return async (work, signal) => {
    while (!isGood) {
      signal.throwIfAborted();
      if (!trial) return await alone(work);
      // What it rejects with is its own caller's business.
      const ended = trial.catch(() => undefined);
      const others = await orAborted(ended, signal);
      if (others && isLogonFailure(others)) return others;
    }
    const attempt = await work();
    judge(attempt);
    return attempt;
  };
}

function isLogonFailure(attempt: Attempt): boolean {
  return attempt.end === "unreachable" && attempt.opens === true;
}
