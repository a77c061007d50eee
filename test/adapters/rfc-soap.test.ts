// deliver.rfc, via: soap, against an SAP system played by PHP (test/peers/sap-soap-rfc.php): values both ways, how each kind of
// answer ends, commit and rollback in one session, and what a hostile server may try.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import type { Attempt, Value } from "../../src/core/contract.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { lacksPhp, startSap, type SapCall, type SapPeer } from "../peers/sap-soap-rfc.ts";
import { callOf, deliver, rfcParcel, room, TYPES, USER_DETAIL } from "./rfc-surroundings.ts";

const lacksOpenssl = spawnSync("openssl", ["version"]).error ? "there is no openssl" : undefined;
const never = new AbortController().signal;

describeNeeding("php", lacksPhp(), "deliver.rfc over SOAP-RFC", () => {
  const place = room();
  let sap: SapPeer;
  beforeAll(async () => {
    place.write("schemas/user.json", USER_DETAIL);
    place.write("schemas/types.json", TYPES);
    sap = await startSap();
  });
  afterAll(async () => {
    await place.close();
    await sap.close();
  });
  const last = (): SapCall | undefined => sap.calls().at(-1);

  describe("a call", () => {
    it("reads a user: structures, tables with their empty tags, dates, messages W and S", async () => {
      const target = await place.build(sap.origin, "BAPI_USER_GET_DETAIL", { interface: "schemas/user.json" });
      const attempt = await deliver(target, { USERNAME: "MUSTER" });
      expect(attempt).toMatchObject({
        end: "delivered",
        reply: {
          status: 200,
          contentType: "application/json",
          body: {
            ADDRESS: { FIRSTNAME: "Erika & Max", LASTNAME: "Muster", POSTL_COD1: "01067" },
            LOGONDATA: { GLTGV: "20260131", GLTGB: "00000000", LTIME: "083000" },
            ISLOCKED: "",
            PROFILES: [{ BAPIPROF: "S_A.SHOW" }, { BAPIPROF: "Z_/X" }],
            RETURN: [
              { TYPE: "S", ID: "01", NUMBER: "000", ROW: 0 },
              { TYPE: "W", NUMBER: "099" },
            ],
          },
        },
      });
      const { reply } = attempt as Extract<Attempt, { end: "delivered" }>;
      expect(JSON.parse(Buffer.from(reply?.bytes ?? []).toString())).toEqual(reply?.body);
      expect(last()).toMatchObject({
        sent: { USERNAME: "MUSTER", PROFILES: "", RETURN: "" },
        language: "DE",
        headers: { traceparent: callOf().traceparent, "content-type": "text/xml; charset=utf-8", soapaction: '""' },
      });
      expect(last()?.headers).not.toHaveProperty("x-steg-bridge");
      expect(last()?.headers).not.toHaveProperty("idempotency-key");
    });

    it("asks for the tables that it is told to, without an interface", async () => {
      const target = await place.build(sap.origin, "BAPI_USER_GET_DETAIL", { tables: ["RETURN"] });
      const attempt = await deliver(target, { USERNAME: "MUSTER" });
      expect(attempt).toMatchObject({ end: "delivered", reply: { body: { RETURN: [{ TYPE: "S" }, { TYPE: "W" }] } } });
      expect((attempt as { reply: { body: object } }).reply.body).not.toHaveProperty("PROFILES");
    });

    it("carries every type as it says", async () => {
      const target = await place.build(sap.origin, "Z_TYPES", { interface: "schemas/types.json" });
      const expected = {
        CHAR10: "  00012 x ",
        NUMC6: "001234",
        INT: -5,
        BIG: "9007199254740993",
        AMOUNT: "-1234567890123.45",
        RAW: "3q2+7w==",
        EMPTY: "",
        LINES: [],
        ST: { A: 1, B: ["x", "y"] },
      };
      expect(await deliver(target, {})).toMatchObject({ end: "delivered", reply: { body: expected } });
      const untyped = await place.build(sap.origin, "Z_TYPES", { tables: ["LINES"] });
      expect(await deliver(untyped, {})).toMatchObject({
        reply: { body: { INT: "5-", LINES: [], ST: { A: "1", B: ["x", "y"] }, EMPTY: "" } },
      });
    });

    it("writes and reads names with slashes", async () => {
      const target = await place.build(sap.origin, "/ACME/CALL");
      expect(await deliver(target, { "/ACME/FIELD": "<&\"'>" })).toMatchObject({
        end: "delivered",
        reply: { body: { "/ACME/FIELD": "<&\"'>" } },
      });
      expect(last()?.function).toBe("/ACME/CALL");
    });

    it("brings back what it sent, whatever its characters", async () => {
      const target = await place.build(sap.origin, "Z_ECHO");
      const message = {
        TEXT: "ä€😀\u00A0 Zeile 1\r\nZeile 2\t]]>&lt;",
        LINES: ["", "a", " b "],
        DEEP: { A: { B: [{ C: "1" }, { C: "02" }] } },
        NUMBER: 12,
      };
      expect(await deliver(target, message)).toMatchObject({
        end: "delivered",
        reply: { body: { ...message, NUMBER: "12" } },
      });
    });

    it("brings back any text, any depth, through the XML of another implementation", async () => {
      const target = await place.build(sap.origin, "Z_ECHO");
      const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/u).filter((each) => each !== "ITEM");
      // Two spaces and line ends stay; a text of nothing else comes back as it went, too.
      const text = fc
        .string({ unit: "binary", maxLength: 30 })
        .filter((each) => !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(each));
      const { value } = fc.letrec((tie) => ({
        value: fc.oneof({ maxDepth: 4 }, text, tie("structure"), tie("table")),
        structure: fc.dictionary(name, tie("value"), { minKeys: 1, maxKeys: 4 }),
        table: fc.array(tie("value"), { minLength: 1, maxLength: 4 }),
      }));
      const message = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 });
      await fc.assert(
        fc.asyncProperty(message, async (given) => {
          const attempt = await deliver(target, given as Value);
          expect(attempt).toMatchObject({ end: "delivered" });
          expect((attempt as { reply: { body: Value } }).reply.body).toEqual(given);
        }),
        { numRuns: 60 },
      );
    });

    it("speaks to a service of SOAMANAGER, with its dates", async () => {
      place.write("schemas/service.json", {
        function: "Z_SERVICE",
        parameters: [
          { name: "DAY", direction: "C", type: "D" },
          { name: "AT", direction: "E", type: "T" },
          { name: "SEEN", direction: "E", type: "g" },
        ],
      });
      const url = `${sap.origin}/sap/bc/srt/rfc/sap/z_service`;
      const target = await place.build(url, "Z_SERVICE", { interface: "schemas/service.json", dates: "iso" });
      expect(await deliver(target, { DAY: "20261121" })).toMatchObject({
        end: "delivered",
        reply: { body: { DAY: "20261121", AT: "102500", SEEN: "2026-11-21" } },
      });
    });

    it("tells a drop's origin, and a caller's own key and headers", async () => {
      const target = await place.build(sap.origin, "Z_ECHO");
      const parcel = rfcParcel({ A: "1" });
      expect(await target.deliver(parcel, never)).toMatchObject({ end: "delivered", reply: { body: { A: "1" } } });
      expect(last()?.headers).toMatchObject({ "idempotency-key": parcel.key, "x-steg-drop": "drop-1" });
      const headers = { "x-ticket": "T-1", authorization: "Basic eA==", cookie: "a=b", "x-bad": "a\r\nx-evil: 1" };
      await deliver(target, { A: "1" }, callOf({ idempotencyKey: "k-1", headers }));
      expect(last()?.headers).toMatchObject({ "idempotency-key": "k-1", "x-ticket": "T-1" });
      for (const name of ["cookie", "x-bad", "x-evil"]) expect(last()?.headers).not.toHaveProperty(name);
    });
  });

  describe("how it ends", () => {
    const cases: [name: string, expected: object][] = [
      [
        "Z_EXCEPTION",
        {
          end: "refused",
          status: 422,
          code: "RFC_FAILED",
          detail: "Nothing there",
          reply: {
            fault: {
              code: "NOT_FOUND",
              text: "Nothing there",
              detail: { id: "ZZ", number: "042", variables: ["4711"] },
            },
          },
        },
      ],
      ["Z_EXCEPTION_500", { end: "refused", status: 422, reply: { status: 500, fault: { code: "LOCKED" } } }],
      ["Z_DUMP", { end: "refused", status: 502, reply: { fault: { code: "SYSTEM_FAILURE" } } }],
      ["Z_DUMP_HTML", { end: "refused", status: 502 }],
      [
        "Z_MESSAGE_E",
        { end: "refused", status: 422, reply: { fault: { text: "Changes are not permitted in this client" } } },
      ],
      ["Z_MESSAGE_X", { end: "refused", status: 502 }],
      ["Z_NO_AUTHORITY", { end: "refused", status: 502, code: "TARGET_AUTH" }],
      ["Z_PARAMETER", { end: "refused", status: 400 }],
      ["Z_PARTNER", { end: "retry", status: 503 }],
      ["Z_BUSY", { end: "retry", status: 503, after: 7_000 }],
      ["Z_NOWHERE", { end: "refused", status: 502, reply: { fault: { code: "FUNCTION_NOT_FOUND" } } }],
      ["Z_LOGON", { end: "unreachable", opens: true, unsure: false, status: 502, code: "TARGET_AUTH" }],
      ["Z_LOGON_PAGE", { end: "unreachable", opens: true, unsure: false, status: 502 }],
      ["Z_OTHER_ANSWER", { end: "refused", status: 502, code: "REPLY_INVALID" }],
      ["Z_DOCTYPE", { end: "refused", status: 502, code: "REPLY_INVALID" }],
      ["Z_DEEP", { end: "refused", status: 502, code: "REPLY_INVALID" }],
    ];
    it.each(cases)("%s", async (name, expected) => {
      const attempt = await deliver(await place.build(sap.origin, name), {});
      expect(attempt).toMatchObject(expected);
      // What a service says in words stands in detail and fault, never in the message.
      expect((attempt as { message: string }).message).not.toMatch(/4711|Division|permitted|Nothing there/u);
    });

    it("a page of HTML with 401 opens the circuit, and tries once", async () => {
      const before = sap.calls().length;
      const target = await place.build(sap.origin, "Z_ECHO", { password: "falsch" });
      expect(await deliver(target, {})).toMatchObject({
        end: "unreachable",
        opens: true,
        status: 502,
        code: "TARGET_AUTH",
      });
      const committing = await place.build(sap.origin, "Z_CREATE", { password: "falsch", commit: true });
      expect(await deliver(committing, {})).toMatchObject({ end: "unreachable", opens: true });
      expect(sap.calls().slice(before)).toEqual([{ logon: "refused" }, { logon: "refused" }]);
    });

    it("many calls at once with a wrong password are one failed logon", async () => {
      const before = sap.calls().length;
      const target = await place.build(sap.origin, "Z_ECHO", { password: "falsch" });
      const ends = await Promise.all(Array.from({ length: 20 }, () => deliver(target, {})));
      expect(ends.every((each) => each.end === "unreachable" && each.opens === true && !each.unsure)).toBe(true);
      expect(sap.calls().slice(before)).toEqual([{ logon: "refused" }]);
      // One that is right lets all go on, side by side.
      const good = await place.build(sap.origin, "Z_SLOW", { connections: 4 });
      const began = performance.now();
      const slow = await Promise.all(Array.from({ length: 5 }, () => deliver(good, { MILLISECONDS: 400 })));
      expect(slow.every(({ end }) => end === "delivered")).toBe(true);
      // Two rounds of 400 ms; one after the other they would be five.
      expect(performance.now() - began).toBeLessThan(1_800);
    });

    it("403 and 404 wait for somebody to mend the bridge", async () => {
      expect(await deliver(await place.build(sap.origin, "Z_ECHO", { client: "999" }), {})).toMatchObject({
        end: "retry",
        status: 502,
        code: "TARGET_AUTH",
      });
      expect(await deliver(await place.build(`${sap.origin}/elsewhere`, "Z_ECHO"), {})).toMatchObject({
        end: "retry",
        status: 502,
      });
    });

    it("no answer in time is unsure, nobody there is not", async () => {
      const slow = await place.build(sap.origin, "Z_SLOW", { timeout: 200 });
      expect(await deliver(slow, { MILLISECONDS: 1_500 })).toMatchObject({
        end: "unreachable",
        unsure: true,
        status: 504,
      });
      const nobody = await place.build("http://127.0.0.1:9", "Z_SLOW");
      expect(await deliver(nobody, {})).toMatchObject({ end: "unreachable", unsure: false, status: 503 });
    });

    it("an answer longer than the caller may hear", async () => {
      const target = await place.build(sap.origin, "Z_LONG");
      expect(await deliver(target, { SIZE: 5_000 }, callOf({ mostReply: 4_000 }))).toMatchObject({
        end: "refused",
        code: "REPLY_TOO_LARGE",
        status: 502,
      });
      expect(await deliver(target, { SIZE: 200_000 })).toMatchObject({ end: "delivered" });
      // Out of a drop nobody waits for it: the message went, and what is too long for formulas is left out.
      const dropped = await target.deliver(rfcParcel({ SIZE: 200_000 }), never);
      expect(dropped).toMatchObject({ end: "delivered", reply: { status: 200 } });
      expect((dropped as { reply: object }).reply).not.toHaveProperty("body.TEXT");
    });
  });

  describe("BAPIRET2, commit and rollback", () => {
    const creating = { tables: [], commit: true };
    const since = (from: number): readonly SapCall[] => sap.calls().slice(from);

    it.each(["S", "W", "I", ""])(
      "%j is committed in the session of the call, and waits for the update",
      async (type) => {
        const before = sap.calls().length;
        const target = await place.build(sap.origin, "Z_CREATE", creating);
        const attempt = await deliver(target, { DOCUMENT: `doc-${type}`, RESULT: type });
        expect(attempt).toMatchObject({
          end: "delivered",
          reply: { body: { NUMBER: "0000004711", RETURN: { TYPE: type, MESSAGE: `Result ${type}` } } },
        });
        const [create, commit] = since(before);
        expect(create).toMatchObject({ function: "Z_CREATE", enable: "true" });
        expect(commit).toMatchObject({ function: "BAPI_TRANSACTION_COMMIT", sent: { WAIT: "X" }, enable: "false" });
        expect(commit?.session).toBe(create?.session);
        expect(since(before)).toHaveLength(2);
        expect(sap.stored()).toContain(`doc-${type}`);
      },
    );

    it.each(["E", "A"])("%s is rolled back and refused, with all messages", async (type) => {
      const before = sap.calls().length;
      const target = await place.build(sap.origin, "Z_CREATE", creating);
      expect(await deliver(target, { DOCUMENT: `bad-${type}`, RESULT: type })).toMatchObject({
        end: "refused",
        status: 422,
        code: "RFC_FAILED",
        reply: { status: 200, fault: { code: "ZC 007", text: `Result ${type}`, detail: { TYPE: type } } },
      });
      const [create, rollback] = since(before);
      expect(rollback).toMatchObject({ function: "BAPI_TRANSACTION_ROLLBACK", enable: "false" });
      expect(rollback?.session).toBe(create?.session);
      expect(sap.stored()).not.toContain(`bad-${type}`);
    });

    it("an exception is rolled back, too", async () => {
      const before = sap.calls().length;
      const target = await place.build(sap.origin, "Z_CREATE", creating);
      expect(await deliver(target, { RESULT: "RAISE" })).toMatchObject({ end: "refused", status: 422 });
      expect(since(before).map((each) => each.function)).toEqual(["Z_CREATE", "BAPI_TRANSACTION_ROLLBACK"]);
    });

    it("without commit nothing follows, and no session is asked for", async () => {
      const before = sap.calls().length;
      const target = await place.build(sap.origin, "Z_CREATE", { commit: false });
      expect(await deliver(target, { DOCUMENT: "alone" })).toMatchObject({ end: "delivered" });
      expect(since(before)).toMatchObject([{ function: "Z_CREATE", session: null, enable: null }]);
    });

    it("a commit that fails, or does not answer, is no delivery", async () => {
      const target = await place.build(sap.origin, "Z_CREATE", { ...creating, timeout: 1_000 });
      expect(await deliver(target, { DOCUMENT: "FAILS" })).toMatchObject({
        end: "refused",
        status: 502,
        reply: { fault: { code: "S1 150" } },
      });
      expect(await deliver(target, { DOCUMENT: "SLOW" })).toMatchObject({
        end: "unreachable",
        unsure: true,
        status: 504,
      });
    });

    it("does not take a commit in another session for one", async () => {
      const before = sap.calls().length;
      const target = await place.build(`${sap.origin}/sap/bc/soap/rfc?nosession=1`, "Z_CREATE", creating);
      expect(await deliver(target, { DOCUMENT: "lost" })).toMatchObject({ end: "refused", status: 502 });
      expect(since(before)).toHaveLength(1);
    });

    it("keeps sessions of calls at the same time apart", async () => {
      const target = await place.build(sap.origin, "Z_CREATE", creating);
      const results = ["S", "E", "S", "E", "S"];
      const ends = await Promise.all(
        results.map((type, at) => deliver(target, { DOCUMENT: `many-${at}`, RESULT: type })),
      );
      expect(ends.map(({ end }) => end)).toEqual(["delivered", "refused", "delivered", "refused", "delivered"]);
      expect(
        sap
          .stored()
          .filter((each) => each.startsWith("many-"))
          .toSorted(),
      ).toEqual(["many-0", "many-2", "many-4"]);
    });
  });
});

