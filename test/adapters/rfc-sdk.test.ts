// via: sdk as far as it can be proven without SAP's SDK: what goes into node-rfc and what is made of what comes out, in the shapes
// that its published types and its source give. The stand-in here is no SAP; docs/rfc.md says what it cannot show.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildSdkFace } from "../../src/adapters/rfc/sdk-face.ts";
import { endOfSdk } from "../../src/adapters/rfc/sdk-ends.ts";
import { sdkFor } from "../../src/adapters/rfc/sdk-load.ts";
import { buildSdkTarget } from "../../src/adapters/rfc/sdk-target.ts";
import type { ConnectionParameters, Sdk, SdkRequest, SdkStructure } from "../../src/adapters/rfc/sdk-types.ts";
import type { Call, CallEnd, Target } from "../../src/core/contract.ts";
import { contextIn, pause } from "../conformance/surroundings.ts";
import { callOf, deliver, rfcOptions, rfcParcel } from "./rfc-surroundings.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-rfc-sdk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, "sap.yaml"),
  "client:\n  ashost: sap.example\n  sysnr: '00'\nserver: { GWHOST: gw.example, GWSERV: sapgw00 }\n",
);
writeFileSync(
  join(folder, "x.json"),
  JSON.stringify({
    function: "Z_X",
    parameters: [
      { name: "RAW", direction: "I", type: "X", length: 4, optional: true },
      { name: "COUNT", direction: "C", type: "I", optional: true },
      { name: "AMOUNT", direction: "C", type: "P", length: 15, decimals: 2, optional: true },
      { name: "BIG", direction: "E", type: "8" },
      { name: "DATA", direction: "E", type: "y" },
      { name: "RETURN", direction: "T", fields: [{ name: "TYPE", type: "C", length: 1 }] },
    ],
  }),
);

interface Seen {
  readonly client: number;
  readonly name: string;
  readonly sent: SdkStructure;
}

interface Standing {
  readonly sdk: Sdk;
  readonly seen: Seen[];
  readonly opened: ConnectionParameters[];
  open: number;
  mostOpen: number;
  readonly handlers: Map<string, (request: SdkRequest, sent: SdkStructure) => Promise<SdkStructure>>;
  server: "none" | "started" | "stopped";
}

function standIn(answer: (name: string, sent: SdkStructure) => SdkStructure | Promise<SdkStructure>): Standing {
  const standing: Standing = {
    seen: [],
    opened: [],
    open: 0,
    mostOpen: 0,
    handlers: new Map(),
    server: "none",
    sdk: {
      Client: class {
        alive = false;
        readonly id: number;
        readonly parameters: ConnectionParameters;
        constructor(parameters: ConnectionParameters) {
          this.parameters = parameters;
          this.id = standing.opened.length + 1;
        }
        async open(): Promise<void> {
          standing.opened.push(this.parameters);
          if (this.parameters["passwd"] === "falsch") throw LOGON;
          this.alive = true;
          standing.open++;
          standing.mostOpen = Math.max(standing.mostOpen, standing.open);
        }
        async close(): Promise<void> {
          if (this.alive) standing.open--;
          this.alive = false;
        }
        async cancel(): Promise<void> {}
        async resetServerContext(): Promise<void> {}
        async call(name: string, sent: SdkStructure): Promise<SdkStructure> {
          standing.seen.push({ client: this.id, name, sent });
          return await answer(name, sent);
        }
      },
      Server: class {
        readonly configuration: object;
        constructor(configuration: object) {
          this.configuration = configuration;
          standing.opened.push(configuration as ConnectionParameters);
        }
        async start(): Promise<void> {
          standing.server = "started";
        }
        async stop(): Promise<void> {
          standing.server = "stopped";
        }
        async addFunction(name: string, handler: never): Promise<void> {
          standing.handlers.set(name, handler);
        }
      },
    },
  };
  return standing;
}

const LOGON = {
  name: "RfcLibError",
  group: 3,
  code: 2,
  codeString: "RFC_LOGON_FAILURE",
  key: "RFC_LOGON_FAILURE",
  message: "Name or password is incorrect",
};

async function build(standing: Standing, more: object = {}): Promise<Target> {
  const given = { ...rfcOptions("", "Z_X", { via: "sdk", connection: "sap.yaml", interface: "x.json" }), ...more };
  return await buildSdkTarget(given, contextIn(folder), () => standing.sdk);
}

