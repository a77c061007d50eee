// What a face reads before it knows what is asked: envelopes, their bytes, their attachments, and what attackers make of them.

import { describe, expect, it } from "vitest";
import { addressingOf, addressingReply } from "../../src/adapters/soap/face/addressing.ts";
import { readEnvelope, UnknownVersion } from "../../src/adapters/soap/face/envelope.ts";
import { SOAP11, SOAP12 } from "../../src/adapters/soap/wsdl/names.ts";
import { textOf } from "../../src/adapters/soap/face/text.ts";
import { mediaTypeOf } from "../../src/adapters/soap/face/media-type.ts";
import { readRelated } from "../../src/adapters/soap/face/multipart-related.ts";
import { faultXml } from "../../src/adapters/soap/face/faults.ts";
import { envelopeText } from "../../src/adapters/soap/envelope.ts";

const none = (): undefined => undefined;

function soap(body: string, header = "", uri = SOAP11): string {
  const head = header === "" ? "" : `<s:Header>${header}</s:Header>`;
  return `<s:Envelope xmlns:s="${uri}" xmlns:a="urn:a">${head}<s:Body>${body}</s:Body></s:Envelope>`;
}

function read(text: string): ReturnType<typeof readEnvelope> {
  return readEnvelope(text, none);
}

describe("an envelope", () => {
  it("gives the body's element as a document of its own, with the prefixes around it", () => {
    const { version, body } = read(soap('<a:f xmlns:b="urn:b" b:x="1&amp;&#10;2"><c><![CDATA[<&]]>&gt;</c><d/></a:f>'));
    expect(version).toBe("1.1");
    expect(body).toMatchObject({ uri: "urn:a", local: "f" });
    expect(body?.xml).toBe(
      `<a:f xmlns:s="${SOAP11}" xmlns:a="urn:a" xmlns:b="urn:b" b:x="1&amp;&#10;2"><c>&lt;&amp;&gt;</c><d/></a:f>`,
    );
  });
  it("declares a prefix as the nearest one around it does", () => {
    const text = `<s:Envelope xmlns:s="${SOAP12}" xmlns="urn:1"><s:Body xmlns="urn:2"><f xmlns="urn:3"/></s:Body></s:Envelope>`;
    expect(read(text)).toMatchObject({
      version: "1.2",
      body: { uri: "urn:3", xml: `<f xmlns:s="${SOAP12}" xmlns="urn:3"/>` },
    });
  });
  it("knows whose headers are whose", () => {
    const { headers } = read(
      soap("", '<a:one s:mustUnderstand="1"> t </a:one><a:two s:actor="urn:other" s:mustUnderstand="1"/>'),
    );
    expect(headers.map(({ local, text, mustUnderstand, forUs }) => ({ local, text, mustUnderstand, forUs }))).toEqual([
      { local: "one", text: "t", mustUnderstand: true, forUs: true },
      { local: "two", text: "", mustUnderstand: true, forUs: false },
    ]);
    const later = read(soap("", `<a:one s:role="${SOAP12}/role/next" s:mustUnderstand="true"/>`, SOAP12));
    expect(later.headers[0]).toMatchObject({ mustUnderstand: true, forUs: true });
  });
  it("may have an empty body", () => {
    expect(read(soap("")).body).toBeUndefined();
  });
});

