// Bridge folders that change while the appliance runs: what is valid is followed, what is not leaves the last valid version at work.

import { type ChildProcess } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { headOf } from "../commands/called-bridges.ts";
import { startReceiver } from "../peers/receiver.ts";
import { createWorld, CSV, ENDED, head, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

interface Running {
  readonly child: ChildProcess;
  /** The next line of the log with this event, behind those that were asked for. */
  event(name: string, about?: string): Promise<Record<string, string>>;
  all(): string;
}

function run(world: World, env: Readonly<Record<string, string>>): Running {
  const child = world.start(["up"], { STEG_LOG: "info", ...env });
  let text = "";
  let read = 0;
  child.stderr?.on("data", (part) => (text += String(part)));
  const next = (name: string, about: string): Record<string, string> | undefined => {
    const lines = text.split("\n").slice(0, -1);
    for (; read < lines.length; read++) {
      const line = lines[read] ?? "";
      if (!line.includes(`"event":"${name}"`) || !line.includes(about)) continue;
      read++;
      return JSON.parse(line) as Record<string, string>;
    }
    return undefined;
  };
  return {
    child,
    all: () => text,
    async event(name, about = "") {
      for (const end = Date.now() + 40_000; Date.now() < end;) {
        const found = next(name, about);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no ${name} ${about} in ${text}`);
    },
  };
}

function world(): World {
  const made = createWorld();
  worlds.push(made);
  return made;
}

const HTTP = `deliver:
  retry: { first: 20ms, most: 100ms, attempts: 3 }
  http: { url: "\${env:ZIEL}/eingang", headers: { X-Art: "\${file:/GEHEIM}" } }
`;
const DOWN = `deliver:
  retry: { first: 20ms, most: 100ms, attempts: 3 }
  http: { url: "\${env:WEG}/eingang" }
`;
const source = (folder: string): string =>
  RECEIVE.replace("path: in", `path: ${folder}`).replace("archive: archiv", `archive: ${folder}-alt`);
const bridge = (name: string, map: string, deliver: string): string =>
  `${head(name)}${source(name)}${CSV}map:\n  json: ${map}\n${deliver}`;

const contract = (says: string): string => `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:wer" targetNamespace="urn:wer">
  <documentation>${says}</documentation>
  <types>
    <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:wer" elementFormDefault="qualified">
      <xs:element name="Wer"><xs:complexType/></xs:element>
      <xs:element name="WerAntwort"><xs:complexType><xs:sequence><xs:element name="ich" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
    </xs:schema>
  </types>
  <message name="Frage"><part name="body" element="t:Wer"/></message>
  <message name="Antwort"><part name="body" element="t:WerAntwort"/></message>
  <portType name="Tor"><operation name="Wer"><input message="t:Frage"/><output message="t:Antwort"/></operation></portType>
  <binding name="Bindung" type="t:Tor">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Wer"><soap:operation soapAction="urn:wer"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="Dienst"><port name="Port" binding="t:Bindung"><soap:address location="http://alt.example/"/></port></service>
</definitions>
`;
const ENVELOPE = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Wer xmlns="urn:wer"/></e:Body></e:Envelope>`;

describe("a running appliance", () => {
  it("takes up a new bridge, another mapping for what comes from now on, and lets a removed one end what it has", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const env = { ZIEL: receiver.origin, WEG: "http://127.0.0.1:9" };
      const target = HTTP.replace(/, headers.*}/, " }");
      made.bridge("rot", bridge("rot", "{ rot: = ID }", target));
      made.bridge("weg", bridge("weg", "{ weg: = ID }", DOWN));
      for (const folder of ["rot", "weg", "blau"]) made.write(`data/${folder}/.hier`, "");
      const put = (folder: string, name: string, content: string): void => {
        made.write(`data/${folder}/${name}`, content);
        made.write(`data/${folder}/${name}.fertig`, "");
      };
      const running = run(made, env);
      await running.event("appliance.started");
      put("weg", "a.csv", "ID\n1\n");
      await running.event("drop.taken", '"weg"');
      made.bridge("blau", bridge("blau", "{ blau: = ID }", target));
      expect(await running.event("bridge.reloaded")).toMatchObject({ bridge: "blau", from: "none" });
      put("blau", "b.csv", "ID\n2\n");
      await running.event("drop.finished", '"blau"');
      made.bridge("rot", bridge("rot", "{ neu: = ID }", target));
      await running.event("bridge.reloaded", '"rot"');
      put("rot", "c.csv", "ID\n3\n");
      await running.event("drop.finished", '"rot"');
      expect([...receiver.accepted.values()].map(String)).toEqual(['{"blau":"2"}', '{"neu":"3"}']);
      // What waits for its target keeps the version it was taken with; what comes now has the other one.
      made.bridge("weg", bridge("weg", "{ anders: = ID }", target));
      await running.event("bridge.reloaded", '"weg"');
      put("weg", "d.csv", "ID\n4\n");
      await running.event("drop.finished", '"weg"');
      expect([...receiver.accepted.values()].map(String).at(-1)).toBe('{"anders":"4"}');
      rmSync(made.path("mappings", "weg"), { recursive: true });
      await running.event("bridge.removed", '"weg"');
      put("weg", "e.csv", "ID\n5\n");
      put("rot", "f.csv", "ID\n6\n");
      await running.event("drop.finished", '"rot"');
      const names = (await made.drops()).map(({ name, state }) => `${name} ${state}`).toSorted();
      expect(names).toEqual(["a.csv open", "b.csv done", "c.csv done", "d.csv done", "f.csv done"]);
      expect(running.child.exitCode).toBeNull();
    } finally {
      await receiver.close();
    }
  });

  it("leaves the last valid version at work where a file is not valid, or moves its end, and says where it is wrong", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const target = HTTP.replace(/, headers.*}/, " }");
      const good = bridge("rot", "{ rot: = ID }", target);
      made.bridge("rot", good);
      made.write("data/rot/.hier", "");
      const running = run(made, { ZIEL: receiver.origin });
      await running.event("appliance.started");
      made.bridge("rot", good.replace("rot: = ID", 'rot: "= IDD("'));
      const refused = await running.event("bridge.refused");
      expect(refused).toMatchObject({ bridge: "rot", replaced: true });
      expect(refused["why"]).toMatch(/mappings\/rot\/bridge\.yaml:\d+:\d+ FORMULA_SYNTAX /);
      made.write("data/rot/a.csv", "ID\n1\n");
      made.write("data/rot/a.csv.fertig", "");
      await running.event("drop.finished");
      expect([...receiver.accepted.values()].map(String)).toEqual(['{"rot":"1"}']);
      made.bridge("neu", bridge("neu", "{ a: = B }", "deliver: {}\n"));
      expect(await running.event("bridge.refused", '"neu"')).toMatchObject({ replaced: false });
      // The ledger holds here as at the start.
      made.bridge("rot", `${head("rot", ENDED)}${good.slice(head("rot").length)}`);
      expect((await running.event("bridge.refused", '"rot"'))["code"]).toBe("SUNSET_MOVED");
      made.bridge("rot", good);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const trail = await made.json<{ trouble: string | null }[]>(["drops"]);
      expect(trail).toHaveLength(1);
      expect(running.all().match(/"event":"bridge.refused"/g)).toHaveLength(3);
    } finally {
      await receiver.close();
    }
  });

  it("answers every call while its face is exchanged, and knows a new and a removed one", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const face = (name: string, says: string): string =>
        `${headOf(name)}receive:\n  rest: { callers: anyone }\ncases:\n  - call: GET /wer\n    deliver: { http: { url: "${receiver.origin}/", method: GET } }\n    answer: { json: { ich: ${says} } }\n`;
      made.bridge("eins", face("eins", "alt"));
      const running = run(made, {});
      const { listen = "" } = await running.event("appliance.started");
      const call = async (name: string): Promise<string> => {
        const answer = await fetch(`${listen}bridges/${name}/wer`);
        return `${answer.status} ${answer.ok ? await answer.text() : ""}`.trim();
      };
      expect(await call("eins")).toBe('200 {"ich":"alt"}');
      expect(await call("zwei")).toBe("404");
      let ended = false;
      const heard = new Set<string>();
      const calling = Array.from({ length: 4 }, async () => {
        while (!ended) heard.add(await call("eins"));
      });
      made.bridge("eins", face("eins", "neu"));
      made.bridge("zwei", face("zwei", "auch"));
      await running.event("bridge.reloaded");
      await running.event("bridge.reloaded");
      for (const end = Date.now() + 10_000; !heard.has('200 {"ich":"neu"}') && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
      await Promise.all(calling);
      expect([...heard].toSorted()).toEqual(['200 {"ich":"alt"}', '200 {"ich":"neu"}']);
      expect(await call("zwei")).toBe('200 {"ich":"auch"}');
      rmSync(made.path("mappings", "zwei"), { recursive: true });
      await running.event("bridge.removed");
      expect(await call("zwei")).toBe("404");
    } finally {
      await receiver.close();
    }
  });

  it("answers every SOAP call while its face and its contract are exchanged", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const face = (says: string): string =>
        `${headOf("soap")}receive:\n  soap: { wsdl: wer.wsdl, callers: anyone }\ncases:\n  - call: Wer\n    deliver: { http: { url: "${receiver.origin}/", method: GET } }\n    answer: { json: { ich: ${says} } }\n`;
      made.write("mappings/soap/wer.wsdl", contract("alt"));
      made.bridge("soap", face("alt"));
      const running = run(made, {});
      const { listen = "" } = await running.event("appliance.started");
      const address = `${listen}soap/soap`;
      const call = async (): Promise<string> => {
        const headers = { "content-type": "text/xml; charset=utf-8", soapaction: '"urn:wer"' };
        const answer = await fetch(address, { method: "POST", headers, body: ENVELOPE });
        return `${answer.status} ${/<[^>]*ich>[^<]*/.exec(await answer.text())?.[0].replace(/.*>/, "") ?? ""}`;
      };
      const wsdl = async (): Promise<string> => await (await fetch(`${address}?wsdl`)).text();
      expect([await call(), (await wsdl()).includes("alt")]).toEqual(["200 alt", true]);
      let ended = false;
      const heard = new Set<string>();
      const calling = Array.from({ length: 4 }, async () => {
        while (!ended) heard.add(await call());
      });
      made.write("mappings/soap/wer.wsdl", contract("neu"));
      made.bridge("soap", face("neu"));
      for (const end = Date.now() + 20_000; !heard.has("200 neu") && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
      await Promise.all(calling);
      expect([...heard].toSorted()).toEqual(["200 alt", "200 neu"]);
      expect(await wsdl()).toContain("neu");
    } finally {
      await receiver.close();
    }
  });

  it("delivers each accepted call once, whatever is exchanged meanwhile; who is not accepted hears when to come again", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const face = (says: string): string =>
        `${headOf("spaeter")}receive:\n  rest: { callers: anyone, async: true }\ncases:\n  - call: POST /antrag\n    map: { json: { nr: = nr, art: ${says} } }\n    deliver: { http: { url: "${receiver.origin}/", method: POST } }\n    answer: { json: { ok: true } }\n`;
      made.bridge("spaeter", face("alt"));
      const running = run(made, {});
      const { listen = "" } = await running.event("appliance.started");
      const taken: string[] = [];
      const statuses = new Set<string>();
      let ended = false;
      const calling = Array.from({ length: 3 }, async (_, caller) => {
        for (let index = 0; !ended; index++) {
          const nr = `${caller}-${index}`;
          const init = {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ nr }),
          };
          const answer = await fetch(`${listen}bridges/spaeter/antrag`, init);
          statuses.add(`${answer.status} ${answer.headers.get("retry-after") === null ? "" : "later"}`);
          if (answer.status === 202) taken.push(nr);
          await answer.arrayBuffer();
        }
      });
      for (const says of ["neu", "neuer", "zuletzt"]) {
        made.bridge("spaeter", face(says));
        await running.event("bridge.reloaded");
      }
      ended = true;
      await Promise.all(calling);
      expect(new Set([...statuses, "202 ", "503 later"])).toEqual(new Set(["202 ", "202 later", "503 later"]));
      for (const end = Date.now() + 20_000; receiver.accepted.size < taken.length && Date.now() < end;)
        await new Promise((resolve) => setTimeout(resolve, 50));
      const delivered = [...receiver.accepted.values()].map(
        (body) => JSON.parse(String(body)) as { nr: string; art: string },
      );
      expect(delivered.map(({ nr }) => nr).toSorted()).toEqual(taken.toSorted());
      expect(receiver.doubled).toEqual([]);
      expect(new Set(delivered.map(({ art }) => art)).has("alt")).toBe(true);
    } finally {
      await receiver.close();
    }
  });

  it("reads a secret again that a bridge file names, and goes on with the old one where the new is missing", async () => {
    const made = world();
    const receiver = await startReceiver();
    try {
      const secret = made.path("geheim");
      writeFileSync(secret, "eins");
      made.bridge("rot", bridge("rot", "{ rot: = ID }", HTTP.replace("/GEHEIM", secret)));
      made.write("data/rot/.hier", "");
      const running = run(made, { ZIEL: receiver.origin });
      await running.event("appliance.started");
      const send = async (name: string): Promise<void> => {
        made.write(`data/rot/${name}`, `ID\n${name}\n`);
        made.write(`data/rot/${name}.fertig`, "");
        await running.event("drop.finished");
      };
      await send("a.csv");
      writeFileSync(secret, "zwei2");
      await running.event("bridge.reloaded");
      await send("b.csv");
      rmSync(secret);
      expect(await running.event("bridge.refused")).toMatchObject({ code: "SECRET_MISSING", replaced: true });
      writeFileSync(secret, "drei33");
      await running.event("bridge.reloaded");
      await send("c.csv");
      expect(receiver.heard.map(({ headers }) => headers["x-art"])).toEqual(["eins", "zwei2", "drei33"]);
    } finally {
      await receiver.close();
    }
  });
});
