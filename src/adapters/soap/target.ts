// deliver.soap: one message, one request, and a plain word about how it ended (answer.ts).

import { randomUUID } from "node:crypto";
import type { Agent } from "undici";
import {
  type AdapterContext,
  type Attempt,
  type BridgeFiles,
  type Known,
  type Operation,
  type Parcel,
  type Pattern,
  type Scope,
  type Target,
} from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { addressesOf, fixedOrigin } from "../shared/http/address.ts";
import { connectTo } from "../shared/http/connection.ts";
import { exchangeFiles } from "../shared/http/enclosure.ts";
import { exchange, type Exchange, type Request } from "../shared/http/exchange.ts";
import { fixedHeaders, headersOf, headersOfCall } from "../shared/http/request-headers.ts";
import { ownFault, refusedBy, stopped } from "../shared/http/unsent.ts";
import { hasFormula } from "../shared/patterns.ts";
import { addressingHeaders } from "./addressing.ts";
import { attemptOf } from "./answer.ts";
import { type Outgoing, outgoing } from "./message.ts";
import { describeOperations, operationNamed } from "./operations.ts";
import type { SoapOptions } from "./options.ts";
import { quotable, relatedOf } from "./related.ts";
import { openSigner, type Security } from "./security.ts";
import { sharedService } from "./shared-service.ts";
import type { SoapVersion } from "./wsdl/names.ts";
import type { SoapOperation } from "./wsdl/operation.ts";
import type { SoapService } from "./wsdl/service.ts";

const ACCEPTED = {
  "1.1": "text/xml, multipart/related",
  "1.2": "application/soap+xml, multipart/related",
} as const;
/** Longest answer where no caller says how much he takes. */
const MOST_REPLY = 16 * 2 ** 20;

/** The chosen one, where the bridge file names it without a formula; else all that the WSDL offers. */
export function soapOperations(given: Known<SoapOptions>, files: BridgeFiles): readonly Operation[] {
  const { wsdl: path } = given;
  // Missing, or not to be read: that is said where it stands.
  if (path === undefined) return [];
  const { service, plans } = sharedService(given, files);
  const name = fixedText(given.operation);
  if (name === undefined) return describeOperations(service, "target", plans);
  const chosen = operationNamed(service, name, path);
  return describeOperations({ ...service, operations: [chosen] }, "target", plans);
}

function fixedText(pattern: Pattern | undefined): string | undefined {
  return pattern?.source === undefined || hasFormula(pattern.source) ? undefined : pattern.head;
}

// ── building ────────────────────────────────────────────────────────────────────────────────────────────────────

export async function buildSoapTarget(given: SoapOptions, context: AdapterContext): Promise<Target> {
  const loaded = sharedService(given, context);
  const { service } = loaded;
  const choose = chooser(given, service, context);
  const endpoint = given.endpoint ?? endpointOf(service, given.wsdl);
  const addresses = addressesOf(endpoint, given.hosts);
  if (addresses.isPlain) context.log("warn", "target.plain_http", { url: addresses.shown });
  const security = securityOf(given, context);
  const send = sender(given, await connectTo(given, [fixedOrigin(endpoint)], context, "deliver.soap"));
  const validator = given.validate ? await service.openValidator() : undefined;
  const fixed = fixedHeaders(given);
  // The action is the operation's, whatever a caller sends.
  const own = { headers: { ...given.headers, soapaction: "", accept: "" }, auth: given.auth };
  // Whoever holds what was loaded keeps it for the other ways of the bridge.
  const writer = { plans: loaded.plans, security, mtom: given.mtom };

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<Attempt> {
    const operation = choose(parcel.scope);
    const address = addresses.of(parcel.scope);
    const what = `${operation.name} at ${addresses.shown}`;
    const addressing = given.addressing
      ? addressingHeaders(addressingOf(parcel, operation, address.origin + address.path))
      : [];
    const message = await outgoing(parcel, operation, addressing, writer, signal);
    const headers = [...fixed, ...(parcel.call ? headersOfCall(parcel.call, own) : headersOf(parcel, context.bridge))];
    const action = given.soapAction ?? operation.soapAction;
    const most = parcel.call?.mostReply ?? MOST_REPLY;
    const to = { origin: address.origin, path: address.path, method: "POST", headers, most };
    const result = await send(message, operation.version, action, to, signal);
    return ownFault(result) ?? attemptOf(result, { operation, plans: loaded.plans, validator }, what);
  }

  return {
    locality: "remote",
    ...(addresses.isFixed ? {} : { addresses: "several" as const }),
    address: ({ scope }) => addresses.originOf(scope),
    destination: (scope) => addresses.destinationOf(scope),
    async deliver(parcel, signal) {
      try {
        return await deliver(parcel, signal);
      } catch (cause) {
        if (signal.aborted) return stopped(addresses.shown);
        if (!(cause instanceof BridgeError)) throw cause;
        // What does not fit the service's types was the caller's to send otherwise.
        return { ...refusedBy(cause), ...(cause.code === "SCHEMA_INVALID" && { status: 422 }) };
      }
    },
    async close() {
      await send.close();
      validator?.dispose();
    },
  };
}