describe("an envelope that is refused", () => {
  const deep = (depth: number): string => "<x>".repeat(depth) + "</x>".repeat(depth);
  const cases: readonly (readonly [name: string, text: string, why: RegExp])[] = [
    [
      "an external entity",
      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${soap("<a:f>&e;</a:f>")}`,
      /DOCTYPE/,
    ],
    ["an entity bomb", `<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${soap("<a:f>&b;</a:f>")}`, /DOCTYPE/],
    ["a DOCTYPE alone", `<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">${soap("<a:f/>")}`, /DOCTYPE/],
    ["an entity that nobody declared", soap("<a:f>&e;</a:f>"), /not well-formed/],
    ["a processing instruction", soap("<a:f><?php evil() ?></a:f>"), /processing instruction/],
    ["deep nesting", soap(`<a:f>${deep(300)}</a:f>`), /deeper than/],
    ["many attributes", soap(`<a:f ${Array.from({ length: 300 }, (_x, at) => `x${at}=""`).join(" ")}/>`), /attributes/],
    ["two bodies", soap("<a:f/>").replace("</s:Envelope>", "<s:Body><a:g/></s:Body></s:Envelope>"), /one body/],
    ["a header behind the body", soap("<a:f/>").replace("</s:Envelope>", "<s:Header/></s:Envelope>"), /one header/],
    ["something behind the body", soap("<a:f/>").replace("</s:Envelope>", "<a:g/></s:Envelope>"), /something else/],
    ["two elements in the body", soap("<a:f/><a:g/>"), /more than one element/],
    ["text in the body", soap("<a:f/>evil"), /text stands/],
    ["mustUnderstand=maybe", soap("", '<a:x s:mustUnderstand="maybe"/>'), /mustUnderstand/],
    ["65 headers", soap("", "<a:x/>".repeat(65)), /more than 64/],
    ["a prefix that nobody declared", soap("<b:f/>"), /not well-formed/],
    ["half of it", soap("<a:f>").slice(0, -30), /not well-formed/],
    ["no envelope", "<html/>", /no envelope/],
    ["nothing", "", /not well-formed/],
    ["no body", `<s:Envelope xmlns:s="${SOAP11}"/>`, /no body/],
    [
      "an Include of nothing",
      soap('<a:f><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:n"/></a:f>'),
      /attachment/,
    ],
    [
      "an Include of a file",
      soap('<a:f><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="file:///etc/passwd"/></a:f>'),
      /attachment/,
    ],
  ];
  for (const [name, text, why] of cases) {
    it(name, () => {
      expect(() => read(text)).toThrow(
        expect.objectContaining({ code: "CALL_INVALID", message: expect.stringMatching(why) }),
      );
    });
  }
  it("of a SOAP that nobody speaks", () => {
    expect(() => read(soap("", "", "urn:soap:3"))).toThrow(UnknownVersion);
  });
  it("never says a value", () => {
    const said = cases.map(([, text]) => {
      try {
        return read(text).version;
      } catch (cause) {
        return (cause as Error).message;
      }
    });
    expect(said.join()).not.toMatch(/passwd|evil|maybe|127\.0/u);
  });
  it("within its time, however long a tag is", () => {
    const started = performance.now();
    expect(() => read(soap(`<a:f x="${"<".repeat(1_000_000)}"/>`))).toThrow(/not well-formed/);
    expect(() => read("<x ".repeat(300_000))).toThrow(/not well-formed/);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("the bytes of a message", () => {
  const text = "<ä/>";
  it("are read by mark, charset, declaration, in this order", () => {
    expect(textOf(Buffer.from(text), undefined)).toBe(text);
    expect(textOf(Buffer.from(`\ufeff${text}`), "iso-8859-1")).toBe(text);
    expect(textOf(Buffer.from(text, "latin1"), "ISO-8859-1")).toBe(text);
    expect(textOf(Buffer.from(`\ufeff${text}`, "utf16le"), undefined)).toBe(text);
    expect(textOf(Buffer.from(`\ufeff${text}`, "utf16le").swap16(), "utf-16")).toBe(text);
    expect(textOf(Buffer.from(text, "utf16le"), undefined)).toBe(text);
    const declared = `<?xml version="1.0" encoding="windows-1252"?><x>\u0080</x>`;
    expect(textOf(Buffer.from(declared, "latin1"), undefined)).toContain("€");
  });
  it("are refused where they are not what they say", () => {
    expect(() => textOf(Buffer.from([0x3c, 0xc3, 0x28, 0x3e]), undefined)).toThrow(/not utf-8, at byte 2/);
    expect(() => textOf(Buffer.from([0x3c, 0xed, 0xa0, 0x80, 0x3e]), "utf-8")).toThrow(/not utf-8/);
    expect(() => textOf(Buffer.from([0xff, 0xfe, 0x3c]), undefined)).toThrow(/not utf-16le/);
    expect(() => textOf(Buffer.from("<x/>"), "utf-7")).toThrow(expect.objectContaining({ code: "CALL_TYPE" }));
  });
});

describe("a media type", () => {
  it("has its parameters, once each", () => {
    const type = mediaTypeOf(
      'Multipart/Related; type="application/xop+xml";Start="<a@b>"; boundary=b ; start-info="text/xml"',
    );
    expect(type?.type).toBe("multipart/related");
    expect(Object.fromEntries(type?.parameters ?? [])).toEqual({
      type: "application/xop+xml",
      start: "<a@b>",
      boundary: "b",
      "start-info": "text/xml",
    });
    expect(mediaTypeOf("text/xml; charset=utf-8; charset=utf-7")).toBeUndefined();
    expect(mediaTypeOf("text/xml; =")).toBeUndefined();
    expect(mediaTypeOf("nonsense")).toBeUndefined();
    expect(mediaTypeOf('text/xml; action="urn:\\"x\\\\"')?.parameters.get("action")).toBe('urn:"x\\');
  });
});

describe("a message with attachments", () => {
  const type = mediaTypeOf('multipart/related; boundary="=_b"; start="<root>"');
  const multipart = (...parts: readonly string[]): Buffer =>
    Buffer.from(`${parts.map((part) => `--=_b\r\n${part}\r\n`).join("")}--=_b--\r\n`, "latin1");
  const root = "Content-Type: application/xop+xml;\r\n charset=utf-8\r\nContent-ID: <root>\r\n\r\n<x/>";
  const readAll = (body: Buffer): ReturnType<typeof readRelated> => readRelated(type as NonNullable<typeof type>, body);

  it("gives its root and its attachments", () => {
    const attachment = "Content-ID: <a@b>\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n--=_\xff";
    const related = readAll(multipart(attachment, root));
    expect(Buffer.from(related.root.bytes).toString()).toBe("<x/>");
    expect(related.root.type?.parameters.get("charset")).toBe("utf-8");
    expect(Buffer.from(related.attachments.get("a@b")?.bytes ?? []).toString("latin1")).toBe("\0\r\n--=_\xff");
  });
  it("puts XOP's attachments where they belong", () => {
    const include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:a%40b"/>';
    const envelope = readEnvelope(soap(`<a:f><data>${include}</data></a:f>`), (id) =>
      id === "a@b" ? "AAEC" : undefined,
    );
    expect(envelope.body?.xml).toContain("<data>AAEC</data>");
  });
  for (const [name, body, why] of [
    ["no last boundary", Buffer.from(`--=_b\r\n${root}`), /last boundary/],
    ["no root", multipart("Content-ID: <x>\r\n\r\n"), /start names/],
    ["two of one name", multipart(root, "Content-ID: <x>\r\n\r\n", "Content-ID: <x>\r\n\r\n"), /same Content-ID/],
    ["a part without name", multipart(root, "Content-Type: image/png\r\n\r\n"), /no Content-ID/],
    ["a header twice", multipart(root, "Content-ID: <x>\r\nContent-ID: <y>\r\n\r\n"), /header twice/],
    ["headers without end", multipart(root, `X: ${"y".repeat(9_000)}\r\n\r\n`), /headers/],
    [
      "101 parts",
      multipart(root, ...Array.from({ length: 100 }, (_x, at) => `Content-ID: <${at}>\r\n\r\n`)),
      /more than 100/,
    ],
    ["something behind the boundary", Buffer.from(`--=_bx\r\n${root}\r\n--=_b--`), /line end/],
    ["nothing", Buffer.alloc(0), /last boundary/],
  ] as const) {
    it(`is refused with ${name}`, () => {
      expect(() => readAll(body)).toThrow(
        expect.objectContaining({ code: "CALL_INVALID", message: expect.stringMatching(why) }),
      );
    });
  }
});

describe("WS-Addressing", () => {
  const W3C = "http://www.w3.org/2005/08/addressing";
  const wsa = (blocks: string): ReturnType<typeof read> => read(soap("<a:f/>", blocks));
  const block = (name: string, content: string): string => `<w:${name} xmlns:w="${W3C}">${content}</w:${name}>`;

  it("relates the answer to its question", () => {
    const found = addressingOf(wsa(block("MessageID", "urn:uuid:1&amp;") + block("Action", "urn:do")));
    expect(found).toEqual({ uri: W3C, action: "urn:do", messageId: "urn:uuid:1&" });
    expect(addressingReply(found as NonNullable<typeof found>, "urn:done")).toEqual([
      `<wsa:Action xmlns:wsa="${W3C}">urn:done</wsa:Action>`,
      `<wsa:RelatesTo xmlns:wsa="${W3C}">urn:uuid:1&amp;</wsa:RelatesTo>`,
    ]);
  });
  it("never leads an answer somewhere else", () => {
    const to = (address: string): string => block("ReplyTo", `<w:Address>${address}</w:Address>`);
    expect(addressingOf(wsa(to(`${W3C}/anonymous`)))).toBeDefined();
    expect(() => addressingOf(wsa(to("http://127.0.0.1:22/")))).toThrow(/same connection only/);
    expect(() => addressingOf(wsa(block("Action", "a") + block("Action", "b")))).toThrow(/more than once/);
  });
});

describe("a fault", () => {
  it("is XML whatever its words are", () => {
    const xml = envelopeText({
      version: "1.2",
      headers: [],
      body: faultXml("1.2", { code: "sender", text: "a<b&\u0000]]>\ud800", detail: "" }),
    });
    expect(xml).toContain("a&lt;b&amp; ]]&gt; ");
    expect(read(xml).body?.local).toBe("Fault");
  });
});
