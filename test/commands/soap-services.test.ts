// A SOAP service of PHP behind running bridges: as REST for a new application, and for the drops of an old one.

import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../conformance/surroundings.ts";
import { phpServerMissing, startPhpServer, type SoapPeer } from "../peers/php-soap-server.ts";
import { describeNeeding } from "../peers/required.ts";
import { headOf, writeWithContracts } from "./called-bridges.ts";
import { createPlace, type Place } from "./steg.ts";

const rest = (origin: string): string => `${headOf("hunde")}receive:
  rest: { callers: anyone }
cases:
  - call: GET /hunde/{kennzeichen}
    map: { json: { kennzeichen: = $request.path.kennzeichen } }
    deliver: { soap: { operation: LeseHund } }
    answer: { json: { hund: = $reply.hund, steuer: = $reply.hund.steuer } }
  - call: POST /hunde
    map: { json: { hund: = $request.body.hund } }
    deliver: { soap: { operation: "{$substringAfter($request.call, '/') = 'hunde' ? 'MeldeHund' : 'LeseHund'}" } }
deliver:
  outcomes:
    - { when: = $exists($fault.detail.HundUnbekannt.kennzeichen), as: refused, status: 404, detail: "= 'Kein Hund ' & $fault.detail.HundUnbekannt.kennzeichen" }
    - { when: = $not($exists($fault)) and $not($exists($reply.hund)), as: refused, status: 410 }
  soap: { wsdl: schemas/hunde.wsdl, endpoint: "${origin}/hunde" }
`;

const drops = (
  origin: string,
): string => `${headOf("meldung")}receive: { folder: { path: drops/meldung, files: "*.csv", settle: 0s } }
decode: { csv: { delimiter: ";", header: true } }
map:
  json:
    hund:
      kennzeichen: = KZ
      rasse: = RASSE
      gewicht: = GEWICHT
      steuer: = STEUER
      alter: = $number(ALTER)
      gefaehrlich: false
      bemerkung: = BEMERKUNG
      chip: = CHIP
      halter: { "@xsi:type": Verein, nummer: "7", register: VR 1 }
deliver:
  soap: { wsdl: schemas/hunde.wsdl, operation: MeldeHund, endpoint: "${origin}/hunde" }
`;

describeNeeding("php", phpServerMissing, "a SOAP service behind bridges", () => {
  let place: Place;
  let php: SoapPeer;
  let base = "";
  beforeAll(async () => {
    place = await createPlace();
    php = await startPhpServer();
    await writeWithContracts(place, "hunde", rest(php.origin));
    await writeWithContracts(place, "meldung", drops(php.origin));
    base = `${(await place.startUp()).url}bridges/hunde`;
  });
  afterAll(async () => {
    await place.remove();
    await php.close();
  });

  it("answers as REST, every value exact", async () => {
    const answer = await fetch(`${base}/hunde/004711`);
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      {
        steuer: "123456789012345678.10",
        hund: { kennzeichen: "004711", gewicht: "0012.50", alter: 5, bemerkung: null },
      },
    ]);
  });

  it.each([
    ["000000", 404, { detail: "Kein Hund 000000" }],
    ["000001", 502, { code: "SERVICE_FAULT" }],
    ["000002", 410, {}],
    ["4711", 422, { code: "SCHEMA_INVALID" }],
  ])("says of %s: %i", async (kennzeichen, status, problem) => {
    const answer = await fetch(`${base}/hunde/${kennzeichen}`);
    const body = (await answer.json()) as object;
    expect([answer.status, body]).toMatchObject([status, problem]);
    expect(JSON.stringify(body)).not.toContain("Datenbank");
  });

  it("chooses the operation by a formula", async () => {
    const hund = {
      kennzeichen: "004712",
      rasse: "Pudel",
      gewicht: "7.50",
      steuer: 120,
      alter: 3,
      gefaehrlich: false,
      bemerkung: null,
      chip: "5",
      halter: { "@xsi:type": "Verein", nummer: 7, register: "VR 1" },
    };
    const answer = await fetch(`${base}/hunde`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hund }),
    });
    const echo = { kennzeichen: "004712", steuer: "120", alter: 3, gefaehrlich: false, chip: "5" };
    expect([answer.status, await answer.json()]).toMatchObject([200, { hund: [echo] }]);
    expect(php.seen()).toMatchObject({ hund: [{ halter: { nummer: 7, register: "VR 1" } }] });
  });

  it("takes drops, and keeps what the service's types do not take", async () => {
    const text =
      "KZ;RASSE;GEWICHT;STEUER;ALTER;BEMERKUNG;CHIP\n000815;Dackel;0012.50;120.00;5;gut & klein;123\n815;Dackel;1;1;5;;1\n";
    await place.drop("drops/meldung/eins.csv", text);
    let dead: unknown;
    await eventually("a dead letter", async () => {
      dead = await place.json(["dead", "meldung"]);
      return JSON.stringify(dead).includes("SCHEMA_INVALID");
    });
    expect(JSON.stringify(dead)).toContain("MeldeHund/hund[1]/kennzeichen: expected h:Kennzeichen");
    expect(php.seen()).toMatchObject({
      hund: [{ kennzeichen: "000815", gewicht: "0012.50", bemerkung: "gut & klein" }],
    });
  });
});
