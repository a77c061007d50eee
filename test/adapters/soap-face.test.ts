// receive.soap: requests become calls, ends of calls become envelopes and faults.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Face, FaceRequest } from "../../src/core/contract.ts";
import {
  ACTION,
  answered,
  closeFaces,
  E,
  envelope,
  exchange,
  faceOf,
  failed,
  post,
  READ,
  refused,
  SOAP11,
  SOAP12,
  V12,
} from "./soap-face-scene.ts";

afterAll(closeFaces);

describe("a call", () => {
  let face: Face;
  beforeAll(async () => (face = await faceOf()));

  it("is found by the element in its body, over 1.1 and 1.2, with and without action", async () => {
    for (const [uri, headers] of [
      [SOAP11, {}],
      [SOAP11, { soapaction: '""' }],
      [SOAP11, { soapaction: `"${ACTION}LesePerson"` }],
      [SOAP11, { soapaction: `${ACTION}LesePerson` }],
      [SOAP12, V12],
      [SOAP12, { "content-type": `application/soap+xml; action="${ACTION}LesePerson"` }],
    ] as const) {
      const call = await face.read(post(envelope(READ, { uri }), headers));
      expect(call).toMatchObject({ name: "LesePerson", body: { om: "00012345" }, headers: {} });
    }
  });
  it("has the operations of all ports, each once", () => {
    expect(face.operations.map(({ name }) => name)).toEqual([
      "LesePerson",
      "SuchePersonen",
      "MeldePerson",
      "BerechneGebuehr",
    ]);
  });
  it("may be UTF-16, with its mark", async () => {
    const bytes = Buffer.from(`\ufeff<?xml version="1.0" encoding="utf-16"?>${envelope(READ)}`, "utf16le");
    expect((await face.read(post(bytes, { "content-type": "text/xml" }))).body).toEqual({ om: "00012345" });
  });
  it("keeps its texts exact, its lists lists, its names plain data", async () => {
    const person = `<e:person xmlns="urn:example:einwohner:typen:1"><om>00012345</om><familienname>__proto__</familienname><vorname>A</vorname><geburtsdatum>0001-01-01</geburtsdatum><sterbedatum xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/><gebuehr waehrung="EUR">+00.10</gebuehr><fallzahl>007</fallzahl><aktenzeichen>9223372036854775807</aktenzeichen></e:person>`;
    const call = await face.read(post(envelope(`<e:MeldePerson ${E}>${person}</e:MeldePerson>`)));
    expect(call.body).toEqual({
      person: {
        om: "00012345",
        familienname: "__proto__",
        vorname: ["A"],
        geburtsdatum: "0001-01-01",
        sterbedatum: null,
        gebuehr: { "@waehrung": "EUR", "#text": "+00.10" },
        fallzahl: 7,
        aktenzeichen: "9223372036854775807",
      },
    });
  });
});

