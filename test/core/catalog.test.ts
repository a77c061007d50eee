import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { addSchemas, type AddSchemasOptions } from "../../src/commands/schema-add.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { defaultCatalogDir, readCatalog } from "../../src/core/validation/catalog.ts";
import { addBundle } from "../../src/core/validation/catalog-add.ts";
import { safePath } from "../../src/core/unpack/member-name.ts";
import { readZip } from "../../src/core/validation/catalog-zip.ts";
import { loadSchemaFiles } from "../../src/core/validation/xsd-files.ts";
import { openRules, ruleValidator } from "../../src/core/validation/schematron/open.ts";
import { openXsd } from "../../src/core/validation/xsd.ts";
import { zip, type ZipEntry } from "./catalog-zip-writer.ts";
import { folderWith, schema } from "./xsd-folder.ts";

const signal = new AbortController().signal;
const add = (
  source: string,
  catalogDir: string,
  more: Partial<AddSchemasOptions> = {},
): ReturnType<typeof addSchemas> => addSchemas({ source, catalogDir, signal, ...more });

async function failure(work: Promise<unknown>): Promise<BridgeError> {
  const cause: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(cause instanceof BridgeError)) throw new Error(`expected a BridgeError, got ${String(cause)}`);
  return cause;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (cause) {
    return cause;
  }
}

const base = (namespace: string, length: number): string =>
  schema(
    namespace,
    `<xs:simpleType name="text"><xs:restriction base="xs:string"><xs:maxLength value="${length}"/></xs:restriction></xs:simpleType>`,
  );
const xoev = (name: string, version: string): string =>
  `<xs:annotation><xs:appinfo><standard><nameTechnisch>${name}</nameTechnisch></standard><versionStandard>\n<version>${version}</version></versionStandard></xs:appinfo></xs:annotation>`;

const user = (namespace: string, location: string): string =>
  schema(
    "urn:user",
    `<xs:import namespace="${namespace}"${location === "" ? "" : ` schemaLocation="${location}"`}/><xs:element name="u" type="b:text"/>`,
    `xmlns:b="${namespace}"`,
  );
/** The file that the import of a bridge's schema was resolved to. */
function target(
  catalogDir: string,
  namespace: string,
  location: string,
  more: Record<string, string> = {},
): string | undefined {
  const bridgeDir = folderWith({ "u.xsd": user(namespace, location), ...more });
  return loadSchemaFiles({ schema: "u.xsd", bridgeDir, catalogDir }).entry.references[0]?.target;
}

const all = (): boolean => true;

