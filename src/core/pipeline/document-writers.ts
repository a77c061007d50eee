// Who writes the documents of a drop: this thread, and where it is worth it another one beside it.

import { BridgeError } from "../errors.ts";
import type { DocumentPlan } from "../mapping/template/straight-plan.ts";
import type { DocumentWriter, Outcome, StraightDocument } from "../mapping/template/straight-xml.ts";
import type { Validator } from "../mapping/types.ts";
import { mayWriteElsewhere, openThreadPlan, type ThreadPlan } from "./document-desk.ts";
import type { OpenWay } from "./map-unit.ts";

export interface DocumentWriters {
  of(names: readonly string[]): DocumentWriter;
  /** Another thread that writes documents of many rows; undefined = it is not worth it, or never succeeds. */
  elsewhere(names: readonly string[]): ThreadPlan | undefined;
  /** What became of the other thread's last document. */
  tell(outcome: Outcome): void;
  /** Those that have to look at a document which is surely what the schema says. */
  readonly rest: readonly Validator[];
  close(): void;
}

const LARGE_BYTES = 8 << 20;
/** So many documents in a row that the other thread left, and it is given no more. */
const LEFT_MOST = 5;

/** Smaller drops are done before another thread has begun. */
export function isLarge(dropBytes: number): boolean {
  return dropBytes >= LARGE_BYTES;
}

/** Whoever looks at a document that is surely valid sees it only here. */
function othersThan(knower: Validator | undefined, validators: readonly Validator[]): readonly Validator[] {
  return validators.filter((validator) => validator !== knower);
}

function knowerOf(validators: readonly Validator[]): Validator | undefined {
  return validators.find((validator) => validator.surely);
}

/** Another thread may write the documents of a drop of `size` bytes. */
export function mayGoElsewhere({ validators }: OpenWay, size: number): boolean {
  return othersThan(knowerOf(validators), validators).length === 0 && isLarge(size) && mayWriteElsewhere();
}

interface Known {
  readonly names: readonly string[];
  readonly plan: DocumentPlan;
  readonly write: DocumentWriter;
  readonly thread: ThreadPlan | undefined;
}

/** A drop of `size` bytes has one layout, or a few. What the schema surely allows is known only after some documents. */
export function documentWriters(open: OpenWay, document: StraightDocument, size: number): DocumentWriters {
  const knower = knowerOf(open.validators);
  const rest = othersThan(knower, open.validators);
  const mayElsewhere = mayGoElsewhere(open, size);
  let known: Known | undefined;
  let checked: DocumentPlan | undefined;
  let unreadable = false;
  const unchecked = document.plan(undefined);
  let left = 0;
  function knownFor(names: readonly string[]): Known {
    if (!checked && !unreadable) check();
    const plan = checked ?? unchecked;
    if (known?.names === names && known.plan === plan) return known;
    known?.thread?.close();
    // Without what the schema allows, every document is read by a validator here, and that takes longer than writing it.
    const thread = mayElsewhere && (plan.checked || !knower) ? openThreadPlan(plan, names) : undefined;
    return (known = { names, plan, write: document.bind(names, plan), thread });
  }
  function check(): void {
    const inside = knower?.surely?.(document.root);
    try {
      checked = inside && document.plan(inside);
    } catch (cause) {
      // Something of the schema that its model cannot read: the validator has the word.
      if (!(cause instanceof BridgeError)) throw cause;
      unreadable = true;
    }
  }
  return {
    rest,
    of: (names) => knownFor(names).write,
    elsewhere: (names) => (left < LEFT_MOST ? knownFor(names).thread : undefined),
    tell(outcome) {
      left = outcome === "left" ? left + 1 : 0;
    },
    close: () => known?.thread?.close(),
  };
}
