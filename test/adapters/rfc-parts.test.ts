// Parts of deliver.rfc and receive.rfc that need no server: types, interface files, options, sessions, and what goes through node-rfc
// as far as it can be looked at without SAP's SDK.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { rfcFace, rfcTarget } from "../../src/adapters/rfc/index.ts";
import { interfaceFromAnswer, structuresIn } from "../../src/adapters/rfc/interface-answer.ts";
import { readInterface } from "../../src/adapters/rfc/interface-file.ts";
import type { RfcOptions } from "../../src/adapters/rfc/options.ts";
import { abapText } from "../../src/adapters/rfc/scalars.ts";
import { resultsOf } from "../../src/adapters/rfc/results.ts";
import { readAnswer } from "../../src/adapters/rfc/soap-answer.ts";
import { createSession } from "../../src/adapters/rfc/soap-session.ts";
import { soapRequest } from "../../src/adapters/rfc/soap-request.ts";
import type { AbapType, Field } from "../../src/adapters/rfc/types.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { rfcOptions, USER_DETAIL } from "./rfc-surroundings.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-rfc-parts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

function field(type: AbapType, length?: number, decimals = 0): Field {
  return { name: "P", type, length, decimals, fields: [], line: undefined };
}

describe("values of ABAP's types", () => {
  it.each<[AbapType, number | undefined, string | number, string, number?]>([
    ["CHAR", 4, "0012", "0012"],
    ["CHAR", 4, 12, "12"],
    ["NUMC", 6, "12", "000012"],
    ["DATS", undefined, "20240229", "20240229"],
    ["DATS", undefined, "2024-02-29", "20240229"],
    ["DATS", undefined, "", "00000000"],
    ["TIMS", undefined, "23:59:59", "235959"],
    ["TIMS", undefined, "240000", "240000"],
    ["INT4", undefined, "-2147483648", "-2147483648"],
    ["INT1", undefined, 255, "255"],
    ["INT8", undefined, "9223372036854775807", "9223372036854775807"],
    ["BCD", 15, "-1234567890123.40", "-1234567890123.40", 2],
    ["BCD", 5, "12.500", "12.500", 2],
    ["DECFLOAT34", undefined, "1234567890123456789012345678901234", "1234567890123456789012345678901234"],
    ["RAW", 4, "3q2+7w==", "3q2+7w=="],
    ["XSTRING", undefined, "", ""],
  ])("%s(%s) takes %j", (type, length, value, expected, decimals) => {
    expect(abapText(field(type, length, decimals ?? 0), value, "P")).toBe(expected);
  });

  it.each<[AbapType, number | undefined, string | number | boolean | object]>([
    ["CHAR", 4, "12345"],
    ["CHAR", 4, true],
    ["CHAR", 4, ["a"]],
    ["CHAR", 4, "\u0007"],
    ["CHAR", 4, "\ud800"],
    ["NUMC", 6, "1234567"],
    ["NUMC", 6, "-1"],
    ["DATS", undefined, "20230229"],
    ["DATS", undefined, "2023-0229"],
    ["DATS", undefined, "31.12.2023"],
    ["DATS", undefined, "00010001"],
    ["TIMS", undefined, "12:3456"],
    ["TIMS", undefined, "250000"],
    ["INT4", undefined, "3147483648"],
    ["INT1", undefined, -1],
    ["INT4", undefined, 1.5],
    ["INT8", undefined, 9007199254740992],
    ["BCD", 5, "1234.5"],
    ["BCD", 5, "1.234"],
    ["BCD", 5, "1,50"],
    ["BCD", 5, 1e21],
    ["DECFLOAT16", undefined, "12345678901234567"],
    ["RAW", 4, "3q2+7wA="],
    ["RAW", 4, "3q2-7w=="],
  ])("%s(%s) refuses %j, without showing it", (type, length, value) => {
    let caught: unknown;
    try {
      abapText(field(type, length, 2), value as string, "ST.P");
    } catch (cause) {
      caught = cause;
    }
    expect(caught).toBeInstanceOf(BridgeError);
    const { code, message } = caught as BridgeError;
    expect(code).toBe("RFC_VALUE");
    expect(message).toContain("parameter ST.P ");
    // "is true or false" says its kind, as "is a list" does.
    const secret = typeof value === "string" ? value : "[";
    expect(message.replace("ST.P", "")).not.toContain(secret);
  });
});

