// A WSDL as what can be called: operations with the elements that go in and come out, over SOAP 1.1 and 1.2
// (WSDL 1.1, 2.3 to 2.7 and 3; the SOAP 1.2 binding after the submission of 2006).

import { BridgeError } from "../../../core/errors.ts";
import type { SchemaFiles } from "../../../core/validation/xsd-files.ts";
import { schemaModelOf, type XsdModel } from "../../../core/validation/model/output-schema.ts";
import { openXsdFiles, type Validator } from "../../../core/validation/xsd.ts";
import { readDefinitions, type Definitions, type Placed } from "./definitions.ts";
import { childOf, childrenOf, type QName, unusable, type WsdlDocument } from "./document.ts";
import { readOperation, type SoapMessage, type SoapOperation } from "./operation.ts";
import { WSDL_SOAP11, WSDL_SOAP12, type SoapVersion } from "./names.ts";
import { type RpcElement, rpcSchemas } from "./rpc.ts";
import { assembleSchemas, type ReadFile } from "./schemas.ts";
import { withUndeclaredImports } from "./undeclared-imports.ts";

export interface SoapService {
  /** Of the chosen port, or of all; each name once. */
  readonly operations: readonly SoapOperation[];
  /** The same at every port that has it, SOAP 1.1 and 1.2 each, with the name in `operations`. */
  readonly bindings: readonly { readonly call: string; readonly operation: SoapOperation }[];
  readonly model: XsdModel;
  readonly documents: readonly WsdlDocument[];
  /** Every schema file and inline schema by id, references resolved. */
  readonly files: SchemaFiles;
  /** The element of a body against the types of the WSDL, by libxml2; loaded at the first use. */
  openValidator(): Promise<Validator>;
}

export interface Choice {
  /** wsdl:service, wsdl:port; undefined = every one with a SOAP binding. */
  readonly service?: string | undefined;
  readonly port?: string | undefined;
}

interface Port {
  readonly service: string;
  readonly name: string;
  readonly version: SoapVersion;
  readonly endpoint: string | undefined;
  readonly binding: Placed;
  readonly soap: Placed;
}

/** Throws WSDL_INVALID; WSDL_OPERATION where the chosen service or port is not there. */
export function loadService(path: string, read: ReadFile, choice: Choice = {}): SoapService {
  const definitions = readDefinitions(path, read);
  const ports = chosen(portsOf(definitions), choice, path);
  const wrappers: RpcElement[] = [];
  const operations = new Map<string, SoapOperation>();
  const bindings: { readonly call: string; readonly operation: SoapOperation }[] = [];
  for (const port of ports) {
    for (const operation of operationsOf(definitions, port, wrappers)) {
      bindings.push({ call: add(operations, operation), operation });
    }
  }
  const schemas = [...rpcSchemas(wrappers, path), ...definitions.schemas];
  const files = assembleSchemas(withUndeclaredImports(schemas), path, read);
  const model = checked(path, () => schemaModelOf(files));
  const isDeclared = (name: QName): boolean => checked(path, () => model.root(name)) !== undefined;
  const done = new Map<SoapOperation, SoapOperation>();
  const usable = (operation: SoapOperation): SoapOperation => {
    const made = done.get(operation) ?? usableOf(operation, isDeclared, path);
    done.set(operation, made);
    return made;
  };
  return {
    operations: [...operations.values()].map(usable),
    bindings: bindings.map(({ call, operation }) => ({ call, operation: usable(operation) })),
    model,
    documents: definitions.documents,
    files,
    openValidator: () => openXsdFiles(files),
  };
}

/** The same operation at another port (SOAP 1.1 and 1.2 of one service) is no second one. Answers its name. */
function add(operations: Map<string, SoapOperation>, operation: SoapOperation): string {
  const known = operations.get(operation.name);
  if (known === undefined || isSame(known, operation)) {
    if (known === undefined) operations.set(operation.name, operation);
    return operation.name;
  }
  const name = `${operation.port}.${operation.name}`;
  if (!operations.has(name)) operations.set(name, { ...operation, name });
  return name;
}

function isSame(one: SoapOperation, other: SoapOperation): boolean {
  return elementsOf(one) === elementsOf(other);
}

function elementsOf({ input, output }: SoapOperation): string {
  return JSON.stringify([input.body, output?.body]);
}

// ── ports ───────────────────────────────────────────────────────────────────────────────────────────────────────

