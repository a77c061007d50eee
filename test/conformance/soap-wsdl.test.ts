// Real WSDLs of authorities: they load, every operation has its types, and made-up values of every message survive the
// way to XML and back and are valid by libxml2 in between.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { describeOperations } from "../../src/adapters/soap/operations.ts";
import { parseXml } from "../../src/adapters/soap/parse.ts";
import { createPlans } from "../../src/adapters/soap/value/plan.ts";
import { type Reading, readElement } from "../../src/adapters/soap/value/read.ts";
import { writeElement } from "../../src/adapters/soap/value/write.ts";
import { loadService } from "../../src/adapters/soap/wsdl/service.ts";
import { envelopeText, readEnvelope } from "../../src/adapters/soap/envelope.ts";
import { soapTarget } from "../../src/adapters/soap/index.ts";
import type { Plans } from "../../src/adapters/soap/value/plan.ts";
import type { QName } from "../../src/adapters/soap/wsdl/document.ts";
import type { SoapMessage, SoapOperation } from "../../src/adapters/soap/wsdl/operation.ts";
import type { Value } from "../../src/core/contract.ts";
import { sample } from "../adapters/soap-sample.ts";
import { callOf, replyOf, soapOptions } from "../adapters/soap-target.ts";
import { startReceiver } from "../peers/receiver.ts";
import { contextIn, patternOf, scopeOf } from "./surroundings.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const SERVICES = [
  { folder: "soap-wsdl", file: "muenchen-eakte-dmsin-1.10.wsdl", operations: 60 },
  { folder: "soap-wsdl", file: "muenchen-ewo-ewoeai.wsdl", operations: 2 },
  { folder: "xta2", file: "XTA.wsdl", operations: 12 },
];

describeWithData("WSDLs of authorities", () => {
  describe.each(SERVICES)("$file", ({ folder, file, operations }) => {
    const dir = sharedData(folder);
    const service = loadService(file, (path) =>
      existsSync(join(dir, path)) ? readFileSync(join(dir, path)) : undefined,
    );
    const plans = createPlans(service.model);
    const validator = service.openValidator();
    afterAll(async () => (await validator).dispose());

    it("has its operations", () => {
      expect(service.operations).toHaveLength(operations);
    });

    const messages = service.operations.flatMap(({ input, output, faults }) => [
      input.body,
      output?.body,
      ...input.headers.map((it) => it.element),
      ...faults.map((it) => it.element),
    ]);
    const elements = new Map(
      messages.flatMap((name) => (name === undefined ? [] : [[`{${name.namespace}}${name.local}`, name] as const])),
    );
    it.each([...elements.values()])("$local: there and back", async (name) => {
      const element = plans.element(name);
      if (element === undefined) throw new Error("no such element");
      const { validate } = await validator;
      for (let variant = 0; variant < 4; variant++) {
        const value = sample(plans, element, variant);
        const xml = writeElement(plans, element, value);
        expect(validate(xml).map((it) => it.detail)).toEqual([]);
        let reading: Reading | undefined;
        parseXml(xml, {
          open(tag, resolve) {
            reading ??= readElement(plans, element, { resolve });
            reading.open(tag);
          },
          text: (text) => reading?.text(text),
          close: () => reading?.close(),
        });
        expect(reading?.value).toEqual(value);
      }
    });

    it("is called, headers included, and its answers are understood", async () => {
      const receiver = await startReceiver();
      const context = { ...contextIn(dir), readBridgeFile: (path: string) => readFileSync(join(dir, path)) };
      const signal = new AbortController().signal;
      const options = { operation: patternOf("{OPERATION}", "raw"), addressing: true, validate: true };
      const target = await soapTarget.build(soapOptions(file, receiver.origin, options), context);
      for (const operation of service.operations) {
        const [question, answer] = [valueOf(plans, operation.input), valueOf(plans, operation.output)];
        receiver.script.push({
          accept: false,
          headers: { "content-type": "text/xml" },
          body: envelopeOf(plans, operation, answer),
        });
        const scope = scopeOf({ OPERATION: operation.name });
        const attempt = await target.deliver(callOf(question.message, { scope }), signal);
        expect([operation.name, replyOf(attempt)]).toEqual([operation.name, answer.message]);
        const heard = readEnvelope(receiver.heard.at(-1)?.body.toString() ?? "", {
          plans,
          body: (name) => plans.element(name),
        });
        expect(heard.version).toBe(operation.version);
        expect(heard.body?.value).toEqual(question.body);
        for (const [name, value] of Object.entries(question.headers)) {
          expect(heard.headers.find((block) => block.name.local === name)?.value).toEqual(value);
        }
      }
      await target.close();
      await receiver.close();
    });

    it("has JSON Schemas that the values satisfy", () => {
      const ajv = new Ajv2020({ strict: false, validateFormats: false });
      for (const [index, operation] of describeOperations(service, "target").entries()) {
        const { input, output } = service.operations[index]!;
        const check = (schema: object, message: typeof output): void => {
          const element = message?.body && plans.element(message.body);
          if (element === undefined) return;
          const valid = ajv.compile(schema);
          expect([valid(sample(plans, element, 2)), valid.errors]).toEqual([true, null]);
        };
        check(operation.input, input);
        check(operation.output, output);
      }
    });
  });
});

interface Made {
  readonly body: Value;
  readonly headers: { readonly [name: string]: Value };
  /** As a bridge's mapping writes it, and as `$reply` gives it. */
  readonly message: Value;
}

function valueOf(plans: Plans, message: SoapMessage | undefined): Made {
  const element = message?.body && plans.element(message.body);
  const body = element && sample(plans, element, 3);
  const headers = Object.fromEntries(
    (message?.headers ?? []).map(({ name, element: header }) => [name, sample(plans, plans.element(header)!, 2)]),
  );
  if (Object.keys(headers).length === 0) return { body, headers, message: body };
  const inner = typeof body === "object" && body !== null ? body : body === undefined ? {} : { "#text": body };
  return { body, headers, message: { ...(inner as object), "#headers": headers } };
}

function envelopeOf(plans: Plans, { version, output }: SoapOperation, { body, headers }: Made): string {
  const write = (name: QName, value: Value): string => writeElement(plans, plans.element(name)!, value);
  return envelopeText({
    version,
    headers: (output?.headers ?? []).map(({ name, element }) => write(element, headers[name])),
    body: output?.body === undefined ? "" : write(output.body, body),
  });
}
