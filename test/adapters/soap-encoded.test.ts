// SOAP encoding as Axis writes it: values that refer to others, types on every element; and references that mean harm.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvelope } from "../../src/adapters/soap/envelope.ts";
import { createPlans } from "../../src/adapters/soap/value/plan.ts";
import { writeElement } from "../../src/adapters/soap/value/write.ts";
import { loadService } from "../../src/adapters/soap/wsdl/service.ts";
import type { Value } from "../../src/core/contract.ts";
import { contracts } from "../peers/php-soap-server.ts";

const service = loadService("hunde-rpc-encoded.wsdl", (path) => readFileSync(join(contracts, path)));
const plans = createPlans(service.model);
const [operation] = service.operations;

const envelope = (body: string, header = ""): string =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:c="http://schemas.xmlsoap.org/soap/encoding/" xmlns:h="urn:example:hunde-rpc">${header}<e:Body>${body}</e:Body></e:Envelope>`;

function read(body: string, header?: string): Value {
  const found = readEnvelope(envelope(body, header), {
    plans,
    encoded: true,
    body: () => operation?.output?.body && plans.element(operation.output.body),
  });
  return found.body?.value;
}

const ROWS =
  '<h:SteuernResponse e:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><summe i:type="x:decimal">0100.10</summe><steuern i:type="c:Array" c:arrayType="h:Steuer[2]"><item href="#a"/><item href="#b"/></steuern></h:SteuernResponse>';
const row = (id: string, jahr: string): string =>
  `<multiRef id="${id}" c:root="0" i:type="h:Steuer"><jahr i:type="x:int">${jahr}</jahr><betrag i:type="x:decimal">50.050</betrag><bescheid i:type="x:string" i:nil="true"/><bezahlt href="#t"/></multiRef>`;
const TRUE = '<multiRef id="t" c:root="0" i:type="x:boolean">true</multiRef>';

describe("SOAP encoding", () => {
  it("is read through its references", () => {
    const steuern = (jahr: number): Value => ({ jahr, betrag: "50.050", bescheid: null, bezahlt: true });
    expect(read(ROWS + row("a", "2025") + row("b", "2026") + TRUE)).toEqual({
      summe: "0100.10",
      steuern: { item: [steuern(2025), steuern(2026)] },
    });
  });

  it.each([
    ["to nothing", ROWS, "an id that is not there"],
    [
      "to itself",
      ROWS + row("a", "1") + row("b", "1") + '<multiRef id="t"><x href="#t"/></multiRef>',
      "a value that holds itself",
    ],
  ])("does no harm by references %s", (_what, body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  it("is no bomb", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const layers = Array.from({ length: 20 }, (_, index) => {
      const next = `<x href="#${letters[index + 1]}"/>`;
      return `<m id="${letters[index]}">${next.repeat(8)}</m>`;
    });
    const bomb = `${ROWS}${layers.join("")}<m id="u">1</m>`;
    expect(() => read(bomb, '<e:Header><x href="#a"/></e:Header>')).toThrow("refers to its parts too often");
  });

  it("says the type of everything that it writes", () => {
    const element = operation?.input.body && plans.element(operation.input.body);
    if (element === undefined) throw new Error("no element");
    const xml = writeElement(
      plans,
      element,
      { kennzeichen: "004711", steuern: { item: [{ jahr: 1, betrag: "1.0", bescheid: "x", bezahlt: true }] } },
      { encoded: true },
    );
    expect(xml).toMatch(/<kennzeichen xsi:type="n\d+:string">004711</);
    expect(xml).toMatch(/<steuern xsi:type="n\d+:Steuern" n\d+:arrayType="n\d+:Steuer\[1\]">/);
    expect(xml).toMatch(/<jahr xsi:type="n\d+:int">1</);
  });
});
