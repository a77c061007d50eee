// Real WSDLs of authorities as OpenAPI: one call per operation, types as the WSDL has them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeOperations } from "../../src/adapters/soap/operations.ts";
import { loadService } from "../../src/adapters/soap/wsdl/service.ts";
import { openApiOfBridge } from "../../src/core/calls/openapi.ts";
import type { Operation } from "../../src/core/contract.ts";
import { docsPage } from "../../src/core/http/pages/docs-page.ts";
import { danglingReferences, openApiFaults, wrongExamples } from "../core/openapi-document.ts";
import { describeWithData, sharedData } from "../shared-data.ts";

const SERVICES = [
  { folder: "soap-wsdl", file: "muenchen-eakte-dmsin-1.10.wsdl" },
  { folder: "soap-wsdl", file: "muenchen-ewo-ewoeai.wsdl" },
  { folder: "xta2", file: "XTA.wsdl" },
];

function asRest(operation: Operation): Operation {
  const path = `/${operation.name}`;
  const http = {
    method: "POST",
    path,
    parameters: [],
    body: "required",
    contentType: "application/json",
    deprecated: false,
  } as const;
  return { ...operation, http };
}

describeWithData("WSDLs of authorities as OpenAPI", () => {
  it.each(SERVICES)("$file", async ({ folder, file }) => {
    const dir = sharedData(folder);
    const read = (path: string): Buffer | undefined =>
      existsSync(join(dir, path)) ? readFileSync(join(dir, path)) : undefined;
    const operations = describeOperations(loadService(file, read), "target").map(asRest);
    const bridge = {
      bridge: "dienst",
      title: "Dienst",
      version: "1",
      owner: { name: "Amt", email: "amt@stadt.example" },
      lifecycle: { state: "active", deprecated: "2027-04-01", sunset: "2027-11-16", successor: undefined },
      operations,
      security: { anyone: false, token: true, mutualTls: false },
      limits: { body: 1 << 20, rate: undefined, inFlight: 64 },
      deadline: 30_000,
      async: false,
    };
    const document = openApiOfBridge(bridge, "https://steg.example/bridges/dienst");
    expect(await openApiFaults(document)).toEqual([]);
    expect(danglingReferences(document)).toEqual([]);
    const { seen, wrong } = wrongExamples(document);
    expect(wrong).toEqual([]);
    // A request and an answer for each, beside the problems and headers.
    expect(seen).toBeGreaterThan(operations.length * 2);
    expect(docsPage(bridge, document, "/bridges/dienst", "de").length).toBeLessThan(4_000_000);
  });
});
