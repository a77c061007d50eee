// deliver.soap as tests build it.

import type { Attempt, Target, Value } from "../../src/core/contract.ts";
import { soapTarget } from "../../src/adapters/soap/index.ts";
import type { SoapOptions } from "../../src/adapters/soap/options.ts";
import { contextIn, freshKey, patternOf, scopeOf, type TestContext } from "../conformance/surroundings.ts";
import { contracts } from "../peers/php-soap-server.ts";

/** The defaults as the loader fills them in. */
export function soapOptions(wsdl: string, endpoint: string, more: Partial<SoapOptions> = {}): SoapOptions {
  return {
    wsdl,
    operation: undefined,
    endpoint: patternOf(endpoint, "url"),
    service: undefined,
    port: undefined,
    hosts: undefined,
    headers: undefined,
    soapAction: undefined,
    auth: undefined,
    validate: false,
    timestamp: false,
    lifetime: 300_000,
    addressing: false,
    mtom: false,
    ca: undefined,
    cert: undefined,
    key: undefined,
    passphrase: undefined,
    tls: "TLSv1.2",
    checkCertificate: true,
    timeout: 10_000,
    connectTimeout: 5_000,
    connections: 16,
    ...more,
  };
}

export function buildSoap(
  wsdl: string,
  endpoint: string,
  more: Partial<SoapOptions> = {},
  context: TestContext = contextIn(contracts),
): Promise<Target> {
  return soapTarget.build(soapOptions(wsdl, endpoint, more), context);
}

export type Sent = Parameters<Target["deliver"]>[0];

/** A message for a caller that waits. */
export function callOf(value: Value, more: Partial<Sent> = {}): Sent {
  return {
    first: 1,
    last: 1,
    messages: 1,
    body: Buffer.from(JSON.stringify(value)),
    contentType: "application/json",
    key: freshKey(),
    scope: scopeOf({}),
    drop: "d",
    call: {
      traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
      idempotencyKey: undefined,
      headers: {},
      mostReply: 1 << 20,
    },
    ...more,
  };
}

export function ask(target: Target, value: Value, more: Partial<Sent> = {}): Promise<Attempt> {
  return target.deliver(callOf(value, more), new AbortController().signal);
}

/** The value of `$reply`; throws where it was not delivered. */
export function replyOf(attempt: Attempt): Value {
  if (attempt.end !== "delivered") throw new Error(JSON.stringify(attempt));
  return attempt.reply?.body;
}