describe("deliver.rfc through node-rfc's shapes", () => {
  it("gives and takes values as node-rfc has them", async () => {
    const standing = standIn(() => ({
      COUNT: 7,
      AMOUNT: "12.50",
      BIG: 9_007_199_254_740_991,
      DATA: Buffer.from("hi"),
      RETURN: [{ TYPE: "S" }],
    }));
    const target = await build(standing);
    expect(await deliver(target, { RAW: "3q2+7w==", COUNT: "5", AMOUNT: "1.5", RETURN: [{ TYPE: "" }] })).toMatchObject(
      {
        end: "delivered",
        reply: { body: { COUNT: 7, AMOUNT: "12.50", BIG: "9007199254740991", DATA: "aGk=", RETURN: [{ TYPE: "S" }] } },
      },
    );
    expect(standing.seen).toEqual([
      {
        client: 1,
        name: "Z_X",
        sent: { RAW: Buffer.from("3q2+7w==", "base64"), COUNT: 5, AMOUNT: "1.5", RETURN: [{ TYPE: "" }] },
      },
    ]);
    expect(standing.opened).toEqual([
      { ashost: "sap.example", sysnr: "00", client: "100", lang: "DE", user: "STEG", passwd: "geheim:1" },
    ]);
    await target.close();
    expect(standing.open).toBe(0);
  });

  it("opens no more connections than it may, and uses them again", async () => {
    const standing = standIn(async () => {
      await pause(10);
      return {};
    });
    const target = await build(standing, { connections: 3 });
    const ends = await Promise.all(Array.from({ length: 20 }, () => deliver(target, {})));
    expect(new Set(ends.map(({ end }) => end))).toEqual(new Set(["delivered"]));
    expect(standing.mostOpen).toBe(3);
    expect(standing.opened).toHaveLength(3);
    const stopping = new AbortController();
    const busy = Array.from({ length: 3 }, () => deliver(target, {}));
    const waiting = target.deliver(rfcParcel({}, callOf()), stopping.signal);
    stopping.abort();
    expect(await waiting).toMatchObject({ end: "unreachable", unsure: false });
    await Promise.all(busy);
    expect(await deliver(target, {})).toMatchObject({ end: "delivered" });
    await target.close();
    expect(standing.open).toBe(0);
  });

  it("commits and rolls back on the connection of the call", async () => {
    const standing = standIn((name, sent) =>
      name === "Z_X"
        ? { RETURN: [{ TYPE: sent["COUNT"] === 1 ? "E" : "W", ID: "ZC", NUMBER: "001", MESSAGE: "no" }] }
        : {},
    );
    const target = await build(standing, { commit: true });
    expect(await deliver(target, { COUNT: 2 })).toMatchObject({ end: "delivered" });
    expect(await deliver(target, { COUNT: 1 })).toMatchObject({
      end: "refused",
      status: 422,
      reply: { fault: { code: "ZC 001", text: "no", detail: [{ TYPE: "E" }] } },
    });
    expect(standing.seen.map(({ client, name, sent }) => [client, name, sent])).toEqual([
      [1, "Z_X", { COUNT: 2 }],
      [1, "BAPI_TRANSACTION_COMMIT", { WAIT: "X" }],
      [1, "Z_X", { COUNT: 1 }],
      [1, "BAPI_TRANSACTION_ROLLBACK", {}],
    ]);
    await target.close();
  });

  it("a refused logon opens the circuit, and is tried once", async () => {
    const standing = standIn(() => ({}));
    const target = await build(standing, { password: "falsch\n" });
    expect(await deliver(target, {})).toMatchObject({
      end: "unreachable",
      opens: true,
      status: 502,
      code: "TARGET_AUTH",
    });
    expect(standing.opened).toHaveLength(1);
    await target.close();
  });

  it("throws a connection away that broke", async () => {
    let broken = true;
    const standing = standIn(() => {
      if (!broken) return {};
      broken = false;
      // As node-rfc rejects: a plain object.
      return Promise.reject<SdkStructure>({ ...LOGON, group: 4, code: 1, key: "RFC_COMMUNICATION_FAILURE" });
    });
    const target = await build(standing);
    expect(await deliver(target, {})).toMatchObject({ end: "unreachable", unsure: true, status: 503 });
    expect(await deliver(target, {})).toMatchObject({ end: "delivered" });
    expect(standing.opened).toHaveLength(2);
    await target.close();
  });
});

