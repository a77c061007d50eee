// Whole bridge files: what comes out, how cases inherit, what formulas see, what the version covers, what may run later.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { adapters, encoderNamed } from "../../src/adapters/registry.ts";
import { loadBridge } from "../../src/core/bridge/load.ts";
import type { LoadDeps, LoadResult } from "../../src/core/bridge/load.ts";
import type { LoadedBridge, Way } from "../../src/core/bridge/types.ts";
import type { AdapterContext, Attachment, Rec, Scope, Value } from "../../src/core/contract.ts";
import { builtInPolicy, readPolicy } from "../../src/core/lifecycle/policy.ts";

const golden = fileURLToPath(new URL("../bridge-file/", import.meta.url));
const VALID = readFileSync(join(golden, "valid.yaml"), "utf8");
const root = mkdtempSync(join(tmpdir(), "steg-load-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const DEPS: LoadDeps = {
  adapters,
  policy: builtInPolicy(),
  now: Date.parse("2026-12-01T12:00:00Z"),
  dataDir: join(root, "data"),
  catalogDir: undefined,
  env: { TOKEN: "canary-0815" },
  encoderOf: encoderNamed,
};

let count = 0;
function folder(yaml: string): { readonly dir: string; readonly file: string } {
  const dir = join(root, `b${++count}`);
  cpSync(join(golden, "support/full"), dir, { recursive: true });
  const file = join(dir, "bridge.yaml");
  writeFileSync(file, yaml);
  return { dir, file };
}

function change(...changes: readonly (readonly [string, string])[]): string {
  let yaml = VALID;
  for (const [from, to] of changes) {
    if (!yaml.includes(from)) throw new Error(`not in the file: ${from}`);
    yaml = yaml.replace(from, () => to);
  }
  return yaml;
}

const load = (yaml: string, deps: Partial<LoadDeps> = {}): Promise<LoadResult> =>
  loadBridge(folder(yaml).file, { ...DEPS, ...deps });

async function good(yaml: string, deps: Partial<LoadDeps> = {}): Promise<LoadedBridge> {
  const { bridge, findings } = await load(yaml, deps);
  if (!bridge) throw new Error(findings.map(({ line, code, message }) => `${line} ${code} ${message}`).join("\n"));
  return bridge;
}

const codes = async (yaml: string, deps: Partial<LoadDeps> = {}): Promise<string[]> =>
  (await load(yaml, deps)).findings.map(({ code }) => code);

function scopeOf(bridge: LoadedBridge, record: Rec, extra: Readonly<Record<string, Value>> = {}): Scope {
  return {
    root: record,
    parent: record,
    n: 1,
    index: 1,
    group: [record],
    file: { name: "a.csv", stem: "a", size: 1, sha256: "00", received: "2026-12-01T12:00:00Z" },
    bridge: bridge.name,
    batch: undefined,
    received: 0,
    dropIdentity: "x",
    timezone: bridge.timezone,
    tables: bridge.loadTables().tables,
    lets: [],
    extra,
  };
}

function render(bridge: LoadedBridge, way: Way, record: Rec): string | undefined {
  const scope = scopeOf(bridge, record);
  for (const { formula } of way.lets) scope.lets.push(formula.evaluate(record, scope));
  return way.template.render(record, scope);
}

const RECORD: Rec = { FIRMA: "Muster GmbH", ORT: "Neustadt", PLZ: "01067", AGS: "01067000", STATUS: "N", RF: "GMBH" };

describe("a whole bridge", () => {
  it("comes out with everything its file says", async () => {
    const bridge = await good(VALID);
    expect(bridge).toMatchObject({
      name: "gewerbeanmeldung",
      title: "Gewerbeanmeldungen",
      timezone: "Europe/Berlin",
      sourceIdentity: "folder:drops",
      optional: [],
      per: { by: "record" },
      order: { by: "none" },
      onDead: "pass",
      onDoubt: "resend",
      retention: { payload: 7 * 86_400_000, dead: 30 * 86_400_000, held: 90 * 86_400_000 },
      spoolMost: 10 * 1024 ** 3,
      answers: [],
      lifecycle: {
        started: "2026-11-01",
        sunset: "2027-11-16",
        personalData: "VVT-0815",
        noSuccessorReason: undefined,
      },
    });
    expect(bridge.source.name).toBe("folder");
    expect(bridge.codec?.name).toBe("csv");
    expect(new Set(bridge.names.map(({ name }) => name))).toEqual(new Set(["FIRMA", "ORT", "AGS"]));
    expect(bridge.ways).toHaveLength(1);
    expect(render(bridge, bridge.ways[0]!, RECORD)).toBe('{"name":"Muster GmbH","ort":"Neustadt"}');
    expect(bridge.ways[0]!.deliver).toMatchObject({
      inFlight: undefined,
      retry: { first: 1_000, most: 300_000, attempts: 8 },
      batch: undefined,
    });
  });

  it("counts formulas once, however many cases inherit them", async () => {
    const cases =
      "cases:\n  - { when: = STATUS = 'X', skip: storniert }\n  - { when: = STATUS = 'Y' }\n  - {}\n\nmap:\n";
    const { stats, bridge } = await load(change(["map:\n", cases]));
    expect(stats).toEqual({ formulas: 5, schemas: 0 });
    expect(bridge?.ways.map(({ number, skip }) => [number, skip])).toEqual([
      [1, "storniert"],
      [2, undefined],
      [3, undefined],
    ]);
    // One template and one target for both: nothing is built twice.
    expect(bridge?.ways[1]!.template).toBe(bridge?.ways[2]!.template);
    expect(bridge?.ways[1]!.deliver).toBe(bridge?.ways[2]!.deliver);
  });

  it("is found where the file lies, and says so where it does not", async () => {
    const { findings, bridge } = await loadBridge(join(root, "nowhere/bridge.yaml"), DEPS);
    expect(bridge).toBeUndefined();
    expect(findings).toMatchObject([{ code: "FILE_NOT_FOUND", line: 1, column: 1, severity: "error" }]);
  });
});

describe("cases", () => {
  it("inherit what they do not say", async () => {
    const bridge = await good(
      change(
        ["  json:\n", "  let: { ort: = ORT, firma: = FIRMA }\n  json:\n"],
        ["    ort: = ORT", "    ort: = $ort\n    firma: = $firma"],
        [
          "deliver:\n",
          [
            "cases:",
            "  - { when: = STATUS = 'A', map: { let: { ort: = PLZ, neu: = AGS } } }",
            "  - { when: = STATUS = 'B', map: { xml: { a: = $ort } }, deliver: { folder: { path: out, name: '{$ort}.xml' } } }",
            "  - { when: = STATUS = 'C', map: = { 'x': FIRMA }, deliver: { inFlight: 1 } }".replace(
              "map: = { 'x': FIRMA }",
              `map: "= { 'x': FIRMA }"`,
            ),
            "  - {}",
            "",
            "deliver:",
            "  batch: { records: 5 }",
            "",
          ].join("\n"),
        ],
      ),
    );
    const [a, b, c, d] = bridge.ways as [Way, Way, Way, Way];
    expect(a.lets.map(({ name }) => name)).toEqual(["ort", "firma", "neu"]);
    expect(render(bridge, a, RECORD)).toBe('{"name":"Muster GmbH","ort":"01067","firma":"Muster GmbH"}');
    expect(render(bridge, b, RECORD)).toContain("<a>Neustadt</a>");
    expect(render(bridge, c, RECORD)).toBe('{"x":"Muster GmbH"}');
    expect(render(bridge, d, RECORD)).toBe('{"name":"Muster GmbH","ort":"Neustadt","firma":"Muster GmbH"}');
    expect(bridge.ways.map(({ deliver }) => [deliver.target.name, deliver.inFlight, deliver.batch?.records])).toEqual([
      ["http", undefined, 5],
      ["folder", undefined, 5],
      ["http", 1, 5],
      ["http", undefined, 5],
    ]);
  });

  it("may each have a target while the bridge has none", async () => {
    const target = "deliver: { folder: { path: out, name: '{$index}.json' } }";
    const yaml = `${VALID.slice(0, VALID.indexOf("deliver:"))}cases:\n  - { when: = STATUS = 'X', skip: alt }\n  - { ${target} }\n`;
    const bridge = await good(yaml);
    expect(bridge.ways.map(({ deliver }) => deliver.target.name)).toEqual(["folder", "folder"]);
  });
});

describe("names", () => {
  it("are closed by the header of a test's input", async () => {
    expect(await codes(change(["= FIRMA", "= NAME"]))).toEqual(["FIELD_UNKNOWN"]);
    expect(await codes(change(["= FIRMA", "= NAME"], ["header: true", "header: true, optional: [NAME]"]))).toEqual([]);
    expect(await codes(change(["= FIRMA", "= NAME"], ["  csv:", "  optional: [NAME]\n  csv:"]))).toEqual([]);
  });

  it("are closed by columns, and open where nothing tells them", async () => {
    expect(await codes(change(["header: true", "header: false, columns: [FIRMA, AGS]"]))).toEqual(["FIELD_UNKNOWN"]);
    const { dir, file } = folder(change(["= FIRMA", "= NAME"]));
    rmSync(join(dir, "tests"), { recursive: true });
    expect((await loadBridge(file, DEPS)).findings.map(({ code }) => code)).toEqual(["NO_TEST"]);
  });

  it("reach let, cases, targets and outcomes", async () => {
    const bad = change(
      ["  json:\n", "  let: { a: = XA }\n  json:\n"],
      ["{AGS}", "{XB}"],
      [
        "deliver:\n",
        "cases:\n  - { when: = XC }\n  - {}\n\norder: { by: = XD }\n\ndeliver:\n  outcomes:\n    - { when: = $reply.code = XE, as: retry }\n",
      ],
    );
    const { findings } = await load(bad);
    expect(findings.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => "FIELD_UNKNOWN"));
  });

  it("of answers exist in outcomes only", async () => {
    expect(await codes(change(["= FIRMA", "= $reply.x"]))).toHaveLength(1);
    const bridge = await good(
      change([
        "deliver:\n",
        "deliver:\n  outcomes:\n    - { when: = $status = 404, as: refused, status: 404, detail: = $fault.text }\n",
      ]),
    );
    const [rule] = bridge.ways[0]!.deliver.outcomes;
    expect(rule?.when.evaluate(RECORD, scopeOf(bridge, RECORD, { status: 404 }))).toBe(true);
    expect(rule?.detail?.evaluate(RECORD, scopeOf(bridge, RECORD, { fault: { text: "fehlt" } }))).toBe("fehlt");
  });
});

