// One operation of a binding with its messages: which element the body holds, which headers go along, which faults may
// come (WSDL 1.1, 2.4, 2.5 and 3.3 to 3.7).

import type { Definitions, Placed } from "./definitions.ts";
import { childOf, childrenOf, documentationOf, qnameAt, type QName, unusable, type WsdlNode } from "./document.ts";
import { type SoapVersion, WSA_METADATA, WSDL, WSDL_MIME } from "./names.ts";
import { type RpcElement, type RpcPart } from "./rpc.ts";

export interface SoapMessage {
  /** The one element in the body; undefined = the body is empty. */
  readonly body: QName | undefined;
  readonly headers: readonly SoapHeader[];
  /** SOAP encoding (section 5) instead of plain types. */
  readonly encoded: boolean;
  /** wsa:Action */
  readonly action: string;
}

export interface SoapHeader {
  /** Key in values: the element's local name. */
  readonly name: string;
  readonly element: QName;
}

export interface SoapFault {
  readonly name: string;
  /** The element in the fault's detail. */
  readonly element: QName;
}

export interface SoapOperation {
  readonly name: string;
  readonly summary: string | undefined;
  readonly service: string;
  readonly port: string;
  readonly version: SoapVersion;
  readonly endpoint: string | undefined;
  readonly style: "document" | "rpc";
  readonly soapAction: string;
  readonly input: SoapMessage;
  /** undefined = one way: no answer but HTTP's. */
  readonly output: SoapMessage | undefined;
  readonly faults: readonly SoapFault[];
}

export interface Reading {
  readonly definitions: Definitions;
  /** wsdl:operation of the binding. */
  readonly binding: Placed;
  readonly type: Placed;
  /** Of the binding's SOAP elements. */
  readonly uri: string;
  readonly style: "document" | "rpc";
  /** Elements of rpc bodies that have to be declared. */
  readonly wrappers: RpcElement[];
  readonly port: {
    readonly service: string;
    readonly name: string;
    readonly version: SoapVersion;
    readonly endpoint: string | undefined;
  };
}

/** Throws WSDL_INVALID. */
export function readOperation(reading: Reading): SoapOperation {
  const { binding, type, uri, port } = reading;
  const name = binding.node.attributes.get("name") ?? "";
  const abstract = abstractOperation(binding, type, name);
  const soap = childOf(binding.node, "operation", uri);
  const style = (soap?.attributes.get("style") as SoapOperation["style"] | undefined) ?? reading.style;
  const soapAction = soap?.attributes.get("soapAction") ?? "";
  const input = childOf(abstract, "input");
  const output = childOf(abstract, "output");
  if (input === undefined) throw at(binding, `operation ${name} has no input; notifications are not spoken`);
  const common = { reading, style, name, soapAction, abstract };
  return {
    name,
    summary: documentationOf(abstract) ?? documentationOf(binding.node),
    service: port.service,
    port: port.name,
    version: port.version,
    endpoint: port.endpoint,
    style,
    soapAction,
    input: messageOf({ ...common, abstractMessage: input, direction: "input" }),
    output: output && messageOf({ ...common, abstractMessage: output, direction: "output" }),
    faults: childrenOf(abstract, "fault").flatMap((fault) => faultOf(reading, fault)),
  };
}

function at({ node, document }: Placed, what: string): Error {
  return unusable(`${document.path}:${node.line} ${what}`);
}

/** Of overloaded operations the one whose input has the name that the binding gives (WSDL 1.1, 2.5). */
function abstractOperation(binding: Placed, type: Placed, name: string): WsdlNode {
  const found = childrenOf(type.node, "operation").filter((it) => it.attributes.get("name") === name);
  const input = childOf(binding.node, "input")?.attributes.get("name");
  const operation =
    found.find((it) => input !== undefined && childOf(it, "input")?.attributes.get("name") === input) ?? found[0];
  if (operation === undefined) {
    throw at(binding, `operation ${name} is not in the port type ${type.node.attributes.get("name") ?? ""}`);
  }
  return operation;
}

// ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────

interface MessageReading {
  readonly reading: Reading;
  readonly style: "document" | "rpc";
  readonly name: string;
  readonly soapAction: string;
  readonly abstract: WsdlNode;
  readonly abstractMessage: WsdlNode;
  readonly direction: "input" | "output";
}

function messageOf(given: MessageReading): SoapMessage {
  const { reading, direction, abstractMessage } = given;
  const { definitions, binding, type, uri } = reading;
  const message = definitions.find("message", abstractMessage.attributes.get("message"), {
    node: abstractMessage,
    document: type.document,
  });
  if (message === undefined)
    throw at(binding, `operation ${given.name}: its ${direction} names no message of the WSDL`);
  const bound = childOf(binding.node, direction);
  const body = bound && soapBody(bound, uri);
  const headers = (bound === undefined ? [] : headerNodes(bound, uri)).map((node) => ({ node, name: "header" }));
  const inHeader = new Set(
    headers.flatMap(({ node }) =>
      definitions.find("message", node.attributes.get("message"), { node, document: binding.document })?.node ===
      message.node
        ? [node.attributes.get("part")]
        : [],
    ),
  );
  const encoded = body?.attributes.get("use") === "encoded";
  return {
    body: bodyElement(given, message, body, inHeader),
    headers: headers.flatMap(({ node }) => headerOf(reading, node)),
    encoded,
    action: actionOf(given),
  };
}