describeNeeding("openssl", lacksOpenssl, "deliver.rfc over TLS", () => {
  const place = room();
  const made: Receiver[] = [];
  afterAll(async () => {
    await Promise.all(made.map((each) => each.close()));
    await place.close();
  });
  const answered = (name: string): string =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><u:${name}.Response xmlns:u="urn:sap-com:document:sap:rfc:functions"><A>1</A></u:${name}.Response></e:Body></e:Envelope>`;

  it("shows the bridge's certificate instead of a password, and trusts its own authority only", async () => {
    const authority = makeAuthority(join(place.folder, "ca"));
    const server = authority.issue("server");
    const client = authority.issue("steg");
    place.write("ca.pem", authority.ca.toString());
    place.write("client.pem", client.cert.toString());
    const sap = await startReceiver({
      tls: { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    });
    made.push(sap);
    sap.rule = () => ({ status: 200, headers: { "content-type": "text/xml" }, body: answered("Z_X") });
    const origin = sap.origin.replace("127.0.0.1", "localhost");
    const bare = { user: undefined, password: undefined, cert: "client.pem", key: client.key.toString() };
    const target = await place.build(origin, "Z_X", { ...bare, ca: "ca.pem" });
    expect(await deliver(target, {})).toMatchObject({ end: "delivered", reply: { body: { A: "1" } } });
    expect(sap.heard[0]?.headers.authorization).toBeUndefined();
    expect(sap.heard[0]?.path).toBe("/sap/bc/soap/rfc?sap-client=100&sap-language=DE");
    const strange = await place.build(origin, "Z_X", bare);
    expect(await deliver(strange, {})).toMatchObject({ end: "unreachable", unsure: false, status: 503 });
  });

  it("follows no redirect, and hears no more than it may", async () => {
    const sap = await startReceiver();
    made.push(sap);
    const target = await place.build(sap.origin, "Z_X", { timeout: 500 });
    sap.script.push(
      { status: 302, headers: { location: "https://evil.example/" } },
      { status: 307, headers: { location: `${sap.origin}/other` } },
      { instead: "half" },
      { instead: "hang" },
      { status: 200, headers: { "content-type": "text/xml" }, body: "<a/>" },
      {
        status: 200,
        headers: { "content-type": "text/xml; charset=utf-8" },
        body: Buffer.from([0x3c, 0x61, 0xff, 0x3e]),
      },
      { status: 204 },
    );
    const ends = [];
    for (let at = 0; at < 7; at++) ends.push(await deliver(target, {}));
    expect(ends).toMatchObject([
      { end: "retry", status: 502 },
      { end: "retry", status: 502 },
      { end: "unreachable", unsure: true },
      { end: "unreachable", unsure: true, status: 504 },
      { end: "refused", code: "REPLY_INVALID", status: 502 },
      { end: "refused", code: "REPLY_INVALID", status: 502 },
      { end: "refused", code: "REPLY_INVALID", status: 502 },
    ]);
  });
});

describe("deliver.rfc without a server", () => {
  it("refuses what a message must not hold before it is sent", async () => {
    const place = room();
    try {
      place.write("schemas/user.json", USER_DETAIL);
      const target = await place.build("http://127.0.0.1:9", "BAPI_USER_GET_DETAIL", {
        interface: "schemas/user.json",
      });
      const refused = async (message: object | string): Promise<string> => {
        const attempt = await deliver(target, message as never);
        expect(attempt).toMatchObject({ end: "refused", status: 400, code: "RFC_VALUE" });
        return (attempt as { message: string }).message;
      };
      expect(await refused("{")).toContain("no JSON");
      expect(await refused([{ USERNAME: "A" }])).toContain("without batch");
      expect(await refused({ USERNAME: "TOO LONG TO FIT" })).toBe(
        "parameter USERNAME is longer than its 12 characters",
      );
      expect(await refused({})).toBe("parameter USERNAME is required, but the message has none");
      expect(await refused({ USERNAME: "A", ADDRESS: {} })).toContain("ADDRESS is an answer");
      expect(await refused({ USERNAME: "A", NAME: "geheim" })).toBe("parameter NAME is none of BAPI_USER_GET_DETAIL");
      expect(await refused({ USERNAME: "A", "x geheim": "" })).not.toContain("geheim");
      expect(await refused({ USERNAME: "A", PROFILES: {} })).toContain("PROFILES is a table and takes a list");
      expect(await refused({ USERNAME: "A", PROFILES: [{ BAPIPROF: "X" }, { NO: "1" }] })).toContain("PROFILES[2].NO");
      expect(await refused({ USERNAME: true })).toContain('ABAP has "X" and ""');
      expect(await refused({ USERNAME: "a\u0000" })).toContain("control character");
    } finally {
      await place.close();
    }
  });
});