describe("an answer", () => {
  let face: Face;
  beforeAll(async () => (face = await faceOf()));
  const person = { om: "00000001", familienname: "A&B", vorname: ["C"], geburtsdatum: "2000-01-01", sterbedatum: null };

  it("is the element of the contract, by its types", async () => {
    const { reply } = await exchange(face, post(envelope(READ)), answered({ person }));
    expect(reply).toMatchObject({ status: 200, headers: { "content-type": "text/xml; charset=utf-8" } });
    expect(reply.body).toContain("familienname>A&amp;B</");
    const other = await exchange(face, post(envelope(READ, { uri: SOAP12 }), V12), answered({ person }));
    expect(other.reply.headers["content-type"]).toBe("application/soap+xml; charset=utf-8");
    expect(other.reply.body).toContain(SOAP12);
  });
  it("may be that element as XML", async () => {
    const xml = `<?xml version="1.0"?><!-- x --><SuchePersonenAntwort xmlns="urn:example:einwohner:1" anzahl="0"/>`;
    const asked = post(envelope(`<e:SuchePersonen ${E}><e:familienname>A</e:familienname></e:SuchePersonen>`));
    const { reply } = await exchange(face, asked, answered(xml, { contentType: "application/xml; charset=utf-8" }));
    expect(reply.body).toContain(
      '<soap:Body><SuchePersonenAntwort xmlns="urn:example:einwohner:1" anzahl="0"/></soap:Body>',
    );
  });
  it.each([
    ["another value than the type's", answered({ person: { ...person, om: "geheim" } }), /person/],
    ["a name that the type does not have", answered({ person: { ...person, geheim: 1 } }), /does not have/],
    ["what is missing", answered({}), /person/],
    ["another root", answered("<geheim/>", { contentType: "text/xml" }), /root/],
    ["a DOCTYPE", answered("<!DOCTYPE geheim><a/>", { contentType: "text/xml" }), /DOCTYPE/],
    ["half of JSON", answered('{"geheim":'), /no JSON/],
    ["a page", answered("<p>geheim", { contentType: "text/html" }), /neither JSON nor XML/],
    ["bytes that are no text", answered("", { body: Buffer.from([0x7b, 0xff]) }), /UTF-8/],
    ["a fault that nobody declared", answered({ geheim: 1 }, { status: 404 }), /one of its faults/],
  ])("with %s is the service's fault", async (_name, end, why) => {
    const call = await face.read(post(envelope(READ)));
    const fault = face.answerFault?.(call, end);
    expect(fault).toMatchObject({ code: "REPLY_INVALID", stage: "answer", message: expect.stringMatching(why) });
    expect(fault?.message).not.toContain("geheim");
  });
  it("with a status from 400 on is a fault of the contract", async () => {
    const end = answered({ NichtGefunden: { grund: "<weg>" } }, { status: 404, headers: { "x-own": "1" } });
    const { reply } = await exchange(face, post(envelope(READ)), end);
    expect(reply).toMatchObject({ status: 500, headers: { "x-own": "1" } });
    expect(reply.body).toMatch(/<faultcode>soap:Client<\/faultcode>.*<detail><n\d:NichtGefunden .*grund>&lt;weg&gt;</);
    const later = await exchange(face, post(envelope(READ, { uri: SOAP12 }), V12), { ...end, status: 503 });
    expect(later.reply.body).toMatch(/soap:Receiver.*<soap:Detail><n\d:NichtGefunden/);
  });
});

describe("a call that failed", () => {
  let face: Face;
  beforeAll(async () => (face = await faceOf()));

  it("is a fault with 500 over 1.1, with 400 or 500 over 1.2", async () => {
    const old = post(envelope(READ));
    const call = await face.read(old);
    expect(face.write(call, failed(), old)).toMatchObject({ status: 500 });
    const late = face.write(call, failed({ sender: false, status: 504, code: "CALL_DEADLINE" }), old);
    expect(late.body).toContain("<faultcode>soap:Server</faultcode><faultstring>Not possible</faultstring>");
    expect(late.body).toContain("<code>CALL_DEADLINE</code>");
    const asked = post(envelope(READ, { uri: SOAP12 }), V12);
    const other = await face.read(asked);
    expect(face.write(other, failed(), asked)).toMatchObject({ status: 400 });
    expect(face.write(other, failed({ sender: false }), asked)).toMatchObject({ status: 500 });
    expect(face.write(other, failed(), asked).body).toContain('<soap:Text xml:lang="en">Not possible</soap:Text>');
  });
  it("during a brownout says when to come again, after the sunset who follows", () => {
    const bare = { ...post(""), body: new Uint8Array() };
    const rest = failed({
      status: 503,
      code: "BRIDGE_BROWNOUT",
      sender: false,
      after: 1_800.2,
      headers: { sunset: "x" },
    });
    expect(face.write(undefined, rest, bare)).toMatchObject({
      status: 500,
      headers: { "retry-after": "1801", sunset: "x" },
    });
    const gone = failed({
      status: 410,
      code: "BRIDGE_SUNSET",
      title: "This interface has ended",
      detail: "Its successor: B",
    });
    const reply = face.write(undefined, gone, { ...bare, headers: V12 });
    expect(reply).toMatchObject({ status: 400, headers: { "content-type": "application/soap+xml; charset=utf-8" } });
    expect(reply.body).toContain("This interface has ended: Its successor: B");
    expect(face.write(undefined, gone, bare)).toMatchObject({ status: 500 });
  });
  it("passes on the service's fault where the contract has it, and its words where it has not", async () => {
    const asked = post(envelope(READ));
    const call = await face.read(asked);
    const known = {
      code: "Client.NichtGefunden",
      text: "Nichts da",
      detail: { NichtGefunden: { om: "00012345", grund: "weg" } },
    };
    const declared = face.write(call, failed({ code: "SERVICE_FAULT", fault: known }), asked).body;
    expect(declared).toMatch(/<faultstring>Nichts da<.*grund>weg</);
    const other = { ...known, detail: { NichtGefunden: { unknown: "geheim" } } };
    const plain = face.write(call, failed({ code: "SERVICE_FAULT", fault: other, detail: "Nichts da" }), asked).body;
    expect(plain).toContain("<code>SERVICE_FAULT</code><text>Client.NichtGefunden</text>");
    expect(plain).not.toContain("geheim");
  });
  it("is plain text where nobody spoke SOAP", async () => {
    const get = { ...post(""), method: "GET", body: new Uint8Array() };
    const { error } = await refused(face, get);
    expect(error).toMatchObject({ code: "CALL_METHOD", facts: { allow: "POST" } });
    const reply = face.write(undefined, failed({ status: 405, code: "CALL_METHOD", headers: { allow: "POST" } }), get);
    expect(reply).toMatchObject({
      status: 405,
      headers: { allow: "POST", "content-type": "text/plain; charset=utf-8" },
    });
    for (const type of [
      "application/json",
      "text/html",
      "",
      "text/xml; charset=utf-8; charset=utf-7",
      "multipart/form-data",
    ]) {
      expect((await refused(face, post(envelope(READ), { "content-type": type }))).error.code).toBe("CALL_TYPE");
    }
    const packed = post(envelope(READ), { "content-encoding": "gzip" });
    expect((await refused(face, packed)).error.code).toBe("CALL_TYPE");
    const elsewhere = { ...post(envelope(READ)), path: "/admin" };
    expect((await refused(face, elsewhere)).error.code).toBe("CALL_UNKNOWN");
  });
});

