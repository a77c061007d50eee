// receive.soap: a legacy system that speaks only SOAP calls, contract first: the bridge answers as the WSDL says. What reads WSDLs is
// loaded when a bridge needs it.

import { adapter } from "../../../core/contract.ts";
import { boolean, bridgeFile, type Infer, object, required, text } from "../../../core/options/shape.ts";

const options = required(
  object({
    wsdl: required(
      bridgeFile("the contract, with what it imports beside it; nothing is ever fetched", {
        example: "schemas/dienst.wsdl",
      }),
    ),
    service: text("which wsdl:service is offered; without it all of them", { most: 200 }),
    port: text("which wsdl:port is offered; without it all with a SOAP binding", { most: 200 }),
    validate: boolean("whether requests and answers must fit the types of the WSDL", { default: true }),
  }),
);
export type Options = Infer<typeof options>;

export const soapFace = adapter<"face", Options>({
  name: "soap",
  role: "face",
  summary: "Takes calls over SOAP 1.1 and 1.2 as a WSDL describes them, and serves that WSDL.",
  options,
  async operations(given, files) {
    const { faceOperations } = await import("./face.ts");
    return faceOperations(given, files);
  },
  async build(given, context) {
    const { buildFace } = await import("./face.ts");
    return await buildFace(given, context);
  },
});