const perFor = async (text: string): Promise<LoadedBridge["per"]> =>
  (await good(change(["  json:\n", `  per: ${text}\n  json:\n`]))).per;

describe("messages", () => {
  it("are the record as JSON without a map", async () => {
    const yaml = VALID.slice(0, VALID.indexOf("map:")) + VALID.slice(VALID.indexOf("deliver:"));
    const bridge = await good(yaml);
    expect(JSON.parse(render(bridge, bridge.ways[0]!, { A: "1", B: undefined }) ?? "")).toEqual({ A: "1" });
  });

  it("are the bytes without decode and map", async () => {
    const yaml =
      VALID.slice(0, VALID.indexOf("decode:")) +
      VALID.slice(VALID.indexOf("deliver:")).replace("{AGS}", "{$file.stem}");
    const bridge = await good(yaml);
    const way = bridge.ways[0]!;
    expect(bridge.codec).toBeUndefined();
    expect(way.encode.format).toBe("bytes");
    expect([...way.encode.toBytes(render(bridge, way, { bytes: "\u0000\u00ff" }) ?? "")]).toEqual([0, 255]);
  });

  it("may be groups", async () => {
    expect(await perFor("record")).toEqual({ by: "record" });
    expect(await perFor("file")).toEqual({ by: "file", most: 10 * 1024 ** 2 });
    expect(await perFor("{ file: true, most: 20MiB }")).toEqual({ by: "file", most: 20 * 1024 ** 2 });
    expect(await perFor("{ group: = AGS }")).toMatchObject({ by: "group", most: 10 * 1024 ** 2 });
    expect(await perFor("{ from: = STATUS = 'K', most: 1MiB }")).toMatchObject({ by: "from", most: 1024 ** 2 });
  });

  it("are validated by the schemas that are named", async () => {
    const bridge = await good(change(["deliver:\n", "validate: { jsonSchema: schemas/antrag.json }\n\ndeliver:\n"]));
    const [open] = bridge.ways[0]!.validators;
    const validator = await open!();
    expect(validator.validate('{"name":"x"}')).toEqual([]);
    expect(validator.validate("{}")).not.toEqual([]);
    validator.dispose();
  });

  it("look codes up in tables of the version", async () => {
    const bridge = await good(change(["= ORT", "= $code('rechtsform', RF)"]));
    expect(render(bridge, bridge.ways[0]!, RECORD)).toBe('{"name":"Muster GmbH","ort":"351"}');
    const { tables, hash } = bridge.loadTables();
    expect([...tables.keys()]).toEqual(["rechtsform"]);
    expect(hash).toBe(bridge.loadTables().hash);
  });
});