describe("the error table", () => {
  const abap = {
    name: "ABAPError",
    message: "text with 4711",
    abapMsgClass: "SR",
    abapMsgNumber: "006",
    abapMsgV1: "4711",
  };
  it.each<[string, object, object]>([
    [
      "exception",
      { ...abap, group: 1, code: 5, key: "NOT_FOUND", abapMsgType: "E" },
      { end: "refused", status: 422, reply: { fault: { code: "NOT_FOUND" } } },
    ],
    [
      "message E",
      { ...abap, group: 2, code: 4, key: "", abapMsgType: "E" },
      {
        end: "refused",
        status: 422,
        reply: { fault: { code: "SR 006", detail: { type: "E", id: "SR", number: "006", variables: ["4711"] } } },
      },
    ],
    ["message A", { ...abap, group: 2, code: 4, key: "", abapMsgType: "A" }, { end: "refused", status: 502 }],
    ["message X", { ...abap, group: 2, code: 4, key: "", abapMsgType: "X" }, { end: "refused", status: 502 }],
    ["short dump", { ...abap, group: 2, code: 3, key: "COMPUTE_INT_ZERODIVIDE" }, { end: "refused", status: 502 }],
    [
      "no authority",
      { ...abap, group: 2, code: 3, key: "RFC_NO_AUTHORITY" },
      { end: "refused", status: 502, code: "TARGET_AUTH" },
    ],
    ["logon", LOGON, { end: "unreachable", opens: true, status: 502 }],
    [
      "line dead",
      { ...LOGON, group: 4, code: 1, key: "RFC_COMMUNICATION_FAILURE" },
      { end: "unreachable", unsure: true, status: 503 },
    ],
    [
      "cancelled",
      { ...LOGON, group: 5, code: 7, key: "RFC_CANCELED" },
      { end: "unreachable", unsure: true, status: 504 },
    ],
    [
      "time-out",
      { ...LOGON, group: 5, code: 8, key: "RFC_TIMEOUT" },
      { end: "unreachable", unsure: true, status: 504 },
    ],
    [
      "invalid parameter",
      { ...LOGON, group: 5, code: 20, key: "RFC_INVALID_PARAMETER" },
      { end: "refused", status: 400 },
    ],
    ["conversion", { ...LOGON, group: 5, code: 22, key: "RFC_CONVERSION_FAILURE" }, { end: "refused", status: 400 }],
    ["no such function", { ...LOGON, group: 5, code: 17, key: "FU_NOT_FOUND" }, { end: "refused", status: 502 }],
    ["node-rfc's own", { name: "nodeRfcError", message: "Buffer expected" }, { end: "refused", status: 400 }],
  ])("%s", (_what, cause, expected) => {
    const attempt = endOfSdk(cause, "Z_X at sap.example", true);
    expect(attempt).toMatchObject(expected);
    expect((attempt as { message: string }).message).not.toContain("4711");
  });
  it("knows that nothing was called where the connection was not opened", () => {
    const cause = { ...LOGON, group: 4, code: 1, key: "RFC_COMMUNICATION_FAILURE" };
    expect(endOfSdk(cause, "Z_X", false)).toMatchObject({ end: "unreachable", unsure: false, status: 503 });
  });
});

