// A request over HTTP → a call: content type, bytes, envelope, headers, operation, types; each step refuses what it does not know.

import type { Call, FaceRequest, Rec, Value } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { Validator } from "../../../core/validation/xsd.ts";
import { type Addressing, addressingOf, isAddressing } from "./addressing.ts";
import {
  type Envelope,
  type Included,
  invalid,
  type Listen,
  readEncodedEnvelope,
  readEnvelope,
  UnknownVersion,
} from "./envelope.ts";
import { textOf } from "./text.ts";
import type { FaultCode } from "./faults.ts";
import { ATTACHMENTS, HEADERS } from "../operations.ts";
import type { Offer, Offers } from "./offers.ts";
import { type MediaType, mediaTypeOf } from "./media-type.ts";
import { type Part, readRelated } from "./multipart-related.ts";
import { WSSE } from "../security-names.ts";
import { Mismatch } from "../value/mismatch.ts";
import type { Plans } from "../value/plan.ts";
import { readElement, type Reading } from "../value/read.ts";
import type { SoapVersion } from "../wsdl/names.ts";

/** What is known of a message, also where it is refused: how the answer has to look. */
export interface Heard {
  version?: SoapVersion;
  addressing?: Addressing | undefined;
  /** Where it is neither the sender's nor the receiver's fault. */
  code?: FaultCode;
  offer?: Offer;
}

export interface Listening {
  readonly offers: Offers;
  readonly plans: Plans;
  /** undefined = bodies are not validated. */
  readonly validator: Validator | undefined;
}

const MOST_FINDINGS = 3;

/** Throws BridgeError; `heard` is filled as far as the reading came. */
export function readCall(listening: Listening, request: FaceRequest, heard: Heard): Call {
  const { offers, validator } = listening;
  if (request.method !== "POST") {
    throw new BridgeError("CALL_METHOD", "calls are sent with POST; ?wsdl is read with GET", {
      stage: "receive",
      facts: { allow: "POST" },
    });
  }
  if (request.path !== "/")
    throw new BridgeError("CALL_UNKNOWN", "there is nothing at this path", { stage: "receive" });
  const message = messageOf(request);
  heard.version = message.version;
  const values = valueListener(listening);
  const envelope = readMessage(message, values, heard);
  checkVersion(envelope, message, offers, heard);
  const addressing = addressingOf(envelope);
  heard.addressing = addressing;
  const element = envelope.body && { namespace: envelope.body.uri, local: envelope.body.local };
  const http = message.action ?? (message.version === "1.1" ? soapAction(request) : undefined);
  const offer = offers.find(envelope.version, element, { http, addressing: addressing?.action });
  heard.offer = offer;
  checkHeaders(envelope, offer, heard);
  if (validator && envelope.body && !offer.operation.input.encoded) checkTypes(validator, envelope.body.xml);
  const body = bodyOf(values, envelope, offer, message.beside());
  return { name: offer.call, path: {}, query: {}, headers: headersOf(request), body, state: offer };
}

// ── content type and bytes ──────────────────────────────────────────────────────────────────────────────────────

interface Message {
  /** As the content type says. */
  readonly version: SoapVersion;
  readonly action: string | undefined;
  readonly text: string;
  readonly included: Included;
  /** Attachments that stand nowhere in the envelope, once that was read (SOAP with Attachments). */
  beside(): readonly Value[];
}

const VERSIONS: ReadonlyMap<string, SoapVersion> = new Map([
  ["text/xml", "1.1"],
  ["application/soap+xml", "1.2"],
]);

function messageOf({ headers, body }: FaceRequest): Message {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") throw typeRefused();
  const type = mediaTypeOf(headers["content-type"]);
  if (type?.type === "multipart/related") return attachedMessage(type, body);
  const version = VERSIONS.get(type?.type ?? "");
  if (type === undefined || version === undefined) throw typeRefused();
  const { parameters } = type;
  const text = textOf(body, parameters.get("charset"));
  return { version, action: parameters.get("action"), text, included: () => undefined, beside: () => [] };
}

function typeRefused(): BridgeError {
  const message =
    "the content type must be text/xml (SOAP 1.1), application/soap+xml (SOAP 1.2) or multipart/related (MTOM), not compressed";
  return new BridgeError("CALL_TYPE", message, { stage: "receive" });
}

/** MTOM (section 3.2): the root is application/xop+xml, its `type` says the version. Without XOP, of SOAP with Attachments. */
function attachedMessage(type: MediaType, body: Uint8Array): Message {
  const { root, attachments } = readRelated(type, body);
  const inner = root.type;
  const isXop = inner?.type === "application/xop+xml";
  const named = isXop ? mediaTypeOf(inner.parameters.get("type") ?? type.parameters.get("start-info")) : inner;
  const version = VERSIONS.get(named?.type ?? "");
  if (version === undefined) throw typeRefused();
  // What is included once is not copied a thousand times: a small message stays small.
  const taken = new Set<string>();
  const included = (id: string): string | undefined => {
    const part = attachments.get(id);
    if (part === undefined || !isXop) return undefined;
    if (taken.has(id)) throw invalid("an attachment is included twice");
    taken.add(id);
    return base64(part);
  };
  const action = type.parameters.get("action") ?? inner?.parameters.get("action") ?? named?.parameters.get("action");
  return {
    version,
    action,
    text: textOf(root.bytes, inner?.parameters.get("charset")),
    included,
    beside: () => [...attachments].filter(([id]) => !taken.has(id)).map(([id, part]) => attachmentValue(id, part)),
  };
}

