// A bridge with receive.soap, run by `steg up`, called by SOAP clients that nobody here wrote: PHP's SoapClient, zeep, and one
// that gSOAP compiles from the WSDL as the bridge serves it. Behind it a REST service.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { compileGsoapClient, type GsoapClient, gsoapMissing } from "../peers/gsoap-client.ts";
import { callWithPhp, phpMissing } from "../peers/php-soap-client.ts";
import { type Heard, type Receiver, startReceiver } from "../peers/receiver.ts";
import { describeNeeding } from "../peers/required.ts";
import { callWithZeep, zeepMissing } from "../peers/zeep-client.ts";
import { headOf, writeWithContracts } from "./called-bridges.ts";
import { createPlace, ENDED, type Place, RUNNING } from "./steg.ts";

/** What the new service knows: decimals, dates and leading zeros are texts, as its JSON has them. */
const PERSON = {
  om: "00012345",
  familienname: "Müller & Söhne <AG>",
  vorname: ["Zoë", "Đorđe"],
  geburtsdatum: "1980-02-29",
  sterbedatum: null,
  anschrift: [
    { "@hauptwohnung": true, strasse: "Hauptstraße", hausnummer: "007", plz: "01067", ort: "Dresden" },
    { strasse: "Weg", plz: "80331", ort: "München" },
  ],
  gebuehr: { "@waehrung": "EUR", "#text": "12345678901234567.10" },
  fallzahl: 7,
  aktenzeichen: "9007199254740993",
};

function bridge(target: string, name = "einwohner", dates = RUNNING, callers = "anyone"): string {
  const successor = '{ title: REST-Schnittstelle, url: "https://neu.example" }';
  return `${headOf(name, { dates, successor })}receive:
  soap: { wsdl: schemas/einwohner.wsdl, callers: ${callers} }
cases:
  - call: LesePerson
    deliver: { http: { url: "${target}/personen/{om}", method: GET } }
    answer:
      status: = $status
      json: "= $status = 404 ? {'NichtGefunden': {'om': om, 'grund': $reply.detail}} : {'person': $reply}"
  - call: MeldePerson
    deliver: { http: { url: "${target}/echo" } }
  - call: SuchePersonen
    deliver: { http: { url: "${target}/suche" } }
    answer: { json: "= {'@anzahl': $count($reply.items), 'treffer': $reply.items}" }
  - call: BerechneGebuehr
    deliver: { http: { url: "${target}/gebuehr" } }
deliver:
  outcomes:
    - { when: "= $status = 404", as: delivered }
`;
}

function files(target: string): string {
  return `${headOf("akten")}receive:
  soap: { wsdl: schemas/akten.wsdl, callers: anyone }
deliver: { http: { url: "${target}/echo" } }
answer: { json: "= {'zeichen': zeichen, 'groesse': anzahl, 'inhalt': $reply.inhalt}" }
`;
}

function mailbox(target: string): string {
  return `${headOf("postfach")}receive:
  soap: { wsdl: schemas/postfach.wsdl, callers: anyone }
cases:
  - call: SendeNachricht
    map:
      json: { von: "= \`#headers\`.Absender.kennung", betreff: = betreff, anhang: = anhang }
    deliver: { http: { url: "${target}/nachrichten" } }
    answer: { json: { nummer: = $reply.nummer, "#headers": { Quittung: { nummer: "= 'Q' & $reply.nummer" } } } }
  - call: MeldeGelesen
    deliver: { http: { url: "${target}/gelesen" } }
    answer: { status: 202 }
  - call: Buche
    deliver: { http: { url: "${target}/buchungen" } }
    answer: { json: { summe: = $reply.summe } }
`;
}

function answer({ path, body }: Heard): { status?: number; headers: Record<string, string>; body: string } {
  const headers = { "content-type": "application/json" };
  const json = (value: unknown): string => JSON.stringify(value);
  if (path === "/personen/00012345") return { headers, body: json(PERSON) };
  if (path.startsWith("/personen/")) return { status: 404, headers, body: json({ detail: "nicht im Register" }) };
  if (path === "/suche") return { headers, body: json({ items: [PERSON] }) };
  if (path === "/echo") return { headers, body: body.toString() };
  if (path === "/nachrichten") return { headers, body: json({ nummer: "0815" }) };
  if (path === "/gelesen") return { headers, body: "" };
  if (path === "/buchungen") return { headers, body: json({ summe: "0.20" }) };
  const { betrag } = JSON.parse(body.toString()) as { betrag: string };
  return { headers, body: json({ gebuehr: betrag, anschrift: PERSON.anschrift[0] }) };
}

let place: Place;
let receiver: Receiver;
let base = "";