const orderFor = async (text: string): Promise<Pick<LoadedBridge, "order" | "onDead">> =>
  good(change(["deliver:\n", `${text}\n\ndeliver:\n`]));

describe("files that go with a message", () => {
  const RECEIVE: readonly [string, string] = [
    'marker: "{name}.done" }',
    'marker: "{name}.done" }\n  attach: { path: pdf, files: "{AGS}_*.pdf" }',
  ];
  const files: readonly Attachment[] = ["1_a.pdf", "1_b.pdf"].map((name, at) => ({
    id: `id-${at}`,
    name,
    size: 1,
    sha256: "00",
    mediaType: "application/pdf",
  }));
  const record = { FIRMA: "Muster", ORT: "Neustadt", AGS: "1" };
  const namesBy = (bridge: LoadedBridge, way: Way): readonly string[] | undefined => {
    const scope: Scope = { ...scopeOf(bridge, record), attachments: files };
    for (const { formula } of way.lets) scope.lets.push(formula.evaluate(record, scope));
    return way.attach?.(record, scope).map(({ name }) => name);
  };

  it("are inherited by cases, and replaced by a case's own", async () => {
    const bridge = await good(
      `${change(RECEIVE, [
        "  json:\n    name: = FIRMA",
        "  let: { erste: = $attachment('*_a.pdf') }\n  attach: = $erste\n  json:\n    name: = FIRMA",
      ])}
cases:
  - { when: = ORT = 'A' }
  - { when: = ORT = 'B', map: { json: { name: = FIRMA } } }
  - { when: = ORT = 'C', map: { attach: [{ name: "{AGS}-{$n}.pdf", from: "= [$attachment('*_b.pdf'), $erste]" }] } }
  - { when: = ORT = 'D', map: { attach: [] } }
  - { when: = ORT = 'E', skip: nichts }
  - { deliver: { http: { url: "https://alt.example/{AGS}" } } }
`,
    );
    expect(bridge.ways.map((way) => namesBy(bridge, way))).toEqual([
      ["1_a.pdf"],
      ["1_a.pdf"],
      ["1-1.pdf", "1-2.pdf"],
      [],
      undefined,
      ["1_a.pdf"],
    ]);
    expect(bridge.attachContent).toBeUndefined();
  });

  it("have their bytes read where any case, value or address can reach them, and nowhere else", async () => {
    const reads = async (...changes: readonly (readonly [string, string])[]): Promise<boolean> =>
      (await good(change(RECEIVE, ["ort: = ORT", "ort: = $attachment('*_a.pdf').name"], ...changes))).attachContent ===
      true;
    expect(await reads()).toBe(false);
    expect(await reads(["name: = FIRMA", "name: = $attachment('*_a.pdf').base64"])).toBe(true);
    expect(await reads(["api/{AGS}", "api/{$attachment('*_a.pdf').sha256}"])).toBe(false);
    expect(await reads(["api/{AGS}", "api/{$attachment('*_a.pdf').base64}"])).toBe(true);
    const each = "name:\n      =each: = $attachment()\n      datei: = name";
    expect(await reads(["name: = FIRMA", each])).toBe(false);
    expect(await reads(["name: = FIRMA", `${each}\n      inhalt: = base64`])).toBe(true);
    expect(await reads(["name: = FIRMA", `${each}\n      =when: = $attachment('*_b.pdf')`])).toBe(false);
    const way = "deliver:\n  http:";
    expect(await reads([way, `cases:\n  - map: { json: { b: "= $attachment()" } }\n\n${way}`])).toBe(true);
  });
});