function base64({ bytes }: Part): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function attachmentValue(id: string, part: Part): Value {
  return { id, mediaType: part.type?.type ?? "application/octet-stream", content: base64(part) };
}

/** A quoted URI (SOAP 1.1, section 6.1.1); many send it without quotes. */
function soapAction({ headers }: FaceRequest): string | undefined {
  return headers["soapaction"]?.trim().replace(/^"(.*)"$/u, "$1");
}

// ── envelope ────────────────────────────────────────────────────────────────────────────────────────────────────

function readMessage(message: Message, values: Values, heard: Heard): Envelope {
  try {
    return values.read(message.text, message.included);
  } catch (cause) {
    if (cause instanceof UnknownVersion) heard.code = "versionMismatch";
    if (cause instanceof Mismatch) throw invalid(cause.message);
    throw cause;
  }
}

function checkVersion(envelope: Envelope, message: Message, offers: Offers, heard: Heard): void {
  if (!offers.versions.has(envelope.version)) {
    heard.code = "versionMismatch";
    throw invalid(`SOAP ${envelope.version} is not spoken here, SOAP ${[...offers.versions].join(" and ")} is`);
  }
  heard.version = envelope.version;
  if (envelope.version !== message.version)
    throw invalid(`the content type is the one of SOAP ${message.version}, the envelope is SOAP ${envelope.version}`);
}

/** SOAP 1.1, section 4.2.3; 1.2 part 1, section 2.4: what must be understood and is not ends the message before anything is done. */
function checkHeaders({ headers }: Envelope, { operation }: Offer, heard: Heard): void {
  const declared = operation.input.headers.map(({ element }) => element);
  for (const block of headers) {
    if (!block.mustUnderstand || !block.forUs || isAddressing(block)) continue;
    const isDeclared = declared.some(({ namespace, local }) => namespace === block.uri && local === block.local);
    if (isDeclared && block.uri !== WSSE) continue;
    heard.code = "mustUnderstand";
    throw invalid(
      block.uri === WSSE
        ? "the header wsse:Security is not read here: callers show who they are by HTTP (a token, Basic, or a certificate)"
        : "a header that must be understood is not understood",
    );
  }
}

/** What anyone may say without saying who they are. */
const SAFE_HEADERS = ["accept-language", "x-request-id"] as const;

function headersOf({ headers }: FaceRequest): Rec {
  return Object.fromEntries(
    SAFE_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}

// ── types ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Values {
  read(text: string, included: Included): Envelope;
  /** Of the body; undefined = there is none. */
  body(): Value;
  /** Of the header at this position, where the contract has its type. */
  header(index: number): Value;
}

/** Thrown to read again, as SOAP encoding is read; carries nothing. */
const IS_ENCODED = Symbol("encoded");

function valueListener({ offers, plans }: Listening): Values {
  let body: Reading | undefined;
  let headers: (Reading | undefined)[] = [];

  const listener =
    (again: boolean): Listen =>
    (place, version, { uri, local }, resolve) => {
      const name = { namespace: uri, local };
      if (place === "header") {
        const plan = offers.declaresHeader(name) ? plans.element(name) : undefined;
        const reading = plan && readElement(plans, plan, { resolve });
        headers.push(reading);
        return reading;
      }
      const offer = offers.bodyOf(version, name);
      const encoded = offer?.operation.input.encoded === true;
      if (encoded && !again) throw IS_ENCODED;
      body = offer?.input && readElement(plans, offer.input, { resolve, encoded });
      return body;
    };

  return {
    read(text, included) {
      try {
        return readEnvelope(text, included, listener(false));
      } catch (cause) {
        if (cause !== IS_ENCODED) throw cause;
        headers = [];
        return readEncodedEnvelope(text, included, listener(true));
      }
    },
    body: () => body?.value,
    header: (index) => headers[index]?.value,
  };
}

/** The record of the call: what the body's element holds; headers of the contract and further attachments beside it. */
function bodyOf(values: Values, { headers }: Envelope, { operation }: Offer, attachments: readonly Value[]): Value {
  const body = values.body() ?? {};
  if (!isRecord(body)) return body;
  const found: [string, Value][] = [];
  for (const [index, block] of headers.entries()) {
    const declared = operation.input.headers.find(
      ({ element }) => element.namespace === block.uri && element.local === block.local,
    );
    if (declared === undefined || !block.forUs) continue;
    if (found.some(([name]) => name === declared.name)) throw invalid("a header of the contract stands there twice");
    found.push([declared.name, values.header(index)]);
  }
  if (found.length === 0 && attachments.length === 0) return body;
  return {
    ...body,
    ...(found.length > 0 && { [HEADERS]: Object.fromEntries(found) }),
    ...(attachments.length > 0 && { [ATTACHMENTS]: attachments }),
  };
}

function isRecord(value: Value): value is Rec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkTypes(validator: Validator, xml: string): void {
  const findings = validator.validate(xml);
  if (findings.length === 0) return;
  const shown = findings.slice(0, MOST_FINDINGS).map(({ path, message }) => `${path} ${message}`);
  const more = findings.length > shown.length ? `; and ${findings.length - shown.length} more` : "";
  throw invalid(shown.join("; ") + more);
}
