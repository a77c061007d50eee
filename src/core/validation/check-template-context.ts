// What the parts of the static check share.

import type { Code, Position } from "../errors.ts";
import type { OutputSchema } from "../mapping/types.ts";
import type { FormulaLookups } from "./formula-results.ts";

/** What the parts of the check share. */
export interface TemplateCheck {
  readonly schema: OutputSchema;
  readonly lookups: FormulaLookups;
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