describe("versions and headers", () => {
  it("a port of 1.1 alone tells 1.2 that it does not fit, in words of 1.1", async () => {
    const face = await faceOf({ service: "Einwohner", port: "Soap11" });
    const { reply } = await refused(face, post(envelope(READ, { uri: SOAP12 }), V12));
    expect(reply).toMatchObject({ status: 500, headers: { "content-type": "text/xml; charset=utf-8" } });
    expect(reply.body).toContain("<faultcode>soap:VersionMismatch</faultcode>");
    expect(reply.body).not.toContain("Upgrade");
  });
  it("a port of 1.2 alone tells 1.1 what to speak", async () => {
    const face = await faceOf({ port: "Soap12" });
    const { reply } = await refused(face, post(envelope(READ)));
    expect(reply.body).toMatch(/<env:SupportedEnvelope qname="env:Envelope"\/>.*soap:VersionMismatch/);
  });
  const must = (uri: string, attribute: string): string =>
    `<x:Neu xmlns:x="urn:neu" s:${attribute}="1" xmlns:s="${uri}"/>`;
  it("a header that must be understood and is not ends the call", async () => {
    const face = await faceOf();
    const { reply } = await refused(face, post(envelope(READ, { header: must(SOAP11, "mustUnderstand") })));
    expect(reply.body).toContain("<faultcode>soap:MustUnderstand</faultcode>");
    expect(reply.body).not.toContain("<detail>");
    const later = post(envelope(READ, { header: must(SOAP12, "mustUnderstand"), uri: SOAP12 }), V12);
    expect((await refused(face, later)).reply).toMatchObject({
      status: 500,
      body: expect.stringContaining("soap:MustUnderstand"),
    });
    const security = `<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" s:mustUnderstand="1"/>`;
    expect((await refused(face, post(envelope(READ, { header: security })))).error.message).toMatch(/by HTTP/);
  });
  it("one for somebody else, or that need not be understood, does not", async () => {
    const face = await faceOf();
    const other = `<x:Neu xmlns:x="urn:neu" s:mustUnderstand="1" s:actor="urn:other"/><x:Neu xmlns:x="urn:neu"/>`;
    expect((await face.read(post(envelope(READ, { header: other })))).name).toBe("LesePerson");
  });
  it("WS-Addressing: the answer relates to its question", async () => {
    const face = await faceOf();
    const W = "http://www.w3.org/2005/08/addressing";
    const block = (name: string, text: string): string =>
      `<w:${name} xmlns:w="${W}" s:mustUnderstand="1">${text}</w:${name}>`;
    const header =
      block("MessageID", "urn:uuid:7") + block("Action", `${ACTION}LesePerson`) + block("To", "http://x.example");
    const asked = post(envelope(READ, { header }));
    const call = await face.read(asked);
    const reply = face.write(call, failed(), asked);
    expect(reply.body).toContain(`<wsa:RelatesTo xmlns:wsa="${W}">urn:uuid:7</wsa:RelatesTo>`);
    expect(reply.body).toContain(`<wsa:Action xmlns:wsa="${W}">${W}/fault</wsa:Action>`);
  });
});