function portsOf(definitions: Definitions): readonly Port[] {
  const ports: Port[] = [];
  const used = new Set<string>();
  for (const { node, document } of definitions.services) {
    for (const port of childrenOf(node, "port")) {
      const binding = definitions.find("binding", port.attributes.get("binding"), { node: port, document });
      const made = binding && portOf(binding);
      if (made === undefined) continue;
      const address = childOf(port, "address", made.version === "1.1" ? WSDL_SOAP11 : WSDL_SOAP12);
      const endpoint = (address ?? childOf(port, "address", WSDL_SOAP11))?.attributes.get("location")?.trim();
      used.add(binding?.node.attributes.get("name") ?? "");
      ports.push({
        ...made,
        service: node.attributes.get("name") ?? "",
        name: port.attributes.get("name") ?? "",
        endpoint: endpoint === "" ? undefined : endpoint,
      });
    }
  }
  if (ports.length > 0) return ports;
  // Standards publish bindings without a service: whoever implements them has the address.
  for (const document of definitions.documents) {
    for (const node of document.root === undefined ? [] : childrenOf(document.root, "binding")) {
      const made = portOf({ node, document });
      const name = node.attributes.get("name") ?? "";
      if (made !== undefined) ports.push({ ...made, service: "", name, endpoint: undefined });
    }
  }
  return ports;
}

function portOf(binding: Placed): Pick<Port, "version" | "binding" | "soap"> | undefined {
  const { node, document } = binding;
  const soap11 = childOf(node, "binding", WSDL_SOAP11);
  const soap = soap11 ?? childOf(node, "binding", WSDL_SOAP12);
  if (soap === undefined) return undefined;
  return { version: soap11 === undefined ? "1.2" : "1.1", binding, soap: { node: soap, document } };
}

function chosen(ports: readonly Port[], choice: Choice, path: string): readonly Port[] {
  if (ports.length === 0) throw unusable(`${path} has no port with a SOAP binding`);
  const found = ports.filter(
    ({ service, name }) =>
      (choice.service === undefined || service === choice.service) &&
      (choice.port === undefined || name === choice.port),
  );
  if (found.length > 0) return found;
  const wanted = [choice.service, choice.port].filter((it) => it !== undefined).join("/");
  const names = ports.map(({ service, name }) => `${service}/${name}`).join(", ");
  throw new BridgeError("WSDL_OPERATION", `${path} has no port ${wanted}; it has ${names}`);
}

function operationsOf(definitions: Definitions, port: Port, wrappers: RpcElement[]): readonly SoapOperation[] {
  const { node, document } = port.binding;
  const type = definitions.find("portType", node.attributes.get("type"), port.binding);
  if (type === undefined) {
    throw unusable(`${document.path}:${node.line} binding ${port.name} names no port type of the WSDL`);
  }
  const uri = port.version === "1.1" ? WSDL_SOAP11 : WSDL_SOAP12;
  const style = port.soap.node.attributes.get("style") === "rpc" ? "rpc" : "document";
  return childrenOf(node, "operation").map((operation) =>
    readOperation({
      definitions,
      binding: { node: operation, document },
      type,
      uri,
      style,
      wrappers,
      port: { service: port.service, name: port.name, version: port.version, endpoint: port.endpoint },
    }),
  );
}

// ── checks ──────────────────────────────────────────────────────────────────────────────────────────────────────

function checked<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof BridgeError && cause.code === "SCHEMA_FILE_INVALID")
      throw unusable(`${path}: ${cause.message}`);
    throw cause;
  }
}

/**
 * An operation whose body is an element that nobody declares can never be called; better said at the check than at
 * midnight. Headers and faults that nobody declares are left out: many a WSDL names wsse:Security without its schema.
 */
function usableOf(operation: SoapOperation, isDeclared: (name: QName) => boolean, path: string): SoapOperation {
  const { name, input, output, faults } = operation;
  for (const body of [input.body, output?.body]) {
    if (body === undefined || isDeclared(body)) continue;
    const namespace = body.namespace === "" ? "none" : body.namespace;
    throw unusable(
      `${path}: operation ${name} uses the element ${body.local} of namespace ${namespace}, which no schema declares`,
    );
  }
  const known = (message: SoapMessage): SoapMessage => ({
    ...message,
    headers: message.headers.filter((header) => isDeclared(header.element)),
  });
  return {
    ...operation,
    input: known(input),
    output: output && known(output),
    faults: faults.filter((fault) => isDeclared(fault.element)),
  };
}
