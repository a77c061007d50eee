// The same as rest-memory with a SOAP service behind: what values, envelopes and answers by a WSDL leave behind.

import { startAppliance, startScript } from "./call-scene.ts";
import type { Bench } from "./measure.ts";
import { calledForLong } from "./rest-memory.ts";
import { bridge } from "./rest-soap.ts";
import { contract, QUESTION } from "./soap-contract.ts";

const run: Bench = async ({ quick }) => {
  const service = await startScript("soap-service");
  const steg = await startAppliance(bridge(service.origin), { "einwohner.wsdl": contract(`${service.origin}/`) });
  const asked = { path: "/bridges/messung/personen", body: JSON.stringify(QUESTION) };
  return await calledForLong("soap-memory", service, steg, asked, quick);
};
export default run;
