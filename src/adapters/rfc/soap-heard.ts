// An HTTP answer as what it says about the call: parameters, or the end of the attempt. SAP answers 200 or 500 with SOAP; anything
// else comes from what stands in front of the function: the logon, the services' switchboard, a proxy.

import type { Attempt, Reply } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Exchange } from "../shared/http/exchange.ts";
import { retryAfter } from "../shared/http/headers.ts";
import { STATUS_CODES } from "../shared/http/node-http.ts";
import { endOf, kindOfKey, logonFailure, type Failure } from "./ends.ts";
import { readAnswer, type AbapMessage, type SoapAnswer } from "./soap-answer.ts";
import type { Element } from "./xml-tree.ts";

export type Heard = { readonly parameters: readonly Element[] } | { readonly attempt: Attempt };

/** Throws REPLY_INVALID. `reply` is what the attempt shall say of the answer. */
export async function heardOf(
  result: Extract<Exchange, { kind: "answer" }>,
  functionName: string,
  what: string,
  reply: Omit<Reply, "fault">,
): Promise<Heard> {
  const { status, headers, body } = result;
  const type = headers["content-type"];
  if (status === 401) return { attempt: logonFailure(what, "401", undefined) };
  const isHtml = looksLikeHtml(type, body);
  // A page of SAP's where an answer should be is a form to log on, or to change a password.
  if (isHtml && status >= 200 && status < 300) return { attempt: logonFailure(what, "a page of HTML", undefined) };
  const isSoap = !isHtml && body.length > 0 && (status === 200 || status >= 400);
  const answer = isSoap ? await answerOr(body, type, functionName, status) : undefined;
  if (!answer) return { attempt: withoutSoap(result, what, reply) };
  if (answer.kind === "response") {
    if (status >= 200 && status < 300) return { parameters: answer.parameters };
    return { attempt: withoutSoap(result, what, reply) };
  }
  return { attempt: endOfAnswer(answer, what, reply) };
}

/** A failure may have any body; a success must be SOAP. */
async function answerOr(
  body: Buffer,
  type: string | undefined,
  functionName: string,
  status: number,
): Promise<SoapAnswer | undefined> {
  try {
    return await readAnswer(body, type, functionName);
  } catch (cause) {
    if (status < 300 || !(cause instanceof BridgeError)) throw cause;
    return undefined;
  }
}

function endOfAnswer(
  answer: Exclude<SoapAnswer, { kind: "response" }>,
  what: string,
  reply: Omit<Reply, "fault">,
): Attempt {
  if (answer.kind === "exception") {
    const { name, text, message } = answer;
    return endOf({ kind: "exception", key: name, text, message }, what, reply);
  }
  const { type, text, code } = answer;
  const key = type ?? (code === "" ? "FAULT" : code);
  const kind = kindOfFault(answer);
  if (kind === "logon") return logonFailure(what, "a fault", text);
  const failure: Failure =
    kind === "message" || kind === "exception"
      ? { kind, key, text, message: messageOfType(type) }
      : { kind, key, text };
  return endOf(failure, what, reply);
}

/** `rfc:Error` says its kind; a bare fault only whose it is (SOAP 1.1, section 4.4.1): the sender's is a wrong request. */
function kindOfFault({ type, code }: Extract<SoapAnswer, { kind: "fault" }>): Failure["kind"] | "logon" {
  if (type !== undefined) return kindOfKey(type);
  return /^(?:Client|Sender)\b/u.test(code) ? "parameter" : kindOfKey(code);
}

/** `MESSAGE_TYPE_X` is the dump that a message of type X ends with. */
function messageOfType(type: string | undefined): AbapMessage | undefined {
  const letter = /_([AX])$/u.exec(type ?? "")?.[1];
  return letter === undefined ? undefined : { type: letter, id: "", number: "", variables: [] };
}

function looksLikeHtml(type: string | undefined, body: Buffer): boolean {
  if (/^\s*text\/html\b|xhtml/iu.test(type ?? "")) return true;
  return /^\s*<(?:!doctype\s+html|html)\b/iu.test(body.toString("latin1", 0, 200));
}

function withoutSoap(
  { status, headers }: Extract<Exchange, { kind: "answer" }>,
  what: string,
  reply: Omit<Reply, "fault">,
): Attempt {
  const name = STATUS_CODES[status];
  const said = `${what} answered ${status}${name ? ` (${name})` : ""} without SOAP`;
  if (status < 300) return { end: "refused", code: "REPLY_INVALID", status: 502, reply, message: said };
  // The short dump of a service is a page of HTML with this status: perhaps it had an effect before.
  if (status === 500) {
    const message = `${said}; whether it had an effect is unknown`;
    return { end: "refused", code: "RFC_FAILED", status: 502, reply, message };
  }
  if (status === 400 || status === 413 || status === 415)
    return { end: "refused", code: "RFC_FAILED", status: 502, reply, message: said };
  const after = retryAfter(headers, Date.now());
  const busy = status === 429 || status === 503;
  const code = status === 403 ? "TARGET_AUTH" : "RFC_FAILED";
  return {
    end: "retry",
    code,
    status: busy ? 503 : 502,
    reply,
    message: `${said}${note(status)}`,
    ...(after === undefined ? {} : { after }),
  };
}

function note(status: number): string {
  if (status >= 300 && status < 400) return "; redirects are not followed, write the new address into url";
  if (status === 403) return "; the service is not active (SICF), or the user may not use it";
  if (status === 404) return "; there is no such service, look at url";
  return "";
}
