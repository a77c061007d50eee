// A REST face over a bridge folder of its own, and requests to it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { rest } from "../../src/adapters/rest/index.ts";
import type { AdapterContext, CallEnd, Face, FaceReply, FaceRequest } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";

let bridgeDir = "";
/** schemas/person.json and schemas/liste.json, a list of them, for the tests of a file. */
export function useBridgeFolder(): void {
  beforeAll(() => {
    bridgeDir = mkdtempSync(join(tmpdir(), "steg-rest-"));
    mkdirSync(join(bridgeDir, "schemas"));
    const person = {
      type: "object",
      required: ["name", "toString"],
      properties: { name: { type: "string", minLength: 1 }, alter: { type: "integer" }, toString: { type: "string" } },
      additionalProperties: false,
    };
    writeFileSync(join(bridgeDir, "schemas/person.json"), JSON.stringify(person));
    writeFileSync(
      join(bridgeDir, "schemas/liste.json"),
      JSON.stringify({ type: "array", items: { $ref: "person.json" } }),
    );
  });
  afterAll(() => {
    rmSync(bridgeDir, { recursive: true });
  });
}

type Options = Parameters<typeof rest.build>[0];
export type CallOptions = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function contextOf(callOptions: CallOptions = new Map()): AdapterContext {
  const calls = [...callOptions.keys()];
  return {
    bridge: "einwohner",
    bridgeDir,
    dataDir: "",
    stateDir: "",
    timezone: "Europe/Berlin",
    calls,
    callOptions,
    readBridgeFile: () => new Uint8Array(),
    known: () => false,
    log: () => {},
  };
}

export async function faceOf(options: object, callOptions?: CallOptions): Promise<Face> {
  return await rest.build({ deprecated: false, ...options } as Options, contextOf(callOptions));
}

export const calls = (...names: string[]): CallOptions => new Map(names.map((name) => [name, {}]));

export function request(
  method: string,
  target: string,
  body: string | Uint8Array = "",
  headers: object = {},
): FaceRequest {
  const [path = "", query = ""] = target.split("?");
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const type = bytes.length > 0 ? { "content-type": "application/json" } : {};
  return { method, path, query, headers: { ...type, ...headers }, body: bytes, base: "https://steg.example/bridges/e" };
}

export async function refusal(face: Face, asked: FaceRequest): Promise<BridgeError> {
  try {
    await face.read(asked);
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
  throw new Error("it was taken");
}

export function failed(code: BridgeError["code"], status: number, more: object = {}): CallEnd {
  const base = {
    end: "failed",
    status,
    code,
    title: "Not possible",
    detail: "why",
    sender: true,
    headers: {},
  } as const;
  return { ...base, ...more };
}

export const problemOf = (reply: FaceReply): Record<string, unknown> =>
  JSON.parse(String(reply.body)) as Record<string, unknown>;
