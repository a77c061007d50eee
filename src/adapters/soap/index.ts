// SOAP services: deliver.soap calls one by its WSDL. What reads WSDLs is loaded when a bridge needs it.

import { adapter } from "../../core/contract.ts";
import { required } from "../../core/options/shape.ts";
import { checkSoapTarget } from "./check.ts";
import { options } from "./options.ts";

export const soapTarget = adapter({
  name: "soap",
  role: "target",
  summary: "Calls an operation of a SOAP service (1.1 and 1.2) by its WSDL; messages are JSON by local names.",
  options: required(options),
  check: checkSoapTarget,
  async operations(given, files) {
    const { soapOperations } = await import("./target.ts");
    return soapOperations(given, files);
  },
  async build(given, context) {
    const { buildSoapTarget } = await import("./target.ts");
    return await buildSoapTarget(given, context);
  },
});