describe("order and doubt", () => {
  it("holds successors of dead letters where there is an order", async () => {
    expect(await orderFor("order: strict")).toMatchObject({ order: { by: "drop" }, onDead: "hold" });
    expect(await orderFor("order: { by: = AGS }")).toMatchObject({ order: { by: "key" }, onDead: "hold" });
    expect(await orderFor("order: strict\nonDead: pass")).toMatchObject({ onDead: "pass" });
  });
});

describe("the version", () => {
  it("covers names and contents, without tests and dot files", async () => {
    const { dir, file } = folder(VALID);
    const version = async (): Promise<string> => (await loadBridge(file, DEPS)).bridge!.version;
    const first = await version();
    writeFileSync(join(dir, "tests/eins/more.txt"), "x");
    writeFileSync(join(dir, ".bridge.yaml.swp"), "x");
    expect(await version()).toBe(first);
    writeFileSync(join(dir, "codes/rechtsform.csv"), "RF;CODE\nGMBH;352\n");
    const second = await version();
    expect(second).not.toBe(first);
    writeFileSync(join(dir, "notes.txt"), "");
    expect(await version()).not.toBe(second);
  });

  it("follows links inside the folder only, as a mounted ConfigMap has them", async () => {
    const dir = join(root, `b${++count}`);
    mkdirSync(join(dir, "..2026"), { recursive: true });
    mkdirSync(join(dir, "codes"));
    writeFileSync(join(dir, "..2026/bridge.yaml"), VALID);
    writeFileSync(join(dir, "..2026/rechtsform.csv"), "RF;CODE\nGMBH;351\n");
    writeFileSync(join(root, "outside.csv"), "secret");
    symlinkSync("..2026", join(dir, "..data"));
    symlinkSync("..data/bridge.yaml", join(dir, "bridge.yaml"));
    symlinkSync("../..data/rechtsform.csv", join(dir, "codes/rechtsform.csv"));
    symlinkSync("../outside.csv", join(dir, "outside.csv"));
    const { bridge, findings } = await loadBridge(join(dir, "bridge.yaml"), DEPS);
    expect(findings.map(({ code }) => code)).toEqual(["NO_TEST"]);
    expect([...(bridge?.files.keys() ?? [])]).toEqual(["bridge.yaml", "codes/rechtsform.csv"]);
  });

  it("refuses a folder that is too deep", async () => {
    const { dir, file } = folder(VALID);
    mkdirSync(join(dir, "a/b/c/d/e/f/g/h/i/j"), { recursive: true });
    expect((await loadBridge(file, DEPS)).findings.map(({ code }) => code)).toEqual(["FOLDER_TOO_LARGE"]);
  });
});