describe("the contract", () => {
  const get = (query: string): FaceRequest => ({ ...post(""), method: "GET", query, body: new Uint8Array() });

  it("is served with the bridge's address, part by part", async () => {
    const face = await faceOf();
    const reply = face.document?.(get("wsdl"));
    expect(reply).toMatchObject({ status: 200, headers: { "content-type": "text/xml; charset=utf-8" } });
    expect(reply?.body).toContain('schemaLocation="https://s.example/soap/e?xsd=einwohner-typen.xsd"');
    expect(face.document?.(get("WSDL"))?.body).toBe(reply?.body);
    expect(face.document?.(get("xsd=einwohner-typen.xsd"))?.body).toContain('name="Ordnungsmerkmal"');
    expect(face.document?.(get("singleWsdl"))).toBeUndefined();
    expect(face.document?.({ ...get("wsdl"), method: "POST" })).toBeUndefined();
  });
  it.each([
    "xsd=../einwohner.wsdl",
    "xsd=/etc/passwd",
    "wsdl=..%2F..%2Fpackage.json",
    "xsd=__proto__",
    "wsdl=einwohner-typen.xsd",
  ])("has no part %s", async (query) => {
    const face = await faceOf();
    expect(face.document?.(get(query))).toMatchObject({ status: 404 });
  });
  it("names no port that is not offered, nor where it was", async () => {
    const face = await faceOf({ wsdl: "postfach.wsdl", port: "Konto" });
    const text = String(face.document?.(get("wsdl"))?.body);
    expect(text).toContain('<wsdl:port name="Konto"');
    expect(text).not.toContain('<wsdl:port name="Postfach"');
    expect(text).not.toContain("intern.example");
  });
});

