// What a running appliance says of the bridges that can be called: to programs, to people, and to whom.

import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenApi } from "../../src/core/calls/openapi.ts";
import { danglingReferences, openApiFaults, wrongExamples } from "../core/openapi-document.ts";
import { headOf } from "./called-bridges.ts";
import { createPlace, inDays, type Place, RUNNING } from "./steg.ts";

let place: Place;
let origin = "";
const tokens = new Map<string, string>();

const PERSON = JSON.stringify({
  title: "Person",
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", minLength: 1 }, partner: { $ref: "#" }, ort: { $ref: "ort.json#/$defs/ort" } },
});
const ORT = JSON.stringify({ $defs: { ort: { type: "string", pattern: "^[A-Z][a-z]+$" } } });

function bridgeFile(name: string, receive: string, deprecated: number): string {
  const dates = { ...RUNNING, deprecated: inDays(deprecated) };
  return `${headOf(name, { title: `Auskunft ${name}`, dates })}receive:
  rest: ${receive}
cases:
  - call: GET /personen/{nr}
    query: { seite: { type: integer, default: 1 } }
    reply: { schema: schemas/person.json }
    deliver: { http: { url: "http://127.0.0.1:9/{$request.path.nr}", method: GET, hosts: ["127.0.0.1:9"] } }
  - call: POST /personen
    request: { schema: schemas/person.json }
    deliver: { http: { url: "http://127.0.0.1:9/neu" } }
    answer: { status: 201, json: { nr: = $reply.nr } }
`;
}

beforeAll(async () => {
  place = await createPlace();
  await place.bridge("unbenutzt");
  const bridges: readonly (readonly [string, string, number])[] = [
    ["offen", "{ callers: anyone }", 200],
    ["portal", "{ callers: [portal], limits: { rate: 60 } }", -10],
    ["spaeter", "{ async: true }", 200],
  ];
  for (const [name, receive, deprecated] of bridges) {
    await place.write(`mappings/${name}/bridge.yaml`, bridgeFile(name, receive, deprecated));
    await place.write(`mappings/${name}/schemas/person.json`, PERSON);
    await place.write(`mappings/${name}/schemas/ort.json`, ORT);
  }
  origin = (await place.startUp()).url.slice(0, -1);
  for (const name of ["portal", "anderer"]) tokens.set(name, await place.token(name));
});
afterAll(async () => await place.remove());

async function ask(path: string, caller?: string, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = caller === undefined ? {} : { authorization: `Bearer ${tokens.get(caller) ?? ""}` };
  return await fetch(origin + path, { redirect: "manual", headers: { ...authorization, ...headers } });
}

const documentAt = async (path: string, caller?: string): Promise<any> => (await ask(path, caller)).json();

async function expectGood(document: OpenApi): Promise<void> {
  expect(await openApiFaults(document)).toEqual([]);
  expect(danglingReferences(document)).toEqual([]);
  expect(wrongExamples(document).wrong).toEqual([]);
}

describe("descriptions of a running appliance", () => {
  it.each(["offen", "portal", "spaeter"])("of %s are valid and say where it is", async (name) => {
    const document = await documentAt(`/bridges/${name}/openapi.json`);
    await expectGood(document);
    expect(document.servers).toEqual([{ url: `${origin}/bridges/${name}` }]);
    expect(document.info.title).toBe(`Auskunft ${name}`);
    expect(document.components.schemas.Person.properties.ort.$ref).toMatch(/^#\/components\/schemas\/ort/);
  });

  it("say what each bridge does differently", async () => {
    const open = await documentAt("/bridges/offen/openapi.json");
    expect(open.paths["/personen"].post.security).toEqual([{}]);
    expect(Object.keys(open.paths["/personen"].post.responses)).toContain("201");
    const portal = await documentAt("/bridges/portal/openapi.json");
    expect(portal.paths["/personen"].post).toMatchObject({ deprecated: true, security: [{ token: [] }] });
    const later = await documentAt("/bridges/spaeter/openapi.json");
    expect(Object.keys(later.paths)).toEqual(["/personen/{nr}", "/personen", "/calls/{id}", "/calls/{id}/result"]);
  });

  it("of the appliance have what the caller may call, and nothing else", async () => {
    const all = await documentAt("/bridges/openapi.json", "portal");
    await expectGood(all);
    const bridges = (document: any): string[] => document.tags.map(({ name }: { name: string }) => name).sort();
    expect(bridges(all)).toEqual(["offen", "portal", "spaeter"]);
    expect(bridges(await documentAt("/bridges/openapi.json", "anderer"))).toEqual(["offen", "spaeter"]);
    expect(bridges(await documentAt("/bridges/openapi.json"))).toEqual(["offen"]);
  });

  it("of ends tell a caller of its own bridges, and of nothing inside of them", async () => {
    const at = "/.well-known/bridge-lifecycle";
    const names = async (caller?: string): Promise<string[]> =>
      (await documentAt(at, caller)).bridges.map(({ name }: { name: string }) => name);
    expect(await names("portal")).toEqual(["offen", "portal", "spaeter"]);
    expect(await names("anderer")).toEqual(["offen", "spaeter"]);
    expect(await names()).toEqual(["offen"]);
    const answer = await documentAt(at, "portal");
    const api = await documentAt("/api/v1/openapi.json");
    await expectGood(api);
    const schema = api.paths[at].get.responses["200"].content["application/json"].schema;
    const strict = JSON.parse(
      JSON.stringify(schema).replaceAll('"properties"', '"additionalProperties":false,"properties"'),
    );
    const validate = addFormats.default(new Ajv2020({ strict: false })).compile(strict);
    expect([validate(answer), validate.errors]).toEqual([true, null]);
    const portal = answer.bridges.find(({ name }: { name: string }) => name === "portal");
    const headers = (await ask("/bridges/portal/personen/1", "portal")).headers;
    expect(Date.parse(portal.sunset)).toBe(Date.parse(headers.get("sunset") ?? ""));
    expect(`@${Date.parse(portal.deprecated) / 1_000}`).toBe(headers.get("deprecation"));
    expect(portal).toMatchObject({ state: "deprecated", title: "Auskunft portal" });
    expect((await fetch(origin + at, { headers: { authorization: "Bearer steg_wrong" } })).status).toBe(401);
  });

  it("have a page with a policy of its own, that a browser is led to", async () => {
    const page = await ask("/bridges/portal/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await page.text()).toContain("Läuft aus: Diese Schnittstelle endet am");
    const sources = ["/bridges/portal/docs/docs.js", "/bridges/portal/docs/docs.css"];
    for (const source of sources) expect((await ask(source)).status).toBe(200);
    expect((await ask("/bridges/portal/", undefined, { accept: "text/html" })).headers.get("location")).toBe(
      "/bridges/portal/docs",
    );
    expect((await ask("/bridges/portal/personen/1", undefined, { accept: "text/html" })).status).toBe(401);
    expect((await ask("/bridges/gibtsnicht/docs")).status).toBe(404);
  });
});
