// A function module as REST: the real process between a caller and an SAP system played by PHP.

import { afterAll, beforeAll, expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import { lacksPhp, startSap, type SapPeer } from "../peers/sap-soap-rfc.ts";
import { USER_DETAIL } from "../adapters/rfc-surroundings.ts";
import { headOf } from "./called-bridges.ts";
import { createPlace, type Place, type Up } from "./steg.ts";

function bridge(name: string, sap: string, cases: string, receive = "deadline: 20s"): string {
  return `${headOf(name)}receive:
  rest: { ${receive} }
cases:
${cases.replaceAll("@SAP", `url: "${sap}", client: "100", language: DE, user: STEG`)}
`;
}

describeNeeding("php", lacksPhp(), "a function module as REST", () => {
  let sap: SapPeer;
  let place: Place;
  let up: Up;
  let base = "";
  let token = "";
  beforeAll(async () => {
    sap = await startSap();
    place = await createPlace("here");
    const password = 'password: "${env:SAP_PASSWORD}"';
    await place.write(
      "mappings/konten/bridge.yaml",
      bridge(
        "konten",
        sap.origin,
        `  - call: GET /benutzer/{name}
    map: { json: { USERNAME: = $request.path.name } }
    deliver: { rfc: { @SAP, ${password}, function: BAPI_USER_GET_DETAIL, interface: schemas/user.json } }
    answer: { json: { name: "= $reply.ADDRESS.LASTNAME", plz: = $reply.ADDRESS.POSTL_COD1, ab: "= $date($reply.LOGONDATA.GLTGV, 'yyyyMMdd')" } }
  - call: POST /belege
    map: { json: { DOCUMENT: = nr, RESULT: = art } }
    deliver:
      rfc: { @SAP, ${password}, function: Z_CREATE, commit: true }
      outcomes:
        - { when: "= $fault.code = 'ZC 007'", as: refused, status: 409, detail: = $fault.text }
    answer: { status: 201, json: { nummer: = $reply.NUMBER } }
  - call: GET /roh
    map: { json: { A: = '007' } }
    deliver: { rfc: { @SAP, ${password}, function: Z_ECHO } }
  - call: GET /kaputt
    map: { json: { A: "" } }
    deliver: { rfc: { @SAP, ${password}, function: Z_DUMP } }
  - call: GET /ausnahme
    map: { json: { A: "" } }
    deliver: { rfc: { @SAP, ${password}, function: Z_EXCEPTION } }
  - call: GET /langsam
    map: { json: { MILLISECONDS: 3000 } }
    deliver: { rfc: { @SAP, ${password}, function: Z_SLOW, timeout: 500ms } }
`,
      ),
    );
    await place.write("mappings/konten/schemas/user.json", JSON.stringify(USER_DETAIL));
    await place.write(
      "mappings/gesperrt/bridge.yaml",
      bridge(
        "gesperrt",
        sap.origin,
        `  - call: GET /wer
    map: { json: { A: "" } }
    deliver: { rfc: { @SAP, password: "\${env:OLD_PASSWORD}", function: Z_ECHO } }
`,
      ),
    );
    up = await place.startUp({ env: { SAP_PASSWORD: "geheim:1", OLD_PASSWORD: "veraltet" } });
    base = `${up.url}bridges/`;
    token = await place.token("portal");
  });
  afterAll(async () => {
    up.child.kill("SIGTERM");
    await up.ended;
    await place.remove();
    await sap.close();
  });

  const call = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
    const answer = await fetch(base + path, { headers, ...(body && { method: "POST", body: JSON.stringify(body) }) });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it("is read, refused and found wanting in the words of REST", async () => {
    const found = await call("konten/benutzer/MUSTER");
    expect([found.status, found.text]).toEqual([200, '{"name":"Muster","plz":"01067","ab":"2026-01-31"}']);
    const unknown = await call("konten/benutzer/NIEMAND");
    expect(unknown.status).toBe(422);
    expect(JSON.parse(unknown.text)).toMatchObject({ status: 422, code: "RFC_FAILED" });
    expect(unknown.text).not.toContain("does not exist");
    expect((await call("konten/benutzer/VIEL_ZU_LANGER_NAME")).status).toBe(400);
    expect((await call("konten/roh")).text).toBe('{"A":"007"}');
    expect((await call("konten/ausnahme")).status).toBe(422);
    const dump = await call("konten/kaputt");
    expect(dump.status).toBe(502);
    expect(dump.text).not.toMatch(/Division|4711/);
    expect((await call("konten/langsam")).status).toBe(504);
  });

  it("is committed or rolled back before the caller hears of it", async () => {
    const made = await call("konten/belege", { nr: "B-1", art: "S" });
    expect([made.status, made.text]).toEqual([201, '{"nummer":"0000004711"}']);
    const refused = await call("konten/belege", { nr: "B-2", art: "E" });
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.text)).toMatchObject({ detail: "Result E" });
    expect(sap.stored()).toEqual(["B-1"]);
  });

  it("is asked once with a password that is refused: the circuit opens, the user is not locked", async () => {
    const before = sap.calls().length;
    const first = await call("gesperrt/wer");
    expect([first.status, first.headers.get("www-authenticate")]).toEqual([502, null]);
    for (let at = 0; at < 5; at++) expect((await call("gesperrt/wer")).status).toBe(503);
    expect(sap.calls().slice(before)).toEqual([{ logon: "refused" }]);
  });

  it("takes a file, record by record: what SAP refuses is a dead letter, the rest is committed", async () => {
    const own = await createPlace("here");
    try {
      const cases = `  - deliver: { rfc: { @SAP, password: "\${env:SAP_PASSWORD}", function: Z_CREATE, commit: true, interface: schemas/create.json } }\n`;
      const file = bridge("belege", sap.origin, cases).replace(
        /receive:\n.*\n/,
        'receive: { folder: { path: in, files: "*.csv", settle: 0s } }\ndecode: { csv: {} }\nmap: { json: { DOCUMENT: = NR, RESULT: = ART } }\nanswer: { folder: { path: quittung } }\n',
      );
      await own.write("mappings/belege/bridge.yaml", file);
      await own.write(
        "mappings/belege/schemas/create.json",
        JSON.stringify({
          function: "Z_CREATE",
          parameters: [
            { name: "DOCUMENT", direction: "I", type: "C", length: 10 },
            { name: "RESULT", direction: "I", type: "C", length: 1, optional: true },
            { name: "NUMBER", direction: "E", type: "N", length: 10 },
            { name: "RETURN", direction: "E", type: "u" },
          ],
        }),
      );
      await own.drop("in/belege.csv", "NR;ART\nD-1;S\nD-2;E\nD-3;W\nVIEL-ZU-LANG;S\n");
      const ended = await own.steg(["up", "--once"], { env: { SAP_PASSWORD: "geheim:1" } });
      expect(ended.code).toBe(2);
      const dead = await own.json<{ record: number; code: string; message: string }[]>(["dead"]);
      expect(dead.map(({ record, code }) => [record, code])).toEqual([
        [2, "RFC_FAILED"],
        [4, "RFC_VALUE"],
      ]);
      expect(dead[0]?.message).toContain("ended with message E ZC 007");
      expect(dead[1]?.message).toBe("parameter DOCUMENT is longer than its 10 characters");
      expect(sap.stored().filter((each) => each.startsWith("D-"))).toEqual(["D-1", "D-3"]);
      expect(sap.calls().filter((each) => each.sent?.["DOCUMENT"] === "D-1")).toMatchObject([
        { headers: { "x-steg-bridge": "belege", "x-steg-record": "1" } },
      ]);
    } finally {
      await own.remove();
    }
  });

  it("is described by OpenAPI", async () => {
    const { status, text } = await call("konten/openapi.json");
    expect(status).toBe(200);
    expect(Object.keys((JSON.parse(text) as { paths: object }).paths)).toContain("/benutzer/{name}");
  });
});
