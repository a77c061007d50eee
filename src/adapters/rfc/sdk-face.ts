// receive.rfc: a server of node-rfc, registered at the gateway under a program id. ABAP calls a function whose interface lies in the
// bridge's folder; the answer's JSON is its parameters. Only synchronous calls: transactional ones (tRFC, qRFC, bgRFC) are promised to
// arrive once, which node-rfc gives no durable place for, so they are refused and stay in SAP's own queue.

import type { AdapterContext, Call, CallEnd, Face, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { argumentsOf } from "./arguments.ts";
import { readInterface } from "./interface-file.ts";
import { operationOf } from "./operation.ts";
import { logonOf, readConnection } from "./sdk-connection.ts";
import { loadSdk, sdkFor, type LoadSdk } from "./sdk-load.ts";
import type { SdkRequest, SdkStructure, SdkValue } from "./sdk-types.ts";
import { resultsOfSdk, sdkMaker } from "./sdk-values.ts";
import type { ServerOptions } from "./server-options.ts";
import type { FunctionInterface } from "./types.ts";

type Handle = (call: Call, caller: string) => Promise<CallEnd>;

export async function buildSdkFace(
  given: ServerOptions,
  context: AdapterContext,
  load: LoadSdk = loadSdk,
): Promise<Face> {
  const sdk = sdkFor("receive.rfc", load);
  const connections = await readConnection(context.readBridgeFile(given.connection), given.connection);
  const known = (given.interfaces ?? []).map((file) => readInterface(context.readBridgeFile(file), file, undefined));

  async function listen(handle: Handle, signal: AbortSignal): Promise<void> {
    const server = new sdk.Server({
      serverConnection: { ...connections.server, program_id: given.program },
      clientConnection: logonOf(connections.client, given),
    });
    for (const each of known) {
      await server.addFunction(each.function, (request, parameters) => answer(each, request, parameters, handle));
    }
    signal.throwIfAborted();
    await server.start();
    try {
      await aborted(signal);
    } finally {
      await server.stop();
    }
  }

  return {
    operations: known.map(operationOf),
    read() {
      throw new BridgeError("CALL_UNKNOWN", "receive.rfc is called over RFC, not over HTTP", { stage: "receive" });
    },
    write: (_call, end) => ({
      status: end.status,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: end.end === "failed" ? `${end.code}: ${end.title}\n` : "",
    }),
    listen,
    close: () => Promise.resolve(),
  };
}

/** What ABAP gets, or an Error whose text it gets as the message of SYSTEM_FAILURE. */
async function answer(
  known: FunctionInterface,
  request: SdkRequest,
  parameters: SdkStructure,
  handle: Handle,
): Promise<SdkStructure> {
  if (request.callType !== undefined && request.callType !== "synchronous")
    throw new Error("CALL_INVALID: only synchronous calls are taken");
  const call: Call = {
    name: known.function,
    path: {},
    query: {},
    headers: {},
    body: resultsOfSdk(parameters, known),
  };
  const end = await handle(call, callerOf(request));
  if (end.end === "failed") throw new Error(`${end.code}: ${end.title}`.slice(0, 500));
  return parametersOf(known, end.body);
}

/** Only what the function gives back: ABAP's import parameters cannot be set. */
function parametersOf(known: FunctionInterface, body: Uint8Array | string): SdkStructure {
  let message: Value;
  try {
    message = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString("utf8")) as Value;
  } catch {
    throw new Error("REPLY_INVALID: the answer is no JSON; write answer.json");
  }
  const outward: FunctionInterface = {
    ...known,
    parameters: known.parameters
      .filter(({ direction }) => direction !== "I")
      .map((each) => ({ ...each, direction: each.direction === "T" ? "T" : "C", optional: true })),
  };
  try {
    return Object.fromEntries<SdkValue>(argumentsOf(message, outward, sdkMaker));
  } catch (cause) {
    if (cause instanceof BridgeError) throw new Error(`${cause.code}: ${cause.message}`.slice(0, 500), { cause });
    throw cause;
  }
}

/** `T01/100`: system and client. The user whom ABAP ran under may be a person, whose name is nobody's business here. */
function callerOf({ connection_attributes: { sysId, client } = {} }: SdkRequest): string {
  return `${plain(sysId)}/${plain(client)}`;
}

function plain(text: string | undefined): string {
  return (text ?? "").replaceAll(/[^A-Za-z0-9_.$-]/gu, "").slice(0, 40);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
