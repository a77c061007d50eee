// What node-rfc rejects with, as the end of an attempt. Groups and codes are those of SAP's sapnwrfc.h, as the package's types give
// them.

import type { Attempt } from "../../core/contract.ts";
import { endOf, logonFailure, type Failure } from "./ends.ts";
import type { AbapMessage } from "./soap-answer.ts";
import { isSdkError, type SdkError } from "./sdk-types.ts";

const GROUP = {
  abapApplication: 1,
  abapRuntime: 2,
  logon: 3,
  communication: 4,
  externalRuntime: 5,
  externalApplication: 6,
  externalAuthorization: 7,
} as const;

const CODE = {
  abapRuntimeFailure: 3,
  abapMessage: 4,
  abapException: 5,
  closed: 6,
  canceled: 7,
  timeout: 8,
  memory: 9,
  serialization: 12,
  invalidHandle: 13,
  notFound: 17,
  invalidParameter: 20,
  codepage: 21,
  conversion: 22,
  bufferTooSmall: 23,
  authorization: 29,
  authentication: 30,
  io: 32,
} as const;

const WRONG_VALUE: ReadonlySet<number> = new Set([
  CODE.serialization,
  CODE.invalidParameter,
  CODE.codepage,
  CODE.conversion,
  CODE.bufferTooSmall,
]);
const TIME_UP: ReadonlySet<number> = new Set([CODE.canceled, CODE.timeout]);
const LINE_DEAD: ReadonlySet<number> = new Set([CODE.closed, CODE.invalidHandle, CODE.io]);

/** `sent`: the function may have been called, not only the connection opened. */
export function endOfSdk(cause: unknown, what: string, sent: boolean): Attempt {
  if (!isSdkError(cause)) throw cause;
  const { group, code = -1, message = "" } = cause;
  const key = cause.key ?? cause.codeString ?? cause.name ?? "";
  if (group === GROUP.logon || code === CODE.authentication) return logonFailure(what, key || "logon", message);
  if (TIME_UP.has(code)) return timeUp(what, sent, message);
  if (group === GROUP.communication || LINE_DEAD.has(code)) return lineDead(what, sent, key, message);
  return endOf(failureOf(cause, key), what, {});
}

function failureOf(cause: SdkError, key: string): Failure {
  const { group, code = -1, message: text = "" } = cause;
  // node-rfc's own errors are about values and their types, found before anything is sent.
  if (group === undefined) return { kind: "parameter", key: cause.name ?? "nodeRfcError", text };
  if (code === CODE.abapMessage) return { kind: "message", key: messageKey(cause) ?? key, text, message: words(cause) };
  if (group === GROUP.abapApplication) return { kind: "exception", key, text, message: words(cause) };
  if (group === GROUP.externalAuthorization || code === CODE.authorization || /NO_AUTHORITY/u.test(key))
    return { kind: "authority", key, text };
  if (group === GROUP.abapRuntime) return { kind: "dump", key, text };
  if (WRONG_VALUE.has(code)) return { kind: "parameter", key, text };
  if (code === CODE.memory) return { kind: "busy", key, text };
  return { kind: code === CODE.notFound ? "unknown" : "dump", key, text };
}

function messageKey({ abapMsgClass = "", abapMsgNumber = "" }: SdkError): string | undefined {
  const key = `${abapMsgClass} ${abapMsgNumber}`.trim();
  return key === "" ? undefined : key;
}

function words(cause: SdkError): AbapMessage | undefined {
  const { abapMsgClass = "", abapMsgNumber = "", abapMsgType = "" } = cause;
  if (abapMsgClass === "" && abapMsgType === "") return undefined;
  const variables = [cause.abapMsgV1, cause.abapMsgV2, cause.abapMsgV3, cause.abapMsgV4].map((each) => each ?? "");
  while (variables.at(-1) === "") variables.pop();
  return { type: abapMsgType === "" ? undefined : abapMsgType, id: abapMsgClass, number: abapMsgNumber, variables };
}

function timeUp(what: string, sent: boolean, message: string): Attempt {
  const said = `${what} ${sent ? "did not answer in time" : "was not reached in time"}`;
  const detail = message === "" ? {} : { detail: message.slice(0, 500) };
  return {
    end: "unreachable",
    unsure: sent,
    code: "TARGET_UNREACHABLE",
    status: sent ? 504 : 503,
    message: said,
    ...detail,
  };
}

function lineDead(what: string, sent: boolean, key: string, message: string): Attempt {
  const shown = /^[A-Z0-9_]{1,60}$/u.test(key) ? ` (${key})` : "";
  const said = sent ? "was called, and the connection broke" : "cannot be reached";
  return {
    end: "unreachable",
    unsure: sent,
    code: "TARGET_UNREACHABLE",
    status: 503,
    message: `${what} ${said}${shown}`,
    ...(message === "" ? {} : { detail: message.slice(0, 500) }),
  };
}

/** After these the connection, or the session behind it, is not what it was. */
export function breaksConnection(cause: unknown): boolean {
  if (!isSdkError(cause) || cause.group === undefined) return false;
  return cause.group !== GROUP.abapApplication && !WRONG_VALUE.has(cause.code ?? -1);
}