describe("adding", () => {
  it("lies beside the folder of the bridges", () => {
    expect(defaultCatalogDir("/srv/steg/mappings")).toBe("/srv/steg/catalog");
  });

  it("takes name and version from XÖV schemas, keeps paths below the common folder and lists what to name", async () => {
    const catalogDir = join(folderWith(), "deep", "catalog");
    const source = folderWith({
      "XBeispiel Paket/xsd/main.xsd": schema(
        "urn:x",
        `${xoev("XBeispiel", "2.1")}<xs:include schemaLocation="teil/teil.xsd"/>`,
      ),
      "XBeispiel Paket/xsd/teil/teil.xsd": schema("urn:x", xoev("XBeispiel", "2.1")),
      "XBeispiel Paket/xsd/code.xsd": schema("urn:c", xoev("XCode", "9")),
      "XBeispiel Paket/Handbuch.pdf": "%PDF",
      LICENSE: "frei",
      ".git/config": "x",
    });
    const added = await add(source, catalogDir);
    expect(added).toEqual({
      name: "xbeispiel",
      version: "2.1",
      dir: join(catalogDir, "xbeispiel", "2.1"),
      added: true,
      schemas: 3,
      files: 4,
      entries: ["catalog:xbeispiel/2.1/code.xsd", "catalog:xbeispiel/2.1/main.xsd"],
      rules: [],
    });
    expect(readdirSync(added.dir).sort()).toEqual(["LICENSE", "bundle.json", "code.xsd", "main.xsd", "teil"]);
    expect(readdirSync(join(catalogDir, "xbeispiel"))).toEqual(["2.1"]);
    expect(readCatalog(catalogDir)[0]?.index.files.map(({ path, namespace }) => [path, namespace])).toEqual([
      ["code.xsd", "urn:c"],
      ["main.xsd", "urn:x"],
      ["teil/teil.xsd", "urn:x"],
    ]);
  });

  it("guesses from the source's name, else takes what it is told", async () => {
    const catalogDir = folderWith();
    const folder = folderWith();
    const named = async (name: string, more: Partial<AddSchemasOptions> = {}): Promise<string> => {
      writeFileSync(join(folder, name), zip([{ name: `dir/${name}.xsd`, content: base("urn:b", name.length) }]));
      const added = await add(join(folder, name), catalogDir, more);
      return `${added.name} ${added.version}`;
    };
    expect(await named("UBL-2.1.zip")).toBe("ubl 2.1");
    expect(await named("xdomea_3_0_0_XSD.zip")).toBe("xdomea 3.0.0");
    expect(await named("Schema Dateien.zip")).toMatch(/^schema-dateien sha-[0-9a-f]{12}$/);
    expect(await named("x.zip", { name: "eigen", version: "7" })).toBe("eigen 7");
    expect((await failure(named("y.zip", { name: "../x" }))).code).toBe("SCHEMA_BUNDLE_REFUSED");
  });

  it("takes bundles of Schematron rules, and names those that are whole", async () => {
    const catalogDir = folderWith();
    const sch = (root: string, body = ""): string =>
      `<?xml version="1.0"?>\n<!-- <schema> -->\n<${root} xmlns="http://purl.oclc.org/dsdl/schematron">${body}</${root}>`;
    const source = folderWith({
      "rules-1.2/ubl/all.sch": sch("schema", `<include href="../common.sch"/>`),
      "rules-1.2/common.sch": sch("pattern", `<rule context="/"><report id="R" test="true()">x</report></rule>`),
      "rules-1.2/LICENSE": "EUPL",
    });
    const added = await add(source, catalogDir, { name: "rules", version: "1.2" });
    expect(added).toMatchObject({ schemas: 0, files: 3, entries: [], rules: ["catalog:rules/1.2/ubl/all.sch"] });
    const opened = openRules({
      source: { schema: "catalog:rules/1.2/ubl/all.sch", bridgeDir: folderWith(), catalogDir },
      phase: undefined,
      levels: new Map(),
    });
    expect(ruleValidator([opened]).validate("<a/>")).toMatchObject([{ rule: "R" }]);
    const lost = (file: string) => (): unknown => {
      const schema = { schema: `catalog:rules/1.2/${file}`, bridgeDir: folderWith(), catalogDir };
      return openRules({ source: schema, phase: undefined, levels: new Map() });
    };
    expect(lost("all.sch")).toThrow("has no file all.sch");
    expect(lost("all.sch")).toThrow(expect.objectContaining({ hint: "It holds catalog:rules/1.2/ubl/all.sch" }));
    expect(lost("other.sch")).toThrow(
      expect.objectContaining({ hint: "It holds catalog:rules/1.2/common.sch, catalog:rules/1.2/ubl/all.sch" }),
    );
  });

  it("does nothing the second time and never replaces", async () => {
    const catalogDir = folderWith();
    const first = folderWith({ "a.xsd": base("urn:a", 1) });
    const other = folderWith({ "a.xsd": base("urn:a", 2) });
    const as = { name: "a", version: "1" };
    expect((await add(first, catalogDir, as)).added).toBe(true);
    expect((await add(first, catalogDir, as)).added).toBe(false);
    expect((await failure(add(other, catalogDir, as))).code).toBe("SCHEMA_BUNDLE_EXISTS");
    expect(readFileSync(join(catalogDir, "a/1/a.xsd"), "utf8")).toContain('"1"');
  });

  it("refuses what holds no schema, broken ones, and what does not exist; nothing is left behind", async () => {
    const catalogDir = folderWith();
    expect((await failure(add(folderWith({ "a.txt": "x" }), catalogDir))).message).toContain(
      "holds no XML schema and no Schematron rules",
    );
    expect((await failure(add(folderWith({ "a.xsd": "<xs:schema" }), catalogDir))).code).toBe("SCHEMA_FILE_INVALID");
    expect((await failure(add("/nowhere/at/all.zip", catalogDir))).code).toBe("SCHEMA_FILE_MISSING");
    expect(readdirSync(catalogDir)).toEqual([]);
  });

  it("does not follow symbolic links", async () => {
    const source = folderWith({ "a.xsd": base("urn:a", 1) });
    symlinkSync("/etc", join(source, "etc"));
    symlinkSync("/etc/passwd", join(source, "passwd.txt"));
    expect((await add(source, folderWith())).files).toBe(1);
  });
});

