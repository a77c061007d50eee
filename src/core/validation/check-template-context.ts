// What the parts of the static check share.

import type { Code, Position } from "../errors.ts";
import type { OutputSchema } from "../mapping/types.ts";

export interface TemplateLookups {
  /** Values of the value column of `map.codes.<name>`; undefined where they are not known. */
  readonly tableValues?: (name: string) => readonly string[] | undefined;
}

/** What the parts of the check share. */
export interface TemplateCheck {
  readonly schema: OutputSchema;
  readonly lookups: TemplateLookups;
  readonly report: (
    severity: "error" | "warning",
    code: Code,
    at: Position,
    length: number,
    message: string,
    hint?: string,
  ) => void;
  /** Prefixes already reported as undeclared. */
  readonly undeclared: Set<string>;
}
