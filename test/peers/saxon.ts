// Saxon HE: expressions and stylesheets as another processor sees them.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const JAR = "/usr/share/java/Saxon-HE.jar";

function hasJava(): boolean {
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Why there is no Saxon; undefined = there is. */
export const noSaxon: string | undefined = !existsSync(JAR)
  ? `there is no ${JAR}`
  : hasJava()
    ? undefined
    : "there is no java";

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("\n", " ");

/** The type and text of an item as our tests write them. */
const SHOWN = `if (. instance of node()) then concat('node:', if (name() != '') then name() else string())
  else concat(if (. instance of xs:integer) then 'xs:integer' else if (. instance of xs:decimal) then 'xs:decimal'
  else if (. instance of xs:double) then 'xs:double' else if (. instance of xs:boolean) then 'xs:boolean'
  else if (. instance of xs:untypedAtomic) then 'xs:untypedAtomic' else if (. instance of xs:date) then 'xs:date'
  else if (. instance of xs:dateTime) then 'xs:dateTime' else if (. instance of xs:dayTimeDuration) then 'xs:dayTimeDuration'
  else if (. instance of xs:string) then 'xs:string' else 'other', ':', string(.))`;

/** Expressions that Saxon knows to fail before it has a document stop the stylesheet: so many are taken out of it. */
const STATIC_FAULTS = 20;

/**
 * What each expression gives with the document as context: items as texts, or `! code`. undefined where Saxon itself falls over
 * one of them: it optimizes some into a ClassCastException, or for ever.
 */
export function saxonEvaluate(
  expressions: readonly string[],
  xml: string,
  prefixes: Readonly<Record<string, string>>,
): readonly string[] | undefined {
  const failed = new Set<number>();
  for (;;) {
    try {
      const made = transform(sheetOf(expressions, failed, prefixes), xml);
      return made.split("\nR ").slice(1);
    } catch (cause) {
      const found = Array.from(
        String(cause).matchAll(/^Static error .*on line (\d+) column/gm),
        (match) => Number(match[1]) - 2,
      );
      if (found.length === 0 && /ClassCastException|ETIMEDOUT/.test(String(cause))) return undefined;
      if (found.length === 0 || failed.size > STATIC_FAULTS) throw cause;
      for (const at of found) failed.add(at);
    }
  }
}

/** An expression per line, behind a first one: what Saxon says of a line says it of an expression. */
function sheetOf(
  expressions: readonly string[],
  failed: ReadonlySet<number>,
  prefixes: Readonly<Record<string, string>>,
): string {
  const declared = Object.entries(prefixes)
    .map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`)
    .join(" ");
  const lines = expressions.map((expression, at) => {
    const select = failed.has(at) ? "'! static'" : `for $made in (${expression}) return $made ! (${SHOWN})`;
    return `<xsl:value-of select="'&#10;R '"/><xsl:try><xsl:value-of select="${escape(select)}" separator=" "/><xsl:catch errors="*">! <xsl:value-of select="local-name-from-QName($err:code)"/></xsl:catch></xsl:try>`;
  });
  return `<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:err="http://www.w3.org/2005/xqt-errors" ${declared}><xsl:output method="text"/><xsl:template match="/">
${lines.join("\n")}
</xsl:template></xsl:stylesheet>`;
}

const MOST_MILLISECONDS = 60_000;

/** The result of a stylesheet. */
export function transform(sheet: string, xml: string): string {
  const dir = mkdtempSync(join(tmpdir(), "steg-saxon-"));
  try {
    writeFileSync(join(dir, "sheet.xsl"), sheet);
    writeFileSync(join(dir, "in.xml"), xml);
    run(join(dir, "in.xml"), join(dir, "sheet.xsl"), join(dir, "out.xml"), MOST_MILLISECONDS);
    return readFileSync(join(dir, "out.xml"), "utf8");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** All files of a folder with one stylesheet; files whose transformation fails have no result, or half of one. */
export function transformAll(input: string, sheet: string, output: string): void {
  mkdirSync(output, { recursive: true });
  try {
    run(input, sheet, output, 4 * MOST_MILLISECONDS);
  } catch {
    // It says so where single files failed, and the others are there.
  }
}

function run(input: string, sheet: string, output: string, timeout: number): void {
  const args = ["-Xmx768m", "-cp", JAR, "net.sf.saxon.Transform", `-s:${input}`, `-xsl:${sheet}`, `-o:${output}`];
  execFileSync("java", args, { stdio: ["ignore", "ignore", "pipe"], timeout, killSignal: "SIGKILL" });
}
