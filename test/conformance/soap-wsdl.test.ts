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
import { sample } from "../adapters/soap-sample.ts";
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
