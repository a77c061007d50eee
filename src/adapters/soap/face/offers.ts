// What a SOAP face offers: every operation at every port that the bridge has, found by what stands in a message.

import { BridgeError } from "../../../core/errors.ts";
import type { ElementPlan, Plans } from "../value/plan.ts";
import type { QName } from "../wsdl/document.ts";
import type { SoapVersion } from "../wsdl/names.ts";
import type { SoapOperation } from "../wsdl/operation.ts";

export interface Offer {
  /** As cases name it. */
  readonly call: string;
  readonly operation: SoapOperation;
  /** undefined = the body is empty. */
  readonly input: ElementPlan | undefined;
  readonly output: ElementPlan | undefined;
  readonly faults: readonly OfferedFault[];
}

export interface OfferedFault {
  /** In the WSDL. */
  readonly name: string;
  readonly element: ElementPlan;
}

export interface Offers {
  readonly all: readonly Offer[];
  readonly versions: ReadonlySet<SoapVersion>;
  /** The body of any call in this version; for reading it before its operation is known. */
  bodyOf(version: SoapVersion, name: QName): Offer | undefined;
  /** Throws CALL_UNKNOWN, and CALL_INVALID where what the message says of itself contradicts its body. */
  find(version: SoapVersion, body: QName | undefined, actions: Actions): Offer;
  /** Whether some operation has this header block in its contract. */
  declaresHeader(name: QName): boolean;
}

/** What the message says it is, beside its body. */
export interface Actions {
  /** SOAPAction of HTTP, or `action` of the content type; undefined = it says nothing. */
  readonly http: string | undefined;
  /** wsa:Action */
  readonly addressing: string | undefined;
}

export interface NamedOperation {
  readonly call: string;
  readonly operation: SoapOperation;
}

export function offersOf(operations: readonly NamedOperation[], plans: Plans): Offers {
  const all = operations.map(({ call, operation }) => offerOf(call, operation, plans));
  const byBody = new Map<string, Offer[]>();
  for (const offer of all) {
    const key = keyOf(offer.operation.version, offer.operation.input.body);
    byBody.set(key, [...(byBody.get(key) ?? []), offer]);
  }
  const headers = new Set(
    all.flatMap(({ operation }) => operation.input.headers.map(({ element }) => nameOf(element))),
  );
  return {
    all,
    versions: new Set(all.map(({ operation }) => operation.version)),
    bodyOf: (version, name) => byBody.get(keyOf(version, name))?.[0],
    find(version, body, actions) {
      const found = byBody.get(keyOf(version, body)) ?? [];
      if (found.length === 0) throw unknown(body);
      const agreed = found.find((offer) => agrees(offer, actions, all));
      if (agreed !== undefined) return agreed;
      throw new BridgeError("CALL_INVALID", contradiction(actions), { stage: "receive" });
    },
    declaresHeader: (name) => headers.has(nameOf(name)),
  };
}

function offerOf(call: string, operation: SoapOperation, plans: Plans): Offer {
  const plan = (name: QName | undefined): ElementPlan | undefined => name && plans.element(name);
  return {
    call,
    operation,
    input: plan(operation.input.body),
    output: plan(operation.output?.body),
    faults: operation.faults.flatMap(({ name, element }) => {
      const found = plan(element);
      return found === undefined ? [] : [{ name, element: found }];
    }),
  };
}

function nameOf({ namespace, local }: QName): string {
  return `{${namespace}}${local}`;
}

function keyOf(version: SoapVersion, body: QName | undefined): string {
  return `${version} ${body === undefined ? "" : nameOf(body)}`;
}

/**
 * The action must be the one of the operation whose body is sent: else what stands in front (a firewall, a log) saw another call than
 * the one that is done. An operation without an action of its own takes any that belongs to no other.
 */
function agrees({ operation }: Offer, { http, addressing }: Actions, all: readonly Offer[]): boolean {
  if (addressing !== undefined && addressing !== operation.input.action && addressing !== operation.soapAction)
    return false;
  if (http === undefined || http === "" || http === operation.soapAction || http === operation.input.action)
    return true;
  return operation.soapAction === "" && !all.some((other) => other.operation.soapAction === http);
}

function contradiction({ addressing }: Actions): string {
  const what = addressing === undefined ? "the action" : "the action (SOAPAction, wsa:Action)";
  return `${what} is another operation's than the one whose element stands in the body`;
}

function unknown(body: QName | undefined): BridgeError {
  const what = body === undefined ? "an empty body" : "the element in the body";
  return new BridgeError("CALL_UNKNOWN", `${what} belongs to no operation of this interface in this version of SOAP`, {
    stage: "receive",
  });
}
