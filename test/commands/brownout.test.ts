// A brownout as callers meet it, in the real process whose clock is set: before it, within it, and when it is over.

import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { callWithPhp, phpMissing } from "../peers/php-soap-client.ts";
import { type Receiver, startReceiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { headOf, writeWithContracts } from "./called-bridges.ts";
import { createPlace, type Place } from "./steg.ts";

/** The policy is the built-in one, and the brownout lies as the rules want it: announced, on a working day, at working hours. */
const head = (name: string): string =>
  headOf(name, {
    dates: { started: "2026-11-03", deprecated: "2027-04-01", sunset: "2027-11-16" },
    more: "  brownouts: [{ from: 2027-10-05T10:00, to: 2027-10-05T10:45 }]",
  });

const READ = { operation: "LeseHund", input: { kennzeichen: "004711" } };
const DOG = {
  kennzeichen: "004711",
  rasse: "Dackel",
  gewicht: "12.50",
  steuer: "120.00",
  alter: 5,
  gefaehrlich: false,
  bemerkung: null,
  chip: "5",
  halter: { "@xsi:type": "Verein", nummer: "7", register: "VR 1" },
};

const BEFORE = "2027-10-05T09:58:00+02:00";
const WITHIN = "2027-10-05T10:15:00+02:00";
const AFTER = "2027-10-05T10:45:01+02:00";

const rest = (target: string): string => `${head("auskunft")}receive: { rest: { callers: anyone } }
cases:
  - call: GET /hunde/{nr}
    deliver: { http: { url: "${target}/hunde/{$request.path.nr}", method: GET } }
`;

const soap = (target: string): string => `${head("hunde")}receive:
  soap: { wsdl: schemas/hunde.wsdl, callers: anyone }
cases:
  - call: LeseHund
    deliver: { http: { url: "${target}/hunde/{kennzeichen}", method: GET } }
    answer: { json: { hund: = $reply } }
  - call: MeldeHund
    deliver: { http: { url: "${target}/hunde" } }
`;

const polled = (
  target: string,
): string => `${head("meldung")}receive: { folder: { path: meldung, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map: { json: { nr: = NR } }
deliver: { http: { url: "${target}/meldungen" } }
`;

let place: Place;
let service: Receiver;
let origin = "";

/** Less than an hour at a time: a clock that leaps further is not believed. */
async function setClock(moment: string): Promise<void> {
  await place.write("clock", String(Date.parse(moment) - Date.now()));
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(origin + path, init);
const heard = (path: string): number => service.heard.filter((one) => one.path.startsWith(path)).length;

/** What is known of a bridge holds for a moment. */
async function showsEverywhere(rest: number, soap: number): Promise<void> {
  await vi.waitFor(async () => {
    const replies = [await ask("bridges/auskunft/hunde/004711"), await postSoap("1.1")];
    expect(replies.map(({ status }) => status)).toEqual([rest, soap]);
  }, 10_000);
}

function postSoap(version: "1.1" | "1.2"): Promise<Response> {
  const [uri, type] =
    version === "1.1"
      ? ["http://schemas.xmlsoap.org/soap/envelope/", "text/xml"]
      : ["http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"];
  const content = '<LeseHund xmlns="urn:example:hunde"><kennzeichen>004711</kennzeichen></LeseHund>';
  const body = `<s:Envelope xmlns:s="${uri}"><s:Body>${content}</s:Body></s:Envelope>`;
  return ask("soap/hunde", { method: "POST", headers: { "content-type": type }, body });
}

/** RFC 9745 and RFC 8594, as a caller reads them. */
function expectAnnounced({ headers }: Response): void {
  const deprecation = Number(/^@(\d+)$/.exec(headers.get("deprecation") ?? "")?.[1]) * 1_000;
  expect(new Date(deprecation)).toEqual(new Date("2027-04-01T10:00:00+02:00"));
  expect(new Date(headers.get("sunset") ?? "")).toEqual(new Date("2027-11-16T10:00:00+01:00"));
  for (const link of [
    '<https://neu.example/api>; rel="successor-version"',
    '<https://neu.example/umstieg>; rel="deprecation"',
    '<https://neu.example/umstieg>; rel="sunset"',
  ]) {
    expect(headers.get("link")).toContain(link);
  }
}

/** Until 10:45, asked a little after 10:15. */
function expectWait({ headers }: Response): void {
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(1_700);
  expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(1_800);
  expect(headers.get("cache-control")).toBe("no-store");
}

/** When it answers again, when it ends, what follows, and where that is explained. */
const WORDS = [
  "2027-10-05T08:45:00.000Z",
  "2027-11-16",
  "Neues Register",
  "https://neu.example/api",
  "https://neu.example/umstieg",
];

function expectWords(text: string): void {
  for (const word of WORDS) expect(text).toContain(word);
}

beforeAll(async () => {
  place = await createPlace();
  service = await startReceiver();
  service.rule = ({ path }) =>
    path.startsWith("/hunde/")
      ? { headers: { "content-type": "application/json" }, body: JSON.stringify(DOG) }
      : undefined;
  await rm(place.path("sunset/policy.yaml"));
  await place.write("mappings/auskunft/bridge.yaml", rest(service.origin));
  await writeWithContracts(place, "hunde", soap(service.origin));
  await place.write("mappings/meldung/bridge.yaml", polled(service.origin));
  await setClock(BEFORE);
  const clock = new URL("set-clock.ts", import.meta.url).href;
  const env = { NODE_OPTIONS: `--import=${clock}`, TEST_CLOCK: place.path("clock") };
  origin = (await place.startUp({ env })).url;
});
afterAll(async () => {
  await place.remove();
  await service.close();
});

describe("before a brownout", () => {
  it("calls pass, and hear what is announced", async () => {
    const reply = await ask("bridges/auskunft/hunde/004711");
    expect([reply.status, await reply.json()]).toEqual([200, DOG]);
    expectAnnounced(reply);
    const other = await postSoap("1.1");
    expect(other.status).toBe(200);
    expectAnnounced(other);
    expect(await other.text()).toContain("Dackel");
  });
});

describe("within a brownout", () => {
  let before = 0;
  beforeAll(async () => {
    await setClock(WITHIN);
    await showsEverywhere(503, 500);
    before = heard("/hunde/");
  });

  it("a caller of REST reads 503, until when, and what to do", async () => {
    const reply = await ask("bridges/auskunft/hunde/004711");
    expect([reply.status, reply.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
    expectWait(reply);
    expectAnnounced(reply);
    const problem = (await reply.json()) as { readonly detail: string };
    expect(problem).toMatchObject({
      type: "urn:steg:error:bridge-brownout",
      title: "This interface rests, as announced",
      status: 503,
      code: "BRIDGE_BROWNOUT",
    });
    expectWords(problem.detail);
  });

  it.each([
    ["1.1", /<faultcode>soap:Server<\/faultcode>.*<code>BRIDGE_BROWNOUT</],
    ["1.2", /<soap:Value>soap:Receiver<.*<code>BRIDGE_BROWNOUT</],
  ] as const)("a caller of SOAP %s reads a fault of the server, until when, and what to do", async (version, fault) => {
    const reply = await postSoap(version);
    expect(reply.status).toBe(500);
    expectWait(reply);
    expectAnnounced(reply);
    const text = await reply.text();
    expect(text).toMatch(fault);
    expectWords(text);
  });

  describeNeeding("php", phpMissing, "PHP's SoapClient", () => {
    it.each(["1.1", "1.2"] as const)("reads the WSDL and hears the fault over SOAP %s", async (version) => {
      const result = await callWithPhp({ wsdl: `${origin}soap/hunde?wsdl`, ...READ, version });
      const code = expect.stringMatching(version === "1.1" ? /:Server$/ : /:Receiver$/) as string;
      expect(result).toMatchObject({ fault: { code, detail: { error: { code: "BRIDGE_BROWNOUT" } } } });
      expectWords(JSON.stringify(result).replaceAll("\\/", "/"));
    });
  });

  it("the descriptions can be read: who has to change something needs them", async () => {
    const description = await ask("bridges/auskunft/openapi.json");
    expect([description.status, await description.json()]).toMatchObject([200, { openapi: "3.1.0" }]);
    const contract = await ask("soap/hunde?wsdl");
    expect(contract.status).toBe(200);
    expectAnnounced(contract);
    expect(await contract.text()).toContain("LeseHund");
  });

  it("no call reaches the service, and files that are polled do", async () => {
    await place.drop("meldung/eins.csv", "NR\n0815\n");
    await expect.poll(() => heard("/meldungen"), { timeout: 20_000 }).toBe(1);
    expect(heard("/hunde/")).toBe(before);
  });
});

describe("after a brownout", () => {
  beforeAll(async () => {
    await setClock(AFTER);
    await showsEverywhere(200, 200);
  });

  it("calls pass again, without a restart", async () => {
    const reply = await ask("bridges/auskunft/hunde/004711");
    expect([reply.status, reply.headers.get("retry-after"), await reply.json()]).toEqual([200, null, DOG]);
    expectAnnounced(reply);
    expect((await postSoap("1.1")).status).toBe(200);
    expect((await postSoap("1.2")).status).toBe(200);
  });
  describeNeeding("php", phpMissing, "PHP's SoapClient", () => {
    it("reads a dog", async () => {
      const result = await callWithPhp({ wsdl: `${origin}soap/hunde?wsdl`, ...READ });
      expect(result).toMatchObject({ result: { hund: { kennzeichen: "004711", rasse: "Dackel" } } });
    });
  });
});
