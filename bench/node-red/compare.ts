// Whether two folders hold the same documents: all of them valid, the same names, and in samples the same elements with the same texts,
// however each writes them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";

import { openXsd } from "../../src/core/validation/xsd.ts";

/** Every so many-th file is compared element by element, and the last. */
const SAMPLE_EVERY = 50;

/** Throws with the first difference; `schemaDir` holds meldung.xsd. */
export async function compareFolders(ours: string, theirs: string, schemaDir: string): Promise<void> {
  const names = readdirSync(ours).sort();
  const others = readdirSync(theirs).sort();
  if (names.join() !== others.join()) throw new Error(`${others.length} files where there are ${names.length} of ours`);
  const validator = await openXsd({ schema: "meldung.xsd", bridgeDir: schemaDir, catalogDir: undefined });
  for (const [i, name] of names.entries()) {
    const their = readFileSync(join(theirs, name), "utf8");
    const [finding] = validator.validate(their);
    if (finding) throw new Error(`${name} of Node-RED is not valid: ${finding.path} ${finding.message}`);
    if (i % SAMPLE_EVERY !== 0 && i !== names.length - 1) continue;
    if (canonical(readFileSync(join(ours, name), "utf8")) !== canonical(their)) throw new Error(`${name} differs`);
  }
  validator.dispose();
}

/** Elements by namespace and name, attributes in order, texts; without prefixes, and blanks between elements. */
function canonical(text: string): string {
  const parser = new SaxesParser({ xmlns: true });
  const lines: string[] = [];
  let between = "";
  const flush = (): void => {
    if (between.trim() !== "") lines.push(JSON.stringify(between));
    between = "";
  };
  parser.on("opentag", ({ uri, local, attributes }) => {
    flush();
    const own = Object.values(attributes).filter((one) => one.prefix !== "xmlns" && one.name !== "xmlns");
    const shown = own.map((one) => ` {${one.uri}}${one.local}=${JSON.stringify(one.value)}`).sort();
    lines.push(`<{${uri}}${local}${shown.join("")}>`);
  });
  parser.on("closetag", () => {
    flush();
    lines.push("</>");
  });
  parser.on("text", (part) => (between += part));
  parser.on("error", (cause) => {
    throw cause;
  });
  parser.write(text).close();
  return lines.join("\n");
}