describe("resolving", () => {
  it("goes by trailing path, by namespace, and prefers the newest version", async () => {
    const catalogDir = folderWith();
    await add(folderWith({ "1/base.xsd": base("urn:b", 1), "2/base.xsd": base("urn:b2", 2) }), catalogDir, {
      name: "lib",
      version: "1.9",
    });
    await add(folderWith({ "1/base.xsd": base("urn:b", 3), "9/other.xsd": base("urn:c", 3) }), catalogDir, {
      name: "lib",
      version: "1.10",
    });
    expect(target(catalogDir, "urn:b", "http://standard.example/lib/1/base.xsd")).toBe("catalog:lib/1.10/1/base.xsd");
    expect(target(catalogDir, "urn:b2", "http://standard.example/lib/1/base.xsd")).toBe("catalog:lib/1.9/2/base.xsd");
    expect(target(catalogDir, "urn:c", "https://standard.example/nowhere.xsd?x#y")).toBe(
      "catalog:lib/1.10/9/other.xsd",
    );
    expect(target(catalogDir, "urn:c", "")).toBe("catalog:lib/1.10/9/other.xsd");
    expect(target(catalogDir, "urn:unknown", "")).toBeUndefined();
    expect(() => target(catalogDir, "urn:unknown", "http://standard.example/lib/1/base.xsd")).toThrow(
      "neither beside it nor in the catalogue",
    );
  });

  it("prefers the file beside, then the bridge's own folder, then the catalogue", async () => {
    const catalogDir = folderWith();
    await add(folderWith({ "base.xsd": base("urn:b", 1) }), catalogDir, { name: "lib", version: "1" });
    const url = "http://standard.example/x/base.xsd";
    expect(target(catalogDir, "urn:b", "base.xsd")).toBe("catalog:lib/1/base.xsd");
    expect(target(catalogDir, "urn:b", "base.xsd", { "base.xsd": base("urn:b", 2) })).toBe("base.xsd");
    expect(target(catalogDir, "urn:b", url, { "schemas/base.xsd": base("urn:b", 2) })).toBe("schemas/base.xsd");
    expect(target(catalogDir, "urn:b", url, { "schemas/base.xsd": base("urn:other", 2) })).toBe(
      "catalog:lib/1/base.xsd",
    );
  });

  it("keeps bundles apart: an import prefers its own one", async () => {
    const catalogDir = folderWith();
    for (const [version, length] of [
      ["1", 1],
      ["2", 2],
    ] as const) {
      const files = { "u.xsd": user("urn:b", "http://standard.example/base.xsd"), "base.xsd": base("urn:b", length) };
      await add(folderWith(files), catalogDir, { name: "pack", version });
    }
    const lengths = async (version: string): Promise<number> => {
      const validator = await openXsd({ schema: `catalog:pack/${version}/u.xsd`, bridgeDir: folderWith(), catalogDir });
      const allowed = ["a", "aa", "aaa"].filter(
        (text) => validator.validate(`<u xmlns="urn:user">${text}</u>`).length === 0,
      ).length;
      validator.dispose();
      return allowed;
    };
    expect([await lengths("1"), await lengths("2")]).toEqual([1, 2]);
  });

  it("enters a namespace of several files where nothing else includes", async () => {
    const catalogDir = folderWith();
    const files = {
      "all.xsd": schema("urn:b", `<xs:include schemaLocation="part/base.xsd"/>`),
      "part/base.xsd": base("urn:b", 1),
    };
    await add(folderWith(files), catalogDir, { name: "lib", version: "1" });
    expect(target(catalogDir, "urn:b", "http://standard.example/elsewhere.xsd")).toBe("catalog:lib/1/all.xsd");
  });

  it("names what is installed where a bundle or file is not", async () => {
    const catalogDir = folderWith();
    await add(folderWith({ "in/base.xsd": base("urn:b", 1), "c.xsd": base("urn:c", 1) }), catalogDir, {
      name: "lib",
      version: "1",
    });
    const open = (path: string): Promise<BridgeError> =>
      failure(openXsd({ schema: path, bridgeDir: folderWith(), catalogDir }));
    expect((await open("catalog:lib/2/base.xsd")).hint).toContain("Installed: catalog:lib/1");
    expect((await open("catalog:lib/1/base.xsd")).hint).toBe("It holds catalog:lib/1/in/base.xsd");
    expect((await open("catalog:lib/1/../../../../etc/passwd")).code).toBe("SCHEMA_FILE_MISSING");
  });

  it("says that an index is damaged", () => {
    const catalogDir = folderWith({ "lib/1/bundle.json": "{" });
    expect(() => readCatalog(catalogDir)).toThrow("no index of a schema bundle");
    mkdirSync(join(catalogDir, "lib", ".adding-1"));
  });
});

