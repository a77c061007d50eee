// Made-up values of types: they fit the types they are made for.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeOperations } from "../../src/adapters/soap/operations.ts";
import { exampleOf } from "../../src/adapters/soap/value/example.ts";
import { createPlans } from "../../src/adapters/soap/value/plan.ts";
import { writeElement } from "../../src/adapters/soap/value/write.ts";
import { loadService, type SoapService } from "../../src/adapters/soap/wsdl/service.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const CONTRACTS = fileURLToPath(new URL("../peers/contracts/", import.meta.url));

function serviceIn(folder: string, file: string): SoapService {
  return loadService(file, (path) => (existsSync(folder + path) ? readFileSync(folder + path) : undefined));
}

/** Every element of every message: what libxml2 says against its example. */
async function faults(service: SoapService): Promise<readonly unknown[]> {
  const plans = createPlans(service.model);
  const validator = await service.openValidator();
  const names = service.operations.flatMap(({ input, output, faults: declared }) =>
    [input.body, output?.body, ...input.headers.map((it) => it.element), ...declared.map((it) => it.element)].flatMap(
      (name) => name ?? [],
    ),
  );
  const found = names.flatMap((name): readonly unknown[] => {
    const plan = plans.element(name);
    return plan === undefined ? [name] : validator.validate(writeElement(plans, plan, exampleOf(plans, plan)));
  });
  validator.dispose();
  return found;
}

describe("an example", () => {
  it("fits its type", async () => {
    expect(await faults(serviceIn(CONTRACTS, "einwohner.wsdl"))).toEqual([]);
  });
  it("stands with its operation, headers beside the body", () => {
    const [first] = describeOperations(serviceIn(CONTRACTS, "postfach.wsdl"), "target");
    expect(first?.examples).toEqual({
      input: { betreff: "Beispiel", anhang: ["QUJD"], "#headers": { Absender: { kennung: "Beispiel" } } },
      output: { nummer: "Beispiel", "#headers": { Quittung: { nummer: "Beispiel" } } },
    });
  });
});

describeWithData("examples for WSDLs of authorities", () => {
  it.each([
    ["soap-wsdl/", "muenchen-ewo-ewoeai.wsdl"],
    ["soap-wsdl/", "muenchen-eakte-dmsin-1.10.wsdl"],
    ["xta2/", "XTA.wsdl"],
  ])("%s%s", async (folder, file) => {
    expect(await faults(serviceIn(sharedData(folder), file))).toEqual([]);
  });
});