describe("interface files", () => {
  it("CSV says the same as JSON", () => {
    const csv =
      "parameter;direction;field;type;length;decimals;optional;text\n" +
      "USERNAME;I;;CHAR;12;;;User name\n" +
      "# a structure in a structure\n" +
      "ADDRESS;E;NAME.FIRST;C;40;;;\n" +
      "RETURN;T;TYPE;C;1;;;\nRETURN;T;AMOUNT;P;15;2;;\n" +
      "NOT_FOUND;X;;;;;;\n";
    expect(readInterface(bytes(csv), "schemas/x.csv", "Z_X")).toEqual(
      readInterface(
        bytes({
          function: "Z_X",
          parameters: [
            { name: "USERNAME", direction: "I", type: "C", length: 12, text: "User name" },
            {
              name: "ADDRESS",
              direction: "E",
              fields: [{ name: "NAME", fields: [{ name: "FIRST", type: "C", length: 40 }] }],
            },
            {
              name: "RETURN",
              direction: "T",
              fields: [
                { name: "TYPE", type: "C", length: 1 },
                { name: "AMOUNT", type: "P", length: 15, decimals: 2 },
              ],
            },
          ],
          exceptions: ["NOT_FOUND"],
        }),
        "x.json",
        "Z_X",
      ),
    );
  });

  it.each<[string, unknown]>([
    ["no JSON", "{"],
    ["a list", []],
    ["no function", { parameters: [] }],
    ["another function", { function: "Z_Y" }],
    ["an unknown key", { function: "Z_X", parameters: [{ name: "A", direction: "I", type: "C", size: 3 }] }],
    ["an unknown type", { function: "Z_X", parameters: [{ name: "A", direction: "I", type: "Q" }] }],
    [
      "a name twice",
      {
        function: "Z_X",
        parameters: [
          { name: "A", direction: "I", type: "C" },
          { name: "A", direction: "E", type: "C" },
        ],
      },
    ],
    ["a name of no ABAP", { function: "Z_X", parameters: [{ name: "__proto__", direction: "I", type: "C" }] }],
    ["too deep", { function: "Z_X", parameters: [deepField(40)] }],
  ])("refuses %s", (_what, value) => {
    expect(() => readInterface(bytes(value), "x.json", "Z_X")).toThrow(
      expect.objectContaining({
        code: "OPTION_UNUSABLE",
        message: expect.stringContaining("x.json") as string,
      }) as Error,
    );
  });

  it("is made of SAP's own answers", async () => {
    const envelope = (name: string, inner: string): Uint8Array =>
      bytes(
        `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><u:${name}.Response xmlns:u="urn:sap-com:document:sap:rfc:functions">${inner}</u:${name}.Response></e:Body></e:Envelope>`,
      );
    const row = (fields: Record<string, string>): string =>
      `<item>${Object.entries(fields)
        .map(([name, value]) => `<${name}>${value}</${name}>`)
        .join("")}</item>`;
    const answer = envelope(
      "RFC_GET_FUNCTION_INTERFACE",
      `<PARAMS>${[
        {
          PARAMCLASS: "I",
          PARAMETER: "USERNAME",
          TABNAME: "BAPIBNAME",
          FIELDNAME: "BAPIBNAME",
          EXID: "C",
          INTLENGTH: "000012",
          DECIMALS: "000000",
          OPTIONAL: "",
          PARAMTEXT: "User Name",
        },
        { PARAMCLASS: "I", PARAMETER: "AMOUNT", EXID: "P", INTLENGTH: "000008", DECIMALS: "000002", OPTIONAL: "X" },
        { PARAMCLASS: "E", PARAMETER: "ADDRESS", TABNAME: "BAPIADDR3", EXID: "u", INTLENGTH: "002400" },
        { PARAMCLASS: "T", PARAMETER: "RETURN", TABNAME: "BAPIRET2", EXID: "h" },
        { PARAMCLASS: "X", PARAMETER: "NOT_FOUND" },
      ]
        .map(row)
        .join("")}</PARAMS>`,
    );
    expect(await structuresIn(answer)).toEqual(["BAPIADDR3", "BAPIRET2"]);
    const fields = envelope(
      "DDIF_FIELDINFO_GET",
      `<DFIES_TAB>${[
        { FIELDNAME: "TYPE", INTTYPE: "C", LENG: "000001", DECIMALS: "000000" },
        { FIELDNAME: "NUMBER", INTTYPE: "N", LENG: "000003", DECIMALS: "000000" },
        { FIELDNAME: "ROW", INTTYPE: "I", LENG: "000010", DECIMALS: "000000" },
      ]
        .map(row)
        .join("")}</DFIES_TAB>`,
    );
    const made = await interfaceFromAnswer("BAPI_X", answer, new Map([["BAPIRET2", fields]]));
    expect(made).toEqual({
      function: "BAPI_X",
      parameters: [
        { name: "USERNAME", direction: "I", type: "CHAR", length: 12, text: "User Name" },
        { name: "AMOUNT", direction: "I", type: "BCD", length: 15, decimals: 2, optional: true },
        { name: "ADDRESS", direction: "E", type: "STRUCTURE" },
        {
          name: "RETURN",
          direction: "T",
          type: "TABLE",
          fields: [
            { name: "TYPE", type: "CHAR", length: 1 },
            { name: "NUMBER", type: "NUMC", length: 3 },
            { name: "ROW", type: "INT4" },
          ],
        },
      ],
      exceptions: ["NOT_FOUND"],
    });
    expect(readInterface(bytes(made), "x.json", "BAPI_X").parameters).toHaveLength(4);
  });

  it("gives the operation for OpenAPI and the check", async () => {
    writeFileSync(join(folder, "user.json"), JSON.stringify({ ...USER_DETAIL, exceptions: ["NOT_FOUND"] }));
    const given = { via: "soap", function: "BAPI_USER_GET_DETAIL", interface: "user.json" } as const;
    const [operation] = (await rfcTarget.operations?.(given as never, contextIn(folder))) ?? [];
    expect(operation).toMatchObject({
      name: "BAPI_USER_GET_DETAIL",
      input: {
        properties: {
          USERNAME: { type: "string", maxLength: 12, description: "User name" },
          PROFILES: { type: "array", items: { properties: { BAPIPROF: { maxLength: 12 } } } },
        },
        required: ["USERNAME"],
        additionalProperties: false,
      },
      output: {
        properties: {
          LOGONDATA: { type: "object", properties: { GLTGV: { pattern: "^([0-9]{8})?$" } } },
          RETURN: { items: { properties: { ROW: { type: "integer", minimum: -2_147_483_648 } } } },
        },
      },
      faults: [{ name: "NOT_FOUND" }],
    });
    expect(Object.keys(operation?.input["properties"] as object)).not.toContain("ADDRESS");
    const open = await rfcTarget.operations?.({ via: "soap", function: "Z_X" } as never, contextIn(folder));
    expect(open).toEqual([{ name: "Z_X", input: { type: "object" }, output: { type: "object" } }]);
  });
});