describe("where the SDK lacks", () => {
  it.each<[unknown, string]>([
    [
      Object.assign(new Error("libsapnwrfc.so: cannot open shared object file"), { code: "ERR_DLOPEN_FAILED" }),
      "SAP's NW RFC SDK cannot be loaded (libsapnwrfc)",
    ],
    [
      Object.assign(new Error("Cannot find module 'node-rfc'"), { code: "MODULE_NOT_FOUND" }),
      "the package node-rfc is not installed",
    ],
    [new Error("something else"), "the package node-rfc cannot be used"],
  ])("%s", (cause, what) => {
    expect(() =>
      sdkFor("deliver.rfc", () => {
        throw cause;
      }),
    ).toThrow(
      expect.objectContaining({ code: "OPTION_UNUSABLE", message: `deliver.rfc.via is sdk, but ${what}` }) as Error,
    );
  });

  it("finds the package in the folders of NODE_PATH, and tells a missing library from a missing package", () => {
    const load = new URL("../../src/adapters/rfc/sdk-load.ts", import.meta.url).href;
    const script = `const { loadSdk, sdkFor } = await import(${JSON.stringify(load)});
      try { console.log(Object.keys(sdkFor("deliver.rfc", loadSdk)).join()); } catch (cause) { console.log(cause.message); }`;
    const install = (source: string): string => {
      const at = mkdtempSync(join(folder, "modules-"));
      mkdirSync(join(at, "node-rfc"));
      writeFileSync(join(at, "node-rfc", "index.js"), source);
      return at;
    };
    const run = (path: string): string =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        env: { ...process.env, NODE_PATH: path },
        encoding: "utf8",
      }).trim();
    expect(run(install("exports.Client = class {}; exports.Server = class {};"))).toBe("Client,Server");
    // Node's own error for a library of the machine that is no library.
    const library = join(folder, "sapnwrfc.node");
    writeFileSync(library, "no library");
    expect(run(install(`process.dlopen({ exports: {} }, ${JSON.stringify(library)});`))).toContain(
      "NW RFC SDK cannot be loaded",
    );
    expect(run(folder)).toContain("node-rfc is not installed");
  });

  it.each([
    ["passwd: geheim", "holds passwd"],
    ["[1]", "is no list"],
    ["{", "neither YAML nor JSON"],
    ["ashost: [a]", "ashost is no text"],
  ])("a connection file %j is refused", async (text, what) => {
    writeFileSync(join(folder, "bad.yaml"), text);
    const building = build(
      standIn(() => ({})),
      { connection: "bad.yaml" },
    );
    await expect(building).rejects.toThrow(what);
    await expect(building).rejects.not.toThrow("geheim");
  });
});

describe("receive.rfc through node-rfc's shapes", () => {
  const given = {
    via: "sdk" as const,
    program: "STEG",
    connection: "sap.yaml",
    interfaces: ["x.json"],
    client: "100",
    user: "META",
    password: "pw",
  };
  const ended = (body: string): CallEnd => ({
    end: "answered",
    status: 200,
    headers: {},
    contentType: "application/json",
    body,
  });

  it("registers the functions, hands calls on and answers them", async () => {
    const standing = standIn(() => ({}));
    const face = await buildSdkFace(given, contextIn(folder), () => standing.sdk);
    expect(face.operations.map(({ name }) => name)).toEqual(["Z_X"]);
    const calls: [Call, string][] = [];
    const ends: CallEnd[] = [];
    const stopping = new AbortController();
    const listening = face.listen?.((call, caller) => {
      calls.push([call, caller]);
      return Promise.resolve(ends.shift() as CallEnd);
    }, stopping.signal);
    await pause(5);
    expect(standing.server).toBe("started");
    expect(standing.opened[0]).toEqual({
      serverConnection: { gwhost: "gw.example", gwserv: "sapgw00", program_id: "STEG" },
      clientConnection: { ashost: "sap.example", sysnr: "00", client: "100", user: "META", passwd: "pw" },
    });
    const handler = standing.handlers.get("Z_X");
    const request = {
      connection_attributes: { sysId: "T01", client: "100", user: "KASSE\n" },
      callType: "synchronous",
    };
    ends.push(ended('{"COUNT": 3, "AMOUNT": "9.99", "DATA": "aGk="}'));
    expect(await handler?.(request, { COUNT: 2, RAW: Buffer.from("x") })).toEqual({
      COUNT: 3,
      AMOUNT: "9.99",
      DATA: Buffer.from("hi"),
    });
    expect(calls[0]).toMatchObject([{ name: "Z_X", body: { COUNT: 2, RAW: "eA==" } }, "T01/100"]);

    ends.push(ended('{"RAW": "eA=="}'), ended("<xml/>"), {
      end: "failed",
      status: 503,
      code: "BRIDGE_SUNSET",
      title: "The bridge has ended",
      detail: "no",
      sender: false,
      headers: {},
    });
    await expect(handler?.(request, {})).rejects.toThrow("RFC_VALUE: parameter RAW is none of Z_X");
    await expect(handler?.(request, {})).rejects.toThrow("REPLY_INVALID");
    await expect(handler?.(request, {})).rejects.toThrow("BRIDGE_SUNSET: The bridge has ended");
    // What SAP promises to deliver once has no durable place here.
    await expect(handler?.({ ...request, callType: "queued" }, {})).rejects.toThrow("only synchronous");
    stopping.abort();
    await listening;
    expect(standing.server).toBe("stopped");
    expect(() => face.read({} as never)).toThrow("over RFC");
  });
});
