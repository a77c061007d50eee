// The writer of a bridge: its template checked before there is a record, then records written.

import type { AdapterContext, Sketch, SketchProblem, Writer } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { readDirectories } from "../directory/files.ts";
import { openDirectories } from "../directory/open.ts";
import type { Directories } from "../directory/types.ts";
import { explainSegments } from "../explain.ts";
import { type Interchange, NO_STAMP, planInterchange, stampOf, writeInterchange } from "./interchange.ts";
import { type Given, isFields, type More, type Place } from "./place.ts";
import { showInterchanges } from "./show.ts";

type Files = Pick<AdapterContext, "readBridgeFile" | "catalogDir">;

/** Throws OPTION_UNUSABLE and EDIFACT_DIRECTORY where a directory cannot be read. */
export function openWriter(sketch: Sketch, files: Files): Writer {
  let directories: Directories | undefined;
  const open = (names: readonly string[]): Directories =>
    (directories = openDirectories(readDirectories(names, files)));
  const { plan, problems } = check(sketch, open);
  return {
    contentType: "application/EDIFACT",
    joins: true,
    problems,
    write(value, scope) {
      const given: Given = value;
      if (plan === undefined || !isFields(given)) throw unwritable("", "the template gave no object");
      const stamp = stampOf(scope, plan.syntax.version);
      return plan.syntax.characters.encode(writeInterchange(plan, given, stamp, THROWING));
    },
    show: showInterchanges,
    explain: (shown) => (directories ? explainSegments(directories, shown) : []),
  };
}

/** Problems of one template; whoever mends it does not read more at once. */
const MOST_PROBLEMS = 50;

function check(
  sketch: Sketch,
  open: (names: readonly string[]) => Directories,
): { readonly plan: Interchange | undefined; readonly problems: readonly SketchProblem[] } {
  const { problems, place } = collecting();
  if (!isFields(sketch)) {
    const hint = "edifact: { message: INVOIC D 96A UN EAN008, UNB: { … }, BGM: { … } }";
    place.tell("", "an interchange is an object of its segments, written out", { hint });
    return { plan: undefined, problems };
  }
  const plan = planInterchange(sketch, place, open);
  if (plan !== undefined) writeInterchange(plan, sketch, NO_STAMP, place);
  return { plan, problems };
}

/** For the check of a template: all that is wrong at once. */
export function collecting(): { readonly problems: readonly SketchProblem[]; readonly place: Place } {
  const problems: SketchProblem[] = [];
  const place: Place = {
    path: "",
    tell: (path, message, { hint } = {}) => {
      if (problems.length < MOST_PROBLEMS) problems.push({ path, message, hint });
    },
  };
  return { problems, place };
}

export const THROWING: Place = {
  path: "",
  tell: (path, message, more) => {
    throw unwritable(path, message, more);
  },
};

export function unwritable(path: string, message: string, { hint, detail, code0085 }: More = {}): BridgeError {
  const facts = { path, ...(code0085 !== undefined && { error0085: String(code0085) }) };
  return new BridgeError("EDIFACT_UNWRITABLE", message, { stage: "map", hint, detail, facts });
}