describe("what time and the operator change", () => {
  const strict = readPolicy("policy.yaml", new TextEncoder().encode("policy: 1\nlongestLife: P6M\n"), () => {})!;
  const late = { now: Date.parse("2028-06-01T12:00:00Z") };
  const weak = change([
    "    auth:",
    "    checkCertificate: false\n    exception: { reason: alt, approvedBy: it@stadt.example, until: 2027-01-31 }\n    auth:",
  ]);

  it("a tighter policy refuses a new bridge, and only warns of an accepted one", async () => {
    expect((await load(VALID, { policy: strict })).bridge).toBeUndefined();
    const { bridge, findings } = await load(VALID, {
      policy: strict,
      accepted: (name, { sunset }) => name === "gewerbeanmeldung" && sunset === "2027-11-16",
    });
    expect(findings).toMatchObject([{ code: "POLICY_LIFE", severity: "warning" }]);
    expect(bridge).toBeDefined();
  });

  it("what two persons approved outside the file counts for its rules and its budget, and findings lie in the file", async () => {
    const entry = (to: string, on: string) => ({ to, reason: "Abnahme", requestedBy: "a", approvedBy: "b", on });
    const approved = () => [entry("2028-02-08", "2027-11-10")];
    const own = (...all: readonly string[]): string =>
      change(["  sunset: 2027-11-16", `  sunset: 2027-11-16\n${all.join("\n")}`]);
    const line = (to: string, on: string): string => `    - ${JSON.stringify(entry(to, on))}`;
    const now = Date.parse("2028-02-01T12:00:00Z");
    // Approved when the file's own end had passed: by the ledger's the bridge still runs.
    const next = own("  extensions:", line("2028-04-11", "2028-01-20"));
    expect((await load(next, { now })).findings).toMatchObject([
      { code: "POLICY_EXTENSIONS" },
      { code: "LIFECYCLE_EXTENSION" },
    ]);
    const { bridge } = await load(next, { now, approved });
    // The file's own stays as it is: what joins it is the ledger's.
    expect(bridge?.lifecycle.extensions).toMatchObject([{ to: "2028-04-11" }]);
    expect(await codes(own("  extensions:", line("2028-02-08", "2027-11-10")), { now, approved })).toEqual([]);
    const third = own("  extensions:", line("2028-04-11", "2028-01-20"), line("2028-06-13", "2028-01-21"));
    expect((await load(third, { now, approved })).findings).toMatchObject([
      { code: "POLICY_EXTENSIONS", line: 18, message: "this is extension 3; the policy allows 2" },
    ]);
    const brownout = own("  brownouts: [{ from: 2028-01-18T10:00, to: 2028-01-18T11:00 }]");
    expect(await codes(brownout)).toEqual(["LIFECYCLE_BROWNOUT"]);
    expect(await codes(brownout, { approved })).toEqual([]);
  });

  it("an end that has passed does not refuse the file", async () => {
    expect((await load(VALID, late)).bridge).toBeDefined();
  });

  it("an exception ends, but a pinned version keeps running", async () => {
    expect((await good(weak)).exceptions).toMatchObject([
      { option: "deliver.http.checkCertificate", until: "2027-01-31" },
    ]);
    expect(await codes(weak, late)).toEqual(["EXCEPTION_EXPIRED"]);
    expect((await load(weak, { ...late, policy: strict, pinned: true })).bridge).toBeDefined();
  });
});

