// The forms in which an SAP system answers SOAP-RFC:
//
//   FM.Response                       the parameters (FMResponse from a service of SOAMANAGER)
//   FM.Exception                      the function raised a classic exception: Name, Text, Message/ID, Number, Attributes/V1…V4
//   Fault, detail/Error/type,message  a message of type E or A, a short dump, a wrong parameter, no authority
//   Fault, detail/FM.Exception        an exception, as services of SOAMANAGER say it
//
// Names of envelope and body are looked at with their namespaces, those below as ABAP writes them.

import { BridgeError } from "../../core/errors.ts";
import { toXmlName } from "./names.ts";
import { child, childText, readXml, type Element } from "./xml-tree.ts";

const ENVELOPES = new Set(["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"]);

export interface AbapMessage {
  /** E, A, X, W, I, S; undefined = not said. */
  readonly type: string | undefined;
  readonly id: string;
  readonly number: string;
  readonly variables: readonly string[];
}

export type SoapAnswer =
  | { readonly kind: "response"; readonly parameters: readonly Element[] }
  | {
      readonly kind: "exception";
      readonly name: string;
      readonly text: string;
      readonly message: AbapMessage | undefined;
    }
  | {
      readonly kind: "fault";
      /** What `rfc:Error/type` says, or undefined. */
      readonly type: string | undefined;
      readonly text: string;
      readonly code: string;
    };

/** Throws REPLY_INVALID. */
export async function readAnswer(
  bytes: Uint8Array,
  contentType: string | undefined,
  functionName: string,
): Promise<SoapAnswer> {
  const root = await readXml(bytes, contentType);
  if (root.local !== "Envelope" || !ENVELOPES.has(root.uri)) throw invalid("is no SOAP envelope");
  const body = root.children.find(({ local, uri }) => local === "Body" && uri === root.uri);
  const content = body?.children[0];
  if (!content || body.children.length > 1) throw invalid("has no single element in its body");
  if (content.local === "Fault" && content.uri === root.uri) return faultOf(content);
  const name = toXmlName(functionName);
  if (content.local === `${name}.Response` || content.local === `${name}Response`)
    return { kind: "response", parameters: content.children };
  if (isException(content, name)) return exceptionOf(content);
  // A function's answer to somebody else's question must never pass for ours.
  throw invalid(`is not one of ${functionName}`);
}

function invalid(what: string): BridgeError {
  return new BridgeError("REPLY_INVALID", `the answer ${what}`, { stage: "deliver" });
}

function isException({ local }: Element, name: string): boolean {
  return local === `${name}.Exception` || local === `${name}Exception`;
}

function exceptionOf(element: Element): SoapAnswer {
  const message = child(element, "Message");
  const id = childText(message, "ID");
  const number = childText(message, "Number");
  const attributes = child(element, "Attributes") ?? child(message, "Attributes");
  const variables = ["V1", "V2", "V3", "V4"].flatMap((each) => childText(attributes, each) ?? []);
  const only = element.children.length === 0 ? element.text.trim() : element.children[0]?.text.trim();
  return {
    kind: "exception",
    name: childText(element, "Name") ?? (only === undefined || only === "" ? "EXCEPTION" : only),
    text: childText(element, "Text") ?? childText(message, "Text") ?? "",
    message: id === undefined || number === undefined ? undefined : { type: undefined, id, number, variables },
  };
}

/** SOAP 1.1, section 4.4; SOAP 1.2, section 5.4. */
function faultOf(fault: Element): SoapAnswer {
  const code = childText(fault, "faultcode") ?? childText(child(fault, "Code"), "Value") ?? "";
  const text = childText(fault, "faultstring") ?? childText(child(fault, "Reason"), "Text") ?? "";
  const detail = child(fault, "detail") ?? child(fault, "Detail");
  const exception = detail?.children.find(({ local }) => local.endsWith(".Exception") || local.endsWith("Exception"));
  if (exception) return exceptionOf(exception);
  const error = child(detail, "Error");
  return {
    kind: "fault",
    code: code.replace(/^.*:/u, ""),
    type: childText(error, "type") ?? childText(error, "Type"),
    text: childText(error, "message") ?? childText(error, "Message") ?? text,
  };
}
