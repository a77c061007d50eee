// node scripts/sbom.ts OUT [PACKAGE=VERSION …]: what the image holds, as CycloneDX 1.5 (OUT/sbom.cdx.json), and under which licences
// (OUT/licences.txt): the packages of package-lock.json that are no development dependencies, Node, and the packages of Debian that are
// named. `npm sbom` knows neither the last two nor how to say the same twice: it adds the time of day and a random number.

import { hash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice|ofl)(?:[.-].*)?$/i;

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
}

export interface Component {
  readonly type: "library" | "application" | "operating-system";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe?: string;
  readonly licenses?: readonly ({ readonly expression: string } | { readonly license: { readonly id: string } })[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
}

/** Paths of what is installed here for the appliance: of packages for one kind of machine only this one's. */
function installed(): readonly (readonly [string, Locked])[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages).filter(
    ([path, { dev }]) => path !== "" && dev !== true && existsSync(join(root, path)),
  );
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + 13);

function npmComponents(): readonly Component[] {
  return installed()
    .map(([path, of]) => npmComponent(nameOf(path), of))
    .filter((one, at, all) => all.findIndex(({ purl }) => purl === one.purl) === at)
    .sort(byPurl);
}

function npmComponent(name: string, { version, integrity, license }: Locked): Component {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [algorithm, content = ""] = (integrity ?? "").split("-");
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    ...(license !== undefined && {
      licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    }),
    ...(algorithm === "sha512" && {
      hashes: [{ alg: "SHA-512" as const, content: Buffer.from(content, "base64").toString("hex") }],
    }),
  };
}

/** The package that brings Node is known to nobody who looks for its faults; Node itself is. */
function nodeComponent(): Component {
  const version = process.versions.node;
  const purl = `pkg:generic/node@${version}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return { type: "application", "bom-ref": purl, name: "node", version, purl, cpe };
}

/** `given`: `libc6=2.36-9+deb12u14`. */
function debianComponent(given: string): Component {
  const [name = "", version = ""] = given.split("=");
  if (version === "") throw new Error(`${given} is no package of Debian with its version: name it as libc6=2.36-9`);
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?distro=debian-12`;
  return { type: "library", "bom-ref": purl, name, version, purl };
}

export interface Sbom extends Readonly<Record<string, unknown>> {
  readonly components: readonly Component[];
}

/** The same for the same components and `epoch` (seconds, SOURCE_DATE_EPOCH). */
export function sbom(debian: readonly string[], epoch: number): Sbom {
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const components = [...npmComponents(), nodeComponent(), ...debian.map(debianComponent)].sort(byPurl);
  const digest = hash("sha256", JSON.stringify([version, epoch, components]), "hex");
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${parts.join("-")}-${digest.slice(20, 32)}`,
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1_000).toISOString(),
      component: { type: "application", "bom-ref": "steg", name, version, licenses: [{ license: { id: license } }] },
    },
    components,
  };
}

/** What each package says of itself; most licences want to come along with every copy. */
export function licences(): string {
  return installed()
    .map(([path, { version, license }]) => {
      const folder = join(root, path);
      const texts = readdirSync(folder)
        .filter((name) => LICENCE_FILE.test(name))
        .sort()
        .map((name) => readFileSync(join(folder, name), "utf8").trim());
      return [`${"=".repeat(80)}\n${nameOf(path)} ${version}: ${license ?? "see below"}`, ...texts, ""].join("\n\n");
    })
    .join("");
}

function byPurl(a: Component, b: Component): number {
  return a.purl < b.purl ? -1 : Number(a.purl > b.purl);
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "sbom.ts") {
  const [, , out, ...debian] = process.argv;
  if (out === undefined) throw new Error("usage: node scripts/sbom.ts OUT [PACKAGE=VERSION …]");
  mkdirSync(out, { recursive: true });
  const bom = sbom(debian, Number(process.env["SOURCE_DATE_EPOCH"] ?? 0));
  writeFileSync(join(out, "sbom.cdx.json"), `${JSON.stringify(bom, null, 2)}\n`);
  writeFileSync(join(out, "licences.txt"), licences());
}
