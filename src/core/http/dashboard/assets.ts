// What the pages need besides themselves, all of it from here: style sheets, script, icon, and the two weights of Fira Sans out of KERN's
// package. Their addresses change with their content, so that browsers may keep them.

import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OWN = new URL("../../../../sunset/dashboard/", import.meta.url);

interface Asset {
  readonly type: string;
  readonly path: () => string;
}

const own = (name: string, type: string): Asset => ({ type, path: () => fileURLToPath(new URL(name, OWN)) });
const font = (name: string): Asset => ({ type: "font/woff2", path: () => inPackage(`dist/fonts/fira-sans/${name}`) });

const ASSETS: Readonly<Record<string, Asset>> = {
  "steg.css": own("steg.css", "text/css; charset=utf-8"),
  "kern.css": own("kern.css", "text/css; charset=utf-8"),
  "steg.js": own("steg.js", "text/javascript; charset=utf-8"),
  "steg.svg": own("steg.svg", "image/svg+xml"),
  "fira-sans-400.woff2": font("FiraSans-Regular.woff2"),
  "fira-sans-600.woff2": font("FiraSans-SemiBold.woff2"),
};

function inPackage(file: string): string {
  const near = fileURLToPath(new URL(`../node_modules/@kern-ux/native/${file}`, new URL("../", OWN)));
  // Installed as somebody's dependency it lies further up.
  return existsSync(near) ? near : fileURLToPath(import.meta.resolve(`@kern-ux/native/${file}`));
}

const read = new Map<string, { readonly bytes: Buffer; readonly type: string; readonly version: string }>();

/** undefined: there is no such file. */
export function asset(
  name: string,
): { readonly bytes: Buffer; readonly type: string; readonly version: string } | undefined {
  const known = read.get(name);
  if (known !== undefined || !Object.hasOwn(ASSETS, name)) return known;
  const { type, path } = ASSETS[name] as Asset;
  const bytes = readFileSync(path());
  const made = { bytes, type, version: hash("sha256", bytes, "hex").slice(0, 12) };
  read.set(name, made);
  return made;
}

export function assetHref(name: string): string {
  return `/dashboard/${name}?v=${asset(name)?.version ?? ""}`;
}
