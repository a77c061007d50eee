// receive.soap: what attackers send becomes no call, and nothing of it is said again.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Face } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { ACTION, closeFaces, E, envelope, faceOf, failed, post, READ, refused, SOAP12 } from "./soap-face-scene.ts";

afterAll(closeFaces);

describe("an attack", () => {
  let face: Face;
  beforeAll(async () => (face = await faceOf()));
  const search = `<e:SuchePersonen ${E}><e:familienname>A</e:familienname></e:SuchePersonen>`;

  it.each([
    [
      "SOAPAction of another operation",
      post(envelope(READ), { soapaction: `"${ACTION}SuchePersonen"` }),
      /another operation/,
    ],
    ["SOAPAction of nobody", post(envelope(READ), { soapaction: '"urn:evil"' }), /another operation/],
    [
      "action of another operation, 1.2",
      post(envelope(READ, { uri: SOAP12 }), { "content-type": `application/soap+xml; action="${ACTION}MeldePerson"` }),
      /another operation/,
    ],
    [
      "wsa:Action of another operation",
      post(
        envelope(READ, {
          header: `<a:Action xmlns:a="http://www.w3.org/2005/08/addressing">${ACTION}MeldePerson</a:Action>`,
        }),
      ),
      /wsa:Action/,
    ],
    [
      "two bodies",
      post(envelope(READ).replace("</s:Envelope>", `<s:Body>${search}</s:Body></s:Envelope>`)),
      /one body/,
    ],
    ["two elements in the body", post(envelope(READ + search)), /more than one element/],
    [
      "the second element first (wrapping)",
      post(envelope(search, { header: READ }).replace("</s:Body>", `${READ}</s:Body>`)),
      /more than one/,
    ],
    ["an element of no operation", post(envelope(`<e:LoescheAlles ${E}/>`)), /no operation/],
    ["an element of an answer", post(envelope(`<e:LesePersonAntwort ${E}/>`)), /no operation/],
    ["its element in another namespace", post(envelope(READ.replace("einwohner:1", "evil"))), /no operation/],
    ["an empty body", post(envelope("")), /empty body/],
    [
      "an external entity",
      post(`<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>${envelope(READ.replace("00012345", "&x;"))}`),
      /DOCTYPE/,
    ],
    [
      "an entity bomb",
      post(`<!DOCTYPE s [<!ENTITY a "xxxx"><!ENTITY b "&a;&a;&a;&a;">]>${envelope(READ.replace("00012345", "&b;"))}`),
      /DOCTYPE/,
    ],
    [
      "deep nesting",
      post(envelope(READ.replace("00012345", "<x>".repeat(5_000) + "</x>".repeat(5_000)))),
      /LesePerson/,
    ],
    [
      "bytes that are no UTF-8",
      post(Buffer.concat([Buffer.from(envelope(READ).slice(0, -30)), Buffer.from([0xc3, 0x28])])),
      /not utf-8/,
    ],
    ["a text in UTF-16 that says it is UTF-8", post(Buffer.from(envelope(READ), "utf16le")), /well-formed/],
    ["a value against the pattern", post(envelope(READ.replace("00012345", "geheim"))), /LesePerson.*om/],
    [
      "an element that the type does not have",
      post(envelope(READ.replace("</e:LesePerson>", "<e:evil>geheim</e:evil></e:LesePerson>"))),
      /does not have/,
    ],
    [
      "elements in another order",
      post(envelope(`<e:LesePerson ${E}><e:stichtag>2026-01-01</e:stichtag><e:om>00012345</e:om></e:LesePerson>`)),
      /LesePerson/,
    ],
    [
      "an xsi:type of something else",
      post(
        envelope(
          READ.replace(
            "<e:om>",
            '<e:om xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema" i:type="x:anyURI">',
          ),
        ),
      ),
      /om/,
    ],
    [
      "a schemaLocation of its own",
      post(
        envelope(
          READ.replace(
            "<e:om>",
            '<e:om xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:x http://127.0.0.1:9/x.xsd">geheim<!-- -->',
          ),
        ),
      ),
      /om/,
    ],
    ["content type of 1.1, envelope of 1.2", post(envelope(READ, { uri: SOAP12 })), /content type/],
    ["an envelope of a SOAP to come", post(envelope(READ, { uri: "urn:soap:3" })), /no version/],
    [
      "an answer to somewhere else",
      post(
        envelope(READ, {
          header:
            '<a:ReplyTo xmlns:a="http://www.w3.org/2005/08/addressing"><a:Address>http://127.0.0.1:22/</a:Address></a:ReplyTo>',
        }),
      ),
      /same connection/,
    ],
  ])("by %s is refused, and nothing of it is said again", async (_name, request, why) => {
    const { error, reply } = await refused(face, request);
    expect(error.message).toMatch(why);
    expect(["CALL_INVALID", "CALL_UNKNOWN"]).toContain(error.code);
    const said = `${error.message}${String(reply.body)}`;
    expect(said).not.toMatch(/geheim|passwd|evil|127\.0\.0\.1|\.ts:\d|node_modules/u);
    expect(String(reply.body)).toContain("Fault>");
  });
  it("by words in a fault stays a text", async () => {
    const asked = post(envelope(READ));
    const call = await face.read(asked);
    const words = "</faultstring><evil/>\r\nX-Evil: 1\u0000\ud800]]>";
    const reply = face.write(call, failed({ detail: words, fault: { code: words, text: words } }), asked);
    expect(String(reply.body)).not.toContain("<evil");
    expect(String(reply.body)).toContain("&lt;/faultstring&gt;&lt;evil/&gt;");
    expect(Object.values(reply.headers).join("")).not.toContain("Evil");
  });
});

