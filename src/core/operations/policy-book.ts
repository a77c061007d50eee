// The operator's policy as it holds. The file may become tighter at any time; where it became looser and persons are known, of each field
// the stricter value holds until two of them have seen the difference.
//
//   the file as read ──looser than what holds──▶ waits ──one asks, another one confirms──▶ holds
//                    └─as strict, or nobody known─────────────────────────────────────────▶ holds

import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { dateIn, DEFAULT_ZONE } from "../lifecycle/dates.ts";
import { inOneLine, loosened, stricterOf } from "../lifecycle/policy-loosening.ts";
import type { Loosened } from "../lifecycle/policy-loosening.ts";
import type { Policy } from "../lifecycle/policy.ts";

export interface PolicyView {
  /** SHA-256 of the file. */
  readonly hash: string;
  /** Where it is looser than what holds; empty = it holds as it is. */
  readonly waits: readonly Loosened[];
}

export interface PolicyBook {
  /** What holds now. */
  inForce(): Policy;
  view(): PolicyView;
  /** The file holds from now on, as two persons have seen it: `hash` is what they saw. POLICY_CHANGED */
  confirm(hash: string, audit: { readonly actor: string; readonly act: string }): Promise<void>;
  /** POLICY_CHANGED where the file is not the one of this hash, or nothing waits. */
  check(hash: string): void;
}

/** In the journal. Earlier versions kept the hash alone. */
interface Kept {
  /** Of the policy that held last as it was written. */
  readonly hash: string;
  /** Of the file that was read last. */
  readonly seen?: string;
  readonly inForce?: Policy;
}

export interface PolicyBookDeps {
  readonly journal: Pick<Journal, "get" | "set">;
  readonly file: Policy;
  /** Whether persons are known here (OIDC). */
  readonly persons: boolean;
  /** Only the appliance itself writes; a command that looks computes the same. */
  readonly enter: boolean;
  now(): number;
  readonly log?: Log | undefined;
}

const KEY = "policy";

export async function openPolicyBook(deps: PolicyBookDeps): Promise<PolicyBook> {
  const { journal, file } = deps;
  const today = (): string => dateIn(deps.now(), DEFAULT_ZONE);
  const kept = await journal.get<Kept>(KEY);
  // What a later version added to the shape holds as the file has it.
  const before = kept?.inForce && { ...file, ...kept.inForce };
  const changes = before === undefined ? [] : loosened(before, file, today());
  let inForce = before !== undefined && changes.length > 0 && deps.persons ? stricterOf(before, file, today()) : file;
  if (deps.enter) await enter(deps, kept, inForce, changes);

  const waits = (): readonly Loosened[] => (inForce === file ? [] : loosened(inForce, file, today()));
  function check(hash: string): void {
    if (hash !== file.hash || waits().length === 0)
      throw new BridgeError("POLICY_CHANGED", "the policy is not the one any more that was asked for");
  }
  return {
    inForce: () => inForce,
    view: () => ({ hash: file.hash, waits: waits() }),
    check,
    async confirm(hash, { actor, act }) {
      // Cut between policy and act: it holds already.
      if (inForce === file && hash === file.hash) return;
      check(hash);
      const facts = { now: hash, act, loosened: waits().map(inOneLine).join("; ") };
      const about = { event: "policy.loosened", bridge: undefined, drop: undefined, actor, facts };
      await journal.set(KEY, { hash, seen: hash, inForce: file } satisfies Kept, { at: deps.now(), ...about });
      inForce = file;
      deps.log?.("warn", "policy.loosened", facts);
    },
  };
}

/** Each change of the file stands in the trail, with what became looser. */
async function enter(
  deps: PolicyBookDeps,
  kept: Kept | undefined,
  inForce: Policy,
  changes: readonly Loosened[],
): Promise<void> {
  const { journal, file } = deps;
  const next: Kept = { hash: inForce === file ? file.hash : (kept?.hash ?? file.hash), seen: file.hash, inForce };
  if (JSON.stringify(kept) === JSON.stringify(next)) return;
  const seen = kept?.seen ?? kept?.hash;
  // Where nobody is known any more, what waited holds.
  const takesEffect = changes.length > 0 && inForce === file;
  if (seen === file.hash && !takesEffect) return await journal.set(KEY, next);
  const loose = { loosened: changes.map(inOneLine).join("; "), waits: inForce !== file };
  const facts = { before: seen ?? null, now: file.hash, ...(changes.length > 0 && loose) };
  const about = { event: "policy.seen", bridge: undefined, drop: undefined, actor: "system", facts };
  await journal.set(KEY, next, { at: deps.now(), ...about });
  if (changes.length > 0) deps.log?.("warn", inForce === file ? "policy.loosened" : "policy.waits", loose);
}
