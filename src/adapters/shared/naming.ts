// What messages are called as files, and where they go: what values must not make of it, here or on a server.

import type { Destination, Known, Pattern, Refuse, Scope } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { nameFault, pathFault } from "./names.ts";
import { hasFormula, sampleOf } from "./patterns.ts";

export interface Naming {
  readonly path: Pattern;
  readonly name: Pattern;
}

/** What is wrong with a name whatever the record says, and with a folder that values have a part in. */
export function checkNaming({ path, name }: Known<Naming>, refuse: Refuse): void {
  if (name?.source !== undefined) {
    const written = sampleOf(name);
    if (/[/\\]/u.test(written)) refuse("name", "holds a slash or backslash; folders belong into path");
    else {
      const fault = nameFault(written);
      if (fault !== undefined) refuse("name", `makes a name that is not usable: ${fault}`);
    }
  }
  if (path?.source === undefined || !hasFormula(path.source)) return;
  const written = sampleOf(path);
  const fault = pathFault(written.endsWith("/") ? written.slice(0, -1) : written);
  if (fault !== undefined) refuse("path", `is not usable: ${fault}`);
}

/** Throws TARGET_ADDRESS where the values make no name. */
export function nameOf(name: Pattern, scope: Scope): string {
  const text = name(scope);
  const fault = nameFault(text);
  if (!fault) return text;
  throw new BridgeError("TARGET_ADDRESS", `the file's name is not usable: ${fault}`, {
    stage: "deliver",
    detail: text,
  });
}

/** Asked for every message: where all of a drop go to one place, it is worked out once per drop. */
export function destinationOf(given: Naming): Destination {
  if (given.path.perDrop !== true || given.name.perDrop !== true) return (scope) => destination(given, scope);
  let last: { readonly file: Scope["file"]; readonly text: string } | undefined;
  const ofDrop = (scope: Scope): string => {
    if (last?.file !== scope.file) last = { file: scope.file, text: destination(given, scope) };
    return last.text;
  };
  return Object.assign(ofDrop, { perDrop: true });
}

/** What a batch's messages must share. The record's number is no reason to part them: the first one names the batch. */
function destination(given: Naming, scope: Scope): string {
  try {
    const anyRecord: Scope = { ...scope, index: 1, n: 1 };
    return `${given.path(anyRecord)}/${given.name(anyRecord)}`;
  } catch {
    // The delivery says what is wrong with it.
    return "";
  }
}
