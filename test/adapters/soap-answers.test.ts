// What each kind of answer of a SOAP service means, and what hostile ones cannot do.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Attempt, Target } from "../../src/core/contract.ts";
import { contextIn, patternOf } from "../conformance/surroundings.ts";
import { contracts } from "../peers/php-soap-server.ts";
import { startReceiver, type Behaviour, type Receiver } from "../peers/receiver.ts";
import { ask, buildSoap, callOf, replyOf } from "./soap-target.ts";

const S11 = "http://schemas.xmlsoap.org/soap/envelope/";
const S12 = "http://www.w3.org/2003/05/soap-envelope";
const XML = { "content-type": "text/xml; charset=utf-8" };

const envelope = (body: string, header = "", ns = S11): string =>
  `<?xml version="1.0"?><e:Envelope xmlns:e="${ns}" xmlns:h="urn:example:hunde">${header}<e:Body>${body}</e:Body></e:Envelope>`;
const EMPTY = "<h:LeseHundResponse/>";
const fault11 = (code: string, text: string, detail = ""): string =>
  envelope(`<e:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring>${detail}</e:Fault>`);

let receiver: Receiver;
let target: Target;
beforeEach(async () => {
  receiver = await startReceiver();
  target = await buildSoap("hunde.wsdl", receiver.origin, { operation: patternOf("LeseHund", "raw") });
});
afterEach(async () => {
  await target.close();
  await receiver.close();
});

function answerWith(behaviour: Behaviour): Promise<Attempt> {
  receiver.script.push({ accept: false, headers: XML, ...behaviour });
  return ask(target, { kennzeichen: "004711" });
}

