// Munich's real case: the city's fixed-width drop becomes the XJustiz message that the city itself published for record 4.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SaxesParser } from "saxes";
import { beforeAll, expect, it } from "vitest";

import { describeWithData, sharedData } from "../shared-data.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const drop = sharedData("muenchen-erzwingungshaft/testdata/in/metadata/D.KVU.EUDG0P0.20240807.EZH");
const reference = sharedData(
  "muenchen-erzwingungshaft/src/test/resources/Compare_Reference_1000013749_5793303492524_20240807.txt",
);
const schemas = sharedData("xjustiz/XJustiz 3.6.2 XSD");

/** What the published message leaves out because it differs each time: creation time, message id, three ids. */
const VOLATILE = new Set(["tns:erstellungszeitpunkt", "tns:eigeneNachrichtenID", "tns:id"]);

function steg(...args: string[]): string {
  return execFileSync(process.execPath, ["src/main.ts", ...args, "--dir", "test/conformance"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

/** One line per element and text in document order, blanks between elements dropped, attributes sorted. */
function canonical(xml: string, leaveOut: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  const path: string[] = [];
  let text = "";
  let hidden = 0;
  const flush = (): void => {
    if (text.trim() !== "" && hidden === 0) lines.push(`${path.join("/")} = ${text.trim()}`);
    text = "";
  };
  const parser = new SaxesParser({ xmlns: false });
  parser.on("opentag", (tag) => {
    flush();
    path.push(tag.name);
    if (leaveOut.has(tag.name)) hidden++;
    const attributes = Object.entries(tag.attributes as Record<string, string>)
      .map(([name, value]) => ` ${name}="${value}"`)
      .sort();
    if (hidden === 0) lines.push(`${path.join("/")}${attributes.join("")}`);
  });
  parser.on("text", (part) => (text += part));
  parser.on("closetag", (tag) => {
    flush();
    path.pop();
    if (leaveOut.has(tag.name)) hidden--;
  });
  parser.write(xml).close();
  return lines;
}

interface Tried {
  readonly messages: readonly { readonly record: number; readonly contentType: string; readonly body: string }[];
  readonly errors: readonly unknown[];
}

describeWithData("Munich's fixed-width drop as XJustiz 3.6.2", () => {
  let tried: Tried;

  beforeAll(() => {
    if (!existsSync(`${root}/test/catalog/xjustiz/3.6.2`))
      steg("schema", "add", schemas, "--name", "xjustiz", "--version", "3.6.2");
    tried = JSON.parse(steg("try", "muenchen", drop, "--json")) as Tried;
  }, 60_000);

  it("gives five messages, all valid against the official schema", () => {
    expect(tried.errors).toEqual([]);
    expect(tried.messages.map((message) => message.record)).toEqual([1, 2, 3, 4, 5]);
  });

  it("gives for record 4 what the city published, element by element", () => {
    const ours = tried.messages[3]?.body ?? "";
    expect(canonical(ours, VOLATILE)).toEqual(canonical(readFileSync(reference, "utf8"), VOLATILE));
    for (const name of VOLATILE) expect(ours).toContain(`<${name}>`);
  });

  it("makes a record with an impossible date a dead letter and goes on", () => {
    const bytes = readFileSync(drop);
    // The day of birth of the first record, columns 2089 to 2098, becomes one that does not exist.
    bytes.write("31.02.1979", 2088, "latin1");
    const spoilt = join(mkdtempSync(join(tmpdir(), "steg-")), "spoilt.EZH");
    writeFileSync(spoilt, bytes);
    let answer: Tried;
    try {
      answer = JSON.parse(steg("try", "muenchen", spoilt, "--json")) as Tried;
    } catch (cause) {
      answer = JSON.parse((cause as { stdout: string }).stdout) as Tried;
    }
    expect(answer.messages).toHaveLength(4);
    expect(answer.errors).toMatchObject([{ record: 1, stage: "map", code: "DATE_INVALID" }]);
  });
});
