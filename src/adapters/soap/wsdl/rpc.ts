// Bodies of style rpc have no element in any schema: the operation's name is the element, its parts are the children
// without namespace (WSDL 1.1, 3.5). Such elements are written here as a schema of their own, so that everything behind
// it knows one kind of message only.

import { escapeAttribute } from "../../shared/xml/escape.ts";
import type { QName } from "./document.ts";
import { XSD } from "./names.ts";
import type { GivenSchema } from "./schemas.ts";

export interface RpcPart {
  readonly name: string;
  readonly type: QName;
}

export interface RpcElement {
  readonly element: QName;
  readonly parts: readonly RpcPart[];
  readonly encoded: boolean;
}

export function rpcSchemas(elements: readonly RpcElement[], path: string): readonly GivenSchema[] {
  const byNamespace = new Map<string, Map<string, RpcElement>>();
  for (const element of elements) {
    const { namespace, local } = element.element;
    const known = byNamespace.get(namespace) ?? new Map<string, RpcElement>();
    byNamespace.set(namespace, known);
    if (!known.has(local)) known.set(local, element);
  }
  return [...byNamespace].map(([namespace, wrappers], index) => ({
    id: `${path}#rpc-${index + 1}`,
    path,
    text: schemaText(namespace, [...wrappers.values()]),
  }));
}

function schemaText(namespace: string, elements: readonly RpcElement[]): string {
  const prefixes = new Map<string, string>([[XSD, "xs"]]);
  for (const { parts } of elements) {
    for (const { type } of parts) {
      if (!prefixes.has(type.namespace)) prefixes.set(type.namespace, `t${prefixes.size}`);
    }
  }
  const declared = [...prefixes]
    .map(([uri, prefix]) => (uri === "" ? "" : ` xmlns:${prefix}="${escapeAttribute(uri)}"`))
    .join("");
  const imports = [...prefixes.keys()]
    .filter((uri) => uri !== XSD && uri !== namespace)
    .map((uri) => (uri === "" ? "<xs:import/>" : `<xs:import namespace="${escapeAttribute(uri)}"/>`))
    .join("");
  const own = namespace === "" ? "" : ` targetNamespace="${escapeAttribute(namespace)}"`;
  return `<xs:schema${declared}${own}>${imports}${elements.map((it) => elementText(it, prefixes)).join("")}</xs:schema>`;
}

/** Encoded parts may be left out or be nil (SOAP 1.1, 5.1), and come in any order (7.1). */
function elementText({ element, parts, encoded }: RpcElement, prefixes: ReadonlyMap<string, string>): string {
  const group = encoded ? "all" : "sequence";
  const more = encoded ? ' minOccurs="0" nillable="true"' : "";
  const children = parts.map(({ name, type }) => {
    const prefix = type.namespace === "" ? "" : `${prefixes.get(type.namespace)}:`;
    return `<xs:element name="${escapeAttribute(name)}" type="${prefix}${escapeAttribute(type.local)}"${more}/>`;
  });
  const attributes = encoded ? '<xs:anyAttribute processContents="skip"/>' : "";
  return `<xs:element name="${escapeAttribute(element.local)}"><xs:complexType><xs:${group}>${children.join("")}</xs:${group}>${attributes}</xs:complexType></xs:element>`;
}