/** soap:body, also inside mime:multipartRelated (WSDL 1.1, 5.11). */
function soapBody(bound: WsdlNode, uri: string): WsdlNode | undefined {
  return childOf(bound, "body", uri) ?? mimeParts(bound).flatMap((part) => childrenOf(part, "body", uri))[0];
}

function headerNodes(bound: WsdlNode, uri: string): readonly WsdlNode[] {
  return [bound, ...mimeParts(bound)].flatMap((node) => childrenOf(node, "header", uri));
}

function mimeParts(bound: WsdlNode): readonly WsdlNode[] {
  return childrenOf(bound, "multipartRelated", WSDL_MIME).flatMap((it) => childrenOf(it, "part", WSDL_MIME));
}

function bodyElement(
  given: MessageReading,
  message: Placed,
  body: WsdlNode | undefined,
  inHeader: ReadonlySet<string | undefined>,
): QName | undefined {
  const { reading, style, name, direction } = given;
  const listed = body?.attributes
    .get("parts")
    ?.split(/\s+/)
    .filter((part) => part !== "");
  const mime = new Set(
    mimeParts(childOf(reading.binding.node, direction) ?? reading.binding.node).flatMap((part) =>
      childrenOf(part, "content", WSDL_MIME).map((content) => content.attributes.get("part")),
    ),
  );
  const parts = childrenOf(message.node, "part").filter((part) => {
    const own = part.attributes.get("name");
    return listed === undefined ? !inHeader.has(own) && !mime.has(own) : listed.includes(own ?? "");
  });
  if (style === "rpc") return rpcWrapper(given, message, body, parts);
  const [part] = parts;
  if (part === undefined) return undefined;
  if (parts.length > 1)
    throw at(
      message,
      `operation ${name}: its ${direction} has ${parts.length} parts in one body of style document; one is what SOAP's style document has`,
    );
  const written = part.attributes.get("element");
  if (written === undefined)
    throw at(
      message,
      `operation ${name}: its ${direction} has a type instead of an element, which style document wants`,
    );
  return elementNamed(written, part, message);
}

function elementNamed(written: string, part: WsdlNode, message: Placed): QName {
  const name = qnameAt(written, part);
  if (name === undefined) throw at(message, `the prefix of ${written} is not declared`);
  // Without prefix and with WSDL's as the default namespace, the document's own is what is meant.
  return name.namespace === WSDL ? { ...name, namespace: message.document.target } : name;
}

/**
 * Bodies of style rpc have an element of the operation's name around the parts (WSDL 1.1, 3.5),
 * which stand in the order of the message (Basic Profile 1.1, R2301).
 */
function rpcWrapper(
  given: MessageReading,
  message: Placed,
  body: WsdlNode | undefined,
  parts: readonly WsdlNode[],
): QName {
  const { reading, name, direction } = given;
  const namespace = body?.attributes.get("namespace") ?? reading.definitions.main.target;
  const element: QName = { namespace, local: direction === "input" ? name : `${name}Response` };
  const made = parts.map((part): RpcPart => {
    const type = part.attributes.get("type");
    if (type === undefined)
      throw at(message, `operation ${name}: style rpc wants parts with a type, not with an element`);
    return { name: part.attributes.get("name") ?? "", type: elementNamed(type, part, message) };
  });
  reading.wrappers.push({ element, parts: made, encoded: body?.attributes.get("use") === "encoded" });
  return element;
}

function headerOf(reading: Reading, node: WsdlNode): readonly SoapHeader[] {
  const { definitions, binding } = reading;
  const message = definitions.find("message", node.attributes.get("message"), { node, document: binding.document });
  const part =
    message && childrenOf(message.node, "part").find((it) => it.attributes.get("name") === node.attributes.get("part"));
  const written = part?.attributes.get("element");
  // Headers of a type instead of an element have no name on the wire; those of security come from options anyway.
  if (message === undefined || part === undefined || written === undefined) return [];
  const element = elementNamed(written, part, message);
  return [{ name: element.local, element }];
}

function faultOf(reading: Reading, fault: WsdlNode): readonly SoapFault[] {
  const { definitions, type } = reading;
  const message = definitions.find("message", fault.attributes.get("message"), {
    node: fault,
    document: type.document,
  });
  const part = message && childrenOf(message.node, "part")[0];
  const written = part?.attributes.get("element");
  if (message === undefined || part === undefined || written === undefined) return [];
  const element = elementNamed(written, part, message);
  return [{ name: fault.attributes.get("name") ?? element.local, element }];
}

/** WS-Addressing 1.0 Metadata, 4.4: said in the WSDL, else the SOAPAction, else made of the names. */
function actionOf({ reading, abstractMessage, soapAction, direction, name }: MessageReading): string {
  for (const namespace of WSA_METADATA) {
    const said = abstractMessage.attributes.get(`{${namespace}}Action`);
    if (said !== undefined) return said;
  }
  if (direction === "input" && soapAction !== "") return soapAction;
  const { target } = reading.type.document;
  const message = abstractMessage.attributes.get("name") ?? name + (direction === "input" ? "Request" : "Response");
  const separator = target.startsWith("urn:") ? ":" : "/";
  const base = target.endsWith(separator) ? target.slice(0, -1) : target;
  return [base, reading.type.node.attributes.get("name") ?? "", message].join(separator);
}
