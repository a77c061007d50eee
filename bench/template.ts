// Small messages of fourteen nodes with attributes, an =each and an element that may vanish, written by a compiled template with
// compiled formulas.
//
//   ours   messages per second
//   floor  JSON.stringify of a ready-made object with the same values

import { readYaml } from "../src/core/bridge/read-yaml.ts";
import type { Node } from "../src/core/bridge/tree.ts";
import type { Rec, Scope } from "../src/core/contract.ts";
import { compileFormula } from "../src/core/mapping/formula/compile.ts";
import type { TemplateFormat } from "../src/core/mapping/template/compile.ts";
import { templateCompiler } from "../src/core/mapping/template/compile.ts";
import type { Template } from "../src/core/mapping/types.ts";
import type { Measured } from "./measure.ts";

const xml = `
gw:gewerbeanmeldung:
  "@xmlns:gw": urn:example:gewerbe:2
  "@version": 2.0
  gw:betrieb:
    gw:name: = FIRMA
    gw:rechtsform: { "@listURI": "urn:example:rechtsform", gw:code: = RF }
    gw:beginn: = BEGINN
    gw:kapital: { "@waehrung": EUR, =text: = KAPITAL }
    gw:anschrift:
      gw:strasse: = STRASSE
      gw:hausnummer: = HAUSNR
      gw:plz: = PLZ
      gw:ort: = ORT
    gw:telefon: { "@art": = TELART, =text: = TEL }
    gw:taetigkeit:
      =each: = TAETIGKEITEN
      gw:nr: = $n
      gw:text: = $
`;

const json = xml
  .replaceAll(/^ *"@.*\n/gm, "")
  .replaceAll(/"@\w+": [^,]*, /g, "")
  .replaceAll(/\{ =text: (= \w+) \}/g, "$1")
  .replaceAll("gw:", "");

const rows: readonly Rec[] = ["Müller & Söhne GmbH", "Beispiel AG", "Erika Muster"].map((FIRMA, index) => ({
  FIRMA,
  RF: "351",
  BEGINN: "2027-03-01",
  KAPITAL: "25000.00",
  STRASSE: "Ratsweg",
  HAUSNR: String(index + 4),
  PLZ: "04109",
  ORT: "Leipzig",
  TAETIGKEITEN: ["Einzelhandel mit Büchern", "Lagerei", "Versand"],
  ...(index === 0 && { TELART: "mobil", TEL: "0123 456789" }),
}));

const objects = rows.map((row) => ({
  gewerbeanmeldung: {
    version: "2.0",
    betrieb: {
      name: row["FIRMA"],
      rechtsform: { listURI: "urn:example:rechtsform", code: row["RF"] },
      beginn: row["BEGINN"],
      kapital: { waehrung: "EUR", text: row["KAPITAL"] },
      anschrift: { strasse: row["STRASSE"], hausnummer: row["HAUSNR"], plz: row["PLZ"], ort: row["ORT"] },
      telefon: { art: row["TELART"], text: row["TEL"] },
      taetigkeit: (row["TAETIGKEITEN"] as readonly string[]).map((text, at) => ({ nr: at + 1, text })),
    },
  },
}));

function compiled(format: TemplateFormat, text: string): Template {
  const problems: string[] = [];
  const report = ({ message }: { readonly message: string }): number => problems.push(message);
  const node = readYaml("bench.yaml", new TextEncoder().encode(text), report) as Node;
  const csv = { delimiter: ";", quote: '"', quoting: "needed", comment: undefined, lineEnd: "\r\n" } as const;
  const template = templateCompiler(format, { csv, lineEnd: "\r\n" })(node, {
    lets: [],
    tables: new Map(),
    variables: [],
    fields: [...new Set(rows.flatMap((row) => Object.keys(row)))],
    optional: [],
    itemIsRecord: true,
    report,
    compileFormula,
    schema: undefined,
  });
  if (!template || problems.length > 0) throw new Error(problems.join("; "));
  return template;
}

function scopeOf(root: Rec): Scope {
  return {
    root,
    parent: root,
    n: 1,
    index: 1,
    group: [root],
    file: { name: "a.csv", stem: "a", size: 1, sha256: "00", received: "2027-03-01T00:00:00Z" },
    bridge: "bench",
    batch: undefined,
    received: Date.UTC(2027, 2, 1),
    dropIdentity: "bench",
    timezone: "Europe/Berlin",
    tables: new Map(),
    lets: [],
  };
}

/** Bytes are made as well: text that nobody reads may never be put together. */
function rate(count: number, make: (index: number) => string): number {
  let bytes = 0;
  for (let index = 0; index < count / 4; index += 1) bytes += Buffer.byteLength(make(index));
  const started = performance.now();
  for (let index = 0; index < count; index += 1) bytes += Buffer.byteLength(make(index));
  const seconds = (performance.now() - started) / 1_000;
  if (bytes === 0) throw new Error("nothing was written");
  return Math.round(count / seconds);
}

export default async function run({ quick = false }: { readonly quick?: boolean } = {}): Promise<Measured[]> {
  const count = quick ? 40_000 : 400_000;
  const floor = rate(count, (index) => JSON.stringify(objects[index % objects.length]));
  const scopes = rows.map((row) => scopeOf(row));
  return (["xml", "json"] as const).map((format) => {
    const { render } = compiled(format, format === "xml" ? xml : json);
    const ours = rate(count, (index) => {
      const at = index % rows.length;
      return render(rows[at], scopes[at] as Scope) as string;
    });
    return { name: `template-${format}`, ours, floor, floorName: "JSON.stringify", unit: "messages/s" };
  });
}
