// The templates a `map` can have, by their key in the bridge file.

import type { CompileTemplate } from "../types.ts";
import type { CsvDialect } from "./csv.ts";
import { compileCsv } from "./csv.ts";
import { compileFixed } from "./fixed.ts";
import { compileJson } from "./json.ts";
import { compileXml } from "./xml.ts";

export { compileFormulaAlone, recordTemplate } from "./json.ts";

export type TemplateFormat = "xml" | "json" | "csv" | "fixed";
export const TEMPLATE_FORMATS: readonly TemplateFormat[] = ["xml", "json", "csv", "fixed"];

/** What encode says and templates of lines need to know. */
export interface LineOptions {
  readonly csv: CsvDialect;
  /** Between the lines of one fixed message. */
  readonly lineEnd: string;
}

export function templateCompiler(format: TemplateFormat, lines: LineOptions): CompileTemplate {
  if (format === "xml") return compileXml;
  if (format === "json") return compileJson;
  return format === "csv" ? compileCsv(lines.csv) : compileFixed(lines.lineEnd);
}
