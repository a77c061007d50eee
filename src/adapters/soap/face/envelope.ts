// An envelope as a caller sends it: SOAP 1.1 (section 4) and SOAP 1.2 part 1 (section 5), read once and strictly.
//
// What is handed on is written anew from what was read here, so that nothing behind can understand the bytes in another way. There is
// no DOCTYPE (1.1, section 3; 1.2, section 5) and so no entity, no processing instruction, one header, one body, one element in it.

import type { SaxesAttributeNS, SaxesTagNS } from "saxes";
import { BridgeError } from "../../../core/errors.ts";
import { escapeAttribute, escapeText } from "../../shared/xml/escape.ts";
import { strictParser, type XmlEvents } from "../../shared/xml/strict-parser.ts";
import type { ResolvePrefix } from "../value/read.ts";
import { resolveReferences } from "../value/references.ts";
import { envelopeNamespace, SOAP11, SOAP12, type SoapVersion, XOP } from "../wsdl/names.ts";

const LIMITS = { deepest: 200, mostAttributes: 256, mostNodes: 1_000_000 };
const MOST_HEADERS = 64;

export interface ElementText {
  readonly uri: string;
  readonly local: string;
  /** The element as a document of its own: all prefixes are declared on it, attachments stand in it as base64. */
  readonly xml: string;
}

export interface HeaderBlock extends ElementText {
  /** Its text, without what stands around it; "" where it holds elements only. */
  readonly text: string;
  readonly mustUnderstand: boolean;
  /** Whether it is meant for the last receiver, which the bridge is. */
  readonly forUs: boolean;
}

export interface Envelope {
  readonly version: SoapVersion;
  readonly headers: readonly HeaderBlock[];
  /** undefined = the body is empty. */
  readonly body: ElementText | undefined;
}

/** Attachments by content id (XOP), as base64; undefined = there is none of this name. */
export type Included = (contentId: string) => string | undefined;

/** Hears of a header block or of the element in the body while it is read. */
export type Listener = XmlEvents;

/** Who listens to this element; undefined = nobody. */
export type Listen = (
  place: "header" | "body",
  version: SoapVersion,
  tag: SaxesTagNS,
  resolve: ResolvePrefix,
) => Listener | undefined;

/** Of an envelope in no version that there is; the caller is told which ones there are. */
export class UnknownVersion extends BridgeError {}

/** Throws BridgeError CALL_INVALID; UnknownVersion where the root is an envelope of another SOAP. */
export function readEnvelope(text: string, included: Included, listen: Listen = () => undefined): Envelope {
  const reading = envelopeReader(included, listen);
  parseStrictly(text, reading);
  return reading.envelope();
}

/** SOAP encoding, whose values may refer to others (1.1, section 5.4.1); each is read where it is meant. Throws a mismatch, too. */
export function readEncodedEnvelope(text: string, included: Included, listen: Listen): Envelope {
  const reading = envelopeReader(included, listen);
  resolveReferences(text, reading);
  return reading.envelope();
}

function parseStrictly(text: string, events: XmlEvents): void {
  const parser = strictParser(text, LIMITS, events, (what, _detail, line) => {
    throw invalid(`line ${line}: the envelope ${what}`);
  });
  parser.on("processinginstruction", () => {
    throw invalid(`line ${parser.line}: the envelope has a processing instruction, which is refused`);
  });
  parser.write(text).close();
}

export function invalid(message: string): BridgeError {
  return new BridgeError("CALL_INVALID", message, { stage: "receive" });
}

// ── structure ───────────────────────────────────────────────────────────────────────────────────────────────────

type Place = "root" | "envelope" | "header" | "body" | "block";

interface EnvelopeReader extends XmlEvents {
  envelope(): Envelope;
}

function envelopeReader(included: Included, listen: Listen): EnvelopeReader {
  let place: Place = "root";
  let around: "header" | "body" = "body";
  let version: SoapVersion = "1.1";
  let seen: { header: boolean; body: boolean } = { header: false, body: false };
  let outer: SaxesTagNS[] = [];
  let block: BlockWriter | undefined;
  const headers: HeaderBlock[] = [];
  let body: ElementText | undefined;

  function openPart(tag: SaxesTagNS): void {
    if (tag.uri !== envelopeNamespace(version))
      throw invalid("the envelope holds something else than a header and a body");
    if (tag.local === "Header" && !seen.header && !seen.body) seen = { ...seen, header: true };
    else if (tag.local === "Body" && !seen.body) seen = { ...seen, body: true };
    else throw invalid("the envelope holds something else than one header and one body behind it");
    place = tag.local === "Header" ? "header" : "body";
  }

  function openBlock(tag: SaxesTagNS, resolve: ResolvePrefix): void {
    if (place === "body" && body !== undefined) throw invalid("the body holds more than one element");
    if (place === "header" && headers.length >= MOST_HEADERS)
      throw invalid(`the header holds more than ${MOST_HEADERS} blocks`);
    around = place === "header" ? "header" : "body";
    place = "block";
    block = blockWriter(outer, included, listen(around, version, tag, resolve));
    block.open(tag, resolve);
  }

  return {
    open(tag, resolve) {
      if (place === "block") block?.open(tag, resolve);
      else if (place === "root") {
        version = versionOf(tag);
        place = "envelope";
        outer = [tag];
      } else if (place === "envelope") {
        openPart(tag);
        outer = [outer[0] as SaxesTagNS, tag];
      } else openBlock(tag, resolve);
    },
    text(piece) {
      if (place === "block") block?.text(piece);
      else if (/[^ \t\r\n]/u.test(piece)) throw invalid("text stands between the parts of the envelope");
    },
    close() {
      if (place === "block") {
        const done = block?.close();
        if (done === undefined) return;
        place = around;
        if (around === "body") body = done;
        else headers.push(headerOf(done, version));
      } else if (place === "header" || place === "body") place = "envelope";
    },
    envelope() {
      if (!seen.body) throw invalid("the envelope has no body");
      return { version, headers, body };
    },
  };
}

