// The contracts of authorities as a face serves them: clients that nobody here wrote read them over HTTP, part by part, and find
// every operation at the bridge's address.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soapFace } from "../../src/adapters/soap/face/index.ts";
import type { Face } from "../../src/core/contract.ts";
import { describeNeeding } from "../peers/required.ts";
import { run } from "../peers/soap-client.ts";
import { zeepMissing } from "../peers/zeep-client.ts";
import { describeWithData, sharedData } from "../shared-data.ts";
import { contextIn } from "./surroundings.ts";

const CONTRACTS = fileURLToPath(new URL("../peers/contracts/", import.meta.url));

const LIST = `
import json, sys, zeep
client = zeep.Client(sys.argv[1])
print(json.dumps([[port.binding_options["address"], len(port.binding._operations)]
  for service in client.wsdl.services.values() for port in service.ports.values()]))
`;

let server: Server;
let face: Face | undefined;
let base = "";

beforeAll(async () => {
  server = createServer((request, response) => {
    const [, query = ""] = (request.url ?? "").split("?");
    const body = new Uint8Array();
    const reply = face?.document?.({ method: "GET", path: "/", query, headers: {}, body, base });
    response.writeHead(reply?.status ?? 404, reply?.headers).end(reply?.body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/soap/b`;
});
afterAll(async () => await new Promise((resolve) => server.close(resolve)));

async function portsOf(folder: string, wsdl: string): Promise<unknown> {
  face = await soapFace.build({ wsdl, validate: true, service: undefined, port: undefined }, contextIn(folder));
  const found: unknown = JSON.parse(await run("/usr/bin/python3", ["-c", LIST, `${base}?wsdl`]));
  await face.close();
  return found;
}

describeNeeding("zeep", zeepMissing, "a served contract, read by zeep", () => {
  describe("in parts", () => {
    let folder = "";
    beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "steg-served-"))));
    afterAll(async () => await rm(folder, { recursive: true }));

    it("of files that import each other, and without a service", async () => {
      const whole = await readFile(`${CONTRACTS}einwohner.wsdl`, "utf8");
      const [head = "", rest = ""] = whole.split(/(?=<wsdl:binding name="EinwohnerSoap11")/);
      const [start = ""] = head.split("<wsdl:types>");
      const [bindings = ""] = rest.split(/(?=<wsdl:service)/);
      await writeFile(join(folder, "abstrakt.wsdl"), `${head}</wsdl:definitions>`);
      const location = '<wsdl:import namespace="urn:example:einwohner:1" location="abstrakt.wsdl"/>';
      await writeFile(join(folder, "dienst.wsdl"), `${start}${location}${bindings}</wsdl:definitions>`);
      await writeFile(join(folder, "einwohner-typen.xsd"), await readFile(`${CONTRACTS}einwohner-typen.xsd`));
      expect(await portsOf(folder, "dienst.wsdl")).toEqual([
        [base, 3],
        [base, 3],
        [base, 1],
      ]);
    });
  });

  describeWithData("of authorities", () => {
    it.each([
      ["soap-wsdl/", "muenchen-ewo-ewoeai.wsdl", [2]],
      ["soap-wsdl/", "muenchen-eakte-dmsin-1.10.wsdl", [60, 60]],
      ["xta2/", "XTA.wsdl", [5, 2, 5]],
    ])("%s%s", async (folder, wsdl, operations) => {
      expect(await portsOf(sharedData(folder), wsdl)).toEqual(operations.map((count) => [base, count]));
    });
  });
});
