// What the answer of a SOAP service means. SOAP 1.1 sends every fault with HTTP 500 (section 6.2), SOAP 1.2 with 400 or
// 500 (part 2, 7.5.2.2); services also hide faults in a 200, and proxies answer pages.
//
//   the operation's answer                         delivered
//   fault: Client, Sender; or one that the WSDL    refused, 422: the service has understood and said no
//   declares, whatever its code
//   fault: authentication (WS-Security)            refused, 502: nothing that a caller could mend
//   fault: Server, Receiver, anything else         retry
//   no SOAP: by the HTTP status, as deliver.http; with 2xx refused, 502 (REPLY_INVALID)

import type { Attempt, Reply, Value } from "../../core/contract.ts";
import type { Exchange } from "../shared/http/exchange.ts";
import type { Validator } from "../../core/validation/xsd.ts";
import { STATUS_CODES } from "../shared/http/node-http.ts";
import { plainHeaders, retryAfter } from "../shared/http/headers.ts";
import { unreachable } from "../shared/http/unreachable.ts";
import { decodeXml } from "../shared/xml/decode.ts";
import { validateBody } from "./body-text.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";
import type { Fault } from "./fault.ts";
import { ATTACHMENTS, HEADERS } from "./operations.ts";
import { idOfCid, type InPart, readRelated } from "./related.ts";
import { WSA } from "./addressing.ts";
import { WSSE } from "./security-names.ts";
import { Mismatch } from "./value/mismatch.ts";
import type { Plans } from "./value/plan.ts";
import { isObject, type Obj } from "./value/writing.ts";
import type { QName } from "./wsdl/document.ts";
import type { SoapOperation } from "./wsdl/operation.ts";

type Answer = Extract<Exchange, { kind: "answer" }>;

const DETAIL = 16 * 1024;
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429]);

export interface Reading {
  readonly operation: SoapOperation;
  readonly plans: Plans;
  /** Where answers must fit the types in everything, facets and order included. */
  readonly validator?: Validator | undefined;
}

/** `what` names operation and address as written in the bridge file. */
export function attemptOf(result: Exchange, reading: Reading, what: string): Attempt {
  const { operation, plans } = reading;
  if (result.kind === "failure") return unreachable(result, what);
  const reply: Reply = { status: result.status, headers: plainHeaders(result.headers) };
  if (result.cut) {
    const message = `${what} answered more than the bridge lets through`;
    return { end: "refused", code: "REPLY_TOO_LARGE", status: 502, message, reply };
  }
  const isGood = result.status >= 200 && result.status < 300;
  if (isGood && operation.output === undefined && !looksLikeXml(result)) return { end: "delivered", reply };
  if (isGood && result.body.length === 0 && operation.output?.body === undefined) return { end: "delivered", reply };
  let answer: ReadAnswer;
  try {
    answer = readAnswer(result, reading);
  } catch (cause) {
    if (!(cause instanceof Mismatch)) throw cause;
    return unreadable(result, reply, cause, what);
  }
  const { envelope, body } = answer;
  if (envelope.fault !== undefined) return faultOf(envelope.fault, { operation, plans, result, reply, what });
  const whole = { ...reply, body };
  if (isGood) return { end: "delivered", reply: whole };
  return byStatus(result, whole, `${what} answered ${statusText(result.status)} with what is no fault`, undefined);
}

// ── no SOAP ─────────────────────────────────────────────────────────────────────────────────────────────────────

function unreadable(result: Answer, reply: Reply, cause: Mismatch, what: string): Attempt {
  const { status } = result;
  const text = beginningOf(result);
  const detail = [cause.detail, text].filter((it) => it !== undefined && it !== "").join("\n");
  const seen = { ...reply, ...(text !== "" && { body: text }) };
  if (status >= 200 && status < 300) {
    const message = `${what} answered ${statusText(status)}, but ${words(cause)}`;
    return {
      end: "refused",
      code: "REPLY_INVALID",
      status: 502,
      reply: seen,
      message,
      ...(detail !== "" && { detail }),
    };
  }
  const isPage = !looksLikeXml(result);
  const message = `${what} answered ${statusText(status)}${isPage ? ` and no SOAP${note(status)}` : `, and ${words(cause)}`}`;
  return byStatus(result, seen, message, detail === "" ? undefined : detail);
}