describe("headers of the contract, attachments, one way, SOAP encoding", () => {
  const P = 'xmlns:p="urn:example:postfach:1"';
  const sender = `<p:Absender ${P} s:mustUnderstand="1"><p:kennung>007</p:kennung></p:Absender>`;
  const send = (content: string): string =>
    `<p:SendeNachricht ${P}><p:betreff>B</p:betreff>${content}</p:SendeNachricht>`;
  let face: Face;
  beforeAll(async () => (face = await faceOf({ wsdl: "postfach.wsdl" })));

  it("headers stand beside the body in both directions", async () => {
    const asked = post(envelope(send(""), { header: sender }));
    const { call, reply } = await exchange(
      face,
      asked,
      answered({ nummer: "1", "#headers": { Quittung: { nummer: "2" } } }),
    );
    expect(call.body).toEqual({ betreff: "B", "#headers": { Absender: { kennung: "007" } } });
    expect(reply.body).toMatch(/<soap:Header><n\d:Quittung .*nummer>2<.*<soap:Body><n\d:SendeNachrichtAntwort/);
    const wrong = answered({ nummer: "1", "#headers": { Absender: {} } });
    expect(face.answerFault?.(await face.read(asked), wrong)?.message).toMatch(/header/);
    const other = `<p:MeldeGelesen ${P}><p:nummer>1</p:nummer></p:MeldeGelesen>`;
    expect((await refused(face, post(envelope(other, { header: sender })))).error.message).toMatch(/not understood/);
    const twice = post(envelope(send(""), { header: sender + sender }));
    expect((await refused(face, twice)).error.message).toMatch(/twice/);
  });

  const attached = (content: string, parts: readonly string[], boundary = "b"): FaceRequest => {
    const root = `Content-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\nContent-ID: <r>\r\n\r\n${envelope(send(content))}`;
    const body = [root, ...parts].map((part) => `--${boundary}\r\n${part}\r\n`).join("");
    const type = `multipart/related; type="application/xop+xml"; start="<r>"; boundary=${boundary}`;
    return post(Buffer.from(`${body}--${boundary}--`, "latin1"), { "content-type": type });
  };
  const include = '<p:anhang><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:1@x"/></p:anhang>';
  const part = "Content-Type: image/png\r\nContent-ID: <1@x>\r\n\r\n\0\u0001\u00ff";

  it("attachments of MTOM are base64 where they belong", async () => {
    expect((await face.read(attached(include, [part]))).body).toEqual({ betreff: "B", anhang: ["AAH/"] });
  });
  it("others stand beside the body", async () => {
    expect((await face.read(attached("", [part]))).body).toEqual({
      betreff: "B",
      "#attachments": [{ id: "1@x", mediaType: "image/png", content: "AAH/" }],
    });
    const plain = envelope(send(""));
    const body = `--b\r\nContent-Type: text/xml\r\n\r\n${plain}\r\n--b\r\n${part}\r\n--b--`;
    const type = { "content-type": 'multipart/related; type="text/xml"; boundary=b' };
    expect((await face.read(post(Buffer.from(body, "latin1"), type))).body).toMatchObject({
      "#attachments": [{ id: "1@x" }],
    });
  });
  it.each([
    ["an attachment that is included twice", attached(include + include, [part]), /twice/],
    ["one that is not there", attached(include, []), /does not have/],
    [
      "more of them than anybody sends",
      attached(
        "",
        Array.from({ length: 101 }, (_x, at) => `Content-ID: <${at}>\r\n\r\n`),
      ),
      /more than 100/,
    ],
  ])("%s is refused", async (_name, request, why) => {
    expect((await refused(face, request)).error).toMatchObject({
      code: "CALL_INVALID",
      message: expect.stringMatching(why),
    });
  });

  it("what has no answer is accepted", async () => {
    const asked = post(envelope(`<p:MeldeGelesen ${P}><p:nummer>1</p:nummer></p:MeldeGelesen>`), {
      soapaction: '"MeldeGelesen"',
    });
    const { reply } = await exchange(face, asked, answered("", { status: 204, contentType: "" }));
    expect(reply).toEqual({ status: 202, headers: {}, body: "" });
  });
  it("an action of nobody stays another's", async () => {
    const asked = post(envelope(`<p:MeldeGelesen ${P}><p:nummer>1</p:nummer></p:MeldeGelesen>`), {
      soapaction: '"urn:example:postfach:1:Sende"',
    });
    expect((await refused(face, asked)).error.message).toMatch(/another operation/);
  });

  it("values that stand elsewhere are read where they are meant", async () => {
    const xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:d="http://www.w3.org/2001/XMLSchema"';
    const body = `<k:Buche xmlns:k="urn:example:konto:1" ${xsi} s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><konto i:type="d:string">007</konto><eintrag href="#a"/><storno href="#a"/></k:Buche><m id="a"><nummer>1</nummer><betrag>0.10</betrag></m>`;
    const { call, reply } = await exchange(face, post(envelope(body)), answered({ summe: "0.10" }));
    const entry = { nummer: "1", betrag: "0.10" };
    expect(call.body).toEqual({ konto: "007", eintrag: entry, storno: entry });
    expect(reply.body).toMatch(/BucheResponse.*encodingStyle.*<summe [^>]*type="n\d:decimal">0.10</);
  });
});

describe("without validation", () => {
  it("names are still those of the types, values are not looked at", async () => {
    const face = await faceOf({ validate: false });
    expect((await face.read(post(envelope(READ.replace("00012345", "x"))))).body).toEqual({ om: "x" });
    const other = READ.replace("</e:LesePerson>", "<e:evil/></e:LesePerson>");
    expect((await refused(face, post(envelope(other)))).error.message).toMatch(/does not have/);
  });
});
