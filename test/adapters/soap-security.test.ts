// WS-Security in envelopes: what is signed is checked by xml-crypto and by xmlsec1, which nobody here wrote.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { ExclusiveCanonicalization, SignedXml } from "xml-crypto";
import { DOMParser } from "@xmldom/xmldom";
import { canonicalParts } from "../../src/adapters/soap/c14n.ts";
import { WSU } from "../../src/adapters/soap/security-names.ts";
import type { SoapOptions } from "../../src/adapters/soap/options.ts";
import type { Target } from "../../src/core/contract.ts";
import { contextIn, patternOf } from "../conformance/surroundings.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { contracts } from "../peers/php-soap-server.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { ask, buildSoap } from "./soap-target.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-soap-security-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

const EMPTY = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><h:LeseHundResponse xmlns:h="urn:example:hunde"/></e:Body></e:Envelope>`;

/** What goes over the wire with these options. */
async function sent(more: Partial<SoapOptions>, value = { kennzeichen: "004711" }): Promise<string> {
  const receiver: Receiver = await startReceiver();
  made.push(() => receiver.close());
  receiver.rule = () => ({ status: 200, headers: { "content-type": "text/xml" }, body: EMPTY });
  const target: Target = await buildSoap(
    "hunde.wsdl",
    receiver.origin,
    { operation: patternOf("LeseHund", "raw"), ...more },
    {
      ...contextIn(contracts),
      readBridgeFile: (path) => (path === "signer.pem" ? signer.cert : contextIn(contracts).readBridgeFile(path)),
    },
  );
  made.push(() => target.close());
  expect(await ask(target, value)).toMatchObject({ end: "delivered" });
  return receiver.heard[0]?.body.toString("utf8") ?? "";
}

const authority = makeAuthority(join(folder, "ca"));
const ec = authority.issue("signer");
const rsa = rsaPair();
let signer: { readonly cert: Buffer; readonly key: Buffer } = rsa;

function rsaPair(): { readonly cert: Buffer; readonly key: Buffer } {
  const [key, cert] = [join(folder, "rsa.key"), join(folder, "rsa.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "2",
      "-subj",
      "/CN=Bruecke",
    ],
    { stdio: "ignore" },
  );
  return { cert: execFileSync("cat", [cert]), key: execFileSync("cat", [key]) };
}

const certificate = (pair: typeof rsa): SoapOptions["auth"] => ({
  basic: undefined,
  bearer: undefined,
  usernameToken: undefined,
  certificate: { cert: "signer.pem", key: pair.key.toString(), passphrase: undefined, algorithm: "sha256" },
});

/** Checks with xml-crypto; returns the canonical bytes that the signature covers. */
function verified(xml: string, pair: typeof rsa): readonly string[] {
  const document = new DOMParser().parseFromString(xml, "text/xml");
  const node = document.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature")[0];
  const check = new SignedXml({ publicCert: pair.cert, idMode: "wssecurity", getCertFromKeyInfo: () => null });
  check.loadSignature(node as unknown as Node);
  return check.checkSignature(xml) ? check.getSignedReferences() : [];
}

describe("signatures", () => {
  it("cover body and timestamp, and hold by xml-crypto", async () => {
    signer = rsa;
    const xml = await sent({ auth: certificate(rsa) });
    const covered = verified(xml, rsa);
    expect(covered).toHaveLength(2);
    expect(covered[0]).toContain("Created");
    expect(covered[1]).toContain("004711");
    expect(verified(xml.replace("004711", "004712"), rsa)).toEqual([]);
  });

  it("cover the user, where there is one", async () => {
    signer = rsa;
    const usernameToken = { user: "brücke", password: "geheim & <sicher>", digest: true };
    const auth = { ...certificate(rsa), usernameToken } as SoapOptions["auth"];
    const xml = await sent({ auth, addressing: true });
    expect(verified(xml, rsa)).toHaveLength(3);
  });

  it("are not made over files beside the envelope", async () => {
    signer = rsa;
    const target = await buildSoap(
      "hunde.wsdl",
      "http://127.0.0.1:9/",
      { operation: patternOf("LeseHund", "raw"), auth: certificate(rsa) },
      {
        ...contextIn(contracts),
        readBridgeFile: (path) => (path === "signer.pem" ? rsa.cert : contextIn(contracts).readBridgeFile(path)),
      },
    );
    made.push(() => target.close());
    const file = {
      name: "a.pdf",
      mediaType: "application/pdf",
      size: 1,
      sha256: "",
      open: async function* () {
        yield Buffer.from("x");
      },
    };
    expect(await ask(target, { kennzeichen: "004711" }, { enclosures: [file] })).toMatchObject({
      end: "refused",
      code: "SCHEMA_INVALID",
    });
  });
});

describeNeeding(
  "xmlsec1",
  existsSync("/usr/bin/xmlsec1") ? undefined : "xmlsec1 is not installed",
  "signatures by xmlsec1",
  () => {
    it.each([
      ["RSA", rsa],
      ["EC", ec],
    ])("%s holds", async (_kind, pair) => {
      signer = pair;
      const xml = await sent({ auth: certificate(pair) });
      const [message, cert] = [join(folder, "message.xml"), join(folder, "signer.pem")];
      writeFileSync(message, xml);
      writeFileSync(cert, pair.cert);
      const ids = ["Body", "Timestamp"].flatMap((name) => ["--id-attr:Id", name]);
      const check = (): string =>
        execFileSync(
          "xmlsec1",
          ["--verify", "--enabled-key-data", "x509,rsa,ecdsa", "--pubkey-cert-pem", cert, ...ids, message],
          { stdio: "pipe" },
        ).toString();
      expect(check).not.toThrow();
      writeFileSync(message, xml.replace("004711", "004712"));
      expect(check).toThrow("Command failed");
    });
  },
);

describe("users", () => {
  it("come with a digest over a number used once", async () => {
    const usernameToken = { user: "brücke", password: "geheim & <sicher>", digest: true };
    const xml = await sent({
      auth: { basic: undefined, bearer: undefined, certificate: undefined, usernameToken },
      timestamp: true,
    });
    const read = (name: string): string =>
      new RegExp(`<\\w+:${name}[^>]*>([^<]*)<`).exec(xml.slice(xml.indexOf("UsernameToken")))?.[1] ?? "";
    const nonce = Buffer.from(read("Nonce"), "base64");
    expect(nonce).toHaveLength(16);
    const digest = createHash("sha1")
      .update(nonce)
      .update(read("Created"))
      .update("geheim & <sicher>")
      .digest("base64");
    expect(read("Password")).toBe(digest);
    expect(xml).not.toContain("geheim");
  });

  it("come with their password where the service wants that", async () => {
    const usernameToken = { user: "u", password: "geheim & <sicher>\n", digest: false };
    const xml = await sent({ auth: { basic: undefined, bearer: undefined, certificate: undefined, usernameToken } });
    expect(xml).toContain('#PasswordText">geheim &amp; &lt;sicher&gt;</wsse:Password>');
  });
});

describe("users that cannot be written", () => {
  it("are refused before anything is sent", async () => {
    const usernameToken = { user: "u\u0000", password: "p", digest: false };
    const auth = { basic: undefined, bearer: undefined, certificate: undefined, usernameToken };
    await expect(buildSoap("hunde.wsdl", "http://127.0.0.1:9/", { auth })).rejects.toMatchObject({
      code: "OPTION_UNUSABLE",
      message: expect.stringContaining("auth.usernameToken.user") as string,
    });
  });
});

describe("TLS", () => {
  const client = authority.issue("client");
  const files: Readonly<Record<string, Buffer>> = { "ca.pem": authority.ca, "client.pem": client.cert };
  const plain = contextIn(contracts);
  const context = { ...plain, readBridgeFile: (path: string) => files[path] ?? plain.readBridgeFile(path) };

  it("shows the bridge's certificate, and trusts the named authority only", async () => {
    const receiver = await startReceiver({
      tls: { ...authority.issue("server"), ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    });
    made.push(() => receiver.close());
    receiver.rule = () => ({ status: 200, headers: { "content-type": "text/xml" }, body: EMPTY });
    const operation = patternOf("LeseHund", "raw");
    const ends: unknown[] = [];
    for (const more of [{ ca: "ca.pem", cert: "client.pem", key: client.key.toString() }, { ca: "ca.pem" }, {}]) {
      const target = await buildSoap("hunde.wsdl", receiver.origin, { operation, ...more }, context);
      made.push(() => target.close());
      ends.push(await ask(target, { kennzeichen: "004711" }));
    }
    expect(ends).toMatchObject([{ end: "delivered" }, { end: "unreachable" }, { end: "unreachable", unsure: false }]);
    expect(receiver.heard).toHaveLength(1);
  });
});

describe("canonical XML", () => {
  it.each([
    `<a xmlns="urn:d" xmlns:x="urn:x" x:b="1" a="2"><x:c/><d xmlns=""/><e xmlns="urn:d">&#13;&amp;&gt;"'</e></a>`,
    `<p:a xmlns:p="urn:p" xmlns:q="urn:q" xmlns:unused="urn:u"><q:b q:z="1" p:z="2" z="&#10;&#9;&quot;&lt;"/><p:c xmlns:p="urn:other"><p:d/></p:c></p:a>`,
    `<a xml:lang="de"><![CDATA[<x> & ]]><!-- no --><b   c = 'd'  /></a>`,
  ])("is as xml-crypto makes it: %s", (inner) => {
    const marked = inner.replace(/^<([\w:]+)/, `<$1 wsu:Id="x"`);
    const xml = `<r xmlns="urn:outer" xmlns:wsu="${WSU}" xmlns:o="urn:o">${marked}</r>`;
    const node = new DOMParser().parseFromString(xml, "text/xml").documentElement?.firstChild;
    const oracle = new ExclusiveCanonicalization().process(node as unknown as Element, {});
    expect(canonicalParts(xml).get("x")).toBe(oracle);
  });
});
