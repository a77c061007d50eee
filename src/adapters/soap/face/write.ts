// The end of a call → an answer: an envelope with the operation's element, or a fault with what the caller may know.

import type { CallEnd, FaceReply, Value } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { Validator } from "../../../core/validation/xsd.ts";
import { addressingReply, faultAction } from "./addressing.ts";
import type { Offer, OfferedFault } from "./offers.ts";
import type { Heard } from "./read.ts";
import { contentTypeOf, type Fault, faultStatus, faultXml, ownDetail } from "./faults.ts";
import { mediaTypeOf } from "./media-type.ts";
import { answerElement } from "./answer-element.ts";
import { wrong } from "./wrong-answer.ts";
import { envelopeText } from "../envelope.ts";
import { HEADERS } from "../operations.ts";
import { Mismatch } from "../value/mismatch.ts";
import type { ElementPlan, Plans } from "../value/plan.ts";
import { writeElement } from "../value/write.ts";
import { SOAP12 } from "../wsdl/names.ts";
import type { SoapMessage } from "../wsdl/operation.ts";

type Answered = Extract<CallEnd, { end: "answered" }>;
type Failed = Extract<CallEnd, { end: "failed" }>;

export interface Writing {
  readonly plans: Plans;
  readonly validator: Validator | undefined;
  /** SOAP 1.2 is the only version: others are told so. */
  readonly only12: boolean;
}

/** What the body of the answer holds, before it is known whether it may be sent. */
export type Content = { readonly body: string; readonly headers: readonly string[] } | { readonly fault: Fault };

/** Throws BridgeError REPLY_INVALID (stage answer). */
export function contentOf(writing: Writing, offer: Offer, end: Answered): Content {
  if (end.status >= 400) return { fault: faultOfAnswer(writing, offer, end) };
  const { output, operation } = offer;
  if (operation.output === undefined || (output === undefined && end.body.length === 0))
    return { body: "", headers: [] };
  if (output === undefined) throw wrong("the operation answers with an empty body");
  const content = messageOf(writing, operation.output, output, end);
  if (writing.validator && !operation.output.encoded) {
    const [first] = writing.validator.validate(content.body);
    if (first) throw wrong(`${first.path} ${first.message}`, first.detail);
  }
  return content;
}

type Message = Extract<Content, { readonly body: string }>;

function messageOf(writing: Writing, message: SoapMessage, element: ElementPlan, end: Answered): Message {
  const type = mediaTypeOf(end.contentType)?.type ?? "";
  if (/^(?:application|text)\/(?:[\w.+-]+\+)?xml$/u.test(type))
    return { body: answerElement(textIn(end), element.name), headers: [] };
  if (end.body.length > 0 && !/^application\/(?:[\w.+-]+\+)?json$/u.test(type))
    throw wrong("the answer is neither JSON nor XML", undefined, "answer: { json: { … } } makes one of what came");
  const value = end.body.length === 0 ? {} : jsonIn(end);
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, HEADERS))
    return { body: written(writing, element, value, message.encoded), headers: [] };
  const { [HEADERS]: headers, ...body } = value as Readonly<Record<string, Value>>;
  return { body: written(writing, element, body, message.encoded), headers: headersOf(writing, message, headers) };
}

function headersOf(writing: Writing, { headers }: SoapMessage, given: Value): readonly string[] {
  if (given === undefined || given === null) return [];
  if (typeof given !== "object" || Array.isArray(given)) throw wrong(`${HEADERS} is no object`);
  return Object.entries(given).flatMap(([name, value]) => {
    const declared = headers.find((header) => header.name === name);
    const plan = declared && writing.plans.element(declared.element);
    if (plan === undefined) throw wrong(`${HEADERS} holds a header that the contract does not have`, name);
    return value === undefined ? [] : [written(writing, plan, value, false)];
  });
}

function textIn({ body }: Answered): string {
  if (typeof body === "string") return body;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw wrong("the answer is not UTF-8");
  }
}

function jsonIn(end: Answered): Value {
  try {
    return JSON.parse(textIn(end)) as Value;
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    throw wrong("the answer is no JSON");
  }
}

function written({ plans }: Writing, element: ElementPlan, value: Value, encoded: boolean): string {
  try {
    return writeElement(plans, element, value, { encoded });
  } catch (cause) {
    if (!(cause instanceof Mismatch)) throw cause;
    throw wrong(cause.message, cause.detail);
  }
}

// ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * An answer with a status from 400 on is a fault. Its body is one of the faults of the contract, where that is its one name:
 * `{ "NichtGefunden": { … } }`.
 */