beforeAll(async () => {
  place = await createPlace();
  receiver = await startReceiver();
  receiver.rule = answer;
  const { origin } = receiver;
  await writeWithContracts(place, "einwohner", bridge(origin));
  await writeWithContracts(place, "vorbei", bridge(origin, "vorbei", ENDED));
  await writeWithContracts(place, "intern", bridge(origin, "intern", RUNNING, "[altverfahren]"));
  await writeWithContracts(place, "akten", files(origin));
  await writeWithContracts(place, "postfach", mailbox(origin));
  base = `${(await place.startUp()).url}soap/einwohner`;
});
afterAll(async () => {
  await place.remove();
  await receiver.close();
});

describe("the contract that is served", () => {
  it("leads to the bridge and to nobody else", async () => {
    const wsdl = await (await fetch(`${base}?wsdl`)).text();
    expect(wsdl).not.toContain("register.example");
    expect(wsdl.split(`location="${base}"`)).toHaveLength(4);
    const part = /schemaLocation="([^"]+)"/.exec(wsdl)?.[1] ?? "";
    expect(await (await fetch(part)).text()).toContain('name="Ordnungsmerkmal"');
  });
});

describe("what no call becomes of", () => {
  const envelope = (content: string): string =>
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`;
  const post = async (url: string, body: string, type = "text/xml"): Promise<Response> =>
    await fetch(url, { method: "POST", headers: { "content-type": type }, body });

  it("a request that is too large, over 1.1 and 1.2", async () => {
    const large = envelope(" ".repeat(2 << 20));
    const old = await post(base, large);
    expect(old.status).toBe(500);
    expect(await old.text()).toMatch(/soap:Client.*<code>CALL_TOO_LARGE/);
    const later = await post(base, large, "application/soap+xml");
    expect(later.status).toBe(400);
    expect(await later.text()).toMatch(/soap:Sender.*CALL_TOO_LARGE/);
  });
  it("another method, another type, another place", async () => {
    const get = await fetch(base);
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await post(base, "{}", "application/json")).status).toBe(415);
    expect((await post(`${base}/admin`, envelope(""))).status).toBe(500);
  });
  it("one after the end of the bridge, which names its successor", async () => {
    const before = receiver.heard.length;
    const gone = base.replace("einwohner", "vorbei");
    const reply = await post(
      gone,
      envelope('<LesePerson xmlns="urn:example:einwohner:1"><om>00012345</om></LesePerson>'),
    );
    const text = await reply.text();
    expect(reply.status).toBe(500);
    expect(text).toMatch(/<faultcode>soap:Client<.*REST-Schnittstelle \(https:\/\/neu\.example\).*BRIDGE_SUNSET/);
    expect(Date.parse(reply.headers.get("sunset") ?? "")).toBeLessThan(Date.now());
    expect(reply.headers.get("deprecation")).toMatch(/^@\d+$/);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(receiver.heard).toHaveLength(before);
  });
  it("headers of the lifecycle stand on every answer of one that runs", async () => {
    const reply = await post(base, envelope(""));
    expect(Date.parse(reply.headers.get("sunset") ?? "")).toBeGreaterThan(Date.now());
    expect(reply.headers.get("link")).toContain('<https://neu.example/>; rel="successor-version"');
  });
});

describeNeeding("php", phpMissing, "PHP's SoapClient", () => {
  it.each(["1.1", "1.2"] as const)("reads a person over SOAP %s, every value exact", async (version) => {
    const input = { om: "00012345" };
    expect(await callWithPhp({ wsdl: `${base}?wsdl`, operation: "LesePerson", input, version })).toEqual({
      result: {
        person: {
          ...PERSON,
          anschrift: [
            { hauptwohnung: true, strasse: "Hauptstraße", hausnummer: "007", plz: "01067", ort: "Dresden" },
            { strasse: "Weg", plz: "80331", ort: "München" },
          ],
          gebuehr: { _: "12345678901234567.10", waehrung: "EUR" },
          // A long of XML does not fit into the numbers of JavaScript, which reads what PHP prints.
          aktenzeichen: expect.any(Number),
        },
      },
    });
  });
  it("hears the fault that the contract declares", async () => {
    const input = { om: "99999999" };
    expect(await callWithPhp({ wsdl: `${base}?wsdl`, operation: "LesePerson", input })).toMatchObject({
      fault: {
        code: expect.stringMatching(/:Client$/),
        detail: { NichtGefunden: { om: "99999999", grund: "nicht im Register" } },
      },
    });
  });
  it("is told what does not fit, without the value", async () => {
    const result = await callWithPhp({ wsdl: `${base}?wsdl`, operation: "LesePerson", input: { om: "1234-geheim" } });
    expect(result).toMatchObject({
      fault: { code: expect.stringMatching(/:Client$/), text: expect.stringContaining("om") },
    });
    expect(JSON.stringify(result)).not.toContain("geheim");
  });
  it("still reads the contract of a bridge that has ended, and hears from it who follows", async () => {
    const wsdl = `${base.replace("einwohner", "vorbei")}?wsdl`;
    expect(await callWithPhp({ wsdl, operation: "LesePerson", input: { om: "00012345" } })).toMatchObject({
      fault: {
        code: expect.stringMatching(/:Client$/),
        text: expect.stringContaining("REST-Schnittstelle (https://neu.example)"),
        detail: { error: { code: "BRIDGE_SUNSET" } },
      },
    });
  });
  it("calls rpc/literal", async () => {
    const input = ["00012345", "0012.50", "2026-11-21"];
    expect(await callWithPhp({ wsdl: `${base}?wsdl`, operation: "BerechneGebuehr", input })).toMatchObject({
      result: { gebuehr: "0012.50" },
    });
  });
});

describeNeeding("php", phpMissing, "PHP's SoapClient at an old mailbox", () => {
  const wsdl = (): string => `${base.replace("einwohner", "postfach")}?wsdl`;
  const heard = (): unknown => JSON.parse(receiver.heard.at(-1)?.body.toString() ?? "");

  it("sends headers of the contract, and gets those of the answer", async () => {
    const content = { kennung: "007" };
    const headers = [{ namespace: "urn:example:postfach:1", name: "Absender", content, mustUnderstand: true }];
    const input = { betreff: "Ä", anhang: ["\u0000"] };
    const result = await callWithPhp({ wsdl: wsdl(), operation: "SendeNachricht", input, headers });
    expect(heard()).toEqual({ von: "007", betreff: "Ä", anhang: ["AA=="] });
    expect(result).toEqual({ result: { nummer: "0815" }, headers: { Quittung: { nummer: "Q0815" } } });
    const other = [{ namespace: "urn:neu", name: "Neu", content: "x", mustUnderstand: true }];
    expect(await callWithPhp({ wsdl: wsdl(), operation: "SendeNachricht", input, headers: other })).toMatchObject({
      fault: { code: expect.stringMatching(/:MustUnderstand$/) },
    });
  });
  it("is not kept waiting where there is no answer", async () => {
    const result = await callWithPhp({ wsdl: wsdl(), operation: "MeldeGelesen", input: { nummer: "1" } });
    expect(result).toEqual({ result: null });
    // PHP hangs up as soon as it has sent.
    await vi.waitFor(() => expect(heard()).toEqual({ nummer: "1" }), 10_000);
  });
  it("speaks SOAP encoding, and means one object twice", async () => {
    const input = ["007", { nummer: "1", betrag: "0.10" }];
    const result = await callWithPhp({ wsdl: wsdl(), operation: "Buche", input, twice: 1 });
    expect(heard()).toEqual({
      konto: "007",
      eintrag: { nummer: "1", betrag: "0.10" },
      storno: { nummer: "1", betrag: "0.10" },
    });
    expect(result).toEqual({ result: "0.20" });
  });
});

describeNeeding("zeep", zeepMissing, "zeep", () => {
  it.each(["1.1", "1.2"] as const)("echoes a person over SOAP %s", async (version) => {
    const { gebuehr: _fee, anschrift: _addresses, ...plain } = PERSON;
    const person = {
      ...plain,
      sterbedatum: "2020-02-29",
      gesperrt: true,
      gebuehr: { _value_1: "0012.50", waehrung: "EUR" },
      anschrift: [{ strasse: "Weg", plz: "01067", ort: "Dresden", hauptwohnung: false }],
    };
    const result = await callWithZeep({ wsdl: `${base}?wsdl`, operation: "MeldePerson", input: { person }, version });
    expect(result).toMatchObject({
      result: {
        om: "00012345",
        familienname: "Müller & Söhne <AG>",
        vorname: ["Zoë", "Đorđe"],
        geburtsdatum: "1980-02-29",
        sterbedatum: "2020-02-29",
        gesperrt: true,
        gebuehr: { _value_1: "12.50", waehrung: "EUR" },
        anschrift: [{ plz: "01067", hauptwohnung: false }],
      },
    });
  });
  it("finds a list", async () => {
    const input = { familienname: "Müller", hoechstens: 3 };
    const result = await callWithZeep({ wsdl: `${base}?wsdl`, operation: "SuchePersonen", input });
    expect(result).toMatchObject({
      result: { anzahl: 1, treffer: [{ gebuehr: { _value_1: "12345678901234567.10" }, fallzahl: 7 }] },
    });
  });
  it("hears the declared fault over SOAP 1.2", async () => {
    const input = { om: "99999999" };
    const found = await callWithZeep({ wsdl: `${base}?wsdl`, operation: "LesePerson", input, version: "1.2" });
    expect(found).toMatchObject({ fault: { detail: { NichtGefunden: { grund: "nicht im Register" } } } });
  });
  it("calls rpc/literal", async () => {
    const input = { om: "00012345", betrag: "99999999999999999.99", stichtag: "2026-11-21" };
    expect(await callWithZeep({ wsdl: `${base}?wsdl`, operation: "BerechneGebuehr", input })).toMatchObject({
      result: { gebuehr: "99999999999999999.99", anschrift: { plz: "01067" } },
    });
  });
});

describe("a bridge that only some may call", () => {
  let user = { wsdl: "", user: "", password: "" };
  beforeAll(async () => {
    const password = await place.token("altverfahren");
    user = { wsdl: `${base.replace("einwohner", "intern")}?wsdl`, user: "altverfahren", password };
  });
  const asked = { operation: "LesePerson", input: { om: "00012345" } };
  const found = { result: expect.objectContaining({ familienname: "Müller & Söhne <AG>" }) };

  describeNeeding("php", phpMissing, "PHP's SoapClient", () => {
    it("has its token as the password of Basic", async () => {
      expect(await callWithPhp({ ...user, ...asked })).toEqual({ result: { person: found.result } });
      const wrong = await callWithPhp({ ...user, ...asked, password: "falsch" });
      expect(wrong).toMatchObject({ fault: { code: "WSDL" } });
    });
  });
  describeNeeding("zeep", zeepMissing, "zeep", () => {
    it("has its token as the password of Basic", async () => {
      expect(await callWithZeep({ ...user, ...asked })).toEqual(found);
    });
  });
  it("shows the contract to nobody else", async () => {
    expect((await fetch(user.wsdl)).status).toBe(401);
    expect((await fetch(user.wsdl, { method: "POST", body: "<x/>" })).status).toBe(401);
  });
});

describeNeeding("gsoap", gsoapMissing, "a client of gSOAP", () => {
  let folder = "";
  let client: GsoapClient;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "steg-gsoap-"));
    client = await compileGsoapClient("einwohner", `${base}?wsdl`, folder);
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  it.each(["1.1", "1.2"] as const)("reads and reports over SOAP %s", async (version) => {
    expect(await client.call(base, "LesePerson", ["00012345"], version)).toMatchObject({
      result: { familienname: "Müller & Söhne <AG>", anschriften: 2, plz: "01067", gebuehr: "12345678901234567.10" },
    });
    const words = ["00012345", "Ö", "1980-02-29", "0012.50", "A", "B"];
    expect(await client.call(base, "MeldePerson", words, version)).toMatchObject({
      result: { om: "00012345", familienname: "Ö", vorname: ["A", "B"], gebuehr: "0012.50", sterbedatum: null },
    });
    expect(await client.call(base, "LesePerson", ["99999999"], version)).toMatchObject({
      fault: { detail: "nicht im Register" },
    });
  });
  it("calls rpc/literal", async () => {
    expect(await client.call(base, "BerechneGebuehr", ["00012345", "0.10", "2026-11-21"])).toEqual({
      result: { gebuehr: "0.10", ort: "Dresden" },
    });
  });
  it("sends a file beside the envelope (MTOM), and gets it back", async () => {
    const akten = base.replace("einwohner", "akten");
    const own = await mkdtemp(join(tmpdir(), "steg-gsoap-"));
    const sender = await compileGsoapClient("akten", `${akten}?wsdl`, own);
    expect(await sender.call(akten, "LegeAb", ["200000"])).toEqual({
      result: { zeichen: "A/0007", groesse: 1, same: true },
    });
    await rm(own, { recursive: true, force: true });
  });
});

describe("many callers at once", () => {
  it("each get their own answer", async () => {
    const call = async (name: string): Promise<string> => {
      const person = `<p xmlns="urn:example:einwohner:typen:1"><om>00000001</om><familienname>${name}</familienname><vorname>A</vorname><geburtsdatum>2000-01-01</geburtsdatum><sterbedatum>2000-01-01</sterbedatum></p>`;
      const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><e:MeldePerson xmlns:e="urn:example:einwohner:1">${person.replace("<p ", "<e:person ").replace("</p>", "</e:person>")}</e:MeldePerson></s:Body></s:Envelope>`;
      const reply = await fetch(base, { method: "POST", headers: { "content-type": "text/xml" }, body });
      return /familienname>([^<]*)</.exec(await reply.text())?.[1] ?? "";
    };
    const names = Array.from({ length: 60 }, (_x, at) => `Name ${at}`);
    expect(await Promise.all(names.map(call))).toEqual(names);
  });
});
