// Envelopes of SOAP 1.1 (section 4) and 1.2 (part 1, section 5), both ways: one element in the body, headers beside it,
// or a fault.

import type { SaxesTagNS } from "saxes";
import type { Value } from "../../core/contract.ts";
import { readFault, type Fault } from "./fault.ts";
import { parseXml } from "./parse.ts";
import { resolveReferences } from "./value/references.ts";
import { Mismatch } from "./value/mismatch.ts";
import type { ElementPlan, Plans } from "./value/plan.ts";
import { type Reading, type ReadOptions, readElement, type ResolvePrefix } from "./value/read.ts";
import type { QName } from "./wsdl/document.ts";
import { envelopeNamespace, SOAP11, SOAP11_ENCODING, SOAP12, type SoapVersion } from "./wsdl/names.ts";

export interface HeaderBlock {
  readonly name: QName;
  readonly value: Value;
  readonly mustUnderstand: boolean;
  /** SOAP 1.1 actor, SOAP 1.2 role; undefined = whoever reads it. */
  readonly role: string | undefined;
}

export interface Envelope {
  readonly version: SoapVersion;
  readonly headers: readonly HeaderBlock[];
  /** undefined = the body is empty, or holds a fault. */
  readonly body: { readonly name: QName; readonly value: Value } | undefined;
  readonly fault: Fault | undefined;
}

export interface EnvelopeReading {
  readonly plans: Plans;
  /** The type by which the element in the body is read; may throw what it likes where the element is the wrong one. */
  body(name: QName, version: SoapVersion): ElementPlan | undefined;
  /** SOAP encoding, whose elements may refer to others (SOAP 1.1, 5.4). */
  readonly encoded?: boolean | undefined;
  readonly included?: ReadOptions["included"];
}

const HEADER_LIMIT = 100;

/** Throws a mismatch. */
export function readEnvelope(text: string, options: EnvelopeReading): Envelope {
  const { plans, included, encoded } = options;
  let version: SoapVersion | undefined;
  let depth = 0;
  let part: "Header" | "Body" | undefined;
  let sawBody = false;
  let current: { readonly reading: Reading; readonly finish: (value: Value) => void } | undefined;
  const headers: HeaderBlock[] = [];
  let body: Envelope["body"];
  let fault: Fault | undefined;
  let resolvePrefix: ResolvePrefix | undefined;
  const resolve: ResolvePrefix = (prefix) => resolvePrefix?.(prefix);

  function start(tag: SaxesTagNS, plan: ElementPlan | undefined, finish: (value: Value) => void): void {
    const reading = readElement(plans, plan, { resolve, included, encoded });
    reading.open(tag);
    current = { reading, finish };
  }

  function openBlock(tag: SaxesTagNS, known: SoapVersion): void {
    const name: QName = { namespace: tag.uri, local: tag.local };
    if (part === "Header") {
      if (headers.length >= HEADER_LIMIT) throw new Mismatch("has too many headers", undefined);
      const { mustUnderstand, role } = attributesOf(tag, known);
      start(tag, plans.element(name), (value) => headers.push({ name, value, mustUnderstand, role }));
    } else if (fault !== undefined || body !== undefined) {
      throw new Mismatch("has more than one element in its body", undefined);
    } else if (tag.uri === envelopeNamespace(known) && tag.local === "Fault") {
      const reading = readFault(plans, known, resolve, (found) => {
        fault = found;
      });
      reading.open(tag);
      current = { reading, finish: () => undefined };
    } else {
      start(tag, options.body(name, known), (value) => {
        body = { name, value };
      });
    }
  }

  const events = {
    open(tag: SaxesTagNS, at: ResolvePrefix) {
      resolvePrefix = at;
      depth++;
      if (current !== undefined) return current.reading.open(tag);
      if (depth === 1) version = versionOf(tag);
      else if (depth === 2) {
        part = partOf(tag, version);
        if (part === "Body" && sawBody) throw new Mismatch("has two bodies", undefined);
        sawBody ||= part === "Body";
      } else if (version !== undefined && part !== undefined) openBlock(tag, version);
      return undefined;
    },
    text(piece: string) {
      if (current !== undefined) current.reading.text(piece);
      else if (/[^ \t\r\n]/.test(piece)) throw new Mismatch("has text outside of its body's element", undefined);
    },
    close() {
      depth--;
      if (current === undefined) return;
      const { reading, finish } = current;
      reading.close();
      if (!reading.done) return;
      finish(reading.value);
      current = undefined;
    },
  };
  if (encoded) resolveReferences(text, events);
  else parseXml(text, events);
  if (version === undefined || !sawBody) throw new Mismatch("has no body", undefined);
  return { version, headers, body, fault };
}

function versionOf(tag: SaxesTagNS): SoapVersion {
  if (tag.local === "Envelope") {
    if (tag.uri === SOAP11) return "1.1";
    if (tag.uri === SOAP12) return "1.2";
  }
  throw new Mismatch("is no SOAP envelope", `{${tag.uri}}${tag.local}`);
}

/** What stands behind the body of SOAP 1.1 (section 4) is nobody's. */
function partOf(tag: SaxesTagNS, version: SoapVersion | undefined): "Header" | "Body" | undefined {
  if (version === undefined || tag.uri !== envelopeNamespace(version)) return undefined;
  return tag.local === "Header" || tag.local === "Body" ? tag.local : undefined;
}

function attributesOf(tag: SaxesTagNS, version: SoapVersion): Pick<HeaderBlock, "mustUnderstand" | "role"> {
  const uri = envelopeNamespace(version);
  const read = (local: string): string | undefined =>
    Object.values(tag.attributes)
      .find((it) => it.uri === uri && it.local === local)
      ?.value.trim();
  const must = read("mustUnderstand");
  return { mustUnderstand: must === "1" || must === "true", role: read(version === "1.1" ? "actor" : "role") };
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EnvelopeParts {
  readonly version: SoapVersion;
  /** Header blocks as XML, each with the namespaces that it needs. */
  readonly headers: readonly string[];
  /** The body's element as XML; "" = empty. */
  readonly body: string;
  /** Attributes of the body, for signatures: ` wsu:Id="…" xmlns:wsu="…"`. */
  readonly bodyAttributes?: string;
  readonly encoded?: boolean;
}

export function envelopeText({ version, headers, body, bodyAttributes = "", encoded }: EnvelopeParts): string {
  const style = encoded ? ` soap:encodingStyle="${SOAP11_ENCODING}"` : "";
  const header = headers.length === 0 ? "" : `<soap:Header>${headers.join("")}</soap:Header>`;
  const inner = encoded && version === "1.1" ? withAttribute(body, style) : body;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${envelopeNamespace(version)}">${header}<soap:Body${bodyAttributes}>${inner}</soap:Body></soap:Envelope>`;
}

function withAttribute(element: string, attribute: string): string {
  const name = /^<[^\s/>]+/.exec(element)?.[0] ?? "";
  return name + attribute + element.slice(name.length);
}