const contextOf = (bridge: LoadedBridge): AdapterContext => ({
  bridge: bridge.name,
  bridgeDir: bridge.dir,
  dataDir: DEPS.dataDir,
  stateDir: DEPS.dataDir,
  timezone: bridge.timezone,
  calls: [],
  readBridgeFile: () => new Uint8Array(),
  known: () => false,
  log: () => {},
});

const identityFor = async (path: string): Promise<string> =>
  (await good(change(["path: drops", `path: ${path}`]))).sourceIdentity;

describe("adapters", () => {
  it("are built with secrets that the file does not hold", async () => {
    const bridge = await good(VALID);
    const target = await bridge.ways[0]!.deliver.target.build(contextOf(bridge));
    expect(target.locality).toBe("remote");
    await target.close();
    expect(JSON.stringify(bridge)).not.toContain("canary-0815");
  });

  it("say which variable is missing, at its place", async () => {
    const bridge = await good(VALID, { env: {} });
    await expect(bridge.ways[0]!.deliver.target.build(contextOf(bridge))).rejects.toMatchObject({
      code: "SECRET_MISSING",
      message: "deliver.http.auth.bearer needs the environment variable TOKEN, which is not set",
      position: { line: 33 },
    });
  });

  it("share their source's identity however the path is written", async () => {
    expect(
      new Set(await Promise.all(["drops", "./drops", "drops/", "a/../drops"].map((path) => identityFor(path)))),
    ).toEqual(new Set(["folder:drops"]));
    expect(await identityFor('"${env:TOKEN}/in"')).toBe("folder:${env:TOKEN}/in");
  });
});
