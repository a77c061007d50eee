// GET ?wsdl, and what it imports as ?wsdl=… and ?xsd=…: the contract for callers that make their code from it.

import type { FaceReply, FaceRequest } from "../../../core/contract.ts";
import { type NamedBinding, servedText, serviceText, type Serving } from "./served.ts";
import type { SoapService } from "../wsdl/service.ts";
import { candidatesFor } from "../wsdl/locations.ts";

/** undefined = the request asks for no document. */
export type Documents = (request: FaceRequest) => FaceReply | undefined;

interface Document {
  readonly path: string;
  readonly text: string;
}

export function documentsOf(service: SoapService, offers: Serving["offers"]): Documents {
  const wsdls = new Map(service.documents.map((document) => [document.path, document]));
  const schemas = new Map<string, Document>();
  for (const { id, text } of service.files.files.values()) {
    // Those that stand in a WSDL are served with it.
    if (!id.includes("#")) schemas.set(id, { path: id, text });
  }
  const main = service.documents[0] as Document;

  function find(request: FaceRequest): Document | undefined {
    if (request.query.length > 1_000) return undefined;
    const query = new URLSearchParams(request.query);
    for (const [key, part] of query) {
      if (/^wsdl$/iu.test(key)) return part === "" ? main : (wsdls.get(part) ?? NONE);
      if (/^xsd$/iu.test(key)) return schemas.get(part) ?? NONE;
    }
    return undefined;
  }

  const missing = bindingsWithoutService(service);

  function serve(document: Document, base: string): string {
    return servedText(document.text, {
      base,
      offers,
      service: document === main && missing.length > 0 ? serviceText(missing, base) : undefined,
      locate(kind, location, namespace) {
        for (const path of candidatesFor(location, document.path)) {
          if (kind === "wsdl" && wsdls.has(path)) return `${base}?wsdl=${encodeURIComponent(path)}`;
          if (schemas.has(path)) return `${base}?xsd=${encodeURIComponent(path)}`;
        }
        const builtIn = `builtin:${namespace ?? ""}`;
        return schemas.has(builtIn) ? `${base}?xsd=${encodeURIComponent(builtIn)}` : undefined;
      },
    });
  }

  return (request) => {
    if ((request.method !== "GET" && request.method !== "HEAD") || request.path !== "/") return undefined;
    const document = find(request);
    if (document === undefined) return undefined;
    if (document === NONE) return { status: 404, headers: TEXT, body: "There is no such part of the contract\n" };
    return { status: 200, headers: XML, body: serve(document, request.base) };
  };
}

/** Bindings that are offered, of a contract without a service. */
function bindingsWithoutService({ documents, bindings }: SoapService): readonly NamedBinding[] {
  const found = new Map<string, NamedBinding>();
  for (const { operation } of bindings) {
    if (operation.service !== "") return [];
    const place = documents.find(({ root }) =>
      root?.children.some(({ local, attributes }) => local === "binding" && attributes.get("name") === operation.port),
    );
    if (place === undefined) continue;
    found.set(operation.port, { namespace: place.target, local: operation.port, version: operation.version });
  }
  return [...found.values()];
}

const NONE: Document = { path: "", text: "" };
const TEXT = { "content-type": "text/plain; charset=utf-8" } as const;
/** The addresses in it are those that this caller used. */
const XML = { "content-type": "text/xml; charset=utf-8", "cache-control": "no-cache", vary: "host" } as const;
