// What is used of node-rfc 3.3.1, as its published types say it. The package is never a dependency: it needs SAP's NW RFC SDK, which
// only customers of SAP may download.

import type { Buffer } from "node:buffer";

export type SdkVariable = string | number | Buffer;
export interface SdkStructure {
  [name: string]: SdkValue;
}
export type SdkValue = SdkVariable | SdkStructure | SdkValue[];

export interface SdkClient {
  readonly alive: boolean;
  open(): Promise<unknown>;
  close(): Promise<unknown>;
  cancel(): Promise<unknown>;
  resetServerContext(): Promise<unknown>;
  call(functionName: string, parameters: SdkStructure, options?: { readonly timeout?: number }): Promise<SdkStructure>;
}

/** What node-rfc gives a function that ABAP calls. */
export interface SdkRequest {
  readonly connection_attributes?: { readonly sysId?: string; readonly client?: string };
  /** `synchronous`, `transactional`, `queued`, `background_unit`. */
  readonly callType?: string;
}

export interface SdkServer {
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  addFunction(
    name: string,
    handler: (request: SdkRequest, parameters: SdkStructure) => Promise<SdkStructure>,
  ): Promise<unknown>;
}

export type ConnectionParameters = Readonly<Record<string, string>>;

export interface Sdk {
  readonly Client: new (parameters: ConnectionParameters, options?: { readonly stateless?: boolean }) => SdkClient;
  readonly Server: new (configuration: {
    readonly serverConnection: ConnectionParameters;
    readonly clientConnection: ConnectionParameters;
  }) => SdkServer;
}

/** What node-rfc rejects with: plain objects, no Errors. Those of its own have no group. */
export interface SdkError {
  readonly name?: string;
  readonly group?: number;
  readonly code?: number;
  readonly codeString?: string;
  readonly key?: string;
  readonly message?: string;
  readonly abapMsgClass?: string;
  readonly abapMsgType?: string;
  readonly abapMsgNumber?: string;
  readonly abapMsgV1?: string;
  readonly abapMsgV2?: string;
  readonly abapMsgV3?: string;
  readonly abapMsgV4?: string;
}

export function isSdkError(cause: unknown): cause is SdkError {
  return typeof cause === "object" && cause !== null && ("group" in cause || "name" in cause);
}