function deepField(depth: number): object {
  let inner: object = { name: "A", type: "C" };
  for (let at = 0; at < depth; at++) inner = { name: "A", fields: [inner] };
  return { ...inner, direction: "I" };
}

describe("options", () => {
  const refusals = (more: Partial<RfcOptions>): string[] => {
    const found: string[] = [];
    const given = Object.fromEntries(
      Object.entries(rfcOptions("https://sap.example", "Z_X", more)).filter(([, value]) => value !== undefined),
    );
    rfcTarget.check?.(given as RfcOptions, (option) => void found.push(option));
    return found;
  };
  it.each<[string[], Partial<RfcOptions>]>([
    [[], {}],
    [["function"], { function: "z_lower" }],
    [["function"], { function: "Z_X/>" }],
    [["url"], { url: "ftp://sap.example" }],
    [["url"], { url: "https://u:p@sap.example" }],
    [["url"], { url: undefined }],
    [["user"], { user: "a:b" }],
    [["user"], { password: undefined }],
    [["password", "user"], { user: undefined }],
    [["cert"], { cert: "c.pem" }],
    [["tables"], { tables: ["a b"] }],
    [["connection"], { connection: "sap.yaml" }],
    [["connection", "url"], { via: "sdk" }],
    [[], { via: "sdk", connection: "sap.yaml", url: undefined }],
  ])("refuses %j of %j", (expected, more) => {
    expect(refusals(more)).toEqual(expected);
  });

  it("values of the bridge file never write XML of their own", () => {
    const request = soapRequest(
      { function: "/ACME/CALL", interface: undefined, tables: ["T1"], dates: "compact" },
      { A: "</A><B>x</B>", "/ACME/F": ["]]>", "&#0;"] },
      "open",
    );
    expect(request).toContain(
      "<A>&lt;/A&gt;&lt;B&gt;x&lt;/B&gt;</A><_-ACME_-F><item>]]&gt;</item><item>&amp;#0;</item></_-ACME_-F><T1/>",
    );
    expect(request).toContain("<urn:_-ACME_-CALL xmlns:urn=");
    expect(request).toContain("<enableSession>true</enableSession>");
  });
});

