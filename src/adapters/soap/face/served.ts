// The contract as callers read it: the bridge's WSDL and what it imports, with addresses that lead to the bridge.
//
// Texts are changed only where an address stands; comments, policies and the order stay as the service's owner wrote them. Ports that
// the bridge does not offer are left out, because their addresses are the legacy system's own.

import { SaxesParser, type SaxesTagNS } from "saxes";
import { escapeAttribute } from "../../shared/xml/escape.ts";
import { WSA, WSA_SUBMISSION } from "../addressing.ts";
import { type SoapVersion, WSDL, WSDL_SOAP11, WSDL_SOAP12, XSD } from "../wsdl/names.ts";

const ADDRESSES: ReadonlySet<string> = new Set([WSDL_SOAP11, WSDL_SOAP12]);
const ADDRESSING: ReadonlySet<string> = new Set([WSA, WSA_SUBMISSION]);

export interface Serving {
  /** Where callers reach the face. */
  readonly base: string;
  /** Whether the bridge offers this port. */
  offers(service: string, port: string): boolean;
  /** Put in at the end, where the contract has no service of its own. */
  readonly service?: string | undefined;
  /** The address of what is imported; undefined = as it stands. */
  locate(kind: "wsdl" | "xsd", location: string, namespace: string | undefined): string | undefined;
}

interface Cut {
  readonly start: number;
  end: number;
  readonly depth: number;
}

/** `text` is well-formed: it was read as a WSDL or schema before. */
export function servedText(text: string, serving: Serving): string {
  const pieces: string[] = ['<?xml version="1.0" encoding="UTF-8"?>\n'];
  const parser = new SaxesParser({ xmlns: true });
  let done = text.length - text.trimStart().length;
  let depth = 0;
  let service = "";
  let offered = 0;
  let cut: Cut | undefined;
  let serviceStart: number | undefined;
  let beforeService = 0;
  const replace = (start: number, end: number, by: string): void => {
    pieces.push(text.slice(done, start), by);
    done = end;
  };
  parser.on("opentag", (tag) => {
    depth++;
    if (cut) return;
    const end = parser.position;
    // `<` cannot stand in an attribute value, so the nearest one before the tag's end begins the tag.
    const start = text.lastIndexOf("<", end - 1);
    if (tag.uri === WSDL && tag.local === "service") {
      service = of(tag, "name");
      offered = 0;
      replace(start, start, "");
      serviceStart = start;
      beforeService = pieces.length;
    }
    if (isLeftOut(tag, service, serving)) {
      cut = { start, end, depth };
      return;
    }
    if (tag.uri === WSDL && tag.local === "port") offered++;
    const changed = changedTag(text.slice(start, end), tag, serving);
    if (changed !== undefined) replace(start, end, changed);
  });
  parser.on("closetag", (tag) => {
    const end = parser.position;
    if (cut?.depth === depth) {
      replace(cut.start, end, "");
      cut = undefined;
    }
    if (tag.uri === WSDL && tag.local === "service" && serviceStart !== undefined) {
      if (offered === 0) {
        pieces.length = beforeService;
        done = end;
      }
      serviceStart = undefined;
    }
    if (--depth === 0 && serving.service !== undefined) {
      const start = text.lastIndexOf("<", end - 1);
      replace(start, start, serving.service);
    }
  });
  parser.write(text).close();
  pieces.push(text.slice(done));
  return pieces.join("");
}

export interface NamedBinding {
  readonly namespace: string;
  readonly local: string;
  readonly version: SoapVersion;
}

/** Standards publish bindings without a service, because whoever implements them has the address. */
export function serviceText(bindings: readonly NamedBinding[], base: string): string {
  const ports = bindings.map(({ namespace, local, version }) => {
    const soap = version === "1.2" ? WSDL_SOAP12 : WSDL_SOAP11;
    const names = `xmlns:b="${escapeAttribute(namespace)}" name="${local}" binding="b:${local}"`;
    return `<wsdl:port ${names}><soap:address xmlns:soap="${soap}" location="${escapeAttribute(base)}"/></wsdl:port>`;
  });
  return `<wsdl:service xmlns:wsdl="${WSDL}" name="Steg">${ports.join("")}</wsdl:service>\n`;
}

function of(tag: SaxesTagNS, attribute: string): string {
  return tag.attributes[attribute]?.value ?? "";
}

/** Ports that are not offered; and where a port's address stands a second time, with what the legacy system is called inside. */
function isLeftOut(tag: SaxesTagNS, service: string, serving: Serving): boolean {
  if (tag.uri === WSDL && tag.local === "port") return !serving.offers(service, of(tag, "name"));
  return service !== "" && tag.local === "EndpointReference" && ADDRESSING.has(tag.uri);
}

function changedTag(written: string, tag: SaxesTagNS, serving: Serving): string | undefined {
  if (tag.local === "address" && ADDRESSES.has(tag.uri)) return withAttribute(written, "location", serving.base);
  if (tag.uri === WSDL && tag.local === "import") return relocated(written, "location", tag, "wsdl", serving);
  if (tag.uri === XSD && (tag.local === "import" || tag.local === "include" || tag.local === "redefine"))
    return relocated(written, "schemaLocation", tag, "xsd", serving);
  return undefined;
}

function relocated(
  written: string,
  attribute: string,
  tag: SaxesTagNS,
  kind: "wsdl" | "xsd",
  serving: Serving,
): string | undefined {
  const location = tag.attributes[attribute]?.value;
  if (location === undefined) return undefined;
  const address = serving.locate(kind, location, tag.attributes["namespace"]?.value);
  return address === undefined ? undefined : withAttribute(written, attribute, address);
}

function withAttribute(written: string, name: string, value: string): string {
  const attribute = new RegExp(`(\\s${name}\\s*=\\s*)(?:"[^"]*"|'[^']*')`, "u");
  return written.replace(attribute, (_all, head: string) => `${head}"${escapeAttribute(value)}"`);
}
