// A SOAP face over the invented contracts, asked without a server.

import { fileURLToPath } from "node:url";
import { soapFace } from "../../src/adapters/soap/face/index.ts";
import type { Call, CallEnd, Face, FaceReply, FaceRequest, Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { contextIn } from "../conformance/surroundings.ts";

const CONTRACTS = fileURLToPath(new URL("../peers/contracts/", import.meta.url));
export const SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/";
export const SOAP12 = "http://www.w3.org/2003/05/soap-envelope";
export const E = 'xmlns:e="urn:example:einwohner:1"';
export const READ = `<e:LesePerson ${E}><e:om>00012345</e:om></e:LesePerson>`;
export const ACTION = "urn:example:einwohner:1:";

type Options = Parameters<typeof soapFace.build>[0];
const faces = new Map<string, Face>();

export async function faceOf(options: object = {}): Promise<Face> {
  const key = JSON.stringify(options);
  const known = faces.get(key);
  if (known) return known;
  const given = { wsdl: "einwohner.wsdl", validate: true, ...options } as Options;
  const face = await soapFace.build(given, contextIn(CONTRACTS));
  faces.set(key, face);
  return face;
}

export async function closeFaces(): Promise<void> {
  for (const face of faces.values()) await face.close();
  faces.clear();
}

export function envelope(body: string, { header = "", uri = SOAP11 } = {}): string {
  const head = header === "" ? "" : `<s:Header>${header}</s:Header>`;
  return `<s:Envelope xmlns:s="${uri}">${head}<s:Body>${body}</s:Body></s:Envelope>`;
}

export function post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): FaceRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const type = { "content-type": "text/xml; charset=utf-8" };
  return {
    method: "POST",
    path: "/",
    query: "",
    headers: { ...type, ...headers },
    body: bytes,
    base: "https://s.example/soap/e",
  };
}

export const V12 = { "content-type": "application/soap+xml; charset=utf-8" };

/** As core does it: what reading throws is answered by a fault. */
export async function refused(face: Face, request: FaceRequest): Promise<{ error: BridgeError; reply: FaceReply }> {
  try {
    await face.read(request);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    return { error: cause, reply: face.write(undefined, failed({ code: cause.code, detail: cause.message }), request) };
  }
  throw new Error("it was taken");
}

export function failed(more: Partial<Extract<CallEnd, { end: "failed" }>> = {}): CallEnd {
  const base = { status: 400, code: "CALL_INVALID", title: "Not possible", detail: undefined, sender: true } as const;
  return { end: "failed", ...base, headers: {}, ...more };
}

export function answered(value: Value, more: object = {}): Extract<CallEnd, { end: "answered" }> {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { end: "answered", status: 200, headers: {}, contentType: "application/json", body, ...more };
}

/** The whole way of a call, with this as its answer; throws where the face finds fault with it. */
export async function exchange(
  face: Face,
  request: FaceRequest,
  end: CallEnd,
): Promise<{ call: Call; reply: FaceReply }> {
  const call = await face.read(request);
  const fault = end.end === "answered" ? face.answerFault?.(call, end) : undefined;
  if (fault) throw fault;
  return { call, reply: face.write(call, end, request) };
}
