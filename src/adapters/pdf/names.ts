// Names of fields as bridge files write them: `person.name` and `person.ort` are two names in one object.
//
// Forms of Adobe's designer number every step (`Antrag[0].Kind[1].Name[0]`). A number stays only where there are several, so that the
// form decides and not what was filled in.

import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Field } from "./read/fields.ts";

interface Step {
  readonly steps: Map<string, Step>;
}

const Fields = recordType();

/** A field that is also the beginning of others has its own value under this name. */
const OWN = "#text";

/** One path per path, in their order. */
export function shownPaths(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const top: Step = { steps: new Map() };
  for (const path of paths) {
    let at = top;
    for (const name of path) {
      let next = at.steps.get(name);
      if (!next) at.steps.set(name, (next = { steps: new Map() }));
      at = next;
    }
  }
  return paths.map((path) => {
    let at = top;
    const shown: string[] = [];
    for (const name of path) {
      shown.push(shownName(name, at.steps));
      at = at.steps.get(name)!;
    }
    return at.steps.size > 0 ? [...shown, OWN] : shown;
  });
}

function shownName(name: string, siblings: ReadonlyMap<string, unknown>): string {
  const base = /^(.+)\[0\]$/.exec(name)?.[1];
  return base === undefined || siblings.has(base) || siblings.has(`${base}[1]`) ? name : base;
}

/** Always a record, even where nothing is filled in. */
export function nestedFields(fields: readonly Field[]): OpenRecord {
  const record = new Fields();
  const shown = shownPaths(fields.map(({ path }) => path));
  fields.forEach(({ value }, at) => {
    if (value === undefined) return;
    const path = shown[at]!;
    let open = record;
    for (const name of path.slice(0, -1)) open = (open[name] ??= new Fields()) as OpenRecord;
    open[path.at(-1)!] = value;
  });
  return record;
}
