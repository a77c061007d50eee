// What a REST face says of itself, to whoever reaches the appliance: /bridges/NAME/openapi.json, and /bridges/NAME/docs for people.
// Descriptions hold no data, and a browser that opens a page has no token to show.

import { readFileSync } from "node:fs";
import type { FaceReply, FaceRequest } from "../contract.ts";
import { openApiOfBridge, type DescribedBridge, type OpenApi } from "../calls/openapi.ts";
import { docsPage } from "./pages/docs-page.ts";
import type { Language } from "./pages/docs-words.ts";

/** No script or style but the page's own files, no connection but to this appliance, no form that sends by itself. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** As registered with IANA (OpenAPI Initiative); what opens JSON opens it. */
export const OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.1";

const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/docs/docs.css": ["docs.css", "text/css; charset=utf-8"],
  "/docs/docs.js": ["docs.js", "text/javascript; charset=utf-8"],
};
const read = new Map<string, string>();

export interface DescribedFace {
  /** Of this moment: the state of the bridge is in it. */
  described(): DescribedBridge;
  /** Same key = same description. */
  readonly key: string;
}

/** undefined = the request is for something else. `root`: path of the bridge, `/bridges/NAME`. */
export function faceDocument(
  request: Pick<FaceRequest, "method" | "path" | "query" | "headers" | "base">,
  root: string,
  face: DescribedFace,
): FaceReply | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const asset = Object.hasOwn(ASSETS, request.path) ? ASSETS[request.path] : undefined;
  if (asset) return reply(asset[1], assetText(asset[0]));
  if (request.path === "/openapi.json") {
    return reply(OPENAPI_TYPE, JSON.stringify(documentOf(request.base, face).document));
  }
  if (request.path !== "/docs") return undefined;
  const { bridge, document } = documentOf(request.base, face);
  return reply("text/html; charset=utf-8", docsPage(bridge, document, root, languageOf(request)), {
    "content-security-policy": PAGE_POLICY,
    vary: "accept-language",
  });
}

function reply(type: string, body: string, headers: Readonly<Record<string, string>> = {}): FaceReply {
  return { status: 200, headers: { "content-type": type, ...headers }, body };
}

function assetText(file: string): string {
  const text = read.get(file) ?? readFileSync(new URL(`pages/${file}`, import.meta.url), "utf8");
  read.set(file, text);
  return text;
}

/** German, unless the reader says otherwise: by the switch, or by the browser. */
function languageOf({ query, headers }: Pick<FaceRequest, "query" | "headers">): Language {
  const asked = new URLSearchParams(query).get("lang");
  if (asked === "de" || asked === "en") return asked;
  const accepted = (headers["accept-language"] ?? "").toLowerCase().split(",");
  const first = accepted.find((one) => /^\s*(?:de|en)\b/.test(one));
  return first?.trim().startsWith("en") === true ? "en" : "de";
}

/** Making a description of a large service takes a while: the last ones are kept. */
const kept = new Map<string, { readonly bridge: DescribedBridge; readonly document: OpenApi }>();
const MOST_KEPT = 50;

function documentOf(
  base: string,
  face: DescribedFace,
): { readonly bridge: DescribedBridge; readonly document: OpenApi } {
  const key = `${base} ${face.key}`;
  const known = kept.get(key);
  if (known) return known;
  const bridge = face.described();
  const made = { bridge, document: openApiOfBridge(bridge, base) };
  const oldest = kept.keys().next().value;
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(key, made);
  return made;
}
