// The files that are there for records to name: in memory, sorted by name, so that a pattern which begins with fixed text looks at a few
// of them only. Of one name the newest counts.

import type { Attachment } from "../contract.ts";
import type { WantedNames } from "../bridge/types.ts";

export interface Shelf {
  add(attachment: Attachment): void;
  remove(id: string): void;
  get(id: string): Attachment | undefined;
  /** Those that fit, by name. */
  find(wanted: Pick<WantedNames, "prefix" | "fits">): readonly Attachment[];
  readonly size: number;
}

export function createShelf(): Shelf {
  /** By name as people read it: macOS composes umlauts otherwise than an editor does. */
  const byName = new Map<string, Attachment>();
  const names = new Map<string, string>();
  let sorted: string[] = [];
  let ready = true;

  function inOrder(): readonly string[] {
    if (ready) return sorted;
    if (sorted.length !== byName.size) sorted = [...byName.keys()];
    // Nearly sorted, where some came behind: that costs little.
    sorted.sort(byCode);
    ready = true;
    return sorted;
  }

  return {
    add(attachment) {
      const name = nameKey(attachment);
      const there = byName.get(name);
      // Several are taken side by side: the greater id is the later one.
      if (there && there.id > attachment.id) return;
      if (there) names.delete(there.id);
      else {
        sorted.push(name);
        ready = false;
      }
      byName.set(name, attachment);
      names.set(attachment.id, name);
    },
    remove(id) {
      const name = names.get(id);
      if (name === undefined) return;
      names.delete(id);
      byName.delete(name);
      ready = false;
    },
    get(id) {
      const name = names.get(id);
      return name === undefined ? undefined : byName.get(name);
    },
    find({ prefix, fits }) {
      const all = inOrder();
      const found: Attachment[] = [];
      for (let at = firstFrom(all, prefix); at < all.length; at++) {
        const name = all[at] as string;
        if (!name.startsWith(prefix)) break;
        if (fits(name)) found.push(byName.get(name) as Attachment);
      }
      return found;
    },
    get size() {
      return byName.size;
    },
  };
}

function nameKey({ name }: Pick<Attachment, "name">): string {
  return name.normalize("NFC");
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order in which formulas and messages have them: the same on every attempt. */
export function byAttachmentName(a: Pick<Attachment, "name">, b: Pick<Attachment, "name">): number {
  return byCode(nameKey(a), nameKey(b));
}

/** Index of the first name that is not less. */
function firstFrom(names: readonly string[], least: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] as string) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