describe("archives", () => {
  const good: ZipEntry = { name: "a/b.xsd", content: base("urn:a", 5) };
  it("reads deflated and stored files, with comment, CP437 names and backslashes", () => {
    const archive = zip(
      [
        good,
        { name: "dir/", content: "" },
        { name: "s.xsd", content: "x", stored: true },
        { name: Buffer.from([0x81, 0x2e, 0x78]), content: "u", flags: 0 },
        { name: "w\\x.xsd", content: "w" },
      ],
      Buffer.from("comment"),
    );
    expect(readZip(archive, all).map(({ path, bytes }) => [path, Buffer.from(bytes).length])).toEqual([
      ["a/b.xsd", good.content.length],
      ["s.xsd", 1],
      ["ü.x", 1],
      ["w/x.xsd", 1],
    ]);
    expect(readZip(archive, (path) => path === "s.xsd")).toHaveLength(1);
  });

  it.each([
    "../x",
    "a/../../x",
    "/etc/passwd",
    "C:/x",
    "c:x",
    "..\\x",
    "a//b",
    "./a",
    "a\u0000b",
    "a\nb",
    "",
    "a".repeat(500),
  ])("refuses the name %j", (name) => {
    expect(() => safePath(name, (why) => new BridgeError("SCHEMA_BUNDLE_REFUSED", why))).toThrow(BridgeError);
  });

  const limits = { entries: 3, file: 1_000_000, total: 1_500_000, ratio: 200 };
  const noise = Buffer.from(Array.from({ length: 900_000 }, (_, index) => (index * 7919 * (index % 251)) & 255));
  it.each<[string, readonly ZipEntry[], string]>([
    ["a bomb", [{ name: "x", content: Buffer.alloc(900_000) }], "200 to 1"],
    ["a large file", [{ name: "x", content: Buffer.alloc(2_000_000, "ab"), stored: true }], "larger than 0 MiB"],
    [
      "large files together",
      [1, 2].map((index) => ({ name: `x${index}`, content: noise, stored: true })),
      "unpacked it is larger",
    ],
    ["many entries", [1, 2, 3, 4].map((index) => ({ name: `x${index}`, content: "x" })), "more than 3 entries"],
    ["a false small size", [{ ...good, size: 10 }], "larger than it says"],
    ["a false large size", [{ ...good, size: 1_000 }], "checksum"],
    ["a false checksum", [{ ...good, crc: 1 }], "checksum"],
    ["an encrypted file", [{ ...good, flags: 0x801 }], "encrypted"],
    ["another method", [{ ...good, method: 12 }], "method 12"],
    ["a symbolic link", [{ ...good, attributes: 0xa1ff0000 }], "symbolic link"],
    ["a shared place", [good, { ...good, name: "other", shares: 0 }], "share one place"],
    ["a name twice", [good, { ...good, name: "A/B.xsd" }], "occurs twice"],
    ["ZIP64", [{ ...good, size: 0xffffffff }], "ZIP64"],
    ["a range beyond its end", [{ ...good, packed: 100_000 }], "damaged"],
  ])("refuses %s", (_what, entries, message) => {
    expect(() => readZip(zip(entries), all, limits)).toThrow(message);
  });

  it("refuses every truncation and survives every flipped byte", () => {
    const archive = zip([good, { name: "c.xsd", content: "c" }]);
    for (let length = 0; length < archive.length; length += 7) {
      expect(() => readZip(archive.subarray(0, length), all)).toThrow(BridgeError);
    }
    for (let at = 0; at < archive.length; at++) {
      const flipped = Buffer.from(archive);
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      expect(thrownBy(() => readZip(flipped, all)) ?? new BridgeError("INTERNAL", "none")).toBeInstanceOf(BridgeError);
    }
  });
});

