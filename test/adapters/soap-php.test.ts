// deliver.soap against PHP's SoapServer: values arrive and come back exactly, over SOAP 1.1 and 1.2, in all styles.

import { afterAll, beforeAll, expect, it } from "vitest";
import type { Target, Value } from "../../src/core/contract.ts";
import { patternOf } from "../conformance/surroundings.ts";
import { phpServerMissing, startPhpServer, type SoapPeer } from "../peers/php-soap-server.ts";
import { describeNeeding } from "../peers/required.ts";
import { ask, buildSoap, replyOf } from "./soap-target.ts";

const HUND: Value = {
  "@status": "aktiv",
  kennzeichen: "004711",
  rasse: "Dackel & <Teckel>",
  geboren: "2021-02-28",
  gewicht: "0012.50",
  steuer: "123456789012345678.10",
  alter: 5,
  gefaehrlich: false,
  bemerkung: null,
  impfung: [{ "@charge": "0007", am: "2022-01-31", stoff: "Tollwut" }],
  chip: "276098102345678",
  halter: { "@xsi:type": "Person", nummer: "42", name: "Müller", vorname: ["Anna", "Éva"] },
};

describeNeeding("php", phpServerMissing, "deliver.soap and PHP", () => {
  let php: SoapPeer;
  const made: Target[] = [];
  beforeAll(async () => {
    php = await startPhpServer();
  });
  afterAll(async () => {
    for (const target of made) await target.close();
    await php.close();
  });
  async function build(wsdl: string, path: string, more: Parameters<typeof buildSoap>[2] = {}): Promise<Target> {
    const target = await buildSoap(wsdl, php.origin + path, more);
    made.push(target);
    return target;
  }

  it.each(["Hunde11", "Hunde12"])("reads exact values over %s", async (port) => {
    const target = await build("hunde.wsdl", "/hunde", { port, operation: patternOf("LeseHund", "raw") });
    expect(replyOf(await ask(target, { kennzeichen: "004711" }))).toEqual({ hund: HUND });
    expect(replyOf(await ask(target, { kennzeichen: "000002" }))).toEqual({});
  });

  it.each(["Hunde11", "Hunde12"])("writes what PHP understands over %s", async (port) => {
    const target = await build("hunde.wsdl", "/hunde", { port, operation: patternOf("MeldeHund", "raw") });
    const reply = replyOf(await ask(target, { hund: [HUND, { ...(HUND as object), bemerkung: "zwei" }] })) as {
      hund: Value[];
    };
    expect(reply.hund).toHaveLength(2);
    expect(php.seen()).toMatchObject({
      hund: [
        {
          kennzeichen: "004711",
          rasse: "Dackel & <Teckel>",
          gewicht: "0012.50",
          alter: 5,
          gefaehrlich: false,
          bemerkung: null,
        },
        { bemerkung: "zwei", halter: { nummer: 42, vorname: ["Anna", "Éva"] }, impfung: [{ charge: "0007" }] },
      ],
    });
  });

  it.each([
    ["Hunde11", "Client"],
    ["Hunde12", "Sender"],
  ])("hears a declared fault over %s", async (port, code) => {
    const target = await build("hunde.wsdl", "/hunde", { port, operation: patternOf("LeseHund", "raw") });
    expect(await ask(target, { kennzeichen: "000000" })).toMatchObject({
      end: "refused",
      code: "SERVICE_FAULT",
      status: 422,
      reply: {
        fault: {
          code: expect.stringContaining(code) as string,
          text: "Kein Hund mit diesem Kennzeichen",
          detail: { HundUnbekannt: { kennzeichen: "000000" } },
        },
      },
    });
    expect(await ask(target, { kennzeichen: "000001" })).toMatchObject({
      end: "retry",
      reply: { fault: { text: "Die Datenbank ruht" } },
    });
  });

  it.each(["literal", "encoded"])("speaks rpc/%s", async (use) => {
    const target = await build(`hunde-rpc-${use}.wsdl`, `/rpc-${use}`);
    const steuern = {
      item: [
        { jahr: 2025, betrag: "0050.05", bescheid: "0001", bezahlt: true },
        { jahr: 2026, betrag: "50.05", bescheid: "Nr. <2>", bezahlt: false },
      ],
    };
    const reply = replyOf(await ask(target, { kennzeichen: "004711", steuern }));
    expect(reply).toMatchObject({
      summe: "0100.10",
      steuern: { item: [{ jahr: 2025, bezahlt: true }, { bescheid: "Nr. <2>" }] },
    });
    expect(JSON.stringify(php.seen())).toContain("0050.05");
  });
});
