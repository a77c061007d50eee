// (b) CSV → XML that an XSD has found valid, end to end and durably, against csv-parse alone making objects of the same file.
//
//   csv-xml           a document per 1,000 records, as files in a folder: what mapping and validating cost where a delivery is rare
//   csv-xml-messages  a document per record over HTTP, eight requests in flight, to a receiver in another process: what each message
//                     costs with its key, delivery, answer and outcome
//   csv-xml-pipeline  the same documents as csv-xml-messages, decoded, mapped and validated in this process and delivered nowhere

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { adapters, encoderNamed } from "../src/adapters/registry.ts";
import { loadBridge } from "../src/core/bridge/load.ts";
import type { LoadedBridge } from "../src/core/bridge/types.ts";
import type { AdapterContext } from "../src/core/contract.ts";
import { builtInPolicy } from "../src/core/lifecycle/policy.ts";
import { dryRun } from "../src/core/pipeline/dry-run.ts";
import { createInput, csvParseObjects, runJob, warmUp, writeBridge, type Input } from "./end-to-end.ts";
import type { Bench, Measured } from "./measure.ts";
import { startReceiverProcess } from "./receiver.ts";
import { measureShares } from "./shares.ts";

const NAMESPACE = "urn:example:messung:1";
const FLOOR_NAME = "csv-parse, objects";

/** Required and optional elements, dates, decimals, patterns and a list: what a real schema asks of such a record. */
const SCHEMA = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:m="${NAMESPACE}" targetNamespace="${NAMESPACE}" elementFormDefault="qualified">
  <xs:simpleType name="text"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="200"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="plz"><xs:restriction base="xs:string"><xs:pattern value="[0-9]{5}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="status"><xs:restriction base="xs:string"><xs:enumeration value="aktiv"/><xs:enumeration value="ruhend"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="betrag"><xs:restriction base="xs:decimal"><xs:fractionDigits value="2"/></xs:restriction></xs:simpleType>
  <xs:complexType name="meldung">
    <xs:sequence>
      <xs:element name="id" type="xs:positiveInteger"/>
      <xs:element name="name" type="m:text"/>
      <xs:element name="geburt" type="xs:date"/>
      <xs:element name="strasse" type="m:text" minOccurs="0"/>
      <xs:element name="nr" type="m:text" minOccurs="0"/>
      <xs:element name="plz" type="m:plz"/>
      <xs:element name="ort" type="m:text"/>
      <xs:element name="betrag" type="m:betrag"/>
      <xs:element name="status" type="m:status"/>
      <xs:element name="datum" type="xs:date"/>
      <xs:element name="bemerkung" type="m:text" minOccurs="0"/>
      <xs:element name="quelle" type="m:text"/>
    </xs:sequence>
  </xs:complexType>
  <xs:element name="meldung" type="m:meldung"/>
  <xs:element name="meldungen">
    <xs:complexType>
      <xs:sequence><xs:element name="meldung" type="m:meldung" maxOccurs="unbounded"/></xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
`;
export const FILES = { "meldung.xsd": SCHEMA };

const FIELDS = [
  "m:id: = ID",
  `m:name: "= NAME & ', ' & VORNAME"`,
  "m:geburt: = $date(GEBURT, 'dd.MM.yyyy')",
  "m:strasse: = STRASSE",
  "m:nr: = NR",
  "m:plz: = PLZ",
  "m:ort: = ORT",
  `m:betrag: "= $decimal(BETRAG, '1.234,56')"`,
  `m:status: "= STATUS = 'J' ? 'aktiv' : 'ruhend'"`,
  "m:datum: = $date(DATUM, 'dd.MM.yyyy')",
  "m:bemerkung: = TEXT",
  "m:quelle: altverfahren",
];
const indented = (indent: number): string => FIELDS.map((field) => `${" ".repeat(indent)}${field}\n`).join("");
const VALIDATE = "validate:\n  xsd: meldung.xsd\n";

/** Rows are numbered, so a thousand that follow each other share all of the number but its last three digits. */
export const LISTS = `map:
  per: { group: "= $substring(ID, 0, $length(ID) - 3)" }
  xml:
    m:meldungen:
      "@xmlns:m": ${NAMESPACE}
      m:meldung:
        =each: = $group