describe("downloads", () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  });
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const local = { allowLoopbackHttp: true };

  it("takes a ZIP, and a single schema with the URL it came from", async () => {
    const archive = zip([{ name: "a.xsd", content: base("urn:a", 1) }]);
    const origin = await serve((request, response) => {
      if (request.url === "/moved.zip") response.writeHead(302, { location: "/lib-1.2.zip" }).end();
      else response.end(request.url === "/lib-1.2.zip" ? archive : base("urn:single", 1));
    });
    const catalogDir = folderWith();
    expect(await add(`${origin}/moved.zip`, catalogDir, { ...local, name: "lib", version: "1.2" })).toMatchObject({
      added: true,
      schemas: 1,
    });
    await add(`${origin}/schemata/single-3.xsd`, catalogDir, local);
    // Exactly this URL now means this file, whatever it is called.
    const bridgeDir = folderWith({
      "u.xsd": schema("urn:u", `<xs:import namespace="urn:single" schemaLocation="${origin}/schemata/single-3.xsd"/>`),
    });
    expect(loadSchemaFiles({ schema: "u.xsd", bridgeDir, catalogDir }).entry.references[0]?.target).toBe(
      "catalog:single/3/single-3.xsd",
    );
  });

  it("refuses plain http, other hosts, errors and endless answers", async () => {
    const other = await serve((_request, response) => response.end("x"));
    const origin = await serve((request, response) => {
      if (request.url === "/away") response.writeHead(302, { location: `${other}/x.zip` }).end();
      else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
      else if (request.url === "/large") response.writeHead(200, { "content-length": "999999999" }).end();
      else response.writeHead(404).end();
    });
    const catalogDir = folderWith();
    const message = async (url: string, more: Partial<AddSchemasOptions> = local): Promise<string> => {
      const error = await failure(add(url, catalogDir, more));
      expect(error.code).toBe("SCHEMA_FETCH_FAILED");
      return error.message;
    };
    expect(await message(`${origin}/x`, {})).toContain("https only");
    expect(await message("http://standard.example/x.zip")).toContain("https only");
    expect(await message("file:///etc/passwd")).toContain("https only");
    expect(await message("https://user:secret@standard.example/x.zip")).not.toContain("secret");
    expect(await message(`${origin}/away`)).toContain(`redirects to ${other}`);
    expect(await message(`${origin}/loop`)).toContain("more than 3 times");
    expect(await message(`${origin}/large`)).toContain("larger than 128 MiB");
    expect(await message(`${origin}/missing`)).toContain("answered 404");
    expect(await message("http://127.0.0.1:1/x")).toContain("cannot be reached");
    expect(existsSync(join(catalogDir, "x"))).toBe(false);
  });

  it("can be interrupted", async () => {
    const origin = await serve(() => undefined);
    const stop = new AbortController();
    const running = addSchemas({ source: `${origin}/x`, catalogDir: folderWith(), signal: stop.signal, ...local });
    stop.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });
});

it("where nobody may make folders, adding ends with a word about the folder", () => {
  const files = [{ path: "a.xsd", bytes: Buffer.from('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>') }];
  const bundle = { files, source: "a", url: undefined, name: "a", version: "1" };
  expect(() => addBundle(bundle, "/proc/steg", new Date())).toThrow(/nothing can be written to \/proc\/steg\/a \(E/);
});