describe("a message that chance has bent", () => {
  const person = `<e:person xmlns="urn:example:einwohner:typen:1" gesperrt="true"><om>00012345</om><familienname>A&#66;<![CDATA[C]]></familienname><vorname>D</vorname><geburtsdatum>2000-01-01</geburtsdatum><sterbedatum>2000-01-01</sterbedatum></e:person>`;
  const whole = envelope(`<e:MeldePerson ${E}>${person}</e:MeldePerson>`, {
    header: '<w:MessageID xmlns:w="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1">urn:1</w:MessageID>',
  });
  const type = 'multipart/related; type="application/xop+xml"; boundary=b; start="<r>"';
  const related = `--b\r\nContent-Type: application/xop+xml; type="text/xml"\r\nContent-ID: <r>\r\n\r\n${whole}\r\n--b\r\nContent-ID: <a>\r\n\r\nx\r\n--b--\r\n`;
  const pieces = [
    "<",
    ">",
    "&",
    '"',
    "]]>",
    "<!DOCTYPE",
    "<?x?>",
    "xmlns=''",
    "\0",
    "\u00ff",
    "\r\n--b",
    "--",
    "<s:Body>",
    "&#0;",
    "&#x110000;",
  ];

  const bend = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(8), put: fc.constantFrom(...pieces, "") }),
    { minLength: 1, maxLength: 4 },
  );

  it.each([
    ["an envelope", whole, "text/xml"],
    ["a message with attachments", related, type],
  ])("%s is taken or refused, and nothing else", async (_name, text, contentType) => {
    const face = await faceOf();
    const property = fc.asyncProperty(bend, async (changes) => {
      let bent = text;
      for (const { at, drop, put } of changes) {
        const index = Math.floor(at * bent.length);
        bent = bent.slice(0, index) + put + bent.slice(index + drop);
      }
      const request = post(Buffer.from(bent, "latin1"), { "content-type": contentType });
      try {
        return (await face.read(request)).name === "MeldePerson";
      } catch (cause) {
        if (!(cause instanceof BridgeError)) throw cause;
        if (cause.code === "CALL_TYPE") return true;
        const reply = face.write(undefined, failed({ code: cause.code, detail: cause.message }), request);
        return /^CALL_(?:INVALID|UNKNOWN)$/.test(cause.code) && String(reply.body).includes("Fault>");
      }
    });
    await fc.assert(property, { seed: 20_261_121, numRuns: 1_000 });
  });
});
