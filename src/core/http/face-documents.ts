// What a REST face says of itself, to whoever reaches the appliance: /bridges/NAME/openapi.json, and /bridges/NAME/docs for people.
// Descriptions hold no data, and a browser that opens a page has no token to show.

import { readFileSync } from "node:fs";
import type { FaceReply, FaceRequest } from "../contract.ts";
import { openApiOfBridge, type DescribedBridge, type OpenApi } from "../calls/openapi.ts";
import { keepTexts } from "./kept-texts.ts";
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
  "/docs/docs.svg": ["docs.svg", "image/svg+xml"],
  "/docs/docs.js": ["docs.js", "text/javascript; charset=utf-8"],
};
const read = new Map<string, string>();

export interface DescribedFace {
  /** Of this moment: the state of the bridge is in it. */
  readonly described: () => DescribedBridge;
  /** Same key = same description. */
  readonly key: string;
}

/** Asked for every call: what is certainly none of them costs nothing more. */
export function isDocumentPath(path: string): boolean {
  return path === "/" || path === "/openapi.json" || path.startsWith("/docs");
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
  const { base } = request;
  if (request.path === "/openapi.json") return reply(OPENAPI_TYPE, withBase(documentText(face), base));
  if (isLookingAround(request)) return { status: 303, headers: { location: `${root}/docs` }, body: "" };
  if (request.path !== "/docs") return undefined;
  return reply("text/html; charset=utf-8", withBase(pageText(face, root, languageOf(request)), base), {
    "content-security-policy": PAGE_POLICY,
    vary: "accept-language",
  });
}

/** Somebody who opens the bridge itself in a browser: programs that call bring a token, or want no HTML. */
function isLookingAround({ path, headers }: Pick<FaceRequest, "path" | "headers">): boolean {
  return path === "/" && headers["authorization"] === undefined && /\btext\/html\b/.test(headers["accept"] ?? "");
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

// Making a description of a large service takes a while, and anyone may ask under any name of the host: it is made without one.
const NOWHERE = "https://steg.invalid";
const texts = keepTexts(16 * 2 ** 20);

/** `base` has the characters of an authority and of a bridge's name only, which stand for themselves in JSON and in HTML. */
function withBase(text: string, base: string): string {
  return text.replaceAll(NOWHERE, () => base);
}

function documentText({ key, described }: DescribedFace): string {
  return texts.get(`json ${key}`, () => JSON.stringify(openApiOfBridge(described(), NOWHERE)));
}

function pageText(face: DescribedFace, root: string, language: Language): string {
  return texts.get(`${language} ${face.key}`, () =>
    docsPage(face.described(), JSON.parse(documentText(face)) as OpenApi, root, language),
  );
}

/** Of several bridges; `key` names them with their versions and states. */
export function applianceDocument(key: string, origin: string, make: (origin: string) => OpenApi): FaceReply {
  return reply(
    OPENAPI_TYPE,
    withBase(
      texts.get(`all ${key}`, () => JSON.stringify(make(NOWHERE))),
      origin,
    ),
  );
}
