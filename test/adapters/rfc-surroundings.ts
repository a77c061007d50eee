// What the tests of deliver.rfc build: options as the loader fills them in, and the interface files that they use.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rfcTarget } from "../../src/adapters/rfc/index.ts";
import type { RfcOptions } from "../../src/adapters/rfc/options.ts";
import type { Attempt, Parcel, ParcelCall, Target, Value } from "../../src/core/contract.ts";
import { contextIn, parcelOf, type TestContext } from "../conformance/surroundings.ts";
import { PASSWORD, USER } from "../peers/sap-soap-rfc.ts";

const RETURN_FIELDS = [
  { name: "TYPE", type: "C", length: 1 },
  { name: "ID", type: "C", length: 20 },
  { name: "NUMBER", type: "N", length: 3 },
  { name: "MESSAGE", type: "C", length: 220 },
  { name: "MESSAGE_V1", type: "C", length: 50 },
  { name: "ROW", type: "I" },
];

export const USER_DETAIL = {
  function: "BAPI_USER_GET_DETAIL",
  parameters: [
    { name: "USERNAME", direction: "I", type: "CHAR", length: 12, text: "User name" },
    {
      name: "ADDRESS",
      direction: "E",
      fields: [
        { name: "FIRSTNAME", type: "C", length: 40 },
        { name: "LASTNAME", type: "C", length: 40 },
        { name: "POSTL_COD1", type: "C", length: 10 },
      ],
    },
    {
      name: "LOGONDATA",
      direction: "E",
      fields: [
        { name: "GLTGV", type: "D" },
        { name: "GLTGB", type: "D" },
        { name: "LTIME", type: "T" },
      ],
    },
    { name: "ISLOCKED", direction: "E", type: "C", length: 1 },
    { name: "PROFILES", direction: "T", fields: [{ name: "BAPIPROF", type: "C", length: 12 }] },
    { name: "RETURN", direction: "T", fields: RETURN_FIELDS },
  ],
};

export const TYPES = {
  function: "Z_TYPES",
  parameters: [
    { name: "CHAR10", direction: "E", type: "C", length: 10 },
    { name: "NUMC6", direction: "E", type: "N", length: 6 },
    { name: "INT", direction: "E", type: "I" },
    { name: "BIG", direction: "E", type: "8" },
    { name: "AMOUNT", direction: "E", type: "P", length: 15, decimals: 2 },
    { name: "RAW", direction: "E", type: "X", length: 4 },
    { name: "EMPTY", direction: "E", type: "C", length: 3 },
    { name: "LINES", direction: "E", type: "h", line: { type: "C", length: 3 } },
    {
      name: "ST",
      direction: "E",
      fields: [
        { name: "A", type: "I" },
        { name: "B", type: "h", line: { type: "C", length: 1 } },
      ],
    },
  ],
};

export interface Room {
  readonly folder: string;
  write(name: string, value: unknown): void;
  build(origin: string, functionName: string, more?: Partial<RfcOptions>): Promise<Target>;
  close(): Promise<void>;
}

export function rfcOptions(origin: string, functionName: string, more: Partial<RfcOptions> = {}): RfcOptions {
  return {
    via: "soap",
    url: origin,
    connection: undefined,
    client: "100",
    language: "DE",
    user: USER,
    password: PASSWORD,
    function: functionName,
    interface: undefined,
    tables: undefined,
    returns: "RETURN",
    commit: false,
    dates: "compact",
    ca: undefined,
    cert: undefined,
    key: undefined,
    passphrase: undefined,
    tls: "TLSv1.2",
    timeout: 10_000,
    connections: 4,
    ...more,
  };
}

export function room(): Room {
  const folder = mkdtempSync(join(tmpdir(), "steg-rfc-"));
  mkdirSync(join(folder, "schemas"));
  const targets: Target[] = [];
  const context: TestContext = contextIn(folder);
  return {
    folder,
    write: (name, value) =>
      writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value)),
    async build(origin, functionName, more) {
      const given = rfcOptions(origin, functionName, more);
      // The loader leaves out what is not written; `undefined` stands for it here.
      const written = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const target = await rfcTarget.build(written as RfcOptions, context);
      targets.push(target);
      return target;
    },
    async close() {
      await Promise.all(targets.map((each) => each.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function callOf(more: Partial<ParcelCall> = {}): ParcelCall {
  return {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    idempotencyKey: undefined,
    headers: {},
    mostReply: 1 << 20,
    ...more,
  };
}

export function rfcParcel(message: Value, call?: ParcelCall): Parcel {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  return { ...parcelOf(1, body), contentType: "application/json", ...(call && { call }) };
}

const never = new AbortController().signal;

export function deliver(target: Target, message: Value, call: ParcelCall | undefined = callOf()): Promise<Attempt> {
  return target.deliver(rfcParcel(message, call), never);
}
