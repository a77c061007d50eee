// The package soap as oracle: what it sends for the same values means the same, and its server understands what we send.
// Where the two differ is written down here too, because it is why deliver.soap is not built on it (decision 9).

import { createServer, type Server } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClientAsync, listen, WSSecurity } from "soap";
import { readEnvelope } from "../../src/adapters/soap/envelope.ts";
import { createPlans } from "../../src/adapters/soap/value/plan.ts";
import { loadService } from "../../src/adapters/soap/wsdl/service.ts";
import type { Value } from "../../src/core/contract.ts";
import { patternOf } from "../conformance/surroundings.ts";
import { contracts } from "../peers/php-soap-server.ts";
import { startReceiver } from "../peers/receiver.ts";
import { ask, buildSoap, replyOf } from "./soap-target.ts";

const wsdl = join(contracts, "akten.wsdl");
const AKTE = {
  zeichen: "AZ <7> & Co",
  anzahl: 3,
  eilig: true,
  vermerk: [{ text: "eins" }, { text: "zwei" }],
  inhalt: "QUJD",
};

describe("the package soap", () => {
  it("sends the same message for the same values", async () => {
    const receiver = await startReceiver();
    receiver.rule = () => ({ status: 500, headers: { "content-type": "text/xml" }, body: "" });
    const client = await createClientAsync(wsdl, { endpoint: receiver.origin });
    const call = client["LegeAbAsync"] as (value: object) => Promise<unknown>;
    await call.call(client, AKTE).catch(() => undefined);
    const target = await buildSoap("akten.wsdl", receiver.origin);
    await ask(target, AKTE);
    const service = loadService("akten.wsdl", (path) => readFileSync(join(contracts, path)));
    const plans = createPlans(service.model);
    const [theirs, ours] = receiver.heard.map(({ body }) => {
      const plan = service.operations[0]?.input.body;
      return readEnvelope(body.toString(), { plans, body: () => plan && plans.element(plan) }).body;
    });
    await target.close();
    await receiver.close();
    expect(ours?.value).toEqual(AKTE);
    expect(theirs).toEqual(ours);
    expect(receiver.heard[0]?.headers["soapaction"]).toBe(receiver.heard[1]?.headers["soapaction"]);
  });

  it("writes a user as we do", async () => {
    const [theirs, ours] = await Promise.all([userOfPackage(), userOfOurs()]);
    const shape = (xml: string): string =>
      xml.replaceAll(/>[^<]*</g, "><").replaceAll(/ wsu:Id="[^"]*"| xmlns:wsu="[^"]*"/g, "");
    expect(shape(ours)).toBe(shape(theirs));
  });
});

function token(xml: string): string {
  return /<wsse:UsernameToken.*<\/wsse:UsernameToken>/s.exec(xml)?.[0] ?? "";
}

function userOfPackage(): Promise<string> {
  return Promise.resolve(token(new WSSecurity("u", "p", { passwordType: "PasswordDigest" }).toXML()));
}

async function userOfOurs(): Promise<string> {
  const receiver = await startReceiver();
  const usernameToken = { user: "u", password: "p", digest: true };
  const auth = { basic: undefined, bearer: undefined, certificate: undefined, usernameToken };
  const target = await buildSoap("akten.wsdl", receiver.origin, { auth });
  await ask(target, AKTE);
  await target.close();
  await receiver.close();
  return token(receiver.heard[0]?.body.toString() ?? "");
}

describe("the package's server", () => {
  let server: Server;
  let heard: unknown;
  beforeAll(async () => {
    server = createServer();
    const answer = {
      zeichen: "AZ 7",
      groesse: 3,
      vermerk: [{ text: "0007", betrag: "12345678901234567.10" }],
      inhalt: "QUJD",
    };
    const lege = (value: unknown): unknown => {
      heard = value;
      return answer;
    };
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    listen(server, {
      path: "/akten",
      xml: readFileSync(wsdl, "utf8"),
      services: { Akten: { Akten: { LegeAb: lege } } },
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it("understands us, and we it", async () => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = await buildSoap("akten.wsdl", `${origin}/akten`, { operation: patternOf("LegeAb", "raw") });
    const reply: Value = replyOf(await ask(target, { ...AKTE, vermerk: [{ text: "eins", betrag: "0012.50" }] }));
    await target.close();
    expect(reply).toEqual({
      zeichen: "AZ 7",
      groesse: 3,
      vermerk: [{ text: "0007", betrag: "12345678901234567.10" }],
      inhalt: "QUJD",
    });
    expect(heard).toMatchObject({ zeichen: "AZ <7> & Co", anzahl: 3, eilig: true });
    // Its defaults change what it reads: the text 0012.50 is the number 12.5 for whoever implements the service.
    expect(heard).toMatchObject({ vermerk: [{ betrag: 12.5 }] });
  });
});
