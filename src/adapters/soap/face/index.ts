// receive.soap: a legacy system that speaks only SOAP calls, contract first: the bridge answers as the WSDL says.

import {
  adapter,
  type AdapterContext,
  type BridgeFiles,
  type Call,
  type CallEnd,
  type Face,
  type FaceRequest,
  type Known,
} from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { boolean, bridgeFile, type Infer, object, required, text } from "../../../core/options/shape.ts";
import { documentsOf } from "./documents.ts";
import { type Offer, offersOf } from "./offers.ts";
import { type Heard, readCall } from "./read.ts";
import { type Content, contentOf, faultOfEnd, plainReply, replyWith, type Writing } from "./write.ts";
import { describeOperations } from "../operations.ts";
import { createPlans } from "../value/plan.ts";
import { fileReader } from "../wsdl/definitions.ts";
import { loadService, type SoapService } from "../wsdl/service.ts";

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
type Options = Infer<typeof options>;

export const soapFace = adapter<"face", Options>({
  name: "soap",
  role: "face",
  summary: "Takes calls over SOAP 1.1 and 1.2 as a WSDL describes them, and serves that WSDL.",
  options,
  operations: async (given, files) => describeOperations(serviceOf(given, files), "face"),
  build: async (given, context) => await buildFace(given, context),
});

function serviceOf({ wsdl, service, port }: Known<Options>, files: BridgeFiles): SoapService {
  return loadService(wsdl ?? "", fileReader(files.readBridgeFile), { service, port });
}

async function buildFace(given: Options, context: AdapterContext): Promise<Face> {
  const service = serviceOf(given, context);
  const plans = createPlans(service.model);
  const validator = given.validate ? await service.openValidator() : undefined;
  const offers = offersOf(service.bindings, plans);
  const writing: Writing = { plans, validator, only12: !offers.versions.has("1.1") };
  const offered = new Set(offers.all.map(({ operation }) => `${operation.service}/${operation.port}`));
  const document = documentsOf(service, (name, port) => offered.has(`${name}/${port}`));
  /** What was heard of a request, for the answer to it; and answers that were already written. */
  const heardOf = new WeakMap<FaceRequest, Heard>();
  const contents = new WeakMap<CallEnd, Content>();

  function answerFault(call: Call, end: Extract<CallEnd, { end: "answered" }>): BridgeError | undefined {
    try {
      contents.set(end, contentOf(writing, call.state as Offer, end));
      return undefined;
    } catch (cause) {
      if (cause instanceof BridgeError) return cause;
      throw cause;
    }
  }

  return {
    operations: describeOperations(service, "face"),
    document,
    read(request) {
      const heard: Heard = {};
      heardOf.set(request, heard);
      return readCall({ offers, plans, validator }, request, heard);
    },
    answerFault,
    write(call, end, request) {
      const heard = heardOf.get(request) ?? { version: versionOf(request) };
      if (end.end === "answered") {
        const content = contents.get(end) ?? contentOf(writing, call?.state as Offer, end);
        return replyWith(writing, content, end, heard);
      }
      if (end.code === "CALL_METHOD" || end.code === "CALL_TYPE" || request.method !== "POST") return plainReply(end);
      const fault = faultOfEnd(writing, heard.offer, end, heard);
      return replyWith(writing, { fault }, end, heard);
    },
    close() {
      validator?.dispose();
      return Promise.resolve();
    },
  };
}

/** Of a request that nobody read. */
function versionOf({ headers }: FaceRequest): "1.1" | "1.2" {
  return /^\s*application\/soap\+xml|soap\+xml/iu.test(headers["content-type"] ?? "") ? "1.2" : "1.1";
}