/** Of the operations, by what the bridge file says of each message. Throws WSDL_OPERATION. */
function chooser(given: SoapOptions, service: SoapService, context: AdapterContext): (scope: Scope) => SoapOperation {
  const byName = new Map(service.operations.map((operation) => [operation.name, operation]));
  const { operation: pattern, wsdl } = given;
  if (pattern !== undefined) {
    const name = fixedText(pattern);
    if (name === undefined) return (scope) => byName.get(pattern(scope)) ?? unknown(wsdl, pattern(scope));
    const fixed = operationNamed(service, name, wsdl);
    return () => fixed;
  }
  const [only] = service.operations;
  if (only !== undefined && service.operations.length === 1) return () => only;
  if (!context.calls.some((call) => byName.has(call))) {
    const names = [...byName.keys()].slice(0, 12).join(", ");
    throw new BridgeError("WSDL_OPERATION", `deliver.soap.operation is missing; ${wsdl} has ${names}`, {
      stage: "deliver",
    });
  }
  return (scope) => {
    const request = scope.extra?.["request"] as { readonly call?: string } | undefined;
    return byName.get(request?.call ?? "") ?? unknown(wsdl, request?.call ?? "");
  };
}

function unknown(wsdl: string, name: string): never {
  const message = `${wsdl} has no operation of the name that deliver.soap.operation gives`;
  throw new BridgeError("WSDL_OPERATION", message, { stage: "deliver", detail: name });
}

function endpointOf(service: SoapService, wsdl: string): Pattern {
  const found = [...new Set(service.operations.map((operation) => operation.endpoint))];
  const [only] = found;
  if (only === undefined || found.length > 1 || !/^https?:\/\//i.test(only) || !URL.canParse(only)) {
    const why = found.length > 1 ? "several addresses" : "no usable address";
    throw new BridgeError("OPTION_UNUSABLE", `${wsdl} names ${why}; write deliver.soap.endpoint`, {
      stage: "deliver",
      hint: "endpoint: https://alt.example/ws",
    });
  }
  return Object.assign(() => only, { source: only, head: only });
}

function securityOf({ auth, timestamp, lifetime }: SoapOptions, context: AdapterContext): Security | undefined {
  const { usernameToken: user, certificate } = auth ?? {};
  if (user === undefined && certificate === undefined && !timestamp) return undefined;
  const signer =
    certificate &&
    openSigner(
      context.readBridgeFile(certificate.cert),
      certificate.key,
      certificate.passphrase,
      certificate.algorithm,
    );
  const trimmed = user && { ...user, password: user.password.replace(/\r?\n$/, "") };
  return { user: trimmed, signer, timestamp, lifetime };
}

// ── sending ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** A repeat of the same message has the same id; a call whose caller waits is sent once, and has no such key. */
function addressingOf(parcel: Parcel, operation: SoapOperation, to: string): Parameters<typeof addressingHeaders>[0] {
  const id = /^[0-9a-f-]{36}$/.test(parcel.key) ? parcel.key : randomUUID();
  return { action: operation.input.action, to, message: `urn:uuid:${id}` };
}

interface Sender {
  (
    message: Outgoing,
    version: SoapVersion,
    action: string,
    to: Omit<Request, "body">,
    signal: AbortSignal,
  ): Promise<Exchange>;
  close(): Promise<void>;
}

function sender({ timeout, headers = {} }: SoapOptions, agent: Agent): Sender {
  const saysAccept = Object.keys(headers).some((name) => name.toLowerCase() === "accept");
  const send = async (
    { envelope, parts, xop }: Outgoing,
    version: SoapVersion,
    action: string,
    to: Omit<Request, "body">,
    signal: AbortSignal,
  ): Promise<Exchange> => {
    if (!saysAccept) to.headers.push("accept", ACCEPTED[version]);
    if (version === "1.1") to.headers.push("soapaction", `"${quotable(action)}"`);
    if (parts.length === 0) {
      to.headers.push("content-type", contentType(version, action));
      return await exchange(agent, { ...to, body: envelope }, timeout, signal);
    }
    const related = relatedOf(envelope, parts, { version, xop, action });
    return await exchangeFiles(agent, to, related, timeout, signal);
  };
  return Object.assign(send, { close: () => agent.destroy() });
}

function contentType(version: SoapVersion, action: string): string {
  if (version === "1.1") return "text/xml; charset=utf-8";
  return `application/soap+xml; charset=utf-8${action === "" ? "" : `; action="${quotable(action)}"`}`;
}