function faultOfAnswer(writing: Writing, offer: Offer, end: Answered): Fault {
  const code = end.status < 500 ? "sender" : "receiver";
  const text = end.status < 500 ? "The request was refused" : "The request failed";
  if (end.body.length === 0) return { code, text, detail: "" };
  const value = jsonIn(end);
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const fault = names.length === 1 ? faultNamed(offer, names[0] as string) : undefined;
  if (fault === undefined) {
    const known = offer.faults.map(({ element }) => element.key).join(", ");
    throw wrong(
      known === ""
        ? "the operation has no faults of its own, but the answer is one"
        : `an answer with a status from 400 on must be one of its faults by its name (${known})`,
    );
  }
  const own = (value as Readonly<Record<string, Value>>)[names[0] as string];
  const detail = written(writing, fault.element, own, false);
  return { code, text, detail };
}

function faultNamed({ faults }: Offer, name: string): OfferedFault | undefined {
  return faults.find((fault) => fault.name === name || fault.element.key === name);
}

/** How the call failed, for the caller. What a service said in its own words comes only where the bridge passes it on. */
export function faultOfEnd(writing: Writing, offer: Offer | undefined, end: Failed, heard: Heard): Fault {
  // Whoever is told to come again need not change anything first.
  const isSender = end.sender && end.after === undefined;
  const code = heard.code ?? (isSender ? "sender" : "receiver");
  const own = declared(writing, offer, end);
  if (own !== undefined) return { code, text: end.fault?.text || end.title, detail: own };
  const text = end.detail === undefined ? end.title : `${end.title}: ${end.detail}`;
  // A 1.1 fault about headers has no detail: that is about the body (SOAP 1.1, section 4.4).
  const aboutHeaders = code === "mustUnderstand" || code === "versionMismatch";
  return { code, text, detail: aboutHeaders ? "" : ownDetail(end.code, end.fault?.code) };
}

/** The service's own fault, where it is one of the contract's. */
function declared(writing: Writing, offer: Offer | undefined, { fault }: Failed): string | undefined {
  if (offer === undefined || fault === undefined) return undefined;
  const { detail } = fault;
  if (typeof detail !== "object" || detail === null || Array.isArray(detail)) return undefined;
  const values = detail as Readonly<Record<string, Value>>;
  for (const { name, element } of offer.faults) {
    const key = [element.key, name].find((one) => Object.hasOwn(values, one));
    const value = key === undefined ? (name === fault.code ? detail : undefined) : values[key];
    if (value === undefined) continue;
    try {
      const xml = writeElement(writing.plans, element, value);
      if (!writing.validator || writing.validator.validate(xml).length === 0) return xml;
    } catch {
      // It has the name, but not the form: the caller hears the words without it.
    }
  }
  return undefined;
}

// ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────

export function replyWith(writing: Writing, content: Content, end: CallEnd, heard: Heard): FaceReply {
  const { addressing, offer } = heard;
  // A node of one version tells the other one in words that every node knows (SOAP 1.2 part 1, appendix A).
  const version = heard.code === "versionMismatch" ? "1.1" : (heard.version ?? "1.1");
  const headers: Record<string, string> = { ...end.headers };
  if (end.end === "failed" && end.after !== undefined)
    headers["retry-after"] = String(Math.max(1, Math.ceil(end.after)));
  if ("body" in content && content.body === "" && offer?.operation.output === undefined) {
    return { status: 202, headers, body: "" };
  }
  const isFault = "fault" in content;
  const action = isFault ? addressing && faultAction(addressing) : offer?.operation.output?.action;
  const blocks = [
    ...(addressing === undefined ? [] : addressingReply(addressing, action)),
    ...(isFault ? upgradeFor(writing, heard) : content.headers),
  ];
  const body = isFault ? faultXml(version, content.fault) : content.body;
  const encoded = !isFault && offer?.operation.output?.encoded === true;
  headers["content-type"] = contentTypeOf(version);
  const status = isFault ? faultStatus(version, content.fault.code) : 200;
  return { status, headers, body: envelopeText({ version, headers: blocks, body, encoded }) };
}

/** SOAP 1.2 part 1, section 5.4.7. */
function upgradeFor({ only12 }: Writing, { code }: Heard): readonly string[] {
  if (code !== "versionMismatch" || !only12) return [];
  return [`<env:Upgrade xmlns:env="${SOAP12}"><env:SupportedEnvelope qname="env:Envelope"/></env:Upgrade>`];
}

/** What is no message of SOAP is not answered with one. */
export function plainReply(end: Failed): FaceReply {
  const headers = { ...end.headers, "content-type": "text/plain; charset=utf-8" };
  return { status: end.status, headers, body: `${end.title}${end.detail === undefined ? "" : `: ${end.detail}`}\n` };
}
