// What the formulas of a bridge do with attachments, all in all: whether anybody asks for them, and whether their bytes have to be in
// memory. One tally for all cases: what one of them reads is there for the others too.

import type { AttachmentPlace, AttachmentRole, AttachmentUse } from "../mapping/types.ts";
import { finding } from "./finding.ts";
import { entryOf } from "./loading.ts";
import type { Loading } from "./loading.ts";
import type { MapNode } from "./tree.ts";
import type { Way } from "./types.ts";

export interface AttachmentTally {
  place(role: AttachmentRole): AttachmentPlace;
  /** A value of map.let was compiled: it is attachments as they are, or it is not. */
  kept<T>(name: string, compile: () => T): T;
  /** Some formula asks for them. */
  readonly asked: boolean;
  /** Some formula can reach `.base64`. */
  readonly content: boolean;
}

export function createTally(): AttachmentTally {
  const lets = new Set<string>();
  let asked = false;
  let content = false;
  let walks = false;
  let itemContent = false;
  let lastGives = false;

  function found(use: AttachmentUse, role: AttachmentRole): void {
    asked ||= use.asks;
    content ||= use.content || (use.gives && role === "value");
    walks ||= use.gives && role === "each";
    itemContent ||= use.itemContent;
    lastGives = use.gives;
  }

  return {
    place: (role) => ({ role, lets, found }),
    kept(name, compile) {
      lastGives = false;
      const compiled = compile();
      if (lastGives) lets.add(name);
      return compiled;
    },
    get asked() {
      return asked;
    },
    get content() {
      return content || (walks && itemContent);
    },
  };
}

/** Files that are waited for and then used by nobody: a slip, or a wish that was forgotten. */
export function reportUnused(loading: Loading, root: MapNode, ways: readonly Way[]): void {
  const entry = entryOf(entryOf(root, "receive")?.value, "attach");
  if (!entry || !loading.attachments || loading.attachments.asked || ways.length === 0) return;
  loading.report(
    finding("ATTACHMENT_UNUSED", entry.keyAt, "attachments are joined to records, but no message uses them", {
      severity: "warning",
      length: entry.key.length,
    }),
  );
}