${indented(8)}
${VALIDATE}
deliver:
  folder: { path: out, name: "{$file.stem}-{$index}.xml" }
`;

const messages = (deliver: string): string => `map:
  xml:
    m:meldung:
      "@xmlns:m": ${NAMESPACE}
${indented(6)}
${VALIDATE}
deliver:
${deliver}
`;

const run: Bench = async ({ quick }) => {
  const many = await createInput(quick ? 50_000 : 1_000_000);
  const some = await createInput(quick ? 5_000 : 100_000);
  try {
    return [await lists(many), await single(some), await pipeline(some)];
  } finally {
    many.remove();
    some.remove();
  }
};
export default run;

async function lists(input: Input): Promise<Measured> {
  await warmUp(LISTS, FILES);
  const floor = await csvParseObjects(input.path);
  const { rate, seconds, peakRssMiB } = await runJob(input, LISTS, { files: FILES });
  return {
    ...measured("csv-xml", rate, floor),
    peakRssMiB,
    note: `${input.rows} rows in ${seconds.toFixed(1)} s, process start included`,
    shares: await measureShares((flags) => runJob(input, LISTS, { files: FILES, flags })),
  };
}

async function single(input: Input): Promise<Measured> {
  const receiver = await startReceiverProcess();
  try {
    const body = messages(`  inFlight: 8\n  http: { url: "${receiver.origin}/in" }`);
    await warmUp(body, FILES);
    const floor = await csvParseObjects(input.path);
    const { rate, seconds, peakRssMiB } = await runJob(input, body, { files: FILES });
    return {
      ...measured("csv-xml-messages", rate, floor),
      peakRssMiB,
      note: `${input.rows} rows in ${seconds.toFixed(1)} s, process start included`,
      shares: await measureShares((flags) => runJob(input, body, { files: FILES, flags })),
    };
  } finally {
    await receiver.close();
  }
}

async function pipeline(input: Input): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-"));
  try {
    const bridge = await load(writeBridge(dir, messages(`  folder: { path: out, name: "{$index}.xml" }`), FILES));
    const bytes = readFileSync(input.path);
    const floor = await csvParseObjects(input.path);
    const context: AdapterContext = {
      bridge: bridge.name,
      bridgeDir: bridge.dir,
      dataDir: dir,
      stateDir: dir,
      timezone: bridge.timezone,
      calls: [],
      readBridgeFile: (path) => readFileSync(join(bridge.dir, path)),
      known: () => false,
      log: () => undefined,
    };
    const since = performance.now();
    let valid = 0;
    for await (const { body } of dryRun(bridge, bytes, "messung.csv", {
      context,
      signal: new AbortController().signal,
    })) {
      if (body !== undefined) valid++;
    }
    if (valid !== input.rows) throw new Error(`${valid} of ${input.rows} documents are valid`);
    return measured("csv-xml-pipeline", (valid / (performance.now() - since)) * 1_000, floor);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function measured(name: string, ours: number, floor: number): Measured {
  return { name, ours, floor, floorName: FLOOR_NAME, unit: "records/s" };
}

async function load(file: string): Promise<LoadedBridge> {
  const { bridge, findings } = await loadBridge(file, {
    adapters,
    policy: builtInPolicy(),
    now: Date.now(),
    dataDir: tmpdir(),
    catalogDir: undefined,
    env: {},
    encoderOf: encoderNamed,
    checkSchemas: false,
  });
  if (bridge === undefined) throw new Error(findings.map(({ code, message }) => `${code} ${message}`).join("\n"));
  return bridge;
}