/** A mismatch begins with a place, or with what the answer does. */
function words({ message }: Mismatch): string {
  return /^(?:is|has|holds|refers|includes|its|line) /.test(message) || message.startsWith("line ")
    ? `its answer ${message}`
    : `at ${message}`;
}

function note(status: number): string {
  if (status >= 300 && status < 400) return "; redirects are not followed, write the new address into endpoint";
  if (status === 401 || status === 403) return "; the service does not accept the bridge's credentials";
  return "";
}

function byStatus(result: Answer, reply: Reply, message: string, detail: string | undefined): Attempt {
  const { status } = result;
  const said = { reply, message, ...(detail !== undefined && { detail: detail.slice(0, DETAIL) }) };
  if (status === 401 || status === 403 || status === 407)
    return { end: "refused", code: "TARGET_AUTH", status: 502, ...said };
  if (status >= 400 && status < 500 && !RETRIED.has(status)) return { end: "refused", ...said };
  const after = retryAfter(result.headers, Date.now());
  return { end: "retry", ...said, ...(after !== undefined && { after }) };
}

function statusText(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} (${name})`;
}

function looksLikeXml({ headers, body }: Answer): boolean {
  if (body.length === 0) return false;
  const type = headers["content-type"] ?? "";
  return /[/+]xml\b|^multipart\/related/i.test(type);
}

function beginningOf({ body }: Answer): string {
  return body.toString("utf8", 0, Math.min(body.length, 4 * 1024));
}

// ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface Judged {
  readonly operation: SoapOperation;
  readonly plans: Plans;
  readonly result: Answer;
  readonly reply: Reply;
  readonly what: string;
}

const CREDENTIALS =
  /(?:^|\.)(?:FailedAuthentication|FailedCheck|InvalidSecurity|InvalidSecurityToken|SecurityTokenUnavailable|MessageExpired)$/;

function faultOf(fault: Fault, { operation, plans, result, reply, what }: Judged): Attempt {
  const { code, text, detail } = fault;
  const seen: Reply = { ...reply, fault: { code, text, detail } };
  const kind = kindOf(fault, operation, plans);
  const message = `${what} answered with the fault ${shownCode(code)}${kind === undefined ? "" : ` (${kind})`}`;
  const said = { reply: seen, message, detail: `${code}: ${text}`.slice(0, DETAIL) };
  if (CREDENTIALS.test(code)) return { end: "refused", code: "TARGET_AUTH", status: 502, ...said };
  if (code.startsWith("VersionMismatch") || code.startsWith("MustUnderstand")) {
    return { end: "refused", code: "SERVICE_FAULT", status: 502, ...said };
  }
  if (fault.sender || kind !== undefined) return { end: "refused", code: "SERVICE_FAULT", status: 422, ...said };
  const after = retryAfter(result.headers, Date.now());
  return { end: "retry", code: "SERVICE_FAULT", ...said, ...(after !== undefined && { after }) };
}

/**
 * The fault of the WSDL, by the element in its detail. PHP puts an empty one into every fault of an operation that
 * declares one: where the type wants something in it, that says nothing.
 */
function kindOf({ detail }: Fault, operation: SoapOperation, plans: Plans): string | undefined {
  if (typeof detail !== "object" || detail === null) return undefined;
  const values = detail as Obj;
  return operation.faults.find(({ element }) => {
    if (!Object.hasOwn(values, element.local)) return false;
    const value = values[element.local];
    const isEmpty = value === "" || (isObject(value) && Object.keys(value).length === 0);
    return (
      !isEmpty ||
      !plans
        .element(element)
        ?.content()
        .children.some((child) => child.required)
    );
  })?.name;
}

/** Codes that the standards name may stand in messages; a service's own may say anything. */
function shownCode(code: string): string {
  return (
    /^(?:Client|Server|Sender|Receiver|VersionMismatch|MustUnderstand|DataEncodingUnknown)/.exec(code)?.[0] ??
    "of its own"
  );
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface ReadAnswer {
  readonly envelope: Envelope;
  /** `$reply` */
  readonly body: Value;
}

function readAnswer(result: Answer, { operation, plans, validator }: Reading): ReadAnswer {
  const type = result.headers["content-type"] ?? "";
  if (result.body.length === 0) throw new Mismatch("is empty", undefined);
  const isRelated = /^\s*multipart\/related\b/i.test(type);
  if (!isRelated && type !== "" && !/[/+]xml\b/i.test(type))
    throw new Mismatch(`is of type ${shownType(type)} instead of XML`, undefined);
  const parts = isRelated ? readRelated(result.body, type) : undefined;
  const text =
    parts === undefined
      ? decodeXml(result.body, type, refuse)
      : decodeXml(parts.root.body, parts.root.headers.get("content-type") ?? "", refuse);
  const others = new Map((parts?.others ?? []).map((part) => [part.id, part]));
  const used = new Set<string>();
  const { output } = operation;
  const envelope = readEnvelope(text, {
    plans,
    encoded: output?.encoded,
    body: (name) => {
      const expected = output?.body;
      if (expected !== undefined && isMeant(name, expected, output?.encoded === true)) return plans.element(expected);
      const wanted = expected === undefined ? "an empty body" : expected.local;
      throw new Mismatch(`is not that of ${operation.name}: expected ${wanted}`, `{${name.namespace}}${name.local}`);
    },
    included: (href) => {
      const id = idOfCid(href) ?? "";
      const part = others.get(id);
      if (part === undefined) throw new Mismatch("refers to a part that is not there", href);
      // What is included once is not copied a thousand times: a small answer stays small.
      if (used.has(id)) throw new Mismatch("includes a part twice", href);
      used.add(id);
      return part.body.toString("base64");
    },
  });
  checkUnderstood(envelope, operation);
  // libxml2 would not see what lies in a part of its own, nor follow references of SOAP encoding.
  const isWhole = used.size === 0 && output?.encoded !== true;
  if (validator !== undefined && envelope.body !== undefined && isWhole) checkTypes(validator, text);
  if (envelope.fault === undefined && envelope.body === undefined && output?.body !== undefined)
    throw new Mismatch("has an empty body", undefined);
  const attachments = [...others.values()].filter((part) => !used.has(part.id));
  return { envelope, body: replyBody(envelope, operation, attachments) };
}

function refuse(what: string, detail?: string): never {
  throw new Mismatch(what, detail);
}

function checkTypes(validator: Validator, text: string): void {
  const [first] = validateBody(validator, text);
  if (first === undefined) return;
  throw new Mismatch(`is not as the WSDL says: ${first.shown ?? first.path}: ${first.message}`, first.detail);
}

function shownType(type: string): string {
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}/.exec(type.trim())?.[0] ?? "something";
}

function isMeant(name: QName, expected: QName, encoded: boolean): boolean {
  return name.local === expected.local && (encoded || name.namespace === expected.namespace);
}

/** SOAP 1.1, 4.2.3; SOAP 1.2 part 1, 5.2.3. Security of answers is TLS's, and addresses are those of the connection. */
function checkUnderstood({ headers }: Envelope, { output }: SoapOperation): void {
  for (const { name, mustUnderstand, role } of headers) {
    if (!mustUnderstand || name.namespace === WSSE || name.namespace === WSA) continue;
    if (role !== undefined && !/\/next$|ultimateReceiver$/.test(role)) continue;
    const isKnown = output?.headers.some(
      ({ element }) => element.namespace === name.namespace && element.local === name.local,
    );
    if (!isKnown)
      throw new Mismatch(
        "has a header that must be understood and is not in the WSDL",
        `{${name.namespace}}${name.local}`,
      );
  }
}

/** The body's value; headers that the WSDL declares under `#headers`, attachments beside the envelope under `#attachments`. */
function replyBody(envelope: Envelope, { output }: SoapOperation, attachments: readonly InPart[]): Value {
  const value = envelope.body?.value;
  const headers: { [name: string]: Value } = {};
  for (const { name, element } of output?.headers ?? []) {
    const block = envelope.headers.find(
      (it) => it.name.namespace === element.namespace && it.name.local === element.local,
    );
    if (block !== undefined) headers[name] = block.value;
  }
  const more: { [name: string]: Value } = {
    ...(Object.keys(headers).length > 0 && { [HEADERS]: headers }),
    ...(attachments.length > 0 && { [ATTACHMENTS]: attachments.map(attachmentValue) }),
  };
  if (Object.keys(more).length === 0) return value;
  if (isObject(value)) return { ...value, ...more };
  return { ...(value !== undefined && { "#text": value }), ...more };
}

function attachmentValue({ id, headers, body }: InPart): Value {
  const mediaType = shownType(headers.get("content-type") ?? "application/octet-stream");
  return { id, mediaType, content: body.toString("base64") };
}