describe("an answer", () => {
  it("of the operation is delivered, with a BOM, in another encoding, with blanks around", async () => {
    expect(replyOf(await answerWith({ status: 200, body: `\ufeff${envelope(EMPTY)}\n` }))).toEqual({});
    const latin = Buffer.from(
      envelope("<h:LeseHundResponse><h:hund status='gesch\u00fctzt'/></h:LeseHundResponse>"),
      "latin1",
    );
    const headers = { "content-type": "text/xml; charset=ISO-8859-1" };
    expect(replyOf(await answerWith({ status: 200, headers, body: latin }))).toEqual({
      hund: { "@status": "geschützt" },
    });
  });

  it.each<[string, Behaviour, object]>([
    [
      "a fault of the caller",
      { status: 500, body: fault11("e:Client", "nein") },
      { end: "refused", status: 422, code: "SERVICE_FAULT", reply: { fault: { code: "Client", text: "nein" } } },
    ],
    [
      "a fault with a code of its own",
      { status: 500, body: fault11("e:Client.NichtGefunden", "x") },
      { end: "refused", reply: { fault: { code: "Client.NichtGefunden" } } },
    ],
    [
      "a fault of the service",
      { status: 500, body: fault11("e:Server", "kaputt") },
      { end: "retry", code: "SERVICE_FAULT", reply: { fault: { code: "Server" } } },
    ],
    [
      "a fault in a 200",
      { status: 200, body: fault11("e:Client", "nein") },
      { end: "refused", status: 422, reply: { status: 200 } },
    ],
    [
      "a declared fault, whatever its code",
      {
        status: 500,
        body: fault11(
          "e:Server",
          "x",
          `<detail><h:HundUnbekannt><h:kennzeichen>000000</h:kennzeichen></h:HundUnbekannt></detail>`,
        ),
      },
      { end: "refused", status: 422, reply: { fault: { detail: { HundUnbekannt: { kennzeichen: "000000" } } } } },
    ],
    [
      "a detail of its own",
      { status: 500, body: fault11("e:Server", "x", `<detail><x:f xmlns:x="urn:x"><x:a>007</x:a></x:f></detail>`) },
      { end: "retry", reply: { fault: { detail: { "{urn:x}f": { "{urn:x}a": "007" } } } } },
    ],
    [
      "a refused login",
      { status: 500, body: fault11("wsse:FailedAuthentication", "wer?") },
      { end: "refused", status: 502, code: "TARGET_AUTH" },
    ],
    [
      "a fault of SOAP 1.2",
      {
        status: 400,
        body: envelope(
          `<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>h:Fehlt</e:Value></e:Subcode></e:Code><e:Reason><e:Text xml:lang="de">fehlt</e:Text></e:Reason></e:Fault>`,
          "",
          S12,
        ),
      },
      { end: "refused", status: 422, reply: { fault: { code: "Sender.Fehlt", text: "fehlt" } } },
    ],
    [
      "a page in a 200",
      { status: 200, headers: { "content-type": "text/html" }, body: "<html>Wartung</html>" },
      { end: "refused", code: "REPLY_INVALID", status: 502, message: expect.stringContaining("text/html") as string },
    ],
    [
      "a page with 401",
      { status: 401, headers: { "content-type": "text/html" }, body: "<html/>" },
      { end: "refused", code: "TARGET_AUTH", status: 502 },
    ],
    [
      "a page with 503",
      { status: 503, headers: { "content-type": "text/html", "retry-after": "7" }, body: "<html/>" },
      { end: "retry", after: 7_000 },
    ],
    ["a page with 404", { status: 404, headers: { "content-type": "text/html" }, body: "<html/>" }, { end: "refused" }],
    [
      "a redirect",
      { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" },
      { end: "retry", message: expect.stringContaining("not followed") as string },
    ],
    [
      "nothing in a 200",
      { status: 200, body: "" },
      { end: "refused", code: "REPLY_INVALID", message: expect.stringContaining("is empty") as string },
    ],
    [
      "an empty body",
      { status: 200, body: envelope("") },
      { end: "refused", code: "REPLY_INVALID", message: expect.stringContaining("empty body") as string },
    ],
    [
      "another operation's",
      { status: 200, body: envelope("<h:MeldeHundResponse/>") },
      {
        end: "refused",
        code: "REPLY_INVALID",
        message: expect.stringContaining("expected LeseHundResponse") as string,
      },
    ],
    [
      "another namespace's",
      { status: 200, body: envelope('<LeseHundResponse xmlns="urn:other"/>') },
      { end: "refused", code: "REPLY_INVALID" },
    ],
    ["two elements", { status: 200, body: envelope(EMPTY + EMPTY) }, { end: "refused", code: "REPLY_INVALID" }],
    [
      "an element that nobody declared",
      { status: 200, body: envelope("<h:LeseHundResponse><h:katze/></h:LeseHundResponse>") },
      {
        end: "refused",
        code: "REPLY_INVALID",
        message: expect.stringContaining("LeseHundResponse: holds an element") as string,
      },
    ],
    [
      "a number that is none",
      {
        status: 200,
        body: envelope("<h:LeseHundResponse><h:hund><h:alter>fünf</h:alter></h:hund></h:LeseHundResponse>"),
      },
      { end: "refused", message: expect.stringContaining("LeseHundResponse/hund/alter: expected xs:int") as string },
    ],
    [
      "bytes that are not UTF-8",
      { status: 200, body: Buffer.concat([Buffer.from(envelope(EMPTY)), Buffer.from([0xff])]) },
      { end: "refused", message: expect.stringContaining("encoding") as string },
    ],
    ["half of it", { status: 200, body: envelope(EMPTY).slice(0, -20) }, { end: "refused", code: "REPLY_INVALID" }],
    [
      "a header that must be understood",
      { status: 200, body: envelope(EMPTY, `<e:Header><x:T xmlns:x="urn:x" e:mustUnderstand="1"/></e:Header>`) },
      { end: "refused", message: expect.stringContaining("must be understood") as string },
    ],
    [
      "a header for somebody else",
      {
        status: 200,
        body: envelope(
          EMPTY,
          `<e:Header><x:T xmlns:x="urn:x" e:mustUnderstand="1" e:actor="urn:somebody"/></e:Header>`,
        ),
      },
      { end: "delivered" },
    ],
  ])("%s", async (_what, behaviour, expected) => {
    expect(await answerWith(behaviour)).toMatchObject(expected);
  });

  it("must fit the types in everything where the bridge says so", async () => {
    const strict = await buildSoap("hunde.wsdl", receiver.origin, {
      operation: patternOf("LeseHund", "raw"),
      validate: true,
    });
    const declared = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"';
    const hund = (kennzeichen: string): string =>
      `<h:LeseHundResponse><h:hund ${declared}><h:kennzeichen>${kennzeichen}</h:kennzeichen><h:rasse>x</h:rasse><h:gewicht>1</h:gewicht><h:steuer>1</h:steuer><h:alter>1</h:alter><h:gefaehrlich>0</h:gefaehrlich><h:bemerkung i:nil="1"/><h:chip>1</h:chip><h:halter i:type="h:Verein"><h:nummer>1</h:nummer><h:register>1</h:register></h:halter></h:hund></h:LeseHundResponse>`;
    for (const kennzeichen of ["004711", "4711"])
      receiver.script.push({ accept: false, status: 200, headers: XML, body: envelope(hund(kennzeichen)) });
    expect(replyOf(await ask(strict, { kennzeichen: "004711" }))).toMatchObject({
      hund: { kennzeichen: "004711", gefaehrlich: false },
    });
    const attempt = await ask(strict, { kennzeichen: "004711" });
    await strict.close();
    expect(attempt).toMatchObject({
      end: "refused",
      code: "REPLY_INVALID",
      message: expect.stringContaining("h:kennzeichen: value does not match the pattern") as string,
    });
  });

  it("holds no value in its message", async () => {
    const attempt = await answerWith({ status: 500, body: fault11("e:Geheim", "Frau Geheim, Gasse 7") });
    if (attempt.end === "delivered") throw new Error("delivered");
    expect(attempt.message).not.toMatch(/Geheim|Gasse/);
    expect(attempt.detail).toContain("Gasse 7");
  });
});

describe("a hostile answer", () => {
  const bomb = `<!DOCTYPE e:Envelope [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`;
  const deep = (count: number): string => `${"<x:a>".repeat(count)}${"</x:a>".repeat(count)}`;
  it.each([
    ["an entity bomb", bomb + envelope("<h:LeseHundResponse>&b;</h:LeseHundResponse>").slice(21)],
    ["an external entity", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${envelope("&a;").slice(21)}`],
    ["a DOCTYPE behind a comment", `<?xml version="1.0"?><!-- --><!DOCTYPE x>${envelope(EMPTY).slice(21)}`],
    ["deep nesting", envelope(EMPTY, `<e:Header xmlns:x="urn:x">${deep(5_000)}</e:Header>`)],
    [
      "an element with a thousand attributes",
      envelope(
        EMPTY,
        `<e:Header><x ${Array.from({ length: 1_000 }, (_, index) => `a${index}="1"`).join(" ")}/></e:Header>`,
      ),
    ],
    ["a thousand headers", envelope(EMPTY, `<e:Header>${"<x/>".repeat(1_000)}</e:Header>`)],
  ])("with %s is refused", async (_what, body) => {
    expect(await answerWith({ status: 200, body })).toMatchObject({
      end: "refused",
      code: "REPLY_INVALID",
      status: 502,
    });
  });

  it("may be as long as the caller takes it, and no longer", async () => {
    receiver.script.push({
      accept: false,
      status: 200,
      headers: XML,
      body: envelope(`<h:LeseHundResponse>${" ".repeat(3 << 20)}</h:LeseHundResponse>`),
    });
    expect(await ask(target, { kennzeichen: "004711" })).toMatchObject({
      end: "refused",
      code: "REPLY_TOO_LARGE",
      status: 502,
    });
    receiver.script.push({ accept: false, headers: XML, instead: "endless" });
    expect(await ask(target, { kennzeichen: "004711" })).toMatchObject({ end: "refused", code: "REPLY_TOO_LARGE" });
  });

  it("cannot name a field __proto__ to anybody's harm", async () => {
    const attempt = await answerWith({
      status: 500,
      body: fault11("e:Server", "x", `<detail><__proto__ xmlns=""><polluted>1</polluted></__proto__></detail>`),
    });
    expect(attempt).toMatchObject({ end: "retry" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("an answer with parts", () => {
  const headers = { "content-type": 'multipart/related; type="application/xop+xml"; boundary="b"; start="<r>"' };
  const related = (root: string, ...parts: readonly string[]): string =>
    [root, ...parts]
      .map(
        (part, at) =>
          `--b\r\nContent-ID: <${at === 0 ? "r" : `p${at}`}>\r\nContent-Type: text/plain\r\n\r\n${part}\r\n`,
      )
      .join("") + "--b--\r\n";
  const include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:p1"/>';
  const hund = (inner: string): string =>
    envelope(`<h:LeseHundResponse><h:hund>${inner}</h:hund></h:LeseHundResponse>`);

  it("has them in their place, and what is left over beside it", async () => {
    const body = related(hund(`<h:bild>${include}</h:bild>`), "ABC", "Beilage");
    expect(replyOf(await answerWith({ status: 200, headers, body }))).toEqual({
      hund: { bild: "QUJD" },
      "#attachments": [{ id: "p2", mediaType: "text/plain", content: Buffer.from("Beilage").toString("base64") }],
    });
  });

  it.each([
    ["twice", hund(`<h:bild>${include}${include}</h:bild>`), "includes a part twice"],
    [
      "that are not there",
      hund(`<h:bild>${include.replace("p1", "p7")}</h:bild>`),
      "refers to a part that is not there",
    ],
    ["where no bytes belong", hund(`<h:halter>${include}</h:halter>`), "halter: holds a text"],
  ])("may not include them %s", async (_what, root, message) => {
    const attempt = await answerWith({ status: 200, headers, body: related(root, "ABC") });
    expect(attempt).toMatchObject({ end: "refused", code: "REPLY_INVALID" });
    expect(attempt).toMatchObject({ message: expect.stringContaining(message) as string });
  });
});

describe("what is sent", () => {
  it("has the operation's action, whatever a caller or a WSDL says", async () => {
    receiver.rule = () => ({ status: 200, headers: XML, body: envelope(EMPTY) });
    const headers = { soapaction: '"urn:example:hunde:loesche"', "content-type": "text/plain", host: "anderswo" };
    await ask(target, { kennzeichen: "004711" }, { call: { ...callOf({}).call!, headers } });
    expect(receiver.heard[0]?.headers).toMatchObject({
      soapaction: '"urn:example:hunde:lese"',
      "content-type": "text/xml; charset=utf-8",
    });
    expect(receiver.heard[0]?.headers.host).not.toBe("anderswo");

    const plain = contextIn(contracts);
    const readBridgeFile = (path: string): Uint8Array =>
      Buffer.from(
        Buffer.from(plain.readBridgeFile(path))
          .toString()
          .replaceAll('"urn:example:hunde:lese"', '"a&#13;&#10;x-evil: 1&quot;b"'),
      );
    const evil = await buildSoap(
      "hunde.wsdl",
      receiver.origin,
      { operation: patternOf("LeseHund", "raw") },
      { ...plain, readBridgeFile },
    );
    await ask(evil, { kennzeichen: "004711" });
    await evil.close();
    expect(receiver.heard[1]?.headers["x-evil"]).toBeUndefined();
    expect(receiver.heard[1]?.headers["soapaction"]).toBe('"ax-evil: 1\\"b"');
  });

  it("says its action, its key, and whom it is for", async () => {
    receiver.rule = () => ({ status: 200, headers: XML, body: envelope(EMPTY) });
    const call = {
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
      idempotencyKey: "k-1",
      headers: { "x-mandant": "7" },
      mostReply: 1 << 20,
    };
    expect(await ask(target, { kennzeichen: "004711" }, { call })).toMatchObject({ end: "delivered" });
    expect(receiver.heard[0]?.headers).toMatchObject({
      soapaction: '"urn:example:hunde:lese"',
      "content-type": "text/xml; charset=utf-8",
      "idempotency-key": "k-1",
      traceparent: call.traceparent,
      "x-mandant": "7",
    });
    expect(receiver.heard[0]?.headers["x-steg-drop"]).toBeUndefined();
    const parcel = callOf({ kennzeichen: "004711" }, { call: undefined });
    expect(await target.deliver(parcel, new AbortController().signal)).toMatchObject({ end: "delivered" });
    expect(receiver.heard[1]?.headers).toMatchObject({ "idempotency-key": parcel.key, "x-steg-drop": "d" });
  });

  it("is never more than the value in its place", async () => {
    const attempt = await ask(target, { kennzeichen: "004711</h:kennzeichen><h:x/>" });
    expect(attempt).toMatchObject({ end: "refused", code: "SCHEMA_INVALID" });
    expect(receiver.heard).toHaveLength(0);
  });

  it.each<[string, unknown, string]>([
    ["a key that nobody knows", { kennzeichn: "004711" }, "LeseHund: expected kennzeichen, which is missing"],
    [
      "one more",
      { kennzeichen: "004711", kenzeichen: "1" },
      "LeseHund: holds a name that the schema does not have; the nearest is kennzeichen",
    ],
    ["a list", { kennzeichen: ["004711", "004712"] }, "LeseHund/kennzeichen: expected one value, not a list"],
    ["another pattern", { kennzeichen: "4711" }, "LeseHund/kennzeichen: expected h:Kennzeichen"],
    ["an object", { kennzeichen: { a: 1 } }, "LeseHund/kennzeichen: holds a name"],
    ["a control character", { kennzeichen: "00471\u0001" }, "LeseHund/kennzeichen: expected"],
  ])("%s is said with its place", async (_what, value, message) => {
    const attempt = await ask(target, value as never);
    expect(attempt).toMatchObject({ end: "refused", code: "SCHEMA_INVALID" });
    expect((attempt as { message: string }).message).toContain(message);
  });

  it("goes nowhere else, whatever a record says", async () => {
    const chosen = await buildSoap("hunde.wsdl", "http://{HOST}/ws", {
      operation: patternOf("LeseHund", "raw"),
      hosts: ["alt.example"],
    });
    const root = { HOST: "169.254.169.254" };
    const attempt = await ask(chosen, { kennzeichen: "004711" }, { scope: { ...callOf({}).scope, root } });
    await chosen.close();
    expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
  });
});