describe("whatever SAP answers", () => {
  const good = `<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><u:Z_X.Response xmlns:u="urn:sap-com:document:sap:rfc:functions"><A>1</A><T><item><B>ü&amp;</B></item></T><RETURN><TYPE>E</TYPE></RETURN></u:Z_X.Response></e:Body></e:Envelope>`;
  const bad = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>x</faultstring><detail><rfc:Error xmlns:rfc="u"><type>SYSTEM_FAILURE</type><message>m</message></rfc:Error></detail></e:Fault></e:Body></e:Envelope>`;
  it("ends in an answer or in REPLY_INVALID, never in anything else", async () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      "&",
      "</A>",
      "<item>",
      "<!DOCTYPE x>",
      "<![CDATA[",
      "]]>",
      "\u0000",
      "&#0;",
      "<__proto__/>",
      "<?x?>",
      'encoding="x"',
      "é",
    );
    const edit = fc.record({ at: fc.nat(600), cut: fc.nat(40), piece });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<string>(good, bad),
        fc.array(edit, { maxLength: 4 }),
        fc.boolean(),
        async (text, edits, latin) => {
          const mutated = edits.reduce(
            (all, { at, cut, piece: put }) => all.slice(0, at) + put + all.slice(at + cut),
            text,
          );
          const said = await readAnswer(Buffer.from(mutated, latin ? "latin1" : "utf8"), undefined, "Z_X").then(
            ({ kind }) => kind,
            (cause: unknown) => `${(cause as BridgeError).code}: ${(cause as BridgeError).message}`,
          );
          expect(said).toMatch(/^(?:response|exception|fault|REPLY_INVALID: the answer .+)$/u);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("in UTF-16 and Latin-1, where it says so, is read", async () => {
    const latin = Buffer.from(good.replace("utf-8", "iso-8859-1"), "latin1");
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good.replace("utf-8", "utf-16"), "utf16le")]);
    for (const each of [latin, wide, Buffer.from(good)]) {
      const answer = await readAnswer(each, "text/xml", "Z_X");
      expect(answer).toMatchObject({ kind: "response" });
      const { parameters } = answer as Extract<typeof answer, { kind: "response" }>;
      expect(resultsOf(parameters, undefined, [])).toEqual({ A: "1", T: [{ B: "ü&" }], RETURN: { TYPE: "E" } });
    }
  });
});

describe("cookies of a session", () => {
  it("keeps what SAP sets, forgets what it ends, and takes nothing that could write a header", () => {
    const session = createSession();
    expect(session.cookie).toBeUndefined();
    session.remember([
      "sap-contextid=SID%3aANON; path=/; HttpOnly",
      "MYSAPSSO2=AjEx==; path=/",
      "evil=a\r\nx: y",
      "b=c d",
    ]);
    expect(session.cookie).toBe("sap-contextid=SID%3aANON; MYSAPSSO2=AjEx==");
    session.remember("MYSAPSSO2=; Max-Age=0");
    expect(session.cookie).toBe("sap-contextid=SID%3aANON");
    session.remember(Array.from({ length: 100 }, (_, at) => `n${at}=1`));
    expect(session.cookie?.split("; ")).toHaveLength(30);
  });
});

describe("via: sdk without the SDK", () => {
  it("says what to install where, when a bridge is built", async () => {
    writeFileSync(join(folder, "sap.yaml"), "ashost: sap.example\nsysnr: '00'\n");
    const given = { ...rfcOptions("", "Z_X", { via: "sdk", connection: "sap.yaml" }) };
    const written = Object.fromEntries(
      Object.entries(given).filter(([name, value]) => value !== undefined && name !== "url"),
    );
    await expect(rfcTarget.build(written as RfcOptions, contextIn(folder))).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
      message: "deliver.rfc.via is sdk, but the package node-rfc is not installed",
      hint: expect.stringContaining("NODE_PATH") as string,
    });
    writeFileSync(join(folder, "user.json"), JSON.stringify(USER_DETAIL));
    const server = { via: "sdk", program: "STEG", connection: "sap.yaml", interfaces: ["user.json"] };
    await expect(rfcFace.build(server as never, contextIn(folder))).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
      message: "receive.rfc.via is sdk, but the package node-rfc is not installed",
    });
  });
});