function versionOf(tag: SaxesTagNS): SoapVersion {
  if (tag.local !== "Envelope") throw invalid("the root element is no envelope of SOAP");
  if (tag.uri === SOAP11) return "1.1";
  if (tag.uri === SOAP12) return "1.2";
  throw new UnknownVersion("CALL_INVALID", "the envelope is of no version of SOAP that is spoken here", {
    stage: "receive",
  });
}

interface Block extends ElementText {
  readonly text: string;
  readonly attributes: readonly SaxesAttributeNS[];
}

const NEXT = new Set([
  "http://schemas.xmlsoap.org/soap/actor/next",
  `${SOAP12}/role/next`,
  `${SOAP12}/role/ultimateReceiver`,
  "",
]);

/** 1.1, sections 4.2.2 and 4.2.3; 1.2, sections 5.2.2 and 5.2.3. */
function headerOf({ uri, local, xml, text, attributes }: Block, version: SoapVersion): HeaderBlock {
  const of = (name: string): string | undefined =>
    attributes
      .find((attribute) => attribute.uri === envelopeNamespace(version) && attribute.local === name)
      ?.value.trim();
  const must = of("mustUnderstand");
  const role = of(version === "1.1" ? "actor" : "role");
  if (must !== undefined && !/^(?:[01]|true|false)$/u.test(must))
    throw invalid("mustUnderstand of a header is neither true nor false");
  return {
    uri,
    local,
    xml,
    text: text.trim(),
    mustUnderstand: must === "1" || must === "true",
    forUs: role === undefined || NEXT.has(role),
  };
}

// ── writing anew ────────────────────────────────────────────────────────────────────────────────────────────────

interface BlockWriter {
  open(tag: SaxesTagNS, resolve: ResolvePrefix): void;
  text(piece: string): void;
  /** The block, where this was its end. */
  close(): Block | undefined;
}

function blockWriter(outer: readonly SaxesTagNS[], included: Included, listener: Listener | undefined): BlockWriter {
  const pieces: string[] = [];
  const open: SaxesTagNS[] = [];
  let ownText = "";
  let inInclude = false;
  let pending = false;

  function begin(tag: SaxesTagNS): void {
    if (pending) pieces.push(">");
    pieces.push("<", tag.name);
    for (const [prefix, uri] of Object.entries(open.length === 0 ? inherited(outer, tag) : tag.ns)) {
      pieces.push(prefix === "" ? ' xmlns="' : ` xmlns:${prefix}="`, escapeAttribute(uri), '"');
    }
    for (const { name, prefix, value } of Object.values(tag.attributes)) {
      if (prefix !== "xmlns" && name !== "xmlns") pieces.push(" ", name, '="', escapeAttribute(value), '"');
    }
    pending = true;
    open.push(tag);
  }

  function write(piece: string): void {
    if (pending) pieces.push(">");
    pending = false;
    pieces.push(escapeText(piece));
    listener?.text(piece);
  }

  return {
    open(tag, resolve) {
      if (inInclude) throw invalid("xop:Include holds an element");
      if (tag.uri === XOP && tag.local === "Include" && open.length > 0) {
        write(includedBy(tag, included));
        inInclude = true;
        return;
      }
      begin(tag);
      listener?.open(tag, resolve);
    },
    text(piece) {
      if (inInclude) return;
      write(piece);
      if (open.length === 1) ownText += piece;
    },
    close() {
      if (inInclude) {
        inInclude = false;
        return undefined;
      }
      const tag = open.pop() as SaxesTagNS;
      if (pending) pieces.push("/>");
      else pieces.push("</", tag.name, ">");
      pending = false;
      listener?.close();
      if (open.length > 0) return undefined;
      const { uri, local, attributes } = tag;
      return { uri, local, text: ownText, xml: pieces.join(""), attributes: Object.values(attributes) };
    },
  };
}

/** All declarations that hold at the element, so that it can stand alone. */
function inherited(outer: readonly SaxesTagNS[], root: SaxesTagNS): Readonly<Record<string, string>> {
  const found = Object.create(null) as Record<string, string>;
  for (const { ns } of [...outer, root]) Object.assign(found, ns);
  return found;
}

/** XML-binary Optimized Packaging 1.0, section 2.1: the reference is a cid URL (RFC 2392). */
function includedBy(tag: SaxesTagNS, included: Included): string {
  const href = tag.attributes["href"]?.value.trim() ?? "";
  if (!/^cid:/iu.test(href)) throw invalid("xop:Include names no attachment of the message");
  let id: string;
  try {
    id = decodeURIComponent(href.slice(4));
  } catch {
    throw invalid("xop:Include names no attachment of the message");
  }
  const content = included(id);
  if (content === undefined) throw invalid("xop:Include names an attachment that the message does not have");
  return content;
}
